package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// A case about a team of the staff, or about a distribution point, has the
// findings about all the traders where it shows. It names no vendor; whose each
// redemption is, the finding that names it says. What the bank has paid of it is
// charged by a case about that trader alone, as each answers for his own debt.

// Which signals of a finding say that it is about a team, or about a point:
// what a trader alone cannot bring about.
var (
	ofTeam  = []string{"staff-and-trader", "one-person"}
	ofPoint = []string{"in-one-go", "before-hand-over", "village-at-once"}
)

// ringSample is how many receipts of a finding are asked for their team.
const ringSample = 200

// found are findings, and what those are about that are about no trader alone.
type found struct {
	list  []Finding
	about map[string]Subject // by id of the finding
}

// topicOf says which case a finding belongs into.
func (f found) topicOf(x Finding) topic {
	if about, ok := f.about[x.ID]; ok {
		return topic{round: x.Round, about: about}
	}
	return topic{x.Vendor, x.Round, subjectOf(x)}
}

// ringOf returns the team or point that a finding with the signals is about: the
// one that half of its cards, and more, have in common; "" for none.
func ringOf(tx Tx, x Finding, signals []string) (Subject, error) {
	has := func(names []string) bool {
		return slices.ContainsFunc(signals, func(s string) bool { return slices.Contains(names, s) })
	}
	byTeam := has(ofTeam)
	if !byTeam && !has(ofPoint) {
		return "", nil
	}
	n, counts := 0, map[Subject]int{}
	for _, ref := range x.Evidence {
		text, ok := strings.CutPrefix(ref, "receipt:")
		if !ok || n == ringSample {
			continue
		}
		hash, err := voucher.ParseHash(text)
		if err != nil {
			return "", err
		}
		about, err := whose(tx, hash, byTeam)
		if err != nil {
			return "", err
		}
		n++
		counts[about]++
	}
	for about, k := range counts {
		if about != "" && 2*k > n {
			return about, nil
		}
	}
	return "", nil
}

// whose returns the team that registered, prepared and approved a receipt's
// card, by a hash of its people, or the point where it was handed over.
func whose(tx Tx, hash voucher.Hash, team bool) (Subject, error) {
	r, err := tx.Receipt(hash)
	if err != nil {
		return "", ignore(err, voucher.ErrNotFound)
	}
	v, err := tx.Voucher(r.Number)
	if err != nil {
		return "", ignore(err, voucher.ErrNotFound)
	}
	if !team {
		if v.Point == "" {
			return "", nil
		}
		return Subject("point:" + v.Point), nil
	}
	l, err := tx.Lot(v.Lot)
	b, err2 := tx.Beneficiary(distribution.BeneficiaryID(v.Beneficiary))
	if err := errors.Join(ignore(err, distribution.ErrNotFound), ignore(err2, distribution.ErrNotFound)); err != nil || b.Import == "" {
		return "", err
	}
	list, err := tx.Import(b.Programme, b.Import)
	if err != nil {
		return "", ignore(err, distribution.ErrNotFound)
	}
	people := []string{v.Programme, list.By, l.PreparedBy}
	if len(l.Approvals) > 0 {
		people = append(people, l.Approvals[0].Proof.ID)
	}
	sum := sha256.Sum256([]byte(strings.Join(people, "\x00")))
	return Subject("staff:" + hex.EncodeToString(sum[:6])), nil
}

// Traders returns whose redemptions a case is about, in order.
func (c Case) Traders() []vendors.ID {
	if c.Vendor != "" {
		return []vendors.ID{c.Vendor}
	}
	var out []vendors.ID
	for _, f := range c.Findings {
		out = append(out, f.Vendor)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// seller returns whose a redemption of the case's money is.
func (c Case) seller(entry uint64) vendors.ID {
	if c.Vendor == "" {
		for _, f := range c.Findings {
			if slices.Contains(f.Evidence, refEntry(entry)) {
				return f.Vendor
			}
		}
	}
	return c.Vendor
}

// FrozenOf returns what the case froze, ever, of one trader's money, in XOF.
func (c Case) FrozenOf(v vendors.ID) (money.Amount, error) {
	if c.Vendor != "" {
		if c.Vendor == v {
			return c.Frozen, nil
		}
		return money.Francs(0), nil
	}
	sum := money.Francs(0)
	var err error
	for _, h := range c.Money {
		if c.seller(h.Entry) == v && err == nil {
			sum, err = sum.Add(h.Value)
		}
	}
	return sum, err
}

// salesOf returns the redemptions of a case's traders in its round.
func salesOf(tx Tx, c Case) ([]Sale, error) {
	var out []Sale
	for _, v := range c.Traders() {
		f, err := load(tx, scope{programme: c.Programme, round: c.Round, vendor: v})
		if err != nil {
			return nil, err
		}
		for s := range f.Sales() {
			if s.Round == c.Round {
				out = append(out, s)
			}
		}
	}
	return out, nil
}
