package feedback_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/voucher"
)

// A complaint goes from its recording to its closing, and its author learns by
// his code where it is, and nothing else.
func TestService_RecordComplaint(t *testing.T) {
	w := newWorld(t, 2, 1)
	ctx := t.Context()
	cmd := feedback.RecordComplaint{By: officer, Key: "k1", Channel: feedback.AtPoint, Category: feedback.VendorMisconduct,
		Text: "Il a gardé la monnaie.\nDeux fois.", Serials: w.cards[:1], Vendor: "v1"}
	r, err := w.s.RecordComplaint(ctx, cmd)
	w.must(err)
	c := r.Complaint
	if c.Round != "r1" || c.State() != feedback.Received || c.Due.Sub(c.Recorded) != 14*24*time.Hour || c.RecordedBy != "p-officer" {
		t.Errorf("recorded as %+v", c)
	}
	again, err := w.s.RecordComplaint(ctx, cmd)
	if diff := cmp.Diff(r, again); err != nil || diff != "" {
		t.Errorf("the same command again: %v %s", err, diff)
	}
	cmd.Text = "Other words."
	if _, err := w.s.RecordComplaint(ctx, cmd); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("other words under the same key: %v", err)
	}
	progress := func(state feedback.State, answer string) {
		t.Helper()
		p, err := w.s.Ask(ctx, feedback.Ask{Code: strings.ToLower(strings.ReplaceAll(r.Code, "-", " "))})
		if err != nil || p != (feedback.Progress{State: state, Answer: answer}) {
			t.Errorf("the author learns %+v, %v", p, err)
		}
	}
	progress(feedback.Received, "")
	_, err = w.s.CloseComplaint(ctx, feedback.CloseComplaint{By: meal, Key: w.Key(), ID: c.ID, Outcome: feedback.Upheld})
	if !errors.Is(err, feedback.ErrComplaintState) {
		t.Errorf("closed without an answer: %v", err)
	}
	_, err = w.s.AssignComplaint(ctx, feedback.AssignComplaint{By: meal, Key: w.Key(), ID: c.ID, To: "p-field"})
	w.must(err)
	progress(feedback.Assigned, "")
	_, err = w.s.AnswerComplaint(ctx, feedback.AnswerComplaint{By: meal, Key: w.Key(), ID: c.ID, Answer: "Il vous rendra la monnaie samedi."})
	w.must(err)
	progress(feedback.Answered, "Il vous rendra la monnaie samedi.")
	v, err := w.s.Complaint(ctx, feedback.ReadComplaint{By: meal, ID: c.ID})
	if err != nil || !strings.Contains(v.Text, "monnaie.\nDeux") || v.Answer == "" {
		t.Errorf("read as %+v, %v", v, err)
	}
	if n := len(w.entries("read-complaint")); n != 1 {
		t.Errorf("%d readings are journalled", n)
	}
	closing := feedback.CloseComplaint{By: meal, Key: w.Key(), ID: c.ID, Outcome: feedback.Upheld}
	_, err = w.s.CloseComplaint(ctx, closing)
	w.must(err)
	if _, err = w.s.CloseComplaint(ctx, closing); err != nil {
		t.Errorf("closing again with the same key: %v", err)
	}
	progress(feedback.Closed, "Il vous rendra la monnaie samedi.")
	for _, secret := range []string{"monnaie", r.Code, strings.ReplaceAll(r.Code, "-", ""), string(w.cards[0])} {
		if bytes.Contains(w.leaves(), []byte(secret)) {
			t.Errorf("the journal shows %q", secret)
		}
	}
	// A year later the words are gone, and with them the answer.
	if n, err := w.s.Sweep(ctx); n != 0 || err != nil {
		t.Errorf("erased %d at once, %v", n, err)
	}
	w.pass(feedback.RetentionDays * 24 * time.Hour)
	if n, err := w.s.Sweep(ctx); n != 1 || err != nil {
		t.Errorf("erased %d, %v", n, err)
	}
	progress(feedback.Closed, "")
	if v, err = w.s.Complaint(ctx, feedback.ReadComplaint{By: meal, ID: c.ID}); err != nil || v.Text != "" || v.Erased.IsZero() {
		t.Errorf("after its retention: %+v, %v", v, err)
	}
}

// Exclusion and inclusion need no voucher; what is named must be there.
func TestService_RecordComplaint_links(t *testing.T) {
	w := newWorld(t, 1, 1)
	for _, c := range []feedback.Category{feedback.Exclusion, feedback.Inclusion} {
		if r := w.record(meal, c, "Ma famille n'est pas sur la liste."); r.Complaint.Round != "" || len(r.Complaint.Serials) > 0 {
			t.Errorf("%s: %+v", c, r.Complaint)
		}
	}
	for what, tt := range map[string]struct {
		change func(*feedback.RecordComplaint)
		kind   fault.Kind
	}{
		"a card that there is not":     {func(c *feedback.RecordComplaint) { c.Serials = []voucher.Serial{"0123456789ABCDEF"} }, fault.NotFound},
		"a card given twice":           {func(c *feedback.RecordComplaint) { c.Serials = []voucher.Serial{w.cards[0], w.cards[0]} }, fault.Invalid},
		"a vendor that there is not":   {func(c *feedback.RecordComplaint) { c.Vendor = "v9" }, fault.NotFound},
		"a point that there is not":    {func(c *feedback.RecordComplaint) { c.Point = "p9" }, fault.NotFound},
		"a round that there is not":    {func(c *feedback.RecordComplaint) { c.Round = "r9" }, fault.NotFound},
		"no words":                     {func(c *feedback.RecordComplaint) { c.Text = "" }, fault.Invalid},
		"words with a control":         {func(c *feedback.RecordComplaint) { c.Text = "a\x00b" }, fault.Invalid},
		"words without end":            {func(c *feedback.RecordComplaint) { c.Text = strings.Repeat("a", 4001) }, fault.Invalid},
		"a channel that there is not":  {func(c *feedback.RecordComplaint) { c.Channel = "pigeon" }, fault.Invalid},
		"a category that there is not": {func(c *feedback.RecordComplaint) { c.Category = "weather" }, fault.Invalid},
		"somebody without a role":      {func(c *feedback.RecordComplaint) { c.By = auditor }, fault.Denied},
		"somebody elsewhere":           {func(c *feedback.RecordComplaint) { c.By, c.Serials = stranger, w.cards }, fault.NotFound},
	} {
		cmd := feedback.RecordComplaint{By: meal, Key: w.Key(), Channel: feedback.ByPaper, Category: feedback.Other, Text: "x"}
		tt.change(&cmd)
		if _, err := w.s.RecordComplaint(t.Context(), cmd); fault.KindOf(err) != tt.kind {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A complaint about abuse is there for its focal point alone: for nobody else
// in a list, a view or the journal.
func TestService_safeguarding(t *testing.T) {
	w := newWorld(t, 0, 0)
	ctx := t.Context()
	r := w.record(officer, feedback.Safeguarding, "Il demande autre chose que de l'argent.")
	open := w.record(officer, feedback.Other, "Le site est loin.")
	if d := r.Complaint.Due.Sub(r.Complaint.Recorded); d != 24*time.Hour {
		t.Errorf("due after %s", d)
	}
	for _, by := range []access.Actor{meal, monitor, auditor} {
		page, err := w.s.Complaints(ctx, feedback.ListComplaints{By: by})
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != open.Complaint.ID {
			t.Errorf("%s sees %+v, %v", by.ID, page.Items, err)
		}
	}
	for what, err := range map[string]error{
		"read":   second(w.s.Complaint(ctx, feedback.ReadComplaint{By: meal, ID: r.Complaint.ID})),
		"answer": second(w.s.AnswerComplaint(ctx, feedback.AnswerComplaint{By: meal, Key: w.Key(), ID: r.Complaint.ID, Answer: "?"})),
		"assign": second(w.s.AssignComplaint(ctx, feedback.AssignComplaint{By: meal, Key: w.Key(), ID: r.Complaint.ID, To: "p-meal"})),
	} {
		if !errors.Is(err, feedback.ErrNotFound) {
			t.Errorf("others %s it: %v", what, err)
		}
	}
	page, err := w.s.Complaints(ctx, feedback.ListComplaints{By: focal})
	if err != nil || len(page.Items) != 2 {
		t.Errorf("the focal point sees %+v, %v", page.Items, err)
	}
	_, err = w.s.AnswerComplaint(ctx, feedback.AnswerComplaint{By: focal, Key: w.Key(), ID: r.Complaint.ID, Answer: "On vous rencontre demain."})
	w.must(err)
	p, err := w.s.Ask(ctx, feedback.Ask{Code: r.Code})
	if err != nil || p.Answer != "" || p.State != feedback.Answered {
		t.Errorf("a slip of paper tells %+v, %v", p, err)
	}
	// What came as something else is moved, is due at once, and is gone for others.
	moved, err := w.s.AssignComplaint(ctx, feedback.AssignComplaint{By: meal, Key: w.Key(), ID: open.Complaint.ID, To: "p-focal", Category: feedback.Safeguarding})
	if err != nil || moved.Due.Sub(moved.Recorded) != 24*time.Hour {
		t.Errorf("moved: %+v, %v", moved, err)
	}
	if page, err = w.s.Complaints(ctx, feedback.ListComplaints{By: meal}); err != nil || len(page.Items) != 0 {
		t.Errorf("still seen: %+v, %v", page.Items, err)
	}
	if leaves := w.leaves(); bytes.Contains(leaves, []byte("safeguarding\",\"channel")) || bytes.Contains(leaves, []byte(`"category":"safeguarding"`)) {
		t.Errorf("the journal shows it:\n%s", leaves)
	}
}

func second[V any](_ V, err error) error { return err }

// Nobody waits beyond the due date unseen.
func TestService_Complaints_overdue(t *testing.T) {
	w := newWorld(t, 0, 0)
	ctx := t.Context()
	lost, price := w.record(meal, feedback.CardLost, "a"), w.record(meal, feedback.Price, "b")
	overdue := func(want ...string) {
		t.Helper()
		var got []string
		for after := ""; ; {
			page, err := w.s.Complaints(ctx, feedback.ListComplaints{By: monitor, Overdue: true, After: after, Limit: 1})
			w.must(err)
			for _, c := range page.Items {
				got = append(got, c.ID)
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	overdue()
	w.pass(49 * time.Hour)
	overdue(lost.Complaint.ID)
	w.pass(14 * 24 * time.Hour)
	overdue(lost.Complaint.ID, price.Complaint.ID)
	_, err := w.s.AnswerComplaint(ctx, feedback.AnswerComplaint{By: meal, Key: w.Key(), ID: lost.Complaint.ID, Answer: "Venez la chercher."})
	w.must(err)
	overdue(price.Complaint.ID)
}

// A held card is stopped and replaced in one step, once, by two people, and
// what is sold on it afterwards is evidence.
func TestService_ReportHeld(t *testing.T) {
	w := newWorld(t, 4, 3)
	ctx := t.Context()
	card := w.cards[0]
	sale := w.Sale("h1", card) // made before the report, sent after it
	cmd := feedback.ReportHeld{By: officer, Key: "held", Channel: feedback.AtPoint, Serials: []voucher.Serial{card}, Second: issuer}
	r, err := w.s.ReportHeld(ctx, cmd)
	w.must(err)
	if len(r.Cards) != 1 || r.Cards[0].Life != voucher.Replaced || w.life(card) != voucher.Replaced || w.life(r.Cards[0].Spare) != voucher.Active {
		t.Fatalf("became %+v", r.Cards)
	}
	if d := r.Complaint.Due.Sub(r.Complaint.Recorded); r.Complaint.Category != feedback.CardHeld || d != 48*time.Hour {
		t.Errorf("recorded as %s, due after %s", r.Complaint.Category, d)
	}
	again, err := w.s.ReportHeld(ctx, cmd)
	if diff := cmp.Diff(r, again); err != nil || diff != "" {
		t.Errorf("the same report again: %v %s", err, diff)
	}
	if n := len(w.entries("hold")); n != 1 {
		t.Errorf("held %d times", n)
	}
	w.pass(time.Hour)
	w.Send("h1", sale)
	v, err := w.s.Complaint(ctx, feedback.ReadComplaint{By: meal, ID: r.Complaint.ID})
	if err != nil || len(v.Evidence) != 1 || !v.Evidence[0].After || v.Evidence[0].Vendor != "v1" {
		t.Errorf("evidence: %+v, %v", v.Evidence, err)
	}
}

// Without the second person the spare waits for him; with one who may not
// agree, nothing has happened at all.
func TestService_ReportHeld_second(t *testing.T) {
	w := newWorld(t, 4, 3)
	ctx := t.Context()
	card := w.cards[1]
	for _, wrong := range []access.Actor{monitor, {ID: "officer", Pseudonym: "p-officer", Programme: "mopti", Roles: []access.Role{access.RoleIssuer}}} {
		_, err := w.s.ReportHeld(ctx, feedback.ReportHeld{By: officer, Key: w.Key(), Channel: feedback.AtPoint, Serials: []voucher.Serial{card}, Second: wrong})
		if fault.KindOf(err) != fault.Denied && fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s agrees: %v", wrong.ID, err)
		}
	}
	if page, err := w.s.Complaints(ctx, feedback.ListComplaints{By: meal}); err != nil || len(page.Items) > 0 || w.life(card) != voucher.Active {
		t.Errorf("half of it happened: %+v, %s, %v", page.Items, w.life(card), err)
	}
	r, err := w.s.ReportHeld(ctx, feedback.ReportHeld{By: meal, Key: w.Key(), Channel: feedback.ByHotline, Serials: []voucher.Serial{card}})
	w.must(err)
	if w.life(card) != voucher.Held || w.life(r.Cards[0].Spare) != voucher.Issued || len(r.Complaint.Proposals) != 1 {
		t.Errorf("became %+v", r)
	}
	spare, err := w.Service.Agree(ctx, voucher.Agree{By: issuer, Key: w.Key(), Proposal: r.Complaint.Proposals[0]})
	if err != nil || spare.Serial != r.Cards[0].Spare || w.life(card) != voucher.Replaced {
		t.Errorf("agreed: %s, %v", w.life(card), err)
	}
}

// Who has no card knows no number: the household's cards are found. Where no
// spare is left the card is held all the same, and a redeemed one is named.
func TestService_ReportHeld_household(t *testing.T) {
	w := newWorld(t, 4, 1)
	ctx := t.Context()
	r, err := w.s.ReportHeld(ctx, feedback.ReportHeld{By: meal, Key: w.Key(), Channel: feedback.ByHotline, Household: "b0", Text: "Le chef les garde."})
	w.must(err)
	if len(r.Cards) != 2 || r.Cards[0].Proposal == "" || r.Cards[1].Problem != voucher.ErrSpares.Code ||
		w.life(w.cards[0]) != voucher.Held || w.life(w.cards[1]) != voucher.Held {
		t.Errorf("became %+v", r.Cards)
	}
	w.sell("h1", w.cards[2])
	r, err = w.s.ReportHeld(ctx, feedback.ReportHeld{By: meal, Key: w.Key(), Channel: feedback.ByHotline, Serials: w.cards[2:3]})
	if err != nil || r.Cards[0].Problem != voucher.ErrLife.Code || w.life(w.cards[2]) != voucher.Redeemed {
		t.Errorf("a redeemed card: %+v, %v", r.Cards, err)
	}
	for what, cmd := range map[string]feedback.ReportHeld{
		"nothing":                {},
		"a household and a card": {Household: "b1", Serials: w.cards[3:]},
		"a household elsewhere":  {Household: "b7"},
	} {
		cmd.By, cmd.Key, cmd.Channel = meal, w.Key(), feedback.ByHotline
		if _, err := w.s.ReportHeld(ctx, cmd); err == nil {
			t.Errorf("%s was reported", what)
		}
	}
}
