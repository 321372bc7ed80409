package reconcile_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/reconcile"
)

// Households are listed by their sales, called and answered as a drawn sample
// is, and not listed again; what they say reaches the detectors, and no share.
func TestService_SeekCalls(t *testing.T) {
	w := newWorld(t, 12)
	s := w.feedback()
	w.sell("h1", w.cards[4])
	w.sell("h1", w.cards[5], w.cards[6], w.cards[8]) // b2 again, b3, b4
	seek := reconcile.SeekCalls{By: monitor, Key: w.Key(), Round: "r1", Most: 10}
	m, err := w.s.SeekCalls(t.Context(), seek)
	w.must(err)
	if again, err := w.s.SeekCalls(t.Context(), seek); err != nil || again.ID != m.ID {
		t.Errorf("repeated: %+v, %v", again, err)
	}
	if !m.Sought || m.Households != 3 || len(m.Strata) != 1 || m.Strata[0].Name != feedback.ForSale {
		t.Fatalf("%+v", m)
	}
	file, listed := "Code;Reçu\n", []distribution.BeneficiaryID{}
	w.must(w.db.Feedback().View(t.Context(), func(tx feedback.Tx) error {
		for p, err := range tx.Picks(m.ID) {
			if err != nil {
				return err
			}
			listed = append(listed, p.Household)
			file += m.Code(p.N) + ";" + map[distribution.BeneficiaryID]string{"b2": "non", "b3": "oui", "b4": "oui"}[p.Household] + "\n"
		}
		return nil
	}))
	if slices.Sort(listed); !slices.Equal(listed, []distribution.BeneficiaryID{"b2", "b3", "b4"}) {
		t.Fatalf("to call: %v", listed)
	}
	l, err := s.CallList(t.Context(), feedback.SampleByID{By: meal, ID: m.ID})
	if err != nil || len(l.Lines) != 3 {
		t.Fatalf("%+v, %v", l, err)
	}
	if r, err := s.ImportAnswers(t.Context(), feedback.ImportAnswers{By: meal, Key: w.Key(), Sample: m.ID, File: []byte(file)}); err != nil || r.New != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	if found := w.found("not-received"); len(found) != 1 || found[0].Value.Minor() != 2*1000 {
		t.Errorf("found %+v", found)
	}
	if _, err := s.Results(t.Context(), feedback.SampleByID{By: auditor, ID: m.ID}); !errors.Is(err, feedback.ErrSought) {
		t.Errorf("shares of them: %v", err)
	}
	for what, c := range map[string]struct {
		cmd  reconcile.SeekCalls
		want error
	}{
		"all have answered":  {reconcile.SeekCalls{By: monitor, Round: "r1", Most: 10}, reconcile.ErrNobodySought},
		"too many":           {reconcile.SeekCalls{By: monitor, Round: "r1", Most: 51}, feedback.ErrDesign},
		"none":               {reconcile.SeekCalls{By: monitor, Round: "r1"}, feedback.ErrDesign},
		"who pays":           {reconcile.SeekCalls{By: person("payer", access.RoleFinancePreparer), Round: "r1", Most: 10}, access.ErrDenied},
		"no such round":      {reconcile.SeekCalls{By: monitor, Round: "r9", Most: 10}, reconcile.ErrNotFound},
		"the MEAL officer's": {reconcile.SeekCalls{By: meal, Round: "r1", Most: 10}, reconcile.ErrNobodySought},
	} {
		c.cmd.Key = w.Key()
		if _, err := w.s.SeekCalls(t.Context(), c.cmd); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

// A trader whose customers were asked about their sales and deny nothing is left
// alone. Nothing follows so from what households say that were called by lot.
func TestService_SeekCalls_leftAlone(t *testing.T) {
	w := newWorld(t, 12)
	s := w.feedback()
	w.sell("h1", w.cards[4], w.cards[6], w.cards[8])
	m, err := w.s.SeekCalls(t.Context(), reconcile.SeekCalls{By: monitor, Key: w.Key(), Round: "r1", Most: 1})
	if err != nil || m.Households != 1 {
		t.Fatalf("%+v, %v", m, err)
	}
	_, err = s.ImportAnswers(t.Context(), feedback.ImportAnswers{By: meal, Key: w.Key(), Sample: m.ID, File: []byte("Code;Reçu\n" + m.Code(1) + ";oui\n")})
	w.must(err)
	if m, err := w.s.SeekCalls(t.Context(), reconcile.SeekCalls{By: monitor, Key: w.Key(), Round: "r1", Most: 1}); !errors.Is(err, reconcile.ErrNobodySought) {
		t.Errorf("%+v, %v", m, err)
	}
}
