package reconcile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// partsMax is how many parts a refusal names.
const partsMax = 5

// uninvolved returns ErrInvolved, saying why, where the person at the desk had
// a part in the case or in what it is about.
func (d *desk) uninvolved() error {
	parts, err := partsOf(d.tx, d.c, d.by)
	if err != nil || len(parts) == 0 {
		return err
	}
	more := ""
	if len(parts) > partsMax {
		more = "; and " + strconv.Itoa(len(parts)-partsMax) + " more"
		parts = parts[:partsMax]
	}
	return ErrInvolved.At("by", "%s%s", strings.Join(parts, "; "), more)
}

// parts gathers what one person had to do with a case.
type parts struct {
	tx   Tx
	by   access.Actor
	seen map[string]bool
	out  []string
}

// partsOf returns what the person had to do with the case or with what its
// findings name: whoever made the list, accepted the lot, let the handhelds in,
// typed the receipts, wrote or accepted the claims, or paid them.
func partsOf(tx Tx, c Case, by access.Actor) ([]string, error) {
	p := &parts{tx: tx, by: by, seen: map[string]bool{}}
	p.staff(c.OpenedBy, "opened the case")
	p.staff(c.FrozenBy, "froze its money")
	if c.Assigned.To != "" && c.Assigned.To == by.Pseudonym {
		p.out = append(p.out, "looks into the case")
	}
	said, err := comments(tx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, s := range said {
		if !s.Vendor && s.Role != access.RoleFinanceApprover { // those who decide may ask
			p.staff(s.By, "commented as "+string(s.Role))
		}
	}
	brought, err := papers(tx, c)
	if err != nil {
		return nil, err
	}
	for _, a := range brought {
		p.staff(a.By, "attached a document")
	}
	for _, f := range c.Findings {
		for _, ref := range f.Evidence {
			if err := p.evidence(ref); err != nil {
				return nil, fmt.Errorf("%s: %w", ref, err)
			}
		}
	}
	return p.out, nil
}

// staff notes a part if it was the person's.
func (p *parts) staff(id, what string) {
	if id != "" && id == p.by.ID && !slices.Contains(p.out, what) {
		p.out = append(p.out, what)
	}
}

// first reports whether something is looked at for the first time.
func (p *parts) first(kind, id string) bool {
	k := kind + ":" + id
	was := p.seen[k]
	p.seen[k] = true
	return !was && id != ""
}

// evidence follows one reference of a finding.
func (p *parts) evidence(ref string) error {
	kind, id, _ := strings.Cut(ref, ":")
	switch kind {
	case "entry":
		seq, ok := entryOf(ref)
		if !ok || !p.first("entry", id) {
			return nil
		}
		e, err := p.tx.Entry(seq)
		if err != nil {
			return err
		}
		claim, err := p.tx.ClaimOf(seq)
		if err != nil && !errors.Is(err, vendors.ErrNotFound) {
			return err
		}
		if hash, err := voucher.ParseHash(e.Ref); err == nil {
			if err := p.receipt(hash); err != nil {
				return err
			}
		}
		return p.claim(claim)
	case "receipt":
		hash, err := voucher.ParseHash(id)
		if err != nil {
			return err
		}
		return p.receipt(hash)
	case "claim":
		id, _, _ = strings.Cut(id, "/")
		return p.claim(vendors.ClaimID(id))
	}
	return nil
}

func (p *parts) receipt(hash voucher.Hash) error {
	if !p.first("receipt", hash.String()) {
		return nil
	}
	r, err := p.tx.Receipt(hash)
	if err != nil {
		return ignore(err, voucher.ErrNotFound)
	}
	for _, id := range r.TypedBy {
		p.staff(id, "typed a receipt")
	}
	if err := p.handheld(r.Handheld); err != nil {
		return err
	}
	v, err := p.tx.Voucher(r.Number)
	if err != nil {
		return ignore(err, voucher.ErrNotFound)
	}
	return errors.Join(p.handheld(v.ActivatedBy), p.lot(v.Lot), p.household(v.Beneficiary))
}

func (p *parts) handheld(id vendors.HandheldID) error {
	if !p.first("handheld", string(id)) {
		return nil
	}
	h, err := p.tx.Handheld(id)
	p.staff(h.InvitedBy, "enrolled handheld "+string(id))
	p.staff(h.ActivatedBy, "activated handheld "+string(id))
	return ignore(err, vendors.ErrNotFound)
}

func (p *parts) lot(id string) error {
	if !p.first("lot", id) {
		return nil
	}
	l, err := p.tx.Lot(id)
	p.staff(l.PreparedBy, "prepared lot "+id)
	for _, a := range l.Approvals {
		p.staff(a.Proof.ID, "approved lot "+id)
	}
	return ignore(err, distribution.ErrNotFound)
}

func (p *parts) household(id string) error {
	if !p.first("household", id) {
		return nil
	}
	b, err := p.tx.Beneficiary(distribution.BeneficiaryID(id))
	if err != nil || !p.first("import", b.Import) {
		return ignore(err, distribution.ErrNotFound)
	}
	list, err := p.tx.Import(b.Programme, b.Import)
	p.staff(list.By, "imported list "+list.ID)
	return ignore(err, distribution.ErrNotFound)
}

func (p *parts) claim(id vendors.ClaimID) error {
	if !p.first("claim", string(id)) {
		return nil
	}
	c, err := p.tx.Claim(id)
	p.staff(c.PreparedBy, "prepared claim "+string(id))
	p.staff(c.AcceptedBy, "accepted claim "+string(id))
	if err != nil || !p.first("settlement", c.Settlement) {
		return ignore(err, vendors.ErrNotFound)
	}
	st, err := p.tx.Settlement(c.Settlement)
	p.staff(st.PreparedBy, "prepared settlement "+st.ID)
	p.staff(st.Approval.Proof.ID, "approved settlement "+st.ID)
	return ignore(err, vendors.ErrNotFound)
}

// ignore returns err unless it says that something is not there.
func ignore(err, missing error) error {
	if errors.Is(err, missing) {
		return nil
	}
	return err
}
