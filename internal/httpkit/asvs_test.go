package httpkit_test

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jate-cva/jate/internal/httpkit"
)

// What is not of the form that a command has is refused, not guessed at.
func TestASVS_2_2_1(t *testing.T) {
	type command struct {
		Name  string `json:"name"`
		Count int    `json:"count"`
	}
	decode := func(kind, body, query string) error {
		r := httptest.NewRequest(http.MethodPost, "/?"+query, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		if _, err := httpkit.Body[command](r); err != nil {
			return err
		}
		_, err := httpkit.Query(r, "limit")
		return err
	}
	const kind, body = "application/json", `{"name":"x","count":1}`
	for name, tt := range map[string]struct {
		kind, body, query string
		want              error
	}{
		"as it should be":       {kind, body, "limit=1", nil},
		"another content type":  {"text/plain", body, "", httpkit.ErrContentType},
		"an unknown field":      {kind, `{"name":"x","admin":true}`, "", httpkit.ErrBody},
		"a field given twice":   {kind, `{"name":"x","NAME":"y"}`, "", httpkit.ErrBody},
		"a value of other kind": {kind, `{"count":"1"}`, "", httpkit.ErrBody},
		"a number with a point": {kind, `{"count":1.5}`, "", httpkit.ErrBody},
		"two values":            {kind, body + body, "", httpkit.ErrBody},
		"no UTF-8":              {kind, "{\"name\":\"\xff\"}", "", httpkit.ErrBody},
		"an unknown parameter":  {kind, body, "admin=1", httpkit.ErrQuery},
		"a parameter twice":     {kind, body, "limit=1&limit=2", httpkit.ErrQuery},
	} {
		if err := decode(tt.kind, tt.body, tt.query); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

// A program that calls again and again is held, whatever it calls; cmd/jate has
// the limits of accounts and handhelds.
func TestASVS_2_4_1(t *testing.T) {
	h := httpkit.Guard(ok, slog.New(slog.DiscardHandler), httpkit.Limits{PerSecond: 1e-9, Burst: 20})
	for i := range 40 {
		if w := from(h, "192.0.2.1:1"); (w.Code == http.StatusTooManyRequests) != (i >= 20) {
			t.Errorf("call %d: %d", i, w.Code)
		}
	}
}

// A browser that came over TLS comes so for a year at least.
func TestASVS_3_4_1(t *testing.T) {
	h := httpkit.Guard(ok, slog.New(slog.DiscardHandler), httpkit.Limits{})
	for _, over := range []*tls.ConnectionState{nil, {}} {
		r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
		r.TLS = over
		h.ServeHTTP(w, r)
		want := ""
		if over != nil {
			want = "max-age=31536000"
		}
		if got := w.Header().Get("Strict-Transport-Security"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What fails while it is decided who asks lets nobody through.
func TestASVS_16_5_3(t *testing.T) {
	for name, who := range map[string]func(context.Context, *http.Request) (context.Context, error){
		"the store is gone": func(ctx context.Context, _ *http.Request) (context.Context, error) { return ctx, errors.New("disk") },
		"a mistake of ours": func(context.Context, *http.Request) (context.Context, error) { panic("nil map") },
		"it takes too long": func(ctx context.Context, _ *http.Request) (context.Context, error) {
			return ctx, context.DeadlineExceeded
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := httpkit.Guard(httpkit.Authenticated(who, slog.New(slog.DiscardHandler), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				t.Error("it is let through")
			})), slog.New(slog.DiscardHandler), httpkit.Limits{})
			if w := from(h, "192.0.2.1:1"); w.Code < 500 || strings.Contains(w.Body.String(), "disk") || strings.Contains(w.Body.String(), "nil map") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}
