package vendors

import (
	"context"
	"fmt"

	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/money"
)

// The columns of an invoice.
const (
	colSerial   columnName = "serial"
	colDate     columnName = "date"
	colAmount   columnName = "amount"
	colQuantity columnName = "quantity"
	colPrice    columnName = "price"
)

// invoiceRules recognise them in French and English. "Montant du bon" is an
// amount and "prix total" too, so serial and price stand after amount.
var invoiceRules = []rule{
	{colDate, []string{"date", "jour", "day"}},
	{colAmount, []string{"montant", "montants", "amount", "valeur", "value", "total", "somme", "sum"}},
	{colPrice, []string{"prix", "price", "pu"}},
	{colQuantity, []string{"quantite", "quantites", "qte", "quantity", "qty", "kg", "kilos", "poids", "weight"}},
	{colSerial, []string{"serie", "serial", "coupon", "coupons", "bon", "bons", "voucher", "vouchers", "jeton"}},
}

// invoice reads the rows of a vendor's invoice into lines of a claim.
type invoice struct {
	sheet  sheet
	asset  money.Asset // of quantities; zero where the round is in money
	serial func(string) (string, bool)
	lines  []ClaimLine
	faults rowFaults

	total money.Amount // of all lines so far
	since money.Amount // of those since the last row that sums up
}

// readInvoice returns an invoice's lines, none of them matched, or ErrInvoice
// with what is wrong with its rows: up to 200 are named. A row that sums
// others up must be right.
func readInvoice(ctx context.Context, file []byte, asset money.Asset, serial func(string) (string, bool)) ([]ClaimLine, error) {
	sh, err := openSheet(file, invoiceRules, func(c map[columnName]int) bool {
		_, hasSerial := c[colSerial]
		_, hasAmount := c[colAmount]
		_, hasQuantity := c[colQuantity]
		_, hasPrice := c[colPrice]
		return hasSerial && (hasAmount || hasQuantity && hasPrice)
	}, "a voucher's serial, and its amount or its quantity and price")
	if err != nil {
		return nil, err
	}
	in := &invoice{sheet: sh, asset: asset, serial: serial, total: money.Francs(0), since: money.Francs(0)}
	if err := sh.each(ctx, &in.faults, in.row); err != nil {
		return nil, err
	}
	if len(in.lines) == 0 && len(in.faults) == 0 {
		in.faults.add(sh.Header.N, colSerial, "", "no line follows the titles")
	}
	if len(in.lines) > linesMax {
		in.faults.add(in.lines[linesMax].N, colSerial, "", "more than %d lines; split the invoice", linesMax)
	}
	if len(in.faults) > 0 {
		return nil, ErrInvoice.With(in.faults...)
	}
	return in.lines, nil
}

func (in *invoice) row(row table.Row) {
	if row.Kind == table.Total {
		in.sum(row)
		return
	}
	l := ClaimLine{N: row.N, Serial: in.sheet.cell(row, colSerial)}
	if l.Serial == "" {
		in.faults.add(row.N, colSerial, "", "every line names its voucher")
		return
	}
	if len(l.Serial) > 64 {
		in.faults.add(row.N, colSerial, l.Serial, "too long for a serial")
		return
	}
	if canonical, ok := in.serial(l.Serial); ok {
		l.Serial = canonical
	}
	if text := in.sheet.cell(row, colDate); text != "" {
		var err error
		if l.Date, err = readDate(text); err != nil {
			in.faults.add(row.N, colDate, text, "%v", err)
			return
		}
	}
	if in.goods(row, &l) && in.amount(row, &l) {
		in.lines = append(in.lines, l)
	}
}

// goods reads quantity and price, where the round is in kind.
func (in *invoice) goods(row table.Row, l *ClaimLine) bool {
	if in.asset.IsZero() {
		return true
	}
	var err error
	if text := in.sheet.cell(row, colQuantity); text != "" {
		if l.Quantity, err = readQuantity(text, in.asset); err != nil {
			in.faults.add(row.N, colQuantity, text, "%v", err)
			return false
		}
	}
	if text := in.sheet.cell(row, colPrice); text != "" {
		if l.Price, err = readFrancs(text); err != nil {
			in.faults.add(row.N, colPrice, text, "%v", err)
			return false
		}
	}
	return true
}

// amount reads what the line asks for, works it out from quantity and price
// where it says nothing, and checks it against them where it says all.
func (in *invoice) amount(row table.Row, l *ClaimLine) bool {
	text := in.sheet.cell(row, colAmount)
	product, err := priced(*l)
	switch {
	case err != nil:
		in.faults.add(row.N, colPrice, in.sheet.cell(row, colPrice), "%v", err)
		return false
	case text == "" && product.IsZero():
		in.faults.add(row.N, colAmount, "", "every line says what it asks for")
		return false
	case text == "":
		l.Amount = product
	default:
		if l.Amount, err = readFrancs(text); err != nil {
			in.faults.add(row.N, colAmount, text, "%v", err)
			return false
		}
		if !product.IsZero() && !product.Equal(l.Amount) {
			in.faults.add(row.N, colAmount, text, "quantity times price is %s", product.Text())
			return false
		}
	}
	if in.total, err = in.total.Add(l.Amount); err == nil {
		in.since, err = in.since.Add(l.Amount)
	}
	if err != nil {
		in.faults.add(row.N, colAmount, text, "the sum is too large")
	}
	return err == nil
}

// priced returns quantity times price, or nothing where one is missing.
func priced(l ClaimLine) (money.Amount, error) {
	if l.Quantity.IsZero() || l.Price.IsZero() {
		return money.Amount{}, nil
	}
	m, err := l.Quantity.Price(l.Price)
	if err != nil {
		return money.Amount{}, fmt.Errorf("quantity times price is no whole sum of francs")
	}
	return m, nil
}

// sum checks a row that sums up: all lines before it, or those since the last
// such row.
func (in *invoice) sum(row table.Row) {
	text := in.sheet.cell(row, colAmount)
	defer func() { in.since = money.Francs(0) }()
	if text == "" || len(in.faults) > 0 {
		return // nothing to compare, or lines are missing from our sum
	}
	m, err := readFrancs(text)
	if err != nil {
		in.faults.add(row.N, colAmount, text, "%v", err)
		return
	}
	if !m.Equal(in.total) && !m.Equal(in.since) {
		in.faults.add(row.N, colAmount, text, "the lines above add up to %s", in.total.Text())
	}
}
