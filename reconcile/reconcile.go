package reconcile

import (
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// Exception names why a line is not matched.
type Exception string

// The exceptions.
const (
	ClaimedNotRedeemed Exception = "claimed-not-redeemed" // no receipt for the voucher
	RedeemedNotClaimed Exception = "redeemed-not-claimed"
	AmountDiffers      Exception = "amount-differs"
	ClaimedTwice       Exception = "claimed-twice"
	AnotherVendors     Exception = "another-vendors" // redeemed, but at somebody else's shop
	OutsideWindow      Exception = "outside-window"  // sold before opening or after the end of sales
	VoidBefore         Exception = "void-before"     // void when it is said to have been sold
	UnknownSerial      Exception = "unknown-serial"
	NotPayable         Exception = "not-payable"         // its receipt is contested, waiting, rejected, cancelled or in quarantine, or its money is frozen
	Ambiguous          Exception = "ambiguous"           // several redemptions may be meant: a person must say
	ReadTogether       Exception = "read-together"       // a person found that another line stands for it; it asks for nothing any more
	PaymentFailed      Exception = "payment-failed"      // the bank did not pay it, and nobody has ordered it again
	PaymentUnconfirmed Exception = "payment-unconfirmed" // the bank answered for its settlement and not for it
)

// ClaimedBefore names why a line of a File is not matched: a claim that was
// brought before has the redemption. In a report, whose lines are of claims
// alone, the same is ClaimedTwice.
const ClaimedBefore Exception = "claimed-before"

// Exceptions returns every exception, in the order in which reports list them.
func Exceptions() []Exception {
	return []Exception{ClaimedNotRedeemed, RedeemedNotClaimed, AmountDiffers, ClaimedTwice, AnotherVendors,
		OutsideWindow, VoidBefore, UnknownSerial, NotPayable, Ambiguous, ReadTogether, PaymentFailed, PaymentUnconfirmed}
}

// Line is one line of the report: a claim's line, a redemption, or both. A
// redemption is on exactly one line: that with HasEntry.
type Line struct {
	Vendor     vendors.ID
	Round      string
	Point      string
	Claim      vendors.ClaimID // "" for a redemption in no claim
	Kind       vendors.ClaimKind
	N          int    // line of the claim
	Serial     string // canonical where it could be read; as typed otherwise
	Matched    bool
	Exception  Exception    // "" where matched
	Claimed    money.Amount // in XOF; nothing of no asset where not claimed
	Redeemed   money.Amount // in XOF; nothing of no asset where not redeemed
	Entry      uint64       // of the redemption
	HasEntry   bool
	Receipt    voucher.Hash
	SoldAt     voucher.Interval
	Settlement string
	Detail     string      // what a person needs to go on with; no personal data
	Row        int         // of the invoice; N, but for what a person read out of a line that sums up several
	Typed      string      // the serial as typed, where it was read otherwise; "" where not
	Candidates []Candidate // of an ambiguous line, the likeliest first, at most five
}

// Candidate is what an ambiguous line may mean: together with the other lines
// one redemption, or by itself one or several.
type Candidate struct {
	Lines   []int    // of the claim, which together ask for it; the line's own number among them
	Entries []uint64 // of the redemptions
	Serials []string // theirs
	Vendor  vendors.ID
	Amount  money.Amount // what the redemptions gave, in XOF
	SoldAt  voucher.Interval
	Slips   int  // halves of a slip between the serial as typed and this one: 2 for a wrong character, 1 for one that looks like the right one
	Claimed bool // another line has it
}

// Report is one reconciliation of a programme or one of its rounds.
type Report struct {
	Programme  string
	Round      string    // "" for all
	At         time.Time // of the last entry of the journal that it was made from
	Size       uint64    // of that journal
	Checkpoint string    // its root, in standard base64
	Totals     []Total
	Points     []Part // by point
	Days       []Part // by day
	Lines      Lines
	Findings   []Finding
	Quick      bool // nobody looked for findings
	Cases      []Case
	Ties       bool // the totals equal the ledger's balances
	TieErrors  []string
}

// Total sums up one vendor in one round, in XOF.
type Total struct {
	Vendor             vendors.ID
	Round              string
	Redeemed           money.Amount // by the ledger, net of what was undone
	Quantity           money.Amount // the same in the round's commodity; nothing of no asset for money
	ClaimedSelfBilled  money.Amount // what lines ask for
	ClaimedIndependent money.Amount
	Matched            money.Amount
	Exceptions         map[Exception]int
	ExceptionValue     map[Exception]money.Amount // claimed; what is in no claim, redeemed
	Unclaimed          money.Amount
	Frozen             money.Amount // held by cases; kilos at their price
	Owed               money.Amount // in accepted claims and not sent yet, charges included
	Settled, InTransit money.Amount
}

// Finding is one thing that looks like diversion, with its evidence.
type Finding struct {
	ID       string // stable: the same evidence gives the same id
	Detector string
	Vendor   vendors.ID
	Handheld vendors.HandheldID // "" where it is about a claim
	Round    string
	Score    int // 1 weak to 100 certain
	Value    money.Amount
	Evidence []string // "receipt:<hash>", "entry:<seq>", "claim:<id>/<line>", "claim:<id>", sorted
	Says     string   // English sentence
	Dit      string   // French sentence
	Clears   string   // what would clear it
	Clairait string   // the same in French
}

// Errors about reports.
var (
	ErrNotFound = fault.New(fault.NotFound, "case_not_found",
		"There is no such case or report in this programme.",
		"Il n'y a ni ce dossier ni ce rapport dans ce programme.")
	ErrMatched = fault.New(fault.Conflict, "nothing_matched",
		"No line of the invoice matches what was redeemed.",
		"Aucune ligne de la facture ne correspond à ce qui a été échangé.")
	ErrTooLarge = fault.New(fault.Conflict, "reconciliation_too_large",
		"There are too many lines for one report. Ask for one round at a time.",
		"Il y a trop de lignes pour un seul rapport. Demandez un cycle à la fois.")
)
