package bolt

import (
	"iter"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
)

var _ grant.Tx = (*Tx)(nil)

var (
	roleProposalTable = table[string, roleProposalRecord]{newBucket("grant-proposal"), 1, textKey[string]()}
	leadTable         = table[string, leadRecord]{newBucket("grant-lead"), 1, textKey[string]()}
	keysTable         = table[personEntry, keysRecord]{newBucket("grant-keys"), 1, personEntryKey}
)

// personEntry is a programme, a person in it and an entry of the journal.
type personEntry struct {
	programme, person string
	entry             uint64
}

var personEntryKey = keyCodec[personEntry]{
	encode: func(to key, k personEntry) key { return to.str(k.programme).str(k.person).u64(k.entry) },
	decode: func(r *keyReader) personEntry { return personEntry{r.str(), r.str(), r.u64()} },
}

// Grant returns the store of package grant.
func (db *DB) Grant() grant.Store {
	return store[grant.Tx]{db, func(tx *Tx) grant.Tx { return tx }}
}

// roleProposalRecord is in "grant-proposal" by id.
type roleProposalRecord struct {
	ID         string
	Member     string
	DeputyOf   string
	Programme  string
	Person     string
	Role       string
	From       string
	Until      string
	Deputised  string // pseudonym
	Keys       string
	Salt       []byte
	Digest     sum32
	ProposedBy string
	Proposed   instant
	State      string
	ClosedBy   string
	Console    bool
	Closed     instant
	Entry      uint64
}

func (r roleProposalRecord) proposal() grant.Proposal {
	return grant.Proposal{ID: r.ID, Member: r.Member, DeputyOf: r.DeputyOf, Salt: r.Salt, Digest: r.Digest, ProposedBy: r.ProposedBy,
		Content: grant.Content{Programme: r.Programme, Person: r.Person, Role: access.Role(r.Role), From: r.From, Until: r.Until,
			DeputyOf: r.Deputised, Keys: r.Keys},
		Proposed: r.Proposed.time(), State: grant.State(r.State), ClosedBy: r.ClosedBy, Console: r.Console, Closed: r.Closed.time(), Entry: r.Entry}
}

// GrantProposal returns a proposal.
func (tx *Tx) GrantProposal(id string) (grant.Proposal, error) {
	return read(tx, roleProposalTable, id, grant.ErrNotFound, roleProposalRecord.proposal)
}

// PutGrantProposal stores a proposal.
func (tx *Tx) PutGrantProposal(p grant.Proposal) error {
	c := p.Content
	return roleProposalTable.put(tx, p.ID, roleProposalRecord{p.ID, p.Member, p.DeputyOf, c.Programme, c.Person, string(c.Role), c.From, c.Until,
		c.DeputyOf, c.Keys, p.Salt, p.Digest, p.ProposedBy, instantOf(p.Proposed), string(p.State), p.ClosedBy, p.Console,
		instantOf(p.Closed), p.Entry})
}

// GrantProposals yields all proposals in order.
func (tx *Tx) GrantProposals() iter.Seq2[grant.Proposal, error] {
	return recordsOf(roleProposalTable.scan(tx, under(key{})), roleProposalRecord.proposal)
}

// leadRecord is in "grant-lead" by programme.
type leadRecord struct {
	Programme    string
	Organisation string
	Entry        uint64
	Two          uint64
}

func (r leadRecord) lead() grant.Lead { return grant.Lead(r) }

// Lead returns a programme's lead organisation.
func (tx *Tx) Lead(programme string) (grant.Lead, error) {
	return read(tx, leadTable, programme, grant.ErrNotFound, leadRecord.lead)
}

// PutLead stores a programme's lead organisation.
func (tx *Tx) PutLead(l grant.Lead) error {
	return leadTable.put(tx, l.Programme, leadRecord(l))
}

// keysRecord is in "grant-keys" by programme, person and entry.
type keysRecord struct {
	Programme string
	Person    string
	Salt      []byte
	Keys      [][]byte
	Entry     uint64
}

func (r keysRecord) keys() grant.Keys { return grant.Keys(r) }

// PutApproverKeys stores what a grant named.
func (tx *Tx) PutApproverKeys(k grant.Keys) error {
	return keysTable.put(tx, personEntry{k.Programme, k.Person, k.Entry}, keysRecord(k))
}

// ApproverKeys yields what a programme's grants named, in order.
func (tx *Tx) ApproverKeys(programme string) iter.Seq2[grant.Keys, error] {
	return recordsOf(keysTable.scan(tx, under(key{}.str(programme))), keysRecord.keys)
}
