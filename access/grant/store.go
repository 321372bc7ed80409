package grant

import (
	"context"
	"iter"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
)

// Tx is what this package needs of the store inside one transaction. Methods
// return ErrNotFound where the thing asked for is not there. Values read are
// copies.
type Tx interface {
	staff.Tx
	access.Contents

	GrantProposal(id string) (Proposal, error)
	PutGrantProposal(p Proposal) error
	// GrantProposals yields all proposals in the order of their ids.
	GrantProposals() iter.Seq2[Proposal, error]

	Lead(programme string) (Lead, error)
	PutLead(l Lead) error

	PutApproverKeys(k Keys) error
	// ApproverKeys yields what a programme's grants named, by person and entry.
	ApproverKeys(programme string) iter.Seq2[Keys, error]

	// PreparedContents yields what was ever prepared in a programme, by digest.
	PreparedContents(programme string) iter.Seq2[access.Prepared, error]
	PutHanded(h Handed) error
	Handed(programme string, digest [32]byte) (Handed, error)

	// PutRecord stores a record, which is then the latest of its person and digest.
	PutRecord(r Record) error
	Record(programme string, hash [32]byte) (Record, error)
	LatestRecord(programme, person string, digest [32]byte) (Record, error)
}

// Store runs functions in transactions, under the rules of ledger.Store.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}
