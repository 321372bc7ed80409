package reconcile_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

var meal = person("meal", access.RoleMEALOfficer)

// feedback is the service of package feedback on the world's store, with a
// household for each two cards.
func (w *world) feedback() feedback.Service {
	w.Helper()
	sealer, err := distribution.NewSealer(bytes.Repeat([]byte{7}, 32))
	w.must(err)
	w.sealer = sealer
	s, err := feedback.New(w.db.Feedback(), feedback.Config{Sealer: sealer, Rand: rand.Reader})
	w.must(err)
	w.must(w.db.Feedback().Update(w.Context(), func(tx feedback.Tx) error {
		for i := range len(w.cards) / 2 {
			id := distribution.BeneficiaryID(fmt.Sprintf("b%d", i))
			sealed, wrapped, err := sealer.SealPerson(id, distribution.Person{Family: "Canari", Phone: fmt.Sprintf("+2237%07d", i)})
			if err != nil {
				return err
			}
			if err := tx.PutBeneficiary(distribution.Beneficiary{ID: id, Programme: "mopti", Sealed: sealed}); err != nil {
				return err
			}
			if err := tx.PutWrappedKey(id, wrapped); err != nil {
				return err
			}
		}
		if err := tx.PutProgramme(distribution.Programme{ID: "mopti"}); err != nil {
			return err
		}
		return tx.PutRound(distribution.Round{ID: "r1", Programme: "mopti"})
	}))
	return s
}

// drawn draws all households into a sample.
func (w *world) drawn(s feedback.Service) feedback.Sample {
	w.Helper()
	return w.drawnBy(s, feedback.Design{Confidence: 99, Margin: 1})
}

func (w *world) drawnBy(s feedback.Service, d feedback.Design) feedback.Sample {
	w.Helper()
	nonce := make([]byte, 32)
	ctx := w.Context()
	m, err := s.CommitSample(ctx, feedback.CommitSample{By: monitor, Key: w.Key(), Round: "r1", Commitment: sha256.Sum256(nonce)})
	w.must(err)
	m, err = s.FreezeSample(ctx, feedback.FreezeSample{By: monitor, Key: w.Key(), Sample: m.ID, Design: d})
	w.must(err)
	w.must(w.db.Feedback().Update(ctx, func(tx feedback.Tx) error {
		size, err := tx.Size()
		if err != nil {
			return err
		}
		return tx.PutCheckpoint(ledger.Checkpoint{Size: size})
	}))
	m, err = s.DrawSample(ctx, feedback.DrawSample{By: monitor, Key: w.Key(), Sample: m.ID, Nonce: nonce})
	w.must(err)
	return m
}

// found returns the findings of a detector.
func (w *world) found(detector string) []reconcile.Finding {
	w.Helper()
	r, err := w.s.Run(w.Context(), reconcile.Query{By: monitor, Round: "r1"})
	w.must(err)
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f reconcile.Finding) bool { return f.Detector != detector })
}

// A household that is called after the round says that it did not receive what
// was sold to it: the sale's entry is a finding's evidence, for the file of
// answers and not before; an answer that was corrected takes it back.
func TestService_Run_answers(t *testing.T) {
	w := newWorld(t, 12)
	s := w.feedback()
	w.sell("h1", w.cards[4])
	w.sell("h1", w.cards[6], w.cards[8])
	v, err := w.Service.Lookup(t.Context(), voucher.Query{By: both, Serial: w.cards[4]})
	w.must(err)
	m := w.drawn(s)
	if found := w.found("not-received"); len(found) > 0 {
		t.Fatalf("nobody was called: %+v", found)
	}
	line := map[distribution.BeneficiaryID]string{}
	w.must(w.db.Feedback().View(t.Context(), func(tx feedback.Tx) error {
		for p, err := range tx.Picks(m.ID) {
			if err != nil {
				return err
			}
			line[p.Household] = m.Code(p.N)
		}
		return nil
	}))
	say := func(replies ...string) {
		t.Helper()
		file := "Code;Reçu;Montant;Frais\n"
		for i, reply := range replies {
			file += line[distribution.BeneficiaryID(fmt.Sprintf("b%d", i+2))] + ";" + reply + "\n"
		}
		r, err := s.ImportAnswers(t.Context(), feedback.ImportAnswers{By: meal, Key: w.Key(), Sample: m.ID, File: []byte(file)})
		if err != nil || len(r.Refused) > 0 {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	say("non", "oui", "oui")
	found := w.found("not-received")
	if len(found) != 1 || found[0].Vendor != "v1" || found[0].Value.Minor() != 1000 ||
		!slices.Contains(found[0].Evidence, fmt.Sprintf("entry:%d", v.RedeemEntry)) {
		t.Fatalf("found %+v, want entry %d", found, v.RedeemEntry)
	}
	if strings.Contains(fmt.Sprint(found), "Canari") {
		t.Errorf("a household is named: %+v", found)
	}
	say("oui", "oui", "oui")
	if found = w.found("not-received"); len(found) > 0 {
		t.Errorf("still found: %+v", found)
	}
	// Who got 950 of 1,000 francs got what was sold, give or take; who had to give
	// something without saying how much is missing a tenth.
	say("oui;950", "oui;600", "oui;;oui")
	if found = w.found("received-less"); len(found) != 1 || found[0].Value.Minor() != 400+100 || found[0].Score >= 50 {
		t.Errorf("less: %+v", found)
	}
}

// Who had to pay for what was his is missing a part of it, as the households say
// that were called. Erasing one of them takes nothing away: an answer has no
// words and names nobody, and otherwise who may erase persons could erase
// evidence.
func TestService_Run_forgotten(t *testing.T) {
	w := newWorld(t, 12)
	s := w.feedback()
	w.sell("h1", w.cards[4:10]...)
	m := w.drawn(s)
	file := "Code;Reçu;Frais\n"
	w.must(w.db.Feedback().View(t.Context(), func(tx feedback.Tx) error {
		for p, err := range tx.Picks(m.ID) {
			if err != nil {
				return err
			}
			file += m.Code(p.N) + ";" + map[distribution.BeneficiaryID]string{"b2": "oui;oui", "b3": "non;non", "b4": "oui;non"}[p.Household] + "\n"
		}
		return nil
	}))
	if found := append(w.found("not-received"), w.found("received-less")...); len(found) > 0 {
		t.Fatalf("before anybody was called: %+v", found)
	}
	r, err := s.ImportAnswers(t.Context(), feedback.ImportAnswers{By: meal, Key: w.Key(), Sample: m.ID, File: []byte(file)})
	if err != nil || r.New != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	denied, fees := w.found("not-received"), w.found("received-less")
	if len(denied) != 1 || denied[0].Value.Minor() != 2*1000 || len(fees) != 1 || fees[0].Value.Minor() != 2*100 {
		t.Fatalf("denied %+v, fees %+v", denied, fees)
	}
	results := func() feedback.Results {
		t.Helper()
		r, err := s.Results(t.Context(), feedback.SampleByID{By: auditor, ID: m.ID})
		w.must(err)
		return r
	}
	before := results()
	people := distribution.New(w.db.Distribution(), distribution.Config{Sealer: w.sealer})
	for _, id := range []distribution.BeneficiaryID{"b2", "b3"} {
		_, err := people.Forget(t.Context(), distribution.Forget{By: person("dpo", access.RoleDPO), Key: w.Key(), Household: id, Reason: "asked"})
		w.must(err)
	}
	if diff := cmp.Diff([][]reconcile.Finding{denied, fees}, [][]reconcile.Finding{w.found("not-received"), w.found("received-less")}, cmpopts.EquateComparable(money.Asset{}, money.Amount{})); diff != "" {
		t.Errorf("findings after the erasure:\n%s", diff)
	}
	if after := results(); after.Spoken != 3 || !cmp.Equal(before.Estimates, after.Estimates) {
		t.Errorf("results after the erasure: %+v", after)
	}
	l, err := s.CallList(t.Context(), feedback.SampleByID{By: meal, ID: m.ID})
	w.must(err)
	reached := 0
	for _, line := range l.Lines {
		if line.Reached == feedback.Spoken && line.Phone == "" {
			reached++
		}
	}
	if reached != 2 {
		t.Errorf("%d of those called have no number any more, want those who were erased", reached)
	}
}

// Complaints that name a trader and no card count once one names a sale of his;
// those that name a card which another sold count for neither.
func TestService_Run_complaintsOfTrader(t *testing.T) {
	w := newWorld(t, 80)
	s := w.feedback()
	w.sell("h1", w.cards[:8]...)
	w.sell("h2", w.cards[8:78]...)
	complain := func(vendor vendors.ID, cards ...voucher.Serial) {
		t.Helper()
		_, err := s.RecordComplaint(t.Context(), feedback.RecordComplaint{By: meal, Key: w.Key(), Channel: feedback.ByHotline, Category: feedback.VendorMisconduct,
			Text: "Il garde la monnaie.", Vendor: vendor, Serials: cards, Round: "r1"})
		w.must(err)
	}
	for _, c := range w.cards[8:16] {
		complain("v1", c)
	}
	if found := w.found("complaints"); len(found) > 0 {
		t.Fatalf("of sales of another: %+v", found)
	}
	for range 8 {
		complain("v1")
	}
	if found := w.found("complaints"); len(found) > 0 {
		t.Fatalf("hearsay alone: %+v", found)
	}
	complain("v1", w.cards[2])
	if found := w.found("complaints"); len(found) != 1 || found[0].Vendor != "v1" || found[0].Value.Minor() != 1000 {
		t.Errorf("found %+v", found)
	}
}

// Complaints about one trader's sales become a finding with those sales;
// complaints found wrong, or about abuse, or about who is on the list, do not.
func TestService_Run_complaints(t *testing.T) {
	w := newWorld(t, 80)
	s := w.feedback()
	w.sell("h1", w.cards[:8]...)
	w.sell("h2", w.cards[8:78]...)
	complain := func(category feedback.Category, card voucher.Serial) feedback.Complaint {
		t.Helper()
		r, err := s.RecordComplaint(t.Context(), feedback.RecordComplaint{By: meal, Key: w.Key(), Channel: feedback.ByText, Category: category,
			Text: "Il a pris plus.", Serials: []voucher.Serial{card}})
		w.must(err)
		return r.Complaint
	}
	for _, c := range w.cards[8:16] {
		complain(feedback.Exclusion, c)
		complain(feedback.Safeguarding, c)
	}
	if found := w.found("complaints"); len(found) > 0 {
		t.Fatalf("found %+v", found)
	}
	var last feedback.Complaint
	for _, c := range w.cards[:8] {
		last = complain(feedback.Price, c)
	}
	found := w.found("complaints")
	if len(found) != 1 || found[0].Vendor != "v1" || found[0].Value.Minor() != 8000 {
		t.Fatalf("found %+v", found)
	}
	_, err := s.AnswerComplaint(t.Context(), feedback.AnswerComplaint{By: meal, Key: w.Key(), ID: last.ID, Answer: "Le prix était juste."})
	w.must(err)
	_, err = s.CloseComplaint(t.Context(), feedback.CloseComplaint{By: meal, Key: w.Key(), ID: last.ID, Outcome: feedback.Unfounded})
	w.must(err)
	if found = w.found("complaints"); len(found) != 1 || found[0].Value.Minor() != 7000 {
		t.Errorf("with one found wrong: %+v", found)
	}
}

// Where first calls leave a doubt about a trader, more of that trader's customers
// are drawn and nobody else, whom the frame that is in the journal leaves out too.
func TestService_FreezeSample_vendors(t *testing.T) {
	w := newWorld(t, 12)
	s := w.feedback()
	w.sell("h1", w.cards[0], w.cards[4])
	w.sell("h2", w.cards[1], w.cards[6], w.cards[8])
	m := w.drawnBy(s, feedback.Design{Confidence: 99, Margin: 1, Vendors: []vendors.ID{"v1"}})
	if m.Households != 2 {
		t.Errorf("%d households, want those two that bought at v1", m.Households)
	}
	frame, err := s.Frame(t.Context(), feedback.SampleByID{By: monitor, ID: m.ID})
	w.must(err)
	if n := bytes.Count(frame, []byte("\n")); n != 2 {
		t.Errorf("the frame has %d lines", n)
	}
	_, err = s.FreezeSample(t.Context(), feedback.FreezeSample{By: monitor, Key: w.Key(), Sample: m.ID,
		Design: feedback.Design{Confidence: 99, Margin: 1, Vendors: []vendors.ID{"v1", "v1"}}})
	if !errors.Is(err, feedback.ErrDesign) {
		t.Errorf("one vendor twice: %v", err)
	}
}
