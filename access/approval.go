package access

import (
	"context"
	"slices"
	"time"

	"github.com/jate-cva/jate/fault"
)

// How long an approval and the proof behind it count.
const (
	ApprovalLife = 72 * time.Hour
	ProofLife    = 5 * time.Minute // from proving to approving
)

// Errors about approvals.
var (
	ErrSamePerson = fault.New(fault.Denied, "same_person",
		"Another person must approve: you prepared this or approved it already.",
		"Une autre personne doit approuver : vous l'avez préparé ou déjà approuvé.")
	ErrProof = fault.New(fault.Denied, "proof_invalid",
		"This approval is for other content, by somebody else, or too old. Look at the content and approve again.",
		"Cette approbation porte sur un autre contenu, vient d'une autre personne ou est trop ancienne. Vérifiez le contenu et approuvez de nouveau.")
	ErrApprovals = fault.New(fault.Conflict, "approvals_missing",
		"More people must approve this first. Approvals count for 72 hours and for the exact content.",
		"D'autres personnes doivent d'abord approuver. Une approbation vaut 72 heures et pour le contenu exact.")
)

// Proof is evidence that a person agreed to content with this SHA-256.
type Proof struct {
	Kind      string // what proved it, such as "token"
	ID        string // staff identifier of the person
	Pseudonym string // the same person in the journal
	Digest    [32]byte
	At        time.Time
	Reference string // where the evidence is: a token's jti, a stored assertion
}

// Prover obtains a person's proof. Whatever asks more of them than an access
// token does stands behind the same interface.
type Prover interface {
	Kind() string
	// Prove returns the proof that the actor in ctx agrees to the content
	// with this digest. It must be called outside the store's transaction.
	Prove(ctx context.Context, digest [32]byte) (Proof, error)
}

// TokenProver takes the access token of the call as proof: it shows that
// whoever held the token asked, and no more. A monitor has to trust the
// server for it.
type TokenProver struct {
	Now func() time.Time
}

// Kind returns "token".
func (TokenProver) Kind() string { return "token" }

// Prove returns a proof that refers to the token's jti. It fails with
// ErrUnauthenticated where the actor in ctx came by no token.
func (p TokenProver) Prove(ctx context.Context, digest [32]byte) (Proof, error) {
	a, err := FromContext(ctx)
	if err != nil {
		return Proof{}, err
	}
	if a.TokenID == "" {
		return Proof{}, ErrUnauthenticated
	}
	return Proof{Kind: p.Kind(), ID: a.ID, Pseudonym: a.Pseudonym, Digest: digest, At: p.Now(), Reference: a.TokenID}, nil
}

// Approval is one person's agreement, in the role that allows it. What was
// agreed to, by whom and when is in the proof.
type Approval struct {
	Role  Role
	Proof Proof
}

// Counts reports whether the approval is of this content and not yet
// ApprovalLife old.
func (a Approval) Counts(digest [32]byte, now time.Time) bool {
	return a.Proof.Digest == digest && now.Sub(a.Proof.At) < ApprovalLife
}

// Distinct returns ErrSamePerson if next prepared the content or gave one of
// the approvals. preparedBy is a staff identifier; an actor or a preparer
// that nobody can name is refused.
func Distinct(preparedBy string, approvals []Approval, next Actor) error {
	if next.ID == "" || preparedBy == "" || next.ID == preparedBy {
		return ErrSamePerson
	}
	for _, a := range approvals {
		if a.Proof.ID == next.ID {
			return ErrSamePerson
		}
	}
	return nil
}

// Proposal is content that one person prepared and others must approve before
// it takes effect. It is a value: the store that keeps its parts checks it
// inside the transaction that acts on it.
type Proposal struct {
	Programme  string
	Digest     [32]byte // SHA-256 of the exact content
	PreparedBy string   // staff identifier
	Roles      []Role   // an approver holds one of these
	Approvals  []Approval
}

// Approve returns the proposal with next's approval. Approvals that no longer
// count are dropped, so that the same person may renew one. Errors are
// ErrProgramme, ErrDenied, ErrSamePerson and ErrProof.
func (p Proposal) Approve(next Actor, proof Proof, now time.Time) (Proposal, error) {
	if err := next.In(p.Programme); err != nil {
		return p, err
	}
	role, err := next.As(p.Roles...)
	if err != nil {
		return p, err
	}
	counting := p.counting(now)
	if err := Distinct(p.PreparedBy, counting, next); err != nil {
		return p, err
	}
	// The clock of the proof and that of the transaction are read apart.
	age := now.Sub(proof.At).Abs()
	if proof.Kind == "" || proof.ID != next.ID || proof.Digest != p.Digest || age > ProofLife {
		return p, ErrProof
	}
	p.Approvals = append(counting, Approval{Role: role, Proof: proof})
	return p, nil
}

// Approved returns nil if at least people approvals count, each by another
// person who did not prepare the content, and else ErrApprovals. One is the
// least: nothing proposed takes effect on its preparer's word.
func (p Proposal) Approved(people int, now time.Time) error {
	counted := 0
	given := p.counting(now)
	for i, a := range given {
		if slices.Contains(p.Roles, a.Role) && Distinct(p.PreparedBy, given[:i], Actor{ID: a.Proof.ID}) == nil {
			counted++
		}
	}
	if people = max(people, 1); counted < people {
		return ErrApprovals.At("approvals", "%d of %d", counted, people)
	}
	return nil
}

func (p Proposal) counting(now time.Time) []Approval {
	var counting []Approval
	for _, a := range p.Approvals {
		if a.Counts(p.Digest, now) {
			counting = append(counting, a)
		}
	}
	return counting
}
