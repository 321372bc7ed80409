package finance

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// Errors of movements.
var (
	ErrNotFound = fault.New(fault.NotFound, "finance_not_found",
		"There is no such thing in this programme.",
		"Cela n'existe pas dans ce programme.")
	ErrMovement = fault.New(fault.Invalid, "movement_invalid",
		"What was given about the movement breaks a rule.",
		"Les données fournies sur le mouvement enfreignent une règle.")
	ErrMovementState = fault.New(fault.Conflict, "movement_state",
		"The movement is not the one that was prepared, or was decided already.",
		"Le mouvement n'est pas celui qui a été préparé, ou a déjà fait l'objet d'une décision.")
)

// MovementKind says what a movement does. The set is closed.
type MovementKind string

// The kinds.
const (
	Repayment  MovementKind = "repayment"  // a vendor pays an advance back: to the bank
	WriteOff   MovementKind = "write-off"  // an advance is given up: a fund bears it
	Remittance MovementKind = "remittance" // what was withheld from vendors is paid to the treasury
)

// MovementState is where a movement is in its life.
type MovementState string

// The states.
const (
	MovementPrepared MovementState = "prepared"
	MovementPosted   MovementState = "posted"
	MovementRefused  MovementState = "refused"
)

// Movement is money that one person says has moved or is given up, and that
// moves in the books once another agreed to it.
type Movement struct {
	ID         string
	Programme  string
	Kind       MovementKind
	Vendor     vendors.ID   // whose advance; "" of a remittance
	Amount     money.Amount // in XOF
	Bank       string       // of a repayment or remittance
	Fund       string       // of a write-off: it bears the loss
	Reason     string       // or the bank's reference; it is not in the journal
	State      MovementState
	Digest     [32]byte // SHA-256 of all the above but the state
	PreparedBy string   // staff id
	Approval   access.Approval
	RefusedBy  string // staff id
	Created    time.Time
	Entry      uint64
}

// PrepareMovement is the command to propose a movement.
type PrepareMovement struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Kind   MovementKind
	Vendor vendors.ID
	Amount money.Amount
	Bank   string
	Fund   string
	Reason string // 1 to 128 bytes
}

// DecideMovement is the command to post the movement whose digest is given, or
// to refuse it.
type DecideMovement struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	ID     string
	Digest [32]byte // of what was looked at; not looked at where it is refused
}

// List asks for a page of a list: at most Limit things, 1 to 1000, whose ids
// sort above After.
type List struct {
	By    access.Actor
	After string
	Limit int
}

// Page is a part of a list. Next is where the next one starts; "" at the end.
type Page[T any] struct {
	Items []T
	Next  string
}

const textMax = 128

var bankForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

func plain(s string) bool {
	if s == "" || len(s) > textMax || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}

func (c PrepareMovement) check() error {
	switch {
	case c.Amount.Asset() != money.XOF || c.Amount.Sign() <= 0:
		return ErrMovement.At("amount", "XOF, more than zero")
	case !plain(c.Reason):
		return ErrMovement.At("reason", "1 to %d bytes of text on one line", textMax)
	case c.Kind != Repayment && c.Kind != WriteOff && c.Kind != Remittance:
		return ErrMovement.At("kind", "repayment, write-off or remittance")
	case (c.Kind == Remittance) != (c.Vendor == ""):
		return ErrMovement.At("vendor", "of a repayment or write-off, and of no other")
	case (c.Kind == WriteOff) != (c.Fund != ""):
		return ErrMovement.At("fund", "of a write-off, and of no other")
	case (c.Kind == WriteOff) == (c.Bank != "") || c.Bank != "" && !bankForm.MatchString(c.Bank):
		return ErrMovement.At("bank", "of a repayment or remittance, and of no other")
	}
	return nil
}

func (s *service) PrepareMovement(ctx context.Context, cmd PrepareMovement) (Movement, error) {
	seed, err := s.seed()
	if err != nil {
		return Movement{}, err
	}
	return once(ctx, s, MethodPrepareMovement, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Movement, error) {
		if err := cmd.check(); err != nil {
			return Movement{}, err
		}
		m := Movement{ID: newID("m", tx.Now(), seed), Programme: cmd.By.Programme, Kind: cmd.Kind, Vendor: cmd.Vendor, Amount: cmd.Amount,
			Bank: cmd.Bank, Fund: cmd.Fund, Reason: cmd.Reason, State: MovementPrepared, PreparedBy: cmd.By.ID, Created: tx.Now()}
		if err := m.owned(tx); err != nil {
			return Movement{}, err
		}
		said := m.content()
		m.Digest = said.Digest()
		return m, errors.Join(m.decide(tx, as, "movement-prepared"), tx.PutPrepared(said.Prepare(cmd.By, Roles[MethodApproveMovement])), tx.PutMovement(m))
	})
}

// content is what another person agrees to: exactly what is posted, and why.
func (m Movement) content() access.Content {
	c := access.Content{What: "movement", ID: m.ID, Programme: m.Programme, Lines: []access.Line{{"is", string(m.Kind)},
		{"amount", m.Amount.String()}, {"vendor", string(m.Vendor)}, {"reason", m.Reason}}}
	for _, p := range m.entry(ledger.Actor{}).Postings {
		c.Lines = append(c.Lines, access.Line{"posting", string(p.Debit), string(p.Credit), p.Amount.String()})
	}
	return c
}

// owned looks whether the vendor and the fund are the programme's.
func (m Movement) owned(tx Tx) error {
	if m.Vendor != "" {
		if v, err := tx.Vendor(m.Vendor); err != nil || v.Programme != m.Programme {
			return errors.Join(err, noneOf(err))
		}
	}
	if m.Fund != "" {
		f, err := tx.DonorFund(m.Fund)
		if errors.Is(err, distribution.ErrNotFound) || err == nil && f.Programme != m.Programme {
			return ErrNotFound
		}
		return err
	}
	return nil
}

// noneOf is ErrNotFound where a thing was found, but another programme's.
func noneOf(found error) error {
	if found == nil {
		return ErrNotFound
	}
	return nil
}

func (m Movement) decide(tx Tx, as ledger.Actor, what string) error {
	_, err := ledger.Decide(tx, as, "", what, m.ID, map[string]string{"kind": string(m.Kind), "vendor": string(m.Vendor),
		"amount": m.Amount.Text(), "digest": hex.EncodeToString(m.Digest[:])})
	return err
}

// entry is what the movement posts.
func (m Movement) entry(as ledger.Actor) ledger.Entry {
	e := ledger.Entry{Actor: as, Ref: m.ID, Facts: map[string]string{"digest": hex.EncodeToString(m.Digest[:])}}
	p := ledger.Posting{Amount: m.Amount}
	switch m.Kind {
	case Repayment:
		e.Kind, p.Debit, p.Credit = ledger.KindRepay, ledger.Bank(m.Bank), ledger.Advance(string(m.Vendor))
	case WriteOff:
		e.Kind, p.Debit, p.Credit = ledger.KindWriteOff, ledger.Fund(m.Fund), ledger.Advance(string(m.Vendor))
	default:
		e.Kind, p.Debit, p.Credit = ledger.KindRemit, ledger.Withheld(m.Programme), ledger.Bank(m.Bank)
	}
	e.Postings = []ledger.Posting{p}
	return e
}

func (s *service) ApproveMovement(ctx context.Context, cmd DecideMovement) (Movement, error) {
	proof, err := s.prove(ctx, MethodApproveMovement, cmd.By, cmd.Digest)
	if err != nil {
		return Movement{}, err
	}
	return once(ctx, s, MethodApproveMovement, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Movement, error) {
		m, err := movementOf(tx, cmd)
		if err != nil {
			return Movement{}, err
		}
		if m.Digest != cmd.Digest {
			return Movement{}, ErrMovementState.At("digest", "it is another one")
		}
		p := access.Proposal{Programme: m.Programme, Digest: m.Digest, PreparedBy: m.PreparedBy, Roles: Roles[MethodApproveMovement]}
		if p, err = p.Approve(cmd.By, proof, tx.Now()); err != nil {
			return Movement{}, err
		}
		entry := m.entry(as)
		entry.Facts = proof.Facts(entry.Facts)
		e, err := ledger.Post(tx, entry)
		if err != nil {
			return Movement{}, err
		}
		m.State, m.Approval, m.Entry = MovementPosted, p.Approvals[0], e.Seq
		return m, tx.PutMovement(m)
	})
}

func (s *service) RefuseMovement(ctx context.Context, cmd DecideMovement) (Movement, error) {
	return once(ctx, s, MethodRefuseMovement, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Movement, error) {
		m, err := movementOf(tx, cmd)
		if err != nil {
			return Movement{}, err
		}
		m.State, m.RefusedBy = MovementRefused, cmd.By.ID
		return m, errors.Join(m.decide(tx, as, "movement-refused"), tx.PutMovement(m))
	})
}

// movementOf returns the programme's movement that is still to be decided.
func movementOf(tx Tx, cmd DecideMovement) (Movement, error) {
	m, err := tx.Movement(cmd.ID)
	if err == nil && m.Programme != cmd.By.Programme {
		err = ErrNotFound
	}
	if err == nil && m.State != MovementPrepared {
		err = ErrMovementState.At("state", "it is %s", m.State)
	}
	return m, err
}

func (s *service) Movements(ctx context.Context, q List) (Page[Movement], error) {
	return read(ctx, s, MethodMovements, q.By, func(tx Tx) (Page[Movement], error) {
		return page(tx.Movements(q.By.Programme, q.After), q.Limit, func(m Movement) string { return m.ID })
	})
}

// page takes the first things of a list.
func page[V any](list iter.Seq2[V, error], limit int, id func(V) string) (Page[V], error) {
	var p Page[V]
	limit = min(max(limit, 1), 1000)
	for v, err := range list {
		if err != nil {
			return Page[V]{}, fmt.Errorf("page: %w", err)
		}
		if len(p.Items) == limit {
			p.Next = id(p.Items[limit-1])
			break
		}
		p.Items = append(p.Items, v)
	}
	return p, nil
}
