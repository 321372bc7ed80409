package reconcile

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/jate-cva/jate/money"
)

// exceptionsShown bounds the exceptions that the text lists; the tables for
// spreadsheets have them all.
const exceptionsShown = 500

// WriteText writes the report for a person to read, in "fr" or else English:
// whether the books tie, totals for each trader, exceptions, findings and
// cases.
func WriteText(w io.Writer, r Report, lang string) error {
	t := &textWriter{w: bufio.NewWriter(w), lang: lang}
	t.head(r)
	t.totals(r.Totals)
	t.parts(r.Points, titlePoint, func(p Part) string { return p.Point })
	t.parts(r.Days, titleDay, func(p Part) string { return p.Day })
	t.exceptions(r.Lines)
	if r.Quick {
		t.say("\nFindings: nobody looked for them", "\nConstats : non recherchés")
	} else {
		t.findings(r.Findings)
	}
	t.cases(r.Cases)
	return t.w.Flush()
}

type textWriter struct {
	w    *bufio.Writer // keeps the first error for Flush
	lang string
}

func (t *textWriter) say(en, fr string, args ...any) {
	fmt.Fprintf(t.w, word{en, fr}.in(t.lang)+"\n", args...)
}

func (t *textWriter) head(r Report) {
	round := r.Round
	if round == "" {
		round = word{"all rounds", "tous les cycles"}.in(t.lang)
	}
	t.say("Reconciliation of %s, %s", "Rapprochement de %s, %s", r.Programme, round)
	t.say("Journal: %d entries to %s UTC, root %s", "Journal : %d écritures jusqu'au %s UTC, racine %s", r.Size, stamp(r.At), r.Checkpoint)
	if r.Ties {
		t.say("The totals equal the ledger's balances.", "Les totaux égalent les soldes du grand livre.")
		return
	}
	t.say("THE TOTALS DO NOT EQUAL THE LEDGER:", "LES TOTAUX N'ÉGALENT PAS LE GRAND LIVRE :")
	for _, e := range r.TieErrors {
		fmt.Fprintln(t.w, "  "+shown(e))
	}
}

// table writes rows in columns; numeric ones, by their index, to the right.
func (t *textWriter) table(rows [][]string, numeric ...int) {
	right := map[int]int{}
	for _, i := range numeric {
		for _, row := range rows {
			right[i] = max(right[i], utf8.RuneCountInString(row[i]))
		}
	}
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 1, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			cell = shown(cell)
			if width, ok := right[i]; ok {
				cell = strings.Repeat(" ", max(0, width-utf8.RuneCountInString(cell))) + cell
			}
			if i > 0 {
				fmt.Fprint(tw, "\t")
			}
			fmt.Fprint(tw, cell)
		}
		fmt.Fprintln(tw)
	}
	_ = tw.Flush() // a strings.Builder takes all
	for line := range strings.Lines(b.String()) {
		fmt.Fprintln(t.w, strings.TrimRight(line, " \n"))
	}
}

// shown keeps what others typed from moving the cursor or the columns.
func shown(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// francs writes an amount with its thousands apart and without the currency,
// which is in the title.
func (t *textWriter) francs(m money.Amount) string {
	if m.Asset().IsZero() {
		return ""
	}
	text, _, _ := strings.Cut(m.Format(t.lang), "\u00a0")
	return text
}

func (t *textWriter) totals(totals []Total) {
	rows := [][]string{titles(t.lang, titleVendor, titleRound, titleRedeemed, titleSelfBilled, titleIndependent, titleMatched,
		titleUnclaimed, titleFrozen, titleOwed, titleTransit, titleSettled)}
	for _, o := range totals {
		row := []string{string(o.Vendor), o.Round}
		for _, m := range []money.Amount{o.Redeemed, o.ClaimedSelfBilled, o.ClaimedIndependent, o.Matched, o.Unclaimed, o.Frozen,
			o.Owed, o.InTransit, o.Settled} {
			row = append(row, t.francs(m))
		}
		rows = append(rows, row)
	}
	t.say("", "")
	t.table(rows, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	for _, o := range totals {
		if !o.Quantity.Asset().IsZero() {
			t.say("%s, %s: %s redeemed in kind", "%s, %s : %s échangés en nature", o.Vendor, o.Round, o.Quantity.Format(t.lang))
		}
	}
}

// parts writes what each point, or each day, comes to.
func (t *textWriter) parts(parts []Part, of word, name func(Part) string) {
	if len(parts) == 0 {
		return
	}
	rows := [][]string{titles(t.lang, titleRound, of, titleSales, titleRedeemed, titleMatched, titleUnclaimed)}
	for _, p := range parts {
		rows = append(rows, []string{p.Round, name(p), strconv.Itoa(p.Sales), t.francs(p.Redeemed), t.francs(p.Matched), t.francs(p.Unclaimed)})
	}
	t.say("", "")
	t.table(rows, 2, 3, 4, 5)
}

func (t *textWriter) exceptions(lines Lines) {
	rows := [][]string{titles(t.lang, titleVendor, titleRound, titleResult, titleKind, titleClaim, titleLine, titleSerial,
		titleClaimed, titleRedeemed, titleDetail)}
	found := 0
	for l := range lines.keep(false) {
		if found++; found > exceptionsShown {
			continue
		}
		n := ""
		if l.Claim != "" {
			n = strconv.Itoa(l.N)
		}
		rows = append(rows, []string{string(l.Vendor), l.Round, classes[l.class()].in(t.lang), kinds[l.Kind].in(t.lang), string(l.Claim), n,
			l.Serial, t.francs(l.Claimed), t.francs(l.Redeemed), l.detail(t.lang)})
	}
	t.say("\nMatched lines: %d. Exceptions: %d.", "\nLignes rapprochées : %d. Exceptions : %d.", lines.Len()-found, found)
	if found == 0 {
		return
	}
	t.table(rows, 5, 7, 8)
	if found > exceptionsShown {
		t.say("and %d more; see the table for spreadsheets", "et %d de plus ; voir le tableau pour tableur", found-exceptionsShown)
	}
}

func (t *textWriter) findings(findings []Finding) {
	t.say("\nFindings: %d", "\nConstats : %d", len(findings))
	for _, f := range findings {
		says, clears := word{f.Says, f.Dit}, word{f.Clears, f.Clairait}
		fmt.Fprintf(t.w, "%s  %s  %s  %s  %d/100  %s\n", f.ID, f.Detector, f.Vendor, f.Round, f.Score, f.Value.Format(t.lang))
		fmt.Fprintf(t.w, "  %s\n", shown(says.in(t.lang)))
		t.say("  Would clear it: %s", "  Le lèverait : %s", clears.in(t.lang))
	}
}

func (t *textWriter) cases(cases []Case) {
	t.say("\nCases: %d", "\nDossiers : %d", len(cases))
	states := map[CaseState]word{CaseOpen: {"open", "ouvert"}, CaseFrozen: {"frozen", "gelé"}, CaseCleared: {"cleared", "levé"}, CaseUpheld: {"upheld", "confirmé"}}
	for _, c := range cases {
		t.say("%s  %s  %s  %s  %d findings, %s; frozen %s", "%s  %s  %s  %s  %d constats, %s ; gelé %s", c.ID, cmp.Or(string(c.Vendor), string(c.About)), c.Round,
			states[c.State].in(t.lang), len(c.Findings), c.Value.Format(t.lang), c.Frozen.Format(t.lang))
	}
}
