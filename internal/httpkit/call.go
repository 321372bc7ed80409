package httpkit

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/jate-cva/jate/fault"
)

// call is what the log line and the problem of one request have in common.
type call struct {
	reference string
	route     string // the pattern that matched, never the raw path
	language  string
}

type callKey int

// callOf returns the call that ctx carries, with the route and language of r
// where it has none yet. Outside any Guard it makes a reference.
func callOf(ctx context.Context, r *http.Request) call {
	c, _ := ctx.Value(callKey(0)).(call)
	if c.reference == "" {
		c.reference = newReference()
	}
	if r != nil {
		if c.language == "" {
			c.language = speaks(r.Header.Get("Accept-Language"))
		}
		if r.Pattern != "" {
			c.route = r.Pattern
		}
	}
	return c
}

func withCall(ctx context.Context, c call) context.Context {
	return context.WithValue(ctx, callKey(0), c)
}

// newReference returns 80 random bits in lower-case base32: short enough to
// read out over a telephone, too many to meet twice.
func newReference() string { return strings.ToLower(rand.Text()[:16]) }

// Reference returns the reference of the request that ctx belongs to, or ""
// outside one. The problem document and every log line of the request bear it.
func Reference(ctx context.Context) string {
	c, _ := ctx.Value(callKey(0)).(call)
	return c.reference
}

// seen marks an error whose log line is written.
type seen struct{ error }

func (s seen) Unwrap() error { return s.error }

// logFailure writes the one line of a failed call unless it is written. What
// the caller did wrong has a code; only what is ours to mend has its text.
func logFailure(ctx context.Context, log *slog.Logger, err error, attrs ...slog.Attr) {
	if _, done := errors.AsType[seen](err); done {
		return
	}
	c, _ := ctx.Value(callKey(0)).(call)
	f := known(err)
	attrs = append(attrs, slog.String("reference", c.reference), slog.String("route", c.route),
		slog.String("kind", f.Kind.String()), slog.String("code", f.Code))
	level := slog.LevelInfo
	switch f.Kind {
	case fault.Internal:
		level = slog.LevelError
		attrs = append(attrs, slog.Any("error", err))
	case fault.Unavailable:
		level = slog.LevelWarn
		attrs = append(attrs, slog.Any("error", err))
	case fault.Unauthenticated, fault.Denied, fault.Limited:
		level = slog.LevelWarn
	}
	log.LogAttrs(ctx, level, "call failed", attrs...)
}
