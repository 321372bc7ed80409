package grant

import (
	"context"
	"errors"
	"slices"

	"github.com/jate-cva/jate/access"
)

// OneContent asks for what is behind a digest.
type OneContent struct {
	By     access.Actor
	Digest [32]byte
}

// Shown is content as the caller may see it.
type Shown struct {
	access.Prepared
	Hidden bool // there is a closed part that the caller may not see, or not yet
}

// Content implements Service. Who prepared it and whoever may approve it see all of
// it; monitors and auditors the open part, and to others there is no such content.
func (s *service) Content(ctx context.Context, q OneContent) (Shown, error) {
	var c Shown
	if q.By.ID == "" {
		return c, access.ErrUnauthenticated
	}
	err := s.Store.View(ctx, func(tx Tx) error {
		p, err := tx.PreparedContent(q.By.Programme, q.Digest)
		if err != nil {
			return err
		}
		c = Shown{Prepared: p}
		all := p.By == q.By.ID || slices.ContainsFunc(p.Roles, func(r access.Role) bool { return slices.Contains(q.By.Roles, r) })
		if !all && len(p.Roles) > 0 && !q.By.Has(Roles[MethodRecord]...) {
			return access.ErrContent
		}
		if all && p.Lot != "" && s.Knows != nil {
			if err := s.Knows(tx, q.By, p.Lot); err != nil {
				all = false
			}
		}
		if !all && len(p.Closed) > 0 {
			c.Closed, c.Hidden = nil, true
		}
		return nil
	})
	if errors.Is(err, access.ErrContent) {
		return Shown{}, access.ErrContent
	}
	return c, err
}
