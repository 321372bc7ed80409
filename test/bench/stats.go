package main

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// series holds what was measured by name, one value for each repetition.
type series map[string][]float64

func (s series) add(name string, v float64) { s[name] = append(s[name], v) }

// median of an even number of values is the mean of the middle two.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// percentile returns the value that a part p of the sorted values does not
// exceed.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

// against makes a line of ours and a peer that were measured in the same
// repetitions.
func (s series) against(name, ours, peer string, bar float64) line {
	l := line{Name: name, Unit: "/s", Measured: median(s[ours]), Peer: median(s[peer]), Than: peer, Bar: bar}
	var ratios []float64
	for i := range min(len(s[ours]), len(s[peer])) {
		ratios = append(ratios, s[ours][i]/s[peer][i])
	}
	if len(ratios) > 0 {
		l.Ratio, l.Low, l.High = median(ratios), slices.Min(ratios), slices.Max(ratios)
	}
	return l
}

// each runs fn in n goroutines, and returns the first thing that went wrong
// when all have ended.
func each(n int, fn func(caller int) error) error {
	var first error
	var once sync.Once
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := fn(i); err != nil {
				once.Do(func() { first = err })
			}
		})
	}
	wg.Wait()
	return first
}

// work hands out the numbers of a range to many callers, each once, until they
// are used up or the time is over.
type work struct {
	next  atomic.Int64
	to    int64
	until time.Time // no end where zero
}

func newWork(from, to int, within time.Duration) *work {
	w := &work{to: int64(to)}
	w.next.Store(int64(from))
	if within > 0 {
		w.until = time.Now().Add(within)
	}
	return w
}

// take returns the next number.
func (w *work) take() (int, bool) {
	if !w.until.IsZero() && time.Now().After(w.until) {
		return 0, false
	}
	n := w.next.Add(1) - 1
	return int(n), n < w.to
}

// taken returns the number after the last one that was taken.
func (w *work) taken() int { return int(min(w.next.Load(), w.to)) }

// shuffled returns 0 … n-1 in an order that is the same in every run.
func shuffled(n int) []int32 {
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}

// mix spreads numbers over 64 bits, no two to the same (splitmix64).
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// perSecond is n in the time since began.
func perSecond(n int, began time.Time) float64 { return float64(n) / time.Since(began).Seconds() }
