package feedback

import (
	"errors"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// HandOver gives a complaint to another person, or to nobody where to is "",
// because who answers it has left. as is the administrator who says so, within the
// caller's transaction.
func HandOver(tx Tx, as ledger.Actor, c Complaint, to string) error {
	c.AssignedTo = to
	return errors.Join(decide(tx, as, string(MethodAssignComplaint), c, map[string]string{"to": to, "because": "left"}), tx.PutComplaint(c))
}

// Handlers returns who may answer a complaint.
func (c Complaint) Handlers() []access.Role {
	if c.Category == Safeguarding {
		return []access.Role{access.RoleSafeguarding}
	}
	return Roles[MethodAnswerComplaint]
}
