package bolt

import (
	"errors"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
)

// putGoldenGrant writes what package grant stores.
func putGoldenGrant(tx *Tx) error {
	return errors.Join(tx.PutGrantProposal(filled[grant.Proposal]()), tx.PutLead(filled[grant.Lead]()), tx.PutApproverKeys(filled[grant.Keys]()),
		tx.PutRecord(filled[grant.Record]()), tx.PutPrepared(filled[access.Prepared]()),
		tx.PutHanded(filled[grant.Handed]()))
}

func checkGoldenGrant(t *testing.T, tx *Tx) {
	p, l, k := filled[grant.Proposal](), filled[grant.Lead](), filled[grant.Keys]()
	is(t, p)(tx.GrantProposal(p.ID))
	is(t, l)(tx.Lead(l.Programme))
	is(t, k)(one(tx.ApproverKeys(k.Programme)))
	h := filled[grant.Handed]()
	is(t, h)(tx.Handed(h.Programme, h.Digest))
	c, r := filled[access.Prepared](), filled[grant.Record]()
	is(t, c)(tx.PreparedContent(c.Programme, c.Digest))
	is(t, r)(tx.Record(r.Programme, r.Hash()))
	is(t, r)(tx.LatestRecord(r.Programme, r.Person, r.Digest))
}
