package feedback

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/money"
)

// FileMax bounds a file of answers, in bytes.
const FileMax = 8 << 20

// fileLimits bounds what is read of one.
var fileLimits = table.Limits{Bytes: FileMax, Rows: 100_000, Columns: 64, CellBytes: 512}

// The columns of a file of answers. Others, such as remarks, are not read: they
// would be personal data.
const (
	columnCode      = "code"
	columnReached   = "reached"
	columnReceived  = "received"
	columnAmount    = "amount"
	columnExtra     = "extra"
	columnFee       = "fee"
	columnBy        = "by"
	columnSatisfied = "satisfied"
)

// columnWords recognise a column by a word of its folded title, in the order
// in which they are asked: "how much did you receive" is the amount.
var columnWords = []struct {
	column string
	words  []string
}{
	{columnCode, []string{"code"}},
	{columnAmount, []string{"amount", "montant", "combien", "much", "somme", "value", "valeur"}},
	{columnExtra, []string{"extra", "charged", "surplus", "supplement", "plus", "facture", "overcharged"}},
	{columnFee, []string{"fee", "frais", "commission", "gift", "cadeau", "pourboire"}},
	{columnBy, []string{"who", "whom", "qui", "by", "par", "achete", "bought", "redeemed", "echange"}},
	{columnSatisfied, []string{"satisfied", "satisfait", "satisfaite", "satisfaction", "content", "contente"}},
	{columnReceived, []string{"received", "receive", "recu", "recue"}},
	{columnReached, []string{"reached", "call", "appel", "answered", "repondu", "joint", "result", "resultat", "outcome"}},
}

func columnsOf(titles []string) map[string]int {
	found := map[string]int{}
	for i, title := range titles {
		words := strings.Fields(table.Fold(title))
		for _, c := range columnWords {
			if !slices.ContainsFunc(words, func(w string) bool { return slices.Contains(c.words, w) }) {
				continue
			}
			if _, taken := found[c.column]; !taken {
				found[c.column] = i
			}
			break
		}
	}
	return found
}

// answersReader reads a file of answers into the store.
type answersReader struct {
	tx      Tx
	sample  Sample
	columns map[string]int
	seen    map[int]int // the row that each call's answer is in
	report  AnswersReport
}

func (r *answersReader) refuse(row int, column, format string, args ...any) {
	if len(r.report.Refused) < refusedMax {
		r.report.Refused = append(r.report.Refused, fault.Field{Location: fmt.Sprintf("row[%d].%s", row, column), Message: fmt.Sprintf(format, args...)})
	}
}

// read stores what can be read; a wrong row is reported and stops no other.
func (r *answersReader) read(ctx context.Context, file []byte) error {
	f, err := table.Open(bytes.NewReader(file), int64(len(file)), fileLimits)
	if err != nil {
		return err
	}
	sheet, err := f.Sheet("", func(cells []string) int {
		c := columnsOf(cells)
		if _, ok := c[columnCode]; ok && len(c) > 1 {
			return len(c)
		}
		return 0
	})
	if errors.Is(err, table.ErrNoHeader) {
		return ErrAnswers
	}
	if err != nil {
		return err
	}
	r.columns = columnsOf(sheet.Header.Cells)
	for row, err := range sheet.Rows(ctx) {
		switch {
		case err != nil:
			return err
		case row.Kind != table.Data:
		case row.Flaw != nil:
			r.refuse(row.N, fmt.Sprintf("column[%d]", row.Flaw.Column+1), "%s", row.Flaw.EN)
		default:
			if err := r.row(row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *answersReader) cell(row table.Row, column string) string {
	i, ok := r.columns[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(row.Cell(i))
}

func (r *answersReader) row(row table.Row) error {
	a := Answer{Sample: r.sample.ID}
	code := r.cell(row, columnCode)
	n, ok := r.sample.lineOf(code)
	if !ok {
		r.refuse(row.N, columnCode, "not a code of this sample; read it again")
		return nil
	}
	if _, err := r.tx.Pick(r.sample.ID, n); fault.KindOf(err) == fault.NotFound {
		r.refuse(row.N, columnCode, "not a code of this sample; read it again")
		return nil
	} else if err != nil {
		return err
	}
	if before, twice := r.seen[n]; twice {
		r.refuse(row.N, columnCode, "it is in row %d already", before)
		return nil
	}
	r.seen[n], a.N = row.N, n
	if blankButCode(row, r.columns) {
		return nil // nobody has called yet
	}
	for _, q := range []struct {
		column string
		values map[string]string
		set    func(string)
	}{
		{columnReached, reached, func(v string) { a.Reached = Reached(v) }},
		{columnReceived, received, func(v string) { a.Received = Reply(v) }},
		{columnExtra, yesNo, func(v string) { a.Extra = Reply(v) }},
		{columnFee, yesNo, func(v string) { a.Fee = Reply(v) }},
		{columnBy, shoppers, func(v string) { a.By = Shopper(v) }},
		{columnSatisfied, yesNo, func(v string) { a.Satisfied = Reply(v) }},
	} {
		text := table.Fold(r.cell(row, q.column))
		if text == "" {
			continue
		}
		v, ok := q.values[text]
		if !ok {
			r.refuse(row.N, q.column, "%s", statedCodes(q.values))
			return nil
		}
		q.set(v)
	}
	if text := r.cell(row, columnAmount); text != "" {
		m, err := readAmount(text)
		if err != nil {
			r.refuse(row.N, columnAmount, "not a whole sum of francs such as 12500")
			return nil
		}
		a.Amount = m
	}
	if column, what := a.check(); what != "" {
		r.refuse(row.N, column, "%s", what)
		return nil
	}
	return r.put(a)
}

// blankButCode reports whether no question of the row has an answer.
func blankButCode(row table.Row, columns map[string]int) bool {
	for column, i := range columns {
		if column != columnCode && strings.TrimSpace(row.Cell(i)) != "" {
			return false
		}
	}
	return true
}

var sumForm = regexp.MustCompile(`^[0-9]{1,9}$`)

// readAmount reads francs as people write them; zero is a sum.
func readAmount(text string) (money.Amount, error) {
	plain := strings.NewReplacer("FCFA", "", "CFA", "", "XOF", "", "F", "", " ", "", "\u00a0", "", "\u202f", "").Replace(strings.ToUpper(text))
	if i := len(plain) - 4; i > 0 && (plain[i] == '.' || plain[i] == ',') {
		plain = plain[:i] + plain[i+1:]
	}
	if !sumForm.MatchString(plain) {
		return money.Amount{}, ErrAnswers
	}
	return money.Parse(strings.TrimLeft(plain[:len(plain)-1], "0")+plain[len(plain)-1:], money.XOF)
}
