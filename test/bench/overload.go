package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/voucher"
)

const (
	tooMuch = 10    // times what the server can do
	waitMax = 1_000 // ms that 99 of 100 accepted uploads may take
)

// overloadLines sends a server ten times what it can do, and measures how long
// those wait whom it does not refuse. What it acknowledged must be in its store
// afterwards, and nothing else.
func (b *bench) overloadLines(ctx context.Context) error {
	f, err := b.fieldOf(ctx, "overload", together*b.rush*b.batch)
	if err != nil {
		return err
	}
	r, err := b.overload(ctx, f)
	if err := errors.Join(err, f.stop()); err != nil {
		return err
	}
	kinds, err := f.kinds(ctx)
	if err != nil {
		return err
	}
	if got := kinds[ledger.KindRedeem]; got.postings != r.acknowledged {
		return fmt.Errorf("%d receipts were acknowledged, and %d are in the store", r.acknowledged, got.postings)
	}
	p99 := percentile(r.took, 0.99)
	b.report.add(line{Name: fmt.Sprintf("overload: p99 of what is accepted at %d times what it can do", tooMuch),
		Measured: p99.Seconds() * 1000, Unit: "ms", Bar: waitMax, AtMost: true}.
		noted("uploads of %d receipts: %.0f/s alone; %.0f/s offered, of which %.0f/s accepted, p50 %.0f ms, and %.0f/s refused with 503 and Retry-After; nothing acknowledged was lost",
			b.batch, r.able, r.per(len(r.took)+r.refused), r.per(len(r.took)), percentile(r.took, 0.5).Seconds()*1000, r.per(r.refused)))
	return os.RemoveAll(f.dir)
}

// rushed is what came of more uploads than a server can take.
type rushed struct {
	able         float64         // uploads a second that it takes when they come one after the other
	took         []time.Duration // of each that was accepted, sorted
	refused      int
	lasted       time.Duration
	acknowledged int // receipts, in all
}

func (r rushed) per(n int) float64 { return float64(n) / r.lasted.Seconds() }

// overload finds out what the server can do, and sends it ten times as much.
func (b *bench) overload(ctx context.Context, f *field) (rushed, error) {
	uploads, err := f.sales(b.rush, b.batch)
	if err != nil {
		return rushed{}, err
	}
	first := make([][]upload, len(uploads))
	for i := range uploads {
		first[i], uploads[i] = uploads[i][:1], uploads[i][1:]
	}
	alone, err := f.send(ctx, first, syncClients, voucher.Payable)
	if err != nil {
		return rushed{}, err
	}
	able := alone.rate / float64(b.batch)
	r, answers, err := f.rush(ctx, uploads, tooMuch*able, 2*b.seconds)
	if err != nil {
		return r, fmt.Errorf("%w; the server's log ends with\n%s", err, f.server.last())
	}
	r.able, r.acknowledged = able, (len(first)+len(r.took))*b.batch
	say("  alone %.1f uploads/s; in the rush %d accepted, %d refused in %v", able, len(r.took), r.refused, r.lasted.Round(time.Millisecond))
	if len(r.took) == 0 {
		return r, errors.New("nothing was accepted")
	}
	return r, f.check(answers, len(r.took)*b.batch, voucher.Payable)
}

// rush offers so many uploads a second, whatever the answers, for as long as is
// said. Each handheld has one under way; where it is refused it offers it again,
// and does not wait as it is told to. An offer is lost while all wait for an
// answer.
func (f *field) rush(ctx context.Context, uploads [][]upload, perSecond float64, lasting time.Duration) (rushed, [][][]byte, error) {
	offers, answers := make(chan struct{}), make([][][]byte, len(uploads))
	took := make([][]time.Duration, len(uploads))
	var refused atomic.Int64
	var r rushed
	began := time.Now()
	var offering sync.WaitGroup
	offering.Go(func() {
		defer close(offers)
		for n := 0; ctx.Err() == nil && time.Since(began) < lasting; time.Sleep(time.Millisecond) {
			for ; n < int(time.Since(began).Seconds()*perSecond); n++ {
				select {
				case offers <- struct{}{}:
				default:
				}
			}
		}
	})
	err := each(len(uploads), func(i int) error {
		c := &client{address: f.server.address, number: i}
		defer c.close()
		for left := uploads[i]; len(left) > 0; {
			if _, more := <-offers; !more {
				return ctx.Err()
			}
			at := time.Now()
			a, err := c.do(ctx, left[0].request)
			switch {
			case err != nil:
				return err
			case a.refused():
				refused.Add(1)
			case a.status != http.StatusOK:
				return fmt.Errorf("%d: %s", a.status, a.body)
			default:
				took[i], answers[i], left = append(took[i], time.Since(at)), append(answers[i], a.body), left[1:]
			}
		}
		return nil
	})
	r.lasted = time.Since(began)
	offering.Wait()
	r.took, r.refused = slices.Sorted(slices.Values(slices.Concat(took...))), int(refused.Load())
	return r, answers, err
}
