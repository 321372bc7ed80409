package vendors

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// PrepareClaim is the command to write a vendor's claim for him.
type PrepareClaim struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Vendor ID
	Round  string
}

// BringInvoice is the command to take an invoice that a vendor brought: a CSV
// or XLSX file of at most 16 MiB.
type BringInvoice struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Vendor ID
	Round  string
	Number string      // on the invoice
	Asset  money.Asset // of its quantities; zero where the round is in money
	File   []byte      `json:"-"`
}

// AcceptClaim is the command to accept a claim. A self-billed one is accepted
// whole, on the vendor's proof, by another person than prepared it. Of an
// independent one the lines in Entries are accepted, each on the strength of
// the sale that package reconcile matched it with.
type AcceptClaim struct {
	By          access.Actor `json:"-"`
	Key         string       `json:"-"`
	Claim       ClaimID
	Entries     map[int]uint64 // number of a line to the sequence of its sale
	Problems    map[int]string // number of another line to what is wrong with it
	VendorProof string         // "handheld:<hash>" or "signed-pdf:<SHA-256>"
}

// RefuseClaim is the command to end a proposed claim.
type RefuseClaim struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Claim  ClaimID
	Reason string
}

// LinesOf asks for a page of a claim's lines with numbers above After.
type LinesOf struct {
	By    access.Actor
	Claim ClaimID
	After int
	Limit int
}

func (s *service) PrepareClaim(ctx context.Context, cmd PrepareClaim) (Claim, error) {
	seed, err := s.seed()
	if err != nil {
		return Claim{}, err
	}
	return once(ctx, s, MethodPrepareClaim, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Claim, error) {
		v, err := ownVendor(tx, cmd.Vendor, cmd.By)
		if err != nil {
			return Claim{}, err
		}
		h, err := historyOf(tx, v.ID, cmd.Round)
		if err != nil {
			return Claim{}, err
		}
		sales, err := h.unclaimed(tx)
		if err != nil {
			return Claim{}, err
		}
		if len(sales) == 0 {
			return Claim{}, ErrNothingToClaim
		}
		c := proposed(tx, v, cmd.Round, SelfBilled, cmd.By, seed)
		for i, e := range sales {
			sold, err := saleOf(e, v.ID)
			if err != nil {
				return Claim{}, err
			}
			l := sold.line(c.ID, i+1, e)
			if err := errors.Join(c.ask(tx, l), tx.PutClaimOf(e.Seq, c.ID)); err != nil {
				return Claim{}, err
			}
		}
		return c, c.propose(tx, as)
	})
}

// proposed returns a claim without lines.
func proposed(tx Tx, v Vendor, round string, kind ClaimKind, by access.Actor, seed []byte) Claim {
	return Claim{ID: ClaimID(newID("c", tx.Now(), seed)), Programme: v.Programme, Vendor: v.ID, Round: round, Kind: kind,
		State: ClaimProposed, Claimed: money.Francs(0), Accepted: money.Francs(0), Charges: money.Francs(0),
		Recovered: money.Francs(0), PreparedBy: by.ID, Created: tx.Now()}
}

// ask adds a line to a claim that is being proposed.
func (c *Claim) ask(tx Tx, l ClaimLine) error {
	var err error
	if c.Claimed, err = c.Claimed.Add(l.Amount); err != nil {
		return err
	}
	c.Lines++
	return tx.PutClaimLine(l)
}

func (c Claim) propose(tx Tx, as ledger.Actor) error {
	_, err := ledger.Decide(tx, as, c.Round, "claim-proposed", string(c.ID), map[string]string{
		"kind": string(c.Kind), "vendor": string(c.Vendor), "lines": strconv.Itoa(c.Lines), "claimed": c.Claimed.Text()})
	return errors.Join(err, tx.PutClaim(c))
}

func (s *service) BringInvoice(ctx context.Context, cmd BringInvoice) (Claim, error) {
	// Reading a file is long work for the one writer, so it is done before;
	// but only for those who may.
	if _, err := acting(MethodBringInvoice, cmd.By); err != nil {
		return Claim{}, err
	}
	lines, err := readInvoice(ctx, cmd.File, cmd.Asset, s.serial)
	if err != nil {
		return Claim{}, err
	}
	seed, err := s.seed()
	if err != nil {
		return Claim{}, err
	}
	hash := sha256.Sum256(cmd.File)
	content := struct {
		BringInvoice
		File [32]byte
	}{cmd, hash}
	return once(ctx, s, MethodBringInvoice, cmd.By, cmd.Key, content, func(tx Tx, as ledger.Actor) (Claim, error) {
		var f findings
		f.text(cmd.Number, "number", false)
		f.add(idForm.MatchString(cmd.Round), "round", "lower-case letters, digits and -")
		if err := f.err(); err != nil {
			return Claim{}, err
		}
		v, err := ownVendor(tx, cmd.Vendor, cmd.By)
		if err != nil {
			return Claim{}, err
		}
		if err := brought(tx, v, hash); err != nil {
			return Claim{}, err
		}
		c := proposed(tx, v, cmd.Round, Independent, cmd.By, seed)
		c.InvoiceRef, c.InvoiceHash = cmd.Number, hash
		for _, l := range lines {
			l.Claim, l.Date = c.ID, inYear(l.Date, tx.Now())
			if err := c.ask(tx, l); err != nil {
				return Claim{}, err
			}
		}
		return c, c.propose(tx, as)
	})
}

// brought returns ErrInvoiceTwice if a claim of the vendor that was not
// refused rests on the same file.
func brought(tx Tx, v Vendor, file [32]byte) error {
	for c, err := range tx.Claims(v.Programme, "") {
		if err != nil {
			return err
		}
		if c.Vendor == v.ID && c.InvoiceHash == file && c.State != ClaimRefused {
			return ErrInvoiceTwice.At("file", "it is claim %s", c.ID)
		}
	}
	return nil
}

func (s *service) AcceptClaim(ctx context.Context, cmd AcceptClaim) (Claim, error) {
	return once(ctx, s, MethodAcceptClaim, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Claim, error) {
		c, err := ownClaim(tx, cmd.Claim, cmd.By)
		if err != nil {
			return Claim{}, err
		}
		if err := acceptable(c, cmd); err != nil {
			return Claim{}, err
		}
		a, err := newAcceptance(tx, c, s.serial)
		if err != nil {
			return Claim{}, err
		}
		if err := a.all(cmd); err != nil {
			return Claim{}, err
		}
		if a.lines == 0 {
			return Claim{}, ErrNothingToClaim
		}
		charges, err := a.charge()
		if err != nil {
			return Claim{}, err
		}
		e, err := ledger.Post(tx, a.entry(as, charges, cmd.VendorProof))
		if err != nil {
			return Claim{}, err
		}
		c.State, c.Accepted, c.Charges, c.Entry = ClaimAccepted, a.accepted, charges, e.Seq
		c.AcceptedBy, c.VendorProof = cmd.By.ID, cmd.VendorProof
		return c, tx.PutClaim(c)
	})
}

// acceptable checks a claim's state, and that two people and the vendor stand
// behind a self-billed one.
func acceptable(c Claim, cmd AcceptClaim) error {
	if c.State != ClaimProposed {
		return ErrClaimState.At("state", "it is %s", c.State)
	}
	if c.Kind == Independent {
		if cmd.VendorProof != "" && !proofForm.MatchString(cmd.VendorProof) {
			return ErrVendorProof
		}
		if len(cmd.Entries) == 0 {
			return ErrClaimState.At("entries", "match the invoice with what was redeemed first")
		}
		return nil
	}
	if err := access.Distinct(c.PreparedBy, nil, cmd.By); err != nil {
		return err
	}
	if !proofForm.MatchString(cmd.VendorProof) {
		return ErrVendorProof
	}
	if len(cmd.Entries)+len(cmd.Problems) > 0 {
		return ErrClaimLine.At("entries", "the lines of a self-billed claim are matched already")
	}
	return nil
}

// all accepts the lines that may be, and names the problem of the others.
func (a *acceptance) all(cmd AcceptClaim) error {
	used := 0
	for l, err := range a.tx.ClaimLines(a.claim.ID, 0) {
		if err != nil {
			return err
		}
		entry, matched := cmd.Entries[l.N]
		switch {
		case matched:
			used++
			err = a.line(l, entry)
		case a.claim.Kind == SelfBilled && l.Reversed:
			continue
		case a.claim.Kind == SelfBilled:
			err = a.line(l, l.Entry)
		default:
			if l.Problem = cmd.Problems[l.N]; l.Problem == "" {
				l.Problem = unmatched
			}
			err = a.tx.PutClaimLine(l)
		}
		if err != nil {
			return err
		}
	}
	if used != len(cmd.Entries) {
		return ErrClaimLine.At("entries", "%d of %d name no line of the claim", len(cmd.Entries)-used, len(cmd.Entries))
	}
	return nil
}

func (s *service) RefuseClaim(ctx context.Context, cmd RefuseClaim) (Claim, error) {
	return once(ctx, s, MethodRefuseClaim, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Claim, error) {
		var f findings
		f.text(cmd.Reason, "reason", true)
		if err := f.err(); err != nil {
			return Claim{}, err
		}
		c, err := ownClaim(tx, cmd.Claim, cmd.By)
		if err != nil {
			return Claim{}, err
		}
		if c.State != ClaimProposed {
			return Claim{}, ErrClaimState.At("state", "it is %s", c.State)
		}
		for l, err := range tx.ClaimLines(c.ID, 0) {
			if err != nil {
				return Claim{}, err
			}
			if !l.Matched || l.Reversed {
				continue
			}
			if err := tx.PutClaimOf(l.Entry, ""); err != nil {
				return Claim{}, err
			}
		}
		if _, err := ledger.Decide(tx, as, c.Round, "claim-refused", string(c.ID), map[string]string{"vendor": string(c.Vendor)}); err != nil {
			return Claim{}, err
		}
		c.State, c.RefusedBy, c.Reason = ClaimRefused, cmd.By.ID, cmd.Reason
		return c, tx.PutClaim(c)
	})
}

func (s *service) Claim(ctx context.Context, q ByID) (Claim, error) {
	return read(ctx, s, MethodClaim, q.By, func(tx Tx) (Claim, error) { return ownClaim(tx, ClaimID(q.ID), q.By) })
}

func (s *service) Claims(ctx context.Context, q List) (Page[Claim], error) {
	return read(ctx, s, MethodClaims, q.By, func(tx Tx) (Page[Claim], error) {
		return page(tx.Claims(q.By.Programme, ClaimID(q.After)), q.Limit, func(c Claim) string { return string(c.ID) })
	})
}

func (s *service) ClaimLines(ctx context.Context, q LinesOf) (Page[ClaimLine], error) {
	return read(ctx, s, MethodClaimLines, q.By, func(tx Tx) (Page[ClaimLine], error) {
		if _, err := ownClaim(tx, q.Claim, q.By); err != nil {
			return Page[ClaimLine]{}, err
		}
		return page(tx.ClaimLines(q.Claim, q.After), q.Limit, func(l ClaimLine) string { return strconv.Itoa(l.N) })
	})
}

// digest returns the SHA-256 of v as JSON. Structs write their fields in order
// and maps their sorted keys, so it is one for one value.
func digest(v any) ([32]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return [32]byte{}, fmt.Errorf("digest of a %T: %w", v, err)
	}
	return sha256.Sum256(b), nil
}
