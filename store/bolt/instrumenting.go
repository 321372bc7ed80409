package bolt

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.etcd.io/bbolt"
)

// What became of a command, as a label.
const (
	outcomeCommitted = "committed" // its function succeeded, and so did the commit
	outcomeRefused   = "refused"   // its function returned an error or panicked
	outcomeLost      = "lost"      // the batch was given up, or its commit failed
)

// syncsPerCommit is how often bbolt calls fdatasync in one commit: for the
// pages, and then for the page that names them. A commit that makes the file
// longer syncs once more, about every 16 MiB; that one is not counted.
const syncsPerCommit = 2

// stopwatch starts now and returns how long ago that was.
func stopwatch() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}

// metrics are counted whether or not anybody collects them.
type metrics struct {
	commands      *prometheus.CounterVec
	commits       prometheus.Counter
	syncs         prometheus.Counter
	bytes         prometheus.Counter
	batchCommands prometheus.Histogram
	commitSeconds prometheus.Histogram
	gauges        []prometheus.Collector
}

func newMetrics(db *DB, r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "jate_store_" + name, Help: help})
	}
	gauge := func(name, help string, read func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "jate_store_" + name, Help: help},
			func() float64 { return float64(read()) })
	}
	m := &metrics{
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "jate_store_commands_total",
			Help: "Commands run, by outcome."}, []string{"outcome"}),
		commits: counter("commits_total", "Commits; commands share them."),
		syncs:   counter("fsyncs_total", "Calls of fdatasync by commits."),
		bytes:   counter("written_bytes_total", "Bytes of pages written by commits."),
		batchCommands: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "jate_store_batch_commands",
			Help: "Commands that shared a commit.", Buckets: prometheus.ExponentialBuckets(1, 4, 6)}),
		commitSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "jate_store_commit_seconds",
			Help: "Duration of commits.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 12)}),
		gauges: []prometheus.Collector{
			gauge("queue_commands", "Commands that wait for the writer.", func() int { return len(db.queue) }),
			gauge("free_pages", "Pages of the file that can be used again.", func() int { return db.file.Stats().FreePageN }),
			gauge("pending_pages", "Pages that reads under way keep from being used again.", func() int { return db.file.Stats().PendingPageN }),
		},
	}
	for _, o := range []string{outcomeCommitted, outcomeRefused, outcomeLost} {
		m.commands.WithLabelValues(o)
	}
	return m, m.register(r)
}

func (m *metrics) all() []prometheus.Collector {
	return append([]prometheus.Collector{m.commands, m.commits, m.syncs, m.bytes,
		m.batchCommands, m.commitSeconds}, m.gauges...)
}

// register registers all or none.
func (m *metrics) register(r prometheus.Registerer) error {
	if r == nil {
		return nil
	}
	for i, c := range m.all() {
		if err := r.Register(c); err != nil {
			for _, c := range m.all()[:i] {
				r.Unregister(c)
			}
			return errors.Join(errors.New("register metrics"), err)
		}
	}
	return nil
}

func (m *metrics) unregister(r prometheus.Registerer) {
	if r == nil {
		return
	}
	for _, c := range m.all() {
		r.Unregister(c)
	}
}

// committed counts a commit that succeeded.
func (m *metrics) committed(b *batch, s bbolt.TxStats, took time.Duration) {
	m.commits.Inc()
	m.syncs.Add(syncsPerCommit)
	m.bytes.Add(float64(s.GetPageAlloc()))
	m.batchCommands.Observe(float64(len(b.commands)))
	m.commitSeconds.Observe(took.Seconds())
}

// answered counts what became of a batch's commands.
func (m *metrics) answered(b *batch, outcome error) {
	for _, c := range b.commands {
		switch {
		case outcome != nil:
			m.commands.WithLabelValues(outcomeLost).Inc()
		case c.result != nil:
			m.commands.WithLabelValues(outcomeRefused).Inc()
		default:
			m.commands.WithLabelValues(outcomeCommitted).Inc()
		}
	}
}
