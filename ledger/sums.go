package ledger

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/jate-cva/jate/money"
)

// RoundSum is what became of one asset of a round. It adds up as invariant 6
// says:
//
//	Allocated - Returned = Unissued + Contingency + Fees + Outstanding + Spent
type RoundSum struct {
	Allocated   money.Amount // from funds, or promised against a pledge
	Returned    money.Amount // to funds, or taken off the pledge
	Issued      money.Amount // to vouchers
	Voided      money.Amount // from vouchers back to the round
	Expired     money.Amount // likewise, at the end
	Unissued    money.Amount // on round:<id> now
	Contingency money.Amount // on contingency:<id> now
	Fees        money.Amount // on fees:<id> now
	Outstanding money.Amount // on all vouchers now
	Spent       money.Amount // redeemed, accepted losses, purchases and fees, net of reversals
}

// SumsOf returns a round's sums, one per asset in the order of assets. The work
// grows with the entries that touch the round's own accounts, not with its
// redemptions.
func SumsOf(tx Tx, round string) ([]RoundSum, error) {
	sums := map[money.Asset]*RoundSum{}
	of := func(asset money.Asset) *RoundSum {
		if sums[asset] == nil {
			z := money.FromMinor(0, asset)
			sums[asset] = &RoundSum{z, z, z, z, z, z, z, z, z, z}
		}
		return sums[asset]
	}
	seqs := []Account{Round(round), Contingency(round), Fees(round)}
	for next := uint64(0); ; {
		page, err := merged(tx, seqs, next, statementMax)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		for _, seq := range page {
			e, err := tx.Entry(seq)
			if err != nil {
				return nil, err
			}
			for _, p := range e.Postings {
				if err := of(p.Amount.Asset()).add(e.Kind, p); err != nil {
					return nil, err
				}
			}
			next = seq + 1
		}
	}
	out := slices.SortedFunc(maps.Keys(sums), func(a, b money.Asset) int { return cmp.Compare(a.String(), b.String()) })
	list := make([]RoundSum, len(out))
	for i, asset := range out {
		if err := sums[asset].finish(tx, round, asset); err != nil {
			return nil, err
		}
		list[i] = *sums[asset]
	}
	return list, nil
}

// own reports whether the class holds what a round was given and has not spent.
func (c Class) own() bool {
	switch c {
	case ClassRound, ClassContingency, ClassFees, ClassVoucher:
		return true
	}
	return false
}

// crossing returns what the posting brings into (1) or takes out of (-1) its
// round's own accounts; 0 where it stays inside or outside.
func (p Posting) crossing() int {
	in := func(a Account) bool {
		c, err := a.Class()
		return err == nil && c.own()
	}
	switch debit, credit := in(p.Debit), in(p.Credit); {
	case credit && !debit:
		return 1
	case debit && !credit:
		return -1
	}
	return 0
}

func (s *RoundSum) add(k Kind, p Posting) error {
	var to *money.Amount
	switch {
	case k == KindAllocate && p.crossing() > 0:
		to = &s.Allocated
	case k == KindReturn && p.crossing() < 0:
		to = &s.Returned
	case k == KindIssue:
		to = &s.Issued
	case k == KindVoid:
		to = &s.Voided
	case k == KindExpire:
		to = &s.Expired
	default:
		return nil
	}
	return addTo(to, p.Amount)
}

func addTo(to *money.Amount, m money.Amount) error {
	sum, err := to.Add(m)
	if err != nil {
		return fmt.Errorf("sum of a round: %w", err)
	}
	*to = sum
	return nil
}

// finish reads what is held now. What is neither held nor returned was spent.
func (s *RoundSum) finish(tx Tx, round string, asset money.Asset) error {
	s.Spent = s.Allocated
	if err := addTo(&s.Spent, negative(s.Returned)); err != nil {
		return err
	}
	for a, to := range map[Account]*money.Amount{Round(round): &s.Unissued, Contingency(round): &s.Contingency,
		Fees(round): &s.Fees, Control(round): &s.Outstanding} {
		held, err := tx.Balance(a, asset)
		if err != nil {
			return err
		}
		*to = held
		if err := addTo(&s.Spent, negative(held)); err != nil {
			return err
		}
	}
	return nil
}

// TrialLine is one account in the trial balance.
type TrialLine struct {
	Account Account
	Debit   money.Amount // its balance, if it is debit-normal
	Credit  money.Amount // its balance, if it is credit-normal
}

// trialOrder is the order of the trial balance: where money is and comes from,
// what it was set aside for, who is owed. Vouchers stand together, so that the
// work does not grow with their number.
var trialOrder = []string{"bank:", "receivable:", "fund:", "round:", "contingency:", "fees:", "vouchers:", "pledge:",
	"vendor:", "withheld:", "transit:", "advance:", "debt:", "recoverable:", "suspense:", "unexplained:"}

// CollapsedBalances yields what every account holds, zero included, with the
// vouchers of each round together, in the order of the trial balance.
func CollapsedBalances(tx Tx) iter.Seq2[Balance, error] {
	return func(yield func(Balance, error) bool) {
		for _, prefix := range trialOrder {
			for b, err := range tx.Balances(prefix) {
				if !yield(b, err) || err != nil {
					return
				}
			}
		}
	}
}

// TrialBalance lists what every account holds, vouchers together by round. For
// each asset the debits equal the credits. Accounts that hold nothing are left
// out.
func TrialBalance(tx Tx) ([]TrialLine, error) {
	var lines []TrialLine
	for b, err := range CollapsedBalances(tx) {
		if err != nil {
			return nil, err
		}
		if b.Amount.IsZero() {
			continue
		}
		zero := money.FromMinor(0, b.Amount.Asset())
		l := TrialLine{Account: b.Account, Debit: zero, Credit: b.Amount}
		if debitNormal(b.Account) {
			l.Debit, l.Credit = b.Amount, zero
		}
		lines = append(lines, l)
	}
	return lines, nil
}
