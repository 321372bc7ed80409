package reconcile

import (
	"cmp"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	engine "github.com/jate-cva/jate/reconcile/match"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// Facts is all that matching, detectors and the tie look at, read in one
// transaction. It holds no personal data and nothing of a factor.
type Facts struct {
	Programme string
	Rounds    map[string]bool // those that are reconciled
	Vendors   []vendors.ID    // in order
	Zones     map[vendors.ID]string
	// sales are the redemptions of those vendors in every round, because their
	// accounts have no rounds of their own; in the order of the journal.
	sales []saleRow
	// Claims are those vendors' in every round, without refused ones, in the
	// order of ids, which is that of their making. Lines are read for the
	// reconciled rounds alone.
	Claims      []ClaimFacts
	Settlements []vendors.Settlement
	// Vouchers says what is known of those that a claim's line names and its
	// vendor has no sale of.
	Vouchers map[voucher.Serial]VoucherFacts
	// receipts are the sales records of the reconciled rounds in the order of
	// arrival, whatever became of them; read for detectors alone, as Forks.
	receipts []receiptRow
	Forks    []Fork
	Cards    []CardFacts // of the vouchers that receipts are of
	Baskets  []GoodsFacts
	Metres   map[Way]int             // where the place list knows both ends
	Shares   map[string][]ShareFacts // by reconciled round: of the round before
	Days     map[string]uint8        // market days of points, as detect.Point has them
	Fairs    []FairFacts             // announced before their day
	Voices   []VoiceFacts            // complaints and answers about the reconciled rounds; for detectors alone
	books    books

	folded int           // entries with postings among them
	size   uint64        // how many entries of the journal are in sales and books
	engine engine.Engine // the sales of the reconciled rounds
	filed  []int32       // place in the engine of each sale, engine.None for other rounds'
	ofSale []int32       // the sale in each place of the engine

	orphans []orphan // lines without a sale of their vendor that stands; nil where all must be looked at

	// What rows have numbers for.
	sellers, rounds, points, holders names
	words                            names // all other texts
	assets                           assets
}

// orphan is what a line without a sale asks for.
type orphan struct {
	serial        engine.Serial
	vendor, round int32
}

// CardFacts is what detectors look at of a voucher. Instants are seconds of
// Unix, 0 for never.
type CardFacts struct {
	Number           voucher.Number
	Handed, HandedTo int64 // bounds of the hand-over
	Lost             int64 // when it was held or void, whichever came first
	HandedSaid       int64 // by the clock of the handheld that recorded it
	Point            int32 // in points
	Holder           int32 // the household's id, in holders
	Lot, Round, By   int32 // By is the handheld that handed it over; in words and rounds
	Taker            int32 // in words
	Habit            int32 // where its household bought in the round before, in sellers; 0 nowhere
	Spare            bool
	Before           bool // there was a round before
	// Phone, those of the staff, Distributor and Collector are numbers that mean
	// nothing outside of these facts; 0 where not known. Collector took the cards
	// of several households at once.
	Phone, Registrar, Verifier, Approver, Distributor, Collector int32
	Company                                                      int32 // as detect.Card has it
}

// Way is from a distribution point to a vendor's shop.
type Way struct {
	Point  string
	Vendor vendors.ID
}

func (w Way) compare(o Way) int {
	return cmp.Or(cmp.Compare(w.Point, o.Point), cmp.Compare(w.Vendor, o.Vendor))
}

// ShareFacts is a vendor's part of a point's sales, in the smallest unit.
type ShareFacts struct {
	Way
	Sales, Of int64
}

// GoodsFacts is a line of a receipt, in francs.
type GoodsFacts struct {
	Receipt int32 // index in receipts
	Item    int32
	Amount  int64
	Market  int64 // by the last market price before the sale; 0 where there is none
	Listed  int64 // at the ceiling of the vendor's price list of that day; 0 where it has none
}

// FairFacts is a day on which a vendor, or every one where it is "", comes to a
// point, as was announced before.
type FairFacts struct {
	Way
	Day int64 // of Unix
}

// Sale is one redeem or accept-loss entry.
type Sale struct {
	Entry    uint64
	Kind     ledger.Kind
	Vendor   vendors.ID
	Round    string
	Serial   voucher.Serial // reconciled rounds alone, as what follows down to Seq
	Point    string
	Holder   string // the household's id
	Receipt  voucher.Hash
	Handheld vendors.HandheldID // "" for a typed stub
	Seq      uint64             // in the handheld's chain
	At       voucher.Interval
	Quantity money.Amount    // in the round's asset
	Amount   money.Amount    // in XOF; nothing of no asset where the entry's price gives no whole franc
	Claim    vendors.ClaimID // that it is in, "" for none
	Undone   ledger.Account  // the account that a reversal took it back from; "" while it stands
	Case     string          // that has frozen it, "" for none
	Held     money.Amount    // what the case holds of it, in the asset it was frozen in
}

// Stands reports whether the redemption was not undone.
func (s Sale) Stands() bool { return s.Undone == "" }

// ClaimFacts is a claim with its lines.
type ClaimFacts struct {
	vendors.Claim
	lines    []claimRow              // never changed: others are put in their place
	Readings map[int]vendors.Reading // by line, of those that were read otherwise
}

// VoucherFacts is what happened to a voucher that some claim names.
type VoucherFacts struct {
	Voucher  voucher.Voucher
	Holder   vendors.ID // where it is redeemed; "" where it is not
	Receipts []ReceiptFacts
}

// ReceiptFacts is a stored sales record without its bytes.
type ReceiptFacts struct {
	Hash     voucher.Hash
	Handheld vendors.HandheldID
	Vendor   vendors.ID
	Seq      uint64
	Serial   voucher.Serial
	Number   voucher.Number
	Round    string
	Value    money.Amount
	At       voucher.Interval
	Said     time.Time // by the handheld's clock
	State    voucher.ReceiptState
	Reason   string
	Full     bool   // the full factor was given
	Kept     bool   // every rule of the zone was kept
	Card     int    // index in Cards, -1 for none; of Facts.receipts alone
	Entry    uint64 // the redeem or accept-loss entry that pays it
	Paid     bool   // there is one
}

// receiptFacts keeps what is looked at of a record.
func receiptFacts(r voucher.StoredReceipt) ReceiptFacts {
	f := ReceiptFacts{Hash: r.Hash, Handheld: r.Handheld, Vendor: r.Vendor, Seq: r.Seq, Serial: r.Serial, Number: r.Number,
		Round: r.Round, Value: r.Value, At: r.At, Said: r.Said, State: r.State, Reason: r.Reason, Full: r.Full, Kept: r.KeptRules, Card: -1}
	switch {
	case r.HasLoss:
		f.Entry, f.Paid = r.LossEntry, true
	case r.State == voucher.Payable && r.HasEntry:
		f.Entry, f.Paid = r.Entry, true
	}
	return f
}

// Fork is a place in a handheld's chain that more than one record claims, and
// all that came after the server learned of it.
type Fork struct {
	Handheld vendors.HandheldID
	Vendor   vendors.ID
	From     uint64         // the lowest sequence that is claimed twice or breaks the chain
	Twins    []ReceiptFacts // records that share a sequence, both sides
	Later    []ReceiptFacts // quarantined records that share none
}

// books are the vendors' accounts twice: as the journal's entries add up, and
// as the store says they stand.
type books struct {
	posted   map[bookKey]int64 // minor units, on the normal side
	balances map[bookKey]int64 // with no round
	transit  map[string]int64  // by settlement, in XOF
	paid     map[string]int64  // by settlement: confirmed by the bank, in XOF
}

// bookKey names what one account of a vendor holds of one asset for one round.
type bookKey struct {
	vendor vendors.ID
	class  ledger.Class // redeemed, claimed or contested
	round  string
	asset  money.Asset
}
