package vendors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// PrepareSettlement is the command to gather accepted claims, of the vendors
// named or of all, whose contract says that they are paid by the method.
type PrepareSettlement struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	Method  string       // mobile-money, bank, cheque, cash or wholesaler
	Bank    string       // that pays; the configured one where empty
	Vendors []ID         // at most 1000; all where empty
}

// ApproveSettlement is the command to order the payments whose digest the
// approver has looked at.
type ApproveSettlement struct {
	By         access.Actor `json:"-"`
	Key        string       `json:"-"`
	Settlement string
	Digest     [32]byte
}

// RefuseSettlement is the command to end a prepared settlement.
type RefuseSettlement struct {
	By         access.Actor `json:"-"`
	Key        string       `json:"-"`
	Settlement string
	Reason     string
}

func (s *service) PrepareSettlement(ctx context.Context, cmd PrepareSettlement) (Settlement, error) {
	seed, err := s.seed()
	if err != nil {
		return Settlement{}, err
	}
	salt := make([]byte, 16)
	if _, err := io.ReadFull(s.random, salt); err != nil {
		return Settlement{}, fmt.Errorf("draw a salt: %w", err)
	}
	if cmd.Bank == "" {
		cmd.Bank = s.bank
	}
	return once(ctx, s, MethodPrepareSettlement, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Settlement, error) {
		if err := cmd.check(); err != nil {
			return Settlement{}, err
		}
		st := Settlement{ID: newID("s", tx.Now(), seed), Programme: cmd.By.Programme, Method: cmd.Method, Bank: cmd.Bank,
			State: SettlementPrepared, PreparedBy: cmd.By.ID, Created: tx.Now()}
		claims, lines, err := cmd.gather(tx)
		if err != nil {
			return Settlement{}, err
		}
		if len(lines) == 0 {
			return Settlement{}, ErrNothingToPay
		}
		for _, c := range claims {
			c.Settlement = st.ID
			if err := tx.PutClaim(c); err != nil {
				return Settlement{}, err
			}
		}
		if st, err = st.complete(tx, lines, fmt.Sprintf("%x", salt)); err != nil {
			return Settlement{}, err
		}
		said, err := st.content(tx, fmt.Sprintf("%x", salt))
		return st, errors.Join(err, offer(tx, said, cmd.By, MethodApproveSettlement), st.decide(tx, as, "settlement-prepared", access.Proof{}), tx.PutSettlement(st))
	})
}

func (cmd PrepareSettlement) check() error {
	var f findings
	_, known := methods[cmd.Method]
	f.add(known, "method", "mobile-money, bank, cheque, cash or wholesaler")
	f.add(idForm.MatchString(cmd.Bank), "bank", "lower-case letters, digits and -")
	f.add(len(cmd.Vendors) <= 1000, "vendors", "at most 1000")
	return f.err()
}

// gather returns the claims to be paid and their payments.
func (cmd PrepareSettlement) gather(tx Tx) (claims []Claim, lines []PaymentLine, err error) {
	p := newPayer(tx)
	for c, err := range tx.Claims(cmd.By.Programme, "") {
		if err != nil {
			return nil, nil, err
		}
		if c.State != ClaimAccepted || c.Settlement != "" || len(cmd.Vendors) > 0 && !slices.Contains(cmd.Vendors, c.Vendor) {
			continue
		}
		if len(lines) == paymentsMax {
			break
		}
		st, err := p.standing(c.Vendor)
		if err != nil {
			return nil, nil, err
		}
		if st.vendor.Contract.Payment.Method != cmd.Method {
			continue
		}
		l, ok, err := p.line(c)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			claims, lines = append(claims, c), append(lines, l)
		}
	}
	return claims, lines, nil
}

// decide journals what was decided about the settlement.
func (s Settlement) decide(tx Tx, as ledger.Actor, what string, proof access.Proof) error {
	_, err := ledger.Decide(tx, as, "", what, s.ID, proof.Facts(map[string]string{"payments": strconv.Itoa(len(s.Payments)),
		"total": s.Total.Text(), "method": s.Method, "digest": fmt.Sprintf("%x", s.Digest)}))
	return err
}

func (s *service) ApproveSettlement(ctx context.Context, cmd ApproveSettlement) (Settlement, error) {
	if _, err := acting(MethodApproveSettlement, cmd.By); err != nil {
		return Settlement{}, err
	}
	proof, err := s.prover.Prove(access.NewContext(ctx, cmd.By), cmd.Digest)
	if err != nil {
		return Settlement{}, err
	}
	return once(ctx, s, MethodApproveSettlement, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Settlement, error) {
		st, err := ownSettlement(tx, cmd.Settlement, cmd.By)
		if err != nil {
			return Settlement{}, err
		}
		if st.State != SettlementPrepared {
			return Settlement{}, ErrSettlementState.At("state", "it is %s", st.State)
		}
		now, err := st.again(tx)
		if err != nil {
			return Settlement{}, err
		}
		if now.Digest != st.Digest || now.Digest != cmd.Digest {
			return Settlement{}, ErrSettlementChanged
		}
		if err := st.documented(tx); err != nil {
			return Settlement{}, err
		}
		p := access.Proposal{Programme: st.Programme, Digest: st.Digest, PreparedBy: st.PreparedBy, Roles: Roles[MethodApproveSettlement]}
		if p, err = p.Approve(cmd.By, proof, tx.Now()); err != nil {
			return Settlement{}, err
		}
		st.Approval = p.Approvals[0]
		if err := st.decide(tx, as, "settlement-approved", proof); err != nil {
			return Settlement{}, err
		}
		for i := range st.Payments {
			if err := st.order(tx, as, &st.Payments[i], proof); err != nil {
				return Settlement{}, err
			}
		}
		st.State = st.progress()
		return st, tx.PutSettlement(st)
	})
}

// order posts one payment and what is kept of it. Where an advance takes all,
// nothing is sent and the claim is settled.
func (s Settlement) order(tx Tx, as ledger.Actor, p *PaymentLine, proof access.Proof) error {
	c, err := tx.Claim(p.Claim)
	if err != nil {
		return err
	}
	vendor := string(p.Vendor)
	facts := proof.Facts(map[string]string{"settlement": s.ID, "claim": string(p.Claim)})
	if p.Recover.Sign() > 0 {
		_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindRecover, Actor: as, Round: p.Round, Ref: p.Reference, Facts: facts,
			Postings: []ledger.Posting{{Debit: ledger.Claimed(vendor), Credit: ledger.Advance(vendor), Amount: p.Recover}}})
		if err != nil {
			return err
		}
		if c.Recovered, err = c.Recovered.Add(p.Recover); err != nil {
			return err
		}
	}
	c.State = ClaimOrdered
	if p.Amount.IsZero() {
		c.State, p.Result = ClaimSettled, PaidOut
		return tx.PutClaim(c)
	}
	e, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindSettle, Actor: as, Round: p.Round, Ref: p.Reference, Facts: facts,
		Postings: []ledger.Posting{{Debit: ledger.Claimed(vendor), Credit: ledger.Transit(s.ID), Amount: p.Amount}}})
	if err != nil {
		return err
	}
	p.Entry = e.Seq
	return tx.PutClaim(c)
}

// progress returns done once every payment has its result.
func (s Settlement) progress() SettlementState {
	for _, p := range s.Payments {
		if p.Result == "" {
			return SettlementOrdered
		}
	}
	return SettlementDone
}

func (s *service) RefuseSettlement(ctx context.Context, cmd RefuseSettlement) (Settlement, error) {
	return once(ctx, s, MethodRefuseSettlement, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Settlement, error) {
		var f findings
		f.text(cmd.Reason, "reason", true)
		if err := f.err(); err != nil {
			return Settlement{}, err
		}
		st, err := ownSettlement(tx, cmd.Settlement, cmd.By)
		if err != nil {
			return Settlement{}, err
		}
		if st.State != SettlementPrepared {
			return Settlement{}, ErrSettlementState.At("state", "it is %s", st.State)
		}
		for _, p := range st.Payments {
			c, err := tx.Claim(p.Claim)
			if err != nil {
				return Settlement{}, err
			}
			c.Settlement = ""
			if err := tx.PutClaim(c); err != nil {
				return Settlement{}, err
			}
		}
		st.State, st.RefusedBy = SettlementRefused, cmd.By.ID
		return st, errors.Join(st.decide(tx, as, "settlement-refused", access.Proof{}), tx.PutSettlement(st))
	})
}

func (s *service) Settlement(ctx context.Context, q ByID) (Settlement, error) {
	return read(ctx, s, MethodSettlement, q.By, func(tx Tx) (Settlement, error) { return ownSettlement(tx, q.ID, q.By) })
}

func (s *service) Settlements(ctx context.Context, q List) (Page[Settlement], error) {
	return read(ctx, s, MethodSettlements, q.By, func(tx Tx) (Page[Settlement], error) {
		var later iter.Seq2[Settlement, error] = func(yield func(Settlement, error) bool) {
			for st, err := range tx.Settlements(q.By.Programme) {
				if (err != nil || st.ID > q.After) && !yield(st, err) {
					return
				}
			}
		}
		return page(later, q.Limit, func(s Settlement) string { return s.ID })
	})
}
