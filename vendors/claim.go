package vendors

import (
	"time"

	"github.com/jate-cva/jate/access"
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
	ErrClaimLine = fault.New(fault.Conflict, "claim_line",
		"A line of the claim cannot be accepted. Nothing was changed.",
		"Une ligne de la demande ne peut pas être acceptée. Rien n'a été modifié.")
	ErrVendorProof = fault.New(fault.Invalid, "vendor_proof",
		"Give the trader's acceptance: handheld:<hash> or signed-pdf:<SHA-256 in hexadecimal>.",
		"Indiquez l'acceptation du commerçant : handheld:<empreinte> ou signed-pdf:<SHA-256 en hexadécimal>.")
	ErrNothingToPay = fault.New(fault.Conflict, "nothing_to_pay",
		"There is no accepted claim to pay in this way.",
		"Il n'y a aucune demande acceptée à payer de cette façon.")
	ErrSettlementState = fault.New(fault.Conflict, "settlement_state",
		"The settlement is not in the state that this needs.",
		"Le règlement n'est pas dans l'état requis.")
	ErrSettlementChanged = fault.New(fault.Conflict, "settlement_changed",
		"The settlement is no longer what was prepared. Refuse it and prepare it again.",
		"Le règlement n'est plus celui qui a été préparé. Refusez-le et préparez-le à nouveau.")
	ErrAdvanceState = fault.New(fault.Conflict, "advance_state",
		"The advance is not in the state that this needs.",
		"L'avance n'est pas dans l'état requis.")
	ErrInvoiceTwice = fault.New(fault.Conflict, "invoice_twice",
		"This trader has brought the same file before. Refuse the first claim if it was wrong.",
		"Ce commerçant a déjà apporté le même fichier. Refusez la première demande si elle était fausse.")
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
	Accepted    money.Amount // what was accepted and not undone since, in XOF, before charges
	Charges     money.Amount // commissions less withholdings, in XOF
	Recovered   money.Amount // what of it was kept against advances, in XOF
	InvoiceRef  string       // number on the vendor's invoice
	InvoiceHash [32]byte     // SHA-256 of the file he brought
	PreparedBy  string       // staff id
	AcceptedBy  string       // staff id
	RefusedBy   string       // staff id
	Reason      string       // of the refusal
	VendorProof string       // how the vendor accepted: "handheld:<jws hash>" or "signed-pdf:<sha-256>"
	Entry       uint64       // the claim entry, once accepted
	Settlement  string       // the batch it is paid in
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
	Entry    uint64       // the redeem or accept-loss entry it was matched with
	Matched  bool         // Entry counts
	Reversed bool         // the redemption was undone after the line was matched
	Problem  string       // named exception; "" where there is none
}

// SettlementState is where a payment batch is in its life.
type SettlementState string

// The states of a settlement.
const (
	SettlementPrepared SettlementState = "prepared"
	SettlementOrdered  SettlementState = "ordered" // approved: the money is in transit
	SettlementDone     SettlementState = "done"    // every line has its result
	SettlementRefused  SettlementState = "refused" // never paid; its claims are free again
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
	PreparedBy string   // staff id
	Approval   access.Approval
	RefusedBy  string // staff id
	Created    time.Time
}

// Outcome is what the bank answered to one payment.
type Outcome string

// The answers; "" stands for none yet.
const (
	PaidOut  Outcome = "success"
	NotPaid  Outcome = "error"
	CameBack Outcome = "returned" // made, and days later back on our account
)

// PaymentLine is one payment of a settlement.
type PaymentLine struct {
	Reference string // ours, unique for ever; the bank repeats it in its answer
	Claim     ClaimID
	Vendor    ID
	Round     string
	Amount    money.Amount // what is sent, in XOF; zero where an advance takes it all
	Recover   money.Amount // what is kept against an advance
	To        Payment
	Entry     uint64 // the settle entry, once approved; 0 where nothing is sent
	Result    Outcome
	BankRef   string // the bank's own number
	Reported  string // the bank's words
}

// AdvanceState is where an advance is in its life.
type AdvanceState string

// The states of an advance. What of a given one is left to work off is the
// balance of advance:<vendor>, for all of a vendor's advances together.
const (
	AdvancePrepared AdvanceState = "prepared"
	AdvanceGiven    AdvanceState = "given"
)

// AdvanceLine is money given to a vendor before he sold anything.
type AdvanceLine struct {
	ID         string
	Programme  string
	Vendor     ID
	Bank       string // the bank account it is paid from
	Amount     money.Amount
	Permille   int // of each claim that is kept until it is worked off, 1 to 1000; 0 where there is a plan
	State      AdvanceState
	Created    time.Time
	Given      time.Time
	By         string // staff id of who prepared it
	ApprovedBy string // staff id
	Entry      uint64
	Plan       []Installment // days on which parts of it are due; none where a share is kept
}
