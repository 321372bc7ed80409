package vendors

import (
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// ID names a vendor: lower-case letters, digits and "-", at most 32 bytes.
type ID string

// Errors about vendors.
var (
	ErrNotFound = fault.New(fault.NotFound, "vendor_not_found",
		"There is no such trader, handheld or claim in this programme.",
		"Il n'y a ni ce commerçant, ni ce terminal, ni cette demande dans ce programme.")
	ErrTaken = fault.New(fault.Conflict, "vendor_taken",
		"A trader with this id exists already. Choose another id.",
		"Un commerçant porte déjà cet identifiant. Choisissez-en un autre.")
	ErrVendor = fault.New(fault.Invalid, "vendor_invalid",
		"What was given about the trader breaks a rule.",
		"Les données fournies sur le commerçant enfreignent une règle.")
	ErrSuspended = fault.New(fault.Conflict, "vendor_suspended",
		"The trader's contract is not in force.",
		"Le contrat du commerçant n'est pas en vigueur.")
)

// Vendor is a trader contracted to accept vouchers.
type Vendor struct {
	ID        ID
	Programme string
	Name      string // of the shop, as on its invoices
	Zone      string // code of the zone it serves
	Village   string // where the shop is, for distances; may be ""
	PlaceCode string // of the village in the loaded place list; may be ""
	Suspended bool
	Contract  Contract
	Created   time.Time
}

// Contract is what the vendor signed.
type Contract struct {
	From, Until time.Time // Until is excluded
	Categories  []string  // of goods it may sell against vouchers
	// DayMax bounds what one handheld of the vendor may redeem between two
	// syncs, in XOF; zero means the zone's limit alone.
	DayMax     money.Amount
	Charges    []Charge
	Payment    Payment
	Screening  Screening
	Conflict   string // a declared conflict of interest; "" where none was declared
	DeclaredOn time.Time
}

// Charge is a commission paid to the vendor or a withholding kept from him.
type Charge struct {
	Name string
	// Permille of each claim's total; withholdings are negative. A contract's
	// charges are added up, applied once and rounded down to the franc, which
	// the contract says in words; together they must not be below zero.
	Permille int
}

// Payment says how a vendor is paid.
type Payment struct {
	Method   string // mobile-money, bank, cheque, cash, wholesaler
	Provider string // the operator or bank
	Alias    string // phone number or account
	Payee    string // who is paid, where it is not the shop by its name; the wholesaler's name
	Via      string // how a wholesaler is paid: bank, mobile-money or cheque
	// Consent is the vendor's written consent that a wholesaler is paid in his
	// place: "sha256:" and the hash of the signed paper.
	Consent string
}

// channel returns how the money leaves us.
func (p Payment) channel() string {
	if p.Method == MethodWholesaler {
		return p.Via
	}
	return p.Method
}

// Screening is the dated record of a check against sanctions lists.
type Screening struct {
	On     time.Time
	By     string // pseudonym of who looked
	Result string // clear, or what was found
}

// Item is one line of a vendor's price list.
type Item struct {
	Code     string // "rice-local"
	Category string
	NameEN   string
	NameFR   string
	Unit     money.Asset  // the commodity's asset where vouchers are in kind; zero for goods sold by the piece
	Ceiling  money.Amount // highest price of one unit, in XOF
	Picture  string       // name of a picture in the handheld
}

// PriceList is what a vendor may charge at most, from an instant on.
type PriceList struct {
	Vendor  ID
	Version int // from 1
	From    time.Time
	Items   []Item
	SetBy   string
}

// Ceiling returns the item's ceiling price, and whether the list has it.
func (l PriceList) Ceiling(code string) (Item, bool) {
	for _, it := range l.Items {
		if it.Code == code {
			return it, true
		}
	}
	return Item{}, false
}

// Zone is an area whose handhelds share one bundle and one offline policy.
type Zone struct {
	Code      string // at most 8 characters; it stands in the voucher
	Programme string
	Policy    Policy
}

// Policy bounds what handhelds of a zone may do without a network.
type Policy struct {
	FreshHours    int          // a bundle this young is fresh; 72 where 0
	DegradedHours int          // up to here only home vouchers with a full factor; 168 where 0, at most 1080 (45 days)
	Floor         money.Amount // highest voucher that a handheld that is not its home may redeem offline
	CountMax      int          // redemptions between two syncs; 500 where 0
	SumMax        money.Amount // value redeemed between two syncs
	WaitingDays   int          // a rule-keeping receipt without activation is paid after this; 14 where 0
}

// WithDefaults returns p with every zero field set to its safe default.
func (p Policy) WithDefaults() Policy {
	if p.FreshHours == 0 {
		p.FreshHours = 72
	}
	if p.DegradedHours == 0 {
		p.DegradedHours = 168
	}
	if p.CountMax == 0 {
		p.CountMax = 500
	}
	if p.WaitingDays == 0 {
		p.WaitingDays = 14
	}
	if p.Floor.Asset().IsZero() {
		p.Floor = money.Francs(0)
	}
	if p.SumMax.Asset().IsZero() {
		p.SumMax = money.Francs(5_000_000)
	}
	return p
}
