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
	in := claimReader{sheet: sh, vendor: vendor, now: now, days: map[string]time.Time{}}
	in.of.vendor, in.of.serial, in.of.amount, in.of.date = sh.column(colVendor), sh.column(colSerial), sh.column(colAmount), sh.column(colDate)
	var faults rowFaults
	bad := 0
	for row, err := range sh.Rows(ctx) {
		switch {
		case err != nil:
			return bad, faults, err
		case row.Kind != table.Data:
			continue
		}
		l, column, err := in.line(row)
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

// claimReader reads the rows of one file.
type claimReader struct {
	sheet
	vendor ID
	now    time.Time
	of     struct{ vendor, serial, amount, date int } // columns, -1 for none
	days   map[string]time.Time                       // as read before: a file has few
}

// line reads a row. With an error it returns the column that is wrong.
func (r *claimReader) line(row table.Row) (l FileLine, wrong columnName, err error) {
	if row.Flaw != nil {
		return l, colSerial, errRow
	}
	l = FileLine{N: row.N, Vendor: r.vendor, Serial: strings.TrimSpace(row.Cell(r.of.serial))}
	if r.vendor == "" {
		l.Vendor = ID(strings.TrimSpace(row.Cell(r.of.vendor)))
	}
	if l.Serial == "" || len(l.Serial) > 64 || l.Vendor == "" || len(l.Vendor) > 64 {
		return l, colSerial, errRow
	}
	if l.Amount, err = readFrancs(strings.TrimSpace(row.Cell(r.of.amount))); err != nil {
		return l, colAmount, err
	}
	if text := strings.TrimSpace(row.Cell(r.of.date)); text != "" {
		if l.Date, err = r.day(text); err != nil {
			return l, colDate, err
		}
	}
	return l, "", nil
}

// daysMost bounds the days that are kept, by their texts.
const daysMost = 1_000

func (r *claimReader) day(text string) (time.Time, error) {
	if day, ok := r.days[text]; ok {
		return day, nil
	}
	day, err := readDate(text)
	if err != nil {
		return day, err
	}
	day = inYear(day, r.now)
	if len(r.days) < daysMost {
		r.days[strings.Clone(text)] = day // the text is a part of the file's
	}
	return day, nil
}
