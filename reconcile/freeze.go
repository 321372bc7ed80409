package reconcile

import (
	"context"
	"encoding/hex"
	"slices"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// reasonUpheld is why a receipt no longer pays: people decided so.
const reasonUpheld = "case-upheld"

// Freeze is documented at Service.
func (s *service) Freeze(ctx context.Context, cmd Decide) (Case, error) {
	if err := checkNote(cmd.Note); err != nil {
		return Case{}, err
	}
	return once(ctx, s, MethodFreeze, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Case, error) {
		c, err := ownCase(tx, cmd.Case, cmd.By, CaseOpen)
		if err != nil {
			return Case{}, err
		}
		strong := slices.DeleteFunc(slices.Clone(c.Findings), func(f Finding) bool { return f.Score < s.limits.FreezeMin })
		if len(strong) == 0 {
			return Case{}, ErrWeak
		}
		f, err := load(tx, scope{programme: c.Programme, round: c.Round, vendor: c.Vendor})
		if err != nil {
			return Case{}, err
		}
		for _, sale := range evidenceOf(c, strong, f) {
			h, ok, err := freeze(tx, as, c, sale)
			if err != nil {
				return Case{}, err
			}
			if !ok {
				continue
			}
			c.Money = append(c.Money, h)
			if c.Frozen, err = c.Frozen.Add(h.Value); err != nil {
				return Case{}, err
			}
		}
		if len(c.Money) == 0 {
			return Case{}, ErrNothingFrozen
		}
		c.State, c.FrozenBy = CaseFrozen, cmd.By.ID
		if c.Digest, err = c.digest(); err != nil {
			return Case{}, err
		}
		c.noted(cmd.Note)
		return c, c.decided(tx, as, "case-frozen", map[string]string{"digest": hex.EncodeToString(c.Digest[:])})
	})
}

func (c *Case) noted(note string) {
	if note != "" {
		c.Note = note
	}
}

// evidenceOf returns the redemptions of a case's findings that stand and that
// no case has frozen, at most heldMax.
func evidenceOf(c Case, findings []Finding, f *Facts) []Sale {
	named := map[string]bool{}
	for _, found := range findings {
		for _, ref := range found.Evidence {
			named[ref] = true
		}
	}
	var out []Sale
	for _, s := range f.Sales {
		if named[refEntry(s.Entry)] && s.Round == c.Round && s.Stands() && s.Case == "" && len(out) < heldMax {
			out = append(out, s)
		}
	}
	return out
}

// freeze moves the money of one redemption, and takes the redemption out of
// what its claim asks for. It reports false where the money has left.
func freeze(tx Tx, as ledger.Actor, c Case, s Sale) (Held, bool, error) {
	h := Held{Entry: s.Entry, From: ledger.Redeemed(string(c.Vendor)), Amount: s.Quantity, Value: s.value()}
	if s.Claim != "" {
		claim, err := tx.Claim(s.Claim)
		if err != nil {
			return Held{}, false, err
		}
		switch claim.State {
		case vendors.ClaimProposed:
			// Frees the entry, so that a later claim can have it once released.
			if at, err := vendors.ReverseInClaim(tx, s.Entry); err != nil || at == "" {
				return Held{}, false, err
			}
		case vendors.ClaimAccepted:
			left, err := owed(claim)
			if err != nil || left.Minor() < s.value().Minor() {
				return Held{}, false, err // worked off an advance
			}
			h.From, h.Amount, h.Claim = ledger.Claimed(string(c.Vendor)), s.value(), claim.ID
			if claim.Accepted, err = claim.Accepted.Sub(h.Value); err != nil {
				return Held{}, false, err
			}
			if err := tx.PutClaim(claim); err != nil {
				return Held{}, false, err
			}
		default:
			return Held{}, false, nil
		}
	}
	e, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindFreeze, Actor: as, Round: c.Round, Ref: refEntry(s.Entry),
		Facts:    map[string]string{factCase: c.ID},
		Postings: []ledger.Posting{{Debit: h.From, Credit: ledger.Contested(string(c.Vendor)), Amount: h.Amount}}})
	h.Freeze = e.Seq
	return h, err == nil, err
}
