package feedback

import (
	"time"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// Channel is the way on which a complaint came.
type Channel string

// The channels.
const (
	ByHotline Channel = "hotline"
	ByText    Channel = "sms"
	ByPaper   Channel = "paper"
	ByBox     Channel = "box"
	AtPoint   Channel = "point" // said at a distribution point or a shop
)

// Channels returns every channel there is.
func Channels() []Channel { return []Channel{ByHotline, ByText, ByPaper, ByBox, AtPoint} }

// Category says what a complaint is about.
type Category string

// The categories. Exclusion and inclusion need no voucher.
const (
	Exclusion        Category = "exclusion" // left out though entitled
	Inclusion        Category = "inclusion" // served though not entitled
	VendorMisconduct Category = "vendor-misconduct"
	StaffMisconduct  Category = "staff-misconduct"
	Safeguarding     Category = "safeguarding" // exploitation, abuse, harassment (PSEA)
	CardHeld         Category = "card-held"    // somebody else keeps the card
	CardLost         Category = "card-lost"
	Price            Category = "price"
	Quality          Category = "quality"
	Other            Category = "other"
)

// dueDays is the table of how many days there are for an answer. Abuse cannot
// wait (IASC: within a day); who has no card cannot eat; for the rest two weeks,
// as most mechanisms promise.
var dueDays = map[Category]int{Safeguarding: 1, CardHeld: 2, CardLost: 2, StaffMisconduct: 7,
	Exclusion: 14, Inclusion: 14, VendorMisconduct: 14, Price: 14, Quality: 14, Other: 14}

// Categories returns every category there is.
func Categories() []Category {
	return []Category{Exclusion, Inclusion, VendorMisconduct, StaffMisconduct, Safeguarding, CardHeld, CardLost, Price, Quality, Other}
}

// DueDays returns how many days there usually are for an answer; 0 for no
// category.
func (c Category) DueDays() int { return dueDays[c] }

// restricted stands for a category in the journal, logs and metrics, where it
// must not be seen that somebody was accused.
const restricted = "restricted"

// shown is the category as everybody may see it.
func (c Category) shown() string {
	if c == Safeguarding || c == StaffMisconduct {
		return restricted
	}
	return string(c)
}

// AboutSales reports whether complaints of the category speak for or against a
// vendor's sales, so that detectors may look at them.
func (c Category) AboutSales() bool {
	switch c {
	case VendorMisconduct, CardHeld, Price, Quality:
		return true
	}
	return false
}

// Outcome is what became of a complaint in the end.
type Outcome string

// The outcomes.
const (
	Upheld    Outcome = "upheld"
	Unfounded Outcome = "unfounded"
	Referred  Outcome = "referred" // to somebody outside of the programme
	Withdrawn Outcome = "withdrawn"
)

// State is where a complaint is, derived from what happened.
type State string

// The states of a complaint.
const (
	Received State = "received"
	Assigned State = "assigned"
	Answered State = "answered"
	Closed   State = "closed"
)

// RetentionDays is how long what a person said is kept after the complaint was
// closed: long enough for an audit of the round, then it is erased.
const RetentionDays = 365

// Complaint is one complaint without its author and without its words.
type Complaint struct {
	ID         string // "q" and hexadecimal digits, in the order of recording
	Programme  string
	Round      string
	Channel    Channel
	Category   Category
	Serials    []voucher.Serial // of cards that it names
	Vendor     vendors.ID       // that it names, or ""
	Point      string           // that it names, or ""
	Code       [32]byte         // keyed digest of the author's code
	RecordedBy string           // pseudonym, and so are the next ones
	Recorded   time.Time
	Due        time.Time
	AssignedTo string
	AnsweredBy string
	Answered   time.Time
	Outcome    Outcome
	ClosedBy   string
	Closed     time.Time
	Erased     time.Time // when its words were
	Proposals  []string  // of spares for cards that are held
}

// State derives where the complaint is.
func (c Complaint) State() State {
	switch {
	case !c.Closed.IsZero():
		return Closed
	case !c.Answered.IsZero():
		return Answered
	case c.AssignedTo != "":
		return Assigned
	}
	return Received
}

// Overdue reports whether its author should have had an answer by now.
func (c Complaint) Overdue(now time.Time) bool {
	return c.Answered.IsZero() && c.Closed.IsZero() && now.After(c.Due)
}

// Speaks reports whether detectors may look at the complaint: it is about
// sales and nobody found it wrong.
func (c Complaint) Speaks() bool {
	return c.Category.AboutSales() && c.Outcome != Unfounded && c.Outcome != Withdrawn
}

// SealedText is what a person said, and what was answered, encrypted under a
// key of its own, which is wrapped by the data key.
type SealedText struct {
	Sealed  []byte
	Wrapped []byte
}

// sealedAs is what a complaint's key is bound to.
func sealedAs(id string) string { return "complaint:" + id }

// Rewrap returns the text with its key under the key that wraps now, and whether
// that is another than before.
func (t SealedText) Rewrap(id string, s *distribution.Sealer) (SealedText, bool, error) {
	if len(t.Wrapped) == 0 { // its key stayed apart from a backup
		return t, false, nil
	}
	wrapped, err := s.Rewrap(sealedAs(id), t.Wrapped)
	if err != nil || wrapped == nil {
		return t, false, err
	}
	t.Wrapped = wrapped
	return t, true, nil
}

// words is the plain of a SealedText.
type words struct {
	Text   string
	Answer string
}

// Errors of complaints.
var (
	ErrNotFound = fault.New(fault.NotFound, "feedback_not_found",
		"There is no such complaint or sample in this programme.",
		"Il n'y a ni cette plainte ni cet échantillon dans ce programme.")
	ErrComplaint = fault.New(fault.Invalid, "complaint_invalid",
		"The complaint breaks a rule.",
		"La plainte enfreint une règle.")
	ErrComplaintState = fault.New(fault.Conflict, "complaint_state",
		"The complaint is not in a state that allows this.",
		"La plainte n'est pas dans un état qui le permet.")
	ErrErased = fault.New(fault.Gone, "complaint_erased",
		"What was said was erased, after its retention or because somebody asked for it.",
		"Ce qui a été dit a été effacé, au terme de sa conservation ou sur demande.")
	ErrCodeForm = fault.New(fault.Invalid, "complaint_code_malformed",
		"This is no code of a complaint: it has 12 letters and digits, and one is wrong or missing. Read it again.",
		"Ce n'est pas un code de plainte : il a 12 lettres et chiffres, et l'un est faux ou manque. Relisez-le.")
	ErrCode = fault.New(fault.NotFound, "complaint_code_unknown",
		"No complaint has this code.",
		"Aucune plainte n'a ce code.")
)
