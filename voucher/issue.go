package voucher

import (
	"iter"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// issueChunk is how many vouchers are signed and stored in one transaction.
const issueChunk = 512

// IssueLot signs all vouchers of a lot and its spares. Package distribution
// gives it, after the lot's approval.
type IssueLot struct {
	Programme, Round, Lot string
	Issuer                string // the token's iss
	NotBefore, Expires    time.Time
	GraceUntil            time.Time
	EmbargoUntil          time.Time // zero: no embargo
	Profiles              []Profile
	Ceilings              map[int]money.Amount // of commodity profiles
	Count                 int                  // how many Items there are
	Items                 iter.Seq2[Item, error]
	Spares                []Spare
	By                    access.Actor
	Progress              func(done, of int) // may be nil
}

// Item is one voucher to be signed. Items of one beneficiary stand together.
type Item struct {
	Beneficiary string
	Point, Zone string
	Home        vendors.HandheldID
	Profile     int
	Value       money.Amount
	Mode        Mode
}

// Spare asks for spares of one value at one point.
type Spare struct {
	Count       int
	Point, Zone string
	Profile     int
	Value       money.Amount
	Mode        Mode
}

// PrintRoom takes the secrets and PINs of a lot, which exist nowhere else once
// they were printed. What it keeps must be encrypted.
type PrintRoom interface {
	// Open begins the lot's print job and drops what an interrupted issue left.
	Open(lot string) (PrintJob, error)
}

// PrintJob is one lot's secrets on their way to the printer.
type PrintJob interface {
	// Line adds a voucher's factor. It must not be logged.
	Line(PrintLine) error
	// Commit makes the job durable; only then is the lot issued.
	Commit() error
	// Discard drops the job; after Commit it does nothing.
	Discard() error
}

// PrintLine is what labels and slips are printed from.
type PrintLine struct {
	Serial Serial
	Number Number
	Point  string
	Secret string // "" without one
	PIN    string // "" without one
}
