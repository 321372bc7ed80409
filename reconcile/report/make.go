package report

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/voucher"
)

// Round is everything that a report on one round says.
type Round struct {
	Programme  distribution.Programme
	Round      distribution.Round
	At         time.Time // of the last entry of the journal that it was made from
	Size       uint64    // of that journal
	Checkpoint string    // its root, in standard base64
	Ties       bool      // the figures equal the ledger's balances, and each other
	TieErrors  []string
	*Figures
	Points  map[string]string // names by code; empty while the round's places are embargoed
	Vendors map[string]string // names by id
	Funds   map[string]string // names by id
	donors  []string          // of its funds
	// What the lots said of other organisations.
	overlaps     []lotOverlap
	overlapsMore int
	answers      []coordination
}

// ErrFigure says that a report has no such figure.
var ErrFigure = fault.New(fault.NotFound, "figure_not_found",
	"The report has no figure with this id. Its list of figures has them all.",
	"Le rapport n'a aucun chiffre de cet identifiant. Sa liste de chiffres les contient tous.")

// maker fills a round's figures from one transaction.
type maker struct {
	*Figures
	tx       Tx
	round    distribution.Round
	cards    map[voucher.Serial]card
	receipts map[voucher.Hash]receipt
}

// card is what figures need of a voucher.
type card struct {
	handed time.Time // the middle of the interval; zero where it was not
	mode   voucher.Mode
	value  money.Amount
}

// receipt is what figures need of a record.
type receipt struct {
	said, arrived time.Time
	full          bool
	channel       string
}

// Watch is told of what Make does. Each of its functions may be nil.
type Watch struct {
	Progress func(done, of int)
	// Reconcile makes the reconciliation; reconcile.Make where nil.
	Reconcile func(reconcile.Progress) (reconcile.Report, error)
	// Terms returns who is told each term of a figure, nil for nobody.
	Terms func(Key) func(Term) error
}

// Make counts every figure of a round in one transaction. It returns
// reconcile.ErrNotFound for a round that is not the programme's, and the errors
// of reconcile.Make and of Watch.
func Make(tx Tx, programme, round string, limits detect.Thresholds, w Watch) (Round, error) {
	r, err := tx.Round(round)
	if errors.Is(err, distribution.ErrNotFound) || err == nil && r.Programme != programme {
		return Round{}, reconcile.ErrNotFound.At("round", "not of this programme")
	}
	if err != nil {
		return Round{}, err
	}
	progress := w.Progress
	if progress == nil {
		progress = func(int, int) {}
	}
	m := &maker{Figures: &Figures{all: map[Key]*Figure{}, terms: w.Terms}, tx: tx, round: r,
		cards: map[voucher.Serial]card{}, receipts: map[voucher.Hash]receipt{}}
	out := Round{Round: r, Figures: m.Figures}
	if out.Programme, err = tx.Programme(programme); err != nil {
		return out, err
	}
	// Reconciling is most of the work.
	if w.Reconcile == nil {
		w.Reconcile = func(p reconcile.Progress) (reconcile.Report, error) {
			return reconcile.Make(tx, programme, round, limits, p)
		}
	}
	rec, err := w.Reconcile(func(done, of int) { progress(done*(steps-own)/of, steps) })
	if err != nil {
		return out, err
	}
	out.At, out.Size, out.Checkpoint, out.TieErrors = rec.At, rec.Size, rec.Checkpoint, rec.TieErrors
	for i, step := range []func() error{m.people, m.records, m.books, func() error { return m.sales(rec.Lines) },
		func() error { return m.control(rec) }, m.claims, func() error { return errors.Join(m.names(&out), m.overlaps(&out)) }} {
		progress(steps-own+i, steps)
		if err := errors.Join(step(), m.wrong); err != nil {
			return out, fmt.Errorf("report on round %s: %w", round, err)
		}
	}
	m.derived()
	wrong, err := m.tie(rec)
	if err != nil {
		return out, err
	}
	out.TieErrors = append(out.TieErrors, wrong...)
	out.Ties = len(out.TieErrors) == 0
	progress(steps, steps)
	return out, m.wrong
}

// steps are how far progress counts, own those that follow reconciling.
const steps, own = 30, 10

// names reads what points, vendors and funds are called.
func (m *maker) names(out *Round) error {
	out.Points, out.Vendors, out.Funds = map[string]string{}, map[string]string{}, map[string]string{}
	if !m.tx.Now().Before(m.round.EmbargoUntil) {
		for p, err := range m.tx.Points(m.round.Programme) {
			if err != nil {
				return err
			}
			out.Points[p.Code] = p.Name
		}
	}
	for v, err := range m.tx.Vendors(m.round.Programme, "") {
		if err != nil {
			return err
		}
		out.Vendors[string(v.ID)] = v.Name
	}
	for f, err := range m.tx.DonorFunds(m.round.Programme) {
		if err != nil {
			return err
		}
		out.Funds[f.ID] = f.Name
		if m.all[Key{"budget", "fund", f.ID}] != nil && !slices.Contains(out.donors, f.Donor) {
			out.donors = append(out.donors, f.Donor)
		}
	}
	return nil
}

// entry is how a term names an entry of the journal.
func entry(seq uint64) ref { return ref{kind: "entry", n: seq} }

// entries calls fn with every entry that posts to the account, oldest first.
func (m *maker) entries(a ledger.Account, fn func(ledger.Entry) error) error {
	const page = 1000
	for from := uint64(0); ; {
		seqs, err := m.tx.PostingsOf(a, from, page)
		if err != nil {
			return err
		}
		for _, seq := range seqs {
			from = seq + 1
			e, err := m.tx.Entry(seq)
			if err != nil {
				return err
			}
			if err := fn(e); err != nil {
				return fmt.Errorf("entry %d: %w", seq, err)
			}
		}
		if len(seqs) < page {
			return nil
		}
	}
}
