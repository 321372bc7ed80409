package vendors_test

import (
	"errors"
	"fmt"
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

// What a trader sold is what he is paid, plus what his contract adds, and at
// the end every account says so to the franc.
func TestService_ClaimToPayment(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 15)
	for _, n := range []int64{5000, 5000, 2555} {
		w.francs("v1", n)
	}
	const sold, commission = 12_555, 188 // 188.325 rounded down
	w.holds(map[ledger.Account]int64{"vendor:v1:redeemed": sold})

	c := w.prepare("v1", "r1")
	if c.Lines != 3 || c.Claimed != money.Francs(sold) || c.State != vendors.ClaimProposed || c.Kind != vendors.SelfBilled {
		t.Fatalf("proposed %+v", c)
	}
	w.holds(map[ledger.Account]int64{"vendor:v1:redeemed": sold, "vendor:v1:claimed": 0})

	c = w.accept(c)
	if c.Accepted != money.Francs(sold) || c.Charges != money.Francs(commission) || c.State != vendors.ClaimAccepted {
		t.Fatalf("accepted %+v", c)
	}
	w.holds(map[ledger.Account]int64{"vendor:v1:redeemed": 0, "vendor:v1:claimed": sold + commission, "fees:r1": feesStart - commission})

	st := w.settle()
	if len(st.Payments) != 1 || st.Total != money.Francs(sold+commission) {
		t.Fatalf("settlement %+v", st)
	}
	st = w.approve(st)
	w.holds(map[ledger.Account]int64{"vendor:v1:claimed": 0, ledger.Transit(st.ID): sold + commission, "bank:main": bankStart})

	f, err := w.s.PaymentFile(t.Context(), vendors.PaymentFile{By: preparer, Settlement: st.ID, Template: "mobile-money"})
	w.must(err)
	want := "Numéro;Montant;Référence;Nom\r\n22370000001;12743;" + st.ID + "-1;Boutique v1\r\n"
	if diff := cmp.Diff(want, string(f.Content)); diff != "" {
		t.Error(diff)
	}

	r, err := w.results(st, st.ID+"-1;12 743;Succès;TX-9;")
	w.must(err)
	if r.Paid != 1 || r.Failed != 0 || r.Settlement.State != vendors.SettlementDone || w.claim(c.ID).State != vendors.ClaimSettled {
		t.Errorf("results %+v", r)
	}
	w.holds(map[ledger.Account]int64{ledger.Transit(st.ID): 0, "bank:main": bankStart - sold - commission,
		"vendor:v1:redeemed": 0, "vendor:v1:claimed": 0, "vouchers:r1": 0})
	_, err = w.s.PrepareClaim(t.Context(), vendors.PrepareClaim{By: manager, Key: w.key(), Vendor: "v1", Round: "r1"})
	if !errors.Is(err, vendors.ErrNothingToClaim) {
		t.Errorf("claimed twice: %v", err)
	}
}

// A claim holds one round's sales; what is sold later, or elsewhere, is for
// another.
func TestService_PrepareClaim(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	w.register("v2", 0)
	first, other := w.francs("v1", 5000), w.francs("v2", 7000)
	w.sell("v1", "r2", money.FromMinor(100, w.rice()), map[string]string{"price": "400"})
	c := w.prepare("v1", "r1")
	if diff := cmp.Diff([]vendors.ClaimLine{{Claim: c.ID, N: 1, Serial: first.serial, Date: w.now, Amount: money.Francs(5000),
		Entry: first.seq, Matched: true}}, w.lines(c.ID)); diff != "" {
		t.Error(diff)
	}
	second := w.francs("v1", 1000)
	if c := w.prepare("v1", "r1"); c.Claimed != money.Francs(1000) || w.lines(c.ID)[0].Entry != second.seq {
		t.Errorf("the next claim %+v", c)
	}
	if c := w.prepare("v2", "r1"); w.lines(c.ID)[0].Entry != other.seq {
		t.Errorf("the other trader's claim %+v", c)
	}
	t.Run("a refused claim frees its sales", func(t *testing.T) {
		refused, err := w.s.RefuseClaim(t.Context(), vendors.RefuseClaim{By: preparer, Key: w.key(), Claim: c.ID, Reason: "wrong month"})
		w.must(err)
		if refused.State != vendors.ClaimRefused {
			t.Errorf("state %s", refused.State)
		}
		if again := w.prepare("v1", "r1"); w.lines(again.ID)[0].Entry != first.seq {
			t.Errorf("the sale is not in the new claim")
		}
		_, err = w.s.AcceptClaim(t.Context(), vendors.AcceptClaim{By: preparer, Key: w.key(), Claim: c.ID, VendorProof: proof})
		if !errors.Is(err, vendors.ErrClaimState) {
			t.Errorf("the refused claim was accepted: %v", err)
		}
	})
}

// Kilos go back to the pledge and francs out of the round, at the price that
// stood at each sale.
func TestService_CommodityClaim(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 10)
	kilos := func(n int64) money.Amount { return money.FromMinor(n, w.rice()) }
	w.sell("v1", "r2", kilos(1250), map[string]string{"price": "400"}) // 12.50 kg: 5,000
	w.sell("v1", "r2", kilos(1000), map[string]string{"price": "410"}) // 10.00 kg: 4,100
	loss := w.postWith(ledger.KindAcceptLoss, "r2", "receipt", map[string]string{"price": "400"},
		ledger.Posting{Debit: ledger.Contingency("r2"), Credit: ledger.Redeemed("v1"), Amount: kilos(500)}) // 5.00 kg: 2,000
	w.holds(map[ledger.Account]int64{"kg vendor:v1:redeemed": 2750, "kg pledge:r2": 510_000})

	c := w.claimed("v1", "r2")
	if c.Accepted != money.Francs(11_100) || c.Charges != money.Francs(111) {
		t.Fatalf("accepted %+v", c)
	}
	w.holds(map[ledger.Account]int64{
		"kg vendor:v1:redeemed": 0, "kg pledge:r2": 510_000 - 2750, "kg round:r2": 500_000 - 2250, "kg contingency:r2": 10_000 - 500,
		"round:r2": 3_000_000 - 9_100, "contingency:r2": 100_000 - 2_000, "vendor:v1:claimed": 11_211, "fees:r2": feesStart - 111})
	w.view(func(tx vendors.Tx) error {
		e, err := tx.Entry(c.Entry)
		if err != nil {
			return err
		}
		if got, want := e.Facts["price"], "RICE-KG/2 400, RICE-KG/2 410"; got != want {
			t.Errorf("the entry names the prices %q, want %q", got, want)
		}
		if in, err := tx.ClaimOf(loss); err != nil || in != c.ID {
			t.Errorf("the accepted loss is in claim %q, %v", in, err)
		}
		return nil
	})
	for name, facts := range map[string]map[string]string{"no price": nil, "a price with cents": {"price": "4.5"}, "a price of nothing": {"price": "0"}} {
		t.Run("a sale with "+name+" is refused", func(t *testing.T) {
			w := newWorld(t)
			w.register("v1", 0)
			w.sell("v1", "r2", kilos(100), facts)
			_, err := w.s.PrepareClaim(t.Context(), vendors.PrepareClaim{By: manager, Key: "k", Vendor: "v1", Round: "r2"})
			if !errors.Is(err, vendors.ErrClaimLine) {
				t.Error(err)
			}
		})
	}
	t.Run("a price that would be rounded is refused", func(t *testing.T) {
		w := newWorld(t)
		w.register("v1", 0)
		w.sell("v1", "r2", kilos(101), map[string]string{"price": "399"})
		_, err := w.s.PrepareClaim(t.Context(), vendors.PrepareClaim{By: manager, Key: "k", Vendor: "v1", Round: "r2"})
		if !errors.Is(err, vendors.ErrClaimLine) {
			t.Error(err)
		}
	})
}

func TestService_AcceptClaim_Refuses(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	w.francs("v1", 5000)
	c := w.prepare("v1", "r1") // by manager
	finance := manager
	finance.Roles = []access.Role{access.RoleFinancePreparer}
	elsewhere := person("approver", "gao", access.RoleFinanceApprover)
	before := w.size()
	for name, tt := range map[string]struct {
		cmd  vendors.AcceptClaim
		want error
	}{
		"who prepared it":              {vendors.AcceptClaim{By: finance, VendorProof: proof}, vendors.ErrSamePerson},
		"nobody from finance":          {vendors.AcceptClaim{By: manager2, VendorProof: proof}, access.ErrDenied},
		"another programme":            {vendors.AcceptClaim{By: elsewhere, VendorProof: proof}, vendors.ErrNotFound},
		"no actor":                     {vendors.AcceptClaim{VendorProof: proof}, access.ErrUnauthenticated},
		"without the trader":           {vendors.AcceptClaim{By: approver}, vendors.ErrVendorProof},
		"with a proof of another form": {vendors.AcceptClaim{By: approver, VendorProof: "phone call"}, vendors.ErrVendorProof},
		"with lines matched anew":      {vendors.AcceptClaim{By: approver, VendorProof: proof, Entries: map[int]uint64{1: 1}}, vendors.ErrClaimLine},
	} {
		t.Run(name, func(t *testing.T) {
			tt.cmd.Key, tt.cmd.Claim = "accept "+name, c.ID
			if _, err := w.s.AcceptClaim(t.Context(), tt.cmd); !errors.Is(err, tt.want) {
				t.Errorf("err = %v, want %v", err, tt.want)
			}
		})
	}
	if got := w.size(); got != before || w.claim(c.ID).State != vendors.ClaimProposed {
		t.Errorf("refusals left %d entries", got-before)
	}
	w.accept(c)
}

// An invoice is what the trader says; only lines that somebody found a sale for
// are accepted, each sale once.
func TestService_Invoice(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	w.register("v2", 0)
	first, second, third := w.francs("v1", 5000), w.francs("v1", 5000), w.francs("v1", 2500)
	others := w.francs("v2", 5000)
	file := []byte(fmt.Sprintf("Boutique v1;;\nN° de série;Date de vente;Montant (FCFA)\n%s;02/03/2026;5 000\n%s;2026-03-02;5.000\n%s;;2 600\nX99;1/3/26;5000 F CFA\nTOTAL;;17 600\n",
		first.serial, second.serial, third.serial))
	bring := vendors.BringInvoice{By: manager, Key: w.key(), Vendor: "v1", Round: "r1", Number: "F-12", File: file}
	c, err := w.s.BringInvoice(t.Context(), bring)
	w.must(err)
	if c.Claimed != money.Francs(17_600) || c.Lines != 4 || c.Kind != vendors.Independent {
		t.Fatalf("claim %+v", c)
	}
	if l := w.lines(c.ID)[0]; l.N != 3 || l.Serial != first.serial || l.Matched || !l.Date.Equal(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("first line %+v", l)
	}
	again, err := w.s.BringInvoice(t.Context(), bring)
	if diff := cmp.Diff(c, again); err != nil || diff != "" {
		t.Errorf("the same command again: %v %s", err, diff)
	}
	other := bring
	other.File = append(append([]byte{}, file...), '\n')
	if _, err := w.s.BringInvoice(t.Context(), other); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("another file under the same key: %v", err)
	}
	bring.Key = w.key()
	if _, err := w.s.BringInvoice(t.Context(), bring); !errors.Is(err, vendors.ErrInvoiceTwice) {
		t.Errorf("the same file under another key: %v", err)
	}

	accept := func(entries map[int]uint64) error {
		_, err := w.s.AcceptClaim(t.Context(), vendors.AcceptClaim{By: preparer, Key: w.key(), Claim: c.ID, Entries: entries,
			Problems: map[int]string{6: "unknown-serial"}})
		return err
	}
	for name, tt := range map[string]struct {
		entries map[int]uint64
		want    error
	}{
		"nothing matched":          {nil, vendors.ErrClaimState},
		"another trader's sale":    {map[int]uint64{3: others.seq}, vendors.ErrClaimLine},
		"another voucher's sale":   {map[int]uint64{3: second.seq}, vendors.ErrClaimLine},
		"an amount that differs":   {map[int]uint64{5: third.seq}, vendors.ErrClaimLine},
		"an entry that is no sale": {map[int]uint64{3: 0}, vendors.ErrClaimLine},
		"an entry not yet written": {map[int]uint64{3: 1 << 40}, vendors.ErrClaimLine},
		"a line that is not there": {map[int]uint64{3: first.seq, 99: second.seq}, vendors.ErrClaimLine},
	} {
		if err := accept(tt.entries); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	w.holds(map[ledger.Account]int64{"vendor:v1:claimed": 0, "vendor:v1:redeemed": 12_500})
	w.must(accept(map[int]uint64{3: first.seq, 4: second.seq}))
	w.holds(map[ledger.Account]int64{"vendor:v1:claimed": 10_000, "vendor:v1:redeemed": 2_500})
	var problems []string
	for _, l := range w.lines(c.ID) {
		problems = append(problems, fmt.Sprintf("%d %t %s", l.N, l.Matched, l.Problem))
	}
	if diff := cmp.Diff([]string{"3 true ", "4 true ", "5 false unmatched", "6 false unknown-serial"}, problems); diff != "" {
		t.Error(diff)
	}
	t.Run("a sale is in one claim only", func(t *testing.T) {
		if c := w.prepare("v1", "r1"); c.Claimed != money.Francs(2_500) {
			t.Errorf("self-billed %+v", c)
		}
		second, err := w.s.BringInvoice(t.Context(), vendors.BringInvoice{By: manager, Key: w.key(), Vendor: "v1", Round: "r1",
			File: []byte("coupon,montant\n" + first.serial + ",5000\n")})
		w.must(err)
		_, err = w.s.AcceptClaim(t.Context(), vendors.AcceptClaim{By: preparer, Key: w.key(), Claim: second.ID, Entries: map[int]uint64{2: first.seq}})
		if !errors.Is(err, vendors.ErrClaimLine) {
			t.Errorf("claimed twice: %v", err)
		}
	})
	for name, tt := range map[string]struct {
		rows []int // of the invoice, matched with the one sale
		undo bool
	}{
		"one sale pays one line of an invoice": {[]int{2, 3}, false},
		"a sale that was undone pays no line":  {[]int{2}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.register("v1", 0)
			s := w.francs("v1", 5000)
			w.francs("v1", 5000) // so that the account would cover it
			c, err := w.s.BringInvoice(t.Context(), vendors.BringInvoice{By: manager, Key: w.key(), Vendor: "v1", Round: "r1",
				File: []byte("coupon,montant\n" + s.serial + ",5000\n" + s.serial + ",5000\n")})
			w.must(err)
			if tt.undo {
				w.undo(s, "r1")
			}
			entries := map[int]uint64{}
			for _, n := range tt.rows {
				entries[n] = s.seq
			}
			_, err = w.s.AcceptClaim(t.Context(), vendors.AcceptClaim{By: preparer, Key: w.key(), Claim: c.ID, Entries: entries})
			if !errors.Is(err, vendors.ErrClaimLine) {
				t.Error(err)
			}
		})
	}
}

func TestService_BringInvoice_NamesRows(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	for name, tt := range map[string]struct {
		file string
		rice bool
		want []string // "location: value" of each row that is wrong
	}{
		"a sum with cents":        {"serie;montant\nA;5000,50\nB;5000\n", false, []string{"row[2].amount: 5000,50"}},
		"a sum below zero":        {"serie;montant\nA;-5000\n", false, []string{"row[2].amount: -5000"}},
		"a sum of nothing":        {"serie;montant\nA;0\n", false, []string{"row[2].amount: 0"}},
		"no sum, then no voucher": {"serie;montant\nA;\n;5000\n", false, []string{"row[2].amount: ", "row[3].serial: "}},
		"a day that is none":      {"serie;date;montant\nA;31/02/2026;5000\n", false, []string{"row[2].date: 31/02/2026"}},
		"a wrong total":           {"serie;montant\nA;5000\nB;5000\nTOTAL;11 000\n", false, []string{"row[4].amount: 11 000"}},
		"no lines":                {"serie;montant\n\n", false, []string{"row[1].serial: "}},
		"a product that differs":  {"serie;kg;prix unitaire;montant\nA;10;400;4100\n", true, []string{"row[2].amount: 4100"}},
		"thousands or decimals":   {"serie;kg;prix unitaire\nA;1.250;400\n", true, []string{"row[2].quantity: 1.250"}},
		"too many decimals":       {"serie;kg;prix unitaire\nA;1.2501;400\n", true, []string{"row[2].quantity: 1.2501"}},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := vendors.BringInvoice{By: manager, Key: w.key(), Vendor: "v1", Round: "r1", File: []byte(tt.file)}
			if tt.rice {
				cmd.Asset = w.rice()
			}
			before := w.size()
			_, err := w.s.BringInvoice(t.Context(), cmd)
			if !errors.Is(err, vendors.ErrInvoice) || w.size() != before {
				t.Fatal(err)
			}
			var got []string
			for _, f := range fault.Of(err).Fields {
				got = append(got, f.Location+": "+f.Value)
				if f.Message == "" {
					t.Errorf("%s has no reason", f.Location)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("subtotals and totals that are right", func(t *testing.T) {
		c, err := w.s.BringInvoice(t.Context(), vendors.BringInvoice{By: manager, Key: w.key(), Vendor: "v1", Round: "r2", Asset: w.rice(),
			File: []byte("Voucher,Quantity,Unit price,Amount\nA,\"12,5\",400,\nSous-total,,,5000\nB,10 kg,410,\"4,100\"\nTotal,,,9100\n")})
		w.must(err)
		if c.Claimed != money.Francs(9100) || w.lines(c.ID)[0].Quantity != money.FromMinor(1250, w.rice()) {
			t.Errorf("claim %+v", c)
		}
	})
	t.Run("a list of something else", func(t *testing.T) {
		_, err := w.s.BringInvoice(t.Context(), vendors.BringInvoice{By: manager, Key: w.key(), Vendor: "v1", Round: "r1", File: []byte("name;village\nA;B\n")})
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "serial") {
			t.Error(err)
		}
	})
}

// Where withholdings exceed commissions, what is kept goes to the fees.
func TestService_AcceptClaim_withholding(t *testing.T) {
	w := newWorld(t)
	w.register("v1", -20)
	w.francs("v1", 9_999)
	c := w.claimed("v1", "r1")
	if got, want := c.Charges, money.Francs(-199); !got.Equal(want) {
		t.Errorf("charges %s, want %s", got, want)
	}
	w.holds(map[ledger.Account]int64{"vendor:v1:claimed": 9_800, "fees:r1": feesStart + 199})
	w.approve(w.settle("v1"))
	w.holds(map[ledger.Account]int64{"vendor:v1:claimed": 0})
}

// What a case has frozen is in no claim until it is let go.
func TestService_PrepareClaim_frozen(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	held, free := w.francs("v1", 5_000), w.francs("v1", 3_000)
	move := func(k ledger.Kind, from, to ledger.Account) {
		w.post(k, "r1", fmt.Sprintf("entry:%d", held.seq), ledger.Posting{Debit: from, Credit: to, Amount: money.Francs(5_000)})
	}
	move(ledger.KindFreeze, ledger.Redeemed("v1"), ledger.Contested("v1"))
	c := w.claimed("v1", "r1")
	if !c.Accepted.Equal(money.Francs(3_000)) || w.lines(c.ID)[0].Entry != free.seq {
		t.Errorf("claimed %s with a frozen sale", c.Accepted)
	}
	move(ledger.KindRelease, ledger.Contested("v1"), ledger.Redeemed("v1"))
	if c := w.claimed("v1", "r1"); !c.Accepted.Equal(money.Francs(5_000)) {
		t.Errorf("claimed %s after the release", c.Accepted)
	}
}
