package vendors

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// ErrTerms refuses the approval of terms that are not the latest, or approved.
var ErrTerms = fault.New(fault.Conflict, "terms_changed",
	"These are not the trader's latest terms, or they are approved already. Look at them again.",
	"Ce ne sont pas les dernières conditions du commerçant, ou elles sont déjà approuvées. Consultez-les à nouveau.")

// TermKind says what a line of a contract does. The set is closed.
type TermKind string

// The kinds. Commission and transport are paid to the vendor from the round's
// fees; a withholding is kept from him for the treasury.
const (
	Commission  TermKind = "commission"
	Transport   TermKind = "transport"
	Withholding TermKind = "withholding"
)

// Base is what a withholding is a part of.
type Base string

// The bases.
const (
	OfSales Base = "sales" // what was accepted
	OfFees  Base = "fees"  // commission and transport
	OfAll   Base = "all"   // both
)

// Term is one line of a vendor's terms.
type Term struct {
	Name        string // as on the claim, 1 to 128 bytes
	Kind        TermKind
	BasisPoints int          // of its base: 1 to 10000 is 0.01 % to 100 %; 0 for none
	On          Base         // of a withholding; a commission is of sales
	PerSale     money.Amount // commission: XOF for each voucher redeemed
	PerRound    money.Amount // transport: XOF once in each round
	Bands       []Band       // transport: XOF once in each round, by the contract's distance
}

// Band is a sum for distances of at most so many kilometres.
type Band struct {
	UpToKm int
	Amount money.Amount
}

// Terms are a version of what a contract adds to claims and keeps from them.
// It is in force from an instant on, once another person approved it.
type Terms struct {
	Vendor     ID
	Version    int // from 1
	From       time.Time
	Km         int // that goods travel to the shop, as agreed; 0 where no band is
	Lines      []Term
	Digest     [32]byte // SHA-256 of all the above
	SetBy      string   // staff id
	ApprovedBy string   // staff id; "" until then
}

// Bounds.
const (
	termsMax = 8
	bandsMax = 10
	kmMax    = 2_000
)

func (t Terms) check(f *findings) {
	f.add(len(t.Lines) <= termsMax, "lines", "at most %d", termsMax)
	f.add(t.Km >= 0 && t.Km <= kmMax, "km", "0 to %d", kmMax)
	for i, l := range t.Lines {
		l.check(f, fmt.Sprintf("lines[%d].", i))
		for j, b := range l.Bands {
			at := fmt.Sprintf("lines[%d].bands[%d]", i, j)
			f.add(francs(b.Amount, 0) && (j == 0 && b.UpToKm >= 0 || j > 0 && b.UpToKm > l.Bands[j-1].UpToKm), at, "ascending kilometres, each with XOF")
		}
		if n := len(l.Bands); n > 0 {
			f.add(n <= bandsMax && l.Bands[n-1].UpToKm >= t.Km, fmt.Sprintf("lines[%d].bands", i), "at most %d, up to the %d km of the contract", bandsMax, t.Km)
		}
	}
}

func (l Term) check(f *findings, at string) {
	f.text(l.Name, at+"name", true)
	none := func(m money.Amount) bool { return m.IsZero() }
	f.add(l.BasisPoints >= 0 && l.BasisPoints <= 10_000, at+"basis_points", "0 to 10000")
	f.add(none(l.PerSale) || francs(l.PerSale, 1), at+"per_sale", "XOF, more than zero")
	f.add(none(l.PerRound) || francs(l.PerRound, 1), at+"per_round", "XOF, more than zero")
	switch l.Kind {
	case Commission:
		f.add(l.BasisPoints > 0 || !none(l.PerSale), at+"basis_points", "a commission is a part of sales, or a sum for each, or both")
		f.add(none(l.PerRound) && len(l.Bands) == 0 && l.On == "", at+"kind", "a commission is of sales alone")
	case Transport:
		f.add(none(l.PerRound) != (len(l.Bands) == 0), at+"per_round", "a sum for each round, or bands of kilometres")
		f.add(l.BasisPoints == 0 && none(l.PerSale) && l.On == "", at+"kind", "transport is paid once in each round")
	case Withholding:
		f.add(l.BasisPoints > 0 && slices.Contains([]Base{OfSales, OfFees, OfAll}, l.On), at+"on", "basis points of sales, fees or all")
		f.add(none(l.PerSale) && none(l.PerRound) && len(l.Bands) == 0, at+"kind", "a withholding is basis points of its base")
	default:
		f.add(false, at+"kind", "commission, transport or withholding")
	}
}

// transport returns what the line pays once in each round.
func (l Term) transport(km int) int64 {
	for _, b := range l.Bands {
		if km <= b.UpToKm {
			return b.Amount.Minor()
		}
	}
	return l.PerRound.Minor()
}

// TermsAt returns the latest approved terms that were in force at the instant,
// or ErrNotFound where none were: then Contract.Charges apply.
func TermsAt(tx Tx, vendor ID, at time.Time) (Terms, error) {
	t, err := tx.Terms(vendor, 0)
	for err == nil && (t.ApprovedBy == "" || t.From.After(at)) {
		if t.Version == 1 {
			return Terms{}, ErrNotFound
		}
		t, err = tx.Terms(vendor, t.Version-1)
	}
	return t, err
}

// ChargeLine is what one line of the terms comes to on one claim: more than
// zero where it is paid to the vendor, less where it is kept from him or where
// undone sales take back what was paid on them.
type ChargeLine struct {
	Name   string
	Kind   TermKind
	Base   money.Amount // that basis points were taken of, of the whole round so far, in XOF
	Amount money.Amount // in XOF
}

// Charged is how far a vendor's charges have come in a round. A line is worked
// out on all of the round so far and rounded once, half to even; a claim gets
// what it adds to the claims before. So no remainder is lost, and a claim split
// in two is worth what it was whole.
type Charged struct {
	Vendor  ID
	Round   string
	Version int   // of the terms that the rest is of
	Sales   int   // accepted under it, less those undone
	Sum     int64 // XOF accepted under it, less what was undone
	Fees    int64 // XOF of commission and transport under it
	Lines   []int64
	Hauled  bool // transport was paid in this round, under whatever version
}

// charge works out a claim's lines under the terms and moves c on. sum and
// sales are what the claim accepts.
func (c *Charged) charge(t Terms, sum int64, sales int) ([]ChargeLine, error) {
	if c.Version != t.Version {
		*c = Charged{Vendor: c.Vendor, Round: c.Round, Version: t.Version, Hauled: c.Hauled}
	}
	if len(c.Lines) != len(t.Lines) {
		c.Lines = make([]int64, len(t.Lines))
	}
	c.Sales, c.Sum = c.Sales+sales, c.Sum+sum
	out := make([]ChargeLine, len(t.Lines))
	hauled := c.Hauled
	left := sum // that lines may take from the claim
	for pass, kinds := range [][]TermKind{{Commission, Transport}, {Withholding}} {
		for i, l := range t.Lines {
			if !slices.Contains(kinds, l.Kind) {
				continue
			}
			base, target, err := c.line(t, l, c.Lines[i], hauled)
			if err != nil {
				return nil, err
			}
			add := target - c.Lines[i]
			if pass == 1 {
				add = -add
			}
			if add < -left { // what is left to take back waits for the next claim
				add = -left
			}
			left += add
			if pass == 1 {
				c.Lines[i] -= add
			} else {
				c.Lines[i], c.Fees = c.Lines[i]+add, c.Fees+add
			}
			c.Hauled = c.Hauled || l.Kind == Transport && add > 0
			out[i] = ChargeLine{Name: l.Name, Kind: l.Kind, Base: money.Francs(base), Amount: money.Francs(add)}
		}
	}
	return out, nil
}

// line returns what a line is to have come to by now, and its base.
func (c *Charged) line(t Terms, l Term, sofar int64, hauled bool) (base, target int64, err error) {
	switch {
	case l.Kind == Transport && hauled:
		return 0, sofar, nil
	case l.Kind == Transport:
		return 0, l.transport(t.Km), nil
	case l.Kind == Commission || l.On == OfSales:
		base = c.Sum
	case l.On == OfFees:
		base = c.Fees
	default:
		base = c.Sum + c.Fees
	}
	target, err = partOf(base, l.BasisPoints)
	if err == nil && l.Kind == Commission {
		var each money.Amount
		if each, err = l.PerSale.Mul(int64(c.Sales)); err == nil {
			var ok bool
			if target, ok = money.AddMinor(target, each.Minor()); !ok {
				err = money.ErrRange
			}
		}
	}
	return base, target, err
}

// partOf returns basis points of a sum, rounded half to even to the franc.
func partOf(sum int64, basisPoints int) (int64, error) {
	n := new(big.Int).Mul(big.NewInt(sum), big.NewInt(int64(basisPoints)))
	q, rest := new(big.Int).DivMod(n, big.NewInt(10_000), new(big.Int)) // rest is never below zero
	if r := rest.Int64(); r > 5_000 || r == 5_000 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	if !q.IsInt64() {
		return 0, money.ErrRange
	}
	return q.Int64(), nil
}

// undo takes an accepted sale out of what charges are worked out on, so that
// the vendor's next claim of the round gives back what was paid on it.
func undo(tx Tx, vendor ID, round string, amount money.Amount) error {
	c, err := tx.Charged(vendor, round)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c.Sales, c.Sum = c.Sales-1, c.Sum-amount.Minor()
	return tx.PutCharged(c)
}

// FeesMax is the most that vendors' terms and charges could cost for sales of
// a sum in so many vouchers, in XOF: the highest part and the highest sum for
// each sale of any vendor, transport of all who serve one of the zones, and a
// franc for each line that rounding may add. Vendors who are suspended count:
// what they redeemed is paid.
func FeesMax(tx Tx, programme string, zones []string, sum money.Amount, sales int, now time.Time) (money.Amount, error) {
	var points, each, sums int64
	for v, err := range tx.Vendors(programme, "") {
		if err != nil {
			return money.Amount{}, err
		}
		t, err := TermsAt(tx, v.ID, now)
		if errors.Is(err, ErrNotFound) {
			points = max(points, 10*v.Contract.permille())
			continue
		}
		if err != nil {
			return money.Amount{}, err
		}
		var p, e int64
		for _, l := range t.Lines {
			if l.Kind == Withholding {
				continue
			}
			p, e, sums = p+int64(l.BasisPoints), e+l.PerSale.Minor(), sums+1
			if slices.Contains(zones, v.Zone) {
				sums += l.transport(t.Km)
			}
		}
		points, each = max(points, p), max(each, e)
	}
	total := new(big.Int).Mul(big.NewInt(sum.Minor()), big.NewInt(points))
	total.Add(total, big.NewInt(9_999)).Div(total, big.NewInt(10_000))
	total.Add(total, new(big.Int).Mul(big.NewInt(each), big.NewInt(int64(sales)))).Add(total, big.NewInt(sums))
	if !total.IsInt64() {
		return money.Amount{}, money.ErrRange
	}
	return money.Francs(total.Int64()), nil
}
