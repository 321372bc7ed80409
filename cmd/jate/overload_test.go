package main

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
)

// rush is what became of uploads that were sent faster than the server can
// take them.
type rush struct {
	mu      sync.Mutex
	took    []time.Duration // of those that were taken
	refused int             // with 503 and Retry-After
	sent    int             // uploads taken
	broken  []string        // anything else
}

func (r *rush) note(u loadUpload, status int, answer []byte, h http.Header, err error, took time.Duration) (taken bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch retry, _ := strconv.Atoi(h.Get("Retry-After")); {
	case err != nil:
		r.broken = append(r.broken, err.Error())
	case status == http.StatusOK:
		r.took = append(r.took, took)
		r.sent++
		return true
	case status == http.StatusServiceUnavailable && retry > 0 && strings.Contains(string(answer), `"busy"`):
		r.refused++
	default:
		r.broken = append(r.broken, strconv.Itoa(status)+" "+string(answer))
	}
	return false
}

// hurry sends perSecond uploads a second, whatever the answers, for as long as
// is said; each handheld has one under way at most, and sends it again where it
// was refused: at once, as no good client would. It returns what is left.
func (l *load) hurry(t testing.TB, work [][]loadUpload, perSecond int, lasting time.Duration) (*rush, [][]loadUpload) {
	t.Helper()
	r := &rush{}
	work = slices.Clone(work)
	idle := make(chan int, len(work))
	for i := range work {
		idle <- i
	}
	var wg sync.WaitGroup
	sent, begin := 0, time.Now()
	for elapsed := time.Since(begin); elapsed < lasting; elapsed = time.Since(begin) {
		for ; sent < int(elapsed.Seconds()*float64(perSecond)); sent++ {
			var i int
			select {
			case i = <-idle:
			default:
				continue // everybody waits for an answer: the offer is lost
			}
			if len(work[i]) == 0 {
				continue // it has sent everything, and goes
			}
			u := work[i][0]
			wg.Go(func() {
				began := time.Now()
				status, answer, h, err := l.send(u)
				if r.note(u, status, answer, h, err, time.Since(began)) {
					work[i] = work[i][1:]
				}
				idle <- i
			})
		}
		time.Sleep(time.Millisecond)
	}
	wg.Wait()
	return r, work
}

// settled checks the books after a rush: every receipt that was acknowledged is
// there, once, and everything adds up.
func (l *load) settled(t testing.TB, receipts int) {
	t.Helper()
	redeemed, paid := 0, money.Francs(0)
	err := l.app.db.Vouchers().View(t.Context(), func(tx voucher.Tx) error {
		for v, err := range tx.Vouchers(1) {
			if err != nil {
				return err
			}
			if !v.RedeemedAt.IsZero() {
				redeemed++
			}
		}
		for b, err := range tx.Balances("vendor:") {
			if err != nil {
				return err
			}
			if paid, err = paid.Add(b.Amount); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if redeemed != receipts || paid.Minor() != int64(receipts)*1000 {
		t.Errorf("%d receipts acknowledged, %d vouchers redeemed, %s owed", receipts, redeemed, paid)
	}
	if err := l.app.checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := l.app.proofs()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify(t.Context(), l.app.db, p); err != nil {
		t.Error(err)
	}
}

// metric returns the sum of a metric's values.
func (l *load) metric(t testing.TB, name string) int {
	t.Helper()
	families, err := l.app.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum, found := 0, false
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				sum, found = sum+int(m.GetCounter().GetValue()+m.GetGauge().GetValue()), true
			}
		}
	}
	if !found {
		t.Fatalf("no metric %s", name)
	}
	return sum
}

// overload sends ten times what the server can take, and checks everything but
// the time it took. It returns the times of what was taken.
func overload(t testing.TB, c httpkit.Capacity, phones, records, uploads int, lasting time.Duration) []time.Duration {
	l := newLoad(t, phones, c)
	work := l.sell(t, uploads, records)
	able, left := l.able(t, work)
	t.Logf("%d uploads of %d receipts a second can be taken; ten times as many are sent for %v", able, records, lasting)

	var most, mostWork atomic.Int64
	stop, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				most.Store(max(most.Load(), int64(l.metric(t, "jate_calls_in_flight"))))
				mostWork.Store(max(mostWork.Load(), int64(l.metric(t, "jate_work_in_progress"))))
				if res, err := l.client.Get(l.server.URL + "/livez"); err != nil || res.StatusCode != http.StatusOK {
					t.Errorf("health in the rush: %v, %v", res, err)
				} else {
					res.Body.Close()
				}
			}
		}
	}()
	r, left := l.hurry(t, left, 10*able, lasting)
	close(stop)
	<-watched
	if len(r.broken) > 0 {
		t.Fatalf("%d answers that are neither 200 nor 503 with Retry-After, such as %s", len(r.broken), r.broken[0])
	}
	if got := l.metric(t, "jate_calls_refused_total"); got != r.refused || r.refused == 0 {
		t.Errorf("%d were taken, %d refused, %d counted", r.sent, r.refused, got)
	}
	// A machine that is busy with something else may not send as fast as meant.
	if rush := float64(3*able) * lasting.Seconds(); float64(r.sent+r.refused) >= rush && r.refused < r.sent {
		t.Errorf("of three times what can be taken %d were taken and %d refused", r.sent, r.refused)
	}
	if most.Load() > 1024 || mostWork.Load() >= int64(c.Work+records) {
		t.Errorf("%d calls in flight, %d pieces of work in progress", most.Load(), mostWork.Load())
	}
	if len(r.took) == 0 {
		t.Fatal("nothing was taken")
	}
	slices.Sort(r.took)
	t.Logf("%d taken, %d refused; taken within %v (median), %v (p99), %v (all); %d calls and %d receipts at once",
		r.sent, r.refused, r.took[len(r.took)/2], r.took[len(r.took)*99/100], r.took[len(r.took)-1], most.Load(), mostWork.Load())

	// The rush is over: what was refused is taken, and nothing is refused.
	for _, mine := range left {
		if len(mine) == 0 {
			continue
		}
		if status, answer, _, err := l.send(mine[0]); err != nil || status != http.StatusOK {
			t.Fatalf("after the rush: %d %v %s", status, err, answer)
		} else if n := l.paid(t, answer); n != records {
			t.Errorf("after the rush %d of %d receipts are payable", n, records)
		}
	}
	rest := 0
	for _, mine := range left {
		rest += max(len(mine)-1, 0)
	}
	total := 0
	for _, mine := range work {
		total += len(mine)
	}
	l.settled(t, (total-rest)*records)
	return r.took
}

// able measures how many uploads a second the server can take: clients that
// send their next upload when the one before was answered. It returns what is
// left.
func (l *load) able(t testing.TB, work [][]loadUpload) (int, [][]loadUpload) {
	t.Helper()
	left := slices.Clone(work)
	const each, clients = 10, 4
	begin := time.Now()
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			for _, u := range left[i][:each] {
				if status, answer, _, err := l.send(u); err != nil || status != http.StatusOK {
					t.Errorf("%d %v %s", status, err, answer)
				}
			}
			left[i] = left[i][each:]
		})
	}
	wg.Wait()
	return max(1, int(each*clients/time.Since(begin).Seconds())), left
}

// Ten times what the server can take is sent to it: it refuses with 503 and
// Retry-After what it cannot take, counts it, keeps what it serves at once
// within bounds, loses nothing that it acknowledged, pays nothing twice, and is
// itself again when the rush is over. BenchmarkOverload adds the times.
func TestOverload(t *testing.T) {
	if testing.Short() {
		t.Skip("needs seconds")
	}
	// 64 handhelds have 320 receipts under way at most: a server that takes more
	// than 800 a second never has a line of 0.4 s, and would refuse nobody.
	overload(t, httpkit.Capacity{Work: 40, Wait: 40 * time.Millisecond}, 64, 5, 64*20, time.Second)
}

// BenchmarkOverload is TestOverload for ten seconds with the server's own
// limits, and fails where one in a hundred of those taken waited for a second.
func BenchmarkOverload(b *testing.B) {
	for b.Loop() {
		took := overload(b, httpkit.Capacity{Work: 512}, 400, 20, 400*20, 10*time.Second)
		p99 := took[len(took)*99/100]
		b.ReportMetric(p99.Seconds()*1e3, "p99-ms")
		b.ReportMetric(took[len(took)/2].Seconds()*1e3, "p50-ms")
		b.ReportMetric(float64(len(took)*20)/10, "receipts/s")
		if p99 > time.Second {
			b.Errorf("p99 of what was taken is %v", p99)
		}
	}
}
