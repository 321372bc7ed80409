// Package vendorstest holds the contract of vendors.Store as tests that every
// store runs: missing values, round trips, order, copies, and that a failed
// update leaves nothing in any package's data.
package vendorstest

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// TestStore runs the contract against stores that open returns, each empty.
func TestStore(t *testing.T, open func(testing.TB) vendors.Store) {
	t.Run("what is not there is not found", func(t *testing.T) { testMissing(t, open(t)) })
	t.Run("what is put is read back, whole and newest", func(t *testing.T) { testRoundTrip(t, open(t)) })
	t.Run("lists are one owner's, in order, after a cursor", func(t *testing.T) { testLists(t, open(t)) })
	t.Run("price lists have no gap and never change", func(t *testing.T) { testPriceLists(t, open(t)) })
	t.Run("terms have no gap, and the latest may be approved", func(t *testing.T) { testTerms(t, open(t)) })
	t.Run("an entry is put into a claim and taken out", func(t *testing.T) { testClaimOf(t, open(t)) })
	t.Run("a handheld is found by the hash of its code", func(t *testing.T) { testCode(t, open(t)) })
	t.Run("what is read is a copy", func(t *testing.T) { testCopies(t, open(t)) })
	t.Run("a failed update leaves nothing, in the ledger neither", func(t *testing.T) { testRollback(t, open(t)) })
	t.Run("a view writes nothing", func(t *testing.T) { testReadOnly(t, open(t)) })
	t.Run("statements of bank accounts", func(t *testing.T) { testBank(t, open(t)) })
	t.Run("changes of how vendors are paid", func(t *testing.T) { testPaymentChange(t, open(t)) })
	t.Run("cheques", func(t *testing.T) { testCheques(t, open(t)) })
}

var at = time.Date(2025, 3, 1, 8, 30, 0, 0, time.UTC)

func update(t testing.TB, s vendors.Store, fn func(vendors.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s vendors.Store, fn func(vendors.Tx) error) {
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

// The values have every field set, so that a store that forgets one is found.

func vendor(programme string, id vendors.ID) vendors.Vendor {
	return vendors.Vendor{
		ID: id, Programme: programme, Name: "Boutique Diarra", Zone: "mopti", Village: "Sévaré", PlaceCode: "ML0501",
		Suspended: true, Created: at,
		Contract: vendors.Contract{
			From: at, Until: at.AddDate(1, 0, 0), Categories: []string{"food", "hygiene"}, DayMax: money.Francs(250_000),
			Charges:   []vendors.Charge{{Name: "commission", Permille: 15}, {Name: "withholding", Permille: -5}},
			Payment:   vendors.Payment{Method: "mobile-money", Provider: "orange", Alias: "70000001", Payee: "Awa", Via: "bank", Consent: "sha256:00"},
			Screening: vendors.Screening{On: at, By: "p7", Result: "clear"},
			Conflict:  "brother of the mayor", DeclaredOn: at,
		},
	}
}

func zone(programme, code string) vendors.Zone {
	return vendors.Zone{Code: code, Programme: programme, Policy: vendors.Policy{FreshHours: 72, DegradedHours: 1080,
		Floor: money.Francs(5000), CountMax: 400, SumMax: money.Francs(2_000_000), WaitingDays: 10}}
}

func handheld(programme string, id vendors.HandheldID) vendors.Handheld {
	return vendors.Handheld{
		ID: id, Programme: programme, Vendor: "v1", Zone: "mopti", Purpose: vendors.ForSales, State: vendors.Active,
		CodeHash: [32]byte([]byte(fmt.Sprintf("%32s", programme+string(id)))), CodeExpires: at, InvitedBy: "s1", ActivatedBy: "s2",
		Key: ed25519.PublicKey(bytes.Repeat([]byte{7}, 32)), Seq: 12, Head: [32]byte{1}, BeaconAt: at, BeaconHash: [32]byte{2},
		Snapshot: 3, NonceKey: []byte{8}, Nonce: "nonce", Counter: 9, LostAt: at, ReplacedBy: "h9", Created: at,
	}
}

func claim(programme string, id vendors.ClaimID) vendors.Claim {
	return vendors.Claim{
		ID: id, Programme: programme, Vendor: "v1", Round: "r1", Kind: vendors.Independent, State: vendors.ClaimSettled,
		Lines: 2, Claimed: money.Francs(10), Accepted: money.Francs(9), Charges: money.Francs(1), Recovered: money.Francs(2),
		InvoiceRef: "F-12", InvoiceHash: [32]byte{5}, PreparedBy: "s1", AcceptedBy: "s2", RefusedBy: "s3", Reason: "none",
		VendorProof: "signed-pdf:00", Entry: 7, Settlement: "b1", Created: at,
	}
}

func line(t testing.TB, id vendors.ClaimID, n int) vendors.ClaimLine {
	t.Helper()
	rice, err := money.NewAsset("RICE-KG", 2)
	if err != nil {
		t.Fatal(err)
	}
	return vendors.ClaimLine{Claim: id, N: n, Serial: "S1", Date: at, Amount: money.Francs(5000), Quantity: money.FromMinor(1250, rice),
		Price: money.Francs(400), Entry: 3, Matched: true, Reversed: true, Problem: "amount-differs"}
}

func reading(id vendors.ClaimID, n int) vendors.Reading {
	return vendors.Reading{Claim: id, N: n, Row: 3, Typed: "5l", Asked: money.Francs(7000), By: "s1", At: at, Entry: 9}
}

func settlement(programme, id string) vendors.Settlement {
	return vendors.Settlement{
		ID: id, Programme: programme, Method: "bank", Bank: "main", State: vendors.SettlementDone, Total: money.Francs(9),
		Payments: []vendors.PaymentLine{{Reference: id + "-1", Claim: "c1", Vendor: "v1", Round: "r1", Amount: money.Francs(8), Recover: money.Francs(1), Entry: 7,
			To: vendors.Payment{Method: "bank", Provider: "bdm", Alias: "ML01", Payee: "Awa", Via: "cheque", Consent: "sha256:01"}, Result: vendors.NotPaid, BankRef: "x", Reported: "no such account"}},
		Digest: [32]byte{6}, PreparedBy: "s1", RefusedBy: "s3", Created: at,
		Approval: access.Approval{Role: access.RoleFinanceApprover, Proof: access.Proof{Kind: "token", ID: "s2", Pseudonym: "p2", Digest: [32]byte{6}, At: at, Reference: "t1"}},
	}
}

func advance(vendor vendors.ID, id string) vendors.AdvanceLine {
	return vendors.AdvanceLine{ID: id, Programme: "p1", Vendor: vendor, Bank: "main", Amount: money.Francs(100), Permille: 200,
		State: vendors.AdvanceGiven, Created: at, Given: at, By: "s1", ApprovedBy: "s2", Entry: 4}
}

func bankStatement(bank, id string) vendors.BankStatement {
	return vendors.BankStatement{ID: id, Programme: "p1", Bank: bank, From: at.AddDate(0, -1, 0), To: at, Opening: money.Francs(-5), Closing: money.Francs(7),
		Lines: 3, Hash: [32]byte{4}, ImportedBy: "s1", Created: at}
}

func bankLine(bank string, n int) vendors.BankLine {
	return vendors.BankLine{Programme: "p1", Bank: bank, N: n, Statement: "b1", Booked: at, Amount: money.Francs(-5000), Reference: "s1-1", Batch: "s1",
		BankRef: "T1", Cheque: "0012", Code: "PMNT/ICDT/DMCT", Returned: true, Text: "Frais", State: vendors.LineProposed, What: vendors.IsFee, Round: "r1",
		Payment: "s1-2", To: "caisse", Note: "because", By: "s1", ApprovedBy: "s2", Named: []uint64{7}, Entries: []uint64{8, 9}}
}

func testBank(t *testing.T, s vendors.Store) {
	update(t, s, func(tx vendors.Tx) error {
		var errs []error
		for _, bank := range []string{"main", "mai", "main2"} { // a prefix of, and prefixed by, the first
			errs = append(errs, tx.PutBankStatement(bankStatement(bank, "b-"+bank)))
			for _, n := range []int{300, 2, 1} { // numbers, not texts
				errs = append(errs, tx.PutBankLine(bankLine(bank, n)))
			}
		}
		return errors.Join(errs...)
	})
	view(t, s, func(tx vendors.Tx) error {
		same(t, []vendors.BankStatement{bankStatement("main", "b-main")})(collect(t, tx.BankStatements("main")), nil)
		same(t, []vendors.BankLine{bankLine("main", 1), bankLine("main", 2), bankLine("main", 300)})(collect(t, tx.BankLines("main", 0)), nil)
		same(t, []vendors.BankLine{bankLine("main", 300)})(collect(t, tx.BankLines("main", 2)), nil)
		same(t, bankLine("main", 2))(tx.BankLine("main", 2))
		if _, err := tx.BankLine("main", 3); !errors.Is(err, vendors.ErrNotFound) {
			t.Errorf("a line that is not there: %v", err)
		}
		return nil
	})
}

func cheque(bank string, n uint64, payment string) vendors.Cheque {
	return vendors.Cheque{Programme: "p1", Bank: bank, Number: n, Width: 7, Payment: payment, Vendor: "v1", Round: "r1", Payee: "Awa", Amount: money.Francs(800),
		Date: at, State: vendors.ChequeIssued, Reason: "lost", By: "s1", Created: at, Said: vendors.ChequeVoid, SaidBy: "s2", AgreedBy: "s3", Line: 4, Ended: at}
}

func testCheques(t *testing.T, s vendors.Store) {
	book := func(bank string, first uint64) vendors.ChequeBook {
		return vendors.ChequeBook{Programme: "p1", Bank: bank, First: first, Last: first + 24, Width: 7, By: "s1", Registered: at}
	}
	update(t, s, func(tx vendors.Tx) error {
		var errs []error
		for _, bank := range []string{"main", "mai", "main2"} { // a prefix of, and prefixed by, the first
			for _, n := range []uint64{300, 1} { // numbers, not texts
				errs = append(errs, tx.PutChequeBook(book(bank, n)), tx.PutCheque(cheque(bank, n, bank+"-"+string(rune('a'+n%26)))))
			}
			errs = append(errs, tx.PutCheque(cheque(bank, 2, "")))
		}
		return errors.Join(errs...)
	})
	view(t, s, func(tx vendors.Tx) error {
		same(t, []vendors.ChequeBook{book("main", 1), book("main", 300)})(collect(t, tx.ChequeBooks("main")), nil)
		same(t, []vendors.Cheque{cheque("main", 1, "main-b"), cheque("main", 2, ""), cheque("main", 300, "main-o")})(collect(t, tx.Cheques("main")), nil)
		same(t, cheque("main", 2, ""))(tx.Cheque("main", 2))
		same(t, cheque("mai", 300, "mai-o"))(tx.ChequeFor("mai-o"))
		for _, err := range []error{second(tx.Cheque("main", 3)), second(tx.ChequeFor("")), second(tx.ChequeFor("main"))} {
			if !errors.Is(err, vendors.ErrNotFound) {
				t.Errorf("a cheque that is not there: %v", err)
			}
		}
		return nil
	})
}

func testPaymentChange(t *testing.T, s vendors.Store) {
	c := vendors.PaymentChange{Programme: "p1", Vendor: "v1", Payment: vendors.Payment{Method: "bank", Provider: "bdm", Alias: "ML01", Payee: "Awa", Via: "cheque", Consent: "sha256:01"},
		Reason: "lost", Salt: []byte{1}, Digest: [32]byte{2}, By: "s1", Proposed: at, AnsweredBy: "s2", Answered: at, Refused: true, From: at}
	o := vendors.Payout{Programme: "p1", Payment: "s1-1", By: "s1", Day: at, Recorded: at, Receipt: [32]byte{3}, ConfirmedBy: "s2", NotPaid: "ill"}
	update(t, s, func(tx vendors.Tx) error { return errors.Join(tx.PutPaymentChange(c), tx.PutPayout(o)) })
	view(t, s, func(tx vendors.Tx) error {
		same(t, c)(tx.PaymentChange("v1"))
		same(t, o)(tx.Payout("s1-1"))
		if _, err := tx.Payout("s1"); !errors.Is(err, vendors.ErrNotFound) {
			t.Errorf("a payment that is not there: %v", err)
		}
		if _, err := tx.PaymentChange("v"); !errors.Is(err, vendors.ErrNotFound) {
			t.Errorf("a change that is not there: %v", err)
		}
		return nil
	})
}

func second[V any](_ V, err error) error { return err }

func testMissing(t *testing.T, s vendors.Store) {
	view(t, s, func(tx vendors.Tx) error {
		_, v := tx.Vendor("v1")
		_, z := tx.Zone("p1", "mopti")
		_, latest := tx.PriceList("v1", 0)
		_, version := tx.PriceList("v1", 1)
		_, h := tx.Handheld("h1")
		_, code := tx.HandheldByCode([32]byte{1})
		_, c := tx.Claim("c1")
		_, of := tx.ClaimOf(0)
		_, settled := tx.Settlement("b1")
		_, a := tx.Advance("a1")
		for name, err := range map[string]error{"vendor": v, "zone": z, "latest price list": latest, "price list": version,
			"handheld": h, "code": code, "claim": c, "claim of an entry": of, "settlement": settled, "advance": a} {
			if !errors.Is(err, vendors.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		if n := len(collect(t, tx.Vendors("p1", ""))) + len(collect(t, tx.Handhelds("p1", ""))) + len(collect(t, tx.Claims("p1", ""))) +
			len(collect(t, tx.ClaimLines("c1", 0))) + len(collect(t, tx.Readings("c1"))) + len(collect(t, tx.Settlements("p1"))) + len(collect(t, tx.Advances("v1"))); n != 0 {
			t.Errorf("an empty store lists %d things", n)
		}
		return nil
	})
}

func testRoundTrip(t *testing.T, s vendors.Store) {
	v, z, h, c, l, b, a := vendor("p1", "v1"), zone("p1", "mopti"), handheld("p1", "h1"), claim("p1", "c1"), line(t, "c1", 1),
		settlement("p1", "b1"), advance("v1", "a1")
	put := func(tx vendors.Tx) error {
		return errors.Join(tx.PutVendor(v), tx.PutZone(z), tx.PutHandheld(h), tx.PutClaim(c), tx.PutClaimLine(l),
			tx.PutReading(reading("c1", 1)), tx.PutSettlement(b), tx.PutAdvance(a))
	}
	check := func(tx vendors.Tx) error {
		same(t, v)(tx.Vendor("v1"))
		same(t, z)(tx.Zone("p1", "mopti"))
		same(t, h)(tx.Handheld("h1"))
		same(t, c)(tx.Claim("c1"))
		same(t, []vendors.ClaimLine{l})(collect(t, tx.ClaimLines("c1", 0)), nil)
		same(t, []vendors.Reading{reading("c1", 1)})(collect(t, tx.Readings("c1")), nil)
		same(t, b)(tx.Settlement("b1"))
		same(t, a)(tx.Advance("a1"))
		return nil
	}
	update(t, s, func(tx vendors.Tx) error {
		if err := put(tx); err != nil {
			return err
		}
		return check(tx)
	})
	view(t, s, check)

	// Zero values are values too.
	v, z, h = vendors.Vendor{ID: "v1", Programme: "p1"}, vendors.Zone{Programme: "p1", Code: "mopti"},
		vendors.Handheld{ID: "h1", Programme: "p1", CodeHash: h.CodeHash}
	c, l = vendors.Claim{ID: "c1", Programme: "p1"}, vendors.ClaimLine{Claim: "c1", N: 1}
	b, a = vendors.Settlement{ID: "b1", Programme: "p1"}, vendors.AdvanceLine{ID: "a1", Programme: "p1", Vendor: "v1"}
	update(t, s, put)
	view(t, s, check)
}

func testLists(t *testing.T, s vendors.Store) {
	update(t, s, func(tx vendors.Tx) error {
		var errs []error
		for _, id := range []string{"b", "a", "ab", "c"} { // not in order
			errs = append(errs, tx.PutVendor(vendor("p1", vendors.ID(id))), tx.PutHandheld(handheld("p1", vendors.HandheldID(id))),
				tx.PutClaim(claim("p1", vendors.ClaimID(id))), tx.PutSettlement(settlement("p1", id)), tx.PutAdvance(advance("v1", id)))
		}
		for _, other := range []string{"p", "p11"} { // prefixes of, and prefixed by, the first
			errs = append(errs, tx.PutVendor(vendor(other, vendors.ID("x"+other))), tx.PutHandheld(handheld(other, vendors.HandheldID("x"+other))),
				tx.PutClaim(claim(other, vendors.ClaimID("x"+other))), tx.PutSettlement(settlement(other, "x"+other)))
		}
		errs = append(errs, tx.PutAdvance(advance("v", "x")), tx.PutAdvance(advance("v11", "y")))
		for _, n := range []int{300, 2, 1} { // numbers, not texts
			errs = append(errs, tx.PutClaimLine(line(t, "a", n)), tx.PutReading(reading("a", n)), tx.PutReading(reading("ab", n)))
		}
		return errors.Join(append(errs, tx.PutClaimLine(line(t, "ab", 1)))...)
	})
	view(t, s, func(tx vendors.Tx) error {
		all, after := []string{"a", "ab", "b", "c"}, []string{"b", "c"}
		for _, c := range []struct {
			name      string
			got, want []string
		}{
			{"vendors", ids(collect(t, tx.Vendors("p1", "")), func(v vendors.Vendor) string { return string(v.ID) }), all},
			{"vendors after ab", ids(collect(t, tx.Vendors("p1", "ab")), func(v vendors.Vendor) string { return string(v.ID) }), after},
			{"vendors after one that is not there", ids(collect(t, tx.Vendors("p1", "ac")), func(v vendors.Vendor) string { return string(v.ID) }), after},
			{"handhelds", ids(collect(t, tx.Handhelds("p1", "")), func(h vendors.Handheld) string { return string(h.ID) }), all},
			{"handhelds after ab", ids(collect(t, tx.Handhelds("p1", "ab")), func(h vendors.Handheld) string { return string(h.ID) }), after},
			{"claims", ids(collect(t, tx.Claims("p1", "")), func(c vendors.Claim) string { return string(c.ID) }), all},
			{"claims after ab", ids(collect(t, tx.Claims("p1", "ab")), func(c vendors.Claim) string { return string(c.ID) }), after},
			{"settlements", ids(collect(t, tx.Settlements("p1")), func(s vendors.Settlement) string { return s.ID }), all},
			{"advances", ids(collect(t, tx.Advances("v1")), func(a vendors.AdvanceLine) string { return a.ID }), all},
			{"lines", ids(collect(t, tx.ClaimLines("a", 0)), lineN), []string{"1", "2", "300"}},
			{"readings", ids(collect(t, tx.Readings("a")), func(r vendors.Reading) string { return fmt.Sprint(r.N) }), []string{"1", "2", "300"}},
			{"lines after 2", ids(collect(t, tx.ClaimLines("a", 2)), lineN), []string{"300"}},
		} {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
		}
		for range tx.Vendors("p1", "") {
			break // a walk that is left early must not panic
		}
		return nil
	})
}

func ids[V any](vs []V, id func(V) string) []string {
	var out []string
	for _, v := range vs {
		out = append(out, id(v))
	}
	return out
}

func lineN(l vendors.ClaimLine) string { return fmt.Sprint(l.N) }

func testPriceLists(t *testing.T, s vendors.Store) {
	rice, err := money.NewAsset("RICE-KG", 2)
	if err != nil {
		t.Fatal(err)
	}
	list := func(vendor vendors.ID, version int, ceiling int64) vendors.PriceList {
		return vendors.PriceList{Vendor: vendor, Version: version, From: at, SetBy: "s1", Items: []vendors.Item{{Code: "rice-local",
			Category: "food", NameEN: "Rice", NameFR: "Riz", Unit: rice, Ceiling: money.Francs(ceiling), Picture: "rice"}}}
	}
	update(t, s, func(tx vendors.Tx) error {
		errs := []error{tx.PutPriceList(list("v", 1, 1))}
		for n := 1; n <= 11; n++ {
			errs = append(errs, tx.PutPriceList(list("v1", n, int64(n))))
		}
		return errors.Join(errs...)
	})
	for _, wrong := range []int{0, 2, 11, 13} {
		if err := s.Update(t.Context(), func(tx vendors.Tx) error { return tx.PutPriceList(list("v1", wrong, 99)) }); err == nil {
			t.Errorf("version %d was stored after 11", wrong)
		}
	}
	view(t, s, func(tx vendors.Tx) error {
		same(t, list("v1", 11, 11))(tx.PriceList("v1", 0))
		same(t, list("v1", 2, 2))(tx.PriceList("v1", 2))
		same(t, list("v", 1, 1))(tx.PriceList("v", 0))
		if _, err := tx.PriceList("v1", 12); !errors.Is(err, vendors.ErrNotFound) {
			t.Errorf("version 12: %v", err)
		}
		return nil
	})
}

func testClaimOf(t *testing.T, s vendors.Store) {
	update(t, s, func(tx vendors.Tx) error { return errors.Join(tx.PutClaimOf(0, "c1"), tx.PutClaimOf(1, "c2")) })
	update(t, s, func(tx vendors.Tx) error {
		same[vendors.ClaimID](t, "c1")(tx.ClaimOf(0))
		return tx.PutClaimOf(0, "")
	})
	update(t, s, func(tx vendors.Tx) error { return tx.PutClaimOf(5, "") }) // taking out what is not in is no error
	view(t, s, func(tx vendors.Tx) error {
		if _, err := tx.ClaimOf(0); !errors.Is(err, vendors.ErrNotFound) {
			t.Errorf("an entry that was taken out: %v", err)
		}
		same[vendors.ClaimID](t, "c2")(tx.ClaimOf(1))
		return nil
	})
}

func testCode(t *testing.T, s vendors.Store) {
	h, other := handheld("p1", "h1"), handheld("p2", "h2")
	update(t, s, func(tx vendors.Tx) error { return errors.Join(tx.PutHandheld(h), tx.PutHandheld(other)) })
	h.State = vendors.Revoked
	update(t, s, func(tx vendors.Tx) error { return tx.PutHandheld(h) })
	view(t, s, func(tx vendors.Tx) error {
		same(t, h)(tx.HandheldByCode(h.CodeHash))
		same(t, other)(tx.HandheldByCode(other.CodeHash))
		return nil
	})
}

func testCopies(t *testing.T, s vendors.Store) {
	v, b := vendor("p1", "v1"), settlement("p1", "b1")
	update(t, s, func(tx vendors.Tx) error {
		if err := errors.Join(tx.PutVendor(v), tx.PutSettlement(b)); err != nil {
			return err
		}
		v.Contract.Categories[0], b.Payments[0].BankRef = "edited", "edited" // after it was put
		got, err := tx.Vendor("v1")
		if err != nil {
			return err
		}
		got.Contract.Charges[0].Permille = 999
		return nil
	})
	view(t, s, func(tx vendors.Tx) error {
		same(t, vendor("p1", "v1"))(tx.Vendor("v1"))
		same(t, settlement("p1", "b1"))(tx.Settlement("b1"))
		return nil
	})
}

func testRollback(t *testing.T, s vendors.Store) {
	kept := vendor("p1", "kept")
	update(t, s, func(tx vendors.Tx) error {
		return errors.Join(tx.PutVendor(kept), tx.PutClaimOf(1, "kept"), tx.PutHandheld(handheld("p1", "kept")))
	})
	stop := errors.New("stop")
	err := s.Update(t.Context(), func(tx vendors.Tx) error {
		changed := kept
		changed.Name = "changed"
		changedHandheld := handheld("p1", "kept")
		changedHandheld.Nonce = "changed"
		_, decided := ledger.Decide(tx, ledger.Actor{Role: "registrar", Name: "p7"}, "", "vendor-registered", "v2", nil)
		return errors.Join(decided, tx.PutVendor(changed), tx.PutVendor(vendor("p1", "v2")), tx.PutZone(zone("p1", "z")),
			tx.PutPriceList(vendors.PriceList{Vendor: "kept", Version: 1}), tx.PutHandheld(changedHandheld), tx.PutHandheld(handheld("p1", "h2")),
			tx.PutClaim(claim("p1", "c2")), tx.PutClaimLine(line(t, "c2", 1)), tx.PutReading(reading("c2", 1)), tx.PutClaimOf(1, ""), tx.PutClaimOf(2, "c2"),
			tx.PutSettlement(settlement("p1", "b2")), tx.PutAdvance(advance("kept", "a2")), stop)
	})
	if err == nil || err.Error() != stop.Error() {
		t.Fatalf("Update = %v, want only the function's own error", err)
	}
	view(t, s, func(tx vendors.Tx) error {
		same(t, []vendors.Vendor{kept})(collect(t, tx.Vendors("p1", "")), nil)
		same(t, []vendors.Handheld{handheld("p1", "kept")})(collect(t, tx.Handhelds("p1", "")), nil)
		same[vendors.ClaimID](t, "kept")(tx.ClaimOf(1))
		same[uint64](t, 0)(tx.Size())
		if n := len(collect(t, tx.Claims("p1", ""))) + len(collect(t, tx.ClaimLines("c2", 0))) + len(collect(t, tx.Readings("c2"))) +
			len(collect(t, tx.Settlements("p1"))) + len(collect(t, tx.Advances("kept"))); n != 0 {
			t.Errorf("%d things were left behind", n)
		}
		_, z := tx.Zone("p1", "z")
		_, p := tx.PriceList("kept", 0)
		_, of := tx.ClaimOf(2)
		_, code := tx.HandheldByCode(handheld("p1", "h2").CodeHash)
		for name, err := range map[string]error{"zone": z, "prices": p, "claim of an entry": of, "code": code} {
			if !errors.Is(err, vendors.ErrNotFound) {
				t.Errorf("%s was left behind: %v", name, err)
			}
		}
		return nil
	})
}

func testReadOnly(t *testing.T, s vendors.Store) {
	for name, put := range map[string]func(vendors.Tx) error{
		"vendor":     func(tx vendors.Tx) error { return tx.PutVendor(vendor("p1", "v1")) },
		"handheld":   func(tx vendors.Tx) error { return tx.PutHandheld(handheld("p1", "h1")) },
		"claim":      func(tx vendors.Tx) error { return tx.PutClaim(claim("p1", "c1")) },
		"claim of":   func(tx vendors.Tx) error { return tx.PutClaimOf(1, "c1") },
		"settlement": func(tx vendors.Tx) error { return tx.PutSettlement(settlement("p1", "b1")) },
	} {
		if err := s.View(t.Context(), put); err == nil {
			t.Errorf("a view stored a %s", name)
		}
	}
}
