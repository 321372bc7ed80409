package bankfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors/bankfile"
	"github.com/jate-cva/jate/vendors/bankfile/bankfiletest"
)

func march(day int) time.Time { return time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC) }

// month is a statement with a line of each kind.
func month() bankfile.Statement {
	return bankfile.Statement{ID: "2026-03", Account: "ML13ML0160120102600100668497", From: march(1), To: march(31), Balanced: true,
		Opening: money.Francs(1_000_000), Closing: money.Francs(1_000_000 - 5000 - 300 - 700 - 250 + 300 - 9000),
		Lines: []bankfile.Line{
			{Booked: march(3), Amount: money.Francs(-5000), Reference: "s1-1", BankRef: "T1", Code: "PMNT/ICDT/DMCT", Text: "Bons r1"},
			{Booked: march(3), Amount: money.Francs(-300), Reference: "s2-1", Batch: "s2", BankRef: "T2", Code: "PMNT/ICDT/DMCT"},
			{Booked: march(3), Amount: money.Francs(-700), Reference: "s2-2", Batch: "s2", BankRef: "T2", Code: "PMNT/ICDT/DMCT"},
			{Booked: march(9), Amount: money.Francs(-250), BankRef: "T3", Code: "ACMT/MDOP/CHRG", Text: "Frais & taxes"},
			{Booked: march(12), Amount: money.Francs(300), Reference: "s2-1", BankRef: "T4", Code: "PMNT/ICDT/RRTN", Returned: true, Text: "Compte clos"},
			{Booked: march(30), Amount: money.Francs(-9000), Cheque: "0012345", BankRef: "T5", Code: "CHQ"},
		}}
}

func TestReadCamt(t *testing.T) {
	for _, version := range []int{2, 8} {
		t.Run(fmt.Sprintf("camt.053.001.%02d", version), func(t *testing.T) {
			got, err := bankfile.ReadCamt(bankfiletest.Camt(version, month()))
			if diff := cmp.Diff([]bankfile.Statement{month()}, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
		t.Run(fmt.Sprintf("camt.054.001.%02d", version), func(t *testing.T) {
			want := bankfile.Statement{ID: "n", Account: month().Account, Lines: month().Lines}
			got, err := bankfile.ReadCamt(bankfiletest.Camt(version, want))
			if diff := cmp.Diff([]bankfile.Statement{want}, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

// What the bank's entry has more than its payments is a line too, so that no
// franc of a statement is without one.
func TestReadCamt_rest(t *testing.T) {
	file := bankfiletest.Camt(8, month())
	file = bytes.Replace(file, []byte(`<Ntry><Amt Ccy="XOF">5000.00`), []byte(`<Ntry><Amt Ccy="XOF">5250.00`), 1)
	file = bytes.Replace(file, []byte(fmt.Sprintf(`<Amt Ccy="XOF">%d</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-31`, month().Closing.Minor())),
		[]byte(fmt.Sprintf(`<Amt Ccy="XOF">%d</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-31`, month().Closing.Minor()-250)), 1)
	got, err := bankfile.ReadCamt(file)
	if err != nil {
		t.Fatal(err)
	}
	if l := got[0].Lines[1]; l.Amount != money.Francs(-250) || l.Reference != "" || l.BankRef != "T1" {
		t.Errorf("%+v", got[0].Lines[:2])
	}
}

func TestReadCamt_refuses(t *testing.T) {
	good := string(bankfiletest.Camt(2, month()))
	deep := strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40)
	for name, file := range map[string]string{
		"no XML":                  "reference;amount",
		"cut off":                 good[:len(good)-20],
		"another message":         strings.Replace(good, "camt.053.001.02", "pain.001.001.03", 1),
		"another root":            strings.ReplaceAll(good, "Document", "Fichier"),
		"a document type":         strings.Replace(good, "<Document", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document`, 1),
		"an entity":               strings.Replace(good, "Compte clos", "&x;", 1),
		"too deep":                strings.Replace(good, "<Bal>", deep+"<Bal>", 1),
		"two documents":           good + good,
		"a sum that is not right": strings.Replace(good, "5000.00", "5001.00", 1),
		"cents":                   strings.Replace(good, "5000.00", "5000.50", 1),
		"another currency":        strings.Replace(good, `<Amt Ccy="XOF">5000.00`, `<Amt Ccy="EUR">5000.00`, 1),
		"no closing balance":      strings.Replace(good, "CLBD", "CLAV", 1),
		"a day outside":           strings.Replace(good, "2026-03-09", "2026-04-09", 1),
		"too long":                good + strings.Repeat(" ", bankfile.FileMax),
	} {
		if st, err := bankfile.ReadCamt([]byte(file)); !errors.Is(err, bankfile.ErrStatement) {
			t.Errorf("%s: %v, %v", name, len(st), err)
		}
	}
}

// A short file of very many empty movements is refused before they take memory.
func TestReadCamt_parts(t *testing.T) {
	good := string(bankfiletest.Camt(2, month()))
	bomb := []byte(strings.Replace(good, "<Ntry>", strings.Repeat("<Ntry/>", (bankfile.FileMax-len(good))/len("<Ntry/>"))+"<Ntry>", 1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := bankfile.ReadCamt(bomb)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, bankfile.ErrStatement) || !strings.Contains(err.Error(), "more than 100000 movements") || took > 256<<20 {
		t.Errorf("%v, after %d MiB", err, took>>20)
	}
	one := `<Ntry><Amt Ccy="XOF">1</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-09</Dt></BookgDt></Ntry>`
	many := `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.02"><BkToCstmrDbtCdtNtfctn><Ntfctn>` + strings.Repeat(one, bankfile.LinesMax+1) +
		`</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>`
	if _, err := bankfile.ReadCamt([]byte(many)); !errors.Is(err, bankfile.ErrStatement) || !strings.Contains(err.Error(), "more than 20000 movements") {
		t.Errorf("one movement too many: %v", err)
	}
}

// Whatever a file is, it is refused or its lines lead from balance to balance.
func FuzzReadCamt(f *testing.F) {
	for _, v := range []int{2, 8} {
		f.Add(bankfiletest.Camt(v, month()))
		f.Add(bankfiletest.Camt(v, bankfile.Statement{ID: "n", Account: "12345", Lines: month().Lines}))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := bankfile.ReadCamt(file)
		if err != nil {
			if !errors.Is(err, bankfile.ErrStatement) {
				t.Fatal(err)
			}
			return
		}
		for _, s := range got {
			if s.Balanced && s.Check() != nil {
				t.Fatalf("%+v", s)
			}
		}
	})
}
