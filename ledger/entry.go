package ledger

import (
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// Kind says what an entry does. Each kind may move value only along the flows
// listed for it.
type Kind string

// The kinds of entry.
const (
	KindPledgeFund Kind = "pledge-fund" // a donor promises
	KindFund       Kind = "fund"        // money is received
	KindAllocate   Kind = "allocate"    // a fund is drawn on for a round
	KindIssue      Kind = "issue"       // vouchers receive their value
	KindRedeem     Kind = "redeem"      // a vendor handed over goods
	KindVoid       Kind = "void"        // a voucher is cancelled
	KindExpire     Kind = "expire"      // a voucher's time is over
	KindReissue    Kind = "reissue"     // a voucher's value moves to a spare
	KindAcceptLoss Kind = "accept-loss" // the programme bears an offline loss
	KindClaim      Kind = "claim"       // a vendor's claim is accepted
	KindFreeze     Kind = "freeze"      // a case freezes money
	KindRelease    Kind = "release"     // a case lets it go
	KindSettle     Kind = "settle"      // a payment is ordered
	KindConfirm    Kind = "confirm"     // the bank says it was made
	KindAdvance    Kind = "advance"     // a vendor is pre-financed
	KindRecover    Kind = "recover"     // an advance is worked off, or a debt; what comes in of one goes to its round
	KindRepay      Kind = "repay"       // a vendor pays an advance back
	KindWriteOff   Kind = "write-off"   // an advance is given up, at the cost of a fund
	KindRemit      Kind = "remit"       // what was withheld is paid to the treasury
	KindReturn     Kind = "return"      // what was not used goes back
	KindOwe        Kind = "owe"         // a case decides that a vendor pays back what he was paid
	KindReverse    Kind = "reverse"     // an earlier entry is undone
	KindTransfer   Kind = "transfer"    // money moves between accounts of the programme
	KindCharge     Kind = "charge"      // a bank keeps a fee, or gives it back
	KindSuspend    Kind = "suspend"     // a bank moved money and nobody knows yet why
	KindDecision   Kind = "decision"    // no money moves; Facts["what"] says what was decided
)

type flow struct{ debit, credit Class }

// flows lists, for each kind, every pair of account classes that a posting of
// that kind may debit and credit. A kind that is not here does not exist.
var flows = map[Kind][]flow{
	KindPledgeFund: {{ClassReceivable, ClassFund}},
	KindFund:       {{ClassBank, ClassReceivable}, {ClassBank, ClassFund}},
	KindAllocate: {{ClassFund, ClassRound}, {ClassFund, ClassContingency}, {ClassFund, ClassFees},
		{ClassPledge, ClassRound}, {ClassPledge, ClassContingency}},
	KindIssue:      {{ClassRound, ClassVoucher}},
	KindRedeem:     {{ClassVoucher, ClassRedeemed}},
	KindVoid:       {{ClassVoucher, ClassRound}},
	KindExpire:     {{ClassVoucher, ClassRound}},
	KindReissue:    {{ClassVoucher, ClassVoucher}},
	KindAcceptLoss: {{ClassContingency, ClassRedeemed}},
	KindClaim: {{ClassRedeemed, ClassClaimed}, {ClassRedeemed, ClassPledge},
		{ClassRound, ClassClaimed}, {ClassContingency, ClassClaimed}, {ClassFees, ClassClaimed}, {ClassClaimed, ClassFees},
		{ClassClaimed, ClassWithheld}, {ClassWithheld, ClassClaimed}},
	KindFreeze:   {{ClassRedeemed, ClassContested}, {ClassClaimed, ClassContested}},
	KindRelease:  {{ClassContested, ClassRedeemed}, {ClassContested, ClassClaimed}},
	KindSettle:   {{ClassClaimed, ClassTransit}},
	KindConfirm:  {{ClassTransit, ClassBank}},
	KindAdvance:  {{ClassAdvance, ClassBank}},
	KindRecover:  {{ClassClaimed, ClassAdvance}, {ClassClaimed, ClassDebt}, {ClassRecoverable, ClassRound}},
	KindRepay:    {{ClassBank, ClassAdvance}, {ClassBank, ClassDebt}},
	KindWriteOff: {{ClassFund, ClassAdvance}, {ClassRecoverable, ClassDebt}},
	KindRemit:    {{ClassWithheld, ClassBank}},
	KindReturn: {{ClassRound, ClassFund}, {ClassContingency, ClassFund}, {ClassFees, ClassFund},
		{ClassRound, ClassPledge}, {ClassContingency, ClassPledge}, {ClassFund, ClassBank}},
	KindOwe: {{ClassDebt, ClassRecoverable}},
	KindReverse: {{ClassRedeemed, ClassVoucher}, {ClassClaimed, ClassVoucher}, {ClassContested, ClassVoucher},
		{ClassRedeemed, ClassContingency}, {ClassClaimed, ClassContingency}, {ClassContested, ClassContingency},
		{ClassTransit, ClassClaimed}, {ClassBank, ClassClaimed},
		{ClassBank, ClassUnexplained}, {ClassSuspense, ClassBank}},
	KindTransfer: {{ClassBank, ClassBank}},
	KindCharge:   {{ClassFees, ClassBank}, {ClassBank, ClassFees}, {ClassFees, ClassClaimed}},
	KindSuspend:  {{ClassUnexplained, ClassBank}, {ClassBank, ClassSuspense}},
	KindDecision: nil,
}

// roundless lists the kinds whose entries need not carry a round.
var roundless = map[Kind]bool{KindPledgeFund: true, KindFund: true, KindAdvance: true,
	KindReturn: true, KindDecision: true, KindSettle: true, KindConfirm: true,
	KindRecover: true, KindReverse: true, KindTransfer: true, KindCharge: true, KindSuspend: true,
	KindRepay: true, KindWriteOff: true, KindRemit: true}

// Actor is who caused an entry: the role used and a pseudonym that means
// nothing outside the programme. Never a name.
type Actor struct {
	Role string `json:"role"`
	Name string `json:"name"`
}

// Posting moves one amount: it debits one account and credits another.
type Posting struct {
	Debit  Account
	Credit Account
	Amount money.Amount
}

// Entry is one line of the journal. Entries are never changed; a correction is
// a new entry of kind reverse.
type Entry struct {
	Seq      uint64            // position in the journal and leaf index, from 0; set by Post
	Posted   time.Time         // when it was written, UTC seconds; set by Post
	From, To time.Time         // when what it records happened, as an interval; Posted where unknown
	Kind     Kind              //
	Actor    Actor             //
	Round    string            // the round concerned; "" for entries of the whole programme
	Ref      string            // what it rests on: a receipt's hash, a lot, a claim, an entry
	Facts    map[string]string // what else a monitor needs: a price, a digest; never personal
	Postings []Posting         // none for a decision
}

const (
	postingsMax = 2_000
	factsMax    = 16
	textMax     = 512
)

// Errors that Post returns for an entry that must not be written.
var (
	ErrEntry = fault.New(fault.Invalid, "entry_invalid",
		"The entry breaks a rule of the ledger.",
		"L'écriture enfreint une règle du grand livre.")
	ErrFlow = fault.New(fault.Invalid, "entry_flow",
		"An entry of this kind may not move value between these accounts.",
		"Une écriture de ce type ne peut pas mouvementer ces comptes.")
	ErrOverdrawn = fault.New(fault.Conflict, "account_overdrawn",
		"There is not enough on the account.",
		"Le solde du compte est insuffisant.")
	ErrClosed = fault.New(fault.Unavailable, "period_closed",
		"The period is closed. Set the server's clock right and try again.",
		"La période est close. Réglez l'horloge du serveur et recommencez.")
)

// Check reports the first rule that the entry breaks by itself: ErrEntry,
// ErrAccount or ErrFlow. Vouchers go by their real accounts.
func (e Entry) Check() error { return e.checkAs(Account.Class) }

// checkAs is Check where classOf says what an account is for: in a leaf,
// vouchers go by another name.
func (e *Entry) checkAs(classOf func(Account) (Class, error)) error {
	if err := e.checkAlone(); err != nil {
		return err
	}
	for i := range e.Postings {
		p := &e.Postings[i]
		debit, err := classOf(p.Debit)
		if err != nil {
			return inPosting(err, e, i)
		}
		credit, err := classOf(p.Credit)
		if err != nil {
			return inPosting(err, e, i)
		}
		if err := p.checkOf(flows[e.Kind], e.Round, debit, credit); err != nil {
			return inPosting(err, e, i)
		}
	}
	return nil
}

// inPosting says in which posting an account or flow was refused.
func inPosting(err error, e *Entry, i int) error {
	return fault.Of(err).At("postings", "posting %d of entry kind %s", i, e.Kind)
}

// checkAlone is Check of everything but the postings' accounts and amounts.
func (e *Entry) checkAlone() error {
	if _, known := flows[e.Kind]; !known {
		return ErrEntry.At("kind", "%q is no kind of entry", string(e.Kind))
	}
	if e.Round == "" && !roundless[e.Kind] {
		return ErrEntry.At("round", "an entry of kind %s carries its round", e.Kind)
	}
	if e.Actor.Role == "" || e.Actor.Name == "" {
		return ErrEntry.At("actor", "role and pseudonym are required")
	}
	if (e.Kind == KindDecision) != (len(e.Postings) == 0) || len(e.Postings) > postingsMax {
		return ErrEntry.At("postings", "%d postings in an entry of kind %s", len(e.Postings), e.Kind)
	}
	if err := e.checkTimes(); err != nil {
		return err
	}
	return e.checkTexts()
}

func (e *Entry) checkTimes() error {
	if e.To.Before(e.From) {
		return ErrEntry.At("to", "the interval ends before it begins")
	}
	for _, t := range [3]time.Time{e.Posted, e.From, e.To} {
		if y := t.Year(); y < 1 || y > 9999 { // what RFC 3339 can write
			return ErrEntry.At("from", "year %d", y)
		}
	}
	return nil
}

func (e *Entry) checkTexts() error {
	if len(e.Facts) > factsMax {
		return ErrEntry.At("facts", "%d facts, at most %d", len(e.Facts), factsMax)
	}
	for k, v := range e.Facts {
		if !identifier(k) || !plain(v) {
			return ErrEntry.At("facts", "fact %q is not plain text of at most %d bytes", k, textMax)
		}
	}
	if e.Round != "" && !identifier(e.Round) {
		return ErrEntry.At("round", "not an identifier")
	}
	for _, s := range [4]string{e.Actor.Role, e.Actor.Name, e.Round, e.Ref} {
		if !plain(s) {
			return ErrEntry.At("entry", "a field is not plain text of at most %d bytes", textMax)
		}
	}
	return nil
}

// plain allows text for which encoding/json and RFC 8785 write the same bytes.
func plain(s string) bool {
	if len(s) > textMax {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
		if s[i] >= utf8.RuneSelf {
			return plainRunes(s[i:])
		}
	}
	return true
}

func plainRunes(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return false
		}
	}
	return true
}

// checkOf checks a posting between accounts of two classes, in an entry of the
// round whose kind allows the flows.
func (p *Posting) checkOf(allowed []flow, round string, debit, credit Class) error {
	if p.Amount.Sign() <= 0 || p.Amount.Asset().IsZero() {
		return ErrEntry.At("amount", "%s is not more than zero of an asset", p.Amount)
	}
	if !slices.Contains(allowed, flow{debit, credit}) || p.Debit == p.Credit {
		return ErrFlow.At("accounts", "%s to %s", debit, credit)
	}
	if err := p.checkSide(p.Debit, debit, round); err != nil {
		return err
	}
	return p.checkSide(p.Credit, credit, round)
}

func (p *Posting) checkSide(account Account, class Class, round string) error {
	if !class.holds(p.Amount.Asset()) {
		return ErrFlow.At("asset", "%s holds no %s", class, p.Amount.Asset())
	}
	if class.ofRound() && account.ID() != round {
		return ErrFlow.At("accounts", "%s belongs to another round", account)
	}
	if class == ClassVoucher && round == "" {
		return ErrFlow.At("round", "a voucher's entry carries its round")
	}
	return nil
}

// Reversal returns postings that undo ps, last first.
func Reversal(ps []Posting) []Posting {
	out := make([]Posting, 0, len(ps))
	for i := len(ps) - 1; i >= 0; i-- {
		out = append(out, Posting{Debit: ps[i].Credit, Credit: ps[i].Debit, Amount: ps[i].Amount})
	}
	return out
}
