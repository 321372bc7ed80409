package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/money"
)

// Auditor recomputes the ledger from its leaves alone, as a monitor can who has
// nothing else: the root, what every account holds, and what became of each
// round. It finds what breaks invariants 1, 2, 3 and 6, and a voucher redeemed
// twice (7). It is not safe for concurrent use.
//
// Memory grows with the number of vouchers, about 110 bytes for each, and not
// with the journal.
type Auditor struct {
	tree     tree
	vouchers map[pseudonym]uint32 // places in purses
	purses   purses
	more     map[purseKey]int64 // what vouchers hold of other assets than their first
	accounts map[Account]*open
	rounds   index[string, uint32]
	assets   index[money.Asset, uint16]
	totals   map[roundKey]*RoundTotals
	controls []*open // of rounds' vouchers, by the numbers of rounds
	sides    []side  // of the last entry, debit before credit
	broken   error   // the first violation: nothing is added after it
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
	found    bool   // for a verifier: whether its account is stored
}

// purses are those of all vouchers, in the order in which they are met. They
// are not in a map, which would have to find a purse again to write it, nor in
// one slice, which holds everything twice each time that it grows.
type purses struct {
	parts [][]purse
	count uint32
}

const (
	pursesShift  = 12
	pursesInPart = 1 << pursesShift
)

func (p *purses) at(n uint32) *purse { return &p.parts[n>>pursesShift][n%pursesInPart] }

func (p *purses) add(v purse) (uint32, *purse) {
	n := p.count
	if n%pursesInPart == 0 {
		p.parts = append(p.parts, make([]purse, pursesInPart))
	}
	p.count++
	*p.at(n) = v
	return n, p.at(n)
}

// side is one account of a posting.
type side struct {
	class Class
	hash  pseudonym // of a voucher
	purse *purse    // of a voucher, once it is known
	open  *open     // of every other account
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
	last    N // most entries have the value of the one before
}

func (x *index[K, N]) of(k K) N {
	if int(x.last) < len(x.values) && x.values[x.last] == k {
		return x.last
	}
	n, ok := x.numbers[k]
	if !ok {
		if x.numbers == nil {
			x.numbers = map[K]N{}
		}
		n = N(len(x.values))
		x.numbers[k], x.values = n, append(x.values, k)
	}
	x.last = n
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
	return &Auditor{vouchers: map[pseudonym]uint32{}, more: map[purseKey]int64{},
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
	if a.broken != nil {
		return Entry{}, a.broken
	}
	e, err := a.next(leaf)
	if err != nil {
		a.broken = err
		return Entry{}, err
	}
	a.tree.add(leaf)
	return e, nil
}

func (a *Auditor) next(leaf []byte) (Entry, error) {
	seq := a.tree.size
	e, err := readLeaf(leaf)
	if err == nil {
		err = e.checkAlone()
	}
	if err == nil {
		err = a.find(&e, nil, false)
	}
	if err == nil {
		err = canonical(&e, leaf)
	}
	if err != nil {
		return Entry{}, broken(seq, leafInvariant(err), "%v", err)
	}
	if e.Seq != seq {
		return Entry{}, broken(seq, 3, "its leaf is that of entry %d", e.Seq)
	}
	return e, a.fold(&e)
}

// addStored is Add of an entry with vouchers' real accounts and their
// pseudonyms, where the leaf is what AppendLeaf writes for these. Such an entry
// is what ParseLeaf would return, once it breaks no rule by itself, and so the
// leaf is not read. It returns the hashes that the log stores for the leaf.
// They are good until the next call, as a.sides is.
func (a *Auditor) addStored(r *Record) ([]tlog.Hash, error) {
	seq := a.tree.size
	if r.Entry.Seq != seq {
		return nil, broken(seq, 3, "its leaf is that of entry %d", r.Entry.Seq)
	}
	err := r.Entry.checkAlone()
	if err == nil {
		err = a.find(&r.Entry, r.Hidden, true)
	}
	if err != nil {
		return nil, broken(seq, leafInvariant(err), "%v", err)
	}
	if err := a.fold(&r.Entry); err != nil {
		return nil, err
	}
	return a.tree.add(r.Leaf), nil
}

// leafInvariant returns which invariant a refused leaf breaks: the first where
// it is the leaf of an entry that must not be, else the third.
func leafInvariant(err error) int {
	if errors.Is(err, ErrEntry) || errors.Is(err, ErrFlow) || errors.Is(err, ErrAccount) {
		return 1
	}
	return 3
}

// find finds the accounts of the entry's postings, and checks these by
// themselves. In a stored entry vouchers go by their real accounts, of which
// hidden are the pseudonyms.
func (a *Auditor) find(e *Entry, hidden []Account, stored bool) error {
	a.sides = a.sides[:0]
	for i := range e.Postings {
		p := &e.Postings[i]
		for _, account := range [2]Account{p.Debit, p.Credit} {
			name := account // in the leaf
			if stored && account.IsVoucher() && len(hidden) > 0 {
				if _, err := account.Class(); err != nil {
					return inPosting(err, e, i)
				}
				name, hidden = hidden[0], hidden[1:]
			}
			s, err := a.side(name)
			if err == nil && stored && (s.class == ClassVoucher) != account.IsVoucher() {
				err = ErrAccount.At("account", "%q is in no class", string(account))
			}
			if err != nil {
				return inPosting(err, e, i)
			}
			a.sides = append(a.sides, s)
		}
		if err := p.checkOf(flows[e.Kind], e.Round, a.sides[2*i].class, a.sides[2*i+1].class); err != nil {
			return inPosting(err, e, i)
		}
	}
	return nil
}

// side finds the account that goes by a name in leaves.
func (a *Auditor) side(name Account) (side, error) {
	hash, hidden := name.pseudonym()
	if !hidden {
		o, err := a.account(name)
		if err != nil {
			return side{}, err
		}
		return side{class: o.class, open: o}, nil
	}
	s := side{class: ClassVoucher, hash: hash}
	if n, known := a.vouchers[hash]; known {
		s.purse = a.purses.at(n)
	}
	return s, nil
}

// control returns what is known of all vouchers of a round together.
func (a *Auditor) control(round uint32) (*open, error) {
	for int(round) >= len(a.controls) {
		a.controls = append(a.controls, nil)
	}
	if a.controls[round] == nil {
		o, err := a.account(Control(a.rounds.values[round]))
		if err != nil {
			return nil, err
		}
		a.controls[round] = o
	}
	return a.controls[round], nil
}

// account returns what is known of an account that is no voucher's.
func (a *Auditor) account(name Account) (*open, error) {
	if o := a.accounts[name]; o != nil {
		return o, nil
	}
	class, err := leafClass(name)
	if err != nil {
		return nil, err
	}
	o := &open{class: class}
	a.accounts[Account(strings.Clone(string(name)))] = o
	return o, nil
}

// fold applies the entry's postings, whose accounts find has found. An account
// may fall below zero inside an entry, not after it.
func (a *Auditor) fold(e *Entry) error {
	for i := range e.Postings {
		if err := a.post(e, &e.Postings[i], a.sides[2*i:2*i+2]); err != nil {
			return err
		}
	}
	for i := range e.Postings {
		asset := e.Postings[i].Amount.Asset()
		for j, account := range [2]Account{e.Postings[i].Debit, e.Postings[i].Credit} {
			s := &a.sides[2*i+j]
			if n := a.holds(s, a.assets.of(asset)); n < 0 {
				if s.purse != nil {
					account = s.hash.account()
				}
				return broken(e.Seq, 2, "%s falls to %s", account, money.FromMinor(n, asset))
			}
		}
	}
	return nil
}

func (a *Auditor) post(e *Entry, p *Posting, sides []side) error {
	if len(a.assets.values) == math.MaxUint16 {
		return broken(e.Seq, 1, "more than %d assets", math.MaxUint16)
	}
	asset := a.assets.of(p.Amount.Asset())
	for i := range sides {
		s, debit := &sides[i], i == 0
		moved := s.open
		if moved == nil {
			round := a.rounds.of(e.Round)
			if err := a.moveVoucher(e, s, round, asset, p.Amount.Minor(), debit); err != nil {
				return err
			}
			var err error
			if moved, err = a.control(round); err != nil {
				return broken(e.Seq, 1, "%v", err)
			}
		}
		if err := moved.move(e, asset, p.Amount.Minor(), debit); err != nil {
			return err
		}
	}
	return a.total(e, p.Amount, asset, sides[0].class, sides[1].class)
}

func (o *open) move(e *Entry, asset uint16, n int64, debit bool) error {
	for len(o.held) <= int(asset) {
		o.held = append(o.held, 0)
	}
	return shift(e, &o.held[asset], n, debit == o.class.DebitNormal())
}

func (a *Auditor) moveVoucher(e *Entry, s *side, round uint32, asset uint16, n int64, debit bool) error {
	if s.purse == nil {
		// An earlier posting of this entry may have brought it.
		n, known := a.vouchers[s.hash]
		if known {
			s.purse = a.purses.at(n)
		} else {
			n, s.purse = a.purses.add(purse{asset: asset, round: round})
			a.vouchers[s.hash] = n
		}
	}
	v := s.purse
	if v.round != round {
		return broken(e.Seq, 6, "it names round %q, its voucher is of round %q", e.Round, a.rounds.values[v.round])
	}
	held := &v.held
	if v.asset != asset {
		other := a.more[purseKey{s.hash, asset}]
		held = &other
	}
	if err := shift(e, held, n, !debit); err != nil {
		return err
	}
	if v.asset != asset {
		a.more[purseKey{s.hash, asset}] = *held
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
	return nil
}

func shift(e *Entry, held *int64, n int64, up bool) error {
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

// holds returns what the account of the side holds, in the smallest unit.
func (a *Auditor) holds(s *side, asset uint16) int64 {
	switch {
	case s.purse != nil && s.purse.asset == asset:
		return s.purse.held
	case s.purse != nil:
		return a.more[purseKey{s.hash, asset}]
	case int(asset) < len(s.open.held):
		return s.open.held[asset]
	}
	return 0
}

// held is holds of an account by its name in leaves; nothing of one that was
// not met.
func (a *Auditor) held(name Account, asset money.Asset) int64 {
	s := side{open: a.accounts[name]}
	if hash, hidden := name.pseudonym(); hidden {
		n, known := a.vouchers[hash]
		if !known {
			return 0
		}
		s = side{hash: hash, purse: a.purses.at(n)}
	}
	if s.open == nil && s.purse == nil {
		return 0
	}
	return a.holds(&s, a.assets.of(asset))
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
func (a *Auditor) total(e *Entry, m money.Amount, asset uint16, debit, credit Class) error {
	out, in := debit.own(), credit.own()
	if !in && !out {
		return nil
	}
	t := a.totalsOf(a.rounds.of(e.Round), asset)
	switch {
	case e.Kind == KindIssue:
		return sum(e, m, &t.Issued)
	case e.Kind == KindVoid:
		return sum(e, m, &t.Voided)
	case e.Kind == KindExpire:
		return sum(e, m, &t.Expired)
	case in == out:
		return nil
	case e.Kind == KindAllocate && in:
		return sum(e, m, &t.Allocated)
	case e.Kind == KindReturn && out:
		return sum(e, m, &t.Returned)
	case e.Kind == KindRedeem:
		return sum(e, m, &t.Spent, &t.Redeemed)
	case e.Kind == KindAcceptLoss:
		return sum(e, m, &t.Spent, &t.Losses)
	case e.Kind == KindReverse && credit == ClassVoucher:
		return sum(e, negative(m), &t.Spent, &t.Redeemed)
	case e.Kind == KindReverse && credit == ClassContingency:
		return sum(e, negative(m), &t.Spent, &t.Losses)
	case in:
		return sum(e, negative(m), &t.Spent)
	}
	return sum(e, m, &t.Spent)
}

// sum adds m to sums of the entry's round.
func sum(e *Entry, m money.Amount, to ...*money.Amount) error {
	for _, t := range to {
		if err := addTo(t, m); err != nil {
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
