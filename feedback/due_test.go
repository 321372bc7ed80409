package feedback_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/feedback"
)

// A programme's own days hold for its complaints, also when one is moved to
// another category, and for nobody else's; what cannot wait cannot be made to.
func TestDueDays(t *testing.T) {
	w := newWorld(t, 0, 0)
	sealer, err := distribution.NewSealer(bytes.Repeat([]byte{7}, 32))
	w.must(err)
	s, err := feedback.New(w.db.Feedback(), feedback.Config{Sealer: sealer, Rand: rand.Reader,
		DueDays: map[string]feedback.DueDays{meal.Programme: {feedback.Price: 5, feedback.Quality: 3}, "gao": {feedback.Other: 2}}})
	if err != nil {
		t.Fatal(err)
	}
	record := func(key string, c feedback.Category) feedback.Complaint {
		t.Helper()
		r, err := s.RecordComplaint(t.Context(), feedback.RecordComplaint{By: meal, Key: key, Channel: feedback.ByHotline, Category: c, Text: "too dear"})
		if err != nil {
			t.Fatal(err)
		}
		return r.Complaint
	}
	for c, want := range map[feedback.Category]int{feedback.Price: 5, feedback.Other: 14, feedback.CardHeld: 2} {
		if q := record(string(c), c); !q.Due.Equal(q.Recorded.AddDate(0, 0, want)) {
			t.Errorf("%s is due %s after %s, want %d days", c, q.Due, q.Recorded, want)
		}
	}
	q := record("moved", feedback.Other)
	if q, err = s.AssignComplaint(t.Context(), feedback.AssignComplaint{By: meal, Key: "assign", ID: q.ID, To: "p-x", Category: feedback.Quality}); err != nil || !q.Due.Equal(q.Recorded.AddDate(0, 0, 3)) {
		t.Errorf("moved: due %s, %v", q.Due, err)
	}
	for name, d := range map[string]feedback.DueDays{"none": {feedback.Price: 0}, "a year": {feedback.Price: 365}, "abuse in two days": {feedback.Safeguarding: 2},
		"a card in a month": {feedback.CardHeld: 30}, "no such category": {"weather": 3}} {
		if err := d.Check(); !errors.Is(err, feedback.ErrDue) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := feedback.New(w.db.Feedback(), feedback.Config{Sealer: sealer, Rand: rand.Reader, DueDays: map[string]feedback.DueDays{"p": d}}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
