package reconcile

import (
	"context"
	"slices"
	"strconv"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// Decide is the command to freeze a case's money or to let it go.
type Decide struct {
	By   access.Actor `json:"-"`
	Key  string       `json:"-"`
	Case string
	Note string // at most 500 bytes; replaces the case's where it is not empty
}

// Freeze is documented at Service.
func (s *service) Freeze(ctx context.Context, cmd Decide) (Case, error) {
	return onCase(ctx, s, MethodFreeze, cmd, cmd, undecided, func(d *desk) (Case, error) {
		strong := slices.DeleteFunc(slices.Clone(d.c.Findings), func(f Finding) bool { return f.Score < s.limits.FreezeMin })
		if len(strong) == 0 {
			return Case{}, ErrWeak
		}
		sales, err := salesOf(d.tx, d.c)
		if err != nil {
			return Case{}, err
		}
		taken, err := d.taken()
		if err != nil {
			return Case{}, err
		}
		had := len(d.c.Money)
		for _, sale := range d.c.evidence(strong, sales, taken) {
			if err := d.freeze(sale); err != nil {
				return Case{}, err
			}
		}
		if len(d.c.Money) == had {
			return Case{}, ErrNothingFrozen
		}
		d.c.State, d.c.FrozenBy = CaseFrozen, d.by.ID
		if err := d.offer(); err != nil {
			return Case{}, err
		}
		return d.decided("case-frozen", map[string]string{"digest": hexadecimal(d.c.Digest)})
	})
}

// taken returns the redemptions whose money this case has, or another one found
// paid and did not release.
func (d *desk) taken() (map[uint64]bool, error) {
	taken := map[uint64]bool{}
	for c, err := range d.tx.Cases(d.c.Programme) {
		if err != nil {
			return nil, err
		}
		if c.Round != d.c.Round {
			continue
		}
		for _, h := range c.Money {
			if c.ID == d.c.ID || h.Paid && h.Outcome != Released {
				taken[h.Entry] = true
			}
		}
	}
	return taken, nil
}

// content is exactly what a write-off reverses, and what was decided of it.
func (c Case) content() access.Content {
	said := access.Content{What: "case", ID: c.ID, Programme: c.Programme, Lines: []access.Line{{"vendor", string(c.Vendor)}, {"round", c.Round},
		{"frozen", c.Frozen.String()}}}
	for _, h := range c.Money {
		paid := "frozen"
		if h.Paid {
			paid = "paid"
		}
		said.Lines = append(said.Lines, access.Line{"sale", strconv.FormatUint(h.Entry, 10), h.Value.String(), h.Amount.String(), string(h.From), string(h.Claim),
			strconv.FormatUint(h.Freeze, 10), paid, string(h.Outcome)})
	}
	return said
}

// evidence returns the redemptions of findings that stand and that no case has
// taken, as many as the case may still take. What it released it does not take
// again.
func (c Case) evidence(findings []Finding, sales []Sale, taken map[uint64]bool) []Sale {
	named := map[string]bool{}
	for _, found := range findings {
		for _, ref := range found.Evidence {
			named[ref] = true
		}
	}
	var out []Sale
	for _, s := range sales {
		if named[refEntry(s.Entry)] && !taken[s.Entry] && s.Stands() && s.Case == "" && len(c.Money)+len(out) < heldMax {
			out = append(out, s)
		}
	}
	return out
}

// freeze moves the money of one redemption, and takes the redemption out of
// what its claim asks for. Where the bank has paid it, it notes that; while the
// payment is on its way, it does nothing.
func (d *desk) freeze(s Sale) error {
	h := Held{Entry: s.Entry, From: ledger.Redeemed(string(s.Vendor)), Amount: s.Quantity, Value: s.value()}
	if s.Claim != "" {
		claim, err := d.tx.Claim(s.Claim)
		if err != nil {
			return err
		}
		switch claim.State {
		case vendors.ClaimProposed:
			// Frees the entry, so that a later claim can have it once released.
			if at, err := vendors.ReverseInClaim(d.tx, s.Entry); err != nil || at == "" {
				return err
			}
		case vendors.ClaimAccepted:
			left, err := owed(claim)
			if err != nil || left.Minor() < s.value().Minor() {
				return err // worked off an advance
			}
			h.From, h.Amount, h.Claim = ledger.Claimed(string(s.Vendor)), s.value(), claim.ID
			if claim.Accepted, err = claim.Accepted.Sub(h.Value); err != nil {
				return err
			}
			if err := d.tx.PutClaim(claim); err != nil {
				return err
			}
		case vendors.ClaimSettled:
			if d.c.Vendor == "" {
				return nil // for a case about him alone
			}
			d.c.Money = append(d.c.Money, Held{Entry: s.Entry, Amount: s.value(), Value: s.value(), Claim: claim.ID, Paid: true})
			return nil
		default:
			return nil
		}
	}
	var err error
	if h.Freeze, err = d.post(ledger.KindFreeze, refEntry(s.Entry), nil,
		ledger.Posting{Debit: h.From, Credit: ledger.Contested(string(s.Vendor)), Amount: h.Amount}); err != nil {
		return err
	}
	d.c.Money = append(d.c.Money, h)
	d.c.Frozen, err = d.c.Frozen.Add(h.Value)
	return err
}
