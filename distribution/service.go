package distribution

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/voucher"
)

// Service plans, approves, issues and closes rounds. Every method returns
// access.ErrDenied to who holds none of the method's Roles, and ErrNotFound
// for what is not in the actor's programme. Commands run at most once for
// their key (ledger.Once).
type Service interface {
	// CreateProgramme begins the actor's programme. Errors: ErrTaken,
	// ErrCommand.
	CreateProgramme(ctx context.Context, cmd CreateProgramme) (Programme, error)
	Programme(ctx context.Context, q Query) (Programme, error)

	// CreateFund records a donor's promise. Errors: ErrTaken, ErrCommand.
	CreateFund(ctx context.Context, cmd CreateFund) (Fund, error)
	// ReceiveFund records money that arrived, at the bank's actual rate.
	ReceiveFund(ctx context.Context, cmd ReceiveFund) (FundReceipt, error)
	Funds(ctx context.Context, q Query) ([]FundView, error)
	// PrepareGiveBack begins a return of a fund's money to its donor,
	// ApproveGiveBack is the second person's word. Errors: ErrBudget,
	// ErrReturn and those of access.Proposal.
	PrepareGiveBack(ctx context.Context, cmd PrepareGiveBack) (Fund, error)
	ApproveGiveBack(ctx context.Context, cmd ApproveReturn) (Fund, error)

	// ImportList reads a list of households. A wrong row is reported and stops
	// no other; the same file again changes nothing; an import that was
	// interrupted is finished by repeating it. Errors: those of package intake.
	ImportList(ctx context.Context, cmd ImportList) (ImportReport, error)
	// AbandonImport takes what an interrupted import has read for the whole.
	AbandonImport(ctx context.Context, cmd AbandonImport) (Import, error)
	Imports(ctx context.Context, q Query) ([]Import, error)
	// Duplicates lists pairs of households that may be one, persons masked.
	Duplicates(ctx context.Context, q ListDuplicates) (DuplicatePage, error)
	// DecideDuplicate is a person's word on a pair; it may be taken back.
	DecideDuplicate(ctx context.Context, cmd DecideDuplicate) (Duplicate, error)

	// LoadPlaces reads a place list of one edition. Errors: ErrPlaces and
	// those of package places.
	LoadPlaces(ctx context.Context, cmd LoadPlaces) (LoadedPlaces, error)
	// SetPoint makes a distribution point or changes it, and assigns to it
	// the households of its name or villages that have no other point.
	SetPoint(ctx context.Context, cmd SetPoint) (PointView, error)
	Points(ctx context.Context, q Query) ([]Point, error)
	// SuggestPoints lists the points that households without one were
	// registered for by name.
	SuggestPoints(ctx context.Context, q Query) ([]SuggestedPoint, error)

	// ImportPresence reads a list of where other organisations work (3W, 4W, 5W, a
	// cluster's planning), with which lots are compared. The same list again changes
	// nothing. Errors: ErrCommand, ErrPresence and those of package presence.
	ImportPresence(ctx context.Context, cmd ImportPresence) (PresenceReport, error)
	// PresenceLists says what was imported; nothing hands out the rows.
	PresenceLists(ctx context.Context, q Query) ([]PresenceList, error)
	WithdrawPresence(ctx context.Context, cmd WithdrawPresence) (PresenceList, error)

	// ImportCalendar reads weekly market days of points, and fairs and mobile shops
	// announced for them. Market days replace those known of the point; an event that
	// is over is refused, and one that is called off is named again with that status.
	// The same file again changes nothing. Errors: ErrCalendar and those of package
	// market.
	ImportCalendar(ctx context.Context, cmd ImportMarket) (MarketReport, error)
	// Calendar returns market days and events. Until an embargo ends, events in the
	// time of its round are seen by who was named or announced them, each look in
	// the journal.
	Calendar(ctx context.Context, q Query) ([]Occasion, error)
	// ImportPrices reads a bulletin of market prices, such as WFP's, and keeps those
	// of the goods on price lists in the zones of the programme's points, of the last
	// two years. Errors as ImportCalendar's.
	ImportPrices(ctx context.Context, cmd ImportMarket) (MarketReport, error)
	// MarketPrices returns the latest price of each item on each market.
	MarketPrices(ctx context.Context, q Query) ([]MarketPrice, error)

	// Households, Household and FindHouseholds decrypt persons; each call is
	// journalled with its purpose and how many it showed.
	Households(ctx context.Context, q ListHouseholds) (HouseholdPage, error)
	Household(ctx context.Context, q ReadHousehold) (HouseholdView, error)
	FindHouseholds(ctx context.Context, q FindHouseholds) ([]HouseholdView, error)
	// Forget erases a household's person for ever. Its money stays accounted
	// for. Once forgotten, reading it is ErrForgotten.
	Forget(ctx context.Context, cmd Forget) (struct{}, error)

	// PrepareExport begins an export of persons, ApproveExport is the data
	// protection officer's word on it. Errors: ErrCommand, ErrExportChanged and
	// those of access.Proposal.
	PrepareExport(ctx context.Context, cmd PrepareExport) (Export, error)
	ApproveExport(ctx context.Context, cmd ApproveExport) (Export, error)
	Exports(ctx context.Context, q Query) ([]Export, error)
	// TakeExport returns one copy, encrypted to its recipient and marked, after
	// the journal has its SHA-256. Errors: access.ErrApprovals, ErrExportCopies,
	// ErrExportTaken.
	TakeExport(ctx context.Context, cmd TakeExport) (Document, error)
	// TraceExport says which copies a list that was found may be.
	TraceExport(ctx context.Context, q TraceExport) ([]Traced, error)

	// NameReader lets a person who acts as a donor take the reports on a fund, or
	// no longer. Errors: ErrCommand.
	NameReader(ctx context.Context, cmd NameReader) (Fund, error)

	// CreateRound plans a round. Errors: ErrRule, ErrCommand, ErrTaken.
	CreateRound(ctx context.Context, cmd CreateRound) (Round, error)
	// NamePerson lets somebody see an embargoed round's dates and places before
	// their hour; only who sees them names others. Everybody else gets the round
	// without dates, its lots without places, and ErrEmbargoed where he would
	// prepare, approve or print.
	NamePerson(ctx context.Context, cmd NamePerson) (Round, error)
	Rounds(ctx context.Context, q Query) ([]Round, error)
	// Allocate draws on funds for a round. Errors: ErrBudget, ErrRoundState.
	Allocate(ctx context.Context, cmd Allocate) (Round, error)

	// PrepareLot computes what the households of some points are entitled to.
	// Given a lot, it prepares that one again. Errors: ErrImportOpen,
	// ErrLotEmpty, ErrBudget, ErrRoundState, ErrLotState, ErrListMoved.
	PrepareLot(ctx context.Context, cmd PrepareLot) (Lot, error)
	// ApproveLot is another person's agreement to the lot's digest. Errors:
	// ErrLotChanged, ErrLotState, ErrOverlapMoved, ErrOverlapAnswer and those of
	// access.Proposal.
	ApproveLot(ctx context.Context, cmd ApproveLot) (Lot, error)
	// IssueLot signs an approved lot's vouchers and spares. Interrupted, it
	// is repeated. Errors: access.ErrApprovals, ErrLotChanged, ErrLotState.
	IssueLot(ctx context.Context, cmd IssueLot) (Lot, error)
	Lots(ctx context.Context, q ListLots) ([]Lot, error)
	Lot(ctx context.Context, q ReadLot) (Lot, error)
	// Include gives a household that came late spares of an issued lot; each
	// voucher.Proposal waits for a second person. Errors: ErrEntitled, ErrRule
	// and those of voucher.Service.Propose.
	Include(ctx context.Context, cmd Include) ([]voucher.Proposal, error)

	// PrintCards, PrintHandOver and PrintPackingList return papers of a lot;
	// each printing is counted in the journal. Errors: ErrLotState and those
	// of package cards.
	PrintCards(ctx context.Context, cmd Print) (Document, error)
	PrintHandOver(ctx context.Context, cmd Print) (Document, error)
	PrintPackingList(ctx context.Context, cmd Print) (Document, error)

	// EndSales is the first step of the close, from SalesEnd on. Errors:
	// ErrRoundState, ErrLotState.
	EndSales(ctx context.Context, cmd ChangeRound) (Round, error)
	// CloseRound ends every voucher that is left, from GraceUntil on. Errors:
	// ErrRoundState, voucher.ErrGrace. Interrupted, it is repeated.
	CloseRound(ctx context.Context, cmd ChangeRound) (Round, error)
	// PrepareReturn computes what goes back to the funds, in proportion to
	// what was drawn on each; ApproveReturn is the second person's word.
	// Errors: ErrRoundState, ErrReturn and those of access.Proposal.
	PrepareReturn(ctx context.Context, cmd PrepareReturn) (Round, error)
	ApproveReturn(ctx context.Context, cmd ApproveReturn) (Round, error)
	// Summary says where a round's money and kilos are.
	Summary(ctx context.Context, q ReadRound) (RoundSummary, error)
	// Profile counts a round's households by cercle, sex and age of the head, and
	// status. It decrypts every household, which the journal says; its small
	// counts must not be published as they are, and no route hands it out.
	Profile(ctx context.Context, q ReadRound) (Profile, error)
}

// Query asks for what the actor's programme has.
type Query struct{ By access.Actor }

// Document is a paper. Write may be called once; its errors are those of
// package cards.
type Document struct {
	Filename string
	Write    func(io.Writer) error
}

// Errors about commands.
var (
	ErrCommand = fault.New(fault.Invalid, "distribution_invalid",
		"What was given breaks a rule.",
		"Les données fournies enfreignent une règle.")
	ErrTaken = fault.New(fault.Conflict, "distribution_taken",
		"This id is in use already. Choose another.",
		"Cet identifiant est déjà utilisé. Choisissez-en un autre.")
)

// Config is what a Service works with.
type Config struct {
	Sealer   *Sealer
	Vouchers voucher.Service
	Prover   access.Prover
	Issuer   string       // the iss of vouchers: a short name of the organisation
	Hotline  string       // printed on cards; may be ""
	Reads    *ReadCounter // may be nil
}

type service struct {
	store   Store
	cfg     Config
	issuing atWork
}

// New returns the service on the store.
func New(store Store, cfg Config) Service { return &service{store: store, cfg: cfg} }

// request is the content that an idempotency key stands for. Who gives the
// command, and the key itself, are no part of it.
type request struct {
	Method  Method
	Command any
}

// acting is the actor as the journal names it.
func acting(by access.Actor, m Method) (ledger.Actor, error) {
	role, err := by.As(Roles[m]...)
	return ledger.Actor{Role: string(role), Name: by.Pseudonym}, err
}

// commandKey scopes an idempotency key to the actor in his programme.
func commandKey(by access.Actor, key string) ledger.CommandKey {
	return ledger.CommandKey{Actor: by.Programme + "/" + by.ID, Key: key}
}

// once runs a command at most once for its key, as the actor in the role that
// allows it.
func once[R any](ctx context.Context, s *service, m Method, by access.Actor, key string, cmd any, fn func(Tx, ledger.Actor) (R, error)) (R, error) {
	actor, err := acting(by, m)
	if err != nil {
		var zero R
		return zero, err
	}
	k := commandKey(by, key)
	return ledger.Once(ctx, s.store.Update, k, request{m, cmd}, func(tx Tx) (R, error) {
		if m != MethodCreateProgramme {
			if _, err := tx.Programme(by.Programme); err != nil {
				var zero R
				return zero, err
			}
		}
		return fn(tx, actor)
	})
}

// done reports whether the key has an outcome: work that precedes the command
// need not be done again then, and must not refuse.
func (s *service) done(ctx context.Context, by access.Actor, key string) (bool, error) {
	err := s.store.View(ctx, func(tx Tx) error {
		_, err := tx.Outcome(commandKey(by, key))
		return err
	})
	if errors.Is(err, ledger.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// read runs a query of the actor in one View.
func read[R any](ctx context.Context, s *service, m Method, by access.Actor, fn func(Tx) (R, error)) (R, error) {
	var r R
	if _, err := acting(by, m); err != nil {
		return r, err
	}
	err := s.store.View(ctx, func(tx Tx) (err error) {
		r, err = fn(tx)
		return err
	})
	return r, err
}

// own returns what get found if it is of the actor's programme.
func own[V any](v V, err error, programme string, by access.Actor) (V, error) {
	var zero V
	if err != nil {
		return zero, err
	}
	if programme != by.Programme {
		return zero, ErrNotFound
	}
	return v, nil
}

func roundOf(tx Tx, by access.Actor, id string) (Round, error) {
	r, err := tx.Round(id)
	return own(r, err, r.Programme, by)
}

func lotOf(tx Tx, by access.Actor, id string) (Lot, error) {
	l, err := tx.Lot(id)
	return own(l, err, l.Programme, by)
}

func fundOf(tx Tx, by access.Actor, id string) (Fund, error) {
	f, err := tx.DonorFund(id)
	return own(f, err, f.Programme, by)
}

func householdOf(tx Tx, by access.Actor, id BeneficiaryID) (Beneficiary, error) {
	b, err := tx.Beneficiary(id)
	return own(b, err, b.Programme, by)
}

func collect[V any](seq iter.Seq2[V, error]) ([]V, error) {
	var all []V
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// free returns ErrTaken unless err says that there is no such thing.
func free(field string, err error) error {
	switch {
	case err == nil:
		return ErrTaken.At(field, "in use")
	case errors.Is(err, ErrNotFound):
		return nil
	}
	return err
}

// The bounds of what people type, in bytes.
const (
	idMax   = 24
	textMax = 120
	codeMax = 16 // of a point; package cards prints no longer one
)

// checkID wants lower-case letters, digits and "-", a letter or digit first.
func checkID(field, s string) error {
	ok := s != "" && len(s) <= idMax && s[0] != '-'
	for _, c := range []byte(s) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')
	}
	if !ok {
		return ErrCommand.At(field, "1 to %d lower-case letters, digits and dashes", idMax)
	}
	return nil
}

// checkCode wants letters, digits, "-", "_" and ".".
func checkCode(field, s string, limit int) error {
	ok := s != "" && len(s) <= limit
	for _, c := range []byte(s) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.')
	}
	if !ok {
		return ErrCommand.At(field, "1 to %d letters, digits, dashes and points", limit)
	}
	return nil
}

// checkText wants one line of text; least is 0 where it may be missing.
func checkText(field, s string, least int) error { return checkWords(field, s, least, textMax) }

func checkWords(field, s string, least, most int) error {
	n := utf8.RuneCountInString(s)
	ok := utf8.ValidString(s) && n >= least && n <= most
	for _, r := range s {
		ok = ok && !unicode.IsControl(r)
	}
	if !ok {
		return ErrCommand.At(field, "%d to %d letters on one line", least, most)
	}
	return nil
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func where(field string, n int) string { return fmt.Sprintf("%s[%d]", field, n) }
