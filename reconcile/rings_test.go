package reconcile_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/evidence"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// both traders' handhelds are copied: two findings that could freeze money, two
// redemptions each.
func (w *world) twoClones() {
	w.Helper()
	for i, h := range []vendors.HandheldID{"h1", "h2"} {
		c := w.cards[5*i:]
		w.sell(h, c[:2]...)
		twin := *w.Phones[h]
		w.sell(h, c[2:4]...)
		w.Phones[h] = &twin
		w.Expect(w.Send(h, w.Sale(h, c[4]))[0], voucher.InQuarantine, voucher.ReasonFork)
	}
}

// What a team of the staff and several traders did together is one case. It
// freezes each trader's own money and nothing that was paid; that one of them
// answered is no answer of the others; the pack shows whose each redemption is.
func TestService_OpenProposed_ring(t *testing.T) {
	w := newWorld(t, 12)
	w.cash()
	w.twoClones()
	paid := w.accept(w.bring("v1", rows(w.cards[2])...))
	w.pay()
	reconcile.Ring(w.s, "staff:0123456789ab", 80)
	if diff := cmp.Diff([]string{" staff:0123456789ab cloned-handheld cloned-handheld"}, w.propose()); diff != "" {
		t.Fatalf("proposed: %s", diff)
	}
	opened := w.openAll()
	if len(opened) != 1 || opened[0].Vendor != "" || opened[0].Added != 2 {
		t.Fatalf("%+v", opened)
	}
	if again := w.propose(); len(again) != 0 {
		t.Errorf("proposed again: %v", again)
	}
	c := w.freeze(reconcile.Case{ID: opened[0].Case})
	if !cmp.Equal(c.Traders(), []vendors.ID{"v1", "v2"}) || len(c.Money) != 3 || !c.Frozen.Equal(francs(3_000)) {
		t.Errorf("%v, %+v", c.Traders(), c.Money)
	}
	for v, want := range map[vendors.ID]int64{"v1": 1_000, "v2": 2_000} { // what v1 was paid is not here
		if got := w.Balance(ledger.Contested(string(v))); got != want {
			t.Errorf("%s: %d frozen, want %d", v, got, want)
		}
		if got, err := c.FrozenOf(v); err != nil || !got.Equal(francs(want)) {
			t.Errorf("%s: the case says %s, %v", v, got, err)
		}
	}
	w.run()
	c = w.hear(c)
	up := func() (reconcile.Case, error) {
		return w.s.Uphold(t.Context(), reconcile.Uphold{Decide: decide(judge, w, c), Digest: c.Digest, Entries: []uint64{c.Money[1].Entry}})
	}
	if _, err := up(); !errors.Is(err, reconcile.ErrUnheard) {
		t.Errorf("one answered for both: %v", err)
	}
	w.Clock.Now = w.Clock.Now.Add(73 * time.Hour)
	c, err := up()
	w.must(err)
	c, err = w.s.Release(t.Context(), reconcile.Release{Decide: decide(judge, w, c)})
	w.must(err)
	if c.State != reconcile.CaseUpheld || w.Balance(ledger.Contested("v1")) != 0 || w.Balance(ledger.Contested("v2")) != 0 {
		t.Errorf("%s, %d and %d are frozen", c.State, w.Balance(ledger.Contested("v1")), w.Balance(ledger.Contested("v2")))
	}
	w.wantBalances("v1", 3_000, 0, 0) // of four one is paid
	w.wantBalances("v2", 3_000, 0, 0) // one is written off
	w.run()
	w.must(w.db.Vendors().View(t.Context(), func(tx vendors.Tx) error {
		k, err := tx.Claim(paid.ID)
		if k.State != vendors.ClaimSettled || !k.Accepted.Equal(francs(1_000)) {
			t.Errorf("the paid claim is %+v", k)
		}
		return err
	}))

	key := w.sign()
	p, err := w.s.CasePack(t.Context(), reconcile.CaseByID{By: auditor, ID: c.ID})
	w.must(err)
	if _, err := p.Verify(logName, key); err != nil || p.Case.Vendor != "" || len(p.Redemptions) != 4 {
		t.Errorf("%+v, %v", p.Redemptions, err)
	}
	file, err := p.Bytes()
	w.must(err)
	for name, forge := range map[string]func(*evidence.Pack){
		"another's redemption":     func(p *evidence.Pack) { p.Redemptions[0].Vendor = "v2" },
		"nobody's redemption":      func(p *evidence.Pack) { p.Redemptions[0].Vendor = "" },
		"a case about one of them": func(p *evidence.Pack) { p.Case.Vendor = "v1" },
	} {
		forged, err := evidence.Parse(file)
		w.must(err)
		forge(&forged)
		if _, err := forged.Verify(logName, key); err == nil {
			t.Errorf("%s is believed", name)
		}
	}
	var b bytes.Buffer
	w.must(evidence.WritePDF(&b, file, "fr"))
	if keep := os.Getenv("KEEP_PDF"); keep != "" {
		w.must(os.WriteFile(keep+"-ring.pdf", b.Bytes(), 0o600))
	}
}

// A finding is about the team that made most of its cards, or about their point,
// and about neither where its signals are of the trader's own doing.
func TestRingOf(t *testing.T) {
	w := newWorld(t, 6)
	w.sell("h1", w.cards[:5]...)
	w.must(w.db.Reconcile().Update(t.Context(), func(tx reconcile.Tx) error {
		var refs []string
		for r, err := range tx.ReceiptsFrom("h1", 0) {
			w.must(err)
			refs = append(refs, "receipt:"+r.Hash.String())
		}
		for _, s := range w.cards[:5] {
			v, err := tx.VoucherBySerial(s)
			w.must(err)
			w.must(tx.PutBeneficiary(distribution.Beneficiary{ID: distribution.BeneficiaryID(v.Beneficiary), Programme: "mopti", Import: "i1"}))
		}
		w.must(tx.PutImport(distribution.Import{Programme: "mopti", ID: "i1", By: "registrar"}))
		w.must(tx.PutLot(distribution.Lot{ID: "l1", Round: "r1", Programme: "mopti", PreparedBy: "verifier"}))
		about := func(refs []string, signals ...string) reconcile.Subject {
			got, err := reconcile.RingOf(tx, reconcile.Finding{Evidence: refs}, signals)
			w.must(err)
			return got
		}
		team := about(refs, "list-order", "staff-and-trader")
		if !strings.HasPrefix(string(team), "staff:") || len(team) != len("staff:")+12 || team != about(refs[:1], "one-person") {
			t.Errorf("the team is %q", team)
		}
		unknown := []string{"receipt:" + voucher.Hash{1}.String(), "receipt:" + voucher.Hash{2}.String()}
		if got := about(append(unknown, refs[:2]...), "one-person"); got != "" {
			t.Errorf("the team made half of it, and it is about %q", got)
		}
		if got := about(append(unknown, refs[:3]...), "one-person"); got != team {
			t.Errorf("the team made more than half, and it is about %q", got)
		}
		w.must(tx.PutLot(distribution.Lot{ID: "l1", Round: "r1", Programme: "mopti", PreparedBy: "somebody else"}))
		if got := about(refs, "one-person"); got == team || got == "" {
			t.Errorf("another team is %q", got)
		}
		if got := about(refs, "in-one-go"); got != "point:p1" {
			t.Errorf("the point is %q", got)
		}
		if got := about(refs, "list-order", "night-sales"); got != "" {
			t.Errorf("a trader's own doing is about %q", got)
		}
		return nil
	}))
}

// Who made the list of a ring's households, or its lot, does not decide it.
func TestService_Release_ringMember(t *testing.T) {
	w := newWorld(t, 12)
	w.twoClones()
	reconcile.Ring(w.s, "staff:0123456789ab", 80)
	c := w.freeze(reconcile.Case{ID: w.openAll()[0].Case})
	w.must(w.db.Reconcile().Update(t.Context(), func(tx reconcile.Tx) error {
		return tx.PutLot(distribution.Lot{ID: "l1", Round: "r1", Programme: "mopti", PreparedBy: judge.ID})
	}))
	_, err := w.s.Release(t.Context(), reconcile.Release{Decide: decide(judge, w, c)})
	if !errors.Is(err, reconcile.ErrInvolved) || !strings.Contains(err.Error(), "prepared lot l1") {
		t.Errorf("%v", err)
	}
	_, err = w.s.Release(t.Context(), reconcile.Release{Decide: decide(person("other", access.RoleFinanceApprover), w, c)})
	w.must(err)
}
