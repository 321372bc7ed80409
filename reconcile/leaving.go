package reconcile

import (
	"github.com/jate-cva/jate/ledger"
)

// HandOver gives a case to another person, or to nobody where to is "", because
// who looked into it has left. as is the administrator who says so, within the
// caller's transaction.
func HandOver(tx Tx, as ledger.Actor, c Case, to string) error {
	c.Assigned.To = to
	facts := map[string]string{"to": to, "because": "left"}
	if to == "" {
		c.Assigned = Assignment{}
	} else {
		facts["due"] = moment(c.Assigned.Due)
	}
	d := &desk{tx: tx, as: as, c: c}
	_, err := d.decided("case-assigned", facts)
	return err
}

// Undecided reports whether a case can still be worked on.
func (c Case) Undecided() bool { return !c.State.closed() }
