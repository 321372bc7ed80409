package detect

// Facts is all that detectors look at: one round of one programme. Tables refer
// to each other by index; -1 stands for nothing where a field says so. It holds
// no personal data: phones and collectors are numbers that mean nothing outside
// of these facts.
//
// The store fills all of it, as far as people recorded it; jate simulate does too.
type Facts struct {
	Round      string      `json:"round"`
	Vendors    []Vendor    `json:"vendors"`
	Points     []Point     `json:"points"`
	Cards      []Card      `json:"cards"`
	Handhelds  []string    `json:"handhelds"`
	Records    []Record    `json:"records"` // in the order of arrival
	Claims     []Claim     `json:"claims"`
	Lines      []Line      `json:"lines"` // of claims: those that are not matched
	Forks      []Fork      `json:"forks"`
	Goods      []Goods     `json:"goods"`
	Answers    []Answer    `json:"answers"` // asked by phone after the round
	Complaints []Complaint `json:"complaints"`
	Fairs      []Fair      `json:"fairs"`   // announced before their day
	History    []Share     `json:"history"` // of earlier rounds
}

// Vendor is a trader of the programme.
type Vendor struct {
	ID   string `json:"id"`
	Zone string `json:"zone"`
}

// Point is a distribution point.
type Point struct {
	ID string `json:"id"`
	// MarketDays has bit d set where weekday d (0 is Sunday) is a market day; 0
	// where nobody said.
	MarketDays uint8 `json:"market_days,omitempty"`
}

// Card is one issued voucher.
type Card struct {
	Rank  int32 `json:"rank"`  // place in the list that the cards were printed from
	Point int32 `json:"point"` // -1 where not known
	// HandedFrom and HandedTo bound when the card was handed over, in seconds of
	// Unix; 0 where not known.
	HandedFrom int64 `json:"handed_from,omitempty"`
	HandedTo   int64 `json:"handed_to,omitempty"`
	Lost       int64 `json:"lost,omitempty"` // when it was reported lost or held, its owner dead, or void; 0 never
	// Phone numbers the phone that the list has for the household, and the three
	// after it those who registered, verified and approved it; 0 where not known.
	Phone     int32 `json:"phone,omitempty"`
	Registrar int32 `json:"registrar,omitempty"`
	Verifier  int32 `json:"verifier,omitempty"`
	Approver  int32 `json:"approver,omitempty"`
	// Distributor numbers the handheld or person of the staff that handed it
	// over, and Taker says who took it.
	Distributor int32 `json:"distributor,omitempty"`
	Taker       Taker `json:"taker,omitempty"`
	Spare       bool  `json:"spare,omitempty"` // it replaces a card that was lost
	// Handed is when the handheld that handed it over says it was, within the two
	// bounds above; 0 where not known.
	Handed int64 `json:"handed,omitempty"`
	// Company numbers the cards whose households one handheld served within one
	// quarter of an hour in the round before; 0 where not known.
	Company int32 `json:"company,omitempty"`
	// Habit is one more than the vendor at which its household bought in the round
	// before, -1 where it bought nothing then, 0 where not known.
	Habit int32 `json:"habit,omitempty"`
}

// given returns when the card was handed over, as far as it is known, and
// whether it is: on the word of the handheld that recorded it, or in the middle
// of the bounds.
func (c Card) given() (int64, bool) {
	if c.Handed > 0 {
		return c.Handed, true
	}
	return (c.HandedFrom + c.HandedTo) / 2, c.HandedFrom > 0 && c.HandedTo > 0
}

// Taker is who took a card when it was handed over.
type Taker uint8

// The takers.
const (
	UnknownTaker Taker = iota
	Head               // of the household
	Alternate          // whom the list names
	ThirdParty         // somebody else
)

// Record is one sales record that a handheld signed or an office typed.
type Record struct {
	Card     int32  `json:"card"` // -1 for a serial that was never issued
	Vendor   int32  `json:"vendor"`
	Handheld int32  `json:"handheld"` // -1 for a typed stub
	Seq      uint64 `json:"seq"`      // in the handheld's chain
	// From and To bound when it was made, and Said is what the handheld's clock
	// said; seconds of Unix.
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	Said  int64  `json:"said"`
	Value int64  `json:"value"` // francs
	State State  `json:"state"`
	Why   string `json:"why,omitempty"` // the receipt's reason, as voucher has them
	Paid  bool   `json:"paid,omitempty"`
	Full  bool   `json:"full,omitempty"` // the full factor was given
	Kept  bool   `json:"kept,omitempty"` // every rule of the zone was kept
	// Collector numbers who came or took the card in the household's place, Metres
	// is the way from the card's point to the shop; 0 where not known.
	Collector int32 `json:"collector,omitempty"`
	Metres    int32 `json:"metres,omitempty"`
	Wrong     uint8 `json:"wrong,omitempty"` // wrong PINs or secrets before it, on this card by this vendor
}

// State is what the server made of a record.
type State uint8

// The states that matter here.
const (
	Open     State = iota // waiting, contested, or in quarantine
	Good                  // payable
	Rejected              // by a rule that the handheld could know
)

// Claim is a request for payment.
type Claim struct {
	ID     string `json:"id"`
	Vendor int32  `json:"vendor"`
	Made   int64  `json:"made"`  // seconds of Unix
	Total  int64  `json:"total"` // francs
	Typed  bool   `json:"typed"` // by the vendor; otherwise built from receipts
}

// Line is a line of a claim that is not matched.
type Line struct {
	Claim    int32   `json:"claim"`
	Wrong    Mistake `json:"wrong"`
	Claimed  int64   `json:"claimed"`  // francs
	Redeemed int64   `json:"redeemed"` // francs
}

// Mistake names what is wrong with a line.
type Mistake string

// The mistakes that detectors look at.
const (
	Invented  Mistake = "invented"  // the voucher was never redeemed, or there is none
	Inflated  Mistake = "inflated"  // more than the receipt says
	Borrowed  Mistake = "borrowed"  // another vendor redeemed it
	Duplicate Mistake = "duplicate" // claimed before
	VoidLine  Mistake = "void"      // the card was void, and no receipt speaks of it
	Other     Mistake = "other"
)

// Fork is a place in a handheld's chain that more than one record claims.
type Fork struct {
	Handheld int32   `json:"handheld"`
	Vendor   int32   `json:"vendor"`
	From     uint64  `json:"from"`  // lowest sequence that is claimed twice or breaks the chain
	Twins    []int32 `json:"twins"` // records of this round that share a place
	Later    []int32 `json:"later"` // those that came after
}

// Goods is one line of a basket.
type Goods struct {
	Record int32 `json:"record"`
	Item   int32 `json:"item"`
	Amount int64 `json:"amount"` // francs paid for it
	Listed int64 `json:"listed"` // francs by the price list; 0 without one
	Market int64 `json:"market"` // francs by the last market survey; 0 without one
}

// Answer is what a household said when it was called.
type Answer struct {
	Record   int32 `json:"record"`
	Received bool  `json:"received"`
	// Unreached: nobody answered, or the number is somebody else's. Received then
	// means nothing.
	Unreached bool `json:"unreached,omitempty"`
	// Missing is how many francs' worth less than was sold the household says that it
	// got, for less goods, a higher price, or a part that it had to give; 0 for none.
	Missing int64 `json:"missing,omitempty"`
	// Sought: the household was called because of its sale, not by lot.
	Sought bool `json:"sought,omitempty"`
}

// Complaint is about a vendor; no name is in it.
type Complaint struct {
	Vendor int32 `json:"vendor"`
	Record int32 `json:"record"` // -1 for none in particular
}

// Fair is an announced fair or mobile shop: the vendor, or every one, comes to the
// point on that day.
type Fair struct {
	Vendor int32 `json:"vendor"` // -1 for every vendor
	Point  int32 `json:"point"`
	Day    int64 `json:"day"` // days of Unix
}

// Share is a vendor's part of a point's sales in an earlier round.
type Share struct {
	Vendor int32 `json:"vendor"`
	Point  int32 `json:"point"`
	Age    int32 `json:"age"`   // 1 for the round before this one
	Sales  int64 `json:"sales"` // francs
	Of     int64 `json:"of"`    // francs, of all vendors
}
