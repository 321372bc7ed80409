package vendors

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/money"
)

// FileMax bounds an invoice or a result file, in bytes.
const FileMax = 16 << 20

// fileLimits bounds what is read of one.
var fileLimits = table.Limits{Bytes: FileMax, Rows: 20_000, Columns: 64, CellBytes: 512}

// faultsMax bounds the rows that one refusal names.
const faultsMax = 200

// columnName is what a column of a file holds.
type columnName string

// rule recognises a column by the words of its title, folded. The first rule
// that fits a title takes it, so the more particular ones stand first.
type rule struct {
	name  columnName
	words []string
}

// columnsOf returns where each column is: the first title that fits.
func columnsOf(titles []string, rules []rule) map[columnName]int {
	found := map[columnName]int{}
	for i, title := range titles {
		words := strings.Fields(table.Fold(title))
		for _, r := range rules {
			if !slices.ContainsFunc(words, func(w string) bool { return slices.Contains(r.words, w) }) {
				continue
			}
			if _, taken := found[r.name]; !taken {
				found[r.name] = i
			}
			break
		}
	}
	return found
}

// sheet is a file whose columns are known.
type sheet struct {
	*table.Sheet
	columns map[columnName]int
}

// openSheet finds the table of a file whose header has the columns that
// enough asks for.
func openSheet(file []byte, rules []rule, enough func(map[columnName]int) bool, wanted string) (sheet, error) {
	f, err := table.Open(bytes.NewReader(file), int64(len(file)), fileLimits)
	if err != nil {
		return sheet{}, err
	}
	s, err := f.Sheet("", func(cells []string) int {
		if c := columnsOf(cells, rules); enough(c) {
			return len(c)
		}
		return 0
	})
	if err != nil {
		if e := fault.Of(err); e != nil && e.Is(table.ErrNoHeader) {
			return sheet{}, e.At("columns", "%s", wanted)
		}
		return sheet{}, err
	}
	return sheet{s, columnsOf(s.Header.Cells, rules)}, nil
}

// cell returns the text in the row's column, or "" where there is none.
func (s sheet) cell(row table.Row, name columnName) string {
	i, ok := s.columns[name]
	if !ok {
		return ""
	}
	return strings.TrimSpace(row.Cell(i))
}

// rowFaults gathers what is wrong with a file's rows.
type rowFaults []fault.Field

func (f *rowFaults) add(row int, column columnName, value, format string, args ...any) {
	if len(*f) < faultsMax {
		*f = append(*f, fault.Field{Location: fmt.Sprintf("row[%d].%s", row, column), Message: fmt.Sprintf(format, args...),
			Value: table.Short(value)})
	}
}

// each calls fn with every row that has data or a total. A row that no list
// may hold is a fault of its own and is not given to fn.
func (s sheet) each(ctx context.Context, f *rowFaults, fn func(table.Row)) error {
	for row, err := range s.Rows(ctx) {
		switch {
		case err != nil:
			return err
		case row.Kind == table.Blank || row.Kind == table.Tags:
		case row.Flaw != nil:
			f.add(row.N, columnName(fmt.Sprintf("column[%d]", row.Flaw.Column+1)), row.Flaw.Value, "%s", row.Flaw.EN)
		default:
			fn(row)
		}
	}
	return nil
}

// currencyWords are written before or after sums of XOF.
var currencyWords = strings.NewReplacer("FCFA", "", "F CFA", "", "CFA", "", "XOF", "", "F", "")

var (
	wholeForm     = regexp.MustCompile(`^[0-9]{1,18}$`)
	thousandsForm = regexp.MustCompile(`^[0-9]{1,3}([.,'][0-9]{3})+$`)
	zerosForm     = regexp.MustCompile(`^([0-9]{1,18})[.,]0{1,2}$`)
	decimalForm   = regexp.MustCompile(`^[0-9]{1,15}[.,][0-9]{1,6}$`)
)

// bare takes spaces of all widths out of a number.
func bare(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == '\u00a0' || r == '\u202f' || r == '\u2009'
	}), "")
}

// readFrancs reads a sum of XOF as people write it: "12 500", "12.500 FCFA",
// "12,500" and "12500,00" are one sum, because the franc has no cents. A sum
// with cents, below or of zero is refused.
func readFrancs(s string) (money.Amount, error) {
	n := bare(currencyWords.Replace(strings.ToUpper(s)))
	if m := zerosForm.FindStringSubmatch(n); m != nil {
		n = m[1]
	}
	if thousandsForm.MatchString(n) {
		n = strings.NewReplacer(".", "", ",", "", "'", "").Replace(n)
	}
	if !wholeForm.MatchString(n) {
		return money.Amount{}, fmt.Errorf("not a whole sum of francs such as 12500")
	}
	m, err := money.Parse(n, money.XOF)
	if err != nil || m.Sign() <= 0 {
		return money.Amount{}, fmt.Errorf("must be more than zero")
	}
	return m, nil
}

// readQuantity reads a quantity of a commodity, with a point or a comma before
// its decimals. "1.250" is refused: it may be a thousand or one and a quarter.
func readQuantity(s string, a money.Asset) (money.Amount, error) {
	n := bare(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), "kg"))
	switch {
	case wholeForm.MatchString(n):
	case thousandsForm.MatchString(n):
		return money.Amount{}, fmt.Errorf("thousands or decimals? Write 1250 or 1,25")
	case decimalForm.MatchString(n):
		n = strings.Replace(n, ",", ".", 1)
	default:
		return money.Amount{}, fmt.Errorf("not a quantity such as 12,5")
	}
	m, err := money.Parse(n, a)
	if err != nil || m.Sign() <= 0 {
		return money.Amount{}, fmt.Errorf("not more than zero, or more decimals than %s has", a)
	}
	return m, nil
}

// readDate reads a day: 2025-03-01, with or without a time of day, 01/03/2025,
// 1-3-25 or 01.03.2025. The day stands before the month, as in Mali.
func readDate(s string) (time.Time, error) {
	for _, form := range []string{time.DateOnly, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.RFC3339} {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), nil
		}
	}
	slashed := strings.NewReplacer("-", "/", ".", "/").Replace(s)
	for _, form := range []string{"2/1/2006", "2/1/06"} {
		if t, err := time.Parse(form, slashed); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("not a day such as 31/12/2025 or 2025-12-31")
}
