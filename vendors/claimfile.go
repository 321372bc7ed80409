package vendors

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/money"
)

// colVendor names whose line it is, in a file of many vendors' claims.
const colVendor columnName = "vendor"

// claimFileRules recognise the columns of such a file.
var claimFileRules = append([]rule{{colVendor, []string{"vendor", "trader", "shop", "commercant", "marchand", "boutique", "vendeur"}}}, invoiceRules...)

// FileLine is a line of a file of claims.
type FileLine struct {
	N      int // the row that a spreadsheet shows
	Vendor ID
	Serial string    // as typed
	Date   time.Time // zero where there is none
	Amount money.Amount
}

// ReadClaimFile reads a CSV or XLSX file of up to two million claim lines and
// gives each to fn, in order: the serial, the amount, and the vendor unless all
// are of the one given; a date if there is one. Rows are read as those of an
// invoice are. It returns how many rows could not be read and what is wrong with
// up to 200 of them, and ErrInvoice for a file without these columns. A day
// without a year is of the latest year in which it has come by now.
func ReadClaimFile(ctx context.Context, r io.ReaderAt, size int64, vendor ID, now time.Time, fn func(FileLine) error) (int, []fault.Field, error) {
	wanted := []columnName{colSerial, colAmount}
	if vendor == "" {
		wanted = append(wanted, colVendor)
	}
	sh, err := openTable(r, size, table.Claims, claimFileRules, func(c map[columnName]int) bool {
		return !slices.ContainsFunc(wanted, func(n columnName) bool { _, ok := c[n]; return !ok })
	}, "a vendor, a voucher's serial and its amount")
	if err != nil {
		return 0, nil, err
	}
	var faults rowFaults
	bad, last := 0, &dayRead{}
	for row, err := range sh.Rows(ctx) {
		switch {
		case err != nil:
			return bad, faults, err
		case row.Kind != table.Data:
			continue
		}
		l, column, err := sh.claimLine(row, vendor, now, last)
		if err != nil {
			bad++
			faults.add(row.N, column, sh.cell(row, column), "%v", err)
			continue
		}
		if err := fn(l); err != nil {
			return bad, faults, err
		}
	}
	return bad, faults, nil
}

// claimLine reads a row. With an error it returns the column that is wrong.
func (s sheet) claimLine(row table.Row, vendor ID, now time.Time, last *dayRead) (l FileLine, wrong columnName, err error) {
	if row.Flaw != nil {
		return l, colSerial, errRow
	}
	l = FileLine{N: row.N, Vendor: vendor, Serial: s.cell(row, colSerial)}
	if vendor == "" {
		l.Vendor = ID(s.cell(row, colVendor))
	}
	if l.Serial == "" || len(l.Serial) > 64 || l.Vendor == "" || len(l.Vendor) > 64 {
		return l, colSerial, errRow
	}
	if l.Amount, err = readFrancs(s.cell(row, colAmount)); err != nil {
		return l, colAmount, err
	}
	if text := s.cell(row, colDate); text != "" {
		if l.Date, err = last.read(text); err != nil {
			return l, colDate, err
		}
		l.Date = inYear(l.Date, now)
	}
	return l, "", nil
}

// dayRead is the day that was read last: rows of one day follow each other.
type dayRead struct {
	text string
	day  time.Time
}

func (d *dayRead) read(text string) (time.Time, error) {
	if text == d.text {
		return d.day, nil
	}
	day, err := readDate(text)
	if err == nil {
		d.text, d.day = strings.Clone(text), day // the row's memory is used again
	}
	return day, err
}
