package grant

import (
	"errors"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/ledger"
)

// Holdings are what a member holds that does not outlast his leaving.
type Holdings struct {
	Grants    []staff.Grant // in force, or later
	Deputies  []Proposal    // granted, of others who stand in for him until a date
	Proposals []Proposal    // open: his, or about him
}

// HoldingsOf returns a member's holdings.
func HoldingsOf(tx Tx, member string) (Holdings, error) {
	var h Holdings
	now := tx.Now()
	for g, err := range tx.Grants(member) {
		if err != nil {
			return h, err
		}
		if g.Until.IsZero() || now.Before(g.Until) {
			h.Grants = append(h.Grants, g)
		}
	}
	for p, err := range tx.GrantProposals() {
		if err != nil {
			return h, err
		}
		_, until := p.times()
		switch {
		case p.State == Granted && p.DeputyOf == member && now.Before(until):
			h.Deputies = append(h.Deputies, p)
		case p.State == Open && !p.Lapsed(now) && (p.ProposedBy == member || p.Member == member || p.DeputyOf == member):
			h.Proposals = append(h.Proposals, p)
		}
	}
	return h, nil
}

// Strip takes all roles from a member who leaves, but a monitor's, which the
// first member of the monitor's organisation takes away, and refuses the proposals. as
// names the administrator by in a programme. It returns the grants that it took.
func Strip(tx Tx, by access.Actor, m staff.Member, h Holdings, names *access.Authority) ([]staff.Grant, error) {
	as := func(programme string) ledger.Actor {
		return ledger.Actor{Role: string(access.RoleAdministrator), Name: names.Pseudonym(programme, by.ID)}
	}
	var taken []staff.Grant
	for _, g := range h.Grants {
		if g.Role == access.RoleMonitor {
			first, err := firstOf(tx, m.Organisation)
			if err != nil {
				return nil, err
			}
			if first != by.ID {
				continue
			}
		}
		e, err := ledger.Decide(tx, as(g.Programme), "", "role-revoked", names.Pseudonym(g.Programme, m.ID),
			map[string]string{"programme": g.Programme, "role": string(g.Role)})
		if err == nil {
			err = errors.Join(noteTwo(tx, g, e.Seq), tx.RemoveGrant(g))
		}
		if err != nil {
			return nil, err
		}
		taken = append(taken, g)
	}
	for _, p := range h.Proposals {
		p.State, p.ClosedBy, p.Closed = Refused, by.ID, tx.Now()
		_, err := ledger.Decide(tx, as(p.Content.Programme), "", "role-refused", p.Content.Person, p.Content.Facts(p.Digest))
		if err := errors.Join(err, tx.PutGrantProposal(p)); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// Holders returns who holds a role of a programme now.
func Holders(tx Tx, programme string, role access.Role) ([]staff.Member, error) {
	return holders(tx, programme, role)
}
