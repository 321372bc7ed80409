package finance_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/vendors"
)

// anew is a service over the same store that has read nothing yet.
func (w *world) anew() finance.Service {
	w.Helper()
	folder, err := documents.NewFolder(w.dir, make([]byte, 32))
	w.must(err)
	s, err := finance.New(finance.Config{Store: w.db.Finance(), Folder: folder, Rand: rand.NewChaCha8([32]byte{3}), Prover: access.TokenProver{Now: w.clock}})
	w.must(err)
	return s
}

// Books that were kept and followed say what books say that are read from the first
// entry on: of any month and day, whatever is sold, late, claimed, paid and closed.
func TestService_booksKept(t *testing.T) {
	w := newWorld(t)
	w.fund()
	rnd := rand.New(rand.NewPCG(7, 7))
	seen := 0
	check := func() {
		t.Helper()
		other := w.anew()
		for _, month := range []string{"2026-02", "2026-03", "2026-04", "2026-05"} {
			q := finance.ReadPeriod{By: auditor, Month: month}
			got, err := w.s.PeriodReport(t.Context(), q)
			w.must(err)
			want, err := other.PeriodReport(t.Context(), q)
			w.must(err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s: %s", month, diff)
			}
			seen += len(got.Lines) + got.Late
		}
		for _, day := range []time.Time{{}, w.now, w.now.AddDate(0, 0, -1), w.now.AddDate(0, 0, -12), w.now.AddDate(0, -1, 0)} {
			q := finance.ReadCutOff{By: auditor, Day: day}
			got, err := w.s.CutOff(t.Context(), q)
			w.must(err)
			want, err := other.CutOff(t.Context(), q)
			w.must(err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s: %s", day, diff)
			}
		}
		q := finance.ReadStatement{By: auditor, Vendor: "v1", Lang: "en"}
		got, err := w.s.Statement(t.Context(), q)
		w.must(err)
		want, err := other.Statement(t.Context(), q)
		w.must(err)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(finance.Statement{}, "PDF", "Held")); diff != "" {
			t.Fatal(diff)
		}
	}
	for round := range 8 {
		for range 1 + rnd.IntN(4) {
			w.sell(vendors.ID(fmt.Sprintf("v%d", 1+rnd.IntN(2))), rnd.Int64N(900)+1, time.Duration(rnd.IntN(20*24))*time.Hour)
		}
		w.sell("v1", 10, 0)
		if round%2 == 0 {
			w.claimed("v1")
			st, err := w.approve(w.settle())
			w.must(err)
			status := []string{"ok", "error"}[round/2%2]
			_, err = w.vendors.ImportResults(t.Context(), vendors.ImportResults{By: preparer, Key: w.key(), Settlement: st.ID,
				File: []byte("Référence;Montant;Statut;ID transaction\n" + st.Payments[0].Reference + ";" + st.Payments[0].Amount.Text() + ";" + status + ";T1\n")})
			w.must(err)
		}
		if round == 5 {
			_, err := w.change("2026-03", "")
			w.must(err)
		}
		check()
		w.now = w.now.AddDate(0, 0, 9)
	}
	if seen < 100 {
		t.Errorf("only %d lines were compared", seen)
	}
}

// BenchmarkService_CutOff lists the cut-off of a journal of 200,000 entries that was
// read before, after 100 more.
func BenchmarkService_CutOff(b *testing.B) {
	w := newWorld(b)
	for range 100_000 {
		w.sell("v1", 1, 0)
	}
	q := finance.ReadCutOff{By: auditor}
	_, err := w.s.CutOff(b.Context(), q)
	w.must(err)
	for b.Loop() {
		b.StopTimer()
		for range 50 {
			w.sell("v1", 1, 0)
		}
		b.StartTimer()
		_, err := w.s.CutOff(b.Context(), q)
		w.must(err)
	}
}
