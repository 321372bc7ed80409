package voucher

import (
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// Number is a voucher's place in the order of issue, from 1: the storage key.
// It is on no card.
type Number uint64

// Life is where a voucher is in its life.
type Life string

// The parts of a voucher's life; see the package's diagram.
const (
	Issued   Life = "issued" // printed, not yet handed over; also an unbound spare
	Active   Life = "active"
	Held     Life = "held"
	Redeemed Life = "redeemed"
	Void     Life = "void"
	Expired  Life = "expired"
	Replaced Life = "replaced"
)

// Mode says which factor a redemption needs besides the card.
type Mode string

// The modes: a secret under a scratch panel, a PIN told to the person, or both.
const (
	ModeSecret Mode = "S"
	ModePIN    Mode = "P"
	ModeBoth   Mode = "SP"
)

// Secret reports whether the mode needs the scratch secret.
func (m Mode) Secret() bool { return m == ModeSecret || m == ModeBoth }

// PIN reports whether the mode needs the PIN.
func (m Mode) PIN() bool { return m == ModePIN || m == ModeBoth }

// pinTriesMax is how many wrong PINs a voucher bears in its life.
const pinTriesMax = 3

// Voucher is one signed voucher: who it is for, what it is worth, and what has
// happened to it. What is left on it is the balance of its account.
type Voucher struct {
	Number      Number
	Serial      Serial
	Programme   string
	Round       string
	Lot         string
	Beneficiary string // "" for a spare that is not bound
	Index       uint32 // in the lot's status list: a random permutation
	Profile     int    // of the lot's manifest
	Value       money.Amount
	NotBefore   time.Time
	Expires     time.Time
	Point       string             // distribution point that hands it over
	Zone        string             // the token's binding
	Home        vendors.HandheldID // the one handheld that may redeem it offline; "" for none
	Mode        Mode
	SecretMAC   [16]byte // FactorMAC of the secret; zero without one
	PINMAC      [16]byte // FactorMAC of the PIN; zero without one
	PINHint     uint16   // 10 bits for the home handheld
	Tag         uint16   // IssuanceTag of the token

	Spare       bool // it was signed as a spare
	ActivatedAt Interval
	ActivatedBy vendors.HandheldID
	HeldAt      time.Time
	VoidAt      time.Time
	VoidReason  string
	ExpiredAt   time.Time
	ReplacedBy  Serial // the spare that took its place
	ReceiptHash Hash   // of the receipt that it was redeemed with
	RedeemedAt  time.Time
	RedeemEntry uint64
	WrongPINs   int
	ReservedFor vendors.HandheldID // an online reservation
	ReservedTo  time.Time
}

// Interval bounds when something happened: not before From, not after To. From
// is the last beacon that the handheld had seen, To the arrival of its record.
type Interval struct{ From, To time.Time }

// IsZero reports whether nothing happened.
func (i Interval) IsZero() bool { return i.To.IsZero() }

// Life derives where the voucher is in its life.
func (v Voucher) Life() Life {
	switch {
	case v.ReplacedBy != "":
		return Replaced
	case !v.VoidAt.IsZero():
		return Void
	case !v.RedeemedAt.IsZero():
		return Redeemed
	case !v.ExpiredAt.IsZero():
		return Expired
	case !v.HeldAt.IsZero():
		return Held
	case v.ActivatedAt.IsZero():
		return Issued
	}
	return Active
}

// Account returns the ledger account that holds the voucher's value. A spare
// that is not bound has none.
func (v Voucher) Account() ledger.Account {
	return ledger.Voucher(v.Beneficiary, string(v.Serial))
}

// Errors about vouchers.
var (
	ErrNotFound = fault.New(fault.NotFound, "voucher_not_found",
		"There is no such voucher, receipt or lot in this programme.",
		"Il n'y a ni ce coupon, ni ce reçu, ni ce lot dans ce programme.")
	ErrLife = fault.New(fault.Conflict, "voucher_life",
		"The voucher is not in a state that allows this.",
		"Le coupon n'est pas dans un état qui le permet.")
	ErrSpares = fault.New(fault.Conflict, "no_spare_left",
		"No spare of this value is left in the lot.",
		"Il ne reste aucun coupon de réserve de cette valeur dans le lot.")
	ErrIssued = fault.New(fault.Conflict, "lot_issued",
		"The lot has been issued already.",
		"Le lot a déjà été émis.")
)

// Issue is what was signed for a lot, and what redemption must know of it.
type Issue struct {
	Lot        string
	Round      string
	Programme  string
	KID        string
	Manifest   string // signed by the root key; "" while the lot is being issued
	Profiles   []Profile
	Ceilings   map[int]money.Amount // of one unit of a commodity profile, in XOF
	Count      int                  // vouchers, without spares
	Spares     int
	First      Number // its vouchers are First … Last, spares included
	Last       Number
	Zones      []string // of its vouchers, in order: handhelds elsewhere need not know the lot
	FactorKey  []byte   // for FactorMAC; nil once destroyed at close
	HintSecret []byte   // keys the PIN hints of its bundles
	NotBefore  time.Time
	Expires    time.Time // end of sales
	GraceUntil time.Time // receipts of before Expires are taken until here without a question
	ClosedAt   time.Time // what was left has been returned
	IssuedAt   time.Time
}

// ReceiptState is the server's answer to one record of a handheld.
type ReceiptState string

// The states of a record. Waiting may become any other; contested is for
// people; payable is owed.
const (
	Payable      ReceiptState = "payable"
	Waiting      ReceiptState = "waiting"     // valid, its voucher not yet activated: stored, not posted
	Contested    ReceiptState = "contested"   //
	Rejected     ReceiptState = "rejected"    // with a reason
	InQuarantine ReceiptState = "quarantined" // its handheld's chain is broken
	Cancelled    ReceiptState = "cancelled"   // undone the same day by the vendor
	Accepted     ReceiptState = "accepted"    // of an activation or cancellation
)

// StoredReceipt is a record of a handheld as the server took it.
type StoredReceipt struct {
	Hash      Hash
	JWS       string // byte for byte as it came; "" for a typed stub
	Kind      RecordKind
	Handheld  vendors.HandheldID // "" for a typed stub
	Vendor    vendors.ID
	Seq       uint64
	Serial    Serial // of a receipt; "" for an activation
	Number    Number
	Round     string
	Value     money.Amount
	At        Interval
	Said      time.Time // the handheld's clock, clamped into At; never decides a conflict
	State     ReceiptState
	Reason    string // stable code, set unless payable or accepted
	Full      bool   // the full factor was given
	Home      bool   // by the voucher's home handheld
	KeptRules bool   // the vendor did all that the zone's policy asks
	Entry     uint64 // the journal entry that answers it
	HasEntry  bool
	LossEntry uint64 // the accept-loss entry that pays a rule-keeping loser
	HasLoss   bool
	TypedBy   [2]string // staff ids of a typed stub
	Channel   string    // "https", "file" or "stub"
}
