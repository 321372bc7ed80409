package vendors

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// proofForm is that of a vendor's acceptance: the hash of what his handheld
// signed, in base64url or hexadecimal, or of a PDF that he signed.
var proofForm = regexp.MustCompile(`^(handheld:([A-Za-z0-9_-]{43}|[0-9a-f]{64})|signed-pdf:[0-9a-f]{64})$`)

// unmatched is the problem of a line for which nobody named another.
const unmatched = "unmatched"

// acceptance works through the lines of a claim that is being accepted.
type acceptance struct {
	tx       Tx
	claim    Claim
	next     uint64 // the sequence that the claim entry will have
	serial   func(string) (string, bool)
	vendor   Vendor
	out      map[uint64]bool // sales that were undone, or are frozen by a case
	moves    map[move]int64  // minor units
	prices   map[string]bool
	terms    []string // what each line of the terms came to
	accepted money.Amount
	lines    int
}

type move struct {
	debit, credit ledger.Account
	asset         money.Asset
}

func newAcceptance(tx Tx, c Claim, serial func(string) (string, bool)) (*acceptance, error) {
	v, err := tx.Vendor(c.Vendor)
	if err != nil {
		return nil, err
	}
	h, err := historyOf(tx, c.Vendor, c.Round)
	if err != nil {
		return nil, err
	}
	next, err := tx.Size()
	if err != nil {
		return nil, err
	}
	return &acceptance{next: next, tx: tx, claim: c, serial: serial, vendor: v, out: h.out, moves: map[move]int64{}, prices: map[string]bool{},
		accepted: money.Francs(0)}, nil
}

// line accepts one line on the strength of an entry.
func (a *acceptance) line(l ClaimLine, entry uint64) error {
	where := fmt.Sprintf("lines[%d]", l.N)
	e, err := a.tx.Entry(entry)
	if errors.Is(err, ledger.ErrNotFound) {
		return ErrClaimLine.At(where, "there is no entry %d", entry)
	}
	if err != nil {
		return err
	}
	s, err := saleOf(e, a.claim.Vendor)
	if err != nil {
		return err
	}
	if err := a.fits(l, e, s); err != nil {
		return err
	}
	switch in, err := a.tx.ClaimOf(entry); {
	case err == nil && (in != a.claim.ID || a.claim.Kind == Independent):
		return ErrClaimLine.At(where, "entry %d is in claim %s", entry, in)
	case err != nil && !errors.Is(err, ErrNotFound):
		return err
	}
	if err := a.move(s); err != nil {
		return err
	}
	if serial := s.from.Serial(); serial != "" && l.Serial != serial {
		read := Reading{Claim: l.Claim, N: l.N, Row: l.N, Typed: l.Serial, Asked: l.Amount, At: a.tx.Now(), Entry: a.next}
		if err := a.tx.PutReading(read); err != nil {
			return err
		}
		l.Serial = serial
	}
	l.Entry, l.Matched, l.Problem = entry, true, ""
	return errors.Join(a.tx.PutClaimLine(l), a.tx.PutClaimOf(entry, a.claim.ID))
}

// readable reports whether the serial on a line is one. What is none has a
// slip: which sale it means is for package reconcile to find, or for a person.
func (a *acceptance) readable(serial string) bool {
	_, ok := a.serial(serial)
	return ok
}

// fits checks that the line asks for exactly what the entry gave.
func (a *acceptance) fits(l ClaimLine, e ledger.Entry, s sale) error {
	where := fmt.Sprintf("lines[%d]", l.N)
	switch serial := s.from.Serial(); {
	case e.Round != a.claim.Round:
		return ErrClaimLine.At(where, "entry %d is of another round", e.Seq)
	case a.out[e.Seq]:
		return ErrClaimLine.At(where, "entry %d was undone, or is frozen by a case", e.Seq)
	case serial != "" && l.Serial != serial && a.readable(l.Serial):
		return ErrClaimLine.At(where, "entry %d is of another voucher", e.Seq)
	case !l.Amount.Equal(s.amount):
		return ErrClaimLine.At(where, "it asks for %s, entry %d gave %s", l.Amount, e.Seq, s.amount)
	case s.commodity() && !l.Quantity.Asset().IsZero() && !l.Quantity.Equal(s.quantity):
		return ErrClaimLine.At(where, "it asks for %s, entry %d gave %s", l.Quantity, e.Seq, s.quantity)
	}
	return nil
}

// move adds the sale's postings. Goods are bought: the kilos return to the
// pledge, and the round, or for a loss its contingency, pays for them.
func (a *acceptance) move(s sale) error {
	id, round := string(a.claim.Vendor), a.claim.Round
	a.lines++
	if !s.commodity() {
		if err := a.add(ledger.Redeemed(id), ledger.Claimed(id), s.amount); err != nil {
			return err
		}
	} else {
		payer := ledger.Round(round)
		if !s.from.IsVoucher() {
			payer = ledger.Contingency(round)
		}
		err := errors.Join(a.add(ledger.Redeemed(id), ledger.Pledge(round), s.quantity), a.add(payer, ledger.Claimed(id), s.amount))
		if err != nil {
			return err
		}
		a.prices[s.quantity.Asset().String()+" "+s.price.Text()] = true
	}
	var err error
	a.accepted, err = a.accepted.Add(s.amount)
	return err
}

func (a *acceptance) add(debit, credit ledger.Account, m money.Amount) error {
	k := move{debit, credit, m.Asset()}
	total, ok := money.AddMinor(a.moves[k], m.Minor())
	if !ok {
		return money.ErrRange
	}
	a.moves[k] = total
	return nil
}

// charge works out the lines of the vendor's terms, adds their postings, keeps
// them with the claim, and returns what they come to. Without terms the
// contract's charges apply, as one sum.
func (a *acceptance) charge() (money.Amount, error) {
	t, err := TermsAt(a.tx, a.vendor.ID, a.tx.Now())
	if errors.Is(err, ErrNotFound) {
		m, err := a.charges()
		return m, errors.Join(err, a.moveFees(m))
	}
	if err != nil {
		return money.Amount{}, err
	}
	c, err := a.tx.Charged(a.vendor.ID, a.claim.Round)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return money.Amount{}, err
	}
	c.Vendor, c.Round = a.vendor.ID, a.claim.Round
	lines, err := c.charge(t, a.accepted.Minor(), a.lines)
	if err != nil {
		return money.Amount{}, err
	}
	fees, kept, total := money.Francs(0), money.Francs(0), money.Francs(0)
	for _, l := range lines {
		to := &fees
		if l.Kind == Withholding {
			to = &kept
		}
		if *to, err = to.Add(l.Amount); err != nil {
			return money.Amount{}, err
		}
		if total, err = total.Add(l.Amount); err != nil {
			return money.Amount{}, err
		}
		a.terms = append(a.terms, fmt.Sprintf("%s %d", l.Kind, l.Amount.Minor()))
	}
	err = errors.Join(a.moveFees(fees), a.moveBetween(ledger.Withheld(a.vendor.Programme), kept),
		a.tx.PutCharged(c), a.tx.PutClaimCharges(a.claim.ID, lines))
	return total, err
}

// moveFees takes a sum from the round's fees, or gives it back where it is
// below zero.
func (a *acceptance) moveFees(m money.Amount) error {
	return a.moveBetween(ledger.Fees(a.claim.Round), m)
}

func (a *acceptance) moveBetween(other ledger.Account, m money.Amount) error {
	claimed := ledger.Claimed(string(a.claim.Vendor))
	switch m.Sign() {
	case 1:
		return a.add(other, claimed, m)
	case -1:
		return a.add(claimed, other, money.Francs(-m.Minor()))
	}
	return nil
}

// charges returns what the contract adds to the accepted total, or keeps from
// it where withholdings exceed commissions; towards zero to the franc.
func (a *acceptance) charges() (money.Amount, error) {
	m, err := a.accepted.Mul(a.vendor.Contract.permille())
	if err != nil {
		return money.Amount{}, err
	}
	return money.Francs(m.Minor() / 1000), nil
}

// entry returns the one entry that accepts the claim.
func (a *acceptance) entry(as ledger.Actor, charges money.Amount, proof string) ledger.Entry {
	e := ledger.Entry{Kind: ledger.KindClaim, Actor: as, Round: a.claim.Round, Ref: string(a.claim.ID),
		Facts: map[string]string{"kind": string(a.claim.Kind), "lines": strconv.Itoa(a.lines), "charges": charges.Text()}}
	if len(a.terms) > 0 {
		e.Facts["terms"] = strings.Join(a.terms, ", ")
	}
	if proof != "" {
		e.Facts["proof"] = proof
	}
	if a.claim.Kind == Independent {
		e.Facts["invoice"] = fmt.Sprintf("%x", a.claim.InvoiceHash)
	}
	if len(a.prices) > 0 {
		e.Facts[FactPrice] = strings.Join(slices.Sorted(maps.Keys(a.prices)), ", ")
	}
	for _, k := range slices.SortedFunc(maps.Keys(a.moves), move.compare) {
		e.Postings = append(e.Postings, ledger.Posting{Debit: k.debit, Credit: k.credit, Amount: money.FromMinor(a.moves[k], k.asset)})
	}
	return e
}

// compare orders the postings, so that the same claim makes the same leaf.
func (k move) compare(o move) int {
	return cmp.Or(cmp.Compare(k.credit, o.credit), cmp.Compare(k.debit, o.debit), cmp.Compare(k.asset.String(), o.asset.String()))
}
