package voucher_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"reflect"
	"testing"

	"github.com/jate-cva/jate/voucher"
)

// What a stored record says is what was signed, read without its key.
func TestStoredReceipt(t *testing.T) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(body voucher.Body) voucher.StoredReceipt {
		t.Helper()
		jws, err := voucher.SignRecord(voucher.Record{Head: voucher.Head{Handheld: "hh1", Seq: 1, Time: 1_767_600_000}, Body: body}, key)
		if err != nil {
			t.Fatal(err)
		}
		return voucher.StoredReceipt{JWS: jws, Kind: body.Kind()}
	}
	serial, err := voucher.NewSerial(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	lines := []voucher.Line{{Item: "riz-25kg", Quantity: "1.5", Price: 9500}, {Item: "huile", Quantity: "2", Price: 1200}}
	sale := signed(voucher.Receipt{Serial: serial, Amount: 16_650, Lines: lines})
	if got, err := sale.Lines(); err != nil || !reflect.DeepEqual(got, lines) {
		t.Errorf("lines are %v, %v", got, err)
	}
	if got, err := signed(voucher.Receipt{Serial: serial, Amount: 500}).Lines(); err != nil || len(got) != 0 {
		t.Errorf("a receipt without lines has %v, %v", got, err)
	}
	given := voucher.Activation{Serials: []voucher.Serial{serial}, By: voucher.TakerThirdParty, Reason: voucher.ReasonHealth}
	if got, err := signed(given).Activation(); err != nil || !reflect.DeepEqual(got, given) {
		t.Errorf("the activation says %v, %v", got, err)
	}
	if _, err := sale.Activation(); !errors.Is(err, voucher.ErrSignedForm) {
		t.Errorf("a receipt as an activation: %v", err)
	}
	if got, err := (voucher.StoredReceipt{Kind: voucher.RecordReceipt}).Lines(); err != nil || got != nil {
		t.Errorf("a typed stub has %v, %v", got, err)
	}
	for _, bad := range []string{"x", "a.b", "a.!.c", "a.e30.c"} {
		if got, err := (voucher.StoredReceipt{Kind: voucher.RecordReceipt, JWS: bad}).Lines(); err == nil {
			t.Errorf("%q has %v", bad, got)
		}
	}
}
