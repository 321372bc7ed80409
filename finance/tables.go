package finance

import (
	"strings"
	"time"

	"github.com/jate-cva/jate/internal/workbook"
	"github.com/jate-cva/jate/money"
)

var cutOffTitles = []string{"Trader / Commerçant", "Delivered, not claimed / Livré, non réclamé", "Claimed, not paid / Réclamé, non payé",
	"Contested / Contesté", "In transit / En transit", "Advance / Avance"}

// table returns the list for a spreadsheet: francs are numbers; where there are
// kilos as well, the cell says both.
func (c CutOff) table() workbook.Table {
	t := workbook.Table{Name: "cut-off " + c.At.Format(time.DateOnly), Titles: cutOffTitles}
	for _, l := range c.Lines {
		t.Rows = append(t.Rows, []any{string(l.Vendor), cellOf(l.Delivered), l.Claimed.Minor(), cellOf(l.Contested), l.InTransit.Minor(), l.Advance.Minor()})
	}
	return t
}

func cellOf(amounts []money.Amount) any {
	if len(amounts) == 0 {
		return int64(0)
	}
	if len(amounts) == 1 && amounts[0].Asset() == money.XOF {
		return amounts[0].Minor()
	}
	var texts []string
	for _, a := range amounts {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, "; ")
}
