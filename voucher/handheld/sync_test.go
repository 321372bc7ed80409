package handheld

import (
	"context"
	"errors"
	"testing"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// clerk is a Server that keeps one handheld's chain and can be put back to an
// earlier state, as a restored backup is. It refuses what does not follow.
type clerk struct {
	o       *office
	h       *Handheld
	kept    []string
	batches []int // how many records came in each upload
	refuse  bool  // every record is invalid
}

func (c *clerk) Redeem(_ context.Context, cmd voucher.Redeem) (voucher.Answer, error) {
	c.batches = append(c.batches, len(cmd.Records))
	a := voucher.Ack{Handheld: cmd.Handheld, Time: voucher.UnixOf(c.o.now), Nonce: "n"}
	for _, jws := range cmd.Records {
		r, hash, err := voucher.ParseRecord(jws, c.h.chain.key)
		c.o.must(err)
		o := voucher.Outcome{Seq: r.Seq, Hash: hash, State: voucher.Payable}
		switch {
		case c.refuse:
			o.State, o.Reason = voucher.Rejected, voucher.ReasonRecord
		case r.Seq <= uint64(len(c.kept)) && c.kept[r.Seq-1] == jws:
		case r.Seq > uint64(len(c.kept))+1:
			o.State, o.Reason = voucher.Waiting, voucher.ReasonGap
		case r.Seq <= uint64(len(c.kept)):
			o.State, o.Reason = voucher.InQuarantine, voucher.ReasonFork
		default:
			c.kept = append(c.kept, jws)
		}
		a.Outcomes = append(a.Outcomes, o)
	}
	if n := len(c.kept); n > 0 {
		a.Seq, a.Head = uint64(n), voucher.HashOf(c.kept[n-1])
	}
	jws, err := voucher.SignAck(a, c.o.beacon)
	return voucher.Answer{Ack: jws}, err
}

func (c *clerk) EnrolHandheld(context.Context, vendors.EnrolHandheld) (vendors.Enrolment, error) {
	return vendors.Enrolment{}, vendors.ErrCode
}

func (c *clerk) Bundle(context.Context, voucher.AskBundle) (voucher.SignedBundle, error) {
	return voucher.SignedBundle{}, voucher.ErrRequest
}

func (c *clerk) Reserve(context.Context, voucher.AskReserve) (voucher.Reservation, error) {
	return voucher.Reservation{}, voucher.ErrRequest
}

// sellMany makes n sales, each cancelled at once, so that one card is enough: two
// records each.
func sellMany(t *testing.T, h *Handheld, p printed, n int) {
	t.Helper()
	for range n {
		sold, err := h.Sell(sale(p))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Cancel(sold.Seq, voucher.CancelMistake); err != nil {
			t.Fatal(err)
		}
	}
}

// A server restored from a backup gets again what it lost, in batches of 100.
func TestHandheld_Sync_restored(t *testing.T) {
	o := newOffice(t)
	o.policy.Count, o.policy.Sum = 1000, 10_000_000
	p := o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 1000})
	store := &Memory{}
	h := o.equip(store)
	c := &clerk{o: o, h: h}
	sellMany(t, h, p, 125)
	if done, err := h.Sync(t.Context(), c); err != nil || done.Sent != 250 || len(c.kept) != 250 {
		t.Fatalf("synced %+v, %v: the server has %d", done, err, len(c.kept))
	}
	sellMany(t, h, p, 2)
	c.kept = c.kept[:30]
	h = o.open(store)
	if _, err := h.Sync(t.Context(), c); err != nil || len(c.kept) != 254 {
		t.Fatalf("after the restore: %v: the server has %d", err, len(c.kept))
	}
	c.kept = nil
	if _, err := h.Sync(t.Context(), c); err != nil || len(c.kept) != 254 {
		t.Errorf("after a loss of all, with nothing new: %v: the server has %d", err, len(c.kept))
	}
	for _, n := range c.batches {
		if n > batchMax {
			t.Errorf("an upload of %d records", n)
		}
	}
}

func TestHandheld_Sync_stuck(t *testing.T) {
	o := newOffice(t)
	p := o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 1000})
	h := o.equip(&Memory{})
	sellMany(t, h, p, 1)
	c := &clerk{o: o, h: h, refuse: true}
	if _, err := h.Sync(t.Context(), c); !errors.Is(err, ErrStuck) || len(c.batches) != 1 {
		t.Errorf("a server that takes nothing: %v after %d uploads", err, len(c.batches))
	}
}

// Only the server's own word to this handheld counts.
func TestHandheld_TakeAck(t *testing.T) {
	o := newOffice(t)
	p := o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 1000})
	h := o.equip(&Memory{})
	if _, err := h.Sell(sale(p)); err != nil {
		t.Fatal(err)
	}
	good := o.ack(h)
	other := *o
	other.beacon = seedKey("another beacon")
	for name, jws := range map[string]string{
		"another server's":   other.ack(h),
		"another handheld's": o.ack(h, func(a *voucher.Ack) { a.Handheld = "h2" }),
		"a cut one":          good[:len(good)-8],
		"a beacon":           h.bundle.Beacon,
		"nothing":            "",
	} {
		if _, err := h.TakeAck(jws); !errors.Is(err, ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s := h.Status(); s.Unsynced != 1 {
		t.Errorf("unsynced %d", s.Unsynced)
	}
	if n, err := h.TakeAck(good); err != nil || n != 1 || h.Status().Unsynced != 0 {
		t.Errorf("the server's: %d, %v", n, err)
	}
	if n, err := h.TakeAck(good); err != nil || n != 0 {
		t.Errorf("the same again: %d, %v", n, err)
	}
}
