package vendors

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// Errors about cheques.
var (
	ErrCheque = fault.New(fault.Conflict, "cheque",
		"The cheque cannot be written or ended in this way.",
		"Le chèque ne peut pas être émis ou clos de cette façon.")
	ErrChequeUsed = fault.New(fault.Conflict, "cheque_used",
		"This number is in the register already: a cheque has it, or had it. It is never used again.",
		"Ce numéro figure déjà au registre : un chèque le porte ou l'a porté. Il ne sert plus jamais.")
)

// How long a cheque lasts. Règlement 15/2002/CM/UEMOA: one that is issued and
// payable in a member state is to be presented within 8 days where it was
// issued and 20 days elsewhere, from the day written on it (article 81), but
// where there are funds the bank pays it after that as well (article 84). So a
// cheque does not lapse by itself: after ChequeStaleMonths, which is custom and
// not law, it is stale, which asks somebody to find out where the paper is.
const (
	ChequeDays        = 20
	ChequeStaleMonths = 6
)

// Bounds of the register.
const (
	chequeDigits = 12    // of a number
	chequeLeaves = 1_000 // of one book
	chequeBooks  = 500   // of one account
)

var chequeForm = regexp.MustCompile(`^[0-9]{1,12}$`)

// ChequeBook is a book of cheques that a bank gave out: the numbers from First to
// Last, both included.
type ChequeBook struct {
	Programme  string
	Bank       string
	First      uint64
	Last       uint64
	Width      int    // digits of its numbers, with leading zeros
	By         string // staff id
	Registered time.Time
}

// Number writes a number of the book as it is printed.
func (b ChequeBook) Number(n uint64) string { return fmt.Sprintf("%0*d", b.Width, n) }

// ChequeState is where a cheque is in its life.
type ChequeState string

// The states of a cheque. Stale is not stored: a cheque that is issued becomes
// it by the day.
const (
	ChequeIssued  ChequeState = "issued"
	ChequeCleared ChequeState = "cleared"
	ChequeVoid    ChequeState = "void"
	ChequeStale   ChequeState = "stale"
)

// Cheque is one number of a book that was used: for a payment, or spoilt.
type Cheque struct {
	Programme string
	Bank      string
	Number    uint64 // unique for the account, for ever
	Width     int    // of its book's numbers
	Payment   string // reference; "" of a leaf that was spoilt
	Vendor    ID
	Round     string
	Payee     string // to whose order
	Amount    money.Amount
	Date      time.Time // written on it
	State     ChequeState
	Reason    string // why it is void, or is said to be
	By        string // staff id of who wrote it, or spoilt it
	Created   time.Time
	Said      ChequeState // cleared or void, which somebody else has to agree to; "" where nobody says so
	SaidBy    string      // staff id
	AgreedBy  string      // staff id
	Line      int         // of the bank, that shows it
	Ended     time.Time   // cleared or void since
}

// No returns the number as it is printed on the cheque.
func (c Cheque) No() string { return fmt.Sprintf("%0*d", c.Width, c.Number) }

func (c Cheque) ref() string { return c.Bank + "-" + c.No() }

// On returns the cheque's state on a day: that of the end of the day, with stale
// for one that was issued ChequeStaleMonths before.
func (c Cheque) On(day time.Time) ChequeState {
	if c.State != ChequeIssued && !c.Ended.After(day.Add(24*time.Hour-1)) {
		return c.State
	}
	if c.Date.AddDate(0, ChequeStaleMonths, 0).Before(day) {
		return ChequeStale
	}
	return ChequeIssued
}

// readCheque reads a number as it is printed or typed, with spaces in it.
func readCheque(text string) (n uint64, width int, ok bool) {
	text = strings.ReplaceAll(text, " ", "")
	if !chequeForm.MatchString(text) {
		return 0, 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, len(text), err == nil && n > 0
}

// chequeText finds a cheque's number in what a bank writes: "CHQ 0001234",
// "Chèque n° 1234".
var chequeText = regexp.MustCompile(`(?i)\b(?:chq|ch[eè]que|cheque|check)s?\b[ .:]*(?:n[o°º]?\b?[ .:°º]*)?([0-9]{1,12})\b`)

// cheque returns the number of the cheque that a line is of.
func (l BankLine) cheque() (uint64, bool) {
	if n, _, ok := readCheque(l.Cheque); ok {
		return n, true
	}
	for _, text := range []string{l.Text, l.BankRef, l.Reference} {
		if found := chequeText.FindStringSubmatch(text); found != nil {
			n, _, ok := readCheque(found[1])
			return n, ok
		}
	}
	return 0, false
}
