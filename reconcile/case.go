package reconcile

import (
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// CaseState is where a case is.
type CaseState string

// The states of a case. While some of its money waits for a decision it is
// frozen; what was decided about the rest is in Held.Outcome.
const (
	CaseOpen    CaseState = "open"
	CaseFrozen  CaseState = "frozen"  // its money is in vendor:…:contested, or known to be paid
	CaseCleared CaseState = "cleared" // for the vendor, in everything
	CaseUpheld  CaseState = "upheld"  // against him, in everything or in a part
)

// closed reports whether the case is decided.
func (s CaseState) closed() bool { return s == CaseCleared || s == CaseUpheld }

// Case groups findings about one thing in one round for people to decide.
type Case struct {
	ID        string
	Programme string
	Vendor    vendors.ID // "" for a team or a point, where several traders may be concerned
	Round     string
	About     Subject // what of the vendor's, or of the round
	Refers    string  // a closed case about the same thing; "" for none
	State     CaseState
	Findings  []Finding    // in the order in which they came
	Value     money.Amount // of the findings
	Frozen    money.Amount // ever, in XOF, kilos at their price
	Money     []Held       // what was frozen, one redemption each
	Digest    [32]byte     // SHA-256 of exactly that: what Uphold approves
	OpenedBy  string       // staff ids
	FrozenBy  string
	DecidedBy string
	Approval  access.Approval // of the latest write-off
	Note      string
	Assigned  Assignment
	Hearing   Hearing
	Debt      Debt
	Entries   []uint64 // of the journal that are about it, in order
	Opened    time.Time
	Decided   time.Time
}

// Subject is what a case is about: "" for a vendor in a round, "handheld:<id>" of
// his, or of no vendor alone "staff:<hash>" of a team and "point:<id>".
type Subject string

// Assignment says who looks into a case, and until when.
type Assignment struct {
	To  string // pseudonym; "" for nobody yet
	Due time.Time
}

// Hearing is how a vendor was heard: what is decided against him was put to
// him before.
type Hearing struct {
	Findings int       // how many of the case's findings were put to him
	Asked    time.Time // zero for not yet
	Until    time.Time // he may answer
	Answered time.Time // zero for not
	Answer   [32]byte  // SHA-256 of his words, or of the paper that has them
}

// Debt is what a vendor has to pay back by a case: what he had been paid for
// redemptions before it was decided against him. All in XOF.
type Debt struct {
	Charged   money.Amount // ever
	Recovered money.Amount // off his claims, or at the bank
	GivenUp   money.Amount // written off
	Permille  int          // of each later claim that is kept
	Claims    []vendors.ClaimID
	GiveUpBy  string // staff id of who proposed to write off what is left; "" for nobody
}

// Left returns what is still to be paid back.
func (d Debt) Left() (money.Amount, error) {
	if d.Charged.Asset().IsZero() {
		return money.Francs(0), nil
	}
	left, err := d.Charged.Sub(d.Recovered)
	if err != nil {
		return money.Amount{}, err
	}
	return left.Sub(d.GivenUp)
}

// Outcome is what was decided about one redemption.
type Outcome string

// The outcomes; "" stands for none yet.
const (
	Released   Outcome = "released"    // the vendor keeps it
	WrittenOff Outcome = "written-off" // it is undone
	Charged    Outcome = "charged"     // it was paid before: the vendor owes it
)

// Held is the money of one redemption that a case froze, or found paid.
type Held struct {
	Entry   uint64          // the redeem or accept-loss entry
	From    ledger.Account  // where the money was: redeemed or claimed; "" where it was paid
	Amount  money.Amount    // in the account's asset
	Value   money.Amount    // in XOF
	Claim   vendors.ClaimID // the accepted claim that it was taken from; "" for none
	Freeze  uint64          // the freeze entry
	Paid    bool            // the bank has paid it: nothing is frozen, From is ""
	Outcome Outcome
}

// Comment is what somebody wrote about a case, or what the vendor answered. Its
// text is personal data and never in the journal, which has its SHA-256.
type Comment struct {
	Case   string
	N      int    // from 1
	By     string // staff id
	Actor  string // the same person's pseudonym
	Role   access.Role
	Vendor bool     // these are the vendor's words
	Text   string   // at most 2000 bytes
	SHA256 [32]byte // of the text
	At     time.Time
	Entry  uint64 // the decision that journals it
}

// Errors about cases.
var (
	ErrCaseState = fault.New(fault.Conflict, "case_state",
		"The case is not in the state that this needs.",
		"Le dossier n'est pas dans l'état requis.")
	ErrCaseChanged = fault.New(fault.Conflict, "case_changed",
		"The case is no longer what you looked at. Look at it again.",
		"Le dossier n'est plus celui que vous avez examiné. Examinez-le à nouveau.")
	ErrCase = fault.New(fault.Invalid, "case_invalid",
		"What was given about the case breaks a rule.",
		"Les données fournies sur le dossier enfreignent une règle.")
	ErrNothingFrozen = fault.New(fault.Conflict, "nothing_to_freeze",
		"No money of this case's redemptions is still with the programme.",
		"Aucun montant des échanges de ce dossier n'est encore détenu par le programme.")
	ErrWeak = fault.New(fault.Conflict, "evidence_weak",
		"Signals of this kind freeze no money by themselves. Look for evidence that rests on more.",
		"De tels indices ne bloquent à eux seuls aucun montant. Cherchez des preuves qui reposent sur davantage.")
	ErrInvolved = fault.New(fault.Denied, "case_involved",
		"You had a part in this case or in what it is about. Somebody else must decide it.",
		"Vous avez eu part à ce dossier ou à ce dont il traite. Une autre personne doit en décider.")
	ErrDebt = fault.New(fault.Conflict, "case_debt",
		"The trader does not owe this by the case, or it cannot be taken from there.",
		"Le commerçant ne doit pas ce montant d'après ce dossier, ou il ne peut être prélevé ainsi.")
	ErrUnsigned = fault.New(fault.Unavailable, "checkpoint_behind",
		"The latest entries about this case are not in a signed checkpoint yet. Try again in a moment; a stopped server signs when it starts.",
		"Les dernières écritures de ce dossier ne figurent pas encore dans un point de contrôle signé. Réessayez dans un instant ; un serveur arrêté signe à son démarrage.")
	ErrUnheard = fault.New(fault.Conflict, "vendor_unheard",
		"The trader must be heard first: ask him, and record his answer, or wait until the date he was given.",
		"Le commerçant doit d'abord être entendu : interrogez-le et consignez sa réponse, ou attendez la date fixée.")
)
