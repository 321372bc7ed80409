package staff

import (
	"context"
	"errors"
	"time"
)

// Sweep implements Service.
func (s *service) Sweep(ctx context.Context) (int, error) {
	n := 0
	err := s.Store.Update(ctx, func(tx Tx) error {
		n = 0
		now := tx.Now()
		over := func(t time.Time) bool { return now.Sub(t) > InvitationLife }
		var ended []Session
		for m, err := range tx.Members() {
			if err != nil {
				return err
			}
			for s, err := range tx.Sessions(m.ID) {
				if err != nil {
					return err
				}
				if now.Sub(s.Created) > SessionLife {
					ended = append(ended, s)
				}
			}
		}
		var codes, counts [][32]byte
		for i, err := range tx.Invitations() {
			if err != nil {
				return err
			}
			if over(i.Until) || over(i.Used) && !i.Used.IsZero() {
				codes = append(codes, i.Digest)
			}
		}
		for t, err := range tx.Throttles() {
			if err != nil {
				return err
			}
			if now.Sub(t.Last) > forgetAfter {
				counts = append(counts, t.Key)
			}
		}
		n = len(ended) + len(codes) + len(counts)
		var wrong []error
		for _, s := range ended {
			wrong = append(wrong, tx.RemoveSession(s))
		}
		for _, d := range codes {
			wrong = append(wrong, tx.RemoveInvitation(d))
		}
		for _, k := range counts {
			wrong = append(wrong, tx.RemoveThrottle(k))
		}
		return errors.Join(wrong...)
	})
	return n, err
}
