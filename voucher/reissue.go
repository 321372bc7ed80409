package voucher

import (
	"io"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// HoldForReissue stops a card and proposes a spare for it within the caller's
// transaction, as Hold and Propose do in theirs; none of those in but. The caller
// has checked who reports it; actor is that person as the journal names him. The
// card is held also where err is ErrSpares and the caller commits: people are
// told to come back, and whoever has the card cannot use it. Other errors are
// ErrNotFound and ErrLife.
func HoldForReissue(tx Tx, cmd Propose, actor ledger.Actor, reason string, but ...Serial) (Proposal, error) {
	v, err := mine(tx, Query{By: cmd.By, Serial: cmd.Serial})
	if err != nil {
		return Proposal{}, err
	}
	switch l := v.Life(); l {
	case Issued, Active:
		v.HeldAt = tx.Now()
		if err := decided(tx, v, "hold", actor, reason); err != nil {
			return Proposal{}, err
		}
	case Held:
	default:
		return Proposal{}, ErrLife.At("serial", "it is %s", l)
	}
	cmd.Kind = ProposeReissue
	p := newProposal(tx, cmd)
	if err := proposeReissue(tx, &p, cmd, but...); err != nil {
		return Proposal{}, err
	}
	return p, tx.PutProposal(p)
}

// AgreeToReissue is the second person's word on such a proposal within the
// caller's transaction. It returns access.ErrDenied for who may not agree, and
// the errors of Agree.
func AgreeToReissue(tx Tx, random io.Reader, cmd Agree) (Voucher, error) {
	if _, err := cmd.By.As(allowed["agree"]...); err != nil {
		return Voucher{}, err
	}
	p, err := agreed(tx, cmd)
	switch {
	case err != nil:
		return Voucher{}, err
	case p.Kind != ProposeReissue:
		return Voucher{}, ErrProposal
	}
	return bind(tx, random, p, cmd.By, access.Proof{})
}
