package reconcile

import (
	"iter"

	"github.com/jate-cva/jate/ledger"
	engine "github.com/jate-cva/jate/reconcile/match"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// What there are a million of is kept in rows without pointers: a Sale, a
// ReceiptFacts and a vendors.ClaimLine weigh three to eight times as much as
// their rows, and the garbage collector has nothing to look at in these.

// saleRow is a Sale. What stands before the line below never changes: the
// journal has it.
type saleRow struct {
	receipt          voucher.Hash
	entry, seq       uint64
	from, to         int64
	quantity, amount int64
	serial           serialText
	vendor, round    int32
	point, holder    int32
	handheld, kind   int32
	asset            uint8 // of the quantity
	priced           uint8 // asset of the amount

	heldAsset               uint8
	held                    int64
	claim, undone, frozenBy int32
}

// sold returns what the journal says of a sale, and not what became of it.
func (f *Facts) sold(i int32) Sale {
	r := &f.sales[i]
	return Sale{Entry: r.entry, Kind: ledger.Kind(f.words.text(r.kind)), Vendor: vendors.ID(f.sellers.text(r.vendor)), Round: f.rounds.text(r.round),
		Serial: voucher.Serial(f.words.serialOf(r.serial)), Point: f.points.text(r.point), Holder: f.holders.text(r.holder), Receipt: r.receipt,
		Handheld: vendors.HandheldID(f.words.text(r.handheld)), Seq: r.seq, At: voucher.Interval{From: timeOf(r.from), To: timeOf(r.to)},
		Quantity: f.assets.amount(r.quantity, r.asset), Amount: f.assets.amount(r.amount, r.priced)}
}

// sale returns a sale as it stands.
func (f *Facts) sale(i int32) Sale {
	s, r := f.sold(i), &f.sales[i]
	s.Claim, s.Undone, s.Case = vendors.ClaimID(f.words.text(r.claim)), ledger.Account(f.words.text(r.undone)), f.words.text(r.frozenBy)
	s.Held = f.assets.amount(r.held, r.heldAsset)
	return s
}

// add appends a sale.
func (f *Facts) add(s Sale) {
	f.sales = append(f.sales, saleRow{receipt: s.Receipt, entry: s.Entry, seq: s.Seq, from: unixOf(s.At.From), to: unixOf(s.At.To),
		quantity: s.Quantity.Minor(), amount: s.Amount.Minor(), serial: f.words.serial(string(s.Serial)), vendor: f.sellers.id(string(s.Vendor)),
		round: f.rounds.id(s.Round), point: f.points.id(s.Point), holder: f.holders.id(s.Holder), handheld: f.words.id(string(s.Handheld)),
		kind: f.words.id(string(s.Kind)), asset: f.assets.id(s.Quantity), priced: f.assets.id(s.Amount)})
	f.change(int32(len(f.sales)-1), s)
}

// change sets what may become of a sale.
func (f *Facts) change(i int32, s Sale) {
	r := &f.sales[i]
	r.claim, r.undone, r.frozenBy = f.words.id(string(s.Claim)), f.words.id(string(s.Undone)), f.words.id(s.Case)
	r.held, r.heldAsset = s.Held.Minor(), f.assets.id(s.Held)
	if r.undone != 0 {
		f.orphans = nil // lines may have lost theirs
		if int(i) < len(f.filed) && f.filed[i] != engine.None {
			f.engine.Sales[f.filed[i]].Gone = true
		}
	}
}

// Sales yields the redemptions in the order of the journal.
func (f *Facts) Sales() iter.Seq[Sale] {
	return func(yield func(Sale) bool) {
		for i := range f.sales {
			if !yield(f.sale(int32(i))) {
				return
			}
		}
	}
}

// receiptRow is one of Facts.receipts, without what its card says.
type receiptRow struct {
	hash             voucher.Hash
	entry, seq       uint64
	value            int64
	from, to, said   int64
	vendor, round    int32
	handheld, card   int32
	state, reason    int32
	asset            uint8
	full, kept, paid bool
}

// receipt returns one of the receipts.
func (f *Facts) receipt(i int32) ReceiptFacts {
	r := &f.receipts[i]
	return ReceiptFacts{Hash: r.hash, Handheld: vendors.HandheldID(f.words.text(r.handheld)), Vendor: vendors.ID(f.sellers.text(r.vendor)), Seq: r.seq,
		Round: f.rounds.text(r.round), Value: f.assets.amount(r.value, r.asset),
		At: voucher.Interval{From: timeOf(r.from), To: timeOf(r.to)}, Said: timeOf(r.said), State: voucher.ReceiptState(f.words.text(r.state)),
		Reason: f.words.text(r.reason), Full: r.full, Kept: r.kept, Card: int(r.card), Entry: r.entry, Paid: r.paid}
}

// keep appends a receipt.
func (f *Facts) keep(r ReceiptFacts) {
	f.receipts = append(f.receipts, receiptRow{hash: r.Hash, entry: r.Entry, seq: r.Seq, value: r.Value.Minor(), from: unixOf(r.At.From),
		to: unixOf(r.At.To), said: unixOf(r.Said), vendor: f.sellers.id(string(r.Vendor)), round: f.rounds.id(r.Round),
		handheld: f.words.id(string(r.Handheld)), card: int32(r.Card), state: f.words.id(string(r.State)), reason: f.words.id(r.Reason),
		asset: f.assets.id(r.Value), full: r.Full, kept: r.Kept, paid: r.Paid})
}

// forgetRecords lets go of what detectors alone look at.
func (f *Facts) forgetRecords() {
	f.receipts, f.Forks, f.Cards, f.Baskets, f.Voices = nil, nil, nil, nil, nil
	f.Metres, f.Shares = map[Way]int{}, map[string][]ShareFacts{}
}

// claimRow is a vendors.ClaimLine, as far as it is looked at here.
type claimRow struct {
	serial            serialText
	day, amount       int64
	entry             uint64
	n, problem        int32
	asset             uint8
	matched, reversed bool
}

func (f *Facts) claimRow(l vendors.ClaimLine) claimRow {
	return claimRow{serial: f.words.serial(l.Serial), day: unixOf(l.Date), amount: l.Amount.Minor(), entry: l.Entry, n: int32(l.N),
		problem: f.words.id(l.Problem), asset: f.assets.id(l.Amount), matched: l.Matched, reversed: l.Reversed}
}

func (f *Facts) claimLine(c *ClaimFacts, i int32) vendors.ClaimLine {
	r := &c.lines[i]
	return vendors.ClaimLine{Claim: c.ID, N: int(r.n), Serial: f.words.serialOf(r.serial), Date: timeOf(r.day), Amount: f.assets.amount(r.amount, r.asset),
		Entry: r.entry, Matched: r.matched, Reversed: r.reversed, Problem: f.words.text(r.problem)}
}
