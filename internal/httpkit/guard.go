package httpkit

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"time"
)

// Limits bound what a Guard lets through. A zero field takes its default.
type Limits struct {
	PerSecond float64 // lasting rate of one client: 50, an office behind one address
	Burst     int     // calls one client may make at once: 200
	Calls     int     // of one client in flight: 256, a quarter of what a Gate lets begin
	Clients   int     // clients remembered, the longest silent forgotten first: 10,000

	Gate    *Gate            // that says what the server can do: one of its own where nil
	Always  []string         // paths that are always let through: how the server says that it is alive
	Proxies Proxies          // who says whom a request comes from; nobody but the connection where nil
	Now     func() time.Time // the clock: time.Now
}

func (l Limits) withDefaults() Limits {
	if l.PerSecond == 0 {
		l.PerSecond = 50
	}
	if l.Burst == 0 {
		l.Burst = 200
	}
	if l.Clients == 0 {
		l.Clients = 10_000
	}
	if l.Calls == 0 {
		l.Calls = 256
	}
	if l.Now == nil {
		l.Now = time.Now
	}
	return l
}

// Guard stands before everything a server answers. It gives the request its
// reference (header X-Request-Id), sets the headers of an API that no page
// may frame, script or keep, turns a panic into a problem, and refuses with
// Retry-After what exceeds the limits: 429 for a client that calls too often,
// 503 for a call that the gate does not let in. A change that a page of another
// origin asks for is ErrCrossOrigin. It refuses before it reads a body. A handler
// may overwrite the headers.
func Guard(next http.Handler, log *slog.Logger, limits Limits) http.Handler {
	limits = limits.withDefaults()
	gate := limits.Gate
	if gate == nil {
		gate, _ = NewGate(Capacity{}, log, nil) // without a register nothing can fail
	}
	clients := NewRates[netip.Prefix](limits.PerSecond, limits.Burst, limits.Clients)
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := callOf(r.Context(), r)
		r = r.WithContext(withCall(r.Context(), c))
		from, tls := limits.Proxies.peer(r)
		secure(w.Header(), tls)
		w.Header()["X-Request-Id"] = []string{c.reference}
		out := &tracked{ResponseWriter: w}
		defer recovered(out, r, log)
		if slices.Contains(limits.Always, r.URL.Path) {
			next.ServeHTTP(out, r)
			return
		}
		done, ok := clients.enter(subscriber(from), limits.Calls, limits.Now())
		if !ok {
			gate.count(r.Context(), refusedRate)
			WriteProblem(out, r, ErrRate)
			return
		}
		defer done()
		if foreign(r, protection) {
			logFailure(r.Context(), log, ErrCrossOrigin)
			WriteProblem(out, r, ErrCrossOrigin)
			return
		}
		leave, refused := gate.arrive(r.ContentLength)
		if refused != "" {
			gate.count(r.Context(), refused)
			WriteProblem(out, r, ErrBusy)
			return
		}
		defer leave()
		next.ServeHTTP(out, r)
	})
}

// recovered answers a panic with a problem, or cuts the connection if an
// answer has begun.
func recovered(w *tracked, r *http.Request, log *slog.Logger) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p) // somebody cuts the connection on purpose
	}
	err := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	logFailure(r.Context(), log, err)
	if w.begun {
		panic(http.ErrAbortHandler)
	}
	WriteProblem(w, r, err)
}

// tracked knows whether an answer has begun.
type tracked struct {
	http.ResponseWriter
	begun bool
}

func (t *tracked) WriteHeader(status int) {
	t.begun = true
	t.ResponseWriter.WriteHeader(status)
}

func (t *tracked) Write(p []byte) (int, error) {
	t.begun = true
	return t.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach deadlines and Flush.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// Rationed answers a client that calls next more often than l says with 429,
// besides what Guard lets through: for what is guessed at, such as a code. A
// client is remembered as in Guard.
func Rationed(next http.Handler, l Limits) http.Handler {
	l = l.withDefaults()
	clients := NewRates[netip.Prefix](l.PerSecond, l.Burst, l.Clients)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _ := l.Proxies.peer(r)
		if !clients.Allow(subscriber(from), l.Now()) {
			WriteProblem(w, r, ErrRate)
			return
		}
		next.ServeHTTP(w, r)
	})
}
