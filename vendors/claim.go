package vendors

import (
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// ClaimID names a claim.
type ClaimID string

// ClaimKind says who wrote the claim's lines.
type ClaimKind string

// A claim is written by us from accepted receipts, or brought by the vendor as
// an invoice of his own. Reports tell the two apart: the first cannot disagree
// with the receipts, so only the second is independent evidence.
const (
	SelfBilled  ClaimKind = "self-billed"
	Independent ClaimKind = "independent"
)

// ClaimState is where a claim is in its life.
type ClaimState string

// The states of a claim.
const (
	ClaimProposed ClaimState = "proposed" // lines stand; nothing is owed on it yet
	ClaimAccepted ClaimState = "accepted" // vendor and programme agree; its money is in vendor:…:claimed
	ClaimOrdered  ClaimState = "ordered"  // in a settlement
	ClaimSettled  ClaimState = "settled"  // the bank confirmed
	ClaimRefused  ClaimState = "refused"  // nothing of it is payable
)

// Errors about claims and settlements.
var (
	ErrNothingToClaim = fault.New(fault.Conflict, "nothing_to_claim",
		"There is nothing redeemed and unclaimed for this trader and round.",
		"Il n'y a rien d'échangé et non réclamé pour ce commerçant et ce cycle.")
	ErrClaimState = fault.New(fault.Conflict, "claim_state",
		"The claim is not in the state that this needs.",
		"La demande de remboursement n'est pas dans l'état requis.")
	ErrInvoice = fault.New(fault.Invalid, "invoice_invalid",
		"The invoice could not be read. Correct the lines named and send it again.",
		"La facture n'a pas pu être lue. Corrigez les lignes indiquées et renvoyez-la.")
	ErrResult = fault.New(fault.Invalid, "result_invalid",
		"The result file does not fit the settlement. Nothing was changed.",
		"Le fichier de résultats ne correspond pas au règlement. Rien n'a été modifié.")
)

// Claim is what a vendor asks to be paid for one round.
type Claim struct {
	ID          ClaimID
	Programme   string
	Vendor      ID
	Round       string
	Kind        ClaimKind
	State       ClaimState
	Lines       int          // how many
	Claimed     money.Amount // what the lines ask for, in XOF
	Accepted    money.Amount // what was accepted, in XOF, before charges
	Charges     money.Amount // commissions less withholdings, in XOF
	InvoiceRef  string       // number on the vendor's invoice
	InvoiceHash [32]byte     // SHA-256 of the file he brought
	PreparedBy  string
	AcceptedBy  string // staff id
	VendorProof string // how the vendor accepted: "handheld:<jws hash>" or "signed-pdf:<sha-256>"
	Entry       uint64 // the claim entry, once accepted
	Settlement  string // the batch it is paid in
	Created     time.Time
}

// ClaimLine is one voucher in a claim.
type ClaimLine struct {
	Claim    ClaimID
	N        int          // row in the invoice, or position from 1
	Serial   string       // canonical where it could be read; as typed otherwise
	Date     time.Time    // of the sale, by the vendor; zero where he gave none
	Amount   money.Amount // asked for, in XOF
	Quantity money.Amount // of a commodity; zero of no asset for money
	Price    money.Amount // of one unit, for a commodity
	Entry    uint64       // the redeem entry it was matched with
	Matched  bool         // Entry counts
	Reversed bool         // the redemption was undone after acceptance
	Problem  string       // named exception; "" where there is none
}

// SettlementState is where a payment batch is in its life.
type SettlementState string

// The states of a settlement.
const (
	SettlementPrepared SettlementState = "prepared"
	SettlementOrdered  SettlementState = "ordered" // approved: the money is in transit
	SettlementDone     SettlementState = "done"    // every line has its result
)

// Settlement is one batch of payments to vendors.
type Settlement struct {
	ID         string
	Programme  string
	Method     string // mobile-money, bank, cheque, cash, wholesaler
	Bank       string // the bank account it is paid from
	State      SettlementState
	Payments   []PaymentLine
	Total      money.Amount
	Digest     [32]byte // SHA-256 of the exact payments
	PreparedBy string
	ApprovedBy string
	Created    time.Time
}

// PaymentLine is one payment of a settlement.
type PaymentLine struct {
	Claim    ClaimID
	Vendor   ID
	Round    string
	Amount   money.Amount // what is sent, in XOF
	Recover  money.Amount // what is kept against an advance
	To       Payment
	Result   string // "", success or error
	BankRef  string
	Reported string // the bank's words
}

// AdvanceLine is money given to a vendor before he sold anything.
type AdvanceLine struct {
	ID       string
	Vendor   ID
	Amount   money.Amount
	Permille int // of each claim that is kept until it is worked off
	Given    time.Time
	By       string
	Entry    uint64
}
