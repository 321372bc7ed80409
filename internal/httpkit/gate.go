package httpkit

import (
	"container/list"
	"context"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Capacity is how much a Gate lets through at once. A zero field takes its
// default.
type Capacity struct {
	Calls int           // calls begun, with those whose body is still coming over a slow line: 1,024
	Bytes int64         // of the bodies that those calls announce: 256 MiB
	Work  int           // pieces of work in progress: 256 a processor, some 60 ms of redemptions
	Wait  time.Duration // that a call should wait for what came before it at most: 400 ms
}

func (c Capacity) withDefaults() Capacity {
	if c.Calls == 0 {
		c.Calls = 1024
	}
	if c.Bytes == 0 {
		c.Bytes = 256 << 20
	}
	if c.Work == 0 {
		c.Work = 256 * runtime.GOMAXPROCS(0)
	}
	if c.Wait == 0 {
		c.Wait = 400 * time.Millisecond
	}
	return c
}

// Gate keeps a server answering when more is asked of it than it can do: it
// serves what it can serve soon and refuses the rest at once, with ErrBusy.
//
// A call whose body has arrived goes to the end of a line and begins its work
// when less than Capacity.Work is in progress, in the order of arrival. The gate
// knows how fast work is done while there is a line, and so how long the next
// one would wait: if that is more than Capacity.Wait, whoever comes is refused
// by Guard, before a body is read or a signature looked at. Who has waited half
// as long again, because things have become slower meanwhile, is refused too. So
// what decides is time, whatever the machine.
//
// The first of the line begins as soon as there is any room, so that a call of
// much work is served too, and what is in progress exceeds Capacity.Work by less
// than one call.
type Gate struct {
	capacity Capacity
	log      *slog.Logger

	mu    sync.Mutex
	calls int
	bytes int64
	work  int
	line  list.List // of *waiting, the first to come in front
	ahead int       // work of the line

	pace   time.Duration // that a piece of work has taken lately while there was a line
	begun  time.Time     // of the measurement under way; zero where there is no line
	worked int           // done since

	lost     uint64    // refusals since the last line of the log
	loggedAt time.Time // of that line

	refusals *prometheus.CounterVec
	waits    prometheus.Histogram
}

// waiting is a call in the line.
type waiting struct {
	work  int
	since time.Time
	begun bool
	turn  chan struct{} // closed when it begins
}

// Why a call was refused, as the counter's label says it.
const (
	refusedRate  = "rate"  // this client calls too often
	refusedCalls = "calls" // too many calls, or bytes, in flight
	refusedLine  = "line"  // others wait too long already
	refusedWait  = "wait"  // it has waited too long itself
)

// NewGate returns a gate that registers jate_calls_refused_total by reason,
// jate_calls_in_flight, jate_work_in_progress and jate_call_wait_seconds with
// reg, and writes at most one line a second about refusals to log. It fails if
// reg has them already; a nil reg takes none.
func NewGate(c Capacity, log *slog.Logger, reg prometheus.Registerer) (*Gate, error) {
	g := &Gate{
		capacity: c.withDefaults(), log: log,
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "jate_calls_refused_total",
			Help: "Calls refused before any work: rate (429), calls, line, wait (503)."}, []string{"reason"}),
		waits: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "jate_call_wait_seconds",
			Help:    "Time from a call's arrival in the line to the beginning of its work.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .5, 1}}),
	}
	for _, reason := range []string{refusedRate, refusedCalls, refusedLine, refusedWait} {
		g.refusals.WithLabelValues(reason) // a counter that is not there yet cannot be watched
	}
	if reg == nil {
		return g, nil
	}
	gauge := func(name, help string, value *int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			g.mu.Lock()
			defer g.mu.Unlock()
			return float64(*value)
		})
	}
	for _, m := range []prometheus.Collector{g.refusals, g.waits,
		gauge("jate_calls_in_flight", "Calls begun and not yet answered.", &g.calls),
		gauge("jate_work_in_progress", "Pieces of work in progress: records, or calls of another kind.", &g.work)} {
		if err := reg.Register(m); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// arrive lets a call begin whose headers have come. The caller must call leave
// where refused is "".
func (g *Gate) arrive(length int64) (leave func(), refused string) {
	if length < 0 {
		length = g.capacity.Bytes / 4 // it does not say how much will come
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.calls > 0 && (g.calls >= g.capacity.Calls || g.bytes+length > g.capacity.Bytes):
		return nil, refusedCalls
	case g.crowded(time.Now()):
		return nil, refusedLine
	}
	g.calls++
	g.bytes += length
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.calls--
		g.bytes -= length
	}, ""
}

// crowded reports whether who joins the line now would wait too long: until its
// turn, and until what was begun before it is done, which shares the processors
// with it.
func (g *Gate) crowded(now time.Time) bool {
	first := g.line.Front()
	return first != nil &&
		max(time.Duration(g.ahead+g.work)*g.pace, now.Sub(first.Value.(*waiting).since)) > g.capacity.Wait
}

// paceOver is how long the speed of work is measured at least.
const paceOver = 20 * time.Millisecond

// done notes that work was done, and how fast. Without a line the speed is that
// at which work comes, which says nothing.
func (g *Gate) done(work int, now time.Time) {
	g.work -= work
	switch {
	case g.line.Len() == 0:
		g.begun = time.Time{}
	case g.begun.IsZero():
		g.begun, g.worked = now, 0
	default:
		g.worked += work
		if took := now.Sub(g.begun); took >= paceOver {
			g.pace = (g.pace + took/time.Duration(g.worked)) / 2
			g.begun, g.worked = now, 0
		}
	}
	g.admit()
}

// enter waits for the call's turn. The caller must call leave where err is nil.
// It returns ErrBusy, whose log line the gate writes, or ctx's error.
func (g *Gate) enter(ctx context.Context, work int) (leave func(), err error) {
	w := &waiting{work: max(work, 1), since: time.Now(), turn: make(chan struct{})}
	leave = func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.done(w.work, time.Now())
	}
	g.mu.Lock()
	if g.crowded(w.since) {
		g.mu.Unlock()
		g.count(ctx, refusedLine)
		return nil, seen{ErrBusy}
	}
	at := g.line.PushBack(w)
	g.ahead += w.work
	g.admit()
	begun := w.begun
	g.mu.Unlock()
	if begun {
		g.waits.Observe(0)
		return leave, nil
	}
	tired := time.NewTimer(g.capacity.Wait * 3 / 2)
	defer tired.Stop()
	select {
	case <-w.turn:
	case <-tired.C:
		err = seen{ErrBusy}
	case <-ctx.Done():
		err = ctx.Err()
	}
	g.mu.Lock()
	begun = w.begun // its turn may have come at the same moment
	if !begun {
		g.line.Remove(at)
		g.ahead -= w.work
	}
	g.mu.Unlock()
	if begun {
		g.waits.Observe(time.Since(w.since).Seconds())
		return leave, nil
	}
	if ctx.Err() == nil {
		g.count(ctx, refusedWait)
	}
	return nil, err
}

// admit begins the work of whoever is first, as long as there is room.
func (g *Gate) admit() {
	for g.work < g.capacity.Work && g.line.Len() > 0 {
		w := g.line.Remove(g.line.Front()).(*waiting)
		g.ahead -= w.work
		g.work += w.work
		w.begun = true
		close(w.turn)
	}
}

// count counts a refusal, and says once a second how many there were: a line
// for each would fill the disk when it is needed most.
func (g *Gate) count(ctx context.Context, reason string) {
	g.refusals.WithLabelValues(reason).Inc()
	now := time.Now()
	g.mu.Lock()
	g.lost++
	n := g.lost
	due := now.Sub(g.loggedAt) >= time.Second
	if due {
		g.lost, g.loggedAt = 0, now
	}
	g.mu.Unlock()
	if due {
		g.log.LogAttrs(ctx, slog.LevelWarn, "calls refused", slog.Uint64("calls", n), slog.String("last_reason", reason))
	}
}

// weightOf is how many pieces of work a command is: as many as it says, or one.
func weightOf(command any) int {
	if w, ok := command.(interface{ Weight() int }); ok {
		return w.Weight()
	}
	return 1
}
