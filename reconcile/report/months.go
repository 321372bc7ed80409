package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/report/layout"
	"github.com/jate-cva/jate/vendors"
)

// PeriodFormats write a month of the books, in "fr" or else English, by their
// name.
var PeriodFormats = map[string]func(w io.Writer, r finance.PeriodReport, lang string) error{
	"pdf": func(w io.Writer, r finance.PeriodReport, lang string) error {
		return layout.WritePDF(w, PeriodDocument(r, lang))
	},
	"xlsx": func(w io.Writer, r finance.PeriodReport, lang string) error {
		return layout.WriteXLSX(w, PeriodDocument(r, lang))
	},
}

// classes are the words for what accounts are for.
var classes = map[ledger.Class]word{
	ledger.ClassBank: {"Banks", "Banques"}, ledger.ClassReceivable: {"Promised by donors, not received", "Promis par les bailleurs, non reçu"},
	ledger.ClassFund: {"Funds", "Fonds"}, ledger.ClassRound: {"Rounds: allocated, not issued", "Cycles : alloué, non émis"},
	ledger.ClassContingency: {"Contingency for offline losses", "Réserve pour pertes hors ligne"}, ledger.ClassFees: {"Commissions and fees", "Commissions et frais"},
	ledger.ClassControl: {"Vouchers of rounds", "Coupons des cycles"}, ledger.ClassPledge: {"Commodities promised, not bought", "Produits promis, non achetés"},
	ledger.ClassRedeemed:  {"Traders: delivered, not claimed", "Commerçants : livré, non réclamé"},
	ledger.ClassClaimed:   {"Traders: claimed, not paid", "Commerçants : réclamé, non payé"},
	ledger.ClassContested: {"Traders: frozen by a case", "Commerçants : gelé par un dossier"},
	ledger.ClassTransit:   {"Paid, not confirmed by the bank", "Payé, non confirmé par la banque"},
	ledger.ClassAdvance:   {"Advances to traders", "Avances aux commerçants"}, ledger.ClassWithheld: {"Withheld, owed to the treasury", "Retenu à la source, dû au Trésor"},
	ledger.ClassSuspense:    {"Came in, not explained", "Entré, inexpliqué"},
	ledger.ClassUnexplained: {"Left, not explained", "Sorti, inexpliqué"},
	ledger.ClassDebt:        {"To be paid back by traders", "À rembourser par les commerçants"}, ledger.ClassRecoverable: {"Comes back to rounds", "Revient aux cycles"},
}

// PeriodDocument is a month of the books for people: each account with what was
// before, what was debited and credited, and what is left, by what accounts are
// for. In each asset the debits of a month equal its credits; the verdict says so.
func PeriodDocument(r finance.PeriodReport, lang string) layout.Document {
	w := inLang(lang)
	end, _ := time.Parse("2006-01", r.Month)
	d := w.document(w.say("Month of the books", "Mois des livres"), r.Month, end.AddDate(0, 1, -1), r.Size)
	d.Facts = append(d.Facts, [2]string{w.say("Digest of the month", "Empreinte du mois"), fmt.Sprintf("%x", r.Digest)},
		[2]string{w.say("Late entries", "Écritures tardives"), w.number(int64(r.Late)) + w.say(", of what happened in a month closed before", ", de faits d'un mois déjà clos")})
	byAsset := map[money.Asset][2]int64{}
	tables := map[ledger.Class]*layout.Table{}
	for _, l := range r.Lines {
		class, _ := l.Account.Class()
		t := tables[class]
		if t == nil {
			name := string(class)
			if known, ok := classes[class]; ok {
				name = known.in(w.lang)
			}
			t = &layout.Table{ID: string(class), Title: name, Columns: []layout.Column{col(w.say("Account", "Compte")), col(w.say("Asset", "Unité")),
				num(w.say("Opening", "Ouverture")), num(w.say("Debit", "Débit")), num(w.say("Credit", "Crédit")), num(w.say("Closing", "Clôture"))}}
			tables[class] = t
		}
		asset := l.Closing.Asset()
		sum := byAsset[asset]
		byAsset[asset] = [2]int64{sum[0] + l.Debit.Minor(), sum[1] + l.Credit.Minor()}
		row := []layout.Cell{layout.Text(string(l.Account)), layout.Text(asset.Code())}
		for _, m := range []money.Amount{l.Opening, l.Debit, l.Credit, l.Closing} {
			row = append(row, layout.Number(m.Minor(), asset.Digits(), ""))
		}
		t.Rows = append(t.Rows, row)
	}
	books := layout.Section{Title: w.say("Accounts", "Comptes"), Text: w.say("Balances stand on the side that is usual for the account: banks and advances are debits, what is owed to traders is a credit.",
		"Les soldes figurent du côté habituel du compte : banques et avances au débit, ce qui est dû aux commerçants au crédit.")}
	for _, class := range ledger.Classes() {
		if t := tables[class]; t != nil {
			books.Tables = append(books.Tables, *t)
		}
	}
	sums := layout.Table{ID: "sums", Title: w.say("Debits and credits of the month", "Débits et crédits du mois"), Columns: []layout.Column{col(w.say("Asset", "Unité")),
		num(w.say("Debit", "Débit")), num(w.say("Credit", "Crédit"))}}
	d.Good = true
	for _, a := range slices.SortedFunc(maps.Keys(byAsset), func(a, b money.Asset) int { return cmp.Compare(a.String(), b.String()) }) {
		s := byAsset[a]
		d.Good = d.Good && s[0] == s[1]
		sums.Rows = append(sums.Rows, []layout.Cell{layout.Text(a.Code()), layout.Number(s[0], a.Digits(), ""), layout.Number(s[1], a.Digits(), "")})
	}
	d.Verdict = w.say("The books tie: debits equal credits, and the journal comes to the balances.", "Les livres concordent : les débits égalent les crédits, et le journal aboutit aux soldes.")
	if !d.Good {
		d.Verdict = w.say("THE BOOKS DO NOT TIE: debits are not the credits.", "LES LIVRES NE CONCORDENT PAS : les débits n'égalent pas les crédits.")
	}
	d.Sections = []layout.Section{{Title: w.say("Sums", "Totaux"), Tables: []layout.Table{sums}}, books}
	return d
}

func inLang(lang string) writer {
	if lang != "fr" {
		lang = "en"
	}
	return writer{lang: lang}
}

// document begins a document of the finance office.
func (w writer) document(title, subtitle string, made time.Time, size uint64) layout.Document {
	return layout.Document{Lang: w.lang, Title: title, Subtitle: subtitle, Made: made, More: w.say("and %d more rows in the workbook", "et %d autres lignes dans le classeur"),
		Page: "page", Facts: [][2]string{{w.say("Made from", "Établi sur"), fmt.Sprintf(w.say("the journal's first %s entries", "les %s premières écritures du journal"), w.number(int64(size)))}}}
}

// BankFormats write the statement of a bank account, in "fr" or else English.
var BankFormats = map[string]func(w io.Writer, m vendors.BankMonth, lang string) error{
	"pdf": func(w io.Writer, m vendors.BankMonth, lang string) error {
		return layout.WritePDF(w, BankDocument(m, lang))
	},
}

// differences are the words for why bank and books differ, and for what a line
// is.
var (
	differences = map[vendors.DifferenceKind]word{
		vendors.DiffLater: {"in the books later", "comptabilisé après"}, vendors.DiffOutstanding: {"not shown by the bank yet", "pas encore vu par la banque"},
		vendors.DiffProposed: {"waits for a second person", "attend une deuxième personne"}, vendors.DiffUnknown: {"UNKNOWN", "INCONNU"},
		vendors.DifferenceKind(vendors.ChequeIssued): {"cheque, not presented yet", "chèque non encore présenté"},
		vendors.DifferenceKind(vendors.ChequeStale):  {"cheque, STALE", "chèque PÉRIMÉ"},
	}
	explanations = map[vendors.Explanation]word{"": {"not explained", "non expliqué"}, "payment": {"payment", "paiement"}, "return": {"return", "retour"},

		"fee": {"fee", "frais"}, "transfer": {"transfer between own accounts", "virement interne"}, "entry": {"in the books already", "déjà dans les livres"}, "unknown": {"unknown", "inconnu"}}
)

// BankDocument is the monthly statement of a bank account for people: the bank's
// balance less the books', and each line that makes the difference.
func BankDocument(m vendors.BankMonth, lang string) layout.Document {
	w := inLang(lang)
	d := w.document(w.say("Bank and books", "Banque et livres"), m.Bank+", "+w.day(m.From)+" – "+w.day(m.Until), m.Until, m.Size)
	franc := func(a money.Amount) layout.Cell { return layout.Number(a.Minor(), 0, "") }
	amount := num(w.say("Amount (FCFA)", "Montant (FCFA)"))
	sums := layout.Table{ID: "balances", Title: w.say("The bank's balance less the books'", "Solde de la banque moins solde des livres"), Columns: []layout.Column{col(""), amount}}
	for _, l := range []struct {
		en, fr string
		amount money.Amount
	}{{"Balance at the bank", "Solde en banque", m.BankBalance}, {"Balance in the books", "Solde des livres", m.Ledger}, {"Difference", "Écart", m.Difference},
		{"Explained, line by line", "Expliqué, ligne par ligne", m.Explained}, {"Not explained", "Inexpliqué", m.Unexplained},
		{"Came in and is still in suspense", "Entré et encore en attente", m.Suspense}, {"Left and is still in suspense", "Sorti et encore en attente", m.Missing},
		{"Cheques that are out", "Chèques en circulation", m.ChequesOut}} {
		sums.Rows = append(sums.Rows, []layout.Cell{layout.Text(w.say(l.en, l.fr)), franc(l.amount)})
	}
	lines := func(id, en, fr string, all []vendors.Difference) layout.Table {
		t := layout.Table{ID: id, Title: w.say(en, fr), Columns: []layout.Column{col(w.say("Why", "Pourquoi")), col(w.say("Day", "Jour")), col(w.say("What", "Nature")), amount,
			col(w.say("Where", "Où")), col(w.say("Reference and text", "Référence et libellé"))}}
		for _, x := range all {
			why, what := string(x.Kind), string(x.What)
			if known, ok := differences[x.Kind]; ok {
				why = known.in(w.lang)
			}
			if known, ok := explanations[x.What]; ok && (x.Line > 0 || x.What != "") {
				what = known.in(w.lang)
			}
			where := fmt.Sprintf(w.say("entry %d", "écriture %d"), x.Entry)
			if x.Line > 0 {
				where = fmt.Sprintf(w.say("bank's line %d", "ligne %d de la banque"), x.Line)
			}
			t.Rows = append(t.Rows, []layout.Cell{layout.Text(why), layout.Text(w.day(x.Day)), layout.Text(what), franc(x.Amount), layout.Text(where),
				layout.Text(strings.TrimSpace(x.Ref + " " + x.Text))})
		}
		return t
	}
	flows := layout.Table{ID: "flows", Title: w.say("What the bank's lines were", "Ce qu'étaient les lignes de la banque"), Columns: []layout.Column{col(w.say("What", "Nature")),
		num(w.say("Lines", "Lignes")), num(w.say("In (FCFA)", "Entrées (FCFA)")), num(w.say("Out (FCFA)", "Sorties (FCFA)"))}}
	for _, f := range m.Flows {
		what := string(f.What)
		if known, ok := explanations[f.What]; ok {
			what = known.in(w.lang)
		}
		flows.Rows = append(flows.Rows, []layout.Cell{layout.Text(what), layout.Number(int64(f.Lines), 0, ""), franc(f.In), franc(f.Out)})
	}
	transit := layout.Table{ID: "transit", Title: w.say("On its way, not confirmed", "En transit, non confirmé"), Columns: []layout.Column{col(w.say("Account", "Compte")), amount}}
	for _, b := range m.InTransit {
		transit.Rows = append(transit.Rows, []layout.Cell{layout.Text(string(b.Account)), franc(b.Amount)})
	}
	d.Sections = []layout.Section{{Title: w.say("Balances", "Soldes"), Tables: []layout.Table{sums}},
		{Title: w.say("Line by line", "Ligne par ligne"), Tables: withRows(lines("differences", "What makes the difference", "Ce qui fait l'écart", m.Differences),
			lines("cheques", "Cheques that are out", "Chèques en circulation", m.Cheques), lines("suspended", "In suspense, to be explained", "En attente, à expliquer", m.Suspended))},
		{Title: w.say("The month", "Le mois"), Tables: withRows(flows, transit)}}
	d.Good = m.Ties && m.Unexplained.IsZero()
	switch {
	case d.Good:
		d.Verdict = w.say("Bank and books agree: the lines below come to the difference.", "Banque et livres concordent : les lignes ci-dessous font l'écart.")
	case m.Ties:
		d.Verdict = w.say("Something is not explained yet; the lines below say what.", "Il reste de l'inexpliqué ; les lignes ci-dessous disent quoi.")
	default:
		d.Verdict = w.say("THE BOOKS DO NOT TIE.", "LES LIVRES NE CONCORDENT PAS.")
	}
	return d
}

// withRows leaves out tables that are empty.
func withRows(all ...layout.Table) []layout.Table {
	return slices.DeleteFunc(all, func(t layout.Table) bool { return len(t.Rows) == 0 })
}
