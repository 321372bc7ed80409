package bolt

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// What became of a command, as a label.
const (
	outcomeCommitted = "committed" // its function succeeded, and so did the commit
	outcomeRefused   = "refused"   // its function returned an error or panicked
	outcomeLost      = "lost"      // the batch was given up, or its commit failed
)

// stopwatch starts now and returns how long ago that was.
func stopwatch() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}

// metrics are counted whether or not anybody collects them.
type metrics struct {
	commands      *prometheus.CounterVec
	done          prometheus.Counter // of commands: committed
	refused       prometheus.Counter // of commands
	lost          prometheus.Counter // of commands
	commits       prometheus.Counter
	syncs         prometheus.Counter
	bytes         prometheus.Counter
	batchCommands prometheus.Histogram
	commitSeconds prometheus.Histogram
	flushes       prometheus.Counter
	flushPages    prometheus.Counter
	flushBytes    prometheus.Counter
	flushSeconds  prometheus.Histogram
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
		commits: counter("commits_total", "Groups of commands written to the WAL."),
		syncs:   counter("fsyncs_total", "Calls of fdatasync and fsync, for groups and in flushes."),
		bytes:   counter("wal_bytes_total", "Bytes of groups written to the WAL."),
		batchCommands: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "jate_store_batch_commands",
			Help: "Commands that shared a group.", Buckets: prometheus.ExponentialBuckets(1, 4, 6)}),
		commitSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "jate_store_commit_seconds",
			Help: "Duration of writing and syncing a group.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 12)}),
		flushes:    counter("flushes_total", "Segments of the WAL brought into the bbolt file."),
		flushPages: counter("flush_pages_total", "Pages that flushes wrote."),
		flushBytes: counter("flush_bytes_total", "Bytes of the pages that flushes wrote."),
		flushSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "jate_store_flush_seconds",
			Help: "Duration of flushes.", Buckets: prometheus.ExponentialBuckets(0.01, 2, 12)}),
		gauges: []prometheus.Collector{
			gauge("queue_commands", "Commands that wait for the writer.", func() int { return len(db.queue) }),
			gauge("free_pages", "Pages of the file that can be used again.", func() int { return db.file.Stats().FreePageN }),
			gauge("pending_pages", "Pages that reads under way keep from being used again.", func() int { return db.file.Stats().PendingPageN }),
		},
	}
	m.done, m.refused, m.lost = m.commands.WithLabelValues(outcomeCommitted), m.commands.WithLabelValues(outcomeRefused), m.commands.WithLabelValues(outcomeLost)
	return m, m.register(r)
}

func (m *metrics) all() []prometheus.Collector {
	return append([]prometheus.Collector{m.commands, m.commits, m.syncs, m.bytes, m.batchCommands, m.commitSeconds,
		m.flushes, m.flushPages, m.flushBytes, m.flushSeconds}, m.gauges...)
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

// committed counts a group that is durable.
func (m *metrics) committed(b *batch, written, syncs int, took time.Duration) {
	m.commits.Inc()
	m.syncs.Add(float64(syncs))
	m.bytes.Add(float64(written))
	m.batchCommands.Observe(float64(len(b.commands)))
	m.commitSeconds.Observe(took.Seconds())
}

// syncsPerCommit is how often bbolt calls fdatasync in one commit: for the
// pages, and then for the page that names them. A commit that makes the file
// longer syncs once more, about every 16 MiB; that one is not counted.
const syncsPerCommit = 2

// flushed counts a flush.
func (m *metrics) flushed(commits, pages, written int64, took time.Duration) {
	m.flushes.Inc()
	m.syncs.Add(syncsPerCommit * float64(commits))
	m.flushPages.Add(float64(pages))
	m.flushBytes.Add(float64(written))
	m.flushSeconds.Observe(took.Seconds())
}

// answered counts what became of a batch's commands.
func (m *metrics) answered(b *batch) {
	refused := 0
	for _, c := range b.commands {
		if c.result != nil {
			refused++
		}
	}
	if b.outcome != nil {
		m.lost.Add(float64(len(b.commands)))
		return
	}
	m.refused.Add(float64(refused))
	m.done.Add(float64(len(b.commands) - refused))
}
