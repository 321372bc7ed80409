package voucher_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// Go and the browser read the same vectors, each of them: a file that only one
// of them tests would let them part.
func TestASVS_1_5_3(t *testing.T) {
	files, err := filepath.Glob("testdata/vectors/*.json")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files of vectors, %v", len(files), err)
	}
	text := func(pattern string) string {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(b)
		}
		return all.String()
	}
	ours, theirs := text("*_test.go"), text("../web/handheld/test/core/*.ts")
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if !strings.Contains(ours, name+".json") && !strings.Contains(ours, `"`+name+`"`) {
			t.Errorf("no Go test reads %s", file)
		}
		if !strings.Contains(theirs, "'"+name+"'") {
			t.Errorf("no test of the browser's reads %s", file)
		}
	}
}

// One card is paid once, however many send it at once, and from two handhelds of
// the shop.
func TestASVS_2_3_4(t *testing.T) {
	w := newWorld(t)
	card := w.Issue("l1", 1, 0, voucher.ModeSecret)[0]
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Activate(card)
	w.Handheld("h3", "v1", vendors.ForSales)
	var uploads []voucher.Redeem
	for _, h := range []vendors.HandheldID{"h1", "h3"} {
		w.Refresh(h)
		record := w.Sale(h, card)
		for range 50 {
			uploads = append(uploads, voucher.Redeem{Handheld: h, Records: []string{record}, Channel: "https"})
		}
	}
	value := w.Voucher(card).Value.Minor()
	var wg sync.WaitGroup
	for _, u := range uploads {
		wg.Go(func() {
			if _, err := w.Service.Redeem(t.Context(), u); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := w.Balance(ledger.Redeemed("v1")); got != value {
		t.Errorf("the trader is owed %d for a card of %d", got, value)
	}
}
