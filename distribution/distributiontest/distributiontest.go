// Package distributiontest holds the contract of distribution.Store as tests
// that every store runs: missing values, round trips, order, copies, and that
// a failed update leaves nothing in any package's data.
package distributiontest

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/market"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/distribution/presence"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// TestStore runs the contract against stores that open returns, each empty.
func TestStore(t *testing.T, open func(testing.TB) distribution.Store) {
	t.Run("what is not there is not found", func(t *testing.T) { testMissing(t, open(t)) })
	t.Run("what is put is read back, whole and newest", func(t *testing.T) { testRoundTrip(t, open(t)) })
	t.Run("zero values are values", func(t *testing.T) { testZero(t, open(t)) })
	t.Run("lists are one owner's, in order", func(t *testing.T) { testLists(t, open(t)) })
	t.Run("households are numbered upwards and listed after a cursor", func(t *testing.T) { testBeneficiaries(t, open(t)) })
	t.Run("a deleted key stays deleted", func(t *testing.T) { testKeys(t, open(t)) })
	t.Run("digests file several households, whatever their bytes", func(t *testing.T) { testBlind(t, open(t)) })
	t.Run("lines of a lot are walked from any number and removed together", func(t *testing.T) { testEntitlements(t, open(t)) })
	t.Run("what is read is a copy", func(t *testing.T) { testCopies(t, open(t)) })
	t.Run("a failed update leaves nothing, in the ledger neither", func(t *testing.T) { testRollback(t, open(t)) })
	t.Run("a view writes nothing", func(t *testing.T) { testReadOnly(t, open(t)) })
}

var at = time.Date(2025, 3, 1, 8, 30, 0, 0, time.UTC)

func update(t testing.TB, s distribution.Store, fn func(distribution.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s distribution.Store, fn func(distribution.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// same fails the test unless a value was read without error and is the wanted.
// An empty list and none are the same.
func same[V any](t testing.TB, want V) func(V, error) {
	return func(got V, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(money.Asset{}), cmpopts.EquateEmpty()); err != nil || diff != "" {
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

func names[V any](vs []V, name func(V) string) []string {
	var out []string
	for _, v := range vs {
		out = append(out, name(v))
	}
	return out
}

// The values have every field set, so that a store that forgets one is found.

var rice = func() money.Asset {
	a, err := money.NewAsset("RICE-KG", 2)
	if err != nil {
		panic(err) // a mistake in this file
	}
	return a
}()

var euro = func() money.Asset {
	a, err := money.NewAsset("EUR", 2)
	if err != nil {
		panic(err) // a mistake in this file
	}
	return a
}()

func back() distribution.Return {
	return distribution.Return{Parts: []distribution.ReturnPart{{From: ledger.Round("r1"), To: ledger.Fund("f1"), Amount: money.Francs(5)}},
		Digest: [32]byte{3}, PreparedBy: "s1", At: at}
}

func fund(programme, id string) distribution.Fund {
	return distribution.Fund{ID: id, Programme: programme, Name: "Emergency", Donor: "ECHO", Currency: euro,
		Pledged: money.FromMinor(100_000, euro), Return: back(), Created: at}
}

func fundReceipt(fund string, n int) distribution.FundReceipt {
	return distribution.FundReceipt{Fund: fund, N: n, Donor: money.FromMinor(1000, euro), XOF: money.Francs(6559),
		Bank: "bdm", On: at, BankRef: "VIR 12", Entry: 7}
}

func household(programme string, id distribution.BeneficiaryID) distribution.Beneficiary {
	return distribution.Beneficiary{ID: id, Programme: programme, Import: "i1", Row: 12, Match: [16]byte{1}, Content: [32]byte{2},
		Sealed: []byte{3, 0, 4}, Point: "p1", Excluded: "duplicate", Created: at, Changed: at.Add(time.Hour)}
}

func imported(programme, id string) distribution.Import {
	return distribution.Import{ID: id, Programme: programme, File: [32]byte{4}, Done: true, By: "s1", Started: at,
		Counts: distribution.ImportCounts{New: 1, Changed: 2, Same: 3, Refused: 4}}
}

func export(programme, id string) distribution.Export {
	return distribution.Export{ID: id, Programme: programme, Recipient: "age1x", Point: "p1", Fields: []distribution.Field{distribution.FieldName, distribution.FieldPhone},
		Purpose: "audit", Households: 3, PreparedBy: "s1", Prepared: at, Copies: 2, Approvals: lot("r1", "l1").Approvals}
}

func duplicate(programme string, a, b distribution.BeneficiaryID) distribution.Duplicate {
	return distribution.Duplicate{Programme: programme, A: a, B: b, Reasons: []string{"same-phone", "similar-name"},
		Decision: "same", By: "s1", At: at}
}

func place(code string) places.Place {
	return places.Place{Edition: "2015", Code: code, Name: "Sévaré", Commune: "Mopti", Cercle: "Mopti", Region: "Mopti", Within: "ML0501",
		Lat: 14.5, Lon: -4.1, Level: places.Settlement, Class: 4}
}

func point(programme, code string) distribution.Point {
	return distribution.Point{Code: code, Programme: programme, Name: "École de Sévaré", Zone: "z1", PlaceCode: "ML050101",
		Villages: []string{"mopti/sevare", "mopti/wailirde"}}
}

func round(programme, id string) distribution.Round {
	return distribution.Round{ID: id, Programme: programme, Name: "March", Kind: distribution.CommodityRound, Asset: rice,
		Ceiling: money.Francs(400), Categories: []string{"food"}, Basket: []string{"rice"},
		Rule: distribution.Rule{PerHousehold: money.FromMinor(1, rice), PerMember: money.FromMinor(2, rice), PerUnit: money.FromMinor(3, rice),
			Min: money.FromMinor(4, rice), Cap: money.FromMinor(5, rice),
			Denominations: []money.Amount{money.FromMinor(2500, rice), money.FromMinor(500, rice)}, VouchersMax: 12},
		Mode: voucher.ModeSecret, PINAbove: money.FromMinor(6, rice), Opens: at, SalesEnd: at.Add(time.Hour), GraceUntil: at.Add(2 * time.Hour),
		SparePermille: 20, ThirdAbove: money.FromMinor(7, rice), EmbargoUntil: at, State: distribution.RoundGrace, Return: back(),
		PreparedBy: "s1", Created: at, AnswerOverlaps: true}
}

func lot(round, id string) distribution.Lot {
	return distribution.Lot{ID: id, Round: round, Programme: "p1", Points: []string{"p1", "p2"}, State: distribution.LotApproved, Digest: [32]byte{5},
		Households: 1, Vouchers: 2, Total: money.Francs(3), Exposure: money.Francs(4),
		Warnings:   []distribution.Warning{{Code: "point-distance", Text: "far", Texte: "loin", Metres: 6000}},
		PreparedBy: "s1", PreparedAt: at, Prints: map[string]int{"cards": 2}, IssuedAt: at,
		Lists: []string{"w1"}, OverlapsMore: 2, Coordination: "agreed with PAM on 3 March", Overlaps: []distribution.Overlap{{Sure: distribution.Likely,
			List: "w1", Source: "OCHA 3W", Row: 4, Rows: 2, Organisation: "PAM", Kind: presence.Food, Activity: "vivres", From: at, To: at.Add(time.Hour),
			Assumed: true, Level: places.Commune, Place: "Konna, Mopti", Households: 7, Planned: 12, Reached: 11}},
		Approvals: []access.Approval{{Role: access.RoleListApprover, Proof: access.Proof{Kind: "token", ID: "s2", Pseudonym: "p2",
			Digest: [32]byte{5}, At: at, Reference: "t1"}}}}
}

func entitlement(lot string, n int) distribution.Entitlement {
	return distribution.Entitlement{Lot: lot, N: n, Beneficiary: "h1", Point: "p1",
		Amounts: []money.Amount{money.Francs(10_000), money.Francs(5000)}, Homes: []vendors.HandheldID{"d1", ""}}
}

func occasion(programme, id string) distribution.Occasion {
	return distribution.Occasion{ID: id, Programme: programme, Kind: market.Fair, Point: "c1", Vendor: "v1", Weekdays: 34, From: at, To: at.Add(time.Hour),
		CalledOff: true, By: "s1", At: at}
}

func marketPrice(programme, id string) distribution.MarketPrice {
	return distribution.MarketPrice{ID: id, Programme: programme, Item: "rice", Market: "Konna", Zones: []string{"m1", "m2"}, Day: at,
		Price: money.Francs(4125), For: money.FromMinor(10, rice), By: "s1", At: at}
}

func presenceList(programme, id string) distribution.PresenceList {
	return distribution.PresenceList{ID: id, Programme: programme, Source: "OCHA 3W", File: [32]byte{6}, Edition: "2015", From: at, To: at.Add(time.Hour),
		Rows: 3, Refused: 2, Other: 1, Withdrawn: "replaced", By: "s1", At: at}
}

func presenceRow(n int) presence.Row {
	return presence.Row{N: n, Organisation: "PAM", Region: "Mopti", Cercle: "Mopti", Commune: "Konna", Village: "Kontza", Code: "ML1", From: at,
		To: at.Add(time.Hour), Assumed: true, Kind: presence.Food, Activity: "vivres", Planned: 12, Reached: 11}
}

func testMissing(t *testing.T, s distribution.Store) {
	view(t, s, func(tx distribution.Tx) error {
		_, programme := tx.Programme("p1")
		_, fund := tx.DonorFund("f1")
		_, household := tx.Beneficiary("h1")
		_, key := tx.WrappedKey("h1")
		_, imported := tx.Import("p1", "i1")
		_, pair := tx.Duplicate("p1", "h1", "h2")
		_, point := tx.Point("p1", "c1")
		_, list := tx.PresenceList("p1", "w1")
		_, occasion := tx.Occasion("p1", "o1")
		_, price := tx.MarketPrice("p1", "o1")
		_, round := tx.Round("r1")
		_, lot := tx.Lot("l1")
		_, entitled := tx.EntitledIn("r1", "h1")
		for name, err := range map[string]error{"programme": programme, "fund": fund, "household": household, "key": key,
			"import": imported, "duplicate": pair, "point": point, "presence list": list, "occasion": occasion, "market price": price, "round": round, "lot": lot, "entitled in": entitled} {
			if !errors.Is(err, distribution.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		if n := len(collect(t, tx.DonorFunds("p1"))) + len(collect(t, tx.FundReceipts("f1"))) + len(collect(t, tx.Beneficiaries("p1", ""))) +
			len(collect(t, tx.Blind("p1", [16]byte{}))) + len(collect(t, tx.Imports("p1"))) + len(collect(t, tx.Duplicates("p1"))) +
			len(collect(t, tx.Places("p1"))) + len(collect(t, tx.Points("p1"))) + len(collect(t, tx.Rounds("p1"))) +
			len(collect(t, tx.Lots("r1"))) + len(collect(t, tx.Entitlements("l1", 1))); n != 0 {
			t.Errorf("an empty store lists %d things", n)
		}
		return nil
	})
	update(t, s, func(tx distribution.Tx) error { // taking out what is not in is no error
		return errors.Join(tx.DeleteWrappedKey("h1"), tx.DeleteBlind("p1", [16]byte{1}, "h1"), tx.DeleteEntitlements("l1"), tx.PutEntitledIn("r1", "h1", ""))
	})
}

func testRoundTrip(t *testing.T, s distribution.Store) {
	p := distribution.Programme{ID: "p1", Name: "Mopti", Created: at}
	f, r, b, im := fund("p1", "f1"), fundReceipt("f1", 1), household("p1", "h1"), imported("p1", "i1")
	d, pl, pt, rd, l, e := duplicate("p1", "h1", "h2"), place("ML050101001"), point("p1", "c1"), round("p1", "r1"), lot("r1", "l1"), entitlement("l1", 1)
	put := func(tx distribution.Tx) error {
		return errors.Join(tx.PutProgramme(p), tx.PutDonorFund(f), tx.PutFundReceipt(r), tx.PutBeneficiary(b), tx.PutWrappedKey("h1", []byte{9, 0, 1}), tx.PutExport(export("p1", "x1")), tx.PutNamed("r1", []string{"s1", "s2"}),
			tx.PutImport(im), tx.PutDuplicate(d), tx.PutPlaces("p1", []places.Place{pl}), tx.PutOccasion(occasion("p1", "o1")), tx.PutMarketPrice(marketPrice("p1", "o1")), tx.PutPresenceList(presenceList("p1", "w1")),
			tx.PutPresenceRows("p1", "w1", []presence.Row{presenceRow(300), presenceRow(2)}), tx.PutPoint(pt), tx.PutRound(rd), tx.PutLot(l),
			tx.PutEntitlement(e), tx.PutEntitledIn("r1", "h1", "l1"))
	}
	check := func(tx distribution.Tx) error {
		same(t, p)(tx.Programme("p1"))
		same(t, f)(tx.DonorFund("f1"))
		same(t, []distribution.FundReceipt{r})(collect(t, tx.FundReceipts("f1")), nil)
		same(t, b)(tx.Beneficiary("h1"))
		same(t, []byte{9, 0, 1})(tx.WrappedKey("h1"))
		same(t, export("p1", "x1"))(tx.Export("p1", "x1"))
		same(t, []string{"s1", "s2"})(tx.Named("r1"))
		if staff, err := tx.Named("r2"); err != nil || len(staff) > 0 {
			t.Errorf("nobody was named, and there is %v, %v", staff, err)
		}
		if got := len(collect(t, tx.Exports("p1"))) + len(collect(t, tx.Exports("p2"))); got != 1 {
			t.Errorf("%d exports", got)
		}
		if _, err := tx.Export("p2", "x1"); !errors.Is(err, distribution.ErrNotFound) {
			t.Errorf("another programme's export: %v", err)
		}
		same(t, im)(tx.Import("p1", "i1"))
		same(t, d)(tx.Duplicate("p1", "h1", "h2"))
		same(t, []places.Place{pl})(collect(t, tx.Places("p1")), nil)
		same(t, occasion("p1", "o1"))(tx.Occasion("p1", "o1"))
		same(t, marketPrice("p1", "o1"))(tx.MarketPrice("p1", "o1"))
		same(t, presenceList("p1", "w1"))(tx.PresenceList("p1", "w1"))
		same(t, []presence.Row{presenceRow(2), presenceRow(300)})(collect(t, tx.PresenceRows("p1", "w1")), nil)
		if n := len(collect(t, tx.PresenceRows("p2", "w1"))) + len(collect(t, tx.PresenceRows("p1", "w"))); n != 0 {
			t.Errorf("%d rows of another list", n)
		}
		same(t, pt)(tx.Point("p1", "c1"))
		same(t, rd)(tx.Round("r1"))
		same(t, l)(tx.Lot("l1"))
		same(t, []distribution.Entitlement{e})(collect(t, tx.Entitlements("l1", 1)), nil)
		same(t, "l1")(tx.EntitledIn("r1", "h1"))
		return nil
	}
	update(t, s, func(tx distribution.Tx) error {
		if err := put(tx); err != nil {
			return err
		}
		return check(tx)
	})
	view(t, s, check)

	p.Name, f.Name, r.BankRef, b.Row, im.Done, d.Decision = "changed", "changed", "changed", 13, false, ""
	pl.Name, pt.Name, rd.State, l.State, e.Point = "changed", "changed", distribution.RoundClosed, distribution.LotIssued, "p9"
	update(t, s, put)
	view(t, s, check)
}

func testZero(t *testing.T, s distribution.Store) {
	f, b, d := distribution.Fund{ID: "f1", Programme: "p1"}, distribution.Beneficiary{ID: "h1", Programme: "p1"}, distribution.Duplicate{Programme: "p1", A: "h1", B: "h2"}
	rd, l, e := distribution.Round{ID: "r1", Programme: "p1"}, distribution.Lot{ID: "l1", Round: "r1"}, distribution.Entitlement{Lot: "l1", N: 1}
	im, pt := distribution.Import{Programme: "p1", ID: "i1"}, distribution.Point{Programme: "p1", Code: "c1"}
	update(t, s, func(tx distribution.Tx) error {
		return errors.Join(tx.PutDonorFund(f), tx.PutBeneficiary(b), tx.PutDuplicate(d), tx.PutRound(rd), tx.PutLot(l), tx.PutEntitlement(e), tx.PutImport(im), tx.PutPoint(pt))
	})
	view(t, s, func(tx distribution.Tx) error {
		same(t, f)(tx.DonorFund("f1"))
		same(t, b)(tx.Beneficiary("h1"))
		same(t, d)(tx.Duplicate("p1", "h1", "h2"))
		same(t, rd)(tx.Round("r1"))
		same(t, l)(tx.Lot("l1"))
		same(t, []distribution.Entitlement{e})(collect(t, tx.Entitlements("l1", 1)), nil)
		same(t, im)(tx.Import("p1", "i1"))
		same(t, pt)(tx.Point("p1", "c1"))
		return nil
	})
}

func testLists(t *testing.T, s distribution.Store) {
	update(t, s, func(tx distribution.Tx) error {
		var errs []error
		for _, id := range []string{"b", "a", "ab", "c"} { // not in order
			h := distribution.BeneficiaryID(id)
			errs = append(errs, tx.PutDonorFund(fund("p1", id)), tx.PutImport(imported("p1", id)), tx.PutDuplicate(duplicate("p1", "h1", h)),
				tx.PutPlaces("p1", []places.Place{place(id)}), tx.PutPresenceList(presenceList("p1", id)), tx.PutOccasion(occasion("p1", id)), tx.PutMarketPrice(marketPrice("p1", id)), tx.PutPoint(point("p1", id)), tx.PutRound(round("p1", id)), tx.PutLot(lot("r1", id)))
		}
		errs = append(errs, tx.PutDuplicate(duplicate("p1", "h0", "z")))
		for _, other := range []string{"p", "p11"} { // prefixes of, and prefixed by, the first
			x := "x" + other
			errs = append(errs, tx.PutDonorFund(fund(other, x)), tx.PutImport(imported(other, x)), tx.PutDuplicate(duplicate(other, "h1", "x")),
				tx.PutPlaces(other, []places.Place{place(x)}), tx.PutPresenceList(presenceList(other, x)), tx.PutOccasion(occasion(other, x)), tx.PutMarketPrice(marketPrice(other, x)), tx.PutPoint(point(other, x)), tx.PutRound(round(other, x)), tx.PutLot(lot("r"+other[1:], x)))
		}
		for _, n := range []int{300, 2, 1} { // numbers, not texts
			errs = append(errs, tx.PutFundReceipt(fundReceipt("a", n)))
		}
		return errors.Join(append(errs, tx.PutFundReceipt(fundReceipt("ab", 1)))...)
	})
	view(t, s, func(tx distribution.Tx) error {
		all := []string{"a", "ab", "b", "c"}
		for _, c := range []struct {
			name      string
			got, want []string
		}{
			{"funds", names(collect(t, tx.DonorFunds("p1")), func(f distribution.Fund) string { return f.ID }), all},
			{"imports", names(collect(t, tx.Imports("p1")), func(i distribution.Import) string { return i.ID }), all},
			{"duplicates", names(collect(t, tx.Duplicates("p1")), func(d distribution.Duplicate) string { return string(d.A + d.B) }),
				[]string{"h0z", "h1a", "h1ab", "h1b", "h1c"}},
			{"presence lists", names(collect(t, tx.PresenceLists("p1")), func(l distribution.PresenceList) string { return l.ID }), all},
			{"occasions", names(collect(t, tx.Occasions("p1")), func(o distribution.Occasion) string { return o.ID }), all},
			{"market prices", names(collect(t, tx.MarketPrices("p1")), func(p distribution.MarketPrice) string { return p.ID }), all},
			{"places", names(collect(t, tx.Places("p1")), func(p places.Place) string { return p.Code }), all},
			{"points", names(collect(t, tx.Points("p1")), func(p distribution.Point) string { return p.Code }), all},
			{"rounds", names(collect(t, tx.Rounds("p1")), func(r distribution.Round) string { return r.ID }), all},
			{"lots", names(collect(t, tx.Lots("r1")), func(l distribution.Lot) string { return l.ID }), all},
			{"receipts", names(collect(t, tx.FundReceipts("a")), func(r distribution.FundReceipt) string { return fmt.Sprint(r.N) }), []string{"1", "2", "300"}},
		} {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
		}
		for range tx.Rounds("p1") {
			break // a walk that is left early must not panic
		}
		return nil
	})
}

func testBeneficiaries(t *testing.T, s distribution.Store) {
	var ids []distribution.BeneficiaryID
	for n := range 12 {
		update(t, s, func(tx distribution.Tx) error {
			id, err := tx.NextBeneficiary()
			if err != nil {
				return err
			}
			if again, err := tx.NextBeneficiary(); err != nil || again != id {
				t.Errorf("next is %s, then %s: %v", id, again, err)
			}
			ids = append(ids, id)
			programme := "p1"
			if n%3 == 2 {
				programme = "p2"
			}
			return tx.PutBeneficiary(household(programme, id))
		})
	}
	for i := range ids[1:] {
		if ids[i] >= ids[i+1] {
			t.Errorf("%s is not above %s", ids[i+1], ids[i])
		}
	}
	view(t, s, func(tx distribution.Tx) error {
		id := func(b distribution.Beneficiary) string { return string(b.ID) }
		want := []string{string(ids[4]), string(ids[6]), string(ids[7]), string(ids[9]), string(ids[10])}
		if diff := cmp.Diff(want, names(collect(t, tx.Beneficiaries("p1", ids[3])), id)); diff != "" {
			t.Errorf("after the third (-want +got):\n%s", diff)
		}
		if got := collect(t, tx.Beneficiaries("p1", "")); len(got) != 8 {
			t.Errorf("%d households, want 8", len(got))
		}
		return nil
	})
}

func testKeys(t *testing.T, s distribution.Store) {
	update(t, s, func(tx distribution.Tx) error {
		return errors.Join(tx.PutWrappedKey("h1", []byte("one")), tx.PutWrappedKey("h2", []byte("two")), tx.PutBeneficiary(household("p1", "h1")))
	})
	update(t, s, func(tx distribution.Tx) error { return tx.DeleteWrappedKey("h1") })
	view(t, s, func(tx distribution.Tx) error {
		if _, err := tx.WrappedKey("h1"); !errors.Is(err, distribution.ErrNotFound) {
			t.Errorf("the deleted key: %v", err)
		}
		same(t, []byte("two"))(tx.WrappedKey("h2"))
		same(t, household("p1", "h1"))(tx.Beneficiary("h1"))
		return nil
	})
}

func testBlind(t *testing.T, s distribution.Store) {
	zero, high, other := [16]byte{}, [16]byte(bytes.Repeat([]byte{0xff}, 16)), [16]byte{15: 1}
	update(t, s, func(tx distribution.Tx) error {
		var errs []error
		for _, d := range [][16]byte{zero, high, other} {
			errs = append(errs, tx.PutBlind("p1", d, "h2"), tx.PutBlind("p1", d, "h1"), tx.PutBlind("p1", d, "h1"))
		}
		return errors.Join(append(errs, tx.PutBlind("p11", zero, "h9"), tx.PutBlind("p", zero, "h8"))...)
	})
	update(t, s, func(tx distribution.Tx) error { return tx.DeleteBlind("p1", high, "h1") })
	view(t, s, func(tx distribution.Tx) error {
		same(t, []distribution.BeneficiaryID{"h1", "h2"})(collect(t, tx.Blind("p1", zero)), nil)
		same(t, []distribution.BeneficiaryID{"h2"})(collect(t, tx.Blind("p1", high)), nil)
		same(t, []distribution.BeneficiaryID{"h1", "h2"})(collect(t, tx.Blind("p1", other)), nil)
		same(t, []distribution.BeneficiaryID{"h9"})(collect(t, tx.Blind("p11", zero)), nil)
		return nil
	})
}

func testEntitlements(t *testing.T, s distribution.Store) {
	update(t, s, func(tx distribution.Tx) error {
		var errs []error
		for _, n := range []int{300, 1, 2, 256} {
			errs = append(errs, tx.PutEntitlement(entitlement("l1", n)))
		}
		return errors.Join(append(errs, tx.PutEntitlement(entitlement("l11", 1)), tx.PutEntitledIn("r1", "h1", "l1"), tx.PutEntitledIn("r2", "h1", "l2"))...)
	})
	n := func(e distribution.Entitlement) string { return e.Lot + "/" + fmt.Sprint(e.N) }
	for from, want := range map[int][]string{
		0: {"l1/1", "l1/2", "l1/256", "l1/300"}, 1: {"l1/1", "l1/2", "l1/256", "l1/300"},
		2: {"l1/2", "l1/256", "l1/300"}, 3: {"l1/256", "l1/300"}, 301: nil,
	} {
		view(t, s, func(tx distribution.Tx) error {
			if diff := cmp.Diff(want, names(collect(t, tx.Entitlements("l1", from)), n)); diff != "" {
				t.Errorf("from %d (-want +got):\n%s", from, diff)
			}
			return nil
		})
	}
	update(t, s, func(tx distribution.Tx) error {
		return errors.Join(tx.DeleteEntitlements("l1"), tx.PutEntitlement(entitlement("l1", 5)), tx.PutEntitledIn("r1", "h1", ""))
	})
	view(t, s, func(tx distribution.Tx) error {
		same(t, []string{"l1/5"})(names(collect(t, tx.Entitlements("l1", 1)), n), nil)
		same(t, []string{"l11/1"})(names(collect(t, tx.Entitlements("l11", 1)), n), nil)
		if _, err := tx.EntitledIn("r1", "h1"); !errors.Is(err, distribution.ErrNotFound) {
			t.Errorf("a household that was taken out: %v", err)
		}
		same(t, "l2")(tx.EntitledIn("r2", "h1"))
		return nil
	})
}

func testCopies(t *testing.T, s distribution.Store) {
	b, l, key := household("p1", "h1"), lot("r1", "l1"), []byte("key")
	update(t, s, func(tx distribution.Tx) error {
		if err := errors.Join(tx.PutBeneficiary(b), tx.PutLot(l), tx.PutWrappedKey("h1", key)); err != nil {
			return err
		}
		b.Sealed[0], l.Points[0], l.Prints["cards"], key[0] = 'x', "edited", 99, 'x' // after they were put
		got, err := tx.Lot("l1")
		if err != nil {
			return err
		}
		got.Approvals[0].Proof.ID, got.Prints["cards"] = "edited", 98
		return nil
	})
	view(t, s, func(tx distribution.Tx) error {
		same(t, household("p1", "h1"))(tx.Beneficiary("h1"))
		same(t, lot("r1", "l1"))(tx.Lot("l1"))
		same(t, []byte("key"))(tx.WrappedKey("h1"))
		return nil
	})
}

func testRollback(t *testing.T, s distribution.Store) {
	update(t, s, func(tx distribution.Tx) error {
		return errors.Join(tx.PutBeneficiary(household("p1", "h1")), tx.PutWrappedKey("h1", []byte("kept")), tx.PutBlind("p1", [16]byte{1}, "h1"),
			tx.PutLot(lot("r1", "l1")), tx.PutEntitlement(entitlement("l1", 1)), tx.PutEntitledIn("r1", "h1", "l1"))
	})
	stop := errors.New("stop")
	err := s.Update(t.Context(), func(tx distribution.Tx) error {
		changed := household("p1", "h1")
		changed.Point = "changed"
		_, decided := ledger.Decide(tx, ledger.Actor{Role: "registrar", Name: "p7"}, "", "import-list", "i1", nil)
		return errors.Join(decided, tx.PutProgramme(distribution.Programme{ID: "p1"}), tx.PutDonorFund(fund("p1", "f1")), tx.PutFundReceipt(fundReceipt("f1", 1)),
			tx.PutBeneficiary(changed), tx.PutBeneficiary(household("p1", "h2")), tx.DeleteWrappedKey("h1"), tx.DeleteBlind("p1", [16]byte{1}, "h1"),
			tx.PutImport(imported("p1", "i1")), tx.PutDuplicate(duplicate("p1", "h1", "h2")), tx.PutPlaces("p1", []places.Place{place("c")}),
			tx.PutPoint(point("p1", "c1")), tx.PutRound(round("p1", "r1")), tx.PutLot(lot("r1", "l2")), tx.DeleteEntitlements("l1"),
			tx.PutEntitledIn("r1", "h1", ""), tx.PutVoucher(voucher.Voucher{Number: 1, Serial: "S"}), stop)
	})
	if err == nil || err.Error() != stop.Error() {
		t.Fatalf("Update = %v, want only the function's own error", err)
	}
	view(t, s, func(tx distribution.Tx) error {
		same(t, household("p1", "h1"))(tx.Beneficiary("h1"))
		same(t, []byte("kept"))(tx.WrappedKey("h1"))
		same(t, []distribution.BeneficiaryID{"h1"})(collect(t, tx.Blind("p1", [16]byte{1})), nil)
		same(t, []distribution.Lot{lot("r1", "l1")})(collect(t, tx.Lots("r1")), nil)
		same(t, []distribution.Entitlement{entitlement("l1", 1)})(collect(t, tx.Entitlements("l1", 1)), nil)
		same(t, "l1")(tx.EntitledIn("r1", "h1"))
		same[uint64](t, 0)(tx.Size())
		same[voucher.Number](t, 0)(tx.LastNumber())
		if n := len(collect(t, tx.Beneficiaries("p1", "h1"))) + len(collect(t, tx.DonorFunds("p1"))) + len(collect(t, tx.FundReceipts("f1"))) +
			len(collect(t, tx.Imports("p1"))) + len(collect(t, tx.Duplicates("p1"))) + len(collect(t, tx.Places("p1"))) +
			len(collect(t, tx.Points("p1"))) + len(collect(t, tx.Rounds("p1"))); n != 0 {
			t.Errorf("%d things were left behind", n)
		}
		if _, err := tx.Programme("p1"); !errors.Is(err, distribution.ErrNotFound) {
			t.Errorf("the programme was left behind: %v", err)
		}
		return nil
	})
}

func testReadOnly(t *testing.T, s distribution.Store) {
	for name, put := range map[string]func(distribution.Tx) error{
		"programme":   func(tx distribution.Tx) error { return tx.PutProgramme(distribution.Programme{ID: "p1"}) },
		"household":   func(tx distribution.Tx) error { return tx.PutBeneficiary(household("p1", "h1")) },
		"key":         func(tx distribution.Tx) error { return tx.PutWrappedKey("h1", []byte("k")) },
		"digest":      func(tx distribution.Tx) error { return tx.PutBlind("p1", [16]byte{}, "h1") },
		"lot":         func(tx distribution.Tx) error { return tx.PutLot(lot("r1", "l1")) },
		"entitlement": func(tx distribution.Tx) error { return tx.PutEntitlement(entitlement("l1", 1)) },
		"entitled in": func(tx distribution.Tx) error { return tx.PutEntitledIn("r1", "h1", "l1") },
	} {
		if err := s.View(t.Context(), put); err == nil {
			t.Errorf("a view stored a %s", name)
		}
	}
}
