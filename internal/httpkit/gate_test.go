package httpkit_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/jate-cva/jate/internal/httpkit"
)

func gate(t *testing.T, c httpkit.Capacity, reg prometheus.Registerer) *httpkit.Gate {
	t.Helper()
	g, err := httpkit.NewGate(c, slog.New(slog.DiscardHandler), reg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// chore is a command of so many pieces of work.
type chore int

func (c chore) Weight() int { return int(c) }

// gated is a server whose only call does chores, each piece taking a second of
// the test's time where it is alone.
type gated struct {
	http.Handler
	reg     *prometheus.Registry
	working atomic.Int64
	most    atomic.Int64
	served  atomic.Int64
	decoded atomic.Int64
}

func newGated(t *testing.T, c httpkit.Capacity, take time.Duration) *gated {
	t.Helper()
	s := &gated{reg: prometheus.NewRegistry()}
	g := gate(t, c, s.reg)
	s.Handler = httpkit.Guard(httpkit.Handler(
		func(ctx context.Context, n chore) (struct{}, error) {
			s.most.Store(max(s.most.Load(), s.working.Add(int64(n))))
			time.Sleep(take)
			s.working.Add(-int64(n))
			s.served.Add(1)
			return struct{}{}, nil
		},
		func(_ context.Context, r *http.Request) (chore, error) {
			s.decoded.Add(1)
			return chore(len(r.URL.Query().Get("work"))), nil
		}, http.StatusNoContent, httpkit.Through(g)),
		slog.New(slog.DiscardHandler), httpkit.Limits{Gate: g, PerSecond: 1e9, Burst: 1e9})
	return s
}

func (s *gated) call(work int) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/?work="+strings.Repeat("x", work), nil))
	return w
}

func (s *gated) refused(reason string) float64 {
	families, _ := s.reg.Gather()
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "jate_calls_refused_total" && m.GetLabel()[0].GetValue() == reason {
				return m.GetCounter().GetValue()
			}
		}
	}
	return -1
}

// Ten times as much comes as can be served, for a while: what is served is
// served soon, in bounded number, at full speed; the rest is refused at once
// with a time to come back, nearly all of it before it was looked at; and when
// the rush is over, so are the refusals.
func TestGate_rush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const perSecond, seconds = 100, 15 // served at best: 10 at a time, 100 ms each
		s := newGated(t, httpkit.Capacity{Work: 10}, 100*time.Millisecond)
		var mu sync.Mutex
		var took []time.Duration
		busy := 0
		var wg sync.WaitGroup
		for range 10 * perSecond * seconds {
			wg.Go(func() {
				begin := time.Now()
				w := s.call(1)
				mu.Lock()
				defer mu.Unlock()
				if w.Code == http.StatusNoContent {
					took = append(took, time.Since(begin))
					return
				}
				busy++
				if p := problem(t, w); p.Status != 503 || p.Code != "busy" || !within(w.Header().Get("Retry-After"), "2 to 10") {
					t.Errorf("%+v %v", p, w.Header())
				}
				if d := time.Since(begin); d > 600*time.Millisecond {
					t.Errorf("refused after %v", d)
				}
			})
			time.Sleep(time.Second / (10 * perSecond))
		}
		wg.Wait()
		slices.Sort(took)
		if n := len(took); n < perSecond*seconds*95/100 || s.served.Load() != int64(n) || took[n-1] > 700*time.Millisecond {
			t.Errorf("%d of %d served, %d done, the slowest in %v", n, perSecond*seconds, s.served.Load(), took[n-1])
		}
		if s.most.Load() > 10 {
			t.Errorf("%d at once", s.most.Load())
		}
		counted := s.refused("line") + s.refused("wait")
		if int(counted) != busy || s.refused("line") < counted*9/10 {
			t.Errorf("%d refused, %v counted, %v of them early", busy, counted, s.refused("line"))
		}
		if looked := s.decoded.Load(); looked > int64(len(took))*11/10 {
			t.Errorf("%d looked at to serve %d", looked, len(took))
		}
		if w := s.call(1); w.Code != http.StatusNoContent {
			t.Errorf("after the rush: %d", w.Code)
		}
		if n, err := testutil.GatherAndCount(s.reg, "jate_call_wait_seconds"); n != 1 || err != nil {
			t.Errorf("%d %v", n, err)
		}
	})
}

// A call of much work is served in its turn though little ones keep coming, and
// one that is more than all there is room for is served too.
func TestGate_muchWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newGated(t, httpkit.Capacity{Work: 10, Wait: 10 * time.Second}, 100*time.Millisecond)
		var wg sync.WaitGroup
		done := make(chan time.Duration, 1)
		for i := range 100 {
			wg.Go(func() { s.call(2) })
			if i == 50 {
				wg.Go(func() {
					begin := time.Now()
					if w := s.call(25); w.Code != http.StatusNoContent {
						t.Errorf("refused: %s", w.Body)
					}
					done <- time.Since(begin)
				})
			}
			time.Sleep(20 * time.Millisecond)
		}
		wg.Wait()
		if d := <-done; d > 300*time.Millisecond {
			t.Errorf("served after %v", d)
		}
		if m := s.most.Load(); m >= 10+25 {
			t.Errorf("%d at once", m)
		}
	})
}

// Who leaves gives his place in the line back, and what was withdrawn is not done.
func TestGate_withdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newGated(t, httpkit.Capacity{Work: 1, Wait: time.Hour}, time.Minute)
		go s.call(1)
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan int)
		go func() {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/?work=x", nil))
			left <- w.Code
		}()
		synctest.Wait()
		go func() { left <- s.call(1).Code }()
		synctest.Wait()
		cancel()
		if code := <-left; code != http.StatusServiceUnavailable {
			t.Errorf("%d", code)
		}
		if code := <-left; code != http.StatusNoContent || s.served.Load() != 2 {
			t.Errorf("%d, %d served", code, s.served.Load())
		}
		if n := s.refused("wait"); n != 0 {
			t.Errorf("%v counted as refused", n)
		}
	})
}

// Calls that are still reading a slow body are bounded in number and bytes, and
// refused before anything is read; health is always answered.
func TestGuard_inFlight(t *testing.T) {
	in, out := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/livez" {
			return
		}
		in <- struct{}{}
		<-out
	})
	send := func(h http.Handler, path, body string) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest("POST", path, strings.NewReader(body)), httptest.NewRecorder()
		if body == "?" {
			r.ContentLength = -1
		}
		h.ServeHTTP(w, r)
		return w
	}
	for name, c := range map[string]struct {
		capacity     httpkit.Capacity
		first, other string
	}{
		"calls":         {httpkit.Capacity{Calls: 1}, "", ""},
		"bytes":         {httpkit.Capacity{Bytes: 10}, "1234567", "1234"},
		"unknown bytes": {httpkit.Capacity{Bytes: 10}, "123456789", "?"},
	} {
		t.Run(name, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			h := httpkit.Guard(slow, slog.New(slog.DiscardHandler), httpkit.Limits{Gate: gate(t, c.capacity, reg), Always: []string{"/livez"}})
			done := make(chan struct{})
			go func() { defer close(done); send(h, "/", c.first) }()
			<-in
			w := send(h, "/", c.other)
			if p := problem(t, w); p.Status != 503 || p.Code != "busy" || w.Header().Get("Retry-After") == "" {
				t.Errorf("%+v", p)
			}
			if w := send(h, "/livez", ""); w.Code != http.StatusOK {
				t.Errorf("health answers %d", w.Code)
			}
			close(out)
			<-done
			go func() { <-in }()
			if w := send(h, "/", c.other); w.Code != http.StatusOK {
				t.Errorf("the place is not given back: %d", w.Code)
			}
			out = make(chan struct{})
		})
	}
}

// A rush writes one line a second, not one a refusal.
func TestGate_log(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		g, err := httpkit.NewGate(httpkit.Capacity{}, httpkit.NewLogger(&logged, slog.LevelInfo), nil)
		if err != nil {
			t.Fatal(err)
		}
		h := httpkit.Guard(ok, slog.New(slog.DiscardHandler), httpkit.Limits{Gate: g, PerSecond: 1e-9, Burst: 1})
		for range 3_000 {
			from(h, "10.0.0.1:1")
			time.Sleep(time.Millisecond)
		}
		if n := strings.Count(logged.String(), "\n"); n != 3 || !strings.Contains(logged.String(), `"calls":1000`) {
			t.Errorf("%d lines: %s", n, &logged)
		}
	})
}
