package reconcile

import (
	"context"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile/detect"
)

// SeekCalls is the command to list the households whose word tells most about
// what the detectors cannot decide (detect.Sought).
type SeekCalls struct {
	By    access.Actor `json:"-"`
	Key   string       `json:"-"`
	Round string
	Most  int // calls about one trader's sales, 1 to 50
}

// seekMost bounds SeekCalls.Most.
const seekMost = 50

// ErrNobodySought is returned where no call would tell anything.
var ErrNobodySought = fault.New(fault.Conflict, "calls_not_sought",
	"There is nobody to call: who could be asked has answered, or no sale needs it.",
	"Il n'y a personne à appeler : ceux qu'on pourrait interroger ont répondu, ou aucune vente ne le demande.")

// SeekCalls is documented at Service.
func (s *service) SeekCalls(ctx context.Context, cmd SeekCalls) (feedback.Sample, error) {
	if cmd.Round == "" || cmd.Most < 1 || cmd.Most > seekMost {
		return feedback.Sample{}, feedback.ErrDesign.At("most", "a round, and 1 to %d calls about each trader", seekMost)
	}
	look := func(tx Tx) ([]feedback.Sought, error) { return s.sought(tx, cmd) }
	return prepared(ctx, s, MethodSeekCalls, cmd.By, cmd.Key, cmd, look, func(tx Tx, as ledger.Actor, who []feedback.Sought) (feedback.Sample, error) {
		if len(who) == 0 {
			return feedback.Sample{}, ErrNobodySought
		}
		return feedback.Seek(tx, as, cmd.By, cmd.Key, cmd.Round, who)
	})
}

// sought asks the detectors, and finds the households of the cards.
func (s *service) sought(tx Tx, cmd SeekCalls) ([]feedback.Sought, error) {
	f, err := load(tx, scope{programme: cmd.By.Programme, round: cmd.Round, records: true})
	if err != nil {
		return nil, err
	}
	of := suspectsOf(f, match(f), cmd.Round)
	var out []feedback.Sought
	for _, c := range detect.Sought(&of.facts, s.limits, cmd.Most) {
		card := f.receipts[of.records[c.Record]].card
		if card < 0 {
			continue
		}
		v, err := tx.Voucher(f.Cards[card].Number)
		if err != nil {
			return nil, err
		}
		if v.Beneficiary != "" {
			out = append(out, feedback.Sought{Household: distribution.BeneficiaryID(v.Beneficiary), Lot: !c.Sought})
		}
	}
	return out, nil
}
