package access

import (
	"context"
	"net/http"

	"github.com/jate-cva/jate/internal/httpkit"
)

// Order is what every command over HTTP has besides its body: who gives it, its
// idempotency key, and the {id} of its path where there is one.
type Order struct {
	By  Actor
	Key string
	ID  string
}

// OrderOf reads an order whose path names nothing. Errors: ErrUnauthenticated,
// httpkit.ErrIdempotencyKey.
func OrderOf(ctx context.Context, r *http.Request) (Order, error) {
	by, err := FromContext(ctx)
	if err != nil {
		return Order{}, err
	}
	key, err := httpkit.IdempotencyKey(r)
	return Order{By: by, Key: key}, err
}

// OrderOn reads an order on what the path's {id} names. Errors: those of OrderOf,
// httpkit.ErrPath.
func OrderOn(ctx context.Context, r *http.Request) (Order, error) {
	o, err := OrderOf(ctx, r)
	if err != nil {
		return Order{}, err
	}
	o.ID, err = httpkit.PathValue(r, "id")
	return o, err
}

// Command reads an order with read, and the body. Errors: those of read and of
// httpkit.Body.
func Command[B any](ctx context.Context, r *http.Request, read func(context.Context, *http.Request) (Order, error)) (Order, B, error) {
	o, err := read(ctx, r)
	if err != nil {
		var none B
		return Order{}, none, err
	}
	b, err := httpkit.Body[B](r)
	return o, b, err
}
