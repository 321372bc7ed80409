package cards_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/internal/toolcheck"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher/cards"
)

func receipt(n int, amount int64) cards.Receipt {
	return cards.Receipt{Number: "s0abc0123456789ab-" + string(rune('0'+n)), Of: n, Payee: "Boutique Diarra & Frères", Vendor: "v1", Round: "r1", Claim: "c0abc0123456789ab",
		Amount: money.Francs(amount), Code: "7K3M-9QXT", Ordered: time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)}
}

// Somebody who reads the paper reads the sum twice, and what ties it to its
// payment.
func TestWriteReceipts(t *testing.T) {
	made := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	if err := cards.WriteReceipts(&b, made, true, "s0abc", []cards.Receipt{receipt(1, 1_234_580), receipt(2, 80_000), receipt(3, 999_999_999)}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "receipts.pdf")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	toolcheck.Need(t, "pdftotext")
	out, err := exec.Command("pdftotext", "-layout", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(out), "\u00a0", " ")
	for _, want := range []string{"1 234 580 FCFA", "soit un million deux cent trente-quatre mille cinq cent quatre-vingts francs CFA", "80 000 FCFA",
		"quatre-vingt mille francs CFA", "N° s0abc0123456789ab-2", "Code 7K3M-9QXT", "Boutique Diarra & Frères (v1)", "Témoin 2", "Reçu 3 / 3"} {
		if !strings.Contains(strings.ReplaceAll(text, "\u202f", " "), want) {
			t.Errorf("%q is not on the paper", want)
		}
	}
	bad := receipt(1, 1)
	bad.Payee = ""
	if err := cards.WriteReceipts(&b, made, false, "s0abc", []cards.Receipt{bad}); !errors.Is(err, cards.ErrInput) {
		t.Error(err)
	}
}
