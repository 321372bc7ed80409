// Package vouchertest holds the contract of voucher.Store as tests that every
// store runs, and a small programme with real keys for tests of what is built
// on one.
package vouchertest

import (
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// TestStore runs the contract against stores that open returns, each empty.
func TestStore(t *testing.T, open func(testing.TB) voucher.Store) {
	for name, test := range map[string]func(*testing.T, voucher.Store){
		"what is not there is not found":                         testMissing,
		"what is put is read back, whole and newest":             testRoundTrip,
		"a signed text comes back byte for byte":                 testTexts,
		"a number keeps its serial, its lot and whom it is for":  testIdentity,
		"vouchers are listed by number and by beneficiary":       testVouchers,
		"what was just signed is stored at once":                 testIssued,
		"issues are one programme's, in order":                   testIssues,
		"records are listed by voucher, chain and round":         testReceipts,
		"a record keeps its place and is filed as it changes":    testRefile,
		"what waits is found until it no longer does":            testWaiting,
		"rows may be written while they are walked":              testWriteInWalk,
		"what is read is a copy":                                 testCopies,
		"a failed update leaves nothing, in the ledger neither":  testRollback,
		"a view writes nothing":                                  testReadOnly,
		"of twenty racing updates of one voucher one redeems it": testRace,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var at = time.Date(2025, 3, 1, 8, 30, 0, 0, time.UTC)

func update(t testing.TB, s voucher.Store, fn func(voucher.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s voucher.Store, fn func(voucher.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// same fails the test unless a value was read without error and is the wanted.
func same[V any](t testing.TB, want V) func(V, error) {
	return func(got V, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(money.Asset{})); err != nil || diff != "" {
			t.Errorf("%T: %v, differs (-want +got):\n%s", want, err, diff)
		}
	}
}

func collect[V any](t testing.TB, seq iter.Seq2[V, error]) []V {
	t.Helper()
	var out []V
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// list is what a walk yields, by one field of each.
func list[V, K any](t testing.TB, seq iter.Seq2[V, error], of func(V) K) string {
	t.Helper()
	out := []K{}
	for _, v := range collect(t, seq) {
		out = append(out, of(v))
	}
	return fmt.Sprint(out)
}

func expect(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

func number(v voucher.Voucher) voucher.Number { return v.Number }
func lotOf(i voucher.Issue) string            { return i.Lot }
func entry(r voucher.StoredReceipt) uint64    { return r.Entry }

// The values have every field set, so that a store that forgets one is found.

func aCard(n voucher.Number) voucher.Voucher {
	return voucher.Voucher{
		Number: n, Serial: voucher.Serial(fmt.Sprintf("%016d", n)), Programme: "p1", Round: "r1", Lot: "l1", Beneficiary: "b1",
		Index: 7, Profile: 1, Value: money.Francs(5000), NotBefore: at, Expires: at.AddDate(0, 1, 0), Point: "pt", Zone: "z1",
		Home: "h1", Mode: voucher.ModeBoth, SecretMAC: [16]byte{1}, PINMAC: [16]byte{15: 2}, PINHint: 1023, Tag: 65535, Spare: true,
		ActivatedAt: voucher.Interval{From: at, To: at.Add(time.Hour)}, ActivatedBy: "d1", HeldAt: at, VoidAt: at, VoidReason: "lost",
		ExpiredAt: at, ReplacedBy: "S2", ReceiptHash: voucher.Hash{3}, RedeemedAt: at, RedeemEntry: 9, WrongPINs: 2,
		ReservedFor: "h2", ReservedTo: at,
	}
}

func anIssue(programme, lot string) voucher.Issue {
	return voucher.Issue{
		Lot: lot, Round: "r1", Programme: programme, KID: "KID1", Manifest: "e30.e30.AAAA",
		Profiles: []voucher.Profile{{Number: 1, Asset: money.XOF, Basket: []string{"rice"}, Categories: []string{"food"}, Cap: 5000}},
		Ceilings: map[int]money.Amount{1: money.Francs(400), 2: money.Francs(500)}, Count: 10, Spares: 2, First: 1, Last: 12,
		FactorKey: []byte{1}, HintSecret: []byte{2}, NotBefore: at, Expires: at, GraceUntil: at, ClosedAt: at, IssuedAt: at,
	}
}

// aReceipt is a record with its own hash and text; its entry tells it apart.
func aReceipt(n uint64) voucher.StoredReceipt {
	text := fmt.Sprintf("e30.e30.%04d", n)
	return voucher.StoredReceipt{
		Hash: voucher.HashOf(text), JWS: text, Kind: voucher.RecordReceipt, Handheld: "h1", Vendor: "v1", Seq: n,
		Serial: "S1", Number: 1, Round: "r1", Value: money.Francs(5000), At: voucher.Interval{From: at, To: at.Add(time.Hour)},
		Said: at, State: voucher.Payable, Reason: "late", Full: true, Home: true, KeptRules: true, Entry: n, HasEntry: true,
		LossEntry: 5, HasLoss: true, TypedBy: [2]string{"s1", "s2"}, Channel: "https",
	}
}

func aProposal(id string) voucher.Proposal {
	return voucher.Proposal{ID: id, Programme: "p1", Kind: voucher.ProposeBind, Serial: "S1", Spare: "S2", Beneficiary: "b1",
		Home: "h1", Vendor: "v1", SoldOn: at, By: "s1", Pseudonym: "p7", At: at, Done: true}
}

func testMissing(t *testing.T, s voucher.Store) {
	view(t, s, func(tx voucher.Tx) error {
		_, v := tx.Voucher(1)
		_, serial := tx.VoucherBySerial("S1")
		_, token := tx.Token(1)
		_, i := tx.Issue("l1")
		_, r := tx.Receipt(voucher.Hash{})
		_, p := tx.Proposal("x1")
		_, b := tx.Beacon(voucher.Hash{1})
		_, e := tx.Embargo("l1")
		for name, err := range map[string]error{"voucher": v, "serial": serial, "token": token, "issue": i, "receipt": r,
			"proposal": p, "beacon": b, "embargo": e} {
			if !errors.Is(err, voucher.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		same[voucher.Number](t, 0)(tx.LastNumber())
		if n := len(collect(t, tx.Vouchers(0))) + len(collect(t, tx.VouchersOf("b1"))) + len(collect(t, tx.Issues("p1"))) +
			len(collect(t, tx.ReceiptsFor(1))) + len(collect(t, tx.ReceiptsFrom("h1", 0))) +
			len(collect(t, tx.ReceiptsByRound("r1"))) + len(collect(t, tx.WaitingSince(at))); n != 0 {
			t.Errorf("an empty store lists %d things", n)
		}
		return nil
	})
}

func testRoundTrip(t *testing.T, s voucher.Store) {
	v, i, r, p, beacon, e := aCard(1), anIssue("p1", "l1"), aReceipt(1), aProposal("x1"), at, voucher.Embargo{Lot: "l1", Until: at, Code: []byte{3}}
	put := func(tx voucher.Tx) error {
		return errors.Join(tx.PutVoucher(v), tx.PutIssue(i), tx.PutReceipt(r), tx.PutProposal(p), tx.PutBeacon(voucher.Hash{1}, beacon),
			tx.PutEmbargo(e))
	}
	check := func(tx voucher.Tx) error {
		same(t, v)(tx.Voucher(1))
		same(t, v)(tx.VoucherBySerial(v.Serial))
		same(t, i)(tx.Issue("l1"))
		same(t, r)(tx.Receipt(r.Hash))
		same(t, p)(tx.Proposal("x1"))
		same(t, beacon)(tx.Beacon(voucher.Hash{1}))
		same(t, e)(tx.Embargo("l1"))
		return nil
	}
	update(t, s, func(tx voucher.Tx) error { return errors.Join(put(tx), check(tx)) })
	view(t, s, check)

	// Zero values are values too.
	v = voucher.Voucher{Number: 1, Serial: v.Serial, Lot: v.Lot, Beneficiary: v.Beneficiary}
	i, r, p, beacon = voucher.Issue{Lot: "l1", Programme: "p1"}, voucher.StoredReceipt{Hash: r.Hash}, voucher.Proposal{ID: "x1"}, time.Time{}
	e = voucher.Embargo{Lot: "l1"}
	update(t, s, put)
	view(t, s, check)
}

// Whatever text a record has, its bytes and its hash are kept: signed texts,
// texts that look like one, and the stub's empty text.
func testTexts(t *testing.T, s voucher.Store) {
	for n, text := range []string{"", ".", "..", "a", "e30", "e30.e30", "e30.e30.e30", "e30.e30.e30.e30", "e30.e30.e3", "e31.e30.e30",
		"e30=.e30.e30", "e30.\ne30.e30", "e30.e 30.e30", "AA..AA", "é.é.é", "e+0.e/0.e30"} {
		h := voucher.Hash{byte(n)}
		for _, hash := range []voucher.Hash{h, voucher.HashOf(text)} {
			r := voucher.StoredReceipt{Hash: hash, JWS: text}
			update(t, s, func(tx voucher.Tx) error {
				return errors.Join(tx.PutToken(1, voucher.Token(text)), tx.PutReceipt(r))
			})
			view(t, s, func(tx voucher.Tx) error {
				same(t, voucher.Token(text))(tx.Token(1))
				same(t, r)(tx.Receipt(hash))
				return nil
			})
		}
	}
}

func testIdentity(t *testing.T, s voucher.Store) {
	spare := aCard(2)
	spare.Beneficiary = ""
	update(t, s, func(tx voucher.Tx) error { return errors.Join(tx.PutVoucher(aCard(1)), tx.PutVoucher(spare)) })
	for name, edit := range map[string]func(*voucher.Voucher){
		"another serial":               func(v *voucher.Voucher) { v.Serial = "OTHER" },
		"another lot":                  func(v *voucher.Voucher) { v.Lot = "l2" },
		"another beneficiary":          func(v *voucher.Voucher) { v.Beneficiary = "b2" },
		"nobody":                       func(v *voucher.Voucher) { v.Beneficiary = "" },
		"the serial of another number": func(v *voucher.Voucher) { v.Number = 3 },
	} {
		v := aCard(1)
		edit(&v)
		if err := s.Update(t.Context(), func(tx voucher.Tx) error { return tx.PutVoucher(v) }); err == nil {
			t.Errorf("%s was stored", name)
		}
	}
	spare.Beneficiary = "b2"
	update(t, s, func(tx voucher.Tx) error { return tx.PutVoucher(spare) })
	view(t, s, func(tx voucher.Tx) error {
		same(t, aCard(1))(tx.Voucher(1))
		same(t, spare)(tx.VoucherBySerial(spare.Serial))
		expect(t, "of b1", list(t, tx.VouchersOf("b1"), number), "[1]")
		expect(t, "of b2", list(t, tx.VouchersOf("b2"), number), "[2]")
		expect(t, "of nobody", list(t, tx.VouchersOf(""), number), "[]")
		same[voucher.Number](t, 2)(tx.LastNumber())
		return nil
	})
}

func testIssued(t *testing.T, s voucher.Store) {
	signed := func(n voucher.Number, beneficiary string) voucher.SignedVoucher {
		v := voucher.SignedVoucher{Voucher: aCard(n), Token: voucher.Token(fmt.Sprintf("e30.e30.%04d", n)), Salt: []byte{byte(n)}}
		if v.Voucher.Beneficiary = beneficiary; beneficiary == "" {
			v.Salt = nil
		}
		return v
	}
	vs := []voucher.SignedVoucher{signed(3, "b1"), signed(4, "b1"), signed(6, "b2"), signed(7, ""), signed(9, "b1")}
	update(t, s, func(tx voucher.Tx) error {
		return errors.Join(tx.PutVoucher(aCard(2)), tx.PutIssued(nil), tx.PutIssued(vs[:2]), tx.PutIssued(vs[2:]))
	})
	view(t, s, func(tx voucher.Tx) error {
		for _, v := range vs {
			same(t, v.Voucher)(tx.Voucher(v.Voucher.Number))
			same(t, v.Voucher)(tx.VoucherBySerial(v.Voucher.Serial))
			same(t, v.Token)(tx.Token(v.Voucher.Number))
			if v.Salt != nil {
				same(t, v.Salt)(tx.VoucherSalt(v.Voucher.Account()))
			}
		}
		expect(t, "of b1", list(t, tx.VouchersOf("b1"), number), "[2 3 4 9]")
		expect(t, "of b2", list(t, tx.VouchersOf("b2"), number), "[6]")
		expect(t, "of nobody", list(t, tx.VouchersOf(""), number), "[]")
		same[voucher.Number](t, 9)(tx.LastNumber())
		return nil
	})
	for name, wrong := range map[string][]voucher.SignedVoucher{
		"one that is there": {signed(9, "b1")},
		"one below":         {signed(5, "b1")},
		"two alike":         {signed(10, "b1"), signed(10, "b1")},
		"not in order":      {signed(11, "b1"), signed(10, "b1")},
	} {
		if err := s.Update(t.Context(), func(tx voucher.Tx) error { return tx.PutIssued(wrong) }); err == nil {
			t.Errorf("%s was stored", name)
		}
	}
}

func testVouchers(t *testing.T, s voucher.Store) {
	update(t, s, func(tx voucher.Tx) error {
		var errs []error
		for _, n := range []voucher.Number{300, 2, 1, 256} { // numbers, not texts, and not in order
			errs = append(errs, tx.PutVoucher(aCard(n)))
		}
		other := aCard(4)
		other.Beneficiary = "b11" // prefixed by the first
		return errors.Join(append(errs, tx.PutVoucher(other), tx.PutVoucher(aCard(256)))...)
	})
	view(t, s, func(tx voucher.Tx) error {
		expect(t, "from 0", list(t, tx.Vouchers(0), number), "[1 2 4 256 300]")
		expect(t, "from 2", list(t, tx.Vouchers(2), number), "[2 4 256 300]")
		expect(t, "from 3", list(t, tx.Vouchers(3), number), "[4 256 300]")
		expect(t, "from 301", list(t, tx.Vouchers(301), number), "[]")
		expect(t, "of b1", list(t, tx.VouchersOf("b1"), number), "[1 2 256 300]")
		expect(t, "of b11", list(t, tx.VouchersOf("b11"), number), "[4]")
		same[voucher.Number](t, 300)(tx.LastNumber())
		for range tx.Vouchers(0) {
			break // a walk that is left early must not panic
		}
		return nil
	})
}

func testIssues(t *testing.T, s voucher.Store) {
	update(t, s, func(tx voucher.Tx) error {
		return errors.Join(tx.PutIssue(anIssue("p1", "b")), tx.PutIssue(anIssue("p1", "a")), tx.PutIssue(anIssue("p1", "ab")),
			tx.PutIssue(anIssue("p", "x")), tx.PutIssue(anIssue("p11", "y")), tx.PutIssue(anIssue("p1", "a")))
	})
	view(t, s, func(tx voucher.Tx) error {
		expect(t, "issues", list(t, tx.Issues("p1"), lotOf), "[a ab b]")
		return nil
	})
}

func testCopies(t *testing.T, s voucher.Store) {
	i := anIssue("p1", "l1")
	update(t, s, func(tx voucher.Tx) error {
		if err := tx.PutIssue(i); err != nil {
			return err
		}
		i.FactorKey[0], i.Profiles[0].Basket[0], i.Ceilings[1] = 99, "edited", money.Francs(1) // after it was put
		got, err := tx.Issue("l1")
		if err != nil {
			return err
		}
		got.HintSecret[0], got.Ceilings[2] = 99, money.Francs(1)
		return nil
	})
	view(t, s, func(tx voucher.Tx) error {
		same(t, anIssue("p1", "l1"))(tx.Issue("l1"))
		return nil
	})
}

func testRollback(t *testing.T, s voucher.Store) {
	waits := aReceipt(1)
	waits.State = voucher.Waiting
	update(t, s, func(tx voucher.Tx) error {
		return errors.Join(tx.PutVoucher(aCard(1)), tx.PutReceipt(waits), tx.PutToken(1, "e30.e30.AAAA"))
	})
	stop := errors.New("stop")
	err := s.Update(t.Context(), func(tx voucher.Tx) error {
		v, settled := aCard(1), aReceipt(1)
		v.WrongPINs = 3
		_, decided := ledger.Decide(tx, ledger.Actor{Role: "server", Name: "server"}, "r1", "hold", "wrong-pin", nil)
		return errors.Join(decided, tx.PutVoucher(v), tx.PutVoucher(aCard(2)), tx.PutToken(1, "other"), tx.PutToken(2, "other"),
			tx.PutIssue(anIssue("p1", "l2")), tx.PutReceipt(settled), tx.PutReceipt(aReceipt(2)), tx.PutProposal(aProposal("x2")),
			tx.PutBeacon(voucher.Hash{2}, at), tx.PutEmbargo(voucher.Embargo{Lot: "l2"}), tx.PutVendor(vendors.Vendor{ID: "v2", Programme: "p1"}), stop)
	})
	if err == nil || err.Error() != stop.Error() {
		t.Fatalf("Update = %v, want only the function's own error", err)
	}
	view(t, s, func(tx voucher.Tx) error {
		same(t, []voucher.Voucher{aCard(1)})(collect(t, tx.Vouchers(0)), nil)
		same(t, voucher.Token("e30.e30.AAAA"))(tx.Token(1))
		same(t, []voucher.StoredReceipt{waits})(collect(t, tx.ReceiptsByRound("r1")), nil)
		same(t, []voucher.StoredReceipt{waits})(collect(t, tx.WaitingSince(at.AddDate(1, 0, 0))), nil)
		same[uint64](t, 0)(tx.Size())
		_, serial := tx.VoucherBySerial(aCard(2).Serial)
		_, token := tx.Token(2)
		_, i := tx.Issue("l2")
		_, r := tx.Receipt(aReceipt(2).Hash)
		_, p := tx.Proposal("x2")
		_, b := tx.Beacon(voucher.Hash{2})
		_, e := tx.Embargo("l2")
		_, v := tx.Vendor("v2")
		for name, err := range map[string]error{"serial": serial, "token": token, "issue": i, "receipt": r, "proposal": p, "beacon": b, "embargo": e} {
			if !errors.Is(err, voucher.ErrNotFound) {
				t.Errorf("%s was left behind: %v", name, err)
			}
		}
		if !errors.Is(v, vendors.ErrNotFound) {
			t.Errorf("a vendor was left behind: %v", v)
		}
		return nil
	})
}

func testReadOnly(t *testing.T, s voucher.Store) {
	for name, put := range map[string]func(voucher.Tx) error{
		"voucher":  func(tx voucher.Tx) error { return tx.PutVoucher(aCard(1)) },
		"token":    func(tx voucher.Tx) error { return tx.PutToken(1, "t") },
		"issue":    func(tx voucher.Tx) error { return tx.PutIssue(anIssue("p1", "l1")) },
		"receipt":  func(tx voucher.Tx) error { return tx.PutReceipt(aReceipt(1)) },
		"proposal": func(tx voucher.Tx) error { return tx.PutProposal(aProposal("x1")) },
		"embargo":  func(tx voucher.Tx) error { return tx.PutEmbargo(voucher.Embargo{Lot: "l1"}) },
		"beacon":   func(tx voucher.Tx) error { return tx.PutBeacon(voucher.Hash{1}, at) },
	} {
		if err := s.View(t.Context(), put); err == nil {
			t.Errorf("a view stored a %s", name)
		}
	}
}

// testRace has each update read before it writes, as a redemption does.
func testRace(t *testing.T, s voucher.Store) {
	v := aCard(1)
	v.RedeemedAt = time.Time{}
	update(t, s, func(tx voucher.Tx) error { return tx.PutVoucher(v) })
	late := errors.New("redeemed already")
	var (
		wg   sync.WaitGroup
		errs [20]error
	)
	for i := range errs {
		wg.Go(func() {
			errs[i] = s.Update(t.Context(), func(tx voucher.Tx) error {
				v, err := tx.Voucher(1)
				if err != nil {
					return err
				}
				if !v.RedeemedAt.IsZero() {
					return late
				}
				v.RedeemedAt = at
				return errors.Join(tx.PutVoucher(v), tx.PutReceipt(aReceipt(uint64(i))))
			})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, late) {
			t.Error(err)
		}
	}
	view(t, s, func(tx voucher.Tx) error {
		if n := len(collect(t, tx.ReceiptsFor(1))); won != 1 || n != 1 {
			t.Errorf("%d updates won and %d receipts stand, want one", won, n)
		}
		return nil
	})
}
