package ledger

import (
	"cmp"
	"errors"
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

// RoundPart is one of the three parts that a round's budget has, each an account.
type RoundPart string

// The parts.
const (
	PartVouchers    RoundPart = "vouchers"    // round:<id>
	PartContingency RoundPart = "contingency" // contingency:<id>
	PartFees        RoundPart = "fees"        // fees:<id>
)

// RoundParts are the parts, in the order in which people read them.
var RoundParts = []RoundPart{PartVouchers, PartContingency, PartFees}

// Of returns the part's account in a round.
func (p RoundPart) Of(round string) Account {
	switch p {
	case PartContingency:
		return Contingency(round)
	case PartFees:
		return Fees(round)
	}
	return Round(round)
}

// RoundChange says what moved a part of a round's budget.
type RoundChange string

// The changes.
const (
	ChangeAllocated RoundChange = "allocated" // by a fund, or promised against a pledge
	ChangeReturned  RoundChange = "returned"  // to a fund, or taken off the pledge
	ChangeIssued    RoundChange = "issued"    // to vouchers
	ChangeVoided    RoundChange = "voided"    // from vouchers
	ChangeExpired   RoundChange = "expired"   // from vouchers, at the end
	ChangeSpent     RoundChange = "spent"     // losses, purchases, fees, and what of them is undone
)

var roundChanges = map[Kind]RoundChange{KindAllocate: ChangeAllocated, KindReturn: ChangeReturned, KindIssue: ChangeIssued,
	KindVoid: ChangeVoided, KindExpire: ChangeExpired}

// RoundMove is what one posting does to one part of its round's budget.
type RoundMove struct {
	Part   RoundPart
	Change RoundChange
	Amount money.Amount // below zero where it left the part
	Other  Account
}

// RoundMoves returns what the entry does to the parts of its round's budget, in
// the order of postings. It is the one definition that the sums of a round, its
// summary and its report are made by; an Auditor has one of its own, to check.
func (e Entry) RoundMoves() (moves []RoundMove) {
	change, ok := roundChanges[e.Kind]
	if !ok {
		change = ChangeSpent
	}
	for _, p := range e.Postings {
		for _, part := range RoundParts {
			switch own := part.Of(e.Round); own {
			case p.Credit:
				moves = append(moves, RoundMove{part, change, p.Amount, p.Debit})
			case p.Debit:
				moves = append(moves, RoundMove{part, change, negative(p.Amount), p.Credit})
			}
		}
	}
	return moves
}

// PartSum is what became of one asset in one part of a round's budget. What
// vouchers redeemed is no part's.
type PartSum struct{ Allocated, Returned, Spent, Left money.Amount }

// RoundBook is what became of one asset of a round, as a whole and by part.
type RoundBook struct {
	Asset money.Asset
	Sum   RoundSum
	Parts map[RoundPart]PartSum // all three
}

// Redeemed is what vouchers gave to vendors, net of what was undone.
func (b RoundBook) Redeemed() (money.Amount, error) {
	sum := b.Sum.Issued
	err := errors.Join(addTo(&sum, negative(b.Sum.Voided)), addTo(&sum, negative(b.Sum.Expired)), addTo(&sum, negative(b.Sum.Outstanding)))
	return sum, err
}

// SumsOf returns a round's sums, one per asset in the order of assets; see
// BooksOf.
func SumsOf(tx Tx, round string) ([]RoundSum, error) {
	books, err := BooksOf(tx, round)
	sums := make([]RoundSum, len(books))
	for i, b := range books {
		sums[i] = b.Sum
	}
	return sums, err
}

// BooksOf returns what became of each asset that a round was ever given, in the
// order of assets. The work grows with the entries that touch the round's own
// accounts, not with its redemptions.
func BooksOf(tx Tx, round string) ([]RoundBook, error) {
	books := map[money.Asset]*RoundBook{}
	of := func(asset money.Asset) *RoundBook {
		if books[asset] == nil {
			z := money.FromMinor(0, asset)
			books[asset] = &RoundBook{Asset: asset, Sum: RoundSum{z, z, z, z, z, z, z, z, z, z}, Parts: map[RoundPart]PartSum{}}
			for _, part := range RoundParts {
				books[asset].Parts[part] = PartSum{z, z, z, z}
			}
		}
		return books[asset]
	}
	accounts := []Account{Round(round), Contingency(round), Fees(round)}
	for next := uint64(0); ; {
		page, err := merged(tx, accounts, next, statementMax)
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
			for _, m := range e.RoundMoves() {
				if err := of(m.Amount.Asset()).add(m); err != nil {
					return nil, err
				}
			}
			next = seq + 1
		}
	}
	assets := slices.SortedFunc(maps.Keys(books), func(a, b money.Asset) int { return cmp.Compare(a.String(), b.String()) })
	list := make([]RoundBook, len(assets))
	for i, asset := range assets {
		if err := books[asset].finish(tx, round); err != nil {
			return nil, err
		}
		list[i] = *books[asset]
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

func (b *RoundBook) add(m RoundMove) error {
	part := b.Parts[m.Part]
	var err error
	switch m.Change {
	case ChangeAllocated:
		err = errors.Join(addTo(&b.Sum.Allocated, m.Amount), addTo(&part.Allocated, m.Amount))
	case ChangeReturned:
		err = errors.Join(addTo(&b.Sum.Returned, negative(m.Amount)), addTo(&part.Returned, negative(m.Amount)))
	case ChangeIssued:
		err = addTo(&b.Sum.Issued, negative(m.Amount))
	case ChangeVoided:
		err = addTo(&b.Sum.Voided, m.Amount)
	case ChangeExpired:
		err = addTo(&b.Sum.Expired, m.Amount)
	default:
		err = addTo(&part.Spent, negative(m.Amount))
	}
	b.Parts[m.Part] = part
	return err
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
func (b *RoundBook) finish(tx Tx, round string) error {
	s := &b.Sum
	s.Spent = s.Allocated
	if err := addTo(&s.Spent, negative(s.Returned)); err != nil {
		return err
	}
	for a, to := range map[Account]*money.Amount{Round(round): &s.Unissued, Contingency(round): &s.Contingency,
		Fees(round): &s.Fees, Control(round): &s.Outstanding} {
		held, err := tx.Balance(a, b.Asset)
		if err != nil {
			return err
		}
		*to = held
		if err := addTo(&s.Spent, negative(held)); err != nil {
			return err
		}
	}
	for part, left := range map[RoundPart]money.Amount{PartVouchers: s.Unissued, PartContingency: s.Contingency, PartFees: s.Fees} {
		sum := b.Parts[part]
		sum.Left = left
		b.Parts[part] = sum
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
