package vendors_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

func TestService_RegisterVendor(t *testing.T) {
	w := newWorld(t)
	good := vendors.RegisterVendor{By: manager, Key: "first", ID: "v1", Name: "Boutique Diarra", Zone: "mopti", Contract: contract(10, "cash")}
	v, err := w.s.RegisterVendor(t.Context(), good)
	w.must(err)
	if v.Programme != "mopti" || v.Contract.Screening.By != manager.Pseudonym || !v.Created.Equal(w.now) {
		t.Errorf("%+v", v)
	}
	after := w.size()
	again, err := w.s.RegisterVendor(t.Context(), good)
	if diff := cmp.Diff(v, again); err != nil || diff != "" || w.size() != after {
		t.Errorf("the same command again: %v %s", err, diff)
	}
	other := good
	other.Name = "Boutique Traoré"
	if _, err := w.s.RegisterVendor(t.Context(), other); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("other content under the same key: %v", err)
	}
	for name, tt := range map[string]struct {
		change func(*vendors.RegisterVendor)
		want   error
		field  string
	}{
		"an id that is taken":         {func(c *vendors.RegisterVendor) {}, vendors.ErrTaken, ""},
		"an id with capitals":         {func(c *vendors.RegisterVendor) { c.ID = "V2" }, vendors.ErrVendor, "id"},
		"an id that no account holds": {func(c *vendors.RegisterVendor) { c.ID = "v:2" }, vendors.ErrVendor, "id"},
		"no name":                     {func(c *vendors.RegisterVendor) { c.ID, c.Name = "v2", "" }, vendors.ErrVendor, "name"},
		"a name of two lines":         {func(c *vendors.RegisterVendor) { c.ID, c.Name = "v2", "a\nb" }, vendors.ErrVendor, "name"},
		"an unknown zone":             {func(c *vendors.RegisterVendor) { c.ID, c.Zone = "v2", "gao" }, vendors.ErrNotFound, ""},
		"a contract that ends first":  {func(c *vendors.RegisterVendor) { c.ID, c.Contract.Until = "v2", c.Contract.From }, vendors.ErrVendor, "contract.from"},
		"a withholding of more than all": {func(c *vendors.RegisterVendor) {
			c.ID, c.Contract.Charges = "v2", []vendors.Charge{{Name: "tax", Permille: -600}, {Name: "levy", Permille: -600}}
		}, vendors.ErrVendor, "contract.charges"},
		"a way of payment that is none": {func(c *vendors.RegisterVendor) { c.ID, c.Contract = "v2", contract(0, "barter") }, vendors.ErrVendor, "contract.payment.method"},
		"mobile money without a number": {func(c *vendors.RegisterVendor) {
			c.ID, c.Contract = "v2", contract(0, "mobile-money")
			c.Contract.Payment.Alias = "Diarra"
		}, vendors.ErrVendor, "contract.payment.alias"},
		"nobody looked at the lists": {func(c *vendors.RegisterVendor) { c.ID, c.Contract.Screening.On = "v2", time.Time{} }, vendors.ErrVendor, "contract.screening.on"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := good
			cmd.Key = w.key()
			tt.change(&cmd)
			_, err := w.s.RegisterVendor(t.Context(), cmd)
			if !errors.Is(err, tt.want) {
				t.Fatalf("err = %v, want %v", err, tt.want)
			}
			if fields := fault.Of(err).Fields; tt.field != "" && (len(fields) != 1 || fields[0].Location != tt.field) {
				t.Errorf("it names %v, want %s", fields, tt.field)
			}
		})
	}
}

// What was sold is paid at the price in force then: a list never reaches back.
func TestService_SetPrices(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	item := func(ceiling int64) vendors.Item {
		return vendors.Item{Code: "rice-local", Category: "food", NameEN: "Rice", NameFR: "Riz", Unit: w.rice(), Ceiling: money.Francs(ceiling)}
	}
	set := func(from time.Time, items ...vendors.Item) (vendors.PriceList, error) {
		return w.s.SetPrices(t.Context(), vendors.SetPrices{By: manager, Key: w.key(), Vendor: "v1", From: from, Items: items})
	}
	if _, err := w.s.Prices(t.Context(), vendors.ByID{By: manager, ID: "v1"}); !errors.Is(err, vendors.ErrNotFound) {
		t.Errorf("no list yet: %v", err)
	}
	first := w.now
	l, err := set(time.Time{}, item(400))
	if err != nil || l.Version != 1 || !l.From.Equal(first) {
		t.Fatalf("%+v, %v", l, err)
	}
	later := w.now.Add(24 * time.Hour)
	if l, err := set(later, item(450)); err != nil || l.Version != 2 {
		t.Fatalf("%+v, %v", l, err)
	}
	if _, err := set(w.now.Add(time.Hour), item(500)); !errors.Is(err, vendors.ErrVendor) {
		t.Errorf("before the list it follows: %v", err)
	}
	w.now = later.Add(time.Hour)
	if _, err := set(later.Add(time.Minute), item(500)); !errors.Is(err, vendors.ErrVendor) {
		t.Errorf("in the past: %v", err)
	}
	w.view(func(tx vendors.Tx) error {
		for at, want := range map[time.Time]int64{first: 400, later.Add(-time.Second): 400, later: 450} {
			l, err := vendors.PricesAt(tx, "v1", at)
			if it, ok := l.Ceiling("rice-local"); err != nil || !ok || it.Ceiling != money.Francs(want) {
				t.Errorf("at %s: %v, %v", at, it.Ceiling, err)
			}
		}
		if _, err := vendors.PricesAt(tx, "v1", first.Add(-time.Second)); !errors.Is(err, vendors.ErrNotFound) {
			t.Errorf("before the first list: %v", err)
		}
		return nil
	})
	for name, items := range map[string][]vendors.Item{"nothing": nil, "the same twice": {item(1), item(1)}, "a price of nothing": {item(0)}} {
		if _, err := set(time.Time{}, items...); !errors.Is(err, vendors.ErrVendor) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestService_SetZone(t *testing.T) {
	w := newWorld(t)
	set := func(code string, p vendors.Policy) error {
		_, err := w.s.SetZone(t.Context(), vendors.SetZone{By: manager, Key: w.key(), Code: code, Policy: p})
		return err
	}
	w.must(set("gao", vendors.Policy{DegradedHours: 1080}))
	z, err := w.s.Zone(t.Context(), vendors.ByID{By: preparer, ID: "gao"})
	if want := (vendors.Policy{DegradedHours: 1080}).WithDefaults(); err != nil || z.Policy != want {
		t.Errorf("%+v, %v", z, err)
	}
	for name, tt := range map[string]struct {
		code   string
		policy vendors.Policy
	}{
		"a code of nine letters":         {"tombouctu", vendors.Policy{}},
		"a bundle over 45 days":          {"gao", vendors.Policy{DegradedHours: 1081}},
		"fresh for longer than degraded": {"gao", vendors.Policy{FreshHours: 200}},
		"a floor in kilos":               {"gao", vendors.Policy{Floor: money.FromMinor(1, w.rice())}},
	} {
		if err := set(tt.code, tt.policy); !errors.Is(err, vendors.ErrVendor) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Another programme's things look as if they did not exist, whatever the role.
func TestASVS_8_2_2_vendors(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	w.francs("v1", 5000)
	h := w.handheld("v1", 1)
	c := w.claimed("v1", "r1")
	st := w.settle()
	a, err := w.s.PrepareAdvance(t.Context(), vendors.PrepareAdvance{By: preparer, Key: w.key(), Vendor: "v1", Amount: money.Francs(1), Permille: 1})
	w.must(err)
	ctx, s, by := t.Context(), w.s, stranger
	of := func(id string) vendors.ByID { return vendors.ByID{By: by, ID: id} }
	for name, try := range map[string]func(key string) error{
		"vendor":      func(string) error { _, err := s.Vendor(ctx, of("v1")); return err },
		"summary":     func(string) error { _, err := s.Summary(ctx, of("v1")); return err },
		"prices":      func(string) error { _, err := s.Prices(ctx, of("v1")); return err },
		"zone":        func(string) error { _, err := s.Zone(ctx, of("mopti")); return err },
		"handheld":    func(string) error { _, err := s.Handheld(ctx, of(string(h.ID))); return err },
		"claim":       func(string) error { _, err := s.Claim(ctx, of(string(c.ID))); return err },
		"claim lines": func(string) error { _, err := s.ClaimLines(ctx, vendors.LinesOf{By: by, Claim: c.ID}); return err },
		"settlement":  func(string) error { _, err := s.Settlement(ctx, of(st.ID)); return err },
		"advances":    func(string) error { _, err := s.Advances(ctx, of("v1")); return err },
		"payment file": func(string) error {
			_, err := s.PaymentFile(ctx, vendors.PaymentFile{By: by, Settlement: st.ID})
			return err
		},
		"suspend": func(k string) error {
			_, err := s.SuspendVendor(ctx, vendors.SuspendVendor{By: by, Key: k, Vendor: "v1", Reason: "x"})
			return err
		},
		"activate": func(k string) error {
			_, err := s.ActivateHandheld(ctx, vendors.ActivateHandheld{By: by, Key: k, Handheld: h.ID})
			return err
		},
		"revoke": func(k string) error {
			_, err := s.RevokeHandheld(ctx, vendors.RevokeHandheld{By: by, Key: k, Handheld: h.ID})
			return err
		},
		"replace": func(k string) error {
			_, err := s.ReplaceHandheld(ctx, vendors.ReplaceHandheld{By: by, Key: k, Old: h.ID, New: h.ID})
			return err
		},
		"prepare a claim": func(k string) error {
			_, err := s.PrepareClaim(ctx, vendors.PrepareClaim{By: by, Key: k, Vendor: "v1", Round: "r1"})
			return err
		},
		"refuse a claim": func(k string) error {
			_, err := s.RefuseClaim(ctx, vendors.RefuseClaim{By: by, Key: k, Claim: c.ID, Reason: "x"})
			return err
		},
		"refuse settlement": func(k string) error {
			_, err := s.RefuseSettlement(ctx, vendors.RefuseSettlement{By: by, Key: k, Settlement: st.ID, Reason: "x"})
			return err
		},
		"approve an advance": func(k string) error {
			_, err := s.ApproveAdvance(ctx, vendors.ApproveAdvance{By: by, Key: k, Advance: a.ID, Digest: a.Digest()})
			return err
		},
		"import results": func(k string) error {
			_, err := s.ImportResults(ctx, vendors.ImportResults{By: by, Key: k, Settlement: st.ID, File: resultFile(st.ID + "-1;;ok;;")})
			return err
		},
	} {
		if err := try(w.key()); !errors.Is(err, vendors.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	p, err := s.Vendors(ctx, vendors.List{By: by, Limit: 10})
	if err != nil || len(p.Items) != 0 {
		t.Errorf("it lists %d vendors, %v", len(p.Items), err)
	}
	t.Run("and an id of theirs is taken all the same", func(t *testing.T) {
		_, err := s.SetZone(ctx, vendors.SetZone{By: by, Key: w.key(), Code: "gao"})
		w.must(err)
		_, err = s.RegisterVendor(ctx, vendors.RegisterVendor{By: by, Key: w.key(), ID: "v1", Name: "x", Zone: "gao", Contract: contract(0, "cash")})
		if !errors.Is(err, vendors.ErrTaken) {
			t.Error(err)
		}
	})
}

func TestService_Pages(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i := range 7 {
		id := fmt.Sprintf("v%d", i)
		w.register(vendors.ID(id), 0)
		want = append(want, id)
	}
	var got []string
	for after, more := "", true; more; {
		p, err := w.s.Vendors(t.Context(), vendors.List{By: preparer, After: after, Limit: 3})
		w.must(err)
		for _, v := range p.Items {
			got = append(got, string(v.ID))
		}
		after, more = p.Next, p.Next != ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Where a trader is paid is for those who have to do with money.
func TestASVS_8_2_3_payments(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	for role, shown := range map[access.Role]bool{access.RoleVendorManager: true, access.RoleFinancePreparer: true,
		access.RoleHandheldManager: false, access.RoleDistributionOfficer: false} {
		q := vendors.ByID{By: person("x", "mopti", role), ID: "v1"}
		v, err := w.s.Vendor(t.Context(), q)
		w.must(err)
		p, err := w.s.Vendors(t.Context(), vendors.List{By: q.By, Limit: 1})
		w.must(err)
		if got := v.Contract.Payment.Alias != ""; got != shown || (p.Items[0].Contract.Payment.Alias != "") != shown {
			t.Errorf("%s sees the address: %v", role, got)
		}
	}
}

func TestService_Summary(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	w.francs("v1", 5000)
	w.claimed("v1", "r1")
	w.francs("v1", 700)
	w.sell("v1", "r2", money.FromMinor(100, w.rice()), map[string]string{"price": "400"})
	w.post(ledger.KindFreeze, "r1", "case", ledger.Posting{Debit: ledger.Claimed("v1"), Credit: ledger.Contested("v1"), Amount: money.Francs(50)})
	got, err := w.s.Summary(t.Context(), vendors.ByID{By: preparer, ID: "v1"})
	w.must(err)
	var text []string
	for name, ms := range map[string][]money.Amount{"redeemed": got.Redeemed, "claimed": got.Claimed, "contested": got.Contested, "advance": {got.Advance}} {
		for _, m := range ms {
			text = append(text, name+" "+m.String())
		}
	}
	want := "advance 0 XOF, claimed 4950 XOF, contested 50 XOF, redeemed 1.00 RICE-KG, redeemed 700 XOF"
	slices.Sort(text)
	if got := strings.Join(text, ", "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Every method but enrolment has its roles, and no one person can both choose
// traders and pay them.
func TestRoles(t *testing.T) {
	for m, roles := range vendors.Roles {
		if len(roles) == 0 || strings.TrimSpace(string(m)) == "" {
			t.Errorf("method %q has no roles", m)
		}
	}
	for _, pair := range [][2]vendors.Method{
		{vendors.MethodRegisterVendor, vendors.MethodPrepareSettlement},
		{vendors.MethodRegisterVendor, vendors.MethodApproveSettlement},
		{vendors.MethodInviteHandheld, vendors.MethodApproveSettlement},
		{vendors.MethodSetPrices, vendors.MethodAcceptClaim},
	} {
		for _, a := range vendors.Roles[pair[0]] {
			for _, b := range vendors.Roles[pair[1]] {
				if !access.Incompatible(a, b) {
					t.Errorf("one person may %s as %s and %s as %s", pair[0], a, pair[1], b)
				}
			}
		}
	}
}
