package mem

import (
	"iter"

	"github.com/jate-cva/jate/access/grant"
)

type grantTables struct {
	proposals table[string, grant.Proposal]
	leads     table[string, grant.Lead]
	keys      table[string, grant.Keys] // programme, person, entry
}

var _ grant.Tx = (*Tx)(nil)

// Grant returns the store of package grant.
func (db *DB) Grant() grant.Store {
	return store[grant.Tx]{db, func(tx *Tx) grant.Tx { return tx }}
}

// GrantProposal returns a proposal.
func (tx *Tx) GrantProposal(id string) (grant.Proposal, error) {
	return tx.db.grant.proposals.find(id, grant.ErrNotFound)
}

// PutGrantProposal stores a proposal.
func (tx *Tx) PutGrantProposal(p grant.Proposal) error { return tx.db.grant.proposals.put(tx, p.ID, p) }

// GrantProposals yields all proposals in order.
func (tx *Tx) GrantProposals() iter.Seq2[grant.Proposal, error] {
	return under(&tx.db.grant.proposals, "", "")
}

// Lead returns a programme's lead organisation.
func (tx *Tx) Lead(programme string) (grant.Lead, error) {
	return tx.db.grant.leads.find(programme, grant.ErrNotFound)
}

// PutLead stores a programme's lead organisation.
func (tx *Tx) PutLead(l grant.Lead) error { return tx.db.grant.leads.put(tx, l.Programme, l) }

// PutApproverKeys stores what a grant named.
func (tx *Tx) PutApproverKeys(k grant.Keys) error {
	return tx.db.grant.keys.put(tx, key(k.Programme, k.Person, num(k.Entry)), k)
}

// ApproverKeys yields what a programme's grants named, in order.
func (tx *Tx) ApproverKeys(programme string) iter.Seq2[grant.Keys, error] {
	return under(&tx.db.grant.keys, key(programme, ""), "")
}
