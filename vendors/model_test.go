package vendors_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// stage is where a sale is on its way to being paid, as the model has it.
type stage string

const (
	open     stage = "open"
	proposed stage = "proposed"
	accepted stage = "accepted"
	prepared stage = "prepared" // accepted, in a settlement nobody approved yet
	ordered  stage = "ordered"
	paid     stage = "paid"
	undone   stage = "undone"
)

// books is a model of one vendor: every sale is at one stage at a time.
type books struct {
	*world
	t        *rapid.T
	sales    []sale
	at       map[uint64]stage
	claim    map[uint64]vendors.ClaimID
	proposed []vendors.Claim
	prepared []vendors.Settlement
	ordered  []vendors.Settlement
}

// However sales, claims, refusals, settlements, bank answers and reversals
// follow one another: no franc is created or lost, every sale is paid at most
// once, and what is undone before it was ordered is never paid.
func TestService_Model(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := &books{world: newWorld(t), t: rt, at: map[uint64]stage{}, claim: map[uint64]vendors.ClaimID{}}
		b.register("v1", 0)
		rt.Repeat(map[string]func(*rapid.T){
			"sell":             b.sell1,
			"prepare a claim":  b.prepareClaim,
			"end a claim":      b.endClaim,
			"settle":           b.prepareSettlement,
			"end a settlement": b.endSettlement,
			"the bank answers": b.answer,
			"undo a sale":      b.undoSale,
			"":                 b.check,
		})
	})
}

// move takes every sale of a claim from one stage to another.
func (b *books) move(id vendors.ClaimID, from, to stage) (n int64) {
	for _, s := range b.sales {
		if b.claim[s.seq] == id && b.at[s.seq] == from {
			b.at[s.seq] = to
			n += s.value.Minor()
		}
	}
	return n
}

func (b *books) total(stages ...stage) (n int64) {
	for _, s := range b.sales {
		for _, st := range stages {
			if b.at[s.seq] == st {
				n += s.value.Minor()
			}
		}
	}
	return n
}

func (b *books) sell1(t *rapid.T) {
	s := b.francs("v1", rapid.Int64Range(1, 9999).Draw(t, "value"))
	b.sales, b.at[s.seq] = append(b.sales, s), open
}

func (b *books) prepareClaim(t *rapid.T) {
	c, err := b.s.PrepareClaim(b.Context(), vendors.PrepareClaim{By: manager, Key: b.key(), Vendor: "v1", Round: "r1"})
	if want := b.total(open); (err == nil) != (want > 0) || err == nil && c.Claimed.Minor() != want {
		t.Fatalf("claim of %v, %v; want %d", c.Claimed, err, want)
	}
	if err != nil {
		return
	}
	for _, s := range b.sales {
		if b.at[s.seq] == open {
			b.at[s.seq], b.claim[s.seq] = proposed, c.ID
		}
	}
	b.proposed = append(b.proposed, c)
}

// take removes and returns one of a list.
func take[V any](t *rapid.T, list *[]V) V {
	if len(*list) == 0 {
		t.Skip("nothing to take")
	}
	i := rapid.IntRange(0, len(*list)-1).Draw(t, "which")
	v := (*list)[i]
	*list = append(append([]V{}, (*list)[:i]...), (*list)[i+1:]...)
	return v
}

func (b *books) endClaim(t *rapid.T) {
	c := take(t, &b.proposed)
	if rapid.Bool().Draw(t, "refuse") {
		_, err := b.s.RefuseClaim(b.Context(), vendors.RefuseClaim{By: preparer, Key: b.key(), Claim: c.ID, Reason: "x"})
		b.must(err)
		b.move(c.ID, proposed, open)
		return
	}
	got, err := b.s.AcceptClaim(b.Context(), vendors.AcceptClaim{By: preparer, Key: b.key(), Claim: c.ID, VendorProof: proof})
	want := b.move(c.ID, proposed, accepted)
	if (err == nil) != (want > 0) || err == nil && got.Accepted.Minor() != want {
		t.Fatalf("accepted %v, %v; want %d", got.Accepted, err, want)
	}
}

func (b *books) prepareSettlement(t *rapid.T) {
	st, err := b.s.PrepareSettlement(b.Context(), vendors.PrepareSettlement{By: preparer, Key: b.key(), Method: "mobile-money"})
	if want := b.total(accepted); err == nil && st.Total.Minor() != want || err != nil && want > 0 {
		t.Fatalf("settlement of %v, %v; want %d", st.Total, err, want)
	}
	if err != nil {
		return
	}
	for _, p := range st.Payments {
		b.move(p.Claim, accepted, prepared)
	}
	b.prepared = append(b.prepared, st)
}

func (b *books) endSettlement(t *rapid.T) {
	st := take(t, &b.prepared)
	var now int64
	for _, p := range st.Payments {
		for _, s := range b.sales {
			if b.claim[s.seq] == p.Claim && b.at[s.seq] == prepared {
				now += s.value.Minor()
			}
		}
	}
	got, err := b.s.ApproveSettlement(b.Context(), vendors.ApproveSettlement{By: approver, Key: b.key(), Settlement: st.ID, Digest: st.Digest})
	if unchanged := now == st.Total.Minor(); (err == nil) != unchanged {
		t.Fatalf("approved %v, %v; prepared %s, now %d", got.State, err, st.Total, now)
	}
	to := ordered
	if err != nil {
		_, err := b.s.RefuseSettlement(b.Context(), vendors.RefuseSettlement{By: approver, Key: b.key(), Settlement: st.ID, Reason: "x"})
		b.must(err)
		to = accepted
	} else {
		b.ordered = append(b.ordered, got)
	}
	for _, p := range st.Payments {
		b.move(p.Claim, prepared, to)
	}
}

func (b *books) answer(t *rapid.T) {
	st := take(t, &b.ordered)
	var lines []string
	var ends []func()
	for _, p := range st.Payments {
		if p.Amount.IsZero() {
			continue
		}
		word, to := "ok", paid
		if rapid.Bool().Draw(t, "fails") {
			word, to = "error", accepted
		}
		lines = append(lines, fmt.Sprintf("%s;%s;%s;T%s;", p.Reference, p.Amount.Text(), word, p.Reference))
		ends = append(ends, func() { b.move(p.Claim, ordered, to) })
	}
	if len(lines) == 0 {
		return
	}
	_, err := b.results(st, lines...)
	b.must(err)
	for _, end := range ends {
		end()
	}
	size := b.size()
	r, err := b.results(st, lines...)
	if err != nil || r.Same != len(lines) || b.size() != size {
		t.Fatalf("the same answers again: %+v, %v", r, err)
	}
}

func (b *books) undoSale(t *rapid.T) {
	if len(b.sales) == 0 {
		t.Skip("nothing to undo")
	}
	s := rapid.SampledFrom(b.sales).Draw(t, "sale")
	want := map[stage]ledger.Account{open: "vendor:v1:redeemed", proposed: "vendor:v1:redeemed",
		accepted: "vendor:v1:claimed", prepared: "vendor:v1:claimed", ordered: "", paid: ""}
	was := b.at[s.seq]
	if was == undone {
		t.Skip("undone already")
	}
	if at := b.undo(s, "r1"); at != want[was] {
		t.Fatalf("a sale that is %s was undone at %q", was, at)
	}
	if want[was] != "" {
		b.at[s.seq] = undone
	}
}

func (b *books) check(t *rapid.T) {
	sums := map[string]int64{
		"vendor:v1:redeemed": b.total(open, proposed),
		"vendor:v1:claimed":  b.total(accepted, prepared),
		"transit:":           b.total(ordered),
		"bank:main":          bankStart - b.total(paid),
		"vouchers:r1":        b.total(undone),
	}
	b.view(func(tx vendors.Tx) error {
		for prefix, want := range sums {
			var got int64
			for bal, err := range tx.Balances(prefix) {
				if err != nil {
					return err
				}
				got += bal.Amount.Minor()
			}
			if got != want {
				t.Fatalf("%s holds %d, want %d", prefix, got, want)
			}
		}
		return nil
	})
}
