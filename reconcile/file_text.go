package reconcile

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/vendors"
)

// WriteFileText writes how a file matches for a person to read, in "fr" or else
// English: the journal that it was compared with, totals for each trader, and
// the first exceptions.
func WriteFileText(w io.Writer, r FileReport, lang string) error {
	t := &textWriter{w: bufio.NewWriter(w), lang: lang}
	t.say("Claim lines against the redemptions of %s, %s", "Lignes réclamées et échanges de %s, %s", r.Programme, r.Round)
	t.say("Journal: %d entries to %s UTC, root %s", "Journal : %d écritures jusqu'au %s UTC, racine %s", r.Size, stamp(r.At), r.Checkpoint)
	t.say("Claims brought before: %d.", "Demandes déjà apportées : %d.", r.Claims)
	t.say("Lines: %d. Rows that could not be read: %d.", "Lignes : %d. Rangs illisibles : %d.", r.Lines, r.Unreadable)
	for _, f := range r.Flaws {
		t.say("  %s %q: %s", "  %s %q : %s", f.Location, shown(f.Value), f.Message)
	}
	if r.Unsearched > 0 {
		t.say("Too many unknown serials: in %d of them nobody looked for slips.", "Trop de numéros inconnus : %d n'ont pas été comparés pour trouver des erreurs de saisie.", r.Unsearched)
	}
	rows := [][]string{append(titles(lang, titleVendor, titleLine, titleRedeemed, titleClaimed, titleMatched, titleBefore, titleUnclaimed),
		word{"Slips", "Saisies corrigées"}.in(lang), word{"Exceptions", "Exceptions"}.in(lang))}
	for _, o := range r.Totals {
		wrong := 0
		for _, n := range o.Wrong {
			wrong += n
		}
		rows = append(rows, []string{string(o.Vendor), strconv.Itoa(o.Lines), t.francs(o.Redeemed), t.francs(o.Claimed), t.francs(o.Matched),
			t.francs(o.Before), t.francs(o.Unclaimed), strconv.Itoa(o.Read), strconv.Itoa(wrong)})
	}
	t.say("", "")
	t.table(rows, 1, 2, 3, 4, 5, 6, 7, 8)
	t.fileLines(r)
	return t.w.Flush()
}

func (t *textWriter) fileLines(r FileReport) {
	if len(r.Exceptions) == 0 {
		return
	}
	rows := [][]string{titles(t.lang, titleLine, titleVendor, titleResult, titleSerial, titleClaimed, titleDetail)}
	for _, l := range r.Exceptions[:min(len(r.Exceptions), exceptionsShown)] {
		detail := ""
		if l.HasEntry {
			detail = refEntry(l.Entry)
		}
		if l.Claim != "" {
			detail += ", " + string(l.Claim) + " (" + claimStates[l.State].in(t.lang) + ")"
		}
		for i, c := range l.Candidates {
			detail += strings.Repeat(", ", min(i, 1)) + refEntries(c)
		}
		rows = append(rows, []string{strconv.Itoa(l.Row), string(l.Vendor), classes[string(l.Exception)].in(t.lang), l.Serial, t.francs(l.Claimed), detail})
	}
	t.say("", "")
	t.table(rows, 0, 4)
	if more := len(r.Exceptions) - exceptionsShown; more > 0 {
		t.say("and %d more; --json lists them", "et %d de plus ; --json les donne", more)
	}
}

// claimStates are the words for where a claim is.
var claimStates = map[vendors.ClaimState]word{
	vendors.ClaimProposed: {"proposed", "proposée"}, vendors.ClaimAccepted: {"accepted", "acceptée"},
	vendors.ClaimOrdered: {"payment ordered", "paiement ordonné"}, vendors.ClaimSettled: {"paid", "payée"},
}
