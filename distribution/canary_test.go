package distribution_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// canaries are what only one household has. Wherever one of them is found in
// the clear, that household is.
var canaries = []string{"Zwkanari", "Qvkanari", "71234567", "Xyvillage", "NINA-99887766", "Kvsuppleant", "Jhboutique"}

const canaryList = "Nom;Prénom;Téléphone;Commune;Village;NINA;Suppléant;Commerçant;Point de distribution\n" +
	"Zwkanari;Qvkanari;71234567;Konna;Xyvillage;NINA-99887766;Kvsuppleant;Jhboutique;Konna\n" +
	"Diallo;Sira;71234567;Konna;Xyvillage;;;;Konna\n"

// Nothing of a person is in the journal, in a log line, in an answer kept for
// a repeated command, or in the store outside of its sealed box.
func TestService_noPersonalData(t *testing.T) {
	w := newWorld(t)
	var lines bytes.Buffer
	w.service = distribution.Logging(w.service, httpkit.NewLogger(&lines, slog.LevelDebug))
	r := w.importing(canaryList)
	w.counts(r, 2, 0, 0, 0)
	w.point("pt", "Konna")
	w.round("r", nil)
	w.fund("g1", 100_000)
	w.allocate("r", distribution.Draw{Fund: "g1", Vouchers: money.Francs(50_000)})
	d := w.duplicates(true)[0]
	_, err := w.service.DecideDuplicate(t.Context(), distribution.DecideDuplicate{By: approver, Key: w.Key(), A: d.A, B: d.B, Decision: distribution.DecidedSame})
	w.must(err)
	l := w.prepare("r", "pt")
	w.must(second(w.approve(approver, l)))
	l, err = w.issue(l)
	w.must(err)
	pdf(t, must(t)(w.service.PrintHandOver(t.Context(), distribution.Print{By: registrar, Lot: l.ID, Point: "pt", Names: true})))
	_, err = w.service.FindHouseholds(t.Context(), distribution.FindHouseholds{By: registrar, Phone: "+22371234567", Purpose: "test"})
	w.must(err)
	_, err = w.service.Forget(t.Context(), distribution.Forget{By: dpo, Key: w.Key(), Household: d.B, Reason: "asked"})
	w.must(err)
	if _, err := w.service.ImportList(t.Context(), w.listOf("Nom;Téléphone\nZwkanari;71234567E+11\n")); err != nil {
		lines.WriteString(err.Error())
	}

	if lines.Len() == 0 {
		t.Fatal("nothing was logged: the check proves nothing")
	}
	clean(t, "the log", lines.String(), string(d.A), string(d.B))
	w.view(func(tx distribution.Tx) error {
		size, err := tx.Size()
		if err != nil {
			return err
		}
		for seq := range size {
			leaf, err := tx.Leaf(seq)
			if err != nil {
				return err
			}
			clean(t, fmt.Sprintf("leaf %d", seq), string(leaf), string(d.A), string(d.B))
		}
		for b, err := range tx.Beneficiaries("mopti", "") {
			if err != nil {
				return err
			}
			stored, err := json.Marshal(b)
			if err != nil {
				return err
			}
			clean(t, "a stored household", string(stored)+string(b.Sealed))
		}
		for n := range 100 {
			for _, who := range []string{"registrar", "planner", "approver", "dpo"} {
				o, err := tx.Outcome(ledger.CommandKey{Actor: who, Key: fmt.Sprintf("k%d", n)})
				if err == nil {
					clean(t, "a kept answer", string(o.Result)+string(o.Refusal))
				}
			}
		}
		return nil
	})
}

// clean fails the test where a text holds a canary, or base64 of one.
func clean(t *testing.T, what, text string, more ...string) {
	t.Helper()
	for _, c := range append(append([]string{}, canaries...), more...) {
		if strings.Contains(strings.ToLower(text), strings.ToLower(c)) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(c))) {
			t.Errorf("%s holds %q: %.300s", what, c, text)
		}
	}
}
