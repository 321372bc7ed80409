package distribution

import (
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// Programme is one operation of one organisation.
type Programme struct {
	ID      string
	Name    string
	Created time.Time
}

// Fund is money of one donor for one purpose.
type Fund struct {
	ID        string
	Programme string
	Name      string
	Donor     string
	Currency  money.Asset  // the donor's
	Pledged   money.Amount // in the donor's currency
	Return    Return       // prepared and not yet approved
	Created   time.Time
}

// Return is money on its way back: of a round to its funds, or of a fund to
// its donor. It moves only after a second person approved its digest; the zero
// Return is none.
type Return struct {
	Parts      []ReturnPart
	Digest     [32]byte // SHA-256 of the exact parts
	PreparedBy string   // staff id
	At         time.Time
}

// ReturnPart is what one account gives back to another.
type ReturnPart struct {
	From, To ledger.Account
	Amount   money.Amount
}

// FundReceipt is money that arrived: what the donor sent and what the bank
// credited. Their ratio is the actual rate.
type FundReceipt struct {
	Fund    string
	N       int // from 1
	Donor   money.Amount
	XOF     money.Amount
	Bank    string // bank account id
	On      time.Time
	BankRef string
	Entry   uint64
}

// Point is a place where cards are handed over.
type Point struct {
	Code      string // opaque, at most 16 characters; it is on packing lists
	Programme string
	Name      string   // as lists name it
	Zone      string   // of the vendors' policy
	PlaceCode string   // in the loaded place list, for distances
	Villages  []string // folded names of the villages it serves, "commune/village"
}

// RoundKind says what the vouchers of a round are worth.
type RoundKind string

// A value round pays francs; a commodity round pays kilos of one commodity.
const (
	ValueRound     RoundKind = "value"
	CommodityRound RoundKind = "commodity"
)

// Round is one distribution cycle.
type Round struct {
	ID            string // lower-case letters, digits, "-"; at most 24
	Programme     string
	Name          string
	Kind          RoundKind
	Asset         money.Asset  // XOF, or the commodity
	Ceiling       money.Amount // of one unit of the commodity, in XOF
	Categories    []string
	Basket        []string
	Rule          Rule
	Mode          voucher.Mode // up to the floor; see PINAbove
	PINAbove      money.Amount // a voucher above this needs the PIN too; zero amount: all by Mode
	Opens         time.Time
	SalesEnd      time.Time // excluded
	GraceUntil    time.Time
	SparePermille int          // 20 where 0
	ThirdAbove    money.Amount // a lot above this total needs a third person; zero: never
	EmbargoUntil  time.Time    // dates and places stay hidden until then
	State         RoundState
	Return        Return // prepared and not yet approved
	PreparedBy    string // staff id
	Created       time.Time
	// AnswerOverlaps keeps lots from being approved whose overlaps nobody answered.
	AnswerOverlaps bool
}

// RoundState is how far a round is on its way to its close.
type RoundState string

// The states of a round; lots have their own.
const (
	RoundOpen   RoundState = "open"   // lots may be prepared, approved, issued; sales run
	RoundGrace  RoundState = "grace"  // sales have ended; receipts of before still arrive
	RoundClosed RoundState = "closed" // no voucher is left; what was not spent goes back to the funds
)

// Rule says what a household is entitled to: the sum of the parts, at least
// Min, at most Cap, split into Denominations.
type Rule struct {
	PerHousehold money.Amount
	PerMember    money.Amount
	PerUnit      money.Amount // times the household's imported quantity
	Min, Cap     money.Amount // no bound where zero
	// Denominations, largest first; each a whole voucher. Every entitlement must
	// be a sum of them.
	Denominations []money.Amount
	VouchersMax   int // of one household; 20 where 0
}

// Draw allocates a fund's money to a round.
type Draw struct {
	Fund        string
	Vouchers    money.Amount // in XOF, for what vouchers pay
	Contingency money.Amount // in XOF, for accepted offline losses
	Fees        money.Amount // in XOF, for commissions and transfer fees
}

// LotState is where a lot is on its way to people.
type LotState string

// The states of a lot.
const (
	LotPrepared LotState = "prepared"
	LotApproved LotState = "approved"
	LotIssuing  LotState = "issuing" // interrupted while in this state: issue it again
	LotIssued   LotState = "issued"
)

// Lot is the part of a round at one or more points, approved and issued by
// itself.
type Lot struct {
	ID         string
	Round      string
	Programme  string
	Points     []string
	State      LotState
	Digest     [32]byte // SHA-256 of the exact content
	Households int
	Vouchers   int
	Total      money.Amount
	Exposure   money.Amount // most that copies could take while handhelds are out of reach, in XOF
	Warnings   []Warning
	PreparedBy string
	PreparedAt time.Time
	Approvals  []access.Approval
	Prints     map[string]int // how often each paper was printed: "cards", "hand-over:<point>" …
	IssuedAt   time.Time
	// What other organisations do in the same places, the ids of their lists that
	// were compared, and the preparer's answer. The digest covers all of it.
	Lists        []string
	Overlaps     []Overlap // at most 500, the surest first
	OverlapsMore int       // that are not in Overlaps
	Coordination string
}

// Warning is something an approver should know before agreeing.
type Warning struct {
	Code   string // village-empty, point-distance, vendor-distance, duplicates-open …
	Text   string // English sentence without a name of a person
	Texte  string // French sentence
	Metres int    // of a distance
}

// Entitlement is what one household of a lot receives.
type Entitlement struct {
	Lot         string
	N           int // from 1; cards are packed in this order
	Beneficiary BeneficiaryID
	Point       string
	Amounts     []money.Amount       // one voucher each
	Homes       []vendors.HandheldID // of each voucher
}

// Errors about rounds and lots.
var (
	ErrBudget = fault.New(fault.Conflict, "budget_exceeded",
		"The funds drawn on do not cover this.",
		"Les fonds engagés ne couvrent pas ce montant.")
	ErrRule = fault.New(fault.Invalid, "rule_invalid",
		"The entitlement rule does not work.",
		"La règle de droit ne fonctionne pas.")
	ErrLotState = fault.New(fault.Conflict, "lot_state",
		"The lot is not in the state that this needs.",
		"Le lot n'est pas dans l'état requis.")
	ErrLotChanged = fault.New(fault.Conflict, "lot_changed",
		"The lot is no longer what was prepared. Prepare it again; approvals are void.",
		"Le lot n'est plus celui qui a été préparé. Préparez-le à nouveau ; les approbations sont annulées.")
	ErrRoundState = fault.New(fault.Conflict, "round_state",
		"The round is not in the state that this needs.",
		"Le cycle n'est pas dans l'état requis.")
)
