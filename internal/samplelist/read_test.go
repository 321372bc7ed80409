package samplelist

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// grid reads a list back into rows, counted as in Truth: grid[0] is row 1.
func grid(t *testing.T, list []byte, f Format) [][]string {
	t.Helper()
	if f == KoboXLSX {
		return sheetOf(t, list, householdSheet)
	}
	if f == FrenchCP1252 {
		var err error
		if list, err = charmap.Windows1252.NewDecoder().Bytes(list); err != nil {
			t.Fatal(err)
		}
	}
	in := csv.NewReader(bytes.NewReader(list))
	in.Comma = ';'
	if f == KoboLabels || f == Platform121 {
		in.Comma = ','
	}
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := bytes.Count(list, []byte("\r\n")); got != len(rows) {
		t.Fatalf("%d lines for %d rows: row numbers are not line numbers", got, len(rows))
	}
	return rows
}

func sheetOf(t *testing.T, list []byte, name string) [][]string {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows { // GetRows leaves out empty cells at the end
		rows[i] = append(rows[i], make([]string, len(rows[0])-len(rows[i]))...)
	}
	return rows
}

// table finds cells by row number and header.
type table struct {
	t    *testing.T
	rows [][]string
	head []string
}

func tableOf(t *testing.T, list []byte, f Format, truth Truth) table {
	t.Helper()
	rows := grid(t, list, f)
	return table{t: t, rows: rows, head: rows[truth.FirstRow-2]}
}

func (tb table) cell(row int, header string) string {
	tb.t.Helper()
	at := slices.Index(tb.head, header)
	if at < 0 {
		tb.t.Fatalf("no column %q in %q", header, tb.head)
	}
	return tb.rows[row-1][at]
}

func checkWrong(t *testing.T, tb table, truth Truth, kinds []Kind) {
	t.Helper()
	seen := map[Kind]int{}
	for _, w := range truth.Wrong {
		seen[w.Kind]++
		if got := tb.cell(w.Row, w.Column); got != w.Value {
			t.Errorf("row %d, %s: %q in the file, %q in truth", w.Row, w.Column, got, w.Value)
		}
		if w.Kind == PhoneScientific && !strings.Contains(w.Value, "E+") || w.Kind == SizeZero && w.Value != "0" {
			t.Errorf("row %d: %q is not %s", w.Row, w.Value, w.Kind)
		}
	}
	for _, k := range kinds {
		if seen[k] == 0 {
			t.Errorf("no row with %s", k)
		}
	}
	if len(seen) != len(kinds) {
		t.Errorf("kinds %v, want %v", seen, kinds)
	}
}

func checkDuplicates(t *testing.T, tb table, truth Truth, l *layout) {
	t.Helper()
	repeated, seen := 0, map[Link]int{}
	who := func(row int) string {
		if h := l.header(fullName); h != "" {
			return tb.cell(row, h)
		}
		return tb.cell(row, l.header(family)) + " " + tb.cell(row, l.header(given))
	}
	digits := func(row int) string { // the eight of the number itself
		s := strings.NewReplacer(" ", "", nbsp, "").Replace(tb.cell(row, l.header(phone)))
		return s[max(0, len(s)-8):]
	}
	for _, d := range truth.Duplicates {
		seen[d.Why]++
		if d.Of >= d.Row || d.Of < truth.FirstRow {
			t.Errorf("row %d repeats row %d", d.Row, d.Of)
		}
		here, there := tb.cell(d.Row, l.header(village)), tb.cell(d.Of, l.header(village))
		if !strings.EqualFold(strings.TrimSpace(here), strings.TrimSpace(there)) {
			t.Errorf("rows %d and %d: villages %q and %q", d.Of, d.Row, there, here)
		}
		switch d.Why {
		case SamePhone:
			if digits(d.Row) != digits(d.Of) || digits(d.Row) == "" {
				t.Errorf("rows %d and %d: phones %q and %q", d.Of, d.Row, digits(d.Of), digits(d.Row))
			}
			continue
		case SameID:
			id := l.header(register)
			if tb.cell(d.Row, id) != tb.cell(d.Of, id) || tb.cell(d.Row, id) == "" {
				t.Errorf("rows %d and %d: ids %q and %q", d.Of, d.Row, tb.cell(d.Of, id), tb.cell(d.Row, id))
			}
		case SameName:
			if who(d.Row) == who(d.Of) {
				t.Errorf("rows %d and %d: both %q", d.Of, d.Row, who(d.Row))
			}
		}
		repeated++
	}
	if seen[SameName] == 0 || seen[SamePhone] == 0 || seen[SameID] == 0 {
		t.Errorf("duplicates by link: %v", seen)
	}
	if truth.Households != truth.Rows-repeated {
		t.Errorf("%d households of %d rows with %d repetitions", truth.Households, truth.Rows, repeated)
	}
}
