package reconcile

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	engine "github.com/jate-cva/jate/reconcile/match"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

const (
	// factsMax bounds the redemptions of one run, and so its receipts, its claim
	// lines and its other records. A round of 60,000 households has a tenth of it.
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
	// written are the claims of which something may have been written since their
	// lines were read.
	written map[vendors.ClaimID]bool
}

// loader reads facts.
type loader struct {
	scope
	tx     Tx
	facts  *Facts
	hashes map[uint64]int32         // receipts, from 1, by how their hashes begin
	cards  map[voucher.Number]int32 // place in Cards, from 1

	issued   int  // vouchers
	received bool // receipts were read
	read     struct{ sales, receipts, lines, records int }

	// What only people reads, and what baskets do.
	serials    map[engine.Serial]int32 // of Cards that were handed over
	collectors int32
	shopsAt    map[vendors.ID]string // codes of places
	items      numbers
	prices     map[vendors.ID][]vendors.PriceList // the latest first
	market     *marketPrices                      // nil until a basket is read
}

func newFacts(programme string) *Facts {
	return &Facts{Metres: map[Way]int{}, Shares: map[string][]ShareFacts{}, Programme: programme, Rounds: map[string]bool{}, Zones: map[vendors.ID]string{},
		Vouchers: map[voucher.Serial]VoucherFacts{},
		books:    books{posted: map[bookKey]int64{}, balances: map[bookKey]int64{}, transit: map[string]int64{}, paid: map[string]int64{}}}
}

// newLoader returns what reads into the facts.
func newLoader(tx Tx, of scope, f *Facts) *loader {
	return &loader{scope: of, tx: tx, facts: f, hashes: map[uint64]int32{}, cards: map[voucher.Number]int32{}, serials: map[engine.Serial]int32{},
		shopsAt: map[vendors.ID]string{}, items: numbers{}, prices: map[vendors.ID][]vendors.PriceList{}}
}

// load returns the facts. It returns ErrNotFound for a round or vendor that is
// not the programme's, and ErrTooLarge.
func load(tx Tx, of scope) (*Facts, error) {
	l := newLoader(tx, of, newFacts(of.programme))
	if err := l.do(l.matching()...); err != nil || !of.records {
		return l.facts, err
	}
	return l.facts, l.do(l.evidence()...)
}

// matching is what reads the facts that lines and totals are made from.
func (l *loader) matching() []func() error {
	if l.records { // then sales need not look for their own
		return []func() error{l.issues, l.receipts, l.vendors, l.journal, l.claims, l.settlements, l.vouchers}
	}
	return []func() error{l.issues, l.vendors, l.journal, l.claims, l.settlements, l.vouchers}
}

// evidence is what reads the facts that detectors alone look at.
func (l *loader) evidence() []func() error {
	steps := []func() error{l.forks, l.people, l.voices}
	if !l.received {
		steps = append([]func() error{l.receipts}, steps...)
	}
	return steps
}

func (l *loader) do(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// count returns ErrTooLarge where there are too many of a kind.
func (l *loader) count(n *int) error {
	if *n++; *n > factsMax {
		return ErrTooLarge
	}
	return nil
}

// issues finds the rounds that vouchers were issued for.
func (l *loader) issues() error {
	clear(l.facts.Rounds)
	l.issued = 0
	for is, err := range l.tx.Issues(l.programme) {
		if err != nil {
			return err
		}
		if l.round == "" || is.Round == l.round {
			l.facts.Rounds[is.Round] = true
			l.issued += is.Count
		}
	}
	if l.round != "" && len(l.facts.Rounds) == 0 {
		return ErrNotFound.At("round", "no voucher of it was issued in this programme")
	}
	return nil
}

// receipts reads the records of the reconciled rounds.
func (l *loader) receipts() error {
	f := l.facts
	l.received = true
	// Room for all is cheaper than growing; what is not used is never touched.
	room := min(l.issued, factsMax)
	f.receipts, f.Cards = make([]receiptRow, 0, room), make([]CardFacts, 0, room)
	for _, round := range slices.Sorted(maps.Keys(f.Rounds)) {
		for r, err := range l.tx.ReceiptsByRound(round) {
			if err != nil {
				return err
			}
			if r.Kind != voucher.RecordReceipt {
				continue
			}
			if err := l.count(&l.read.receipts); err != nil {
				return err
			}
			l.progress.within(atReceipts, atJournal, l.read.receipts, l.issued)
			x := receiptFacts(r)
			if x.Card, err = l.card(r.Number); err != nil {
				return err
			}
			if err := l.basket(r); err != nil {
				return err
			}
			f.keep(x)
			if at := binary.BigEndian.Uint64(r.Hash[:]); l.hashes[at] == 0 {
				l.hashes[at] = int32(len(f.receipts))
			}
		}
	}
	return nil
}

// card returns a voucher's place among the cards, -1 for a number that is none's.
func (l *loader) card(number voucher.Number) (int, error) {
	if i, ok := l.cards[number]; ok || number == 0 {
		return int(i) - 1, nil
	}
	v, err := l.tx.Voucher(number)
	if errors.Is(err, voucher.ErrNotFound) {
		return -1, nil
	}
	f := l.facts
	c := CardFacts{Number: number, Point: f.points.id(v.Point), Holder: f.holders.id(v.Beneficiary), Lot: f.words.id(v.Lot), Round: f.rounds.id(v.Round),
		By: f.words.id(string(v.ActivatedBy)), Handed: seconds(v.ActivatedAt.From), HandedTo: seconds(v.ActivatedAt.To), Lost: seconds(v.VoidAt), Spare: v.Spare}
	if !v.HeldAt.IsZero() && (v.WrongPINs == 0 || !v.VoidAt.IsZero()) {
		c.Lost = seconds(v.HeldAt) // not for wrong PINs, which are no report
	}
	if v.ActivatedBy != "" {
		c.Distributor = l.items.of("handheld " + string(v.ActivatedBy))
		if serial, ok := engine.Pack(v.Serial); ok {
			l.serials[serial] = int32(len(f.Cards))
		}
	}
	f.Cards = append(f.Cards, c)
	l.cards[number] = int32(len(f.Cards))
	return len(f.Cards) - 1, err
}

func (l *loader) vendors() error {
	f := l.facts
	f.Vendors = f.Vendors[:0:0]
	for v, err := range l.tx.Vendors(l.programme, "") {
		if err != nil {
			return err
		}
		if l.vendor != "" && v.ID != l.vendor {
			continue
		}
		f.Vendors = append(f.Vendors, v.ID)
		f.Zones[v.ID] = v.Zone
		if v.PlaceCode != "" {
			l.shopsAt[v.ID] = v.PlaceCode
		}
	}
	if l.vendor != "" && len(f.Vendors) == 0 {
		return ErrNotFound.At("vendor", "not of this programme")
	}
	return nil
}
