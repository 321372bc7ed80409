package distribution

import (
	"context"
	"errors"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// MaskedPerson is what lists show of a person (ViewList): enough to tell two
// apart. The zero MaskedPerson is shown to roles that may see nobody.
type MaskedPerson struct {
	Name      string
	Sex       string
	BirthYear int
	Phone     string
	Cercle    string
	Commune   string
	Village   string
	Size      int
	Forgotten bool // nothing else is known any more
}

// masked decrypts a household for a list that the role sees.
func (s *service) masked(tx Tx, id BeneficiaryID, role access.Role) (MaskedPerson, error) {
	b, err := tx.Beneficiary(id)
	if err != nil {
		return MaskedPerson{}, err
	}
	p, err := s.cfg.Sealer.personOf(tx, b)
	if errors.Is(err, ErrForgotten) {
		return MaskedPerson{Forgotten: true}, nil
	}
	return p.listed(role), err
}

// listed is what the role sees of a person in lists.
func (p Person) listed(role access.Role) MaskedPerson {
	p = Seen(ViewList, role, p)
	return MaskedPerson{Name: p.name(), Sex: p.Sex, BirthYear: p.BirthYear, Phone: p.Phone, Cercle: p.Cercle,
		Commune: p.Commune, Village: p.Village, Size: p.Size}
}

// HouseholdView is a household as the role that asks for it sees it.
type HouseholdView struct {
	Beneficiary
	Masked MaskedPerson
	Person *Person // nil in lists
}

// HouseholdPage is a page of households. Next is "" at the end of the list.
type HouseholdPage struct {
	Items []HouseholdView
	Next  string
}

// ListHouseholds asks for a page of households.
type ListHouseholds struct {
	By      access.Actor
	Point   string // of one point; "-" for those without; "" for all
	Purpose string // code of 1 to 40 letters, digits and dashes; it is journalled
	After   BeneficiaryID
	Limit   int // 1 to 1,000; 100 where 0
}

func pageLimit(n int) int {
	if n < 1 || n > 1000 {
		return 100
	}
	return n
}

// purposeMax bounds the code that says why persons are read.
const purposeMax = 40

// journalRead counts decrypted households in the journal, before they are
// shown.
func (s *service) journalRead(ctx context.Context, by access.Actor, m Method, purpose string, n int) error {
	actor, err := acting(by, m)
	if err != nil {
		return err
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		_, err := ledger.Decide(tx, actor, "", "read-households", by.Programme,
			map[string]string{"purpose": purpose, "count": number(n)})
		return err
	})
	if err == nil {
		s.cfg.Reads.Count(actor.Role, purpose, n)
	}
	return err
}

// Households is documented at Service.
func (s *service) Households(ctx context.Context, q ListHouseholds) (HouseholdPage, error) {
	if err := checkCode("purpose", q.Purpose, purposeMax); err != nil {
		return HouseholdPage{}, err
	}
	limit := pageLimit(q.Limit)
	role, _ := seer(ViewList, MethodHouseholds, q.By)
	page, err := read(ctx, s, MethodHouseholds, q.By, func(tx Tx) (HouseholdPage, error) {
		var page HouseholdPage
		for b, err := range tx.Beneficiaries(q.By.Programme, q.After) {
			if err != nil {
				return page, err
			}
			if q.Point != "" && b.Point != q.Point && (q.Point != "-" || b.Point != "") {
				continue
			}
			if len(page.Items) == limit {
				page.Next = string(page.Items[limit-1].ID)
				break
			}
			m, err := s.masked(tx, b.ID, role)
			if err != nil {
				return page, err
			}
			page.Items = append(page.Items, HouseholdView{Beneficiary: b, Masked: m})
		}
		return page, nil
	})
	if err != nil {
		return HouseholdPage{}, err
	}
	return page, s.journalRead(ctx, q.By, MethodHouseholds, q.Purpose, len(page.Items))
}

// ReadHousehold asks for everything about one household.
type ReadHousehold struct {
	By      access.Actor
	ID      BeneficiaryID
	Purpose string
}

// Household is documented at Service.
func (s *service) Household(ctx context.Context, q ReadHousehold) (HouseholdView, error) {
	if err := checkCode("purpose", q.Purpose, purposeMax); err != nil {
		return HouseholdView{}, err
	}
	role, _ := seer(ViewHousehold, MethodHousehold, q.By)
	v, err := read(ctx, s, MethodHousehold, q.By, func(tx Tx) (HouseholdView, error) {
		b, err := householdOf(tx, q.By, q.ID)
		if err != nil {
			return HouseholdView{}, err
		}
		p, err := s.cfg.Sealer.personOf(tx, b)
		seen := Seen(ViewHousehold, role, p)
		return HouseholdView{Beneficiary: b, Masked: p.listed(role), Person: &seen}, err
	})
	if err != nil {
		return HouseholdView{}, err
	}
	return v, s.journalRead(ctx, q.By, MethodHousehold, q.Purpose, 1)
}

// FindHouseholds looks households up without reading any other: by telephone,
// or by an external id.
type FindHouseholds struct {
	By      access.Actor
	Phone   string // E.164
	ID      ExternalID
	Purpose string
}

// foundMax bounds what a search shows.
const foundMax = 100

// FindHouseholds is documented at Service.
func (s *service) FindHouseholds(ctx context.Context, q FindHouseholds) ([]HouseholdView, error) {
	if err := checkCode("purpose", q.Purpose, purposeMax); err != nil {
		return nil, err
	}
	sealer := s.cfg.Sealer
	var wanted [16]byte
	switch {
	case q.Phone != "" && q.ID == (ExternalID{}):
		wanted = sealer.phoneDigest(q.By.Programme, q.Phone)
	case q.Phone == "" && q.ID.Scheme != "" && q.ID.Value != "" && q.ID.Scheme != listLocal:
		wanted = sealer.idDigest(q.By.Programme, Person{}, q.ID)
	default:
		return nil, ErrCommand.At("phone, id", "give a telephone number or an id with its scheme")
	}
	role, _ := seer(ViewList, MethodFindHouseholds, q.By)
	found, err := read(ctx, s, MethodFindHouseholds, q.By, func(tx Tx) ([]HouseholdView, error) {
		var found []HouseholdView
		for id, err := range tx.Blind(q.By.Programme, wanted) {
			if err != nil {
				return nil, err
			}
			b, err := tx.Beneficiary(id)
			if err != nil {
				return nil, err
			}
			m, err := s.masked(tx, id, role)
			if err != nil {
				return nil, err
			}
			if found = append(found, HouseholdView{Beneficiary: b, Masked: m}); len(found) == foundMax {
				break
			}
		}
		return found, nil
	})
	if err != nil {
		return nil, err
	}
	return found, s.journalRead(ctx, q.By, MethodFindHouseholds, q.Purpose, len(found))
}

// Forget erases one household's person.
type Forget struct {
	By        access.Actor `json:"-"`
	Key       string       `json:"-"`
	Household BeneficiaryID
	Reason    string // code of 1 to 40 letters, digits and dashes
}

// excludedForgotten is why a household whose person was erased is in no later
// lot.
const excludedForgotten = "forgotten"

// Forget is documented at Service.
func (s *service) Forget(ctx context.Context, cmd Forget) (struct{}, error) {
	return once(ctx, s, MethodForget, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (struct{}, error) {
		var none struct{}
		if err := checkCode("reason", cmd.Reason, purposeMax); err != nil {
			return none, err
		}
		b, err := householdOf(tx, cmd.By, cmd.Household)
		if err != nil {
			return none, err
		}
		if err := s.unfile(tx, b); err != nil {
			return none, err
		}
		if err := tx.DeleteBlind(b.Programme, b.Match, b.ID); err != nil {
			return none, err
		}
		// The digests go too: whoever holds the data key could test guesses.
		b.Match, b.Content, b.Sealed, b.Excluded, b.Changed = [16]byte{}, [32]byte{}, nil, excludedForgotten, tx.Now()
		if err := errors.Join(tx.PutBeneficiary(b), tx.DeleteWrappedKey(b.ID)); err != nil {
			return none, err
		}
		_, err = ledger.Decide(tx, actor, "", "forget-household", s.cfg.Sealer.pseudonym(b.ID), map[string]string{"reason": cmd.Reason})
		return none, err
	})
}
