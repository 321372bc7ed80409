package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// tieErrorsMax bounds what a report lists; a ledger that does not tie needs
// jate verify, not a longer list.
const tieErrorsMax = 100

// tie compares the records (sales, claims, settlements) with the journal's
// entries and with the balances that the store keeps, in every asset, and
// returns what differs. It looks at every round, because a vendor's accounts
// have none of their own.
func tie(f *Facts) ([]string, error) {
	t := tally{}
	if err := t.expect(f); err != nil {
		return nil, err
	}
	var wrong []string
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	keys := maps.Clone(f.books.posted)
	maps.Copy(keys, t)
	totals := tally{}
	for _, k := range slices.SortedFunc(maps.Keys(keys), bookKey.compare) {
		if t[k] != f.books.posted[k] {
			add("vendor %s, round %s: %s by the records %s, by the entries %s", k.vendor, k.round, k.class,
				money.FromMinor(t[k], k.asset), money.FromMinor(f.books.posted[k], k.asset))
		}
		if err := totals.add(bookKey{k.vendor, k.class, "", k.asset}, f.books.posted[k]); err != nil {
			return nil, err
		}
	}
	keys = maps.Clone(f.books.balances)
	maps.Copy(keys, totals)
	for _, k := range slices.SortedFunc(maps.Keys(keys), bookKey.compare) {
		if totals[k] != f.books.balances[k] {
			add("vendor %s: %s by the entries %s, by the balance %s", k.vendor, k.class,
				money.FromMinor(totals[k], k.asset), money.FromMinor(f.books.balances[k], k.asset))
		}
	}
	if err := tieSettlements(f, add); err != nil {
		return nil, err
	}
	for i := range f.sales {
		if r := &f.sales[i]; r.undone == 0 && r.priced == 0 {
			add("vendor %s, round %s: entry %d names no price that makes a whole franc", f.sellers.text(r.vendor), f.rounds.text(r.round), r.entry)
		}
	}
	if len(wrong) > tieErrorsMax {
		wrong = append(wrong[:tieErrorsMax], fmt.Sprintf("and %d more", len(wrong)-tieErrorsMax))
	}
	return wrong, nil
}

// tally adds up minor units.
type tally map[bookKey]int64

func (t tally) add(k bookKey, n int64) error {
	sum, ok := money.AddMinor(t[k], n)
	if !ok {
		return money.ErrRange
	}
	t[k] = sum
	return nil
}

func (k bookKey) compare(o bookKey) int {
	return cmp.Or(cmp.Compare(k.vendor, o.vendor), cmp.Compare(k.round, o.round), cmp.Compare(k.class, o.class),
		cmp.Compare(k.asset.String(), o.asset.String()))
}

// expect adds up what the vendors' accounts must hold by the records.
func (t tally) expect(f *Facts) error {
	accepted := map[vendors.ClaimID]bool{}
	for _, c := range f.Claims {
		if c.State == vendors.ClaimProposed {
			continue
		}
		accepted[c.ID] = true
		owed, err := owed(c.Claim)
		if err != nil {
			return err
		}
		if err := t.add(bookKey{c.Vendor, ledger.ClassClaimed, c.Round, money.XOF}, owed.Minor()); err != nil {
			return err
		}
	}
	plain := map[plainSale]*francs{}
	for i := range f.sales {
		r := &f.sales[i]
		if r.frozenBy != 0 {
			if err := t.sale(f.sale(int32(i))); err != nil {
				return err
			}
			continue
		}
		if r.undone != 0 || r.claim != 0 && accepted[vendors.ClaimID(f.words.text(r.claim))] {
			continue // its money is back where it was, or in a claim
		}
		k := plainSale{r.vendor, r.round, r.asset}
		sum := plain[k]
		if sum == nil {
			sum = &francs{}
			plain[k] = sum
		}
		sum.add(r.quantity)
	}
	for k, sum := range plain {
		if sum.err != nil {
			return sum.err
		}
		at := bookKey{vendors.ID(f.sellers.text(k.vendor)), ledger.ClassRedeemed, f.rounds.text(k.round), f.assets.amount(0, k.asset).Asset()}
		if err := t.add(at, sum.sum); err != nil {
			return err
		}
	}
	return nil
}

// plainSale is what a sale in no case adds to.
type plainSale struct {
	vendor, round int32
	asset         uint8
}

// sale adds where the money of a redemption is that a case holds.
func (t tally) sale(s Sale) error {
	if err := t.add(bookKey{s.Vendor, ledger.ClassContested, s.Round, s.Held.Asset()}, s.Held.Minor()); err != nil {
		return err
	}
	// It was undone with money of its account while its own was frozen: the
	// account is short of it until the case ends.
	if s.Undone == ledger.Redeemed(string(s.Vendor)) {
		return t.add(bookKey{s.Vendor, ledger.ClassRedeemed, s.Round, s.Quantity.Asset()}, -s.Quantity.Minor())
	}
	return nil
}

// owed returns what is in vendor:…:claimed for a claim: nothing until it is
// accepted, nor once its payment was ordered.
func owed(c vendors.Claim) (money.Amount, error) {
	if c.State != vendors.ClaimAccepted {
		return money.Francs(0), nil
	}
	m, err := c.Accepted.Add(c.Charges)
	if err != nil {
		return money.Amount{}, err
	}
	return m.Sub(c.Recovered)
}

// tieSettlements compares each settlement's payments with its transit account
// and with what the bank confirmed.
func tieSettlements(f *Facts, add func(string, ...any)) error {
	for _, st := range f.Settlements {
		sent, paid := money.Francs(0), money.Francs(0)
		var err error
		for _, p := range st.Payments {
			switch {
			case st.State == vendors.SettlementPrepared, p.Amount.IsZero():
			case p.Result == "":
				sent, err = sent.Add(p.Amount)
			case p.Result == vendors.PaidOut, p.Result == vendors.CameBack:
				paid, err = paid.Add(p.Amount)
			}
			if err != nil {
				return err
			}
		}
		if sent.Minor() != f.books.transit[st.ID] {
			add("settlement %s: in transit by its payments %s, by the balance %s", st.ID, sent, money.Francs(f.books.transit[st.ID]))
		}
		if paid.Minor() != f.books.paid[st.ID] {
			add("settlement %s: paid by its payments %s, by the entries %s", st.ID, paid, money.Francs(f.books.paid[st.ID]))
		}
	}
	return nil
}
