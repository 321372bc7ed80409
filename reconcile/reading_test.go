package reconcile_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// exchanged writes a serial with two neighbours exchanged.
func exchanged(s voucher.Serial) string {
	p := []byte(s.Printed())
	for i := range 3 {
		if p[i] != p[i+1] {
			p[i], p[i+1] = p[i+1], p[i]
			break
		}
	}
	return string(p)
}

// without writes a serial with a wrong first character and no check digits.
func without(s voucher.Serial) string { return string(next(s[0])) + string(s[1:]) }

func (w *world) read(c vendors.Claim, lines []int, entries ...uint64) error {
	_, err := w.s.ReadLines(w.Context(), reconcile.ReadLines{By: preparer, Key: w.Key(), Claim: c.ID, Lines: lines, Entries: entries})
	return err
}

// entryOf returns the redemption of a card.
func (w *world) entryOf(r reconcile.Report, s voucher.Serial) uint64 {
	w.Helper()
	for _, l := range r.Lines.All() {
		if l.HasEntry && l.Serial == string(s) {
			return l.Entry
		}
	}
	w.Fatalf("%s was not redeemed", s)
	return 0
}

// A slip that the check digits settle is matched, accepted and paid by itself;
// what was typed is kept.
func TestService_MatchClaim_slip(t *testing.T) {
	w := newWorld(t, 3)
	w.sell("h1", w.cards...)
	typed := exchanged(w.cards[0])
	c := w.bring("v1", row{typed, 1_000, ""}, rows(w.cards[1])[0])
	l := lineOf(t, w.run(), c.ID, 3)
	if !l.Matched || l.Serial != string(w.cards[0]) || l.Typed != typed || l.Detail != "typed with a slip: "+typed {
		t.Errorf("%+v", l)
	}
	if got := w.accept(c); !got.Accepted.Equal(francs(2_000)) {
		t.Errorf("accepted %s", got.Accepted)
	}
	if l := lineOf(t, w.run(), c.ID, 3); !l.Matched || l.Typed != typed || l.Serial != string(w.cards[0]) {
		t.Errorf("after the acceptance: %+v", l)
	}
	t.Run("a second line for the same card is not paid", func(t *testing.T) {
		again := w.bring("v1", row{typed, 1_000, ""}, rows(w.cards[2])[0])
		l := lineOf(t, w.run(), again.ID, 3)
		if l.Exception != reconcile.Ambiguous || len(l.Candidates) != 1 || !l.Candidates[0].Claimed {
			t.Errorf("%+v", l)
		}
		if got := w.accept(again); !got.Accepted.Equal(francs(1_000)) {
			t.Errorf("accepted %s", got.Accepted)
		}
	})
}

// What is not certain waits for a person, who says which redemption it is; the
// journal has it.
func TestService_ReadLines(t *testing.T) {
	w := newWorld(t, 8)
	c := w.cards
	w.sell("h1", c[:6]...)
	w.sell("h2", c[6])
	claim := w.bring("v1",
		row{without(c[0]), 1_000, ""},    // 3: near to one, no check digits
		row{c[1].Printed(), 400, ""},     // 4 and 5: one sale in two lines
		row{c[1].Printed(), 600, ""},     //
		row{c[2].Printed(), 4_000, ""},   // 6: all that was sold on that day and nobody claims
		row{exchanged(c[6]), 1_000, ""},  // 7: another trader's
		row{"le vieux Samba", 1_000, ""}, // 8: anybody's guess
	)
	r := w.run()
	for n, want := range map[int]string{3: "the serial is near to that of: entry:", 4: "together with other lines it asks for: entry:",
		5: "together with other lines it asks for: entry:", 6: "it asks for as much as: entry:", 7: "the serial is near to that of: entry:"} {
		l := lineOf(t, r, claim.ID, n)
		if l.Exception != reconcile.Ambiguous || !strings.HasPrefix(l.Detail, want) || len(l.Candidates) == 0 {
			t.Errorf("line %d: %+v", n, l)
		}
	}
	// Of the six sales nobody else asks for, a merged line has them all.
	if k := lineOf(t, r, claim.ID, 6).Candidates[0]; len(k.Entries) != 4 || !k.Amount.Equal(francs(4_000)) {
		t.Errorf("candidate %+v", k)
	}
	if k := lineOf(t, r, claim.ID, 7).Candidates[0]; k.Vendor != "v2" {
		t.Errorf("candidate %+v", k)
	}
	for _, f := range r.Findings {
		if f.Detector == "claimed-twice" || f.Detector == "inflated-claim" {
			t.Errorf("what waits for a person is a finding: %+v", f)
		}
	}

	entries := map[voucher.Serial]uint64{}
	for _, s := range c[:7] {
		entries[s] = w.entryOf(r, s)
	}
	t.Run("what does not fit is refused and changes nothing", func(t *testing.T) {
		before := w.json(w.run())
		for name, err := range map[string]error{
			"another trader's sale":  w.read(claim, []int{7}, entries[c[6]]),
			"two lines for two":      w.read(claim, []int{4, 5}, entries[c[1]], entries[c[2]]),
			"another sum":            w.read(claim, []int{6}, entries[c[2]], entries[c[3]]),
			"lines that come to it?": w.read(claim, []int{3, 4}, entries[c[1]]),
			"a line that is not":     w.read(claim, []int{99}, entries[c[1]]),
			"one line twice":         w.read(claim, []int{4, 4}, entries[c[1]]),
			"one sale twice":         w.read(claim, []int{6}, entries[c[2]], entries[c[2]]),
			"no sale":                w.read(claim, []int{3}, 0),
			"nothing that is there":  w.read(claim, []int{3}, 1<<40),
			"no line":                w.read(claim, nil, entries[c[1]]),
		} {
			if !errors.Is(err, vendors.ErrClaimLine) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if after := w.json(w.run()); after != before {
			t.Error(cmp.Diff(before, after))
		}
	})
	w.must(w.read(claim, []int{3}, entries[c[0]]))
	w.must(w.read(claim, []int{4, 5}, entries[c[1]]))
	w.must(w.read(claim, []int{6}, entries[c[2]], entries[c[3]], entries[c[4]], entries[c[5]]))
	w.must(w.read(claim, []int{8}))
	r = w.run()
	want := map[string]int{"matched": 6, "read-together": 1, "unknown-serial": 1, "ambiguous": 1, "redeemed-not-claimed": 1}
	if diff := cmp.Diff(want, counts(r)); diff != "" {
		t.Error(diff)
	}
	if l := lineOf(t, r, claim.ID, 3); l.Typed != without(c[0]) || l.Serial != string(c[0]) {
		t.Errorf("%+v", l)
	}
	if l := lineOf(t, r, claim.ID, 11); !l.Matched || l.Row != 6 {
		t.Errorf("the last of the merged sales: %+v", l)
	}
	got := w.accept(claim)
	if !got.Accepted.Equal(francs(6_000)) || !got.Claimed.Equal(claim.Claimed) {
		t.Errorf("accepted %s of %s", got.Accepted, got.Claimed)
	}
	delete(want, "ambiguous") // nobody read it, so it was left out
	want["unknown-serial"]++
	if diff := cmp.Diff(want, counts(w.run())); diff != "" {
		t.Errorf("after the acceptance: %s", diff)
	}
	if err := w.read(claim, []int{7}, entries[c[6]]); !errors.Is(err, vendors.ErrClaimState) {
		t.Errorf("an accepted claim is read: %v", err)
	}

	t.Run("each decision is in the journal", func(t *testing.T) {
		var said []string
		w.must(w.db.Vendors().View(t.Context(), func(tx vendors.Tx) error {
			size, err := tx.Size()
			w.must(err)
			for seq := range size {
				e, err := tx.Entry(seq)
				w.must(err)
				if e.Facts["what"] == "claim-lines-read" {
					said = append(said, e.Actor.Name+" "+e.Facts["lines"]+"="+e.Facts["entries"])
				}
			}
			return nil
		}))
		want := []string{fmt.Sprintf("p-preparer 3=%d", entries[c[0]]), fmt.Sprintf("p-preparer 4,5=%d", entries[c[1]]),
			fmt.Sprintf("p-preparer 6=%d,%d,%d,%d", entries[c[2]], entries[c[3]], entries[c[4]], entries[c[5]]), "p-preparer 8="}
		if diff := cmp.Diff(want, said); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a sale of a merged line that is undone leaves the others", func(t *testing.T) {
		w.Update(func(tx voucher.Tx) error {
			account, err := vendors.ReverseInClaim(tx, entries[c[3]])
			if err != nil || account != ledger.Claimed("v1") {
				t.Errorf("held by %s, %v", account, err)
			}
			return err
		})
		w.must(w.db.Vendors().View(t.Context(), func(tx vendors.Tx) error {
			k, err := tx.Claim(claim.ID)
			if !k.Accepted.Equal(francs(5_000)) {
				t.Errorf("accepted %s", k.Accepted)
			}
			return err
		}))
	})
}

// A matched line whose payment came back, or was left out of the bank's answer,
// is an exception until it is ordered again or confirmed.
func TestService_Run_payments(t *testing.T) {
	w := newWorld(t, 3)
	w.cash()
	w.sell("h1", w.cards[:2]...)
	w.sell("h2", w.cards[2])
	w.accept(w.bring("v1", rows(w.cards[:2]...)...))
	w.accept(w.bring("v2", rows(w.cards[2])...))
	st := w.order()
	if diff := cmp.Diff(map[string]int{"matched": 3}, counts(w.run())); diff != "" {
		t.Errorf("while nobody has answered: %s", diff)
	}
	answer := func(st vendors.Settlement, i int, status string) {
		file := []byte("reference,status\n" + st.Payments[i].Reference + "," + status + "\n")
		_, err := w.vendors.ImportResults(t.Context(), vendors.ImportResults{By: preparer, Key: w.Key(), Settlement: st.ID, File: file})
		w.must(err)
	}
	answer(st, 0, "error")
	if diff := cmp.Diff(map[string]int{"payment-failed": 2, "payment-unconfirmed": 1}, counts(w.run())); diff != "" {
		t.Error(diff)
	}
	answer(st, 1, "success")
	again := w.order()
	if diff := cmp.Diff(map[string]int{"matched": 3}, counts(w.run())); diff != "" {
		t.Errorf("ordered again: %s", diff)
	}
	answer(again, 0, "success")
	if diff := cmp.Diff(map[string]int{"matched": 3}, counts(w.run())); diff != "" {
		t.Errorf("paid: %s", diff)
	}
}

// Over HTTP: the candidates, the reading, and who may not.
func TestRoutes_readings(t *testing.T) {
	s := newSite(t, 2)
	s.sell("h1", s.cards...)
	c := s.bring("v1", row{without(s.cards[0]), 1_000, ""})
	w := s.call(monitor, http.MethodPost, "/api/v1/claims/"+string(c.ID)+"/match", "")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"half_slips":2`) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	body := fmt.Sprintf(`{"lines":[3],"entries":["%d"]}`, s.entryOf(s.run(), s.cards[0]))
	if w := s.call(monitor, http.MethodPost, "/api/v1/claims/"+string(c.ID)+"/readings", body); w.Code != http.StatusForbidden {
		t.Errorf("a monitor reads: %d", w.Code)
	}
	if w := s.call(preparer, http.MethodPost, "/api/v1/claims/"+string(c.ID)+"/readings", `{"lines":[3],"entries":["x"]}`); w.Code != http.StatusConflict {
		t.Errorf("no number: %d", w.Code)
	}
	if w := s.call(preparer, http.MethodPost, "/api/v1/claims/"+string(c.ID)+"/readings", body); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if l := lineOf(t, s.run(), c.ID, 3); !l.Matched {
		t.Errorf("%+v", l)
	}
	if strings.Contains(s.log.String(), string(s.cards[0])) || !strings.Contains(s.log.String(), "read lines of a claim") {
		t.Errorf("log: %s", s.log.String())
	}
}
