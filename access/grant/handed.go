package grant

import (
	"context"
	"errors"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
)

// ErrWithdrawn is returned for content whose preparer has left.
var ErrWithdrawn = fault.New(fault.Conflict, "content_withdrawn",
	"Who prepared this has left, and nobody took it over. Have it prepared again.",
	"La personne qui l'a préparé est partie, et personne ne l'a repris. Faites-le préparer de nouveau.")

// Handed is what became of content that waited when who prepared it left.
type Handed struct {
	Programme string
	Digest    [32]byte
	From      string // member who prepared it
	To        string // member who answers for it since, and so may not approve it; "" where it was withdrawn
	Entry     uint64 // of the journal
}

// handed returns why an actor may not approve content with a digest because of who
// left: ErrWithdrawn or access.ErrSamePerson. What another has prepared since is
// his.
func handed(tx Tx, by access.Actor, digest [32]byte) error {
	h, err := tx.Handed(by.Programme, digest)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p, err := tx.PreparedContent(by.Programme, digest)
	switch {
	case err != nil:
		return err
	case p.By != h.From:
		return nil
	case h.To == "":
		return ErrWithdrawn
	case h.To == by.ID:
		return access.ErrSamePerson
	}
	return nil
}

// HandedProver is a Prover that also knows what was handed over or withdrawn when
// somebody left.
type HandedProver struct {
	access.Prover
	Store Store
}

// Prove implements access.Prover. Errors: those of the Prover, ErrWithdrawn,
// access.ErrSamePerson.
func (p HandedProver) Prove(ctx context.Context, digest [32]byte) (access.Proof, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return access.Proof{}, err
	}
	if err := p.Store.View(ctx, func(tx Tx) error { return handed(tx, by, digest) }); err != nil {
		return access.Proof{}, err
	}
	return p.Prover.Prove(ctx, digest)
}
