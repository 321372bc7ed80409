package httpkit

import (
	"container/list"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// AnyRate is the PerSecond of Limits by which no client calls too often.
const AnyRate = float64(rate.Inf)

// Limits bound what a Guard lets through. A zero field takes its default.
type Limits struct {
	PerSecond float64 // lasting rate of one client: 50, an office behind one address
	Burst     int     // calls one client may make at once: 200
	Clients   int     // clients remembered, the longest silent forgotten first: 10,000

	Gate   *Gate    // that says what the server can do: one of its own where nil
	Always []string // paths that are always let through: how the server says that it is alive

	// Client returns the address a request comes from. By default it is the
	// connection's; behind a proxy it must be the one the proxy vouches for.
	Client func(*http.Request) netip.Addr
	Now    func() time.Time // the clock: time.Now
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
	if l.Client == nil {
		l.Client = connected
	}
	if l.Now == nil {
		l.Now = time.Now
	}
	return l
}

func connected(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // one bucket for connections without an address
	}
	a, _ := netip.ParseAddr(host)
	return a
}

// Guard stands before everything a server answers. It gives the request its
// reference (header X-Request-Id), sets the headers of an API that no page
// may frame, script or keep, turns a panic into a problem, and refuses with
// Retry-After what exceeds the limits: 429 for a client that calls too often,
// 503 for a call that the gate does not let in. It refuses before it reads a
// body. A handler may overwrite the headers.
func Guard(next http.Handler, log *slog.Logger, limits Limits) http.Handler {
	limits = limits.withDefaults()
	gate := limits.Gate
	if gate == nil {
		gate, _ = NewGate(Capacity{}, log, nil) // without a register nothing can fail
	}
	clients := newClients(limits)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := callOf(r.Context(), r)
		r = r.WithContext(withCall(r.Context(), c))
		secure(w.Header())
		w.Header()["X-Request-Id"] = []string{c.reference}
		out := &tracked{ResponseWriter: w}
		defer recovered(out, r, log)
		if slices.Contains(limits.Always, r.URL.Path) {
			next.ServeHTTP(out, r)
			return
		}
		if !clients.allow(limits.Client(r), limits.Now()) {
			gate.count(r.Context(), refusedRate)
			WriteProblem(out, r, ErrRate)
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

// secured are the headers of every answer. The lists are shared: a handler that
// wants another value sets it, and never appends.
var secured = http.Header{
	"X-Content-Type-Options":       {"nosniff"},
	"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Referrer-Policy":              {"no-referrer"},
	"Strict-Transport-Security":    {"max-age=31536000"}, // ASVS 3.4.1; void over plain HTTP
	"Cache-Control":                {"no-store"},
}

func secure(h http.Header) {
	for k, v := range secured {
		h[k] = v[:1:1] // an append makes a new list
	}
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

// clients holds one rate limiter for each of the last clients heard. One that
// is forgotten starts afresh: the cap on calls in flight still holds it.
type clients struct {
	mu     sync.Mutex
	limits Limits
	byNet  map[netip.Prefix]*list.Element
	recent *list.List // of *client, the last heard first
}

type client struct {
	net     netip.Prefix
	limiter *rate.Limiter
}

func newClients(l Limits) *clients {
	return &clients{limits: l, byNet: map[netip.Prefix]*list.Element{}, recent: list.New()}
}

func (c *clients) allow(addr netip.Addr, now time.Time) bool {
	bits := 32
	if addr = addr.Unmap(); addr.Is6() {
		bits = 64 // one subscriber has 2^64 addresses
	}
	net, _ := addr.Prefix(bits) // the zero Prefix of the zero Addr is a client like others
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byNet[net]
	if !ok {
		if c.recent.Len() == c.limits.Clients {
			oldest := c.recent.Remove(c.recent.Back()).(*client)
			delete(c.byNet, oldest.net)
		}
		e = c.recent.PushFront(&client{net, rate.NewLimiter(rate.Limit(c.limits.PerSecond), c.limits.Burst)})
		c.byNet[net] = e
	}
	c.recent.MoveToFront(e)
	return e.Value.(*client).limiter.AllowN(now, 1)
}

// Rationed answers a client that calls next more often than l says with 429,
// besides what Guard lets through: for what is guessed at, such as a code. A
// client is remembered as in Guard.
func Rationed(next http.Handler, l Limits) http.Handler {
	l = l.withDefaults()
	clients := newClients(l)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !clients.allow(l.Client(r), l.Now()) {
			WriteProblem(w, r, ErrRate)
			return
		}
		next.ServeHTTP(w, r)
	})
}
