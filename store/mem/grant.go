package mem

import (
	"iter"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
)

type grantTables struct {
	proposals table[string, grant.Proposal]
	leads     table[string, grant.Lead]
	keys      table[string, grant.Keys]      // programme, person, entry
	records   table[string, grant.Record]    // programme, hash
	latest    table[string, string]          // programme, person, digest: hash
	contents  table[string, access.Prepared] // programme, digest
	handed    table[string, grant.Handed]    // programme, digest
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

// PutRecord stores a record.
func (tx *Tx) PutRecord(r grant.Record) error {
	hash := r.Hash()
	if err := tx.db.grant.latest.put(tx, key(r.Programme, r.Person, string(r.Digest[:])), string(hash[:])); err != nil {
		return err
	}
	return tx.db.grant.records.put(tx, key(r.Programme, string(hash[:])), r)
}

// Record returns the record with a hash.
func (tx *Tx) Record(programme string, hash [32]byte) (grant.Record, error) {
	return tx.db.grant.records.find(key(programme, string(hash[:])), grant.ErrNotFound)
}

// LatestRecord returns a person's latest record for a digest.
func (tx *Tx) LatestRecord(programme, person string, digest [32]byte) (grant.Record, error) {
	hash, err := tx.db.grant.latest.find(key(programme, person, string(digest[:])), grant.ErrNotFound)
	if err != nil {
		return grant.Record{}, err
	}
	return tx.Record(programme, [32]byte([]byte(hash)))
}

// PutPrepared stores content that people are to agree to.
func (tx *Tx) PutPrepared(p access.Prepared) error {
	return tx.db.grant.contents.put(tx, key(p.Programme, string(p.Digest[:])), p)
}

// PreparedContent returns the content with a digest.
func (tx *Tx) PreparedContent(programme string, digest [32]byte) (access.Prepared, error) {
	return tx.db.grant.contents.find(key(programme, string(digest[:])), access.ErrContent)
}

// PreparedContents yields what was prepared in a programme, by digest.
func (tx *Tx) PreparedContents(programme string) iter.Seq2[access.Prepared, error] {
	return under(&tx.db.grant.contents, key(programme, ""), "")
}

// PutHanded stores what became of content whose preparer left.
func (tx *Tx) PutHanded(h grant.Handed) error {
	return tx.db.grant.handed.put(tx, key(h.Programme, string(h.Digest[:])), h)
}

// Handed returns it.
func (tx *Tx) Handed(programme string, digest [32]byte) (grant.Handed, error) {
	return tx.db.grant.handed.find(key(programme, string(digest[:])), grant.ErrNotFound)
}
