package reconcile

import (
	"context"
	"errors"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// MatchClaim is documented at Service.
func (s *service) MatchClaim(ctx context.Context, q MatchClaim) (Match, error) {
	return read(ctx, s, MethodMatchClaim, q.By, func(tx Tx) (Match, error) { return matchClaim(tx, q) })
}

func matchClaim(tx Tx, q MatchClaim) (Match, error) {
	c, err := tx.Claim(q.Claim)
	switch {
	case err != nil:
		return Match{}, err
	case c.Programme != q.By.Programme:
		return Match{}, vendors.ErrNotFound
	case c.State == vendors.ClaimRefused:
		return Match{}, vendors.ErrClaimState.At("state", "it is %s", c.State)
	}
	f, err := load(tx, scope{programme: c.Programme, round: c.Round, vendor: c.Vendor})
	if err != nil {
		return Match{}, err
	}
	m := Match{Claim: c, Entries: map[int]uint64{}, Problems: map[int]string{}, Matched: money.Francs(0), ByReason: map[Exception]Problem{}}
	for _, l := range match(f).All() {
		if l.Claim != c.ID {
			continue
		}
		if err := m.add(l); err != nil {
			return Match{}, err
		}
	}
	return m, nil
}

func (m *Match) add(l Line) (err error) {
	m.Lines = append(m.Lines, l)
	if l.Matched {
		m.Entries[l.N] = l.Entry
		m.Matched, err = m.Matched.Add(l.Claimed)
		return err
	}
	m.Problems[l.N] = string(l.Exception)
	p, ok := m.ByReason[l.Exception]
	if !ok {
		p.Value = money.Francs(0)
	}
	p.Lines++
	p.Value, err = p.Value.Add(l.Claimed)
	m.ByReason[l.Exception] = p
	return err
}

// AcceptMatched is documented at Service.
func (s *service) AcceptMatched(ctx context.Context, cmd AcceptMatched) (vendors.Claim, error) {
	accept := vendors.AcceptClaim{By: cmd.By, Key: cmd.Key, Claim: cmd.Claim, VendorProof: cmd.VendorProof}
	frozen, err := read(ctx, s, MethodAcceptMatched, cmd.By, func(tx Tx) ([]uint64, error) { return complete(tx, &accept) })
	if err != nil {
		return vendors.Claim{}, err
	}
	if len(frozen) > 0 {
		if err := s.store.Update(ctx, func(tx Tx) error { return takeOut(tx, cmd.Claim, frozen) }); err != nil {
			return vendors.Claim{}, err
		}
	}
	// Between the two transactions a redemption may be undone or claimed:
	// AcceptClaim looks at each entry again and refuses all if one fails.
	c, err := s.vendors.AcceptClaim(ctx, accept)
	if err != nil {
		return vendors.Claim{}, err
	}
	kept, err := s.keepFrom(ctx, cmd.By, c.ID)
	c.Recovered = kept.Recovered
	return c, err
}

// complete adds to the command what matches. A self-billed claim carries its
// entries itself: complete returns those of them that a case has frozen.
func complete(tx Tx, cmd *vendors.AcceptClaim) (frozen []uint64, err error) {
	m, err := matchClaim(tx, MatchClaim{By: cmd.By, Claim: cmd.Claim})
	switch {
	case err != nil:
		return nil, err
	case m.Claim.Kind == vendors.SelfBilled:
		for _, l := range m.Lines {
			if l.HasEntry && !l.Matched {
				frozen = append(frozen, l.Entry)
			}
		}
		return frozen, nil
	case m.Claim.State != vendors.ClaimProposed:
		return nil, asAccepted(tx, cmd)
	case len(m.Entries) == 0:
		return nil, ErrMatched
	}
	cmd.Entries, cmd.Problems = m.Entries, m.Problems
	return nil, nil
}

// takeOut takes redemptions out of a proposed claim, so that a later one can
// ask for them once they are released.
func takeOut(tx Tx, id vendors.ClaimID, entries []uint64) error {
	c, err := tx.Claim(id)
	if err != nil || c.State != vendors.ClaimProposed {
		return err
	}
	for _, seq := range entries {
		switch in, err := tx.ClaimOf(seq); {
		case errors.Is(err, vendors.ErrNotFound), err == nil && in != id:
			continue // taken out meanwhile
		case err != nil:
			return err
		}
		if _, err := vendors.ReverseInClaim(tx, seq); err != nil {
			return err
		}
	}
	return nil
}

// asAccepted makes the command what it was when the claim was accepted, so that
// a repetition under the same key is answered as before, whatever came since.
func asAccepted(tx Tx, cmd *vendors.AcceptClaim) error {
	cmd.Entries, cmd.Problems = map[int]uint64{}, map[int]string{}
	for l, err := range tx.ClaimLines(cmd.Claim, 0) {
		switch {
		case err != nil:
			return err
		case l.Problem == "":
			cmd.Entries[l.N] = l.Entry
		default:
			cmd.Problems[l.N] = l.Problem
		}
	}
	return nil
}
