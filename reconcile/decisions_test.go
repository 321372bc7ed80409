package reconcile_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/evidence"
)

func decide(by access.Actor, w *world, c reconcile.Case) reconcile.Decide {
	return reconcile.Decide{By: by, Key: w.Key(), Case: c.ID}
}

// A case is decided by somebody who had a part neither in it nor in what it is
// about, and the refusal says which part.
func TestService_involved(t *testing.T) {
	w := newWorld(t, 6)
	w.cash()
	registrar, lister := person("registrar", access.RoleFinanceApprover), person("lister", access.RoleFinanceApprover)
	w.must(w.db.Distribution().Update(t.Context(), func(tx distribution.Tx) error {
		return errors.Join(
			tx.PutImport(distribution.Import{ID: "i1", Programme: "mopti", By: "registrar"}),
			tx.PutBeneficiary(distribution.Beneficiary{ID: "b1", Programme: "mopti", Import: "i1"}),
			tx.PutLot(distribution.Lot{ID: "l1", Round: "r1", Programme: "mopti", PreparedBy: "preparer",
				Approvals: []access.Approval{{Role: access.RoleListApprover, Proof: access.Proof{ID: "lister"}}}}))
	}))
	c := w.cloned(2, 2, 1)
	w.accept(w.bill("v1"))
	c, err := w.s.Freeze(t.Context(), decide(both, w, c))
	w.must(err)
	looker := person("looker", access.RoleFinanceApprover)
	_, err = w.s.AssignCase(t.Context(), reconcile.Assign{Decide: decide(preparer, w, c), To: looker.Pseudonym, Due: w.Clock.Now.Add(time.Hour)})
	w.must(err)
	talker := person("talker", access.RoleFinancePreparer, access.RoleFinanceApprover)
	for by, text := range map[*access.Actor]string{&talker: "He sold on a Sunday.", &judge: "Which Sunday?"} {
		_, err = w.s.CommentCase(t.Context(), reconcile.AddComment{By: *by, Key: w.Key(), Case: c.ID, Text: text})
		w.must(err)
	}
	c = w.hear(c)
	for _, tt := range []struct {
		by  access.Actor
		why string
	}{
		{both, "froze its money"},
		{looker, "looks into the case"},
		{talker, "commented as finance-preparer"},
		{registrar, "imported list i1"},
		{lister, "approved lot l1"},
		{approver, "accepted claim"},
	} {
		t.Run(tt.by.ID, func(t *testing.T) {
			_, err := w.s.Release(t.Context(), reconcile.Release{Decide: decide(tt.by, w, c)})
			if !errors.Is(err, reconcile.ErrInvolved) || !strings.Contains(fmt.Sprint(err), tt.why) {
				t.Errorf("release: %v, want that he %s", err, tt.why)
			}
			_, err = w.s.Uphold(t.Context(), reconcile.Uphold{Decide: decide(tt.by, w, c), Digest: c.Digest})
			if !errors.Is(err, reconcile.ErrInvolved) && !errors.Is(err, access.ErrSamePerson) {
				t.Errorf("uphold: %v", err)
			}
		})
	}
	if got, err := w.s.Uphold(t.Context(), reconcile.Uphold{Decide: decide(judge, w, c), Digest: c.Digest}); err != nil || got.State != reconcile.CaseUpheld {
		t.Errorf("one who only asked: %v", err)
	}
}

// Nothing is decided against a vendor who was not heard about all of it.
func TestService_heard(t *testing.T) {
	w := newWorld(t, 6)
	c := w.freeze(w.cloned(2, 2, 1))
	uphold := func() error {
		return second(w.s.Uphold(t.Context(), reconcile.Uphold{Decide: decide(judge, w, c), Digest: c.Digest}))
	}
	if err := uphold(); !errors.Is(err, reconcile.ErrUnheard) {
		t.Errorf("not asked: %v", err)
	}
	answer := reconcile.AnswerOfVendor{By: preparer, Key: w.Key(), Case: c.ID, Text: "No."}
	if _, err := w.s.AnswerOfVendor(t.Context(), answer); !errors.Is(err, reconcile.ErrUnheard) {
		t.Errorf("an answer before the question: %v", err)
	}
	ask := reconcile.AskVendor{Decide: decide(preparer, w, c), Until: w.Clock.Now.Add(71 * time.Hour)}
	if _, err := w.s.AskVendor(t.Context(), ask); !errors.Is(err, reconcile.ErrCase) {
		t.Errorf("less than three days: %v", err)
	}
	ask.Key, ask.Until = w.Key(), w.Clock.Now.Add(72*time.Hour)
	_, err := w.s.AskVendor(t.Context(), ask)
	w.must(err)
	if err := uphold(); !errors.Is(err, reconcile.ErrUnheard) {
		t.Errorf("before the date: %v", err)
	}
	w.Clock.Now = w.Clock.Now.Add(73 * time.Hour)
	w.must(uphold())
	h := w.history(c)
	if got := h[len(h)-1].Facts["vendor-heard"]; !strings.HasPrefix(got, "no answer by ") {
		t.Errorf("the journal says %q", got)
	}
}

// One case may end in both ways, redemption by redemption.
func TestService_Uphold_partly(t *testing.T) {
	w := newWorld(t, 6)
	c := w.hear(w.freeze(w.cloned(2, 2, 1)))
	stale := c.Digest
	c, err := w.s.Release(t.Context(), reconcile.Release{Decide: decide(judge, w, c), Entries: []uint64{c.Money[0].Entry}})
	w.must(err)
	w.wantBalances("v1", 3_000, 0, 1_000)
	if c.State != reconcile.CaseFrozen {
		t.Errorf("it is %s", c.State)
	}
	w.run()
	if _, err := w.s.Uphold(t.Context(), reconcile.Uphold{Decide: decide(judge, w, c), Digest: stale}); !errors.Is(err, reconcile.ErrCaseChanged) {
		t.Errorf("a digest of before: %v", err)
	}
	if _, err := w.s.Uphold(t.Context(), reconcile.Uphold{Decide: decide(judge, w, c), Digest: c.Digest, Entries: []uint64{c.Money[0].Entry}}); !errors.Is(err, reconcile.ErrCase) {
		t.Errorf("what was released is written off: %v", err)
	}
	if _, err := w.s.Freeze(t.Context(), decide(preparer, w, c)); !errors.Is(err, reconcile.ErrNothingFrozen) {
		t.Errorf("what was released is frozen again: %v", err)
	}
	c, err = w.s.Uphold(t.Context(), reconcile.Uphold{Decide: decide(judge, w, c), Digest: c.Digest, Entries: []uint64{c.Money[1].Entry}})
	w.must(err)
	w.wantBalances("v1", 3_000, 0, 0)
	if c.State != reconcile.CaseUpheld || c.Money[0].Outcome != reconcile.Released || c.Money[1].Outcome != reconcile.WrittenOff {
		t.Errorf("%+v", c)
	}
	w.run()
}

func (w *world) history(c reconcile.Case) []evidence.Event {
	w.Helper()
	h, err := w.s.CaseHistory(w.Context(), reconcile.CaseByID{By: auditor, ID: c.ID})
	w.must(err)
	return h
}

// The history of a case is exactly what the journal has about it, and no word
// that was written stands there.
func TestService_CaseHistory(t *testing.T) {
	w := newWorld(t, 6)
	words := "Mariam says that he kept her card."
	c := w.freeze(w.cloned(2, 2, 1))
	got, err := w.s.CommentCase(t.Context(), reconcile.AddComment{By: monitor, Key: "c", Case: c.ID, Text: words})
	w.must(err)
	again, err := w.s.CommentCase(t.Context(), reconcile.AddComment{By: monitor, Key: "c", Case: c.ID, Text: words})
	w.must(err)
	if again.N != 1 || again.SHA256 != sha256.Sum256([]byte(words)) || got.Entry != again.Entry {
		t.Errorf("repeated: %+v", again)
	}
	_, err = w.s.AssignCase(t.Context(), reconcile.Assign{Decide: decide(preparer, w, c), Due: w.Clock.Now.Add(time.Hour)})
	w.must(err)
	c = w.uphold(c)
	var want []uint64
	w.must(w.db.Ledger().View(t.Context(), func(tx ledger.Tx) error {
		size, err := tx.Size()
		for seq := range size {
			e, err := tx.Entry(seq)
			leaf, err2 := tx.Leaf(seq)
			if err := errors.Join(err, err2); err != nil {
				return err
			}
			if e.Ref == c.ID || e.Facts["case"] == c.ID {
				want = append(want, seq)
			}
			if strings.Contains(string(leaf), "Mariam") || strings.Contains(string(leaf), "cousin") {
				t.Errorf("entry %d has what was written: %s", seq, leaf)
			}
		}
		return err
	}))
	var entries []uint64
	var whats []string
	for _, e := range w.history(c) {
		entries = append(entries, uint64(e.Entry))
		what := e.What
		if what == "" {
			what = string(e.Kind) + " " + e.Amount.Text()
		}
		whats = append(whats, e.Role+" "+e.Actor+" "+what)
	}
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Errorf("entries (-journal +history):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		"monitor p-monitor case-opened", "finance-preparer p-preparer freeze 1000", "finance-preparer p-preparer freeze 1000",
		"finance-preparer p-preparer case-frozen", "monitor p-monitor case-commented", "finance-preparer p-preparer case-assigned",
		"finance-preparer p-preparer case-vendor-asked", "finance-preparer p-preparer case-vendor-answered",
		"finance-approver p-judge release 1000", "finance-approver p-judge reverse 1000",
		"finance-approver p-judge release 1000", "finance-approver p-judge reverse 1000", "finance-approver p-judge case-upheld"}, whats); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	said, err := w.s.CaseComments(t.Context(), reconcile.CaseByID{By: monitor, ID: c.ID})
	w.must(err)
	if len(said) != 2 || said[0].Text != words || !said[1].Vendor {
		t.Errorf("%+v", said)
	}
	if _, err := w.s.CaseComments(t.Context(), reconcile.CaseByID{By: auditor, ID: c.ID}); !errors.Is(err, access.ErrDenied) {
		t.Errorf("an auditor reads words: %v", err)
	}
}

// No command about a case touches a household or what it may buy, but to give
// value back.
func TestService_noExclusion(t *testing.T) {
	w := newWorld(t, 6)
	type household struct {
		Life  string
		Value money.Amount
		Left  int64
	}
	look := func() (out []household) {
		for _, card := range w.cards {
			v := w.Voucher(card)
			out = append(out, household{string(v.Life()), v.Value, w.Balance(v.Account())})
		}
		return out
	}
	equal := cmpopts.EquateComparable(money.Asset{}, money.Amount{})
	c := w.cloned(2, 2, 1)
	before := look()
	step := func(name string, do func() (reconcile.Case, error)) {
		t.Helper()
		var err error
		if c, err = do(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(before, look(), equal); diff != "" {
			t.Errorf("%s (-before +after):\n%s", name, diff)
		}
	}
	step("freeze", func() (reconcile.Case, error) { return w.freeze(c), nil })
	step("assign", func() (reconcile.Case, error) {
		return w.s.AssignCase(t.Context(), reconcile.Assign{Decide: decide(preparer, w, c), Due: w.Clock.Now.Add(time.Hour)})
	})
	step("hear", func() (reconcile.Case, error) { return w.hear(c), nil })
	step("release", func() (reconcile.Case, error) {
		return w.s.Release(t.Context(), reconcile.Release{Decide: decide(judge, w, c), Entries: []uint64{c.Money[0].Entry}})
	})
	c, err := w.s.Uphold(t.Context(), reconcile.Uphold{Decide: decide(judge, w, c), Digest: c.Digest})
	w.must(err)
	given := 0
	for i, h := range look() {
		if h.Left < before[i].Left || h.Value != before[i].Value {
			t.Errorf("card %d was %+v, is %+v", i, before[i], h)
		}
		if h.Left > before[i].Left {
			given++
		}
	}
	if given != 1 || !slices.ContainsFunc(c.Money, func(h reconcile.Held) bool { return h.Outcome == reconcile.WrittenOff }) {
		t.Errorf("%d cards got value back, want 1", given)
	}
}
