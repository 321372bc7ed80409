package voucher

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// proposalLife is how long the second person may take (SECURITY: 72 h).
const proposalLife = 72 * time.Hour

// ProposalKind says what two people agree on.
type ProposalKind string

// The kinds of proposal.
const (
	ProposeReissue ProposalKind = "reissue" // a spare takes a lost card's place
	ProposeBind    ProposalKind = "bind"    // a spare goes to a household that came late
	ProposeStub    ProposalKind = "stub"    // a scratched stub brought to the office is paid
)

// Proposal waits for a second person.
type Proposal struct {
	ID          string
	Programme   string
	Kind        ProposalKind
	Serial      Serial // the lost card, or the stub's
	Spare       Serial // the card handed over instead; "" for a stub
	Beneficiary string // for bind
	Home        vendors.HandheldID
	Vendor      vendors.ID // for a stub
	SoldOn      time.Time  // for a stub
	By          string     // staff id
	Pseudonym   string
	At          time.Time
	Done        bool
	Digest      [32]byte `json:",omitzero"` // of a bind's content; in the answer to Propose alone
}

// Errors of proposals.
var (
	ErrFactor = fault.New(fault.Denied, "factor_wrong",
		"The code under the scratch label does not belong to this card.",
		"Le code sous la pastille à gratter n'appartient pas à cette carte.")
	ErrProposal = fault.New(fault.Conflict, "proposal_over",
		"The proposal was decided or is older than 72 hours.",
		"La proposition est déjà décidée ou date de plus de 72 heures.")
)

// Propose begins what takes two people.
type Propose struct {
	By          access.Actor `json:"-"`
	Key         string       `json:"-"`
	Kind        ProposalKind
	Serial      Serial             // reissue: the lost card; stub: the card
	Spare       Serial             // reissue, bind: the spare handed over; "" takes any of the same lot and value
	Lot         string             // bind
	Beneficiary string             // bind
	Value       money.Amount       // bind
	Home        vendors.HandheldID // bind; reissue keeps the old card's
	Secret      string             `json:"-"` // stub: the digits under the label; never stored
	Vendor      vendors.ID         // stub
	SoldOn      time.Time          // stub: as the vendor says
}

// Propose is documented at Service.
func (s *service) Propose(ctx context.Context, cmd Propose) (Proposal, error) {
	key := commandKey(cmd.By, cmd.Key)
	return ledger.Once(ctx, s.store.Update, key, cmd, func(tx Tx) (Proposal, error) {
		p := newProposal(tx, cmd)
		var err error
		switch cmd.Kind {
		case ProposeReissue:
			err = proposeReissue(tx, &p, cmd)
		case ProposeBind:
			if err = proposeBind(tx, &p, cmd); err == nil {
				p.Digest, err = p.offer(tx, cmd)
			}
		case ProposeStub:
			err = s.proposeStub(tx, cmd)
		default:
			err = fault.New(fault.Invalid, "proposal_kind", "Propose reissue, bind or stub.", "Proposez reissue, bind ou stub.")
		}
		if err != nil {
			return Proposal{}, err
		}
		return p, tx.PutProposal(p)
	})
}

// newProposal is what is proposed, before the rules of its kind.
func newProposal(tx Tx, cmd Propose) Proposal {
	sum := sha256.Sum256([]byte(cmd.By.ID + "\x00" + cmd.Key))
	return Proposal{ID: hex.EncodeToString(sum[:8]), Programme: cmd.By.Programme, Kind: cmd.Kind, Serial: cmd.Serial, Spare: cmd.Spare,
		Beneficiary: cmd.Beneficiary, Home: cmd.Home, Vendor: cmd.Vendor, SoldOn: cmd.SoldOn,
		By: cmd.By.ID, Pseudonym: cmd.By.Pseudonym, At: tx.Now()}
}

// proposeReissue stops the lost card at once and sets a spare aside.
func proposeReissue(tx Tx, p *Proposal, cmd Propose, but ...Serial) error {
	old, err := mine(tx, Query{By: cmd.By, Serial: cmd.Serial})
	if err != nil {
		return err
	}
	switch l := old.Life(); l {
	case Issued, Active:
		old.HeldAt = tx.Now()
		if err := tx.PutVoucher(old); err != nil {
			return err
		}
	case Held:
	default:
		return ErrLife.At("serial", "it is %s", l)
	}
	p.Beneficiary, p.Home = old.Beneficiary, old.Home
	spare, err := spareFor(tx, old.Lot, old.Value, cmd.Spare, but...)
	p.Spare = spare.Serial
	return err
}

func proposeBind(tx Tx, p *Proposal, cmd Propose) error {
	is, err := tx.Issue(cmd.Lot)
	if err != nil {
		return err
	}
	if is.Programme != cmd.By.Programme || cmd.Beneficiary == "" {
		return ErrNotFound
	}
	spare, err := spareFor(tx, cmd.Lot, cmd.Value, cmd.Spare)
	p.Spare = spare.Serial
	return err
}

// spareFor returns the spare asked for, or any of the lot and value that is
// free and not among but.
func spareFor(tx Tx, lot string, value money.Amount, want Serial, but ...Serial) (Voucher, error) {
	fits := func(v Voucher) bool {
		return v.Spare && v.Beneficiary == "" && v.Lot == lot && v.Value.Equal(value) && v.Life() == Issued &&
			!slices.Contains(but, v.Serial)
	}
	if want != "" {
		v, err := tx.VoucherBySerial(want)
		if err != nil {
			return Voucher{}, err
		}
		if !fits(v) {
			return Voucher{}, ErrSpares.At("spare", "not a free spare of this lot and value")
		}
		return v, nil
	}
	is, err := tx.Issue(lot)
	if err != nil {
		return Voucher{}, err
	}
	// Spares were signed last.
	vs, err := numbered(tx, is.Lot, is.Last+1-Number(is.Spares), is.Last)
	if err != nil {
		return Voucher{}, err
	}
	for _, v := range vs {
		if fits(v) {
			return v, nil
		}
	}
	return Voucher{}, ErrSpares
}

// proposeStub proves the stub now, so that its secret need not be kept.
func (s *service) proposeStub(tx Tx, cmd Propose) error {
	v, err := mine(tx, Query{By: cmd.By, Serial: cmd.Serial})
	if err != nil {
		return err
	}
	if l := v.Life(); l != Active && l != Issued {
		return ErrLife.At("serial", "it is %s", l)
	}
	seller, err := tx.Vendor(cmd.Vendor)
	if err != nil {
		return err
	}
	switch {
	case seller.Programme != cmd.By.Programme:
		return ErrNotFound
	case v.Mode != ModeSecret:
		return ErrFactor.At("serial", "a card that needs a PIN cannot be paid by its stub")
	case tx.Now().Before(v.NotBefore):
		return ErrLife.At("serial", "it is not valid yet")
	}
	is, err := tx.Issue(v.Lot)
	if err != nil {
		return err
	}
	a := arrival{opened: true, factor: Factor{Secret: cmd.Secret}}
	if got, err := s.checkFactor(tx, v, is, a); err != nil || got == factorFull {
		return err
	}
	return ErrFactor
}

// Agree is the second person's word on a proposal.
type Agree struct {
	By       access.Actor `json:"-"`
	Key      string       `json:"-"`
	Proposal string
}

// Agree is documented at Service.
func (s *service) Agree(ctx context.Context, cmd Agree) (Voucher, error) {
	proof, err := s.agreement(ctx, cmd)
	if err != nil {
		return Voucher{}, err
	}
	key := commandKey(cmd.By, cmd.Key)
	return ledger.Once(ctx, s.store.Update, key, cmd, func(tx Tx) (Voucher, error) {
		p, err := agreed(tx, cmd)
		switch {
		case err != nil:
			return Voucher{}, err
		case p.Kind == ProposeStub:
			return s.payStub(tx, p, cmd.By)
		case p.Kind == ProposeBind && s.cfg.Prover != nil:
			digest, err := contentDigest(tx, p)
			if err != nil {
				return Voucher{}, err
			}
			a := access.Proposal{Programme: p.Programme, Digest: digest, PreparedBy: p.By, Roles: allowed["agree"]}
			if _, err := a.Approve(cmd.By, proof, tx.Now()); err != nil {
				return Voucher{}, err
			}
		}
		return bind(tx, s.cfg.Rand, p, cmd.By, proof)
	})
}

// agreed marks a proposal as done, if this person may agree to it.
func agreed(tx Tx, cmd Agree) (Proposal, error) {
	p, err := tx.Proposal(cmd.Proposal)
	switch {
	case err != nil:
		return p, err
	case p.Programme != cmd.By.Programme:
		return p, ErrNotFound
	case p.Done, tx.Now().Sub(p.At) > proposalLife:
		return p, ErrProposal
	case p.By == cmd.By.ID:
		return p, vendors.ErrSamePerson
	}
	p.Done = true
	return p, tx.PutProposal(p)
}

// bind gives a spare to a household: with the lost card's value, or with value
// from the round. A lost card's own state was checked when it was held.
func bind(tx Tx, random io.Reader, p Proposal, second access.Actor, proof access.Proof) (Voucher, error) {
	spare, err := tx.VoucherBySerial(p.Spare)
	if err != nil {
		return Voucher{}, err
	}
	if spare.Beneficiary != "" || spare.Life() != Issued {
		return Voucher{}, ErrSpares.At("spare", "bound or ended in the meantime")
	}
	spare.Beneficiary, spare.Home = p.Beneficiary, p.Home
	salt := make([]byte, 16)
	if _, err := io.ReadFull(random, salt); err != nil {
		return Voucher{}, err
	}
	if err := tx.PutVoucherSalt(spare.Account(), salt); err != nil {
		return Voucher{}, err
	}
	e := ledger.Entry{Kind: ledger.KindIssue, Actor: by(second, "agree"), Round: spare.Round, Ref: spare.Lot,
		Facts:    proof.Facts(map[string]string{"proposed-by": p.Pseudonym, "proposal": p.ID}),
		Postings: []ledger.Posting{{Debit: ledger.Round(spare.Round), Credit: spare.Account(), Amount: spare.Value}}}
	if p.Kind == ProposeReissue {
		old, err := tx.VoucherBySerial(p.Serial)
		if err != nil {
			return Voucher{}, err
		}
		if l := old.Life(); l != Held {
			return Voucher{}, ErrLife.At("serial", "it is %s", l)
		}
		e.Kind, e.Postings[0].Debit = ledger.KindReissue, old.Account()
		old.VoidAt, old.VoidReason, old.ReplacedBy = tx.Now(), "replaced", spare.Serial
		// Whoever replaces a card hands it over at the same counter.
		spare.ActivatedAt = Interval{tx.Now(), tx.Now()}
		if err := tx.PutVoucher(old); err != nil {
			return Voucher{}, err
		}
	}
	if _, err := ledger.Post(tx, e); err != nil {
		return Voucher{}, err
	}
	return spare, tx.PutVoucher(spare)
}

// payStub stores a receipt that two people typed, and settles it.
func (s *service) payStub(tx Tx, p Proposal, second access.Actor) (Voucher, error) {
	v, err := tx.VoucherBySerial(p.Serial)
	if err != nil {
		return Voucher{}, err
	}
	r := StoredReceipt{Hash: HashOf(fmt.Sprintf("stub|%s|%s|%s", p.ID, p.Serial, p.Vendor)), Kind: RecordReceipt,
		Vendor: p.Vendor, Serial: v.Serial, Number: v.Number, Round: v.Round, Value: v.Value,
		At: Interval{From: v.NotBefore, To: tx.Now()}, Said: p.SoldOn, Full: true,
		TypedBy: [2]string{p.Pseudonym, second.Pseudonym}, Channel: "stub"}
	r.KeptRules = true
	d := verdict{state: Payable}
	switch {
	case v.ActivatedAt.IsZero():
		d = verdict{state: Waiting, reason: ReasonNotActivated}
	case !v.HeldAt.IsZero():
		d = verdict{state: Contested, reason: ReasonHeld}
	case !v.VoidAt.IsZero(), !v.ExpiredAt.IsZero():
		d = verdict{state: Contested, reason: ReasonLate, lost: true}
	}
	if err := s.settle(tx, &r, v, d); err != nil {
		return Voucher{}, err
	}
	return tx.Voucher(v.Number)
}
