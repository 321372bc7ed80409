package report

import (
	"fmt"
	"io"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/report/layout"
)

// categories are the words for what households are told apart by.
var categories = map[string]map[string]word{
	"sex":    {"M": {"man", "homme"}, "F": {"woman", "femme"}},
	"age":    {"0-17": {"under 18", "moins de 18 ans"}, "18-59": {"18 to 59", "18 à 59 ans"}, "60+": {"60 and over", "60 ans et plus"}},
	"status": {"resident": {"resident", "résident"}, "displaced": {"displaced", "déplacé"}, "returnee": {"returnee", "retourné"}, "host": {"host", "hôte"}, "other": {"other", "autre"}},
	"people": {"women": {"women", "femmes"}, "men": {"men", "hommes"}, "girls": {"girls", "filles"}, "boys": {"boys", "garçons"}},
}

func category(by, of, lang string) string {
	switch of {
	case "":
		return word{"not said", "non renseigné"}.in(lang)
	case joinedColumns:
		return word{"others together", "autres ensemble"}.in(lang)
	}
	if w, ok := categories[by][of]; ok {
		return w.in(lang)
	}
	return of
}

// Document is the report for people, in "fr" or else English.
func (d Donor) Document(lang string) layout.Document {
	if lang != "fr" {
		lang = "en"
	}
	w := writer{lang: lang}
	out := layout.Document{Lang: lang, Title: w.say("Report to the donor", "Rapport au bailleur"), Subtitle: d.Fund.Donor + " – " + d.Fund.Name, Made: d.At,
		Facts: [][2]string{
			{w.say("Fund", "Fonds"), d.Fund.ID}, {w.say("Programme", "Programme"), d.Programme.Name},
			{w.say("Made from the journal up to", "Établi sur le journal jusqu'au"), d.At.UTC().Format("2006-01-02 15:04") + " UTC"},
			{w.say("Checkpoint", "Point de contrôle"), fmt.Sprintf(w.say("%s entries, root %s", "%s écritures, racine %s"), w.number(int64(d.Size)), d.Checkpoint)},
		}, Good: true, More: "%d", Page: "page"}
	for _, r := range d.Rounds {
		out.Good = out.Good && r.Round.Ties
		out.Alarms = append(out.Alarms, r.Round.TieErrors...)
	}
	out.Verdict = writer{Round: Round{Ties: out.Good}, lang: lang}.verdict()
	out.Sections = append(out.Sections, w.rule(), d.money(w))
	for _, r := range d.Rounds {
		out.Sections = append(out.Sections, r.section(lang))
	}
	return out
}

func (w writer) rule() layout.Section {
	return layout.Section{Title: w.say("What is left out, and why", "Ce qui n'est pas publié, et pourquoi"), Text: w.say(
		"A number of households or people below 10 is not shown (–), nor is any other number that would give it away by subtraction from a total: "+
			"what is left tells a hidden number no more closely than 1 to 9 or a span as wide. Cercles and categories that count fewer than 10 are shown together. "+
			"No place below the cercle is named. Values by place are rounded to 1,000. Who was reached is shown once sales have ended. "+
			"The tables of a round are the same in every donor's report.",
		"Un nombre de ménages ou de personnes inférieur à 10 n'est pas montré (–), ni aucun autre nombre qui le révélerait par soustraction d'un total : "+
			"ce qui reste ne dit d'un nombre caché rien de plus précis que 1 à 9, ou un intervalle aussi large. Les cercles et catégories de moins de 10 sont réunis. "+
			"Aucun lieu en dessous du cercle n'est nommé. Les valeurs par lieu sont arrondies à 1 000. Les ménages touchés sont montrés après la fin des ventes. "+
			"Les tableaux d'un cycle sont les mêmes dans le rapport de chaque bailleur.")}
}

func (d Donor) money(w writer) layout.Section {
	got := layout.Table{ID: "received", Title: w.say("Received", "Reçu"), Columns: []layout.Column{col(w.say("On", "Le")), col(w.say("Bank reference", "Référence bancaire")),
		num(d.Fund.Currency.Code()), num("FCFA")}}
	var donor, francs int64
	for _, r := range d.Receipts {
		donor, francs = donor+r.Donor.Minor(), francs+r.XOF.Minor()
		got.Rows = append(got.Rows, []layout.Cell{layout.Text(w.day(r.On)), layout.Text(r.BankRef), layout.Number(r.Donor.Minor(), d.Fund.Currency.Digits(), ""),
			layout.Number(r.XOF.Minor(), 0, "")})
	}
	got.Rows = append(got.Rows, []layout.Cell{layout.Text(w.say("Total", "Total")), {}, layout.Number(donor, d.Fund.Currency.Digits(), ""), layout.Number(francs, 0, "")})
	got.Note = w.say("Each receipt is at the bank's own rate; the books are in FCFA.", "Chaque réception est au taux réel de la banque ; les livres sont en FCFA.")
	used := layout.Table{ID: "rounds", Title: w.say("Given to rounds", "Accordé aux cycles"), Columns: []layout.Column{col(w.say("Round", "Cycle")),
		num(w.say("Given (FCFA)", "Accordé (FCFA)")), num(w.say("Returned (FCFA)", "Retourné (FCFA)")), num(w.say("Round's budget (FCFA)", "Budget du cycle (FCFA)")), num(w.say("Share of the budget", "Part du budget"))}}
	for _, r := range d.Rounds {
		budget := r.Round.Whole("budget").Value
		used.Rows = append(used.Rows, []layout.Cell{layout.Text(r.Round.Round.Name + " (" + r.Round.Round.ID + ")"), layout.Number(r.Given.Minor(), 0, ""),
			layout.Number(r.Returned.Minor(), 0, ""), layout.Number(budget, 0, ""), layout.Share(r.Given.Minor(), budget)})
	}
	for _, r := range d.Planned {
		used.Rows = append(used.Rows, []layout.Cell{layout.Text(r.Round.Name + " (" + r.Round.ID + w.say(", not issued yet)", ", pas encore émis)")),
			layout.Number(r.Given.Minor(), 0, ""), layout.Number(r.Returned.Minor(), 0, ""), {}, {}})
	}
	return layout.Section{Title: w.say("Money", "Argent"), Tables: []layout.Table{got, used}}
}

func (r DonorRound) section(lang string) layout.Section {
	w := writer{r.Round, lang}
	id, p := r.Round.Round.ID, r.Public
	s := layout.Section{Title: r.Round.Round.Name + " (" + id + ")"}
	t := layout.Table{ID: short(id, "numbers"), Title: w.say("The round in numbers", "Le cycle en chiffres"), Columns: []layout.Column{col(""), num(w.say("Value", "Valeur"))}}
	for _, x := range []struct{ name, en, fr string }{{"included", "households included", "ménages inclus"}, {"reached", "households reached", "ménages touchés"},
		{"served", "households that bought", "ménages ayant acheté"}, {"vouchers.issued", "vouchers issued", "coupons émis"}, {"redeemed.vouchers", "redemptions", "échanges"},
		{"redeemed.value", "value redeemed (FCFA)", "valeur échangée (FCFA)"}, {"used", "used (FCFA)", "utilisé (FCFA)"}} {
		f := w.Whole(x.name)
		cell := w.show(f.Key)
		if f.Unit == Households {
			if cell.Number = p.headline(x.name, w.Figures); cell.Number < 0 {
				cell = layout.Text("–")
			}
		}
		t.Rows = append(t.Rows, []layout.Cell{layout.Text(w.say(x.en, x.fr)), cell})
	}
	s.Tables = append(s.Tables, t)
	switch {
	case !p.Enough:
		s.Text = w.say("Fewer than 10 households: nothing is shown by place.", "Moins de 10 ménages : rien n'est montré par lieu.")
		return s
	case !p.Ended:
		s.Text = w.say("Sales go on: who was reached is shown once they have ended.", "Les ventes continuent : les ménages touchés seront montrés à leur fin.")
		return s
	}
	places := layout.Table{ID: short(id, "places"), Title: w.say("By cercle", "Par cercle"), Columns: []layout.Column{col(w.say("Cercle", "Cercle")), col("P-code"),
		num(w.say("Households reached", "Ménages touchés")), num(w.say("Value redeemed", "Valeur échangée") + " (" + unitOf(r.Round.Round.Asset) + ")")},
		Plot: &layout.Plot{Title: w.say("Households reached in each cercle", "Ménages touchés dans chaque cercle")}}
	for _, at := range p.Places {
		places.Rows = append(places.Rows, []layout.Cell{layout.Text(w.place(at)), layout.Text(at.CercleCode), layout.Number(at.Reached, 0, ""),
			layout.Number(at.Value, r.Round.Round.Asset.Digits(), "")})
		places.Plot.Points = append(places.Plot.Points, layout.Point{Label: w.place(at), Value: at.Reached, Text: w.number(at.Reached)})
	}
	s.Tables = append(s.Tables, places)
	for _, d := range p.Tables {
		title := map[string]string{"sex": w.say("Households by sex of the head", "Ménages par sexe du chef"), "age": w.say("Households by age of the head", "Ménages par âge du chef"),
			"status": w.say("Households by status", "Ménages par statut")}[d.By]
		s.Tables = append(s.Tables, w.crossed(short(id, d.By), title, d.By, d.Protected, p.Places))
	}
	if len(p.People.RowTotals) > 0 {
		s.Tables = append(s.Tables, w.crossed(short(id, "people"), w.say("People in these households", "Personnes dans ces ménages"), "people", p.People, p.Places))
	}
	return s
}

// short keeps the name of a sheet within what spreadsheets allow.
func short(round, what string) string {
	const most = 31
	if len(round)+len(what)+1 > most {
		round = round[:most-len(what)-1]
	}
	return round + "-" + what
}

func unitOf(a money.Asset) string {
	if a == francs {
		return "FCFA"
	}
	return a.Code()
}

func (w writer) place(at Place) string {
	switch {
	case at.Name != "":
		return at.Name
	case at.CercleCode != "":
		return at.CercleCode
	}
	return w.say("other places together", "autres lieux ensemble")
}

// crossed is a protected table with its totals.
func (w writer) crossed(id, title, by string, p Protected, places []Place) layout.Table {
	t := layout.Table{ID: id, Title: title, Columns: []layout.Column{col(w.say("Cercle", "Cercle"))}}
	for _, c := range p.Columns {
		t.Columns = append(t.Columns, num(category(by, c, w.lang)))
	}
	t.Columns = append(t.Columns, num(w.say("Total", "Total")))
	for i, total := range p.RowTotals {
		row := []layout.Cell{layout.Text(w.place(places[i]))}
		for j := range p.Columns {
			switch {
			case p.Cells == nil || p.Cells[i][j].Hidden:
				row = append(row, layout.Text("–"))
			default:
				row = append(row, layout.Number(p.Cells[i][j].N, 0, ""))
			}
		}
		t.Rows = append(t.Rows, append(row, layout.Number(total, 0, "")))
	}
	row := []layout.Cell{layout.Text(w.say("Total", "Total"))}
	for _, n := range p.ColumnTotals {
		row = append(row, layout.Number(n, 0, ""))
	}
	t.Rows = append(t.Rows, append(row, layout.Number(p.Total, 0, "")))
	return t
}

// DonorFormats write a report to a donor, in "fr" or else English, by their
// name.
var DonorFormats = map[string]func(w io.Writer, d Donor, lang string) error{
	"html": func(w io.Writer, d Donor, lang string) error { return layout.WriteHTML(w, d.Document(lang)) },
	"pdf":  func(w io.Writer, d Donor, lang string) error { return layout.WritePDF(w, d.Document(lang)) },
	"xlsx": func(w io.Writer, d Donor, lang string) error { return layout.WriteXLSX(w, d.Document(lang)) },
}
