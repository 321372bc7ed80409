package reconcile_test

import (
	"context"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/voucher"
)

func (w *world) propose() (out []string) {
	w.Helper()
	ps, err := w.s.ProposeCases(w.Context(), reconcile.ProposeCases{By: auditor, Round: "r1"})
	w.must(err)
	for _, p := range ps {
		text := string(p.Vendor) + " " + string(p.About)
		if p.Joins != "" {
			text += " joins"
		}
		if p.Refers != "" {
			text += " refers"
		}
		for _, f := range p.Findings {
			text += " " + f.Detector
		}
		out = append(out, text)
	}
	return out
}

func (w *world) openAll() []reconcile.OpenedCase {
	w.Helper()
	cs, err := w.s.OpenProposed(w.Context(), reconcile.OpenProposed{By: monitor, Key: w.Key(), Round: "r1"})
	w.must(err)
	return cs
}

// Findings about one thing make one case; what is found later joins it while it
// is open, and refers to it once it is closed.
func TestService_OpenProposed(t *testing.T) {
	w := newWorld(t, 10)
	w.sell("h1", w.cards[:2]...)
	twin := *w.Phones["h1"]
	w.sell("h1", w.cards[2:4]...)
	w.Phones["h1"] = &twin
	w.Send("h1", w.Sale("h1", w.cards[4]))
	w.bring("v1", append(rows(w.cards[:2]...), row{w.cards[6].Printed(), 5_000, ""})...)
	want := []string{"v1 handheld:h1 cloned-handheld", "v1  invented-claim"}
	if diff := cmp.Diff(want, w.propose()); diff != "" {
		t.Fatalf("proposed (-want +got):\n%s", diff)
	}
	first := w.openAll()
	if len(first) != 2 || first[0].Joined || first[1].Added != 1 {
		t.Errorf("%+v", first)
	}
	if got := w.propose(); len(got) != 0 {
		t.Errorf("what is in a case is proposed again: %q", got)
	}

	w.bring("v1", append(rows(w.cards[2]), row{w.cards[7].Printed(), 6_000, ""})...)
	if diff := cmp.Diff([]string{"v1  joins invented-claim"}, w.propose()); diff != "" {
		t.Errorf("after more was found (-want +got):\n%s", diff)
	}
	more := w.openAll()
	if len(more) != 1 || !more[0].Joined || more[0].Case != first[1].Case {
		t.Errorf("%+v", more)
	}
	c, err := w.s.Case(t.Context(), reconcile.CaseByID{By: auditor, ID: more[0].Case})
	w.must(err)
	if len(c.Findings) != 2 || !c.Value.Equal(francs(11_000)) {
		t.Errorf("two claims are worth %s: %+v", c.Value, c.Findings)
	}

	w.Send("h1", w.Sale("h1", w.cards[5]))
	if diff := cmp.Diff([]string{"v1 handheld:h1 joins cloned-handheld"}, w.propose()); diff != "" {
		t.Errorf("after the clone sold more (-want +got):\n%s", diff)
	}
	w.openAll()
	clone, err := w.s.Case(t.Context(), reconcile.CaseByID{By: auditor, ID: first[0].Case})
	w.must(err)
	if n := len(clone.Findings); n != 2 || !clone.Value.Equal(clone.Findings[1].Value) {
		t.Errorf("a finding that takes the other in is counted with it: %s of %+v", clone.Value, clone.Findings)
	}

	_, err = w.s.Release(t.Context(), reconcile.Release{Decide: decide(judge, w, c)})
	w.must(err)
	if got := w.propose(); len(got) != 0 {
		t.Errorf("what was cleared is proposed again: %q", got)
	}
	w.bring("v1", row{w.cards[8].Printed(), 4_000, ""})
	if diff := cmp.Diff([]string{"v1  refers invented-claim"}, w.propose()); diff != "" {
		t.Errorf("after it was closed (-want +got):\n%s", diff)
	}
	last := w.openAll()
	again, err := w.s.Case(t.Context(), reconcile.CaseByID{By: auditor, ID: last[0].Case})
	w.must(err)
	if again.ID == c.ID || again.Refers != c.ID {
		t.Errorf("%s refers to %q, want %s", again.ID, again.Refers, c.ID)
	}
}

// looked counts how often a round is read.
type looked struct {
	reconcile.Store
	times *int
}

func (l looked) View(ctx context.Context, fn func(reconcile.Tx) error) error {
	return l.Store.View(ctx, func(tx reconcile.Tx) error { return fn(lookedTx{tx, l.times}) })
}

type lookedTx struct {
	reconcile.Tx
	times *int
}

func (l lookedTx) ReceiptsByRound(round string) iter.Seq2[voucher.StoredReceipt, error] {
	*l.times++
	return l.Tx.ReceiptsByRound(round)
}

// A repeated command is recognised before detectors run, and refused as before.
func TestService_OpenCase_repeated(t *testing.T) {
	w := newWorld(t, 4)
	w.sell("h1", w.cards[0])
	w.bring("v1", rows(w.cards[1])...)
	f := finding(t, w.run(), "invented-claim")
	times := 0
	var err error
	w.s, err = reconcile.New(reconcile.Config{Store: looked{w.db.Reconcile(), &times}, Vendors: w.vendors, Prover: access.TokenProver{Now: w.Clock.Read}, Limits: detect.Defaults(), Papers: w.papers(), Keeper: reconcile.NewKeeper(detect.Defaults())})
	w.must(err)
	open := reconcile.OpenCase{By: monitor, Key: "a", Vendor: "v1", Round: "r1", Findings: []string{f.ID}}
	wrong := reconcile.OpenCase{By: monitor, Key: "b", Vendor: "v1", Round: "r1", Findings: []string{"f0"}}
	for range 3 {
		if _, err := w.s.OpenCase(t.Context(), open); err != nil {
			t.Error(err)
		}
		if _, err := w.s.OpenCase(t.Context(), wrong); err == nil {
			t.Error("an unknown finding opens a case")
		}
	}
	if times != 2 {
		t.Errorf("the round was read %d times for two commands", times)
	}
	open.Note = "other"
	if _, err := w.s.OpenCase(t.Context(), open); err == nil || times != 2 {
		t.Errorf("other content under the key: %v", err)
	}
	if _, err := w.s.OpenCase(t.Context(), reconcile.OpenCase{By: auditor, Key: "a", Vendor: "v1", Round: "r1", Findings: []string{f.ID}}); err == nil || times != 2 {
		t.Errorf("an auditor: %v", err)
	}
}
