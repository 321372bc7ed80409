package cards

import (
	"encoding/base64"
	"fmt"
	"io"

	"github.com/jate-cva/jate/money"
)

// Statement is one page that somebody signs: a trader's claim, a receipt of
// payment, the result of a round. The root of the journal that it was drawn
// from is printed as a code, so that the signed paper pins the history: a
// journal rewritten later no longer has that root.
type Statement struct {
	TitleFR, TitleEN string           // 1 to 60 letters each
	Number           string           // of the claim or receipt; 1 to 32 letters
	Facts            []Fact           // at most 8: who, period, contract
	Lines            []StatementLine  // 1 to StatementLinesMax
	Totals           []StatementTotal // at most 4
	Root             string           // 32 bytes in standard base64, 44 characters: a checkpoint's root hash
	Size             int64            // entries under that root, at least 1
	Signers          []Signer         // 1 to 3
}

// Fact is one line of the head: "Commerçant · Trader", "V-0193".
type Fact struct {
	Name string // 1 to 40 letters
	Text string // at most 80 letters
}

// StatementLine is one line of the body.
type StatementLine struct {
	Text   string // 1 to 70 letters
	Count  int    // of vouchers or pieces; 0 is printed as nothing
	Amount money.Amount
	Unit   string // of a commodity
}

// StatementTotal is a sum under the body.
type StatementTotal struct {
	Text   string // 1 to 70 letters
	Amount money.Amount
	Unit   string
}

// Signer is who signs, in both languages; 1 to 30 letters each.
type Signer struct{ FR, EN string }

// StatementLinesMax is what one page holds. A longer claim is summed by goods
// or by day; the detail travels as a file.
const StatementLinesMax = 18

const officeMargin = 18.0

// WriteStatement writes the page. It returns ErrInput naming the field, or
// the error of w. It does no sums: Totals are the caller's, from the ledger.
func WriteStatement(w io.Writer, j Job, st Statement) error {
	if err := j.check(); err != nil {
		return err
	}
	if err := st.check(); err != nil {
		return err
	}
	s, err := newSheet(false, "Statement "+st.Number, j.Made)
	if err != nil {
		return err
	}
	s.AddPage()
	s.banner(officeMargin, st.TitleFR, st.TitleEN, st.Number, date(j.Made), j.Round)
	y := 35.0
	for _, f := range st.Facts {
		s.fit(sans, 8.5, 50, f.Name)
		s.left(officeMargin, y, f.Name)
		s.fit(bold, 9, a4Short-2*officeMargin-54, f.Text)
		s.left(officeMargin+54, y, f.Text)
		y += 5
	}
	s.statementBody(st, y)
	if err := s.root(st); err != nil {
		return err
	}
	wide := (a4Short - 2*officeMargin - float64(len(st.Signers)-1)*4) / float64(len(st.Signers))
	for i, who := range st.Signers {
		s.signature(officeMargin+float64(i)*(wide+4), 254, wide, 30, who.FR, who.EN)
	}
	return s.finish(w)
}

func (st Statement) check() error {
	c := check{at: "statement"}
	c.text("title_fr", st.TitleFR, 1, 60)
	c.text("title_en", st.TitleEN, 1, 60)
	c.text("number", st.Number, 1, 32)
	root, err := base64.StdEncoding.Strict().DecodeString(st.Root)
	if err != nil || len(root) != 32 || len(st.Root) != 44 {
		c.fail("root", "is not 32 bytes in base64")
	}
	if st.Size < 1 {
		c.fail("size", "is less than 1")
	}
	for _, n := range []struct {
		field            string
		got, least, most int
	}{
		{"facts", len(st.Facts), 0, 8}, {"lines", len(st.Lines), 1, StatementLinesMax},
		{"totals", len(st.Totals), 0, 4}, {"signers", len(st.Signers), 1, 3},
	} {
		if n.got < n.least || n.got > n.most {
			c.fail(n.field, fmt.Sprintf("are not %d to %d", n.least, n.most))
		}
	}
	if c.err == nil {
		st.checkTexts(&c)
	}
	return c.result()
}

func (st Statement) checkTexts(c *check) {
	for _, f := range st.Facts {
		c.text("facts.name", f.Name, 1, 40)
		c.text("facts.text", f.Text, 0, 80)
	}
	for _, l := range st.Lines {
		c.text("lines.text", l.Text, 1, 70)
		c.text("lines.unit", l.Unit, 0, 8)
		if l.Count < 0 {
			c.fail("lines.count", "is negative")
		}
	}
	for _, t := range st.Totals {
		c.text("totals.text", t.Text, 1, 70)
		c.text("totals.unit", t.Unit, 0, 8)
	}
	for _, w := range st.Signers {
		c.text("signers.fr", w.FR, 1, 30)
		c.text("signers.en", w.EN, 1, 30)
	}
}

func (s *sheet) statementBody(st Statement, y float64) {
	cols := []column{
		{"Désignation", "Item", 108, false}, {"Nombre", "Count", 22, true}, {"Montant", "Amount", 44, true},
	}
	s.heads(cols, officeMargin, y, 9)
	y += 9
	for _, l := range st.Lines {
		n := ""
		if l.Count > 0 {
			n = count(l.Count)
		}
		s.cells(cols, sans, officeMargin, y, 6.3, l.Text, n, show(l.Amount, l.Unit))
		y += 6.3
	}
	sums := []column{{width: 108 + 22, right: true}, {width: 44, right: true}}
	for _, t := range st.Totals {
		s.cells(sums, bold, officeMargin, y, 7, t.Text, show(t.Amount, t.Unit))
		y += 7
	}
}

// root prints the checkpoint's root as a code and as text.
func (s *sheet) root(st Statement) error {
	const size, y = 30.0, 220.0
	b, err := s.codes.encode(st.Root, codeModulesMax)
	if err != nil {
		return err
	}
	s.code(b, officeMargin-2, y, size)
	x := officeMargin + size + 2
	s.font(bold, 8)
	s.left(x, y+8, fmt.Sprintf("Racine du journal de %d écritures · Root of the journal of %[1]d entries", st.Size))
	s.font(mono, 8)
	s.left(x, y+13, st.Root)
	s.font(sans, 7)
	width := a4Short - officeMargin - x
	for i, t := range []string{
		"Gardez cette feuille. Si le journal était modifié après coup, sa racine ne serait plus celle-ci.",
		"Keep this sheet. If the journal were changed afterwards, its root would no longer be this one.",
	} {
		s.fit(sans, 7, width, t)
		s.left(x, y+19+float64(i)*3.2, t)
	}
	return nil
}
