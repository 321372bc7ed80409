package reconcile

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/internal/workbook"
	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
)

// lineTitles are the columns of the table of lines.
func lineTitles(lang string) []string {
	return titles(lang, titleVendor, titleRound, titlePoint, titleKind, titleClaim, titleLine, titleSerial, titleClass, titleResult,
		titleClaimed, titleRedeemed, titleEntry, titleReceipt, titleFrom, titleTo, titleSettlement, titleDetail)
}

// cells returns the line's row: text, whole numbers, or nil for an empty cell.
func (l Line) cells(lang string) []any {
	row := []any{string(l.Vendor), l.Round, l.Point, kinds[l.Kind].in(lang), string(l.Claim), nil, l.Serial, l.class(),
		classes[l.class()].in(lang), nil, nil, nil, nil, nil, nil, l.Settlement, l.detail(lang)}
	if l.Claim != "" {
		row[5], row[9] = int64(l.N), l.Claimed.Minor()
	}
	if l.HasEntry {
		row[10], row[11] = l.Redeemed.Minor(), int64(l.Entry)
	}
	if l.Receipt != (voucher.Hash{}) {
		row[12], row[13], row[14] = l.Receipt.String(), stamp(l.SoldAt.From), stamp(l.SoldAt.To)
	}
	return row
}

// WriteCSV writes one row for each line of the report, in UTF-8 with a byte
// order mark, so that spreadsheets read the accents; titles in "fr" or else
// English. Amounts are whole francs. A text that a spreadsheet could take for a
// formula begins with an apostrophe.
func WriteCSV(w io.Writer, r Report, lang string) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	if err := c.Write(lineTitles(lang)); err != nil {
		return err
	}
	for _, l := range r.Lines.All() {
		var row []string
		for _, cell := range l.cells(lang) {
			switch v := cell.(type) {
			case int64:
				row = append(row, strconv.FormatInt(v, 10))
			case string:
				row = append(row, workbook.Inert(v))
			default:
				row = append(row, "")
			}
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// WriteXLSX writes a workbook with the sheets "totals", "lines" and "findings",
// titles in "fr" or else English. Amounts are whole francs in numeric cells; a
// commodity's quantity is text. Lines beyond a sheet's capacity go on in
// "lines 2".
func WriteXLSX(w io.Writer, r Report, lang string) (err error) {
	book := excelize.NewFile()
	defer func() {
		if closing := book.Close(); err == nil {
			err = closing
		}
	}()
	if err := book.SetSheetName("Sheet1", "totals"); err != nil {
		return err
	}
	if err := workbook.Rows(book, "totals", totalTitles(lang), len(r.Totals), func(i int) []any { return r.Totals[i].cells() }); err != nil {
		return err
	}
	for part, from := 1, 0; from < r.Lines.Len() || part == 1; part++ {
		name := "lines"
		if part > 1 {
			name = fmt.Sprintf("lines %d", part)
		}
		n := min(workbook.RowsMax-1, r.Lines.Len()-from)
		if err := workbook.Rows(book, name, lineTitles(lang), n, func(i int) []any { return r.Lines.At(from + i).cells(lang) }); err != nil {
			return err
		}
		from += n
	}
	if r.Quick {
		return workbook.Write(w, book)
	}
	err = workbook.Rows(book, "findings", titles(lang, titleID, titleDetector, titleVendor, titleHandheld, titleRound, titleScore, titleValue,
		titleFinding, titleClears, titleEvidence), len(r.Findings), func(i int) []any { return r.Findings[i].cells(lang) })
	if err != nil {
		return err
	}
	return workbook.Write(w, book)
}

func totalTitles(lang string) []string {
	ts := titles(lang, titleVendor, titleRound, titleQuantity, titleRedeemed, titleSelfBilled, titleIndependent, titleMatched,
		titleUnclaimed, titleFrozen, titleOwed, titleTransit, titleSettled)
	for _, e := range Exceptions() {
		name := classes[string(e)].in(lang)
		ts = append(ts, name, name+" (XOF)")
	}
	return ts
}

func (t Total) cells() []any {
	row := []any{string(t.Vendor), t.Round, nil}
	if !t.Quantity.Asset().IsZero() {
		row[2] = t.Quantity.String()
	}
	for _, m := range []money.Amount{t.Redeemed, t.ClaimedSelfBilled, t.ClaimedIndependent, t.Matched, t.Unclaimed, t.Frozen, t.Owed,
		t.InTransit, t.Settled} {
		row = append(row, m.Minor())
	}
	for _, e := range Exceptions() {
		row = append(row, int64(t.Exceptions[e]), t.ExceptionValue[e].Minor())
	}
	return row
}

// cellMax is how many characters a cell of a workbook holds.
const cellMax = 32_767

func (f Finding) cells(lang string) []any {
	evidence := strings.Join(f.Evidence, " ")
	if len(evidence) > cellMax {
		evidence = evidence[:strings.LastIndexByte(evidence[:cellMax-4], ' ')] + " …"
	}
	return []any{f.ID, f.Detector, string(f.Vendor), string(f.Handheld), f.Round, int64(f.Score), f.Value.Minor(),
		word{f.Says, f.Dit}.in(lang), word{f.Clears, f.Clairait}.in(lang), evidence}
}
