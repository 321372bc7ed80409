package httpkit

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-kit/kit/endpoint"
)

// Endpoint is one method of a service behind its go-kit middleware: a command
// in, a result or an error out. A method without a result returns struct{}.
type Endpoint[Req, Res any] func(ctx context.Context, req Req) (Res, error)

// Wrap turns a service's method into an Endpoint behind the middleware, the
// first outermost. A middleware that answers with another type than Res is an
// error of kind Internal.
func Wrap[Req, Res any](fn func(context.Context, Req) (Res, error), mw ...endpoint.Middleware) Endpoint[Req, Res] {
	var kit endpoint.Endpoint = func(ctx context.Context, request any) (any, error) {
		return fn(ctx, request.(Req))
	}
	for i := len(mw) - 1; i >= 0; i-- {
		kit = mw[i](kit)
	}
	return func(ctx context.Context, req Req) (Res, error) {
		var zero Res
		response, err := kit(ctx, req)
		if err != nil || response == nil {
			return zero, err
		}
		res, ok := response.(Res)
		if !ok {
			return zero, fmt.Errorf("middleware answered with a %T, want %T", response, zero)
		}
		return res, nil
	}
}

// Present returns e with its result turned into what goes over the wire, so
// that results of the domain need no JSON tags: show returns the wire form, a
// Page, or Content.
func Present[Req, Res, Wire any](e Endpoint[Req, Res], show func(Res) Wire) Endpoint[Req, Wire] {
	return func(ctx context.Context, req Req) (Wire, error) {
		res, err := e(ctx, req)
		if err != nil {
			var zero Wire
			return zero, err
		}
		return show(res), nil
	}
}

// Shown serves e as Handler does, with its results turned by show into what goes
// over the wire.
func Shown[Req, Res, Wire any](e Endpoint[Req, Res], show func(Res) Wire, decode func(context.Context, *http.Request) (Req, error), status int, opts []Option) http.Handler {
	return Handler(Present(e, show), decode, status, opts...)
}
