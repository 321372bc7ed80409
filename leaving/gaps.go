package leaving

import (
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/staff"
)

// Gap is a role of which a programme has too few people without the one who
// leaves.
type Gap struct {
	Programme string
	Role      access.Role
	Left      int // people who hold it
	Needs     int // the fewest; see docs/roles.md
}

// second are the roles of which two people are needed: each approves what the
// other began.
var second = []access.Role{access.RoleAdministrator, access.RoleFinanceApprover, access.RoleHandheldManager}

// apart are pairs of roles that one person may hold, but not fill alone.
var apart = [][2]access.Role{{access.RoleIssuer, access.RoleListApprover}, {access.RoleFinancePreparer, access.RoleFinanceApprover},
	{access.RoleRegistrar, access.RoleDPO}}

// gaps returns what a member leaves unfilled.
func gaps(tx Tx, member string, held []staff.Grant) ([]Gap, error) {
	var all []Gap
	for _, g := range held {
		if !g.InForce(tx.Now()) || g.Role == access.RoleDonor || g.Role == access.RoleAuditor {
			continue
		}
		left, err := without(tx, g.Programme, g.Role, member)
		if err != nil {
			return nil, err
		}
		needs := 1
		if slices.Contains(second, g.Role) {
			needs = 2
		}
		if len(left) == 1 {
			alone, err := fillsAlone(tx, g, member, left[0])
			if err != nil {
				return nil, err
			}
			if alone {
				needs = 2
			}
		}
		if len(left) < needs {
			all = append(all, Gap{g.Programme, g.Role, len(left), needs})
		}
	}
	return all, nil
}

// fillsAlone reports whether the one who is left of a role is also the only one of
// a role that must be another's.
func fillsAlone(tx Tx, g staff.Grant, member, last string) (bool, error) {
	for _, pair := range apart {
		i := slices.Index(pair[:], g.Role)
		if i < 0 {
			continue
		}
		others, err := without(tx, g.Programme, pair[1-i], member)
		if err != nil {
			return false, err
		}
		if len(others) == 1 && others[0] == last {
			return true, nil
		}
	}
	return false, nil
}

// without returns who holds a role beside a member.
func without(tx Tx, programme string, role access.Role, member string) ([]string, error) {
	all, err := grant.Holders(tx, programme, role)
	var ids []string
	for _, m := range all {
		if m.ID != member {
			ids = append(ids, m.ID)
		}
	}
	return ids, err
}
