package vendors

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/table"
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
	return openTable(bytes.NewReader(file), int64(len(file)), fileLimits, rules, enough, wanted)
}

// openTable is openSheet of a file that is not in memory.
func openTable(r io.ReaderAt, size int64, limits table.Limits, rules []rule, enough func(map[columnName]int) bool, wanted string) (sheet, error) {
	f, err := table.Open(r, size, limits)
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

// column returns where a column is, or -1.
func (s sheet) column(name columnName) int {
	if i, ok := s.columns[name]; ok {
		return i
	}
	return -1
}

// cell returns the text in the row's column, or "" where there is none.
func (s sheet) cell(row table.Row, name columnName) string {
	return strings.TrimSpace(row.Cell(s.column(name)))
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
