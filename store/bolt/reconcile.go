package bolt

import (
	"iter"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
)

var (
	casesTable       = newOwned[string, caseRecord]("case")
	caseCommentTable = table[numbered[string], caseCommentRecord]{newBucket("case-comment"), 1, numberedKey[string]()}
)

var _ reconcile.Tx = (*Tx)(nil)

// Reconcile returns the store of package reconcile.
func (db *DB) Reconcile() reconcile.Store {
	return store[reconcile.Tx]{db, func(tx *Tx) reconcile.Tx { return tx }}
}

// Case returns a case.
func (tx *Tx) Case(id string) (reconcile.Case, error) {
	return read(tx, casesTable.rows, id, reconcile.ErrNotFound, caseRecord.toCase)
}

// PutCase stores a case.
func (tx *Tx) PutCase(c reconcile.Case) error {
	return casesTable.put(tx, c.Programme, c.ID, caseRecordOf(c))
}

// Cases yields a programme's cases in order.
func (tx *Tx) Cases(programme string) iter.Seq2[reconcile.Case, error] {
	return convert(casesTable.of(tx, programme, ""), caseRecord.toCase)
}

// PutCaseComment stores a comment.
func (tx *Tx) PutCaseComment(c reconcile.Comment) error {
	return caseCommentTable.put(tx, numbered[string]{c.Case, uint64(c.N)}, caseCommentRecordOf(c))
}

// CaseComments yields a case's comments in order.
func (tx *Tx) CaseComments(id string) iter.Seq2[reconcile.Comment, error] {
	return convert(caseCommentTable.scan(tx, under(key{}.str(id))), caseComment)
}

// caseCommentRecord is in "case-comment" by case and number, which the record
// does not repeat.
type caseCommentRecord struct {
	By     string
	Actor  string
	Role   string
	Vendor bool
	Text   string
	SHA256 sum32
	At     instant
	Entry  uint64
}

func caseCommentRecordOf(c reconcile.Comment) caseCommentRecord {
	return caseCommentRecord{c.By, c.Actor, string(c.Role), c.Vendor, c.Text, c.SHA256, instantOf(c.At), c.Entry}
}

func caseComment(r row[numbered[string], caseCommentRecord]) reconcile.Comment {
	v := r.value
	return reconcile.Comment{Case: r.key.of, N: int(r.key.n), By: v.By, Actor: v.Actor, Role: access.Role(v.Role), Vendor: v.Vendor,
		Text: v.Text, SHA256: v.SHA256, At: v.At.time(), Entry: v.Entry}
}

// caseRecord is in "case" by id.
type caseRecord struct {
	ID        string
	Programme string
	Vendor    string
	Round     string
	About     string
	Refers    string
	State     string
	Findings  []findingRecord
	Value     amount
	Frozen    amount
	Money     []heldRecord
	Digest    sum32
	OpenedBy  string
	FrozenBy  string
	DecidedBy string
	Approval  approvalRecord
	Note      string
	Assigned  assignmentRecord
	Hearing   hearingRecord
	Debt      debtRecord
	Entries   []uint64
	Opened    instant
	Decided   instant
}

type assignmentRecord struct {
	To  string
	Due instant
}

type debtRecord struct {
	Charged   amount
	Recovered amount
	GivenUp   amount
	Permille  int
	Claims    []string
	GiveUpBy  string
}

type hearingRecord struct {
	Findings int
	Asked    instant
	Until    instant
	Answered instant
	Answer   sum32
}

type findingRecord struct {
	ID       string
	Detector string
	Vendor   string
	Handheld string
	Round    string
	Score    int
	Value    amount
	Evidence []string
	Says     string
	Dit      string
	Clears   string
	Clairait string
}

type heldRecord struct {
	Entry   uint64
	From    string
	Amount  amount
	Value   amount
	Claim   string
	Freeze  uint64
	Paid    bool
	Outcome string
}

func caseRecordOf(c reconcile.Case) caseRecord {
	return caseRecord{ID: c.ID, Programme: c.Programme, Vendor: string(c.Vendor), Round: c.Round, About: string(c.About), Refers: c.Refers, State: string(c.State),
		Findings: each(c.Findings, findingRecordOf), Value: amountOf(c.Value), Frozen: amountOf(c.Frozen),
		Money: each(c.Money, heldRecordOf), Digest: c.Digest, OpenedBy: c.OpenedBy, FrozenBy: c.FrozenBy, DecidedBy: c.DecidedBy,
		Approval: approvalRecordOf(c.Approval), Note: c.Note,
		Assigned: assignmentRecord{c.Assigned.To, instantOf(c.Assigned.Due)}, Hearing: hearingRecordOf(c.Hearing), Debt: debtRecordOf(c.Debt), Entries: c.Entries,
		Opened: instantOf(c.Opened), Decided: instantOf(c.Decided)}
}

func (r caseRecord) toCase() reconcile.Case {
	return reconcile.Case{ID: r.ID, Programme: r.Programme, Vendor: vendors.ID(r.Vendor), Round: r.Round, About: reconcile.Subject(r.About), Refers: r.Refers, State: reconcile.CaseState(r.State),
		Findings: each(r.Findings, findingRecord.finding), Value: r.Value.amount(), Frozen: r.Frozen.amount(),
		Money: each(r.Money, heldRecord.held), Digest: r.Digest, OpenedBy: r.OpenedBy, FrozenBy: r.FrozenBy, DecidedBy: r.DecidedBy,
		Approval: r.Approval.approval(), Note: r.Note,
		Assigned: reconcile.Assignment{To: r.Assigned.To, Due: r.Assigned.Due.time()}, Hearing: r.Hearing.hearing(), Debt: r.Debt.debt(), Entries: r.Entries,
		Opened: r.Opened.time(), Decided: r.Decided.time()}
}

func debtRecordOf(d reconcile.Debt) debtRecord {
	return debtRecord{amountOf(d.Charged), amountOf(d.Recovered), amountOf(d.GivenUp), d.Permille,
		each(d.Claims, func(c vendors.ClaimID) string { return string(c) }), d.GiveUpBy}
}

func (r debtRecord) debt() reconcile.Debt {
	return reconcile.Debt{Charged: r.Charged.amount(), Recovered: r.Recovered.amount(), GivenUp: r.GivenUp.amount(), Permille: r.Permille,
		Claims: each(r.Claims, func(c string) vendors.ClaimID { return vendors.ClaimID(c) }), GiveUpBy: r.GiveUpBy}
}

func hearingRecordOf(h reconcile.Hearing) hearingRecord {
	return hearingRecord{h.Findings, instantOf(h.Asked), instantOf(h.Until), instantOf(h.Answered), h.Answer}
}

func (r hearingRecord) hearing() reconcile.Hearing {
	return reconcile.Hearing{Findings: r.Findings, Asked: r.Asked.time(), Until: r.Until.time(), Answered: r.Answered.time(), Answer: r.Answer}
}

func findingRecordOf(f reconcile.Finding) findingRecord {
	return findingRecord{f.ID, f.Detector, string(f.Vendor), string(f.Handheld), f.Round, f.Score, amountOf(f.Value),
		f.Evidence, f.Says, f.Dit, f.Clears, f.Clairait}
}

func (r findingRecord) finding() reconcile.Finding {
	return reconcile.Finding{ID: r.ID, Detector: r.Detector, Vendor: vendors.ID(r.Vendor), Handheld: vendors.HandheldID(r.Handheld),
		Round: r.Round, Score: r.Score, Value: r.Value.amount(), Evidence: r.Evidence,
		Says: r.Says, Dit: r.Dit, Clears: r.Clears, Clairait: r.Clairait}
}

func heldRecordOf(h reconcile.Held) heldRecord {
	return heldRecord{h.Entry, string(h.From), amountOf(h.Amount), amountOf(h.Value), string(h.Claim), h.Freeze, h.Paid, string(h.Outcome)}
}

func (r heldRecord) held() reconcile.Held {
	return reconcile.Held{Entry: r.Entry, From: ledger.Account(r.From), Amount: r.Amount.amount(), Value: r.Value.amount(),
		Claim: vendors.ClaimID(r.Claim), Freeze: r.Freeze, Paid: r.Paid, Outcome: reconcile.Outcome(r.Outcome)}
}
