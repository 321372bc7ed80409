package ledger

import (
	"context"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// Service answers questions about the books. Entries come
// from the packages whose facts they record, through Post.
//
// Methods return ErrQuery for a question out of bounds and ErrNotFound for an
// entry, checkpoint or size that the journal does not have.
type Service interface {
	// Statement returns a page of the postings under a vendor, round or fund,
	// with running balances. Vouchers appear together, by round.
	Statement(ctx context.Context, q StatementQuery) (Statement, error)
	// HouseholdStatement returns a page of the postings under one
	// beneficiary's vouchers. It shows personal data, so it is a method of its
	// own: fewer people may call it.
	HouseholdStatement(ctx context.Context, q StatementQuery) (Statement, error)
	// RoundSums returns what was allocated, issued, spent and returned.
	RoundSums(ctx context.Context, q RoundQuery) ([]RoundSum, error)
	// TrialBalance returns what every account holds, vouchers by round.
	TrialBalance(ctx context.Context, q TrialQuery) ([]TrialLine, error)
	// Journal returns a page of leaves, byte for byte.
	Journal(ctx context.Context, q JournalQuery) (JournalPage, error)
	// Leaves returns leaves in bulk, for those who recompute everything.
	Leaves(ctx context.Context, q LeavesQuery) (Leaves, error)
	// Checkpoint returns the latest signed checkpoint.
	Checkpoint(ctx context.Context, q CheckpointQuery) (Checkpoint, error)
	// Inclusion proves that a leaf is in the log of a size.
	Inclusion(ctx context.Context, q InclusionQuery) (Inclusion, error)
	// Consistency proves that the log of one size begins with that of another.
	Consistency(ctx context.Context, q ConsistencyQuery) (Consistency, error)
	// Late lists entries of a closed period that were posted after its end.
	Late(ctx context.Context, q LateQuery) (LatePage, error)
}

// Errors of the service.
var (
	ErrQuery = fault.New(fault.Invalid, "ledger_query",
		"A part of the question is malformed or out of bounds.",
		"Un élément de la question est mal formé ou hors limites.")
)

// Subject is what a statement is about.
type Subject string

// The subjects of statements.
const (
	OneVendor Subject = "vendor"
	OneRound  Subject = "round"
	OneFund   Subject = "fund"
)

// StatementQuery asks for a page of a statement. HouseholdStatement ignores Of.
type StatementQuery struct {
	Of    Subject
	ID    string
	From  uint64 // sequence to go on from
	Limit int    // entries, 1 to 1000
	By    Actor  // who reads it
}

// RoundQuery names a round.
type RoundQuery struct{ Round string }

// TrialQuery asks for the trial balance as it is now.
type TrialQuery struct{}

// CheckpointQuery asks for the latest checkpoint.
type CheckpointQuery struct{}

// JournalQuery asks for leaves from a sequence on, 1 to 1000 of them.
type JournalQuery struct {
	From  uint64
	Limit int
}

// JournalPage is a run of leaves. It holds fewer than asked for where they
// are large; More says whether there are any after it.
type JournalPage struct {
	From   uint64
	Leaves [][]byte
	More   bool
}

// LeavesQuery asks for the leaves from one sequence up to another, which is
// not included.
type LeavesQuery struct{ From, To uint64 }

// Leaves is a run of leaves, each followed by a newline; a leaf holds none. It
// has at least one leaf where the journal has one, and at most 10,000 or about
// 8 MiB: whoever wants more asks again from where it ended.
type Leaves struct {
	Count int
	Lines []byte
}

// InclusionQuery asks about the leaf of an entry in the log of a size; 0 is
// the size of the latest checkpoint.
type InclusionQuery struct{ Entry, Size uint64 }

// Inclusion is a proof that RFC 9162, 2.1.3.2 verifies (tlog.CheckRecord).
type Inclusion struct {
	Entry, Size uint64
	Root        tlog.Hash
	Leaf        []byte
	Proof       tlog.RecordProof
	Note        string // the signed checkpoint, where the size is that of the latest
}

// ConsistencyQuery asks about two sizes of the log, 1 or more; a new one of 0
// is the size of the latest checkpoint.
type ConsistencyQuery struct{ Old, New uint64 }

// Consistency is a proof that RFC 9162, 2.1.4.2 verifies (tlog.CheckTree).
type Consistency struct {
	Old, New         uint64
	OldRoot, NewRoot tlog.Hash
	Proof            tlog.TreeProof
}

// LateQuery asks for the late entries of the last closed period from a
// sequence on; at most limit, 1 to 1000.
type LateQuery struct {
	From  uint64
	Limit int
}

// LateEntry is an entry whose interval had ended when the period did and that
// was posted after it.
type LateEntry struct {
	Seq      uint64
	Posted   time.Time
	From, To time.Time
	Kind     Kind
	Round    string
	Ref      string
	Moved    []money.Amount // one sum per asset
}

// LatePage is a part of the list; it may be short or empty and have more
// after it, as each page looks at a bounded number of entries.
type LatePage struct {
	Through time.Time // the end of the last closed period; zero if there is none
	Entries []LateEntry
	Next    uint64
	More    bool
}

// New returns the service over a store.
func New(s Store) Service { return service{s} }

type service struct{ store Store }

const (
	pageMax      = 1000
	pageBytesMax = 4 << 20 // of leaves in one page, the first one aside
	bulkMax      = 10_000  // leaves in bulk
	bulkBytesMax = 8 << 20 // of them, the last one aside
	lateScanMax  = 20_000  // entries that one page of late ones looks at
)

func checkLimit(n int) error {
	if n < 1 || n > pageMax {
		return ErrQuery.At("limit", "from 1 to %d", pageMax)
	}
	return nil
}

func checkID(id string) error {
	if len(id) > accountMax || !identifier(id) {
		return ErrQuery.At("id", "letters, digits, '-', '_' and '.', at most %d", accountMax)
	}
	return nil
}

// read runs a question in a View.
func read[R any](ctx context.Context, s Store, fn func(Tx) (R, error)) (R, error) {
	var result R
	err := s.View(ctx, func(tx Tx) (err error) {
		result, err = fn(tx)
		return err
	})
	if err != nil {
		var none R
		return none, err
	}
	return result, nil
}

func (s service) Statement(ctx context.Context, q StatementQuery) (Statement, error) {
	accounts := map[Subject]func(string) []Account{OneVendor: OfVendor, OneRound: OfRound, OneFund: OfFund}[q.Of]
	if accounts == nil {
		return Statement{}, ErrQuery.At("of", "vendor, round or fund")
	}
	return s.statement(ctx, q, accounts)
}

func (s service) HouseholdStatement(ctx context.Context, q StatementQuery) (Statement, error) {
	return s.statement(ctx, q, OfBeneficiary)
}

func (s service) statement(ctx context.Context, q StatementQuery, accounts func(string) []Account) (Statement, error) {
	if err := checkID(q.ID); err != nil {
		return Statement{}, err
	}
	if err := checkLimit(q.Limit); err != nil {
		return Statement{}, err
	}
	return read(ctx, s.store, func(tx Tx) (Statement, error) {
		return StatementOf(tx, accounts(q.ID), q.From, q.Limit)
	})
}

func (s service) RoundSums(ctx context.Context, q RoundQuery) ([]RoundSum, error) {
	if err := checkID(q.Round); err != nil {
		return nil, err
	}
	return read(ctx, s.store, func(tx Tx) ([]RoundSum, error) { return SumsOf(tx, q.Round) })
}

func (s service) TrialBalance(ctx context.Context, _ TrialQuery) ([]TrialLine, error) {
	return read(ctx, s.store, TrialBalance)
}
