package feedback_test

import (
	"errors"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/feedback"
)

// What was said goes when its author asks: at the word of the DPO, never of who
// handles it; of a complaint about abuse at the word of its focal point alone. The
// complaint stays, and is withdrawn if it was open.
func TestService_EraseComplaint(t *testing.T) {
	w := newWorld(t, 1, 1)
	ctx := t.Context()
	dpo, focal := meal, meal
	dpo.ID, dpo.Pseudonym, dpo.Roles = "d1", "p-dpo", []access.Role{access.RoleDPO}
	focal.ID, focal.Pseudonym, focal.Roles = "f1", "p-focal", []access.Role{access.RoleSafeguarding}
	for _, tt := range []struct {
		category feedback.Category
		by       access.Actor
		not      []access.Actor
	}{
		{feedback.StaffMisconduct, dpo, []access.Actor{meal, focal}},
		{feedback.Price, dpo, []access.Actor{meal, focal}},
		{feedback.Safeguarding, focal, []access.Actor{meal, dpo}},
	} {
		c := w.record(meal, tt.category, "Il est venu chez moi.").Complaint
		for _, by := range tt.not {
			if _, err := w.s.EraseComplaint(ctx, feedback.EraseComplaint{By: by, Key: w.Key(), ID: c.ID, Reason: "asked-for"}); err == nil {
				t.Errorf("%s: erased by %v", tt.category, by.Roles)
			}
		}
		before := len(w.entries("erase-complaint"))
		erase := feedback.EraseComplaint{By: tt.by, Key: w.Key(), ID: c.ID, Reason: "no sentence"}
		if _, err := w.s.EraseComplaint(ctx, erase); !errors.Is(err, feedback.ErrComplaint) {
			t.Errorf("%s: a sentence as reason: %v", tt.category, err)
		}
		erase.Key, erase.Reason = w.Key(), "asked-for"
		for range 2 { // the same command again is the same
			if _, err := w.s.EraseComplaint(ctx, erase); err != nil {
				t.Fatalf("%s: %v", tt.category, err)
			}
		}
		if n := len(w.entries("erase-complaint")) - before; n != 1 {
			t.Errorf("%s: %d entries", tt.category, n)
		}
		erase.Key = w.Key()
		if _, err := w.s.EraseComplaint(ctx, erase); !errors.Is(err, feedback.ErrErased) {
			t.Errorf("%s: erased again: %v", tt.category, err)
		}
		handler := meal
		if tt.category == feedback.Safeguarding {
			handler = focal
		}
		v, err := w.s.Complaint(ctx, feedback.ReadComplaint{By: handler, ID: c.ID})
		if err != nil || v.Text != "" || v.Erased.IsZero() || v.Category != tt.category {
			t.Errorf("%s: %+v, %v", tt.category, v, err)
		}
		if _, err := w.s.AnswerComplaint(ctx, feedback.AnswerComplaint{By: handler, Key: w.Key(), ID: c.ID, Answer: "Bien."}); !errors.Is(err, feedback.ErrErased) {
			t.Errorf("%s: answered: %v", tt.category, err)
		}
		if _, err := w.s.CloseComplaint(ctx, feedback.CloseComplaint{By: handler, Key: w.Key(), ID: c.ID, Outcome: feedback.Withdrawn}); err != nil {
			t.Errorf("%s: withdrawn: %v", tt.category, err)
		}
	}
}
