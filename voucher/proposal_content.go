package voucher

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// content is what a proposal to give a household a spare comes to: new value from
// its round, which is why another agrees to it by a proof of his own. The serial of
// the spare keeps whose it is from being guessed.
func (p Proposal) content(value money.Amount) access.Content {
	return access.Content{What: "spare", ID: p.ID, Programme: p.Programme, Lines: []access.Line{{"amount", value.String()}},
		Closed: []access.Line{{"spare", string(p.Spare)}, {"household", p.Beneficiary}, {"handheld", string(p.Home)}}}
}

func (p Proposal) offer(tx Tx, cmd Propose) ([32]byte, error) {
	c := p.content(cmd.Value)
	digest := c.Digest()
	_, err := ledger.Decide(tx, by(cmd.By, "propose"), "", "spare-proposed", p.ID, map[string]string{"digest": hex.EncodeToString(digest[:])})
	return digest, errors.Join(err, tx.PutPrepared(c.Prepare(cmd.By, allowed["agree"])))
}

// contentDigest returns the digest of what a proposal comes to; zero for one that
// moves no new value.
func contentDigest(tx Tx, p Proposal) ([32]byte, error) {
	if p.Kind != ProposeBind {
		return [32]byte{}, nil
	}
	v, err := tx.VoucherBySerial(p.Spare)
	return p.content(v.Value).Digest(), err
}

// agreement obtains the second person's proof where a proposal moves new value.
func (s *service) agreement(ctx context.Context, cmd Agree) (access.Proof, error) {
	if s.cfg.Prover == nil {
		return access.Proof{}, nil
	}
	var digest [32]byte
	err := s.store.View(ctx, func(tx Tx) error {
		p, err := tx.Proposal(cmd.Proposal)
		if err != nil || p.Programme != cmd.By.Programme || p.By == cmd.By.ID {
			return nil // refused below
		}
		digest, err = contentDigest(tx, p)
		return err
	})
	if err != nil || digest == ([32]byte{}) {
		return access.Proof{}, err
	}
	return s.cfg.Prover.Prove(access.NewContext(ctx, cmd.By), digest)
}
