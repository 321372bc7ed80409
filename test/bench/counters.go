package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// counters reads what a store counts, before and after.
type counters struct {
	metrics http.Handler
	before  map[string]float64
	made    map[string]float64 // what came to each counter
	of      int                // redemptions
}

// countersOf reads a store's own registry.
func countersOf(r *prometheus.Registry) *counters {
	return &counters{metrics: promhttp.HandlerFor(r, promhttp.HandlerOpts{})}
}

// countersAt reads a server's metrics.
func countersAt(address string) *counters {
	return &counters{metrics: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		res, err := http.Get(address)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		w.WriteHeader(res.StatusCode)
		_, _ = io.Copy(w, res.Body)
	})}
}

// read returns the store's counters by name; labels are summed, and buckets of
// histograms left out.
func (c *counters) read() (map[string]float64, error) {
	w := httptest.NewRecorder()
	c.metrics.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		return nil, fmt.Errorf("metrics: %d %s", w.Code, w.Body)
	}
	values := map[string]float64{}
	for line := range strings.Lines(w.Body.String()) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), "jate_store_")
		name, _, _ := strings.Cut(line, " ")
		name, _, _ = strings.Cut(name, "{")
		if !ok || strings.HasSuffix(name, "_bucket") {
			continue
		}
		v, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("metrics: %q", line)
		}
		values[name] += v
	}
	return values, nil
}

// start remembers the counters as they are; an error shows at stop.
func (c *counters) start() { c.before, _ = c.read() }

// stop computes what came to them during so many redemptions.
func (c *counters) stop(redemptions int) error {
	after, err := c.read()
	if err != nil {
		return err
	}
	c.made, c.of = map[string]float64{}, redemptions
	for name, v := range after {
		c.made[name] = v - c.before[name]
	}
	return nil
}

// first returns the first of the counters that the store has.
func (c *counters) first(names ...string) (float64, bool) {
	for _, n := range names {
		if v, ok := c.made[n]; ok {
			return v, true
		}
	}
	return 0, false
}

// walBytesEach returns how many bytes went to the WAL for one redemption; 0
// where the store has no such counter.
func (c *counters) walBytesEach() int64 {
	n, _ := c.first("wal_bytes_total")
	if c.of == 0 {
		return 0
	}
	return int64(n) / int64(c.of)
}

// String says what the store counted of fsyncs a group, bytes a redemption and
// pages a flush. A flush that was under way when the clock stopped is not in it.
func (c *counters) String() string {
	var said []string
	ratio := func(what string, of float64, names ...string) {
		if v, ok := c.first(names...); ok && of > 0 {
			said = append(said, fmt.Sprintf("%.2f %s", v/of, what))
		}
	}
	n := float64(c.of)
	groups, _ := c.first("commits_total")
	flushes, flushed := c.first("flushes_total")
	if groups > 0 {
		said = append(said, fmt.Sprintf("%.1f redemptions a group", n/groups))
	}
	ratio("fsyncs a group", groups, "fsyncs_total")
	ratio("WAL bytes a redemption", n, "wal_bytes_total")
	if flushed {
		said = append(said, fmt.Sprintf("%.0f flushes", flushes))
	}
	ratio("pages a flush", flushes, "flush_pages_total")
	ratio("bytes of pages a redemption", n, "flush_bytes_total")
	return strings.Join(said, ", ")
}
