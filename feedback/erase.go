package feedback

import (
	"context"
	"errors"
	"regexp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// EraseComplaint erases what was said in a complaint and what was answered, as
// its author asks; the complaint stays, with its dates and what it names.
type EraseComplaint struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	ID     string
	Reason string // code of 1 to 40 letters, digits, dashes and points
}

var reasonForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}$`)

// EraseComplaint is documented at Service. Who handles complaints cannot make
// what one says of him go away: the words are in the hands of somebody else. One
// about exploitation or abuse exists for its focal point alone.
func (s *service) EraseComplaint(ctx context.Context, cmd EraseComplaint) (struct{}, error) {
	return once(ctx, s, MethodEraseComplaint, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (none struct{}, err error) {
		if !reasonForm.MatchString(cmd.Reason) {
			return none, ErrComplaint.At("reason", "1 to 40 letters, digits, dashes and points")
		}
		c, err := tx.Complaint(cmd.ID)
		if err != nil {
			return none, err
		}
		eraser := access.RoleDPO
		if c.Category == Safeguarding {
			eraser = access.RoleSafeguarding
		}
		if c.Programme != cmd.By.Programme || !cmd.By.Has(eraser) {
			return none, ErrNotFound
		}
		if !c.Erased.IsZero() {
			return none, ErrErased
		}
		c.Erased = tx.Now()
		actor.Role = string(eraser)
		return none, errors.Join(tx.DeleteComplaintText(c.ID), tx.PutComplaint(c),
			decide(tx, actor, "erase-complaint", c, map[string]string{"reason": cmd.Reason}))
	})
}
