package export_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/export"
	"github.com/jate-cva/jate/money"
)

const L, A = "Liabilities:", "Assets:"

// file exports the books into a file and returns its name.
func (b *books) file(f export.Dialect, chart export.Chart) string {
	b.t.Helper()
	var out bytes.Buffer
	if err := export.Write(b.t.Context(), &out, b, export.Options{Dialect: f, Accounts: chart}); err != nil {
		b.t.Fatal(err)
	}
	for _, absent := range []string{"S0000", "beneficiary", "h0", "h1", "decision"} {
		if strings.Contains(out.String(), absent) {
			b.t.Errorf("%s export holds %q", f, absent)
		}
	}
	name := filepath.Join(b.t.TempDir(), "books."+string(f))
	if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return name
}

func run(t testing.TB, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%.3000s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// mine returns what each account holds by the ledger, "account commodity" to a
// decimal, debits positive; nothing for zero.
func (b *books) mine(name func(ledger.Account) string) map[string]string {
	b.t.Helper()
	held := map[string]string{}
	err := b.View(b.t.Context(), func(tx ledger.Tx) error {
		lines, err := ledger.TrialBalance(tx)
		for _, l := range lines {
			text := l.Debit.Text()
			if l.Debit.IsZero() {
				text = "-" + l.Credit.Text()
			}
			held[name(l.Account)+" "+l.Debit.Asset().Code()] = text
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return held
}

// plainName is what the package's comment promises, written again.
func plainName(a ledger.Account) string {
	part := strings.Split(string(a), ":")
	title := func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
	switch part[0] {
	case "vendor":
		return L + title(part[2]) + ":" + part[1]
	case "bank", "receivable", "advance", "pledge", "unexplained":
		return A + title(part[0]) + ":" + part[1]
	}
	return L + title(part[0]) + ":" + part[1]
}

// The three programs accept a random journal under their strictest checks and
// arrive at our balances, account by account.
func TestWrite(t *testing.T) {
	for seed := range uint64(2) {
		b := newBooks(t, seed, 1_200)
		if len(b.kinds) != 20 {
			t.Fatalf("only %d kinds of entry were posted: %v", len(b.kinds), b.kinds)
		}
		t.Run(fmt.Sprintf("hledger, seed %d", seed), func(t *testing.T) {
			toolcheck.Need(t, "hledger")
			file := b.file(export.HLedger, nil)
			run(t, "hledger", "-f", file, "check", "-s")
			run(t, "hledger", "-f", file, "check", "ordereddates")
			out := run(t, "hledger", "-f", file, "balance", "--flat", "--no-total", "-O", "csv", "--layout=bare")
			diff(t, b.mine(plainName), readCSV(t, out))
		})
		t.Run(fmt.Sprintf("ledger, seed %d", seed), func(t *testing.T) {
			toolcheck.Need(t, "ledger")
			file := b.file(export.Ledger, nil)
			out := run(t, "ledger", "--args-only", "--pedantic", "-f", file, "balance", "--flat", "--no-total",
				"--balance-format", `%(join(strip(display_total)))\t%(account)\n`)
			diff(t, b.mine(plainName), readLedger(t, out))
		})
		t.Run(fmt.Sprintf("beancount, seed %d", seed), func(t *testing.T) {
			toolcheck.Need(t, "bean-check")
			run(t, "bean-check", "--no-cache", b.file(export.Beancount, nil))
		})
		t.Run(fmt.Sprintf("with the numbers of a chart, seed %d", seed), func(t *testing.T) {
			toolcheck.Need(t, "hledger", "ledger", "bean-check")
			run(t, "hledger", "-f", b.file(export.HLedger, export.SYCEBNL), "check", "-s")
			run(t, "ledger", "--args-only", "--pedantic", "-f", b.file(export.Ledger, export.SYCEBNL), "balance")
			run(t, "bean-check", "--no-cache", b.file(export.Beancount, export.SYCEBNL))
		})
	}
}

// The check at the end bites: with one amount changed, each program refuses
// the text by itself.
func TestWrite_assertions(t *testing.T) {
	b := newBooks(t, 7, 300)
	for _, c := range []struct {
		f       export.Dialect
		command []string
	}{
		{export.HLedger, []string{"hledger", "check", "-f"}},
		{export.Ledger, []string{"ledger", "--args-only", "balance", "-f"}},
		{export.Beancount, []string{"bean-check", "--no-cache"}},
	} {
		t.Run(string(c.f), func(t *testing.T) {
			toolcheck.Need(t, c.command[0])
			file := b.file(c.f, nil)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// One receipt of money counts twice.
			lines := strings.Split(string(text), "\n")
			i := 0
			for i < len(lines)-1 && !(strings.HasPrefix(lines[i], "    Assets:Bank:") && strings.HasPrefix(lines[i+1], "    Liabilities:Fund:")) {
				i++
			}
			if i == len(lines)-1 {
				t.Fatal("no money was received")
			}
			changed := strings.Join(slices.Insert(lines, i, lines[i:i+2]...), "\n")
			if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			args := append(append([]string{}, c.command[1:]...), file)
			if out, err := exec.CommandContext(t.Context(), c.command[0], args...).CombinedOutput(); err == nil {
				t.Errorf("accepted:\n%.500s", out)
			} else if !bytes.Contains(bytes.ToLower(out), []byte("balance")) {
				t.Errorf("refused for another reason:\n%.500s", out)
			}
		})
	}
}

func diff(t testing.TB, want, got map[string]string) {
	t.Helper()
	if len(want) < 10 {
		t.Fatalf("only %d balances to compare", len(want))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-ours +theirs):\n%s", d)
	}
}

// readCSV reads hledger's bare layout: account, commodity, balance.
func readCSV(t testing.TB, text string) map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]string{}
	for _, r := range rows[1:] {
		if strings.Trim(r[2], "0.") != "" {
			held[r[0]+" "+r[1]] = r[2]
		}
	}
	return held
}

// readLedger reads amounts, one a line or several joined, before an account.
func readLedger(t testing.TB, text string) map[string]string {
	t.Helper()
	held := map[string]string{}
	for l := range strings.Lines(text) {
		amounts, account, ok := strings.Cut(strings.TrimSpace(l), "\t")
		if !ok {
			t.Fatalf("line %q", l)
		}
		for one := range strings.SplitSeq(amounts, `\n`) {
			n, commodity, ok := strings.Cut(strings.TrimSpace(one), " ")
			if !ok {
				t.Fatalf("amount %q in %q", one, l)
			}
			held[account+" "+strings.Trim(commodity, `"`)] = n
		}
	}
	return held
}

// A slow reader holds up no writer: while he reads, entries are posted, and
// what he gets is the journal as it was when he began.
func TestWrite_whilePosting(t *testing.T) {
	b := newBooks(t, 3, 600)
	want, err := os.ReadFile(b.file(export.HLedger, nil))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	writes := 0
	slow := writer(func(p []byte) (int, error) {
		writes++
		for range 20 {
			b.step() // in a View that is still open this would wait for ever
		}
		return got.Write(p)
	})
	if err := export.Write(t.Context(), slow, b, export.Options{Dialect: export.HLedger}); err != nil {
		t.Fatal(err)
	}
	if writes < 3 {
		t.Fatalf("%d writes: too few to tell", writes)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("(-before +while posting):\n%s", d)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// A writer's error ends the export and is returned.
func TestWrite_fails(t *testing.T) {
	full := errors.New("disk full")
	b := newBooks(t, 1, 200)
	err := export.Write(t.Context(), writer(func([]byte) (int, error) { return 0, full }), b, export.Options{Dialect: export.Beancount})
	if !errors.Is(err, full) {
		t.Errorf("%v, want %v", err, full)
	}
}

// What cannot be exported is refused: an unknown format, a number that is none.
func TestWrite_refuses(t *testing.T) {
	b := newBooks(t, 1, 10)
	if err := export.Write(t.Context(), io.Discard, b, export.Options{Dialect: "gnucash"}); !errors.Is(err, export.ErrDialect) {
		t.Errorf("an unknown dialect: %v", err)
	}
	for _, n := range []string{"", "4 1", "4:1", "1234567890123"} {
		err := export.Write(t.Context(), io.Discard, b, export.Options{Dialect: export.HLedger, Accounts: export.Chart{ledger.ClassBank: n}})
		if err == nil {
			t.Errorf("the number %q was accepted", n)
		}
	}
}

// The trial balance as CSV has both columns and they are equal.
func TestTrialBalance(t *testing.T) {
	b := newBooks(t, 2, 1_000)
	var out bytes.Buffer
	if err := export.TrialBalance(t.Context(), &out, b, export.SYCEBNL); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]int64{}
	for _, r := range rows[1:] {
		asset := money.XOF
		if r[2] == b.rice.Code() {
			asset = b.rice
		}
		if (r[3] == "") == (r[4] == "") {
			t.Errorf("row %q is on both sides or none", r)
		}
		for i, sign := range []int64{1, -1} {
			if r[3+i] == "" {
				continue
			}
			m, err := money.Parse(r[3+i], asset)
			if err != nil {
				t.Fatal(err)
			}
			sums[r[2]] += sign * m.Minor()
		}
		if number := r[1]; (number == "") != strings.HasPrefix(r[0], "pledge:") {
			t.Errorf("%s has the number %q", r[0], number)
		}
	}
	if diff := cmp.Diff(map[string]int64{"XOF": 0, "RICE-KG": 0}, sums); diff != "" {
		t.Errorf("the columns differ: %s", diff)
	}
}
