package report

import (
	"strings"
	"time"

	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/report/layout"
)

func (w writer) summary() layout.Section {
	t := layout.Table{ID: "summary", Title: w.say("The round in numbers", "Le cycle en chiffres"), Columns: []layout.Column{
		col(""), num(w.say("Value", "Valeur"))}}
	for _, r := range []struct{ name, en, fr string }{
		{"targeted", "households targeted", "ménages ciblés"},
		{"included", "households included", "ménages inclus"},
		{"reached", "households reached: handed at least one card", "ménages touchés : au moins une carte remise"},
		{"served", "households served: bought with at least one card", "ménages servis : au moins un achat"},
		{"vouchers.issued", "vouchers issued", "coupons émis"},
		{"redeemed.vouchers", "redemptions that stand", "échanges retenus"},
		{"redeemed.value", "value redeemed (FCFA)", "valeur échangée (FCFA)"},
		{"exceptions", "lines that do not match", "lignes non rapprochées"},
		{"findings", "findings", "constats"},
		{"cases", "cases", "dossiers"},
		{"budget", "budget (FCFA)", "budget (FCFA)"},
		{"used", "used (FCFA)", "utilisé (FCFA)"},
		{"returned", "returned to the funds (FCFA)", "retourné aux fonds (FCFA)"},
		{"left", "left (FCFA)", "restant (FCFA)"},
	} {
		t.Rows = append(t.Rows, []layout.Cell{layout.Text(w.say(r.en, r.fr)), w.show(Key{Name: r.name})})
	}
	return layout.Section{Title: w.say("Summary", "Résumé"), Tables: []layout.Table{t}}
}

// steps of people and vouchers, each a share of the first.
func (w writer) funnel(id, title, plot string, rows [][3]string, values map[string]string) layout.Table {
	t := layout.Table{ID: id, Title: title, Columns: []layout.Column{col(""), num(w.say("Number", "Nombre")), w.share()}, Plot: &layout.Plot{Title: plot}}
	if values != nil {
		t.Columns = append(t.Columns, num(w.say("Value", "Valeur")))
	}
	whole := w.Whole(rows[0][0]).Value
	for _, r := range rows {
		f, label := w.Whole(r[0]), w.say(r[1], r[2])
		row := []layout.Cell{layout.Text(label), w.show(f.Key), layout.Share(f.Value, whole)}
		if values != nil {
			cell := layout.Cell{}
			if name := values[r[0]]; name != "" {
				cell = w.show(Key{Name: name})
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
		t.Plot.Points = append(t.Plot.Points, layout.Point{Label: label, Value: f.Value, Text: w.number(f.Value)})
	}
	return t
}

func (w writer) reach() layout.Section {
	kilos := func(name string) string { return assetOf(name, w.Round.Round.Asset) }
	return layout.Section{Title: w.say("Households and vouchers", "Ménages et coupons"),
		Text: w.say("Targeted are the households of the points that the round serves. A share is of the first row.",
			"Les ménages ciblés sont ceux des sites que le cycle dessert. Une part se rapporte à la première ligne."),
		Tables: []layout.Table{
			w.funnel("households", w.say("Households", "Ménages"), w.say("How many households came how far", "Combien de ménages sont arrivés à chaque étape"), [][3]string{
				{"targeted", "targeted", "ciblés"}, {"included", "included", "inclus"}, {"reached", "reached", "touchés"}, {"served", "served", "servis"}}, nil),
			w.funnel("vouchers", w.say("Vouchers", "Coupons"), w.say("What became of the vouchers", "Ce que sont devenus les coupons"), [][3]string{
				{"vouchers.issued", "issued", "émis"}, {"vouchers.delivered", "delivered", "remis"}, {"vouchers.redeemed", "redeemed", "échangés"},
				{"vouchers.expired", "expired", "expirés"}, {"vouchers.void", "void", "annulés"}, {"vouchers.replaced", "replaced", "remplacés"},
				{"vouchers.outstanding", "outstanding", "en circulation"}},
				map[string]string{"vouchers.issued": kilos("issued.value"), "vouchers.delivered": "delivered.value", "vouchers.redeemed": "exchanged.value",
					"vouchers.expired": kilos("expired.value"), "vouchers.void": kilos("void.value"), "vouchers.outstanding": "outstanding.value"}),
		}}
}

func (w writer) redeemed() layout.Section {
	days := w.table(parts{id: "days", title: w.say("By day of the sale", "Par jour de vente"), by: "day", head: w.say("Day", "Jour"),
		plot: w.say("Value redeemed on each day, in FCFA", "Valeur échangée chaque jour, en FCFA"), upright: true,
		figures: []string{"redeemed.value", "redeemed.vouchers"}, columns: []layout.Column{w.value(), w.vouchers()}})
	days.Plot.Points = w.everyDay(days.Plot.Points)
	days.Note = w.say("The day is that of the handheld's clock, held within what the server can prove.",
		"Le jour est celui de l'horloge du terminal, dans les bornes que le serveur peut prouver.")
	named := func(names map[string]string) func(string) string {
		return func(of string) string { return strings.TrimSpace(of + " " + names[of]) }
	}
	return layout.Section{Title: w.say("Value redeemed", "Valeur échangée"), Tables: []layout.Table{days,
		w.table(parts{id: "points", title: w.say("By distribution point", "Par site de distribution"), by: "point", head: w.say("Point", "Site"),
			plot: w.say("Value redeemed with cards of each point, in FCFA", "Valeur échangée avec les cartes de chaque site, en FCFA"), sort: largest,
			name: named(w.Points), figures: []string{"redeemed.value", "redeemed.vouchers"}, columns: []layout.Column{w.value(), w.vouchers()}}),
		w.table(parts{id: "traders", title: w.say("By trader", "Par commerçant"), by: "vendor", head: w.say("Trader", "Commerçant"),
			plot: w.say("Value redeemed at each trader's, in FCFA", "Valeur échangée chez chaque commerçant, en FCFA"), sort: largest,
			name: named(w.Vendors), figures: []string{"redeemed.value", "redeemed.vouchers"}, columns: []layout.Column{w.value(), w.vouchers()}}),
		w.table(parts{id: "modality", title: w.say("By modality", "Par modalité"), by: "modality", head: w.say("Modality", "Modalité"),
			figures: []string{"redeemed.value", "redeemed.vouchers"}, columns: []layout.Column{w.value(), w.vouchers()}}),
	}}
}

// everyDay adds the days without sales between those with, so that a plot shows
// the gaps; not for more than a quarter of a year.
func (w writer) everyDay(points []layout.Point) []layout.Point {
	if len(points) == 0 {
		return nil
	}
	of := map[string]layout.Point{}
	for _, p := range points {
		of[p.Label] = p
	}
	first, err1 := time.Parse(time.DateOnly, points[0].Label)
	last, err2 := time.Parse(time.DateOnly, points[len(points)-1].Label)
	if err1 != nil || err2 != nil || last.Sub(first) > 92*24*time.Hour {
		return points
	}
	var out []layout.Point
	for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
		p, ok := of[d.Format(time.DateOnly)]
		if !ok {
			p.Text = w.number(0)
		}
		p.Label = d.Format("2 Jan")
		if w.lang == "fr" {
			p.Label = d.Format("02/01")
		}
		out = append(out, p)
	}
	return out
}

func (w writer) manner() layout.Section {
	both := []layout.Column{w.vouchers(), w.value()}
	counts := []string{"redeemed.vouchers", "redeemed.value"}
	return layout.Section{Title: w.say("How it was redeemed", "Comment les échanges se sont faits"), Tables: []layout.Table{
		w.table(parts{id: "delay", title: w.say("Time from hand-over to redemption", "Temps entre la remise et l'échange"), by: "delay", head: w.say("After", "Après"),
			plot: w.say("Redemptions by the time since the card was handed over", "Échanges selon le temps écoulé depuis la remise de la carte"),
			sort: inOrder("0", "1", "2-3", "4-7", "8-14", "15-30", "31+", "unknown"), figures: counts[:1], columns: both[:1]}),
		w.table(parts{id: "arrival", title: w.say("On line and off line", "En ligne et hors ligne"), by: "arrival", head: w.say("The record came", "L'enregistrement est arrivé"),
			plot: w.say("Redemptions by how their record came", "Échanges selon l'arrivée de leur enregistrement"),
			sort: inOrder("online", "later", "file", "stub"), figures: counts, columns: both}),
		w.table(parts{id: "factor", title: w.say("Factor given with the card", "Facteur donné avec la carte"), by: "factor", head: w.say("Factor", "Facteur"),
			plot: w.say("Redemptions by the factor that was given", "Échanges selon le facteur donné"),
			sort: inOrder("S", "P", "SP", "card"), figures: counts, columns: both}),
		w.table(parts{id: "records", title: w.say("What handhelds sent", "Ce que les terminaux ont envoyé"), by: "state", set: "receipt",
			head: w.say("State of the record", "État de l'enregistrement"), sort: largest, figures: []string{"receipts"}, columns: []layout.Column{num(w.say("Records", "Enregistrements"))}}),
	}}
}

func (w writer) checks() layout.Section {
	var classes []string
	for _, e := range reconcile.Exceptions() {
		classes = append(classes, string(e))
	}
	lines := num(w.say("Lines", "Lignes"))
	return layout.Section{Title: w.say("Exceptions, findings and cases", "Écarts, constats et dossiers"),
		Text: w.say("A finding is a reason to look, not a judgement; each says what would clear it. People decide cases.",
			"Un constat est une raison d'examiner, pas un jugement ; chacun dit ce qui le lèverait. Des personnes décident des dossiers."),
		Tables: []layout.Table{
			w.table(parts{id: "exceptions", title: w.say("Lines that do not match", "Lignes non rapprochées"), by: "class", head: w.say("Exception", "Écart"),
				sort: inOrder(classes...), figures: []string{"exceptions", "exceptions.value"}, columns: []layout.Column{lines, w.value()}}),
			w.table(parts{id: "findings", title: w.say("Findings", "Constats"), by: "detector", head: w.say("Detector", "Détecteur"), sort: largest,
				figures: []string{"findings", "findings.value"}, columns: []layout.Column{num(w.say("Findings", "Constats")), w.value()}}),
			w.table(parts{id: "cases", title: w.say("Cases", "Dossiers"), by: "state", set: "case", head: w.say("State", "État"),
				figures: []string{"cases", "cases.value", "cases.frozen"}, columns: []layout.Column{num(w.say("Cases", "Dossiers")), w.value(), num(w.say("Frozen (FCFA)", "Gelé (FCFA)"))}}),
			w.table(parts{id: "outcomes", title: w.say("What became of the money of cases", "Ce qu'est devenu l'argent des dossiers"), by: "outcome", head: w.say("Outcome", "Issue"),
				sort: inOrder("undecided", "released", "written-off", "charged"), figures: []string{"outcomes"}, columns: []layout.Column{w.value()}}),
			w.debts(),
		}}
}

// debts are what traders owe by cases.
func (w writer) debts() layout.Table {
	t := layout.Table{ID: "debts", Title: w.say("To be paid back by traders", "À rembourser par les commerçants"), Columns: []layout.Column{col(""), w.value()}}
	for _, r := range []struct{ name, en, fr string }{{"debt.charged", "charged by cases", "mis à leur charge"}, {"debt.recovered", "paid back", "remboursé"},
		{"debt.given-up", "given up by two people", "abandonné par deux personnes"}} {
		t.Rows = append(t.Rows, []layout.Cell{layout.Text(w.say(r.en, r.fr)), w.show(Key{Name: r.name})})
	}
	return t
}

func (w writer) paid() layout.Section {
	t := layout.Table{ID: "claims", Title: w.say("From the claim to the payment", "De la demande au paiement"),
		Columns: []layout.Column{col(""), w.value()}, Plot: &layout.Plot{Title: w.say("Value from the redemption to the payment, in FCFA", "Valeur de l'échange au paiement, en FCFA")}}
	for _, r := range []struct {
		key    Key
		en, fr string
	}{
		{Key{Name: "redeemed.value"}, "redeemed", "échangé"},
		{Key{"claimed.value", "kind", "self-billed"}, "claimed, self-billed", "demandé, établi par nous"},
		{Key{"claimed.value", "kind", "independent"}, "claimed, traders' invoices", "demandé, factures"},
		{Key{Name: "matched.value"}, "matched", "rapproché"},
		{Key{Name: "accepted.value"}, "accepted", "accepté"},
		{Key{Name: "charges.value"}, "commissions less withholdings", "commissions moins retenues"},
		{Key{Name: "recovered.value"}, "kept against advances", "retenu sur avances"},
		{Key{Name: "owed.value"}, "owed, not sent yet", "dû, pas encore envoyé"},
		{Key{"payments.value", "state", "transit"}, "in transit", "en cours"},
		{Key{"payments.value", "state", "success"}, "confirmed by the bank", "confirmé par la banque"},
		{Key{"payments.value", "state", "error"}, "refused by the bank", "refusé par la banque"},
		{Key{"payments.value", "state", "returned"}, "paid, and came back", "payé, puis revenu"},
	} {
		label, f := w.say(r.en, r.fr), w.Get(r.key)
		t.Rows = append(t.Rows, []layout.Cell{layout.Text(label), w.show(r.key)})
		if f.Value >= 0 {
			t.Plot.Points = append(t.Plot.Points, layout.Point{Label: label, Value: f.Value, Text: w.number(f.Value)})
		}
	}
	count := func(en, fr string) []layout.Column { return []layout.Column{num(w.say(en, fr))} }
	return layout.Section{Title: w.say("Claims and payments", "Demandes et paiements"), Tables: []layout.Table{t,
		w.table(parts{id: "claimstates", title: w.say("Claims", "Demandes de remboursement"), by: "state", set: "claim", head: w.say("State", "État"),
			sort: inOrder("proposed", "accepted", "ordered", "settled", "refused"), figures: []string{"claims"}, columns: count("Claims", "Demandes")}),
		w.table(parts{id: "payments", title: w.say("Payments", "Paiements"), by: "state", set: "payment", head: w.say("State", "État"),
			figures: []string{"payments", "payments.value"}, columns: append(count("Payments", "Paiements"), w.value())}),
	}}
}

func (w writer) funds() layout.Section {
	t := layout.Table{ID: "budget", Title: w.say("Budget, used, returned, left", "Budget, utilisé, retourné, restant"), Columns: []layout.Column{
		col(""), w.value(), w.share()}, Plot: &layout.Plot{Title: w.say("What became of the budget, in FCFA", "Ce qu'est devenu le budget, en FCFA")}}
	whole := w.Whole("budget").Value
	for _, r := range []struct{ name, en, fr string }{{"budget", "budget", "budget"}, {"used", "less what was used", "moins l'utilisé"},
		{"returned", "less what was returned", "moins le retourné"}, {"left", "left", "restant"}} {
		f, label := w.Whole(r.name), w.say(r.en, r.fr)
		t.Rows = append(t.Rows, []layout.Cell{layout.Text(label), w.show(f.Key), layout.Share(f.Value, whole)})
		t.Plot.Points = append(t.Plot.Points, layout.Point{Label: label, Value: max(f.Value, 0), Text: w.number(f.Value)})
	}
	sections := []layout.Table{t}
	part := layout.Table{ID: "budgetparts", Title: w.say("By what it was set aside for", "Selon son affectation"), Columns: []layout.Column{
		col(""), num("Budget (FCFA)"), num(w.say("Used (FCFA)", "Utilisé (FCFA)")), num(w.say("Returned (FCFA)", "Retourné (FCFA)")), num(w.say("Left (FCFA)", "Restant (FCFA)"))},
		Note: w.say("Of what was set aside for vouchers, what is still on vouchers is left too.",
			"De ce qui est affecté aux coupons, ce qui est encore sur des coupons compte comme restant.")}
	for _, p := range []string{"vouchers", "contingency", "fees"} {
		part.Rows = append(part.Rows, []layout.Cell{layout.Text(code("part", p, w.lang)), w.show(Key{"budget", "part", p}),
			w.show(Key{"used", "part", p}), w.show(Key{"returned", "part", p}), w.show(Key{"left", "part", p})})
	}
	fund := layout.Table{ID: "funds", Title: w.say("By fund", "Par fonds"), Columns: []layout.Column{col(w.say("Fund", "Fonds")),
		num(w.say("Given to the round (FCFA)", "Accordé au cycle (FCFA)")), num(w.say("Returned (FCFA)", "Retourné (FCFA)")), num(w.say("Drawn on (FCFA)", "Engagé (FCFA)"))}}
	for _, f := range w.Split("budget", "fund") {
		fund.Rows = append(fund.Rows, []layout.Cell{layout.Text(strings.TrimSpace(f.Of + " " + w.Funds[f.Of])), w.show(f.Key),
			w.show(Key{"returned", "fund", f.Of}), w.show(Key{"drawn", "fund", f.Of})})
	}
	return layout.Section{Title: w.say("Funds", "Fonds"), Tables: append(sections, part, fund)}
}
