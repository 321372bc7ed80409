package reconcile

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/evidence"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// balances reads what the store says that the vendors' accounts hold.
func (l *loader) balances() error {
	clear(l.facts.books.balances)
	for _, id := range l.facts.Vendors {
		for b, err := range l.tx.Balances("vendor:" + string(id) + ":") {
			if err != nil {
				return err
			}
			class, err := b.Account.Class()
			if err != nil {
				return err
			}
			l.facts.books.balances[bookKey{id, class, "", b.Amount.Asset()}] = b.Amount.Minor()
		}
	}
	return nil
}

// journal folds the entries on the vendors' accounts that were not folded yet,
// in order, and reads the balances.
func (l *loader) journal() error {
	size, err := l.tx.Size()
	if err != nil {
		return err
	}
	if l.vendor != "" {
		return errors.Join(l.accounts(l.vendor), l.balances())
	}
	if l.facts.size == 0 {
		l.facts.sales = make([]saleRow, 0, min(size, factsMax))
	}
	for ; l.facts.size < size; l.facts.size++ {
		e, err := l.tx.Entry(l.facts.size)
		if err != nil {
			return err
		}
		l.progress.within(atJournal, atClaims, int(l.facts.size), int(size))
		if err := l.fold(e); err != nil {
			return fmt.Errorf("entry %d: %w", e.Seq, err)
		}
	}
	return l.balances()
}

// accounts folds the entries on one vendor's accounts.
func (l *loader) accounts(id vendors.ID) error {
	seqs := map[uint64]bool{}
	for _, a := range []ledger.Account{ledger.Redeemed(string(id)), ledger.Claimed(string(id)), ledger.Contested(string(id))} {
		for from := uint64(0); ; {
			page, err := l.tx.PostingsOf(a, from, scanStep)
			if err != nil {
				return err
			}
			for _, seq := range page {
				seqs[seq], from = true, seq+1
			}
			if len(page) < scanStep {
				break
			}
		}
	}
	for _, seq := range slices.Sorted(maps.Keys(seqs)) {
		e, err := l.tx.Entry(seq)
		if err != nil {
			return err
		}
		if err := l.fold(e); err != nil {
			return fmt.Errorf("entry %d: %w", seq, err)
		}
	}
	return nil
}

// fold takes an entry into the facts of each vendor whose accounts it posts to.
func (l *loader) fold(e ledger.Entry) error {
	if len(e.Postings) > 0 {
		l.facts.folded++
	}
	var last vendors.ID
	var done []vendors.ID // hardly ever more than one
	for _, p := range e.Postings {
		for _, a := range [...]ledger.Account{p.Debit, p.Credit} {
			class, err := a.Class()
			if err != nil {
				return err
			}
			switch class {
			case ledger.ClassRedeemed, ledger.ClassClaimed, ledger.ClassContested:
			default:
				continue
			}
			id := vendors.ID(a.ID())
			if _, ours := l.facts.Zones[id]; !ours || id == last || slices.Contains(done, id) {
				continue
			}
			if last != "" {
				done = append(done, last)
			}
			last = id
			if err := errors.Join(l.facts.books.post(id, e), l.entry(id, e)); err != nil {
				return err
			}
		}
	}
	return nil
}

// post adds an entry's postings to the vendor's accounts.
func (b books) post(id vendors.ID, e ledger.Entry) error {
	for _, p := range e.Postings {
		for _, side := range []struct {
			account ledger.Account
			amount  int64
		}{{p.Debit, -p.Amount.Minor()}, {p.Credit, p.Amount.Minor()}} {
			class, err := side.account.Class()
			if err != nil {
				return err
			}
			switch class {
			case ledger.ClassRedeemed, ledger.ClassClaimed, ledger.ClassContested:
			default:
				continue
			}
			if side.account.ID() != string(id) {
				continue
			}
			k := bookKey{id, class, e.Round, p.Amount.Asset()}
			var ok bool
			if b.posted[k], ok = money.AddMinor(b.posted[k], side.amount); !ok {
				return money.ErrRange
			}
		}
	}
	return nil
}

// entry takes from an entry what it says of sales.
func (l *loader) entry(id vendors.ID, e ledger.Entry) error {
	f := l.facts
	switch e.Kind {
	case ledger.KindRedeem, ledger.KindAcceptLoss:
		if err := l.count(&l.read.sales); err != nil {
			return err
		}
		s, err := l.sale(id, e)
		if err != nil {
			return err
		}
		f.add(s)
		return nil
	case ledger.KindReverse, ledger.KindFreeze, ledger.KindRelease:
	default:
		return nil
	}
	seq, ok := entryOf(e.Ref)
	i, known := f.saleAt(seq, f.sellers.known(string(id)))
	if !ok || !known || len(e.Postings) != 1 {
		return nil // the reversal of a payment
	}
	s, p := f.sale(i), e.Postings[0]
	switch e.Kind {
	case ledger.KindFreeze:
		s.Case, s.Held = e.Facts[evidence.FactCase], p.Amount
	case ledger.KindRelease:
		s.Case, s.Held = "", money.Amount{}
	case ledger.KindReverse:
		s.Undone = p.Debit
		if p.Debit == ledger.Contested(string(id)) {
			s.Case, s.Held = "", money.Amount{}
		}
	}
	f.change(i, s)
	return nil
}

// saleAt returns the place of the vendor's sale that the entry made.
func (f *Facts) saleAt(entry uint64, vendor int32) (int32, bool) {
	for i := f.saleFrom(entry); i < len(f.sales) && f.sales[i].entry == entry; i++ {
		if f.sales[i].vendor == vendor {
			return int32(i), true
		}
	}
	return 0, false
}

// saleFrom returns the place of the first sale that is of the entry or a later
// one.
func (f *Facts) saleFrom(entry uint64) int {
	i, _ := slices.BinarySearchFunc(f.sales, entry, func(r saleRow, seq uint64) int { return cmp.Compare(r.entry, seq) })
	return i
}

// sale reads one redemption.
func (l *loader) sale(id vendors.ID, e ledger.Entry) (Sale, error) {
	s := Sale{Entry: e.Seq, Kind: e.Kind, Vendor: id, Round: e.Round, At: voucher.Interval{From: e.From, To: e.To}}
	for _, p := range e.Postings {
		if p.Credit == ledger.Redeemed(string(id)) {
			s.Quantity, s.Serial = p.Amount, voucher.Serial(p.Debit.Serial())
		}
	}
	s.Amount = s.Quantity
	if s.Quantity.Asset() != money.XOF {
		s.Amount = money.Amount{}
		if price, err := money.Parse(e.Facts[vendors.FactPrice], money.XOF); err == nil {
			if total, err := s.Quantity.Price(price); err == nil {
				s.Amount = total
			}
		}
	}
	claim, err := l.tx.ClaimOf(e.Seq)
	if err != nil && !errors.Is(err, vendors.ErrNotFound) {
		return Sale{}, err
	}
	s.Claim = claim
	if !l.facts.Rounds[e.Round] {
		return s, nil
	}
	return l.detail(s, e)
}

// detail adds what the receipt and the voucher say.
func (l *loader) detail(s Sale, e ledger.Entry) (Sale, error) {
	hash, err := voucher.ParseHash(e.Ref)
	if err != nil {
		return Sale{}, err
	}
	s.Receipt = hash
	if i := l.hashes[binary.BigEndian.Uint64(hash[:])]; i > 0 && s.Serial != "" {
		// It was read already; its serial is that of the voucher that gave the money.
		if r := &l.facts.receipts[i-1]; r.hash == hash && r.card >= 0 {
			card := &l.facts.Cards[r.card]
			s.Handheld, s.Seq = vendors.HandheldID(l.facts.words.text(r.handheld)), r.seq
			s.Point, s.Holder = l.facts.points.text(card.Point), l.facts.holders.text(card.Holder)
			return s, nil
		}
	}
	r, err := l.tx.Receipt(hash)
	if err != nil {
		return Sale{}, fmt.Errorf("receipt of entry %d: %w", e.Seq, err)
	}
	s.Handheld, s.Seq, s.Serial = r.Handheld, r.Seq, r.Serial
	v, err := l.tx.Voucher(r.Number)
	s.Point, s.Holder = v.Point, v.Beneficiary
	return s, err
}
