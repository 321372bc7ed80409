//go:build linux

package crash

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

const origin = "ngo.example/crash"

// valueMinor is what each voucher of a day is worth.
const valueMinor = 1_000

// keys are a server's, in the clear: opening real key files takes longer than
// everything else that a server does at its start.
type keys struct {
	Root     []byte // public
	Beacon   []byte // seed
	Seal     []byte
	Signer   string // of checkpoints
	Verifier string
}

func newKeys(t testing.TB) keys {
	t.Helper()
	signer, verifier, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	k := keys{Beacon: make([]byte, ed25519.SeedSize), Seal: make([]byte, 32), Signer: signer, Verifier: verifier}
	rand.Read(k.Beacon)
	rand.Read(k.Seal)
	return k
}

func (k keys) beacon() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(k.Beacon) }

// sale is a receipt that a client will send.
type sale struct {
	JWS     string
	Account ledger.Account // of the voucher
	Twice   bool           // two handhelds sell this voucher
}

// till is a handheld with all it will ever send, in the order of its chain.
type till struct {
	Handheld vendors.HandheldID
	Vendor   vendors.ID
	Sales    []sale
}

// day is a folder's content in the clear, and what its clients will do.
type day struct {
	Keys  keys
	Tills []till
}

// plan says how large a day is.
type plan struct {
	tills, vouchers int
}

// newDay fills the data folder: vouchers issued and activated, a handheld for
// each client, and its receipts signed but not sent. Each tenth voucher is sold
// by two handhelds, neither of them its home, so that the first to arrive
// keeps it for good.
func newDay(t testing.TB, dir string, k keys, p plan) day {
	t.Helper()
	var db *bolt.DB
	w := vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store {
		var err error
		if db, err = bolt.Open(filepath.Join(dir, "jate.db"), bolt.Options{Now: now}); err != nil {
			t.Fatal(err)
		}
		return db.Vouchers()
	})
	w.Clock.Now = time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	w.Beacon = k.beacon()
	var err error
	if w.Seal, err = voucher.SealKeyFrom(k.Seal); err != nil {
		t.Fatal(err)
	}
	k.Root = w.Root.Public().(ed25519.PublicKey)
	w.Service = voucher.New(w.Store, w.Config())
	w.Update(func(tx voucher.Tx) error { return furnish(tx, w.Clock.Now, p.vouchers) })
	d := day{Keys: k}
	for i := range p.tills {
		l := till{Handheld: vendors.HandheldID(fmt.Sprintf("c%d", i)), Vendor: []vendors.ID{"v1", "v2"}[i%2]}
		w.Handheld(l.Handheld, l.Vendor, vendors.ForSales)
		w.Refresh(l.Handheld)
		d.Tills = append(d.Tills, l)
	}
	cards := issue(t, w, p.vouchers)
	w.Refresh("d1")
	for from := 0; from < len(cards); from += 40 {
		var serials []voucher.Serial
		for _, v := range cards[from:min(from+40, len(cards))] {
			serials = append(serials, v.Serial)
		}
		w.Expect(w.Activate(serials...), voucher.Accepted, "")
	}
	for i, v := range cards {
		l, other := &d.Tills[i%p.tills], &d.Tills[(i+1)%p.tills]
		twice := i%10 == 9 && p.tills > 1
		l.Sales = append(l.Sales, sale{w.Sale(l.Handheld, v.Serial), v.Account(), twice})
		if twice {
			other.Sales = append(other.Sales, sale{w.Sale(other.Handheld, v.Serial), v.Account(), true})
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return d
}

// furnish renews the world's contracts, which ended long ago, and funds it.
func furnish(tx voucher.Tx, now time.Time, vouchers int) error {
	var errs []error
	for _, id := range []vendors.ID{"v1", "v2"} {
		errs = append(errs, tx.PutVendor(vendors.Vendor{ID: id, Programme: "mopti", Zone: "z1",
			Contract: vendors.Contract{From: now.AddDate(-1, 0, 0), Until: now.AddDate(1, 0, 0)}}))
	}
	needed := money.Francs(int64(vouchers) * valueMinor)
	finance := ledger.Actor{Role: "finance-preparer", Name: "p9"}
	_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindFund, Actor: finance,
		Postings: []ledger.Posting{{Debit: ledger.Bank("b1"), Credit: ledger.Fund("f1"), Amount: needed}}})
	errs = append(errs, err)
	_, err = ledger.Post(tx, ledger.Entry{Kind: ledger.KindAllocate, Actor: finance, Round: "r1",
		Postings: []ledger.Posting{{Debit: ledger.Fund("f1"), Credit: ledger.Round("r1"), Amount: needed}}})
	return errors.Join(append(errs, err)...)
}

func issue(t testing.TB, w *vouchertest.World, n int) []voucher.Voucher {
	t.Helper()
	now := w.Clock.Now
	_, err := w.Service.IssueLot(context.Background(), voucher.IssueLot{Programme: "mopti", Round: "r1", Lot: "l1", Issuer: "ngo",
		NotBefore: now.Add(-time.Hour), Expires: now.AddDate(0, 0, 30), GraceUntil: now.AddDate(0, 0, 45),
		Profiles: []voucher.Profile{{Number: 1, Asset: money.XOF, Cap: valueMinor}}, Count: n, By: vouchertest.Issuer,
		Items: func(yield func(voucher.Item, error) bool) {
			for i := range n {
				if !yield(voucher.Item{Beneficiary: fmt.Sprintf("b%d", i), Point: "p1", Zone: "z1", Home: "h1",
					Profile: 1, Value: money.Francs(valueMinor), Mode: voucher.ModeSecret}, nil) {
					return
				}
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	var cards []voucher.Voucher
	err = w.Store.View(context.Background(), func(tx voucher.Tx) error {
		cards = nil
		for _, s := range w.Room.Order {
			v, err := tx.VoucherBySerial(s)
			if err != nil {
				return err
			}
			cards = append(cards, v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return cards
}
