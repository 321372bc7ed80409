package voucher_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// sold returns a world in which three cards were redeemed, and the entry and
// hash of the first.
func sold(t *testing.T) (*vouchertest.World, uint64, voucher.Hash) {
	t.Helper()
	w := newWorld(t)
	cards := w.Issue("l1", 3, 0, voucher.ModeSecret)
	w.Clock.Now = vouchertest.Opens.Add(time.Hour)
	w.Expect(w.Activate(cards...), voucher.Accepted, "")
	w.Refresh("h1")
	w.Clock.Now = w.Clock.Now.Add(time.Hour)
	var first voucher.Outcome
	for i, card := range cards {
		o := w.Send("h1", w.Sale("h1", card))[0]
		w.Expect(o, voucher.Payable, "")
		if i == 0 {
			first = o
		}
	}
	return w, *first.Leaf, first.Hash
}

// verifyWith runs the whole verification.
func verifyWith(t *testing.T, w *vouchertest.World, c *voucher.Checks) error {
	t.Helper()
	return w.Store.View(context.Background(), func(tx voucher.Tx) error {
		_, err := ledger.Verify(tx, ledger.Proofs{}, c.Entry)
		return err
	})
}

// noSignature are checks that pick no receipt.
func noSignature() *voucher.Checks {
	return voucher.NewChecks(100, func(int) int { return 1 })
}

// A stored receipt that was damaged, exchanged or invented is found, and the
// entry that names it, without verifying one signature.
func TestChecks_tampered(t *testing.T) {
	for name, tamper := range map[string]func(*voucher.StoredReceipt){
		"another text":         func(r *voucher.StoredReceipt) { r.JWS = strings.Replace(r.JWS, ".", ".A", 1) },
		"no text":              func(r *voucher.StoredReceipt) { r.JWS = "" },
		"a signature's bit":    func(r *voucher.StoredReceipt) { r.JWS = flipped(r.JWS) },
		"another voucher":      func(r *voucher.StoredReceipt) { r.Serial = "0000000000000000" },
		"another value":        func(r *voucher.StoredReceipt) { r.Value = money.Francs(999) },
		"another vendor":       func(r *voucher.StoredReceipt) { r.Vendor = "v2" },
		"another entry":        func(r *voucher.StoredReceipt) { r.Entry++ },
		"no entry":             func(r *voucher.StoredReceipt) { r.HasEntry = false },
		"typed by one":         func(r *voucher.StoredReceipt) { r.Handheld, r.TypedBy = "", [2]string{"s1", "s1"} },
		"typed by nobody":      func(r *voucher.StoredReceipt) { r.Handheld = "" },
		"a loss of its own":    func(r *voucher.StoredReceipt) { r.HasEntry, r.HasLoss, r.LossEntry = false, true, 1 },
		"contested and before": func(r *voucher.StoredReceipt) { r.State, r.Entry = voucher.Contested, 0 },
	} {
		t.Run(name, func(t *testing.T) {
			w, entry, hash := sold(t)
			if err := verifyWith(t, w, noSignature()); err != nil {
				t.Fatalf("a sound store: %v", err)
			}
			w.Update(func(tx voucher.Tx) error {
				r, err := tx.Receipt(hash)
				if err != nil {
					return err
				}
				tamper(&r)
				return tx.PutReceipt(r)
			})
			b, ok := errors.AsType[*ledger.Broken](verifyWith(t, w, noSignature()))
			if !ok || !b.HasEntry || b.Entry != entry || b.Invariant != 7 {
				t.Errorf("found %v; want entry %d, invariant 7", b, entry)
			}
		})
	}
}

// flipped changes the first character of a text's signature. The last is no
// place for that: its four bits are those of one signature in sixteen.
func flipped(jws string) string {
	at := strings.LastIndexByte(jws, '.') + 1
	other := byte('A')
	if jws[at] == 'A' {
		other = 'B'
	}
	return jws[:at] + string(other) + jws[at+1:]
}

// What a server took that it must not have shows where signatures are verified,
// and only there: its hash is in the log.
func TestChecks_signatures(t *testing.T) {
	w, entry, hash := sold(t)
	w.Update(func(tx voucher.Tx) error {
		h, err := tx.Handheld("h1")
		if err != nil {
			return err
		}
		other, err := tx.Handheld("h2")
		if err != nil {
			return err
		}
		h.Key = other.Key
		return tx.PutHandheld(h)
	})
	sample := noSignature()
	if err := verifyWith(t, w, sample); err != nil || sample.Receipts != 3 || sample.Signatures != 0 {
		t.Errorf("%v, %d receipts, %d signatures; want 3 and none", err, sample.Receipts, sample.Signatures)
	}
	for name, c := range map[string]*voucher.Checks{
		"all":                  voucher.NewChecks(1, nil),
		"those that are drawn": voucher.NewChecks(100, func(int) int { return 0 }),
	} {
		b, ok := errors.AsType[*ledger.Broken](verifyWith(t, w, c))
		if !ok || b.Entry != entry || b.Invariant != 7 || c.Signatures != 1 {
			t.Errorf("%s: found %v after %d signatures; want entry %d, receipt %s", name, b, c.Signatures, entry, hash)
		}
	}
}

// One in so many signatures is verified, of receipts that were drawn.
func TestChecks_sample(t *testing.T) {
	w, _, _ := sold(t)
	n := 0
	c := voucher.NewChecks(3, func(of int) int {
		if of != 3 {
			t.Errorf("one in %d is drawn", of)
		}
		n++
		return n % of
	})
	if err := verifyWith(t, w, c); err != nil || c.Receipts != 3 || c.Signatures != 1 {
		t.Errorf("%v, %d receipts, %d signatures; want 3 and 1", err, c.Receipts, c.Signatures)
	}
}
