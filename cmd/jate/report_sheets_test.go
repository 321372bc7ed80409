package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile/report"
)

// testSheets reads the workbook as a spreadsheet does, LibreOffice where it is
// there. Each number with an id behind it is that figure's, and what was redeemed
// adds up to the ledger's by day, point and trader.
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
	sheets := sheetsOf(t, b.Bytes())
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

// sheetsOf returns a workbook's cells as raw values by sheet.
func sheetsOf(t *testing.T, file []byte) map[string][][]string {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	out := map[string][][]string{}
	for _, name := range book.GetSheetList() {
		if out[name], err = book.GetRows(name, excelize.Options{RawCellValue: true}); err != nil {
			t.Fatal(err)
		}
	}
	office, err := exec.LookPath("soffice")
	if err != nil {
		return out
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "report.xlsx")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	// Token 7 false: as numbers are kept, not as they are shown; 12 -1: every sheet.
	run := exec.CommandContext(t.Context(), office, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to",
		"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1", "--outdir", dir, path)
	if text, err := run.CombinedOutput(); err != nil {
		t.Fatalf("LibreOffice: %v\n%s", err, text)
	}
	for name := range out {
		text, err := os.ReadFile(filepath.Join(dir, "report-"+name+".csv"))
		if err != nil {
			t.Fatalf("LibreOffice has no sheet %s: %v", name, err)
		}
		c := csv.NewReader(bytes.NewReader(text))
		c.FieldsPerRecord = -1
		if out[name], err = c.ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
