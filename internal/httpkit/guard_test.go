package httpkit_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/httpkit"
)

var ok = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })

func from(h http.Handler, addr string) *httptest.ResponseRecorder {
	r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
	r.RemoteAddr = addr
	h.ServeHTTP(w, r)
	return w
}

func TestGuard_Rate(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	var logged bytes.Buffer
	h := httpkit.Guard(ok, httpkit.NewLogger(&logged, slog.LevelInfo), httpkit.Limits{
		PerSecond: 1, Burst: 2, Clients: 3, Now: func() time.Time { return now }})
	step := func(addr string, want int) {
		t.Helper()
		w := from(h, addr)
		if w.Code != want {
			t.Fatalf("%s: %d, want %d", addr, w.Code, want)
		}
		if want == 429 && (problem(t, w).Code != "too_many_calls" || w.Header().Get("Retry-After") == "") {
			t.Errorf("%v %s", w.Header(), w.Body)
		}
	}
	step("10.0.0.1:1", 204)
	step("10.0.0.1:2", 204)
	step("10.0.0.1:3", 429)
	step("10.0.0.2:1", 204) // another client is not held
	step("[2001:db8::1]:1", 204)
	step("[2001:db8::2]:1", 204)
	step("[2001:db8::3]:1", 429) // one subscriber, many addresses
	step("10.0.0.1:4", 429)
	now = now.Add(time.Second)
	step("10.0.0.1:5", 204)
	step("10.0.0.1:6", 429)
	step("10.0.0.9:1", 204) // the table holds three: 10.0.0.2, silent longest, goes
	step("10.0.0.1:7", 429) // and this one stays
	if strings.Contains(logged.String(), "10.0.0") || strings.Contains(logged.String(), "2001:db8") {
		t.Errorf("addresses are in the log: %s", &logged)
	}
}

// Behind a proxy that is believed a client is who the proxy says; nobody else
// chooses the address that he is counted under.
func TestGuard_Proxies(t *testing.T) {
	proxies, err := httpkit.ParseProxies("10.0.0.1, 10.1.0.0/16,2001:db8::/64")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		remote, first, second string // X-Forwarded-For of two calls
		same                  bool   // they are counted as one client
	}{
		"two clients":                {"10.0.0.1:1", "192.0.2.1", "192.0.2.2", false},
		"one client":                 {"10.0.0.1:1", "192.0.2.1", "192.0.2.1", true},
		"what the client invented":   {"10.0.0.1:1", "198.51.100.1, 192.0.2.1", "198.51.100.2, 192.0.2.1", true},
		"through two proxies":        {"10.0.0.1:1", "192.0.2.1, 10.1.2.3", "192.0.2.2, 10.1.2.3", false},
		"through one of others":      {"10.0.0.1:1", "192.0.2.1, 203.0.113.9", "192.0.2.2, 203.0.113.9", true},
		"no proxy of ours":           {"192.0.2.9:1", "192.0.2.1", "192.0.2.2", true},
		"a proxy that says nonsense": {"10.0.0.1:1", "192.0.2.1, x", "192.0.2.2, x", true},
		"mapped into IPv6":           {"[::ffff:10.0.0.1]:1", "::ffff:192.0.2.1", "192.0.2.1", true},
	} {
		t.Run(name, func(t *testing.T) {
			h := httpkit.Guard(ok, slog.New(slog.DiscardHandler), httpkit.Limits{PerSecond: 1e-9, Burst: 1, Proxies: proxies})
			var got [2]int
			for i, forwarded := range []string{tt.first, tt.second} {
				r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
				r.RemoteAddr = tt.remote
				r.Header.Set("X-Forwarded-For", forwarded)
				r.Header.Set("X-Forwarded-Proto", "https")
				h.ServeHTTP(w, r)
				got[i] = w.Code
				believed := w.Header().Get("Strict-Transport-Security") != ""
				if want := name != "no proxy of ours"; believed != want {
					t.Errorf("over TLS: %v, want %v", believed, want)
				}
			}
			want := [2]int{204, 204}
			if tt.same {
				want[1] = 429
			}
			if got != want {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
	for _, text := range []string{"proxy.example", "10.0.0.0/33", "10.0.0.1:80"} {
		if _, err := httpkit.ParseProxies(text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

func TestGuard_Panic(t *testing.T) {
	t.Run("before an answer it is a problem", func(t *testing.T) {
		var logged bytes.Buffer
		h := httpkit.Guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("the door is open") }),
			httpkit.NewLogger(&logged, slog.LevelInfo), httpkit.Limits{Gate: gate(t, httpkit.Capacity{Calls: 1}, nil)})
		w := from(h, "10.0.0.1:1")
		p := problem(t, w)
		if p.Code != "internal" || p.Status != 500 || strings.Contains(w.Body.String(), "door") {
			t.Errorf("%+v %s", p, w.Body)
		}
		if !strings.Contains(logged.String(), "the door is open") || !strings.Contains(logged.String(), p.Reference) ||
			!strings.Contains(logged.String(), "guard_test.go") {
			t.Errorf("log = %s", &logged)
		}
		if w := from(h, "10.0.0.1:1"); w.Code != 500 {
			t.Errorf("the place in flight is not given back: %d", w.Code)
		}
	})
	t.Run("after it began the connection is cut", func(t *testing.T) {
		h := httpkit.Guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "half")
			panic("late")
		}), slog.New(slog.DiscardHandler), httpkit.Limits{})
		defer func() {
			if p := recover(); p != http.ErrAbortHandler {
				t.Errorf("recovered %v", p)
			}
		}()
		from(h, "10.0.0.1:1")
	})
}

func TestAuthenticated(t *testing.T) {
	type who int
	errNobody := fault.New(fault.Unauthenticated, "nobody", "Log in.", "Connectez-vous.")
	var logged bytes.Buffer
	h := httpkit.Authenticated(func(ctx context.Context, r *http.Request) (context.Context, error) {
		if r.Header.Get("Authorization") == "" {
			return nil, fmt.Errorf("no header: %w", errNobody)
		}
		return context.WithValue(ctx, who(0), "awa"), nil
	}, httpkit.NewLogger(&logged, slog.LevelInfo), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Context().Value(who(0)), httpkit.Reference(r.Context()) != "")
	}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer x")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Body.String() != "awatrue" {
		t.Errorf("body = %q", w.Body)
	}
	w = from(httpkit.Guard(h, slog.New(slog.DiscardHandler), httpkit.Limits{}), "10.0.0.1:1")
	if p := problem(t, w); p.Status != 401 || p.Code != "nobody" || w.Header().Get("WWW-Authenticate") != "Bearer" ||
		!strings.Contains(logged.String(), p.Reference) {
		t.Errorf("%+v %v, log %s", p, w.Header(), &logged)
	}
}

// The bounds themselves are the promise here.
func TestNewServer(t *testing.T) {
	s := httpkit.NewServer("127.0.0.1:0", ok)
	if s.ReadHeaderTimeout != 5*time.Second || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 ||
		s.MaxHeaderBytes <= 0 || s.MaxHeaderBytes > 64<<10 {
		t.Errorf("a wait has no bound: %+v", s)
	}
}
