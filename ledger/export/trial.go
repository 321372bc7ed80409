package export

import (
	"context"
	"encoding/csv"
	"io"

	"github.com/jate-cva/jate/ledger"
)

// TrialBalance writes the trial balance as CSV (RFC 4180), UTF-8, one line per
// account and asset: account, number, asset, debit, credit. Amounts are plain
// decimals with a point; the side an account is not on is empty.
func TrialBalance(ctx context.Context, w io.Writer, store ledger.Store, chart Chart) error {
	if err := chart.check(); err != nil {
		return err
	}
	var lines []ledger.TrialLine
	if err := store.View(ctx, func(tx ledger.Tx) (err error) {
		lines, err = ledger.TrialBalance(tx)
		return err
	}); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	rows := [][]string{{"account", "number", "asset", "debit", "credit"}}
	for _, l := range lines {
		class, err := l.Account.Class()
		if err != nil {
			return err
		}
		row := []string{string(l.Account), chart[class], l.Credit.Asset().Code(), "", l.Credit.Text()}
		if class.DebitNormal() {
			row[3], row[4] = l.Debit.Text(), ""
		}
		rows = append(rows, row)
	}
	return out.WriteAll(rows)
}
