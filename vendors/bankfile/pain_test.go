package bankfile_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors/bankfile"
)

// order pays two shops: one by IBAN and BIC, one by RIB.
func order() bankfile.Order {
	at := time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC)
	return bankfile.Order{ID: "s00d4k2ci01ok1l8g", Created: at, Execute: at.AddDate(0, 0, 1),
		Debtor: bankfile.Party{Name: "Association Jɛkafɔ — Mopti & Ségou", Account: "ML13ML0160120102600100668497", Bank: "BDMAMLBAXXX"},
		Transfers: []bankfile.Transfer{
			{Reference: "s00d4k2ci01ok1l8g-1", Amount: money.Francs(1_250_000), Purpose: "Bons d'achat, cycle r1: référence c9",
				Creditor: bankfile.Party{Name: "Boutique <Traoré> & fils", Account: "ML13ML0160120102600100668497", Bank: "BDMAMLBA"}},
			{Reference: "s00d4k2ci01ok1l8g-2", Amount: money.Francs(75_005),
				Creditor: bankfile.Party{Name: "Ŋa Coulibaly", Account: "ML0160120102600100668497", Bank: "Banque de développement"}},
			{Reference: "s00d4k2ci01ok1l8g-3", Amount: money.Francs(1), Creditor: bankfile.Party{Name: "Caisse", Account: "0012345678"}},
		}}
}

// The bank's program, which checks by the schema, takes our file.
func TestWritePain001_schema(t *testing.T) {
	toolcheck.Need(t, "xmllint")
	var b bytes.Buffer
	if err := bankfile.WritePain001(&b, order()); err != nil {
		t.Fatal(err)
	}
	lint := func(content []byte) ([]byte, error) {
		file := filepath.Join(t.TempDir(), "order.xml")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return exec.CommandContext(t.Context(), "xmllint", "--nonet", "--noout", "--schema", "testdata/pain.001.001.03.xsd", file).CombinedOutput()
	}
	if out, err := lint(b.Bytes()); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, b.Bytes())
	}
	t.Run("and the check bites", func(t *testing.T) {
		if out, err := lint(bytes.Replace(b.Bytes(), []byte("<PmtMtd>TRF"), []byte("<PmtMtd>CASH"), 1)); err == nil {
			t.Errorf("another method passes: %s", out)
		}
	})
}

// Sums are whole francs, control sums are the sums, and names are in the
// characters that banks take.
func TestWritePain001(t *testing.T) {
	var b bytes.Buffer
	if err := bankfile.WritePain001(&b, order()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<NbOfTxs>3</NbOfTxs>", "<CtrlSum>1325006</CtrlSum>", `<InstdAmt Ccy="XOF">75005</InstdAmt>`,
		"<Nm>Association Jekafo - Mopti + Segou</Nm>", "<Nm>Boutique .Traore. + fils</Nm>", "<Nm>Nga Coulibaly</Nm>",
		"<IBAN>ML13ML0160120102600100668497</IBAN>", "<MmbId>ML016</MmbId>", "<ChrgBr>DEBT</ChrgBr>",
		"<Ustrd>Bons d&#39;achat, cycle r1: reference c9</Ustrd>", "<ReqdExctnDt>2026-03-03</ReqdExctnDt>"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("without %s:\n%s", want, b.String())
		}
	}
}

func TestWritePain001_refuses(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*bankfile.Order)
		want   string
	}{
		"no transfers":      {func(o *bankfile.Order) { o.Transfers = nil }, "transfers"},
		"a reference twice": {func(o *bankfile.Order) { o.Transfers[1].Reference = o.Transfers[0].Reference }, "transfers[1].reference"},
		"a long reference":  {func(o *bankfile.Order) { o.Transfers[0].Reference = strings.Repeat("x", 36) }, "transfers[0].reference"},
		"an IBAN mistyped":  {func(o *bankfile.Order) { o.Transfers[0].Creditor.Account = "ML13ML0160120102600100668498" }, "transfers[0].creditor.account"},
		"nobody":            {func(o *bankfile.Order) { o.Transfers[2].Creditor.Name = " " }, "transfers[2].creditor.name"},
		"no money":          {func(o *bankfile.Order) { o.Transfers[2].Amount = money.Francs(0) }, "transfers[2].amount"},
		"two currencies": {func(o *bankfile.Order) {
			a, _ := money.NewAsset("EUR", 2)
			o.Transfers[2].Amount = money.FromMinor(5, a)
		}, "transfers[2].amount"},
		"an account of the void": {func(o *bankfile.Order) { o.Debtor.Account = "" }, "debtor.account"},
	} {
		t.Run(name, func(t *testing.T) {
			o := order()
			tt.change(&o)
			var b bytes.Buffer
			err := bankfile.WritePain001(&b, o)
			if !errors.Is(err, bankfile.ErrOrder) || b.Len() > 0 {
				t.Fatalf("%v, %d bytes", err, b.Len())
			}
			if got := fault.Of(err).Fields[0].Location; got != tt.want {
				t.Errorf("refused at %s, want %s", got, tt.want)
			}
		})
	}
}

func TestLatin(t *testing.T) {
	for text, want := range map[string]string{"Été à Ségou\u00a0: 50 %": "Ete a Segou : 50 .", "  a\tb\n": "a b", "Œuvre": "Oeuvre", "水": ".",
		"abcdefghijklmnopqrst": "abcdefghijklmnopqr", "abcdefghijklmnopq  rs": "abcdefghijklmnopq"} {
		if diff := cmp.Diff(want, bankfile.Latin(text, 18)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestParseAccount(t *testing.T) {
	for text, want := range map[string]bool{"ML13 ML01 6012 0102 6001 0066 8497": true, "ML14ML0160120102600100668497": false,
		"ML016 01201 026001006684 97": true, "1234": false, "00123-45678": true, "FR7630006000011234567890189": true, "FR7630006000011234567890188": false, "é123456": false} {
		if _, ok := bankfile.ParseAccount(text); ok != want {
			t.Errorf("%q: %v", text, ok)
		}
	}
}
