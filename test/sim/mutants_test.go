package sim

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// mutant is a store that shows the service something else than it holds.
type mutant struct {
	voucher.Store
	wrap func(voucher.Tx) voucher.Tx
}

func (m mutant) View(ctx context.Context, fn func(voucher.Tx) error) error {
	return m.Store.View(ctx, func(tx voucher.Tx) error { return fn(m.wrap(tx)) })
}

func (m mutant) Update(ctx context.Context, fn func(voucher.Tx) error) error {
	return m.Store.Update(ctx, func(tx voucher.Tx) error { return fn(m.wrap(tx)) })
}

// altered is a transaction that alters what is read; nil alters nothing.
type altered struct {
	voucher.Tx
	card     func(*voucher.Voucher)
	handheld func(*vendors.Handheld)
	sibling  func(*voucher.StoredReceipt) // of a card
	balance  func(ledger.Account, int64) int64
	amnesia  func(what string) bool // not found though it is there
}

func (a altered) Voucher(n voucher.Number) (voucher.Voucher, error) {
	v, err := a.Tx.Voucher(n)
	if err == nil && a.card != nil {
		a.card(&v)
	}
	return v, err
}

func (a altered) VoucherBySerial(s voucher.Serial) (voucher.Voucher, error) {
	v, err := a.Tx.VoucherBySerial(s)
	if err == nil && a.card != nil {
		a.card(&v)
	}
	return v, err
}

func (a altered) Handheld(id vendors.HandheldID) (vendors.Handheld, error) {
	h, err := a.Tx.Handheld(id)
	if err == nil && a.handheld != nil {
		a.handheld(&h)
	}
	return h, err
}

func (a altered) ReceiptsFor(n voucher.Number) iter.Seq2[voucher.StoredReceipt, error] {
	return func(yield func(voucher.StoredReceipt, error) bool) {
		for r, err := range a.Tx.ReceiptsFor(n) {
			if err == nil && a.sibling != nil {
				a.sibling(&r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

func (a altered) Held(account ledger.Account) (ledger.Held, error) {
	h, err := a.Tx.Held(account)
	if err == nil && a.balance != nil {
		held := h.Balance(money.XOF)
		h.Balances = slices.Clone(h.Balances)
		h.SetBalance(money.FromMinor(a.balance(account, held.Minor()), money.XOF))
	}
	return h, err
}

func (a altered) Receipt(h voucher.Hash) (voucher.StoredReceipt, error) {
	if a.amnesia != nil && a.amnesia("receipt") {
		return voucher.StoredReceipt{}, voucher.ErrNotFound
	}
	return a.Tx.Receipt(h)
}

func (a altered) Outcome(k ledger.CommandKey) (ledger.Outcome, error) {
	if a.amnesia != nil && a.amnesia("outcome") {
		return ledger.Outcome{}, ledger.ErrNotFound
	}
	return a.Tx.Outcome(k)
}

func (a altered) Beacon(h voucher.Hash) (time.Time, error) {
	if a.amnesia != nil && a.amnesia("beacon") {
		return time.Time{}, voucher.ErrNotFound
	}
	return a.Tx.Beacon(h)
}

func forgets(what string) func(string) bool { return func(it string) bool { return it == what } }

// caughtWithin is within how many seeds a mutant is to be caught.
const caughtWithin = 20

// A simulation that finds nothing wrong with a wrong service is worth nothing:
// each of these is caught within a few seeds.
func TestSimulation_bites(t *testing.T) {
	if inChild(t) {
		return
	}
	reading := func(a altered) options {
		return options{mutate: func(tx voucher.Tx) voucher.Tx {
			a.Tx = tx
			return a
		}}
	}
	for name, opt := range map[string]options{
		"a crash loses what was acknowledged": {forget: true},
		"a vendor is paid twice for a card": reading(altered{sibling: func(r *voucher.StoredReceipt) {
			if r.State == voucher.Payable {
				r.State = voucher.Contested
			}
		}}),
		"home does not count":        reading(altered{card: func(v *voucher.Voucher) { v.Home = "" }}),
		"a void card is paid":        reading(altered{card: func(v *voucher.Voucher) { v.VoidAt = time.Time{} }}),
		"a hold is forgotten":        reading(altered{card: func(v *voucher.Voucher) { v.HeldAt = time.Time{} }}),
		"wrong PINs are not counted": reading(altered{card: func(v *voucher.Voucher) { v.WrongPINs = 0 }}),
		"a chain may go back behind what it named": reading(altered{handheld: func(h *vendors.Handheld) {
			h.TopBundle, h.TopFrom = 0, time.Time{}
		}}),
		"a used card in the bundle is paid": reading(altered{card: func(v *voucher.Voucher) {
			if !v.RedeemedAt.IsZero() {
				v.RedeemedAt = grace.AddDate(1, 0, 0)
			}
		}}),
		"cards need no activation": reading(altered{card: func(v *voucher.Voucher) {
			if v.ActivatedAt.IsZero() {
				v.ActivatedAt = voucher.Interval{From: opens, To: opens}
			}
		}}),
		"a rolled back handheld is believed": reading(altered{handheld: func(h *vendors.Handheld) {
			if h.State == vendors.Quarantined {
				h.State = vendors.Active
			}
		}}),
		"a lost handheld is believed": reading(altered{handheld: func(h *vendors.Handheld) {
			if h.State == vendors.Revoked || h.State == vendors.Replaced {
				h.State = vendors.Active
			}
		}}),
		"losses are paid over the cap": reading(altered{balance: func(a ledger.Account, n int64) int64 {
			if a == ledger.Contingency(theRound) && n < 3_000 {
				return 3_000
			}
			return n
		}}),
		"a resend is answered anew":  reading(altered{amnesia: forgets("receipt")}),
		"keys are forgotten":         reading(altered{amnesia: forgets("outcome")}),
		"beacons bound nothing":      reading(altered{amnesia: forgets("beacon")}),
		"a reversal pays the vendor": {mutate: func(tx voucher.Tx) voucher.Tx { return generous{tx} }},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(caughtWithin) {
				if _, err := run(t, seed, stepsDefault, opt); err != nil {
					t.Logf("seed %d: %v", seed, err)
					return
				}
			}
			t.Errorf("not caught within %d seeds", caughtWithin)
		})
	}
}

// generous takes nothing from a vendor.
type generous struct{ voucher.Tx }

func (g generous) AppendEntry(r ledger.Record, hashes []tlog.Hash, accounts []ledger.Held) error {
	accounts = slices.Clone(accounts)
	for i, h := range accounts {
		class, err := h.Account.Class()
		if err != nil {
			return err
		}
		before, err := g.Balance(h.Account, money.XOF)
		if err != nil {
			return err
		}
		if class == ledger.ClassRedeemed && before.Minor() > h.Balance(money.XOF).Minor() {
			h.Balances = slices.Clone(h.Balances)
			h.SetBalance(before)
			accounts[i] = h
		}
	}
	return g.Tx.AppendEntry(r, hashes, accounts)
}
