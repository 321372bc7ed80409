package distribution

import (
	"slices"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// feesCovered returns ErrBudget, with the sum, where what vendors' contracts
// could add to claims for all the round's lots, l among them, is more than its
// fees hold beside what was paid from them already.
func feesCovered(tx Tx, r Round, l Lot) error {
	total, sales := l.Total, l.Vouchers
	points := slices.Clone(l.Points)
	for o, err := range tx.Lots(r.ID) {
		if err != nil {
			return err
		}
		if o.ID == l.ID {
			continue
		}
		if total, err = total.Add(o.Total); err != nil {
			return err
		}
		sales, points = sales+o.Vouchers, append(points, o.Points...)
	}
	var zones []string
	for _, code := range codeSet(points) {
		p, err := tx.Point(r.Programme, code)
		if err != nil {
			return err
		}
		zones = append(zones, p.Zone)
	}
	sum, err := r.worth(total)
	if err != nil {
		return err
	}
	most, err := vendors.FeesMax(tx, r.Programme, zones, sum, sales, tx.Now())
	if err != nil || most.IsZero() {
		return err
	}
	var paid int64
	for e, err := range entriesOf(tx, ledger.Fees(r.ID)) {
		if err != nil {
			return err
		}
		for _, m := range e.RoundMoves() {
			if e.Kind == ledger.KindClaim && m.Part == ledger.PartFees {
				paid -= m.Amount.Minor()
			}
		}
	}
	held, err := tx.Balance(ledger.Fees(r.ID), money.XOF)
	if err != nil {
		return err
	}
	if left := most.Minor() - paid; left > held.Minor() {
		return ErrBudget.At("fees", "traders' commission and transport could still come to %s, and the round has set %s aside for fees", money.Francs(left), held)
	}
	return nil
}
