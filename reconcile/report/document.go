package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/report/layout"
)

// writer puts figures into words and tables of one language.
type writer struct {
	Round
	lang string
}

// Document is the report for people, in "fr" or else English.
func (r Round) Document(lang string) layout.Document {
	if lang != "fr" {
		lang = "en"
	}
	w := writer{r, lang}
	return layout.Document{
		Lang: lang, Title: w.say("Report on the round", "Rapport du cycle"),
		Subtitle: strings.TrimSuffix(r.Programme.Name+" – "+r.Round.Name+" ("+r.Round.ID+")", " – "),
		Made:     r.At, Facts: w.facts(), Verdict: w.verdict(), Good: r.Ties, Alarms: r.TieErrors,
		More: w.say("and %d more rows in the workbook", "et %d autres lignes dans le classeur"), Page: w.say("page", "page"),
		Sections: slices.Concat([]layout.Section{w.summary(), w.reach(), w.redeemed(), w.manner(), w.checks()}, w.elsewhere(),
			[]layout.Section{w.paid(), w.funds(), w.everything()}),
	}
}

func (w writer) say(en, fr string) string { return word{en, fr}.in(w.lang) }

func (w writer) facts() [][2]string {
	return [][2]string{
		{w.say("Sales", "Ventes"), w.day(w.Round.Round.Opens) + " – " + w.day(w.Round.Round.SalesEnd.Add(-time.Second))},
		{w.say("State of the round", "État du cycle"), map[distribution.RoundState]string{
			distribution.RoundOpen: w.say("open", "ouvert"), distribution.RoundGrace: w.say("sales ended, late receipts still arrive", "ventes closes, des reçus tardifs arrivent encore"),
			distribution.RoundClosed: w.say("closed", "clos")}[w.Round.Round.State]},
		{w.say("Made from the journal up to", "Établi sur le journal jusqu'au"), w.At.UTC().Format("2006-01-02 15:04") + " UTC"},
		{w.say("Checkpoint", "Point de contrôle"), fmt.Sprintf(w.say("%s entries, root %s", "%s écritures, racine %s"), w.number(int64(w.Size)), w.Checkpoint)},
	}
}

func (w writer) verdict() string {
	if w.Ties {
		return w.say("The figures tie: they equal the ledger's balances and each other, to the franc.",
			"Les chiffres concordent : ils égalent les soldes du grand livre et entre eux, au franc près.")
	}
	return w.say("THE FIGURES DO NOT TIE with the ledger:", "LES CHIFFRES NE CONCORDENT PAS avec le grand livre :")
}

func (w writer) day(t time.Time) string {
	if w.lang == "fr" {
		return t.UTC().Format("02/01/2006")
	}
	return t.UTC().Format("2 Jan 2006")
}

// number writes a whole number with the language's groups of three.
func (w writer) number(n int64) string {
	text, _, _ := strings.Cut(money.Francs(n).Format(w.lang), "\u00a0")
	return text
}

// show is the cell of a figure.
func (w writer) show(k Key) layout.Cell {
	f := w.Get(k)
	return layout.Number(f.Value, f.Asset.Digits(), k.String())
}

func col(title string) layout.Column { return layout.Column{Title: title} }

func num(title string) layout.Column { return layout.Column{Title: title, Numbers: true} }

// Titles of columns.
func (w writer) share() layout.Column    { return num(w.say("Share", "Part")) }
func (w writer) value() layout.Column    { return num(w.say("Value (FCFA)", "Valeur (FCFA)")) }
func (w writer) vouchers() layout.Column { return num(w.say("Vouchers", "Coupons")) }

// parts is a table of the parts of one figure, with others of the same parts
// beside it and a plot of the first.
type parts struct {
	id, title, plot string
	by              string // what figures are parts by
	set             string // of codes; by where ""
	head            string
	figures         []string
	columns         []layout.Column
	name            func(string) string // nil: the words of the code
	sort            func([]Figure) []Figure
	upright         bool
}

func (w writer) table(p parts) layout.Table {
	t := layout.Table{ID: p.id, Title: p.title, Columns: append([]layout.Column{col(p.head)}, p.columns...)}
	t.Columns = append(t.Columns, w.share())
	name := p.name
	if name == nil {
		name = func(of string) string { return code(cmp.Or(p.set, p.by), of, w.lang) }
	}
	rows := w.Split(p.figures[0], p.by)
	if p.sort != nil {
		rows = p.sort(rows)
	}
	whole := w.Whole(p.figures[0]).Value
	if whole == 0 {
		for _, f := range rows {
			whole += f.Value
		}
	}
	plot := &layout.Plot{Title: p.plot, Upright: p.upright}
	for _, f := range rows {
		row := []layout.Cell{layout.Text(name(f.Of))}
		for _, figure := range p.figures {
			row = append(row, w.show(Key{figure, p.by, f.Of}))
		}
		t.Rows = append(t.Rows, append(row, layout.Share(f.Value, whole)))
		plot.Points = append(plot.Points, layout.Point{Label: name(f.Of), Value: f.Value, Text: w.number(f.Value)})
	}
	plot.Fold(func(n int) string { return fmt.Sprintf(w.say("%d others", "%d autres"), n) }, w.number)
	if p.plot != "" {
		t.Plot = plot
	}
	return t
}

// inOrder sorts figures as codes are listed.
func inOrder(list ...string) func([]Figure) []Figure {
	return func(fs []Figure) []Figure {
		at := func(f Figure) int {
			if i := slices.Index(list, f.Of); i >= 0 {
				return i
			}
			return len(list)
		}
		slices.SortStableFunc(fs, func(a, b Figure) int { return cmp.Compare(at(a), at(b)) })
		return fs
	}
}

// everything lists every figure with its id, for whoever asks where one comes
// from.
func (w writer) everything() layout.Section {
	t := layout.Table{ID: "figures", Title: w.say("Every figure", "Tous les chiffres"), Columns: []layout.Column{
		col(w.say("Id", "Identifiant")), col(w.say("Unit", "Unité")), num(w.say("Value", "Valeur")), num(w.say("Made of", "Composé de"))}}
	for _, f := range w.All() {
		unit := string(f.Unit)
		if f.Unit == Amounts {
			unit = f.Asset.Code()
		}
		t.Rows = append(t.Rows, []layout.Cell{layout.Text(f.Key.String()), layout.Text(unit), w.show(f.Key), layout.Number(int64(f.Terms), 0, "")})
	}
	return layout.Section{Title: w.say("Where each figure comes from", "D'où vient chaque chiffre"),
		Text: w.say("Each figure sums entries of the journal, or counts records. To list them: ",
			"Chaque chiffre additionne des écritures du journal ou compte des enregistrements. Pour les lister : ") +
			"jate report --round " + w.Round.Round.ID + " --explain " + w.say("ID", "IDENTIFIANT") + ".", Tables: []layout.Table{t}}
}
