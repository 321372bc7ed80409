package vendors

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// SetTerms is the command to propose a new version of a vendor's terms, from an
// instant on; the zero instant is now.
type SetTerms struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Vendor ID
	From   time.Time
	Km     int
	Lines  []Term
}

// ApproveTerms is the command to put the terms whose digest is given in force.
type ApproveTerms struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Vendor ID
	Digest [32]byte
}

func (s *service) SetTerms(ctx context.Context, cmd SetTerms) (Terms, error) {
	return once(ctx, s, MethodSetTerms, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Terms, error) {
		v, err := ownVendor(tx, cmd.Vendor, cmd.By)
		if err != nil {
			return Terms{}, err
		}
		last, err := tx.Terms(v.ID, 0)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Terms{}, err
		}
		t := Terms{Vendor: v.ID, Version: last.Version + 1, From: cmd.From.UTC(), Km: cmd.Km, Lines: cmd.Lines, SetBy: cmd.By.ID}
		if cmd.From.IsZero() {
			t.From = tx.Now()
		}
		var f findings
		t.check(&f)
		f.add(!t.From.Before(tx.Now()), "from", "not before now: what was accepted was charged under the terms of then")
		if err := f.err(); err != nil {
			return Terms{}, err
		}
		said := t.content(v.Programme)
		t.Digest = said.Digest()
		_, err = ledger.Decide(tx, as, "", "terms-proposed", string(v.ID), t.facts())
		return t, errors.Join(err, offer(tx, said, cmd.By, MethodApproveTerms), tx.PutTerms(t))
	})
}

func (t Terms) facts() map[string]string {
	return map[string]string{"version": strconv.Itoa(t.Version), "from": t.From.Format(time.RFC3339), "digest": fmt.Sprintf("%x", t.Digest)}
}

func (s *service) ApproveTerms(ctx context.Context, cmd ApproveTerms) (Terms, error) {
	if _, err := acting(MethodApproveTerms, cmd.By); err != nil {
		return Terms{}, err
	}
	proof, err := s.prover.Prove(access.NewContext(ctx, cmd.By), cmd.Digest)
	if err != nil {
		return Terms{}, err
	}
	return once(ctx, s, MethodApproveTerms, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Terms, error) {
		v, err := ownVendor(tx, cmd.Vendor, cmd.By)
		if err != nil {
			return Terms{}, err
		}
		t, err := tx.Terms(v.ID, 0)
		if err != nil {
			return Terms{}, err
		}
		if t.ApprovedBy != "" || t.Digest != cmd.Digest {
			return Terms{}, ErrTerms
		}
		p := access.Proposal{Programme: v.Programme, Digest: t.Digest, PreparedBy: t.SetBy, Roles: Roles[MethodApproveTerms]}
		if _, err = p.Approve(cmd.By, proof, tx.Now()); err != nil {
			return Terms{}, err
		}
		t.ApprovedBy = cmd.By.ID
		_, err = ledger.Decide(tx, as, "", "terms-approved", string(v.ID), proof.Facts(t.facts()))
		return t, errors.Join(err, tx.PutTerms(t))
	})
}

func (s *service) Terms(ctx context.Context, q ByID) (Terms, error) {
	return read(ctx, s, MethodTerms, q.By, func(tx Tx) (Terms, error) {
		if _, err := ownVendor(tx, ID(q.ID), q.By); err != nil {
			return Terms{}, err
		}
		return tx.Terms(ID(q.ID), 0)
	})
}

func (s *service) ClaimCharges(ctx context.Context, q ByID) ([]ChargeLine, error) {
	return read(ctx, s, MethodClaimCharges, q.By, func(tx Tx) ([]ChargeLine, error) {
		c, err := ownClaim(tx, ClaimID(q.ID), q.By)
		if err != nil {
			return nil, err
		}
		return tx.ClaimCharges(c.ID)
	})
}
