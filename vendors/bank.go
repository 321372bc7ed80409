package vendors

import (
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// Errors about bank accounts.
var (
	ErrStatementGap = fault.New(fault.Conflict, "bank_statement_gap",
		"The statement does not follow the ones before it: one is missing, or these days came before in another form.",
		"Le relevé ne fait pas suite aux précédents : il en manque un, ou ces jours sont déjà venus sous une autre forme.")
	ErrBankLine = fault.New(fault.Conflict, "bank_line",
		"The line of the bank statement cannot be explained in this way.",
		"La ligne du relevé bancaire ne peut pas être expliquée de cette façon.")
	ErrBankMonth = fault.New(fault.Conflict, "bank_month",
		"There is no bank statement up to that day.",
		"Il n'y a pas de relevé bancaire jusqu'à ce jour.")
)

// BankStatement is one statement that was brought, of one bank account.
type BankStatement struct {
	ID         string
	Programme  string
	Bank       string
	From, To   time.Time // days, both included
	Opening    money.Amount
	Closing    money.Amount
	Lines      int      // how many it has, of which some may have come before
	Hash       [32]byte // SHA-256 of the file
	ImportedBy string   // staff id
	Created    time.Time
}

// LineState is how far the explanation of a line is.
type LineState string

// The states of a bank line. Only an open or suspended one is still to be
// explained.
const (
	LineOpen      LineState = ""          // nobody knows what it is; it is not in the books
	LineProposed  LineState = "proposed"  // one person says what it is; another has to agree
	LineMatched   LineState = "matched"   // it is what its entries say
	LineSuspended LineState = "suspended" // in the books as money that nobody can explain yet
)

// Explanation says what a line of a bank statement is.
type Explanation string

// The explanations of a line.
const (
	IsPayment  Explanation = "payment"  // of a settlement, with its reference
	IsReturn   Explanation = "return"   // a payment that came back, perhaps less a fee
	IsFee      Explanation = "fee"      // the bank's, or one that it gives back; a round pays it
	IsTransfer Explanation = "transfer" // to or from another account of the programme
	IsEntry    Explanation = "entry"    // what entries in the books are already: a receipt, an advance
	IsUnknown  Explanation = "unknown"  // into suspense, until somebody can say
)

// BankLine is one movement that a bank states, and what it is.
type BankLine struct {
	Programme string
	Bank      string
	N         int    // from 1, in the order in which they came; the first may be the opening balance
	Statement string // the statement that it came in
	Booked    time.Time
	Amount    money.Amount // below zero where money left
	Reference string
	Batch     string
	BankRef   string
	Cheque    string
	Code      string
	Returned  bool
	Text      string

	State      LineState
	What       Explanation // said or found
	Round      string      // that bears a fee
	Payment    string      // reference of the payment, for a payment or return
	To         string      // the other account, for a transfer
	Note       string      // why, by who explained
	By         string      // staff id of who explained; "" where the reference says it
	ApprovedBy string      // staff id
	Named      []uint64    // entries that it is said to be, for IsEntry
	Entries    []uint64    // in the books, which together move the account by the line's amount
}

// open reports whether somebody has still to say what the line is.
func (l BankLine) open() bool { return l.State == LineOpen || l.State == LineSuspended }

// opening is the code of the line that stands for the balance before the first
// statement.
const opening = "OPENING"
