package httpkit

import (
	"encoding/base64"
	"net/http"
	"strconv"
)

// Bounds on one page of a list.
const (
	PageDefault = 100
	PageMax     = 1000
)

// Page is one page of a list as it goes over the wire. The list ends when
// Next is absent, not when a page is short.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"` // the cursor of the next page, opaque to callers
}

// NewPage returns the page of items. next is the position after them in the
// words of the service, such as the last key; empty at the end of the list.
func NewPage[T any](items []T, next string) Page[T] {
	if items == nil {
		items = []T{} // an empty list is [] on the wire, never null
	}
	return Page[T]{Items: items, Next: base64.RawURLEncoding.EncodeToString([]byte(next))}
}

// PageQuery reads the parameters "cursor" and "limit" of a list. after is the
// position that NewPage was given, or "" for the first page; limit is between
// 1 and PageMax, PageDefault where absent. Further parameters that the list
// allows are named in allowed and read with Query. A cursor is not a secret
// and not signed: the service must treat after as input. Errors are ErrQuery.
func PageQuery(r *http.Request, allowed ...string) (after string, limit int, err error) {
	q, err := Query(r, append([]string{"cursor", "limit"}, allowed...)...)
	if err != nil {
		return "", 0, err
	}
	limit = PageDefault
	if s := q.Get("limit"); s != "" {
		limit, err = strconv.Atoi(s)
		if err != nil || limit < 1 || limit > PageMax {
			return "", 0, ErrQuery.At("query.limit", "a whole number from 1 to %d", PageMax)
		}
	}
	position, err := base64.RawURLEncoding.Strict().DecodeString(q.Get("cursor"))
	if err != nil {
		return "", 0, ErrQuery.At("query.cursor", "not a cursor of this server")
	}
	return string(position), limit, nil
}
