package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile/report"
)

// testSheets reads the workbook as a spreadsheet does, LibreOffice where it is
// there. Each number with an id behind it is that figure's, and what was redeemed
// adds up to the ledger's by day, point and trader. So it reads a sample's results.
func (d *demo) testSheets(t *testing.T) {
	r, _ := d.reporting(t)
	var b bytes.Buffer
	if err := report.Formats["xlsx"](&b, r, "fr"); err != nil {
		t.Fatal(err)
	}
	var redeemed int64 // by the entries alone
	err := d.app.db.Ledger().View(t.Context(), func(tx ledger.Tx) error {
		for rec, err := range tx.Journal(0) {
			if err != nil {
				return err
			}
			for _, p := range rec.Entry.Postings {
				if rec.Entry.Round != "r1" {
					continue
				}
				from, _ := p.Debit.Class()
				to, _ := p.Credit.Class()
				switch k := rec.Entry.Kind; {
				case to == ledger.ClassRedeemed && (k == ledger.KindRedeem || k == ledger.KindAcceptLoss):
					redeemed += p.Amount.Minor()
				case k == ledger.KindReverse && from != ledger.ClassTransit && (to == ledger.ClassVoucher || to == ledger.ClassContingency):
					redeemed -= p.Amount.Minor()
				}
			}
		}
		return nil
	})
	if err != nil || redeemed == 0 {
		t.Fatal(redeemed, err)
	}
	sample, workbook := d.results(t)
	books := sheetsOf(t, b.Bytes(), workbook)
	checkResults(t, sample, books[1])
	sheets := books[0]
	traced := 0
	for _, id := range []string{"days", "points", "traders", "modality", "arrival", "factor", "delay"} {
		rows := sheets[id]
		if len(rows) < 2 {
			t.Errorf("the sheet %s has %d rows", id, len(rows))
			continue
		}
		sum, found := int64(0), false
		for _, row := range rows[1:] {
			for i, title := range rows[0] {
				name, ok := strings.CutPrefix(title, "id: ")
				if !ok || i >= len(row) || row[i] == "" {
					continue
				}
				f := r.Get(report.ParseKey(row[i]))
				at := -1
				for j, other := range rows[0] {
					if other == name {
						at = j
					}
				}
				n, err := strconv.ParseInt(row[at], 10, 64)
				if err != nil || n != f.Value {
					t.Errorf("%s: %s is %q, the figure %d", id, row[i], row[at], f.Value)
				}
				traced++
				if strings.HasPrefix(row[i], "redeemed.value/") {
					sum, found = sum+n, true
				}
			}
		}
		if found && sum != redeemed {
			t.Errorf("%s: what was redeemed adds up to %d, by the ledger it is %d", id, sum, redeemed)
		}
		if !found && (id == "days" || id == "points" || id == "traders") {
			t.Errorf("%s does not say what was redeemed", id)
		}
	}
	if traced < 20 {
		t.Errorf("only %d numbers have an id", traced)
	}
}

// sheetsOf returns workbooks' cells as raw values by sheet.
func sheetsOf(t *testing.T, files ...[]byte) []map[string][][]string {
	t.Helper()
	var out []map[string][][]string
	for _, file := range files {
		book, err := excelize.OpenReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		sheets := map[string][][]string{}
		for _, name := range book.GetSheetList() {
			if sheets[name], err = book.GetRows(name, excelize.Options{RawCellValue: true}); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, sheets)
		if err := book.Close(); err != nil {
			t.Fatal(err)
		}
	}
	office, err := exec.LookPath("soffice")
	if err != nil {
		return out
	}
	dir := t.TempDir()
	// Token 7 false: as numbers are kept, not as they are shown; 12 -1: every sheet.
	args := []string{"-env:UserInstallation=file://" + filepath.Join(dir, "profile"), "--headless", "--convert-to",
		"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1", "--outdir", dir}
	for i, file := range files {
		path := filepath.Join(dir, fmt.Sprintf("book%d.xlsx", i))
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	if text, err := exec.CommandContext(t.Context(), office, args...).CombinedOutput(); err != nil {
		t.Fatalf("LibreOffice: %v\n%s", err, text)
	}
	for i, sheets := range out {
		for name := range sheets {
			text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("book%d-%s.csv", i, name)))
			if err != nil {
				t.Fatalf("LibreOffice has no sheet %s: %v", name, err)
			}
			c := csv.NewReader(bytes.NewReader(text))
			c.FieldsPerRecord = -1
			if sheets[name], err = c.ReadAll(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

// results returns what the demo's sample says, and its workbook.
func (d *demo) results(t *testing.T) (feedback.Results, []byte) {
	t.Helper()
	r, err := d.app.feedbacks.Results(t.Context(), feedback.SampleByID{By: d.staff["monitor"], ID: d.sample.ID})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.WriteXLSX(&b, "en"); err != nil {
		t.Fatal(err)
	}
	return r, b.Bytes()
}

// checkResults compares what a spreadsheet reads with the results.
func checkResults(t *testing.T, r feedback.Results, sheets map[string][][]string) {
	t.Helper()
	e := r.Estimates["received"]
	n := strconv.Itoa
	want := strings.Join([]string{"all households", "received everything", n(r.Sample.Households), "1000", n(e.Answers), n(e.Share), n(e.Low), n(e.High)}, " ")
	if got := sheets["answers"]; e.Answers < 10 || len(got) < 2 || strings.TrimSpace(strings.Join(got[1], " ")) != want {
		t.Errorf("answers are %v, not %s", got, want)
	}
	total := sheets["calls"][1]
	if total[4] != n(r.Called) || total[5] != n(r.Spoken) || total[6] != n(r.Unreached) || r.Unreached == 0 {
		t.Errorf("calls are %v of %+v", total, r)
	}
}
