package feedback

import (
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/internal/workbook"
)

// WriteXLSX writes the results as a workbook, in "fr" or else English: what was
// answered, for all households and each stratum; what became of the calls; and
// how the sample was drawn. Shares are permille, as whole numbers, so that
// each is the one of every other form. What is not shown is an empty cell. The
// same results give the same bytes.
func (r Results) WriteXLSX(w io.Writer, lang string) (err error) {
	book := excelize.NewFile()
	defer func() { err = errors.Join(err, book.Close()) }()
	tables := []workbook.Table{r.answers(lang), r.calls(lang), r.method(lang)}
	if err := book.SetSheetName("Sheet1", tables[0].Name); err != nil {
		return err
	}
	for _, t := range tables {
		if err := workbook.Rows(book, t.Name, t.Titles, len(t.Rows), func(i int) []any { return inert(t.Rows[i]) }); err != nil {
			return err
		}
	}
	return workbook.Write(w, book)
}

// inert keeps texts from being taken for formulas.
func inert(row []any) []any {
	out := make([]any, len(row))
	for i, v := range row {
		out[i] = v
		if text, ok := v.(string); ok {
			out[i] = workbook.Inert(text)
		}
	}
	return out
}

// group is one line of strata, or all households.
type group struct {
	name                              string
	households, weight                int
	drawn, replacements               int
	called, spoken, unreached, refuse int
	hidden                            bool // what became of the calls
	estimates                         map[string]Estimate
}

// groups returns all households, and then the strata where there are several.
func (r Results) groups(lang string) []group {
	all := group{name: in(lang, "all households", "tous les ménages"), households: r.Sample.Households, weight: 1000, called: r.Called, spoken: r.Spoken,
		unreached: r.Unreached, refuse: r.Refused, estimates: r.Estimates}
	var out []group
	for i, x := range r.Strata {
		size := r.Sample.Strata[i]
		all.drawn, all.replacements = all.drawn+size.Size, all.replacements+size.Replacements
		out = append(out, group{x.Name, x.Households, (2000*x.Households + r.Sample.Households) / (2 * max(r.Sample.Households, 1)), size.Size,
			size.Replacements, x.Called, x.Answers, x.Unreached, x.Refused, x.Suppressed, x.Estimates})
	}
	if len(out) == 1 && out[0].name == "" {
		out = nil
	}
	return append([]group{all}, out...)
}

func (r Results) answers(lang string) workbook.Table {
	t := workbook.Table{Name: in(lang, "answers", "réponses"), Titles: []string{in(lang, "group", "groupe"), in(lang, "question", "question"),
		in(lang, "households", "ménages"), in(lang, "weight (permille)", "poids (pour mille)"), in(lang, "answers (n)", "réponses (n)"),
		in(lang, "share (permille)", "part (pour mille)"), in(lang, "Wilson low (permille)", "Wilson bas (pour mille)"),
		in(lang, "Wilson high (permille)", "Wilson haut (pour mille)"), in(lang, "remark", "remarque")}}
	for _, g := range r.groups(lang) {
		for _, q := range Questions() {
			row := []any{g.name, in(lang, q.EN, q.FR), g.households, g.weight}
			switch e := g.estimates[q.Name]; {
			case e.Suppressed:
				row = append(row, nil, nil, nil, nil, in(lang, "not shown", "non montré"))
			default:
				row = append(row, e.Answers, e.Share, e.Low, e.High, nil)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// calls says what was reached, and what was not.
func (r Results) calls(lang string) workbook.Table {
	t := workbook.Table{Name: in(lang, "calls", "appels"), Titles: []string{in(lang, "group", "groupe"), in(lang, "households", "ménages"),
		in(lang, "drawn", "tirés"), in(lang, "replacements", "remplaçants"), in(lang, "called", "appelés"), in(lang, "answered", "ont répondu"),
		in(lang, "not reached", "non joints"), in(lang, "refused", "ont refusé"), in(lang, "not called", "non appelés")}}
	for _, g := range r.groups(lang) {
		row := []any{g.name, g.households, g.drawn, g.replacements, g.called, g.spoken, g.unreached, g.refuse, g.drawn + g.replacements - g.called}
		if g.hidden {
			row[5], row[6], row[7] = nil, nil, nil
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (r Results) method(lang string) workbook.Table {
	m := r.Sample
	enough := in(lang, "yes", "oui")
	if !r.Enough {
		enough = in(lang, "no: the intervals say what these answers are worth", "non : les intervalles disent ce que valent ces réponses")
	}
	return workbook.Table{Name: in(lang, "method", "méthode"), Titles: []string{in(lang, "what", "quoi"), in(lang, "value", "valeur")}, Rows: [][]any{
		{in(lang, "sample", "échantillon"), m.ID},
		{in(lang, "round", "cycle"), m.Round},
		{in(lang, "drawn on", "tiré le"), m.Drawn.Format(time.DateOnly)},
		{in(lang, "confidence (percent)", "confiance (pour cent)"), m.Design.Confidence},
		{in(lang, "margin (points)", "marge (points)"), m.Design.Margin},
		{in(lang, "answers wanted", "réponses voulues"), r.Wanted},
		{in(lang, "answers", "réponses"), r.Spoken},
		{in(lang, "enough for that margin", "assez pour cette marge"), enough},
		{in(lang, "response (permille of those called)", "taux de réponse (pour mille des appelés)"), r.ResponsePermille},
		{in(lang, "interval", "intervalle"), in(lang, "Wilson's, at Kish's effective size, strata weighted by their households, no finite correction",
			"de Wilson, à la taille effective de Kish, strates pondérées par leurs ménages, sans correction de population finie")},
		{in(lang, "not shown", "non montré"), in(lang, "fewer than "+strconv.Itoa(smallCell)+" answers, and what would give them away",
			"moins de "+strconv.Itoa(smallCell)+" réponses, et ce qui les révélerait")},
		{in(lang, "frame, SHA-256", "base de sondage, SHA-256"), hex.EncodeToString(m.Frame[:])},
		{in(lang, "journal's entry of the frame", "écriture de la base au journal"), strconv.FormatUint(m.FrameEntry, 10)},
		{in(lang, "nonce", "nonce"), hex.EncodeToString(m.Nonce)},
		{in(lang, "journal's entry of the draw", "écriture du tirage au journal"), strconv.FormatUint(m.DrawEntry, 10)},
	}}
}
