package bolt

import (
	"errors"
	"testing"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

func TestInstant(t *testing.T) {
	paris := time.FixedZone("", 3600)
	for name, c := range map[string]struct{ put, want time.Time }{
		"no time":                   {time.Time{}, time.Time{}},
		"a fraction is cut off":     {time.Unix(5, 999), time.Unix(5, 0)},
		"another zone":              {time.Date(2025, 3, 1, 1, 0, 0, 0, paris), time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)},
		"before 1970":               {time.Unix(-5, 0), time.Unix(-5, 0)},
		"the first instant of 1970": {time.Unix(0, 0), time.Time{}},
	} {
		if got := instantOf(c.put).time(); !got.Equal(c.want) || got.Location() != time.UTC {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// What none of our parts would have been written as is refused.
func TestParts_refused(t *testing.T) {
	type parts struct {
		_      struct{} `cbor:",toarray"`
		Sum    sum32
		Short  sum16
		Amount amount
		Asset  asset
	}
	whole := []any{[]byte{}, []byte{}, []any{5, "XOF/0"}, "XOF/0"}
	read := func(fields []any) (parts, error) {
		p, err := encode(1, fields)
		if err != nil {
			t.Fatal(err)
		}
		return decode[parts](1, p)
	}
	if got, err := read(whole); err != nil || money.Amount(got.Amount) != money.Francs(5) {
		t.Fatalf("%+v, %v", got, err)
	}
	b := func(n int) []byte { return make([]byte, n) }
	for name, c := range map[string]struct {
		field int
		value any
	}{
		"a digest too short":         {0, b(31)},
		"a digest too long":          {0, b(33)},
		"a digest of numbers":        {0, []any{1, 2}},
		"no digest":                  {0, nil},
		"a short digest too long":    {1, b(32)},
		"no amount":                  {2, nil},
		"an amount of one part":      {2, []any{5}},
		"an amount of another asset": {2, []any{5, "xof"}},
		"an amount that is a text":   {2, "5 XOF"},
		"an amount out of range":     {2, []any{uint64(1 << 63), "XOF/0"}},
		"an asset of many digits":    {3, "XOF/00"},
		"an asset that is a number":  {3, 5},
		"no asset":                   {3, nil},
	} {
		fields := append([]any{}, whole...)
		fields[c.field] = c.value
		if got, err := read(fields); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// An index that points to nothing is damage, not the absence of a thing.
func TestIndex_damaged(t *testing.T) {
	db := newDB(t, Options{})
	update(t, db, putGolden)
	update(t, db, func(tx *Tx) error {
		for _, b := range []bucket{receiptTable.bucket, voucherTable.bucket, vendorTable.rows.bucket, handheldTable.rows.bucket} {
			for k := range tx.scan(b, span{}) {
				if err := tx.delete(b, k); err != nil {
					return err
				}
			}
		}
		return nil
	})
	receipt, card := filled[voucher.StoredReceipt](), filled[voucher.Voucher]()
	update(t, db, func(tx *Tx) error {
		_, byHash := tx.Receipt(receipt.Hash)
		_, byNumber := one(tx.ReceiptsFor(receipt.Number))
		_, bySerial := tx.VoucherBySerial(card.Serial)
		_, byHolder := one(tx.VouchersOf(card.Beneficiary))
		_, byOwner := one(tx.Vendors(filled[vendors.Vendor]().Programme, ""))
		_, byCode := tx.HandheldByCode(filled[vendors.Handheld]().CodeHash)
		for name, err := range map[string]error{"hash": byHash, "number": byNumber, "serial": bySerial, "holder": byHolder,
			"owner": byOwner, "code": byCode, "put": tx.PutReceipt(receipt)} {
			if !errors.Is(err, ErrRecord) {
				t.Errorf("by %s: %v", name, err)
			}
		}
		return nil
	})
}

func TestOutcomeKey(t *testing.T) {
	for _, k := range []ledger.CommandKey{{}, {Actor: "a"}, {Key: "k"}, {Actor: "a\x00", Key: "\x00k"}} {
		stored, err := commandKey.encode(key{}, k).bytes()
		r := &keyReader{b: stored}
		if got := commandKey.decode(r); got != k || err != nil || r.done() != nil {
			t.Errorf("%q came apart as %q, %v, %v", k, got, err, r.done())
		}
	}
	for _, stored := range [][]byte{nil, {0, 0, 0, 0, 0, 0, 0, 2, 'a'}, {255, 255, 255, 255, 255, 255, 255, 255, 'a'}} {
		r := &keyReader{b: stored}
		if got := commandKey.decode(r); r.done() == nil {
			t.Errorf("%x came apart as %q", stored, got)
		}
	}
}
