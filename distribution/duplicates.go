package distribution

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// sharersMax bounds with how many households one is compared for one thing in
// common: a chief's telephone stands in the rows of a whole village.
const sharersMax = 8

// The decisions on a pair, and the reason why its second was excluded.
const (
	DecidedSame      = "same"
	DecidedDifferent = "different"
	excludedTwice    = "duplicate"
)

// file files a household under its traits and lists the pairs that it makes
// with those already there. It returns how many pairs are new.
func file(tx Tx, b Beneficiary, traits []trait) (int, error) {
	reasons := map[BeneficiaryID][]string{}
	var others []BeneficiaryID
	for _, t := range traits {
		met := 0
		for id, err := range tx.Blind(b.Programme, t.digest) {
			if err != nil {
				return 0, err
			}
			if id == b.ID {
				continue
			}
			if met++; met > sharersMax {
				break
			}
			if reasons[id] == nil {
				others = append(others, id)
			}
			reasons[id] = append(reasons[id], t.reason)
		}
		if err := tx.PutBlind(b.Programme, t.digest, b.ID); err != nil {
			return 0, err
		}
	}
	found := 0
	for _, id := range others {
		fresh, err := pair(tx, b, id, reasons[id])
		if err != nil {
			return 0, err
		}
		if fresh {
			found++
		}
	}
	return found, nil
}

// pair lists two households, unless one is excluded or a person has decided.
func pair(tx Tx, b Beneficiary, other BeneficiaryID, reasons []string) (fresh bool, err error) {
	o, err := tx.Beneficiary(other)
	if err != nil || o.Excluded != "" || b.Excluded != "" {
		return false, err
	}
	d := Duplicate{Programme: b.Programme, A: min(b.ID, other), B: max(b.ID, other)}
	was, err := tx.Duplicate(d.Programme, d.A, d.B)
	switch {
	case errors.Is(err, ErrNotFound):
		fresh = true
	case err != nil || was.Decision != "":
		return false, err
	}
	d.Reasons = append(slices.Clone(was.Reasons), reasons...)
	slices.Sort(d.Reasons)
	d.Reasons = slices.Compact(d.Reasons)
	return fresh, tx.PutDuplicate(d)
}

// ListDuplicates asks for a page of pairs.
type ListDuplicates struct {
	By    access.Actor
	Open  bool   // only those nobody has decided
	After string // the Next of the page before
	Limit int    // 1 to 1,000; 100 where 0
}

// DuplicateView is a pair with both households, as far as the role may see.
type DuplicateView struct {
	Duplicate
	PersonA, PersonB MaskedPerson
}

// DuplicatePage is a page of pairs. Next is "" at the end of the list.
type DuplicatePage struct {
	Items []DuplicateView
	Next  string
}

// Duplicates is documented at Service.
func (s *service) Duplicates(ctx context.Context, q ListDuplicates) (DuplicatePage, error) {
	limit := pageLimit(q.Limit)
	role, shown := seer(ViewList, MethodDuplicates, q.By)
	page, err := read(ctx, s, MethodDuplicates, q.By, func(tx Tx) (DuplicatePage, error) {
		var page DuplicatePage
		for d, err := range tx.Duplicates(q.By.Programme) {
			if err != nil {
				return page, err
			}
			at := string(d.A) + "/" + string(d.B)
			if strings.Compare(at, q.After) <= 0 || q.Open && d.Decision != "" {
				continue
			}
			if len(page.Items) == limit {
				last := page.Items[limit-1]
				page.Next = string(last.A) + "/" + string(last.B)
				break
			}
			v := DuplicateView{Duplicate: d}
			if shown {
				if v.PersonA, err = s.masked(tx, d.A, role); err != nil {
					return page, err
				}
				if v.PersonB, err = s.masked(tx, d.B, role); err != nil {
					return page, err
				}
			}
			page.Items = append(page.Items, v)
		}
		return page, nil
	})
	if err != nil || !shown || len(page.Items) == 0 {
		return page, err
	}
	return page, s.journalRead(ctx, q.By, MethodDuplicates, "duplicates", 2*len(page.Items))
}

// DecideDuplicate is a person's word on a pair: DecidedSame excludes the
// household that was registered later, DecidedDifferent lets both stay.
type DecideDuplicate struct {
	By       access.Actor `json:"-"`
	Key      string       `json:"-"`
	A, B     BeneficiaryID
	Decision string
}

// DecideDuplicate is documented at Service.
func (s *service) DecideDuplicate(ctx context.Context, cmd DecideDuplicate) (Duplicate, error) {
	return once(ctx, s, MethodDecideDuplicate, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Duplicate, error) {
		if cmd.Decision != DecidedSame && cmd.Decision != DecidedDifferent {
			return Duplicate{}, ErrCommand.At("decision", "same or different")
		}
		d, err := tx.Duplicate(cmd.By.Programme, cmd.A, cmd.B)
		if err != nil {
			return Duplicate{}, err
		}
		d.Decision, d.By, d.At = cmd.Decision, cmd.By.ID, tx.Now()
		if err := tx.PutDuplicate(d); err != nil {
			return Duplicate{}, err
		}
		if err := settleExclusion(tx, d); err != nil {
			return Duplicate{}, err
		}
		_, err = ledger.Decide(tx, actor, "", "decide-duplicate", s.cfg.Sealer.pseudonym(d.B),
			map[string]string{"decision": d.Decision, "of": s.cfg.Sealer.pseudonym(d.A), "reasons": strings.Join(d.Reasons, " ")})
		return d, err
	})
}

// settleExclusion excludes the later household of the pair while any pair says
// that it is another one.
func settleExclusion(tx Tx, d Duplicate) error {
	b, err := tx.Beneficiary(d.B)
	if err != nil || b.Excluded != "" && b.Excluded != excludedTwice {
		return err
	}
	switch {
	case d.Decision == DecidedSame:
		b.Excluded = excludedTwice
		return tx.PutBeneficiary(b)
	case b.Excluded == "":
		return nil // no pair says so, and there may be fifteen thousand to look through
	}
	b.Excluded = ""
	for other, err := range tx.Duplicates(d.Programme) {
		if err != nil {
			return err
		}
		if other.B == d.B && other.Decision == DecidedSame {
			b.Excluded = excludedTwice
			break
		}
	}
	return tx.PutBeneficiary(b)
}
