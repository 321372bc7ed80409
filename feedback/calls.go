package feedback

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/workbook"
	"github.com/jate-cva/jate/ledger"
)

// CallLine is what a caller needs of a household: no name, and what he asks for
// by the code.
type CallLine struct {
	Code        string
	Replacement bool
	Group       int // number of its stratum, from 1: a replacement is of the same group
	Point       string
	Sex         string // of the head, to choose who calls
	Language    string
	Phone       string // only for who calls (distribution.ViewCalls)
	Reached     Reached
}

// CallList is a sample's call list.
type CallList struct {
	Sample Sample
	Phones bool // they are in it
	Lines  []CallLine
}

// CallList is documented at Service.
func (s *service) CallList(ctx context.Context, q SampleByID) (CallList, error) {
	role, err := q.By.As(Roles[MethodCallList]...)
	if err != nil {
		return CallList{}, err
	}
	l, err := read(ctx, s, MethodCallList, q.By, func(tx Tx) (CallList, error) {
		m, err := sampleOf(tx, q.By, q.ID)
		if err != nil {
			return CallList{}, err
		}
		if m.State() != "drawn" {
			return CallList{}, ErrSampleState.At("sample", "it is %s", m.State())
		}
		l := CallList{Sample: m, Phones: distribution.SightOf(distribution.ViewCalls, role, distribution.FieldPhone) == distribution.Clear}
		groups := map[string]int{}
		for i, x := range m.Strata {
			groups[x.Name] = i + 1
		}
		for p, err := range tx.Picks(m.ID) {
			if err != nil {
				return CallList{}, err
			}
			line, err := s.callLine(tx, m, p, role)
			if err != nil {
				return CallList{}, err
			}
			line.Group = groups[p.Stratum]
			l.Lines = append(l.Lines, line)
		}
		return l, nil
	})
	if err != nil {
		return CallList{}, err
	}
	actor := ledger.Actor{Role: string(role), Name: q.By.Pseudonym}
	err = s.store.Update(ctx, func(tx Tx) error {
		_, err := ledger.Decide(tx, actor, l.Sample.Round, "call-list", l.Sample.ID, map[string]string{
			"count": strconv.Itoa(len(l.Lines)), "phones": strconv.FormatBool(l.Phones)})
		return err
	})
	if err == nil {
		s.reads.Count(actor.Role, "call-list", len(l.Lines))
	}
	return l, err
}

func (s *service) callLine(tx Tx, m Sample, p Pick, role access.Role) (CallLine, error) {
	line := CallLine{Code: m.Code(p.N), Replacement: p.Replacement}
	cards, err := CardsOf(tx, m.Round, p.Household)
	if err != nil {
		return line, err
	}
	if len(cards) > 0 {
		line.Point = cards[0].Point
	}
	who, err := s.person(tx, p.Household)
	if err != nil {
		return line, err
	}
	who = distribution.Seen(distribution.ViewCalls, role, who)
	line.Sex, line.Language, line.Phone = who.Sex, who.Language, who.Phone
	if a, err := tx.Answer(m.ID, p.N); err == nil {
		line.Reached = a.Reached
	}
	return line, nil
}

// callTitles are the columns of a call list, in English and French. Those from
// the call on are for the answers: the list is the form.
var callTitles = [][2]string{
	{"code", "code"}, {"main or replacement", "principal ou remplaçant"}, {"group", "groupe"}, {"point", "site"}, {"sex", "sexe"},
	{"language", "langue"}, {"phone", "téléphone"},
	{"call", "appel"}, {"received", "reçu"}, {"amount", "montant"}, {"charged extra", "supplément demandé"}, {"fee asked", "frais demandés"},
	{"by whom", "par qui"}, {"satisfied", "satisfait"},
}

// column returns the titles in the language, without the phone where the list
// has none.
func (l CallList) row(cells []string) []string {
	if l.Phones {
		return cells
	}
	const phone = 6
	return append(append([]string{}, cells[:phone]...), cells[phone+1:]...)
}

func (l CallList) titles(lang string) []string {
	out := make([]string, len(callTitles))
	for i, t := range callTitles {
		out[i] = in(lang, t[0], t[1])
	}
	return l.row(out)
}

func (l CallList) cells(i int, lang string) []string {
	c := l.Lines[i]
	kind := in(lang, "main", "principal")
	if c.Replacement {
		kind = in(lang, "replacement", "remplaçant")
	}
	return l.row([]string{c.Code, kind, strconv.Itoa(c.Group), c.Point, c.Sex, c.Language, c.Phone, "", "", "", "", "", "", ""})
}

func in(lang, en, fr string) string {
	if lang == "fr" {
		return fr
	}
	return en
}

// WriteCSV writes the call list in UTF-8 with a byte order mark, titles in "fr"
// or else English. A text that a spreadsheet could take for a formula begins
// with an apostrophe.
func (l CallList) WriteCSV(w io.Writer, lang string) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	if err := c.Write(l.titles(lang)); err != nil {
		return err
	}
	for i := range l.Lines {
		row := l.cells(i, lang)
		for j, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r\x00", rune(cell[0])) {
				row[j] = "'" + cell
			}
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// WriteXLSX writes the call list as a workbook of one sheet.
func (l CallList) WriteXLSX(w io.Writer, lang string) (err error) {
	book := excelize.NewFile()
	defer func() {
		if closing := book.Close(); err == nil {
			err = closing
		}
	}()
	s, err := book.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	for i := -1; i < len(l.Lines); i++ {
		cells := l.titles(lang)
		if i >= 0 {
			cells = l.cells(i, lang)
		}
		row := make([]any, len(cells))
		for j, c := range cells {
			row[j] = c
		}
		if err := s.SetRow("A"+strconv.Itoa(i+2), row); err != nil {
			return err
		}
	}
	if err := s.Flush(); err != nil {
		return err
	}
	return workbook.Write(w, book)
}

// WriteText writes the call list for a screen.
func (l CallList) WriteText(w io.Writer, lang string) error {
	m := l.Sample
	what := fmt.Sprintf(in(lang, "%d %% within %d points", "%d %% à %d points près"), m.Design.Confidence, m.Design.Margin)
	if m.Sought {
		what = in(lang, "called because of their sales", "appelés à cause de leurs ventes")
	}
	_, err := fmt.Fprintf(w, in(lang, "sample %s of round %s: %s\n", "échantillon %s du cycle %s : %s\n"), m.ID, m.Round, what)
	for i, x := range m.Strata {
		if err == nil {
			_, err = fmt.Fprintf(w, in(lang, "  group %d (%s): %d of %d households, %d replacements\n", "  groupe %d (%s) : %d ménages sur %d, %d remplaçants\n"),
				i+1, strings.TrimSpace(x.Name), x.Size, x.Households, x.Replacements)
		}
	}
	for i := range l.Lines {
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w, strings.TrimRight(strings.Join(l.cells(i, lang)[:7], "  "), " "))
	}
	return err
}
