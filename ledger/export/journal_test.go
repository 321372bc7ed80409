package export_test

import (
	"bytes"
	"encoding/csv"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/export"
)

// journal returns the rows of the journal without its titles.
func (b *books) journal(daily bool) [][]string {
	b.t.Helper()
	var out bytes.Buffer
	if err := export.WriteJournal(b.t.Context(), &out, b, export.JournalOptions{Mapping: export.DefaultMapping(), Daily: daily}); err != nil {
		b.t.Fatal(err)
	}
	text, marked := strings.CutPrefix(out.String(), "\ufeff")
	if !marked || strings.Count(text, "\r\n") != strings.Count(text, "\n") {
		b.t.Error("no byte order mark, or other ends of lines than Windows has")
	}
	for _, absent := range []string{"S0000", "beneficiary", "h0", "h1", "RICE"} {
		if strings.Contains(text, absent) {
			b.t.Errorf("the journal holds %q", absent)
		}
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		b.t.Fatal(err)
	}
	return rows[1:]
}

// Debits equal credits in each piece and in all; a day's sums are those of its
// entries; and hledger, which reads the other export, finds the same on each
// account.
func TestWriteJournal(t *testing.T) {
	b := newBooks(t, 11, 1_500)
	byAccount := map[bool]map[string]int64{}
	for _, daily := range []bool{false, true} {
		pieces, accounts, lines := map[string]int64{}, map[string]int64{}, 0
		for _, r := range b.journal(daily) {
			lines++
			debit, credit := whole(t, r[6]), whole(t, r[7])
			if (debit == 0) == (credit == 0) {
				t.Fatalf("%v is on both sides or none", r)
			}
			if r[5] == "" || len(r[1]) != 10 || r[0] == "" {
				t.Errorf("%v lacks something", r)
			}
			pieces[r[4]] += debit - credit
			accounts[r[2]+" "+r[3]] += debit - credit
		}
		for p, n := range pieces {
			if n != 0 {
				t.Errorf("piece %s differs by %d", p, n)
			}
		}
		if len(pieces) < 50 || lines < 2*len(pieces) {
			t.Errorf("%d lines in %d pieces", lines, len(pieces))
		}
		byAccount[daily] = drop(accounts)
	}
	if d := cmp.Diff(byAccount[false], byAccount[true]); d != "" {
		t.Errorf("accounts (-each entry +each day):\n%s", d)
	}
	toolcheck.Need(t, "hledger")
	other := map[string]int64{}
	for name, n := range readCSV(t, run(t, "hledger", "-f", b.file(export.HLedger, export.SYCEBNL), "balance", "--flat", "--no-total", "-N", "--layout=bare", "-O", "csv")) {
		account, commodity, _ := strings.Cut(name, " ")
		if parts := strings.Split(account, ":"); commodity == "XOF" {
			other[parts[1]+" "+parts[3]] += whole(t, n)
		}
	}
	if d := cmp.Diff(byAccount[false], drop(other)); d != "" || len(other) < 10 {
		t.Errorf("accounts (-journal +hledger):\n%s", d)
	}
}

// drop leaves accounts that hold nothing out.
func drop(m map[string]int64) map[string]int64 {
	for k, n := range m {
		if n == 0 {
			delete(m, k)
		}
	}
	return m
}

func whole(t testing.TB, text string) int64 {
	t.Helper()
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Every class of account that the ledger declares is in its list, has a title
// and an account in the mapping: a new one is not forgotten.
func TestDefaultMapping(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../account.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(v.Names[0].Name, "Class") || len(v.Values) != 1 {
			return true
		}
		text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		class := ledger.Class(text)
		if err != nil || !slices.Contains(ledger.Classes(), class) {
			t.Errorf("ledger.Classes lacks %q, %v", text, err)
		}
		declared++
		return true
	})
	if declared < 14 || declared != len(ledger.Classes()) {
		t.Errorf("%d classes are declared, %d listed", declared, len(ledger.Classes()))
	}
	m := export.DefaultMapping()
	for _, class := range ledger.Classes() {
		if class == ledger.ClassVoucher {
			continue
		}
		if x := m[class]; x.Name == "" || (x.Number == "") != (class == ledger.ClassPledge) {
			t.Errorf("%s is mapped to %+v", class, x)
		}
	}
}

// A mapping of the operator's own is taken, and refused where it would lose an
// account or write one that is none.
func TestParseMapping(t *testing.T) {
	var good strings.Builder
	good.WriteString("\ufeffclass;compte;intitule;journal\n# of ours\n")
	for _, class := range ledger.Classes() {
		if class != ledger.ClassVoucher {
			good.WriteString(string(class) + ";40110;Nom;\n")
		}
	}
	m, err := export.ParseMapping(strings.NewReader(good.String()))
	if err != nil || m[ledger.ClassBank].Number != "40110" {
		t.Errorf("%v, %v", m, err)
	}
	for name, text := range map[string]string{
		"nothing":             "",
		"other titles":        strings.Replace(good.String(), "compte", "account", 1),
		"a class is missing":  strings.Replace(good.String(), "bank;40110;Nom;\n", "", 1),
		"a class twice":       good.String() + "bank;521;Nom;\n",
		"an unknown class":    good.String() + "till;571;Caisse;\n",
		"one voucher":         good.String() + "beneficiary;462;Coupon;\n",
		"a number with words": strings.Replace(good.String(), "40110", "401-x", 1),
		"no number":           strings.Replace(good.String(), "40110", "", 1),
		"no name":             strings.Replace(good.String(), ";Nom;", ";;", 1),
		"a column too many":   strings.Replace(good.String(), ";Nom;", ";Nom;;", 1),
		"too long":            good.String() + strings.Repeat("# x\n", 1<<15),
	} {
		if _, err := export.ParseMapping(strings.NewReader(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	// A pledge in francs cannot be; an account without a number is refused.
	bad := export.DefaultMapping()
	bad[ledger.ClassFund] = export.Mapped{Name: "x"}
	var out bytes.Buffer
	if err := export.WriteJournal(t.Context(), &out, newBooks(t, 1, 200), export.JournalOptions{Mapping: bad}); err == nil {
		t.Error("an entry without an account was written")
	}
}
