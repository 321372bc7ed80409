package distribution_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/samplelist"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

func francs(ns ...int64) []money.Amount {
	var ms []money.Amount
	for _, n := range ns {
		ms = append(ms, money.Francs(n))
	}
	return ms
}

// A round that cannot work is refused before anybody depends on it.
func TestService_CreateRound(t *testing.T) {
	w := newWorld(t)
	rice, err := money.NewAsset("RICE-KG", 2)
	w.must(err)
	for name, c := range map[string]struct {
		change func(*distribution.CreateRound)
		want   error
	}{
		"nothing for anybody":                     {func(c *distribution.CreateRound) { c.Rule.PerHousehold = money.Amount{} }, distribution.ErrRule},
		"an amount that cannot be printed":        {func(c *distribution.CreateRound) { c.Rule.PerHousehold = money.Francs(7500) }, distribution.ErrRule},
		"one that some size cannot have":          {func(c *distribution.CreateRound) { c.Rule.PerMember = money.Francs(1500) }, distribution.ErrRule},
		"more vouchers than a household may have": {func(c *distribution.CreateRound) { c.Rule.PerMember = money.Francs(9000) }, distribution.ErrRule},
		"denominations out of order":              {func(c *distribution.CreateRound) { c.Rule.Denominations = francs(1000, 5000) }, distribution.ErrRule},
		"a cap in another asset":                  {func(c *distribution.CreateRound) { c.Rule.Cap = money.FromMinor(5, rice) }, distribution.ErrRule},
		"sales that end before they open":         {func(c *distribution.CreateRound) { c.SalesEnd = c.Opens }, distribution.ErrCommand},
		"a grace period that ends first":          {func(c *distribution.CreateRound) { c.GraceUntil = c.SalesEnd.Add(-time.Hour) }, distribution.ErrCommand},
		"a mode that is none":                     {func(c *distribution.CreateRound) { c.Mode = "Q" }, distribution.ErrCommand},
		"a ceiling for money":                     {func(c *distribution.CreateRound) { c.Ceiling = money.Francs(400) }, distribution.ErrCommand},
		"a commodity without a ceiling":           {func(c *distribution.CreateRound) { c.Asset = rice }, distribution.ErrCommand},
		"a price that is no whole franc": {func(c *distribution.CreateRound) {
			c.Asset, c.Ceiling = rice, money.Francs(333)
			c.Rule = distribution.Rule{PerHousehold: money.FromMinor(50, rice), Denominations: []money.Amount{money.FromMinor(50, rice)}}
		}, distribution.ErrRule},
		"an id with a space": {func(c *distribution.CreateRound) { c.ID = "a b" }, distribution.ErrCommand},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := distribution.CreateRound{By: planner, Key: w.Key(), ID: "r", Name: "March", Asset: money.XOF,
				Rule:  distribution.Rule{PerHousehold: money.Francs(8000), Denominations: francs(5000, 1000)},
				Opens: vouchertest.Opens, SalesEnd: vouchertest.SalesEnd, GraceUntil: vouchertest.Grace}
			c.change(&cmd)
			if _, err := w.service.CreateRound(t.Context(), cmd); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	w.round("r", nil)
	if _, err := w.service.CreateRound(t.Context(), distribution.CreateRound{By: planner, Key: w.Key(), ID: "r", Name: "again", Asset: money.XOF,
		Rule:  distribution.Rule{PerHousehold: money.Francs(1000), Denominations: francs(1000)},
		Opens: vouchertest.Opens, SalesEnd: vouchertest.SalesEnd, GraceUntil: vouchertest.Grace}); !errors.Is(err, distribution.ErrTaken) {
		t.Errorf("the same id: %v, want ErrTaken", err)
	}
}

// ready is a world with n households at point pt and a round that can pay them.
func ready(t *testing.T, n int, change func(*distribution.CreateRound)) *world {
	w := newWorld(t)
	w.importing(village("Konna", n))
	w.point("pt", "Konna", "Konna/Konna")
	w.round("r", change)
	w.fund("g1", 1_000_000)
	w.allocate("r", distribution.Draw{Fund: "g1", Vouchers: money.Francs(100_000), Contingency: money.Francs(5000), Fees: money.Francs(2000)})
	return w
}

func TestService_Allocate(t *testing.T) {
	w := ready(t, 1, nil)
	for name, d := range map[string]distribution.Draw{
		"more than the fund has":         {Fund: "g1", Vouchers: money.Francs(893_001)},
		"more for all purposes together": {Fund: "g1", Vouchers: money.Francs(893_000), Fees: money.Francs(1)},
	} {
		_, err := w.service.Allocate(t.Context(), distribution.Allocate{By: finance, Key: w.Key(), Round: "r", Draws: []distribution.Draw{d}})
		if !errors.Is(err, distribution.ErrBudget) {
			t.Errorf("%s: %v, want ErrBudget", name, err)
		}
	}
	if got := w.balance(ledger.Fund("g1"), money.XOF); got != 893_000 {
		t.Errorf("the fund holds %d", got)
	}
}

// A lot is what its households are entitled to, within the round's money, and
// no household is in two.
func TestService_PrepareLot(t *testing.T) {
	w := ready(t, 10, nil)
	l := w.prepare("r", "pt")
	if l.Households != 10 || l.Vouchers != 40 || l.Total.Minor() != 80_000 || l.State != distribution.LotPrepared {
		t.Errorf("%+v", l)
	}
	homes := map[vendors.HandheldID]int{}
	w.view(func(tx distribution.Tx) error {
		for e, err := range tx.Entitlements(l.ID, 1) {
			if err != nil {
				return err
			}
			same(t, "vouchers", e.Amounts, francs(5000, 1000, 1000, 1000))
			homes[e.Homes[0]]++
			for _, h := range e.Homes {
				if h != e.Homes[0] {
					t.Errorf("household %s has homes %v", e.Beneficiary, e.Homes)
				}
			}
		}
		return nil
	})
	same(t, "homes", homes, map[vendors.HandheldID]int{"h1": 5, "h2": 5})
	// Either handheld could take a copy of the 1,000s that are at home at the
	// other: 5 x 3,000 each. The 5,000s are above the zone's floor of 2,000.
	if l.Exposure.Minor() != 30_000 {
		t.Errorf("exposure %s, want 30,000", l.Exposure)
	}

	t.Run("a household is in one lot of a round", func(t *testing.T) {
		_, err := w.service.PrepareLot(t.Context(), distribution.PrepareLot{By: planner, Key: w.Key(), Round: "r", Points: []string{"pt"}})
		if !errors.Is(err, distribution.ErrLotEmpty) {
			t.Errorf("got %v, want ErrLotEmpty", err)
		}
		w.importing(village("Sare", 1))
		w.point("pt2", "Sare", "Konna/Sare")
		if other := w.prepare("r", "pt", "pt2"); other.Households != 1 || other.ID == l.ID {
			t.Errorf("the next lot is %+v", other)
		}
	})
	t.Run("lots that are not issued count against the budget", func(t *testing.T) {
		w.importing(village("Dougou", 2))
		w.point("pt3", "Dougou", "Konna/Dougou")
		_, err := w.service.PrepareLot(t.Context(), distribution.PrepareLot{By: planner, Key: w.Key(), Round: "r", Points: []string{"pt3"}})
		if !errors.Is(err, distribution.ErrBudget) { // 80,000 + 8,000 + 16,000 of 100,000
			t.Errorf("got %v, want ErrBudget", err)
		}
	})
	t.Run("prepared again it has the list as it is now", func(t *testing.T) {
		b := w.households()["Personnebababa Konnabababa"]
		_, err := w.service.Forget(t.Context(), distribution.Forget{By: dpo, Key: w.Key(), Household: b.ID, Reason: "asked"})
		w.must(err)
		again, err := w.service.PrepareLot(t.Context(), distribution.PrepareLot{By: planner, Key: w.Key(), Round: "r", Points: []string{"pt"}, Lot: l.ID})
		w.must(err)
		if again.ID != l.ID || again.Households != 9 || again.Digest == l.Digest {
			t.Errorf("again %+v", again)
		}
	})
	t.Run("a repeated command is answered again", func(t *testing.T) {
		cmd := distribution.PrepareLot{By: planner, Key: w.Key(), Round: "r", Points: []string{"pt"}, Lot: l.ID}
		first, err := w.service.PrepareLot(t.Context(), cmd)
		w.must(err)
		second, err := w.service.PrepareLot(t.Context(), cmd)
		w.must(err)
		same(t, "lot", second, first)
	})
}

// What a list leaves open is said before anybody approves.
func TestService_PrepareLot_warnings(t *testing.T) {
	w := newWorld(t)
	w.Update(func(tx voucher.Tx) error {
		v, err := tx.Vendor("v1")
		if err != nil {
			return err
		}
		v.Name, v.PlaceCode = "Boutique Diarra", "ML050105013"
		return tx.PutVendor(v)
	})
	_, err := w.service.LoadPlaces(t.Context(), distribution.LoadPlaces{By: planner, Key: w.Key(), File: strings.NewReader(string(samplelist.Places())),
		Size: int64(len(samplelist.Places())), Edition: "2015"})
	w.must(err)
	w.importing("Nom;Cercle;Commune;Village;Taille;Jours travaillés;Commerçant;Téléphone\n" +
		"Awa Koné;Mopti;Konna;Konnadaga;4;2;boutique DIARRA;70000001\n" +
		"Sira Diallo;Mopti;Konna;Konnadaga;;3;Chez Personne;70000001\n" + // no size
		"Oumar Traoré;Mopti;Konna;Konnadaga;5;1,5;;\n" + // not a sum of 1,000s
		"Bintou Keita;Mopti;Konna;Konnadaga;5;;;\n" + // no days
		"Issa Cissé;Mopti;Konna;Nullepart;2;1;;\n")
	_, err = w.service.SetPoint(t.Context(), distribution.SetPoint{By: planner, Key: w.Key(), Code: "pt", Name: "Konna", Zone: "z1", PlaceCode: "ML050105013",
		Villages: []string{"Konna/Konnadaga", "Konna/Nullepart"}})
	w.must(err)
	w.round("r", func(c *distribution.CreateRound) {
		c.Rule = distribution.Rule{PerMember: money.Francs(1000), PerUnit: money.Francs(1000), Denominations: francs(5000, 1000)}
	})
	w.fund("f", 100_000)
	w.allocate("r", distribution.Draw{Fund: "f", Vouchers: money.Francs(50_000)})
	l := w.prepare("r", "pt")
	if l.Households != 2 || l.Total.Minor() != 6000+3000 {
		t.Errorf("%d households, %s", l.Households, l.Total)
	}
	found := map[string]int{}
	for _, warning := range l.Warnings {
		found[warning.Code]++
		if warning.Text == "" || warning.Texte == "" || strings.Contains(warning.Text, "Koné") {
			t.Errorf("%+v", warning)
		}
		if strings.HasSuffix(warning.Code, "-distance") && (warning.Metres < 1000 || warning.Metres > 5000) {
			t.Errorf("%+v: Konnadaga is some 2.4 km from Konna", warning)
		}
	}
	if found["village-empty"] < 3 {
		t.Errorf("%d empty villages of the commune", found["village-empty"])
	}
	delete(found, "village-empty")
	same(t, "warnings", found, map[string]int{"size-unknown": 1, "amount-indivisible": 1, "quantity-unknown": 1,
		"duplicates-open": 1, "place-unknown": 1, "point-distance": 1, "vendor-distance": 1})
	w.view(func(tx distribution.Tx) error {
		for e, err := range tx.Entitlements(l.ID, 1) {
			if err != nil {
				return err
			}
			if e.Homes[0] != "h1" { // the first chose it by name, the second is the next of its zone
				t.Errorf("home of line %d is %s", e.N, e.Homes[0])
			}
		}
		return nil
	})
}

// Nobody launches alone: not the preparer, not without the right role, not on
// another content, and above the threshold not with one approver.
func TestService_ApproveLot(t *testing.T) {
	w := ready(t, 4, func(c *distribution.CreateRound) { c.ThirdAbove = money.Francs(30_000) })
	l := w.prepare("r", "pt")
	if _, err := w.issue(l); !errors.Is(err, access.ErrApprovals) {
		t.Errorf("issue without approval: %v, want ErrApprovals", err)
	}
	both := planner
	both.Roles = []access.Role{access.RoleIssuer, access.RoleListApprover}
	for name, c := range map[string]struct {
		by   access.Actor
		want error
	}{"its preparer": {both, access.ErrSamePerson}, "a registrar": {registrar, access.ErrDenied}, "another programme": {strangeApprover, distribution.ErrNotFound}} {
		if _, err := w.approve(c.by, l); !errors.Is(err, c.want) {
			t.Errorf("%s approves: %v, want %v", name, err, c.want)
		}
	}
	other := l
	other.Digest[0]++
	if _, err := w.approve(approver, other); !errors.Is(err, distribution.ErrLotChanged) {
		t.Errorf("another content: %v, want ErrLotChanged", err)
	}
	got, err := w.approve(approver, l)
	w.must(err)
	if got.State != distribution.LotPrepared || len(got.Approvals) != 1 {
		t.Errorf("after one of two: %s with %d approvals", got.State, len(got.Approvals))
	}
	if _, err := w.issue(l); !errors.Is(err, access.ErrApprovals) {
		t.Errorf("issue after one of two: %v, want ErrApprovals", err)
	}
	if _, err := w.approve(approver, l); !errors.Is(err, access.ErrSamePerson) {
		t.Errorf("the same person again: %v, want ErrSamePerson", err)
	}
	got, err = w.approve(finance, l)
	w.must(err)
	if got.State != distribution.LotApproved {
		t.Errorf("after both: %s", got.State)
	}
	w.Clock.Now = w.Clock.Now.Add(73 * time.Hour)
	if _, err := w.issue(l); !errors.Is(err, access.ErrApprovals) {
		t.Errorf("issue on old approvals: %v, want ErrApprovals", err)
	}
	w.must(second(w.approve(approver, l)))
	w.must(second(w.approve(finance, l)))
	got, err = w.issue(l)
	w.must(err)
	if got.State != distribution.LotIssued || got.IssuedAt.IsZero() {
		t.Errorf("issued: %+v", got)
	}
}

func second(_ distribution.Lot, err error) error { return err }

// Whatever changes after the approval voids it: the lot is not issued.
func TestService_IssueLot_changed(t *testing.T) {
	for name, change := range map[string]func(w *world, l distribution.Lot){
		"a line": func(w *world, l distribution.Lot) {
			w.must(w.store.Update(w.t.Context(), func(tx distribution.Tx) error {
				for e, err := range tx.Entitlements(l.ID, 2) {
					if err != nil {
						return err
					}
					e.Amounts[0] = money.Francs(1000)
					return tx.PutEntitlement(e)
				}
				return nil
			}))
		},
		"a home": func(w *world, l distribution.Lot) {
			w.must(w.store.Update(w.t.Context(), func(tx distribution.Tx) error {
				for e, err := range tx.Entitlements(l.ID, 1) {
					if err != nil {
						return err
					}
					e.Homes[0] = "h9"
					return tx.PutEntitlement(e)
				}
				return nil
			}))
		},
		"a line more": func(w *world, l distribution.Lot) {
			w.must(w.store.Update(w.t.Context(), func(tx distribution.Tx) error {
				return tx.PutEntitlement(distribution.Entitlement{Lot: l.ID, N: 99, Beneficiary: "h0000000001", Point: "pt", Amounts: francs(1000), Homes: []vendors.HandheldID{""}})
			}))
		},
		"the round's terms": func(w *world, l distribution.Lot) {
			w.must(w.store.Update(w.t.Context(), func(tx distribution.Tx) error {
				r, err := tx.Round("r")
				r.SalesEnd = r.SalesEnd.AddDate(0, 0, 1)
				return errors.Join(err, tx.PutRound(r))
			}))
		},
		"the zone of its point": func(w *world, l distribution.Lot) {
			w.Update(func(tx voucher.Tx) error { return tx.PutZone(vendors.Zone{Code: "z2", Programme: "mopti"}) })
			_, err := w.service.SetPoint(w.t.Context(), distribution.SetPoint{By: planner, Key: w.Key(), Code: "pt", Name: "Konna", Zone: "z2", Villages: []string{"Konna/Konna"}})
			w.must(err)
		},
		"a household that was excluded": func(w *world, l distribution.Lot) {
			b := w.households()["Personnebababa Konnabababa"]
			_, err := w.service.Forget(w.t.Context(), distribution.Forget{By: dpo, Key: w.Key(), Household: b.ID, Reason: "asked"})
			w.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := ready(t, 3, nil)
			l := w.prepare("r", "pt")
			w.must(second(w.approve(approver, l)))
			change(w, l)
			if _, err := w.issue(l); !errors.Is(err, distribution.ErrLotChanged) {
				t.Errorf("issue: %v, want ErrLotChanged", err)
			}
			if _, err := w.approve(finance, l); !errors.Is(err, distribution.ErrLotChanged) {
				t.Errorf("approve: %v, want ErrLotChanged", err)
			}
			if n := len(w.Room.Order); n != 0 {
				t.Errorf("%d vouchers were printed", n)
			}
		})
	}
	t.Run("prepared again it needs new approvals", func(t *testing.T) {
		w := ready(t, 3, nil)
		l := w.prepare("r", "pt")
		w.must(second(w.approve(approver, l)))
		again, err := w.service.PrepareLot(t.Context(), distribution.PrepareLot{By: planner, Key: w.Key(), Round: "r", Points: []string{"pt"}, Lot: l.ID})
		w.must(err)
		if again.State != distribution.LotPrepared || len(again.Approvals) != 0 {
			t.Errorf("%+v", again)
		}
		if _, err := w.issue(again); !errors.Is(err, access.ErrApprovals) {
			t.Errorf("issue: %v, want ErrApprovals", err)
		}
	})
}

// issued is a world whose lot has been issued.
func issued(t *testing.T, n int, change func(*distribution.CreateRound)) (*world, distribution.Lot) {
	w := ready(t, n, change)
	l := w.prepare("r", "pt")
	w.must(second(w.approve(approver, l)))
	l, err := w.issue(l)
	w.must(err)
	return w, l
}

// An issued lot has the vouchers that were approved and its spares, and prints.
func TestService_IssueLot(t *testing.T) {
	w, l := issued(t, 10, func(c *distribution.CreateRound) { c.PINAbove, c.SparePermille = money.Francs(2000), 100 })
	values, modes, spares := map[int64]int{}, map[voucher.Mode]int{}, 0
	w.view(func(tx distribution.Tx) error {
		is, err := tx.Issue(l.ID)
		if err != nil {
			return err
		}
		if is.Count != 40 || is.Spares != 4 || is.Manifest == "" {
			t.Errorf("issue %+v", is)
		}
		for v, err := range tx.Vouchers(is.First) {
			if err != nil {
				return err
			}
			if v.Spare {
				spares++
				continue
			}
			values[v.Value.Minor()]++
			modes[v.Mode]++
		}
		return nil
	})
	same(t, "values", values, map[int64]int{5000: 10, 1000: 30})
	same(t, "modes", modes, map[voucher.Mode]int{voucher.ModeBoth: 10, voucher.ModeSecret: 30})
	if spares != 4 {
		t.Errorf("%d spares, want one in ten of each denomination", spares)
	}
	if got := w.balance(ledger.Round("r"), money.XOF); got != 20_000 {
		t.Errorf("the round holds %d", got)
	}
	t.Run("once", func(t *testing.T) {
		if _, err := w.issue(l); !errors.Is(err, distribution.ErrLotState) {
			t.Errorf("again: %v, want ErrLotState", err)
		}
	})
	t.Run("its papers print, and each printing is counted", func(t *testing.T) {
		pdf(t, must(t)(w.service.PrintCards(t.Context(), distribution.Print{By: planner, Lot: l.ID})))
		pdf(t, must(t)(w.service.PrintCards(t.Context(), distribution.Print{By: planner, Round: "r", Point: "pt"})))
		pdf(t, must(t)(w.service.PrintPackingList(t.Context(), distribution.Print{By: officer, Lot: l.ID, Point: "pt"})))
		for range 2 {
			pdf(t, must(t)(w.service.PrintHandOver(t.Context(), distribution.Print{By: registrar, Lot: l.ID, Point: "pt", Names: true})))
		}
		if _, err := w.service.PrintHandOver(t.Context(), distribution.Print{By: officer, Lot: l.ID, Point: "pt", Names: true}); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer prints names: %v, want ErrDenied", err)
		}
		got, err := w.service.Lot(t.Context(), distribution.ReadLot{By: planner, Lot: l.ID})
		w.must(err)
		same(t, "prints", got.Prints, map[string]int{"cards": 1, "cards:pt": 1, "packing-list:pt": 1, "hand-over:pt": 2})
	})
	t.Run("a household that came late gets spares, by two people", func(t *testing.T) {
		w.importing("Nom;Commune;Village;Taille\nAwa Koné;Konna;Konna;3\nSira Diallo;Konna;Konna;3\n")
		late := w.households()
		include := distribution.Include{By: planner, Key: w.Key(), Lot: l.ID, Beneficiary: late["Awa Koné"].ID}
		proposed, err := w.service.Include(t.Context(), include)
		w.must(err)
		again, err := w.service.Include(t.Context(), include)
		w.must(err)
		same(t, "the repeated command", again, proposed)
		for _, p := range proposed {
			_, err := w.World.Service.Agree(t.Context(), voucher.Agree{By: vouchertest.Second, Key: w.Key(), Proposal: p.ID})
			w.must(err)
		}
		total := int64(0)
		w.view(func(tx distribution.Tx) error {
			for v, err := range tx.VouchersOf(string(late["Awa Koné"].ID)) {
				if err != nil {
					return err
				}
				total += v.Value.Minor()
			}
			return nil
		})
		if total != 8000 {
			t.Errorf("the late household has %d", total)
		}
		_, err = w.service.Include(t.Context(), distribution.Include{By: planner, Key: w.Key(), Lot: l.ID, Beneficiary: late["Sira Diallo"].ID})
		if !errors.Is(err, voucher.ErrSpares) {
			t.Errorf("the next one: %v, want ErrSpares", err)
		}
		first := w.households()["Personnebababa Konnabababa"]
		_, err = w.service.Include(t.Context(), distribution.Include{By: planner, Key: w.Key(), Lot: l.ID, Beneficiary: first.ID})
		if !errors.Is(err, distribution.ErrEntitled) {
			t.Errorf("one that is in the lot: %v, want ErrEntitled", err)
		}
	})
}

func must(t *testing.T) func(distribution.Document, error) distribution.Document {
	return func(d distribution.Document, err error) distribution.Document {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
}

// An issue that was interrupted is finished by repeating it.
func TestService_IssueLot_interrupted(t *testing.T) {
	w := ready(t, 10, nil)
	l := w.prepare("r", "pt")
	w.must(second(w.approve(approver, l)))
	w.Room.Fail = true
	if _, err := w.issue(l); err == nil {
		t.Fatal("the print room is closed, and the lot was issued")
	}
	got, err := w.service.Lot(t.Context(), distribution.ReadLot{By: planner, Lot: l.ID})
	w.must(err)
	if got.State != distribution.LotIssuing {
		t.Errorf("state %s, want issuing", got.State)
	}
	_, err = w.service.PrepareLot(t.Context(), distribution.PrepareLot{By: planner, Key: w.Key(), Round: "r", Points: []string{"pt"}, Lot: l.ID})
	if !errors.Is(err, distribution.ErrLotState) {
		t.Errorf("prepared again in the middle: %v, want ErrLotState", err)
	}
	w.Room.Fail = false
	got, err = w.issue(l)
	w.must(err)
	if got.State != distribution.LotIssued || len(w.Room.Order) != 42 {
		t.Errorf("%s, %d printed", got.State, len(w.Room.Order))
	}
	if got := w.balance(ledger.Control("r"), money.XOF); got != 80_000 {
		t.Errorf("vouchers hold %d, want 80,000", got)
	}
}
