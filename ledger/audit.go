package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/money"
)

// Auditor recomputes the ledger from its leaves alone, as a monitor can who has
// nothing else: the root, what every account holds, and what became of each
// round. It finds what breaks invariants 1, 2, 3 and 6, and a voucher redeemed
// twice (7). It is not safe for concurrent use.
//
// Memory grows with the number of vouchers, about 100 bytes for each, and not
// with the journal.
type Auditor struct {
	tree     tree
	vouchers map[pseudonym]purse
	more     map[purseKey]int64 // what vouchers hold of other assets than their first
	accounts map[Account]*open
	rounds   index[string, uint32]
	assets   index[money.Asset, uint16]
	totals   map[roundKey]*RoundTotals
	broken   error // the first violation: nothing is added after it
}

// purse is what is known of one voucher.
type purse struct {
	held     int64  // of its asset
	redeemed uint64 // the entry that redeemed it, plus one; 0 where none did or it was reversed
	owner    uint64 // for a verifier: a digest of its account; 0 where not known
	entries  uint64 // for a verifier: the sum of its entries' marks
	round    uint32 // in Auditor.rounds
	asset    uint16 // the first it was given, in Auditor.assets
	issued   bool   // whether an issue entry gave it its value
}

type purseKey struct {
	voucher pseudonym
	asset   uint16
}

// open is what is known of an account that is no voucher's.
type open struct {
	class   Class
	held    []int64 // by the numbers of Auditor.assets
	entries uint64  // for a verifier: the sum of its entries' marks
	found   bool    // for a verifier: whether it is stored
}

// index numbers values in the order in which they are met.
type index[K comparable, N uint16 | uint32] struct {
	numbers map[K]N
	values  []K
}

func (x *index[K, N]) of(k K) N {
	n, ok := x.numbers[k]
	if !ok {
		if x.numbers == nil {
			x.numbers = map[K]N{}
		}
		n = N(len(x.values))
		x.numbers[k], x.values = n, append(x.values, k)
	}
	return n
}

type roundKey struct {
	round uint32
	asset uint16
}

// RoundTotals is what the leaves say became of one asset of a round. It adds up
// as invariant 6 says:
//
//	Allocated - Returned = Unissued + Contingency + Fees + Outstanding + Spent
type RoundTotals struct {
	Round    string
	Vouchers int // that were issued
	RoundSum
	Redeemed money.Amount // by redeem entries, less what was reversed to vouchers
	Losses   money.Amount // accepted, less what was reversed to the contingency
}

// NewAuditor returns an auditor of an empty journal.
func NewAuditor() *Auditor {
	return &Auditor{vouchers: map[pseudonym]purse{}, more: map[purseKey]int64{},
		accounts: map[Account]*open{}, totals: map[roundKey]*RoundTotals{}}
}

// Size returns the number of leaves added.
func (a *Auditor) Size() uint64 { return a.tree.size }

// Root returns the root of the log of the leaves added (RFC 6962).
func (a *Auditor) Root() tlog.Hash { return a.tree.root() }

// Add audits the next leaf and returns its entry, in which vouchers go by their
// pseudonyms. It returns a *Broken for the first leaf that is not canonical,
// not the next one, or breaks an invariant, and again for every leaf after it.
func (a *Auditor) Add(leaf []byte) (Entry, error) {
	e, _, err := a.add(leaf)
	return e, err
}

// add is Add; it returns the hashes that the log stores for the leaf too. They
// are good until the next call.
func (a *Auditor) add(leaf []byte) (Entry, []tlog.Hash, error) {
	if a.broken != nil {
		return Entry{}, nil, a.broken
	}
	e, err := a.next(leaf)
	if err != nil {
		a.broken = err
		return Entry{}, nil, err
	}
	return e, a.tree.add(leaf), nil
}

func (a *Auditor) next(leaf []byte) (Entry, error) {
	seq := a.tree.size
	e, err := ParseLeaf(leaf)
	if err != nil {
		return Entry{}, broken(seq, leafInvariant(err), "%v", err)
	}
	if e.Seq != seq {
		return Entry{}, broken(seq, 3, "its leaf is that of entry %d", e.Seq)
	}
	return e, a.fold(e)
}

// leafInvariant returns which invariant a refused leaf breaks: the first where
// it is the leaf of an entry that must not be, else the third.
func leafInvariant(err error) int {
	if errors.Is(err, ErrEntry) || errors.Is(err, ErrFlow) || errors.Is(err, ErrAccount) {
		return 1
	}
	return 3
}

// fold applies the entry's postings. An account may fall below zero inside an
// entry, not after it.
func (a *Auditor) fold(e Entry) error {
	for _, p := range e.Postings {
		if err := a.post(e, p); err != nil {
			return err
		}
	}
	for _, p := range e.Postings {
		for _, account := range [2]Account{p.Debit, p.Credit} {
			if n := a.held(account, p.Amount.Asset()); n < 0 {
				return broken(e.Seq, 2, "%s falls to %s", account, money.FromMinor(n, p.Amount.Asset()))
			}
		}
	}
	return nil
}

func (a *Auditor) post(e Entry, p Posting) error {
	debit, err := a.move(e, p.Debit, p.Amount, true)
	if err != nil {
		return err
	}
	credit, err := a.move(e, p.Credit, p.Amount, false)
	if err != nil {
		return err
	}
	return a.total(e, p.Amount, debit, credit)
}

// move debits or credits one account and returns its class.
func (a *Auditor) move(e Entry, account Account, m money.Amount, debit bool) (Class, error) {
	if len(a.assets.values) == math.MaxUint16 {
		return "", broken(e.Seq, 1, "more than %d assets", math.MaxUint16)
	}
	asset := a.assets.of(m.Asset())
	hash, hidden := account.pseudonym()
	if !hidden {
		o, err := a.account(account)
		if err != nil {
			return "", broken(e.Seq, 1, "%v", err)
		}
		return o.class, o.move(e, asset, m.Minor(), debit)
	}
	if err := a.moveVoucher(e, hash, asset, m.Minor(), debit); err != nil {
		return "", err
	}
	control, err := a.account(Control(e.Round))
	if err != nil {
		return "", broken(e.Seq, 1, "%v", err)
	}
	return ClassVoucher, control.move(e, asset, m.Minor(), debit)
}

// account returns what is known of an account that is no voucher's.
func (a *Auditor) account(account Account) (*open, error) {
	if o := a.accounts[account]; o != nil {
		return o, nil
	}
	class, err := account.Class()
	if err != nil {
		return nil, err
	}
	o := &open{class: class}
	a.accounts[account] = o
	return o, nil
}

func (o *open) move(e Entry, asset uint16, n int64, debit bool) error {
	for len(o.held) <= int(asset) {
		o.held = append(o.held, 0)
	}
	return shift(e, &o.held[asset], n, debit == o.class.DebitNormal())
}

func (a *Auditor) moveVoucher(e Entry, hash pseudonym, asset uint16, n int64, debit bool) error {
	round := a.rounds.of(e.Round)
	v, known := a.vouchers[hash]
	if !known {
		v = purse{asset: asset, round: round}
	}
	if v.round != round {
		return broken(e.Seq, 6, "it names round %q, its voucher is of round %q", e.Round, a.rounds.values[v.round])
	}
	held := &v.held
	if v.asset != asset {
		other := a.more[purseKey{hash, asset}]
		held = &other
	}
	if err := shift(e, held, n, !debit); err != nil {
		return err
	}
	if v.asset != asset {
		a.more[purseKey{hash, asset}] = *held
	}
	switch {
	case e.Kind == KindRedeem && v.redeemed != 0 && v.redeemed != e.Seq+1 && *held >= 0:
		return broken(e.Seq, 7, "its voucher was redeemed before, by entry %d", v.redeemed-1)
	case e.Kind == KindRedeem:
		v.redeemed = e.Seq + 1
	case e.Kind == KindReverse && !debit:
		v.redeemed = 0
	case e.Kind == KindIssue && !v.issued:
		v.issued = true
		a.totalsOf(round, asset).Vouchers++
	}
	a.vouchers[hash] = v
	return nil
}

func shift(e Entry, held *int64, n int64, up bool) error {
	if !up {
		n = -n
	}
	sum, ok := money.AddMinor(*held, n)
	if !ok {
		return broken(e.Seq, 1, "a balance does not fit in 64 bits")
	}
	*held = sum
	return nil
}

// held returns what the account holds, in the smallest unit.
func (a *Auditor) held(account Account, asset money.Asset) int64 {
	n := a.assets.of(asset)
	if hash, hidden := account.pseudonym(); hidden {
		if v := a.vouchers[hash]; v.asset == n {
			return v.held
		}
		return a.more[purseKey{hash, n}]
	}
	if o := a.accounts[account]; o != nil && int(n) < len(o.held) {
		return o.held[n]
	}
	return 0
}

func (a *Auditor) totalsOf(round uint32, asset uint16) *RoundTotals {
	k := roundKey{round, asset}
	t := a.totals[k]
	if t == nil {
		z := money.FromMinor(0, a.assets.values[asset])
		t = &RoundTotals{Round: a.rounds.values[round], RoundSum: RoundSum{z, z, z, z, z, z, z, z, z, z}, Redeemed: z, Losses: z}
		a.totals[k] = t
	}
	return t
}

// total adds what the posting does to its round's own money.
func (a *Auditor) total(e Entry, m money.Amount, debit, credit Class) error {
	out, in := debit.own(), credit.own()
	if !in && !out {
		return nil
	}
	t := a.totalsOf(a.rounds.of(e.Round), a.assets.of(m.Asset()))
	type change struct {
		to    *money.Amount
		minus bool
	}
	var cs []change
	switch {
	case e.Kind == KindIssue:
		cs = []change{{&t.Issued, false}}
	case e.Kind == KindVoid:
		cs = []change{{&t.Voided, false}}
	case e.Kind == KindExpire:
		cs = []change{{&t.Expired, false}}
	case in == out:
	case e.Kind == KindAllocate && in:
		cs = []change{{&t.Allocated, false}}
	case e.Kind == KindReturn && out:
		cs = []change{{&t.Returned, false}}
	case e.Kind == KindRedeem:
		cs = []change{{&t.Spent, false}, {&t.Redeemed, false}}
	case e.Kind == KindAcceptLoss:
		cs = []change{{&t.Spent, false}, {&t.Losses, false}}
	case e.Kind == KindReverse && credit == ClassVoucher:
		cs = []change{{&t.Spent, true}, {&t.Redeemed, true}}
	case e.Kind == KindReverse && credit == ClassContingency:
		cs = []change{{&t.Spent, true}, {&t.Losses, true}}
	default:
		cs = []change{{&t.Spent, in}}
	}
	for _, c := range cs {
		n := m
		if c.minus {
			n = negative(m)
		}
		if err := addTo(c.to, n); err != nil {
			return broken(e.Seq, 6, "%v", err)
		}
	}
	return nil
}

// Rounds returns what became of each round, in the order of rounds and assets,
// or a *Broken where what a round was given is neither there nor spent.
func (a *Auditor) Rounds() ([]RoundTotals, error) {
	var out []RoundTotals
	for k, t := range a.totals {
		asset := a.assets.values[k.asset]
		r := *t
		left := r.Allocated
		err := errors.Join(addTo(&left, negative(r.Returned)), addTo(&left, negative(r.Spent)))
		for _, x := range []struct {
			of Account
			to *money.Amount
		}{{Round(r.Round), &r.Unissued}, {Contingency(r.Round), &r.Contingency}, {Fees(r.Round), &r.Fees},
			{Control(r.Round), &r.Outstanding}} {
			*x.to = money.FromMinor(a.held(x.of, asset), asset)
			err = errors.Join(err, addTo(&left, negative(*x.to)))
		}
		if err != nil || !left.IsZero() {
			return nil, &Broken{Invariant: 6, Why: fmt.Sprintf("round %s: what it was given, less what it holds and spent, leaves %s", r.Round, left)}
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(x, y RoundTotals) int {
		return cmp.Or(cmp.Compare(x.Round, y.Round), cmp.Compare(x.Allocated.Asset().String(), y.Allocated.Asset().String()))
	})
	return out, nil
}

// Balances yields what the accounts hold of each asset, where it is more than
// nothing: first those of the chart, control accounts included, then vouchers
// by their pseudonyms, each in order.
func (a *Auditor) Balances() iter.Seq[Balance] {
	return func(yield func(Balance) bool) {
		assets := slices.SortedFunc(slices.Values(a.assets.values), func(x, y money.Asset) int { return cmp.Compare(x.String(), y.String()) })
		each := func(account Account) bool {
			for _, asset := range assets {
				if n := a.held(account, asset); n != 0 && !yield(Balance{account, money.FromMinor(n, asset)}) {
					return false
				}
			}
			return true
		}
		for _, account := range slices.Sorted(maps.Keys(a.accounts)) {
			if !each(account) {
				return
			}
		}
		for _, hash := range slices.SortedFunc(maps.Keys(a.vouchers), func(x, y pseudonym) int { return slices.Compare(x[:], y[:]) }) {
			if !each(hash.account()) {
				return
			}
		}
	}
}
