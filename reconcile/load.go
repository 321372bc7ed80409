package reconcile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/evidence"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

const (
	// factsMax bounds the redemptions and claim lines of one run. A round of
	// 60,000 households has a tenth of it.
	factsMax = 2_000_000
	// scanStep is how many entries are asked of the store at once.
	scanStep = 500
)

// refEntry is how an entry refers to another one.
func refEntry(seq uint64) string { return "entry:" + strconv.FormatUint(seq, 10) }

// entryOf reads such a reference.
func entryOf(ref string) (uint64, bool) {
	text, ok := strings.CutPrefix(ref, "entry:")
	seq, err := strconv.ParseUint(text, 10, 64)
	return seq, ok && err == nil
}

// scope says which facts are read.
type scope struct {
	programme string
	round     string     // "" for all
	vendor    vendors.ID // "" for all
	records   bool       // for detectors: every record of the rounds, and broken chains
	progress  Progress
}

// loader reads facts.
type loader struct {
	scope
	tx       Tx
	facts    *Facts
	bySerial map[saleKey]bool // standing sales
	receipts map[voucher.Hash]int
	cards    map[voucher.Number]int // index in Cards, from 1
	read     int

	// What only people reads, and what baskets do.
	owners     []owner // of Cards
	serials    map[voucher.Serial]int
	collectors int32
	shopsAt    map[vendors.ID]string // codes of places
	items      numbers
	prices     map[vendors.ID][]vendors.PriceList // the latest first
}

// owner is whose a card is, and of what it is one.
type owner struct {
	household, lot, round string
	by                    vendors.HandheldID // that handed it over
}

type saleKey struct {
	vendor vendors.ID
	round  string
	serial voucher.Serial
}

// load returns the facts. It returns ErrNotFound for a round or vendor that is
// not the programme's, and ErrTooLarge.
func load(tx Tx, of scope) (*Facts, error) {
	l := &loader{scope: of, tx: tx, bySerial: map[saleKey]bool{}, receipts: map[voucher.Hash]int{}, cards: map[voucher.Number]int{},
		serials: map[voucher.Serial]int{}, shopsAt: map[vendors.ID]string{}, items: numbers{}, prices: map[vendors.ID][]vendors.PriceList{},
		facts: &Facts{Metres: map[Way]int{}, Shares: map[string][]ShareFacts{}, Programme: of.programme, Rounds: map[string]bool{}, Zones: map[vendors.ID]string{}, Vouchers: map[voucher.Serial]VoucherFacts{},
			books: books{posted: map[bookKey]int64{}, balances: map[bookKey]int64{}, transit: map[string]int64{}, paid: map[string]int64{}}}}
	steps := []func() error{l.rounds, l.vendors, l.claims, l.settlements, l.vouchers}
	if of.records {
		steps = []func() error{l.rounds, l.sales, l.vendors, l.claims, l.settlements, l.vouchers, l.forks, l.people, l.voices}
	}
	for i, step := range steps {
		of.progress.at(i + 1)
		if err := step(); err != nil {
			return nil, err
		}
	}
	return l.facts, nil
}

func (l *loader) count() error {
	if l.read++; l.read > factsMax {
		return ErrTooLarge
	}
	return nil
}

// rounds finds the rounds that vouchers were issued for.
func (l *loader) rounds() error {
	for is, err := range l.tx.Issues(l.programme) {
		if err != nil {
			return err
		}
		if l.round == "" || is.Round == l.round {
			l.facts.Rounds[is.Round] = true
		}
	}
	if l.round != "" && len(l.facts.Rounds) == 0 {
		return ErrNotFound.At("round", "no voucher of it was issued in this programme")
	}
	return nil
}

// sales reads the records of the reconciled rounds.
func (l *loader) sales() error {
	for _, round := range slices.Sorted(maps.Keys(l.facts.Rounds)) {
		for r, err := range l.tx.ReceiptsByRound(round) {
			if err != nil {
				return err
			}
			if r.Kind != voucher.RecordReceipt {
				continue
			}
			if err := l.count(); err != nil {
				return err
			}
			f := receiptFacts(r)
			if f.Card, err = l.card(r.Number); err != nil {
				return err
			}
			if err := l.basket(r); err != nil {
				return err
			}
			l.receipts[r.Hash] = len(l.facts.Receipts)
			l.facts.Receipts = append(l.facts.Receipts, f)
		}
	}
	return nil
}

// card returns a voucher's place among the cards, -1 for a number that is none's.
func (l *loader) card(number voucher.Number) (int, error) {
	if i, ok := l.cards[number]; ok || number == 0 {
		return i - 1, nil
	}
	v, err := l.tx.Voucher(number)
	if errors.Is(err, voucher.ErrNotFound) {
		return -1, nil
	}
	c := CardFacts{Number: number, Point: v.Point, Holder: v.Beneficiary, Handed: v.ActivatedAt, Lost: v.VoidAt, Spare: v.Spare}
	if !v.HeldAt.IsZero() && (v.WrongPINs == 0 || !v.VoidAt.IsZero()) {
		c.Lost = v.HeldAt // not for wrong PINs, which are no report
	}
	if v.ActivatedBy != "" {
		c.Distributor = l.items.of("handheld " + string(v.ActivatedBy))
		l.serials[v.Serial] = len(l.facts.Cards)
	}
	l.owners = append(l.owners, owner{v.Beneficiary, v.Lot, v.Round, v.ActivatedBy})
	l.facts.Cards = append(l.facts.Cards, c)
	l.cards[number] = len(l.facts.Cards)
	return len(l.facts.Cards) - 1, err
}

func (l *loader) vendors() error {
	for v, err := range l.tx.Vendors(l.programme, "") {
		if err != nil {
			return err
		}
		if l.vendor != "" && v.ID != l.vendor {
			continue
		}
		l.facts.Vendors = append(l.facts.Vendors, v.ID)
		l.facts.Zones[v.ID] = v.Zone
		if v.PlaceCode != "" {
			l.shopsAt[v.ID] = v.PlaceCode
		}
		if err := l.accounts(v.ID); err != nil {
			return fmt.Errorf("vendor %s: %w", v.ID, err)
		}
	}
	if l.vendor != "" && len(l.facts.Vendors) == 0 {
		return ErrNotFound.At("vendor", "not of this programme")
	}
	return nil
}

// accounts reads every entry on a vendor's accounts once, in order.
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
	at := map[uint64]int{} // index in Sales, by entry
	for _, seq := range slices.Sorted(maps.Keys(seqs)) {
		e, err := l.tx.Entry(seq)
		if err != nil {
			return err
		}
		if err := errors.Join(l.count(), l.facts.books.post(id, e), l.entry(id, e, at)); err != nil {
			return fmt.Errorf("entry %d: %w", seq, err)
		}
	}
	for _, i := range at {
		if s := l.facts.Sales[i]; s.Stands() && s.Serial != "" {
			l.bySerial[saleKey{id, s.Round, s.Serial}] = true
		}
	}
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
func (l *loader) entry(id vendors.ID, e ledger.Entry, at map[uint64]int) error {
	switch e.Kind {
	case ledger.KindRedeem, ledger.KindAcceptLoss:
		s, err := l.sale(id, e)
		if err != nil {
			return err
		}
		at[e.Seq] = len(l.facts.Sales)
		l.facts.Sales = append(l.facts.Sales, s)
		return nil
	case ledger.KindReverse, ledger.KindFreeze, ledger.KindRelease:
	default:
		return nil
	}
	seq, ok := entryOf(e.Ref)
	i, known := at[seq]
	if !ok || !known || len(e.Postings) != 1 {
		return nil // the reversal of a payment
	}
	s, p := &l.facts.Sales[i], e.Postings[0]
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
	return nil
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
	r, err := l.receipt(hash)
	if err != nil {
		return Sale{}, fmt.Errorf("receipt of entry %d: %w", e.Seq, err)
	}
	s.Receipt, s.Handheld, s.Seq, s.Serial = hash, r.Handheld, r.Seq, r.Serial
	if r.Card >= 0 {
		card := l.facts.Cards[r.Card]
		s.Point, s.Holder = card.Point, card.Holder
		return s, nil
	}
	v, err := l.tx.Voucher(r.Number)
	s.Point, s.Holder = v.Point, v.Beneficiary
	return s, err
}

// receipt returns a record by its hash, from what was read already or the store.
func (l *loader) receipt(hash voucher.Hash) (ReceiptFacts, error) {
	if i, ok := l.receipts[hash]; ok {
		return l.facts.Receipts[i], nil
	}
	r, err := l.tx.Receipt(hash)
	return receiptFacts(r), err
}
