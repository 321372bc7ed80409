package distribution

import (
	"context"
	"errors"
	"strings"

	"github.com/jate-cva/jate/distribution/places"
)

// Age is a class of ages of heads of households.
type Age string

// The classes of age; "" where no year of birth is known.
const (
	Minor Age = "0-17"
	Adult Age = "18-59"
	Elder Age = "60+"
)

// ProfileKey is what households are told apart by in a profile. A place is a
// cercle: nothing smaller leaves the office.
type ProfileKey struct {
	Region, Cercle         string // "" where the list did not say
	RegionCode, CercleCode string // of the loaded place list; "" where it does not know the place
	Edition                string // of these codes
	Sex                    string // of the head: "M", "F" or ""
	Age                    Age    // of the head on the round's first day
	Status                 string // resident, displaced, returnee, host, other or ""
}

// ProfileCount counts households that are alike, and the people in them.
type ProfileCount struct {
	Included, Reached        int64 // households: in an approved lot; handed at least one card
	People                   int64 // in households that were reached, as what follows
	Women, Men, Girls, Boys  int64
	Issued, Redeemed         int64 // value of their vouchers, in the smallest unit of the round's asset
	IncludedPeople, Vouchers int64
}

// Profile says who a round was for. It holds small counts: whoever publishes
// them suppresses those, see package reconcile/report.
type Profile struct {
	Counts    map[ProfileKey]ProfileCount
	Forgotten int64 // households of which nothing is known any more, counted nowhere else
}

// given is what one household of a round was given.
type given struct {
	reached                    bool
	issued, redeemed, vouchers int64
}

// Profile is documented at Service.
func (s *service) Profile(ctx context.Context, q ReadRound) (Profile, error) {
	p := Profile{Counts: map[ProfileKey]ProfileCount{}}
	n := 0
	_, err := read(ctx, s, MethodProfile, q.By, func(tx Tx) (struct{}, error) {
		r, err := roundOf(tx, q.By, q.Round)
		if err != nil {
			return struct{}{}, err
		}
		found, err := newResolver(tx, r.Programme)
		if err != nil {
			return struct{}{}, err
		}
		points := map[string]places.Place{}
		if found.list != nil {
			if points, err = pointPlaces(tx, r.Programme, found); err != nil {
				return struct{}{}, err
			}
		}
		shares, err := sharesOf(tx, r)
		if err != nil {
			return struct{}{}, err
		}
		for id, got := range shares {
			b, err := tx.Beneficiary(id)
			if err != nil {
				return struct{}{}, err
			}
			person, err := s.cfg.Sealer.personOf(tx, b)
			if errors.Is(err, ErrForgotten) {
				p.Forgotten++
				continue
			}
			if err != nil {
				return struct{}{}, err
			}
			n++
			k := keyOf(r, person, found, points[b.Point])
			c := p.Counts[k]
			c.add(person, got)
			p.Counts[k] = c
		}
		return struct{}{}, nil
	})
	if err != nil {
		return Profile{}, err
	}
	return p, s.journalRead(ctx, q.By, MethodProfile, "profile-"+q.Round, n)
}

// sharesOf returns what each household of the round's approved lots was given.
func sharesOf(tx Tx, r Round) (map[BeneficiaryID]*given, error) {
	shares := map[BeneficiaryID]*given{}
	of := func(id BeneficiaryID) *given {
		if shares[id] == nil {
			shares[id] = &given{}
		}
		return shares[id]
	}
	for l, err := range tx.Lots(r.ID) {
		if err != nil {
			return nil, err
		}
		if l.State == LotPrepared {
			continue
		}
		for e, err := range tx.Entitlements(l.ID, 1) {
			if err != nil {
				return nil, err
			}
			of(e.Beneficiary)
		}
	}
	for is, err := range tx.Issues(r.Programme) {
		if err != nil {
			return nil, err
		}
		if is.Round != r.ID {
			continue
		}
		for v, err := range tx.Vouchers(is.First) {
			if err != nil {
				return nil, err
			}
			if v.Number > is.Last {
				break
			}
			if v.Beneficiary == "" || v.ReplacedBy != "" {
				continue
			}
			got := of(BeneficiaryID(v.Beneficiary))
			got.vouchers++
			got.issued += v.Value.Minor()
			got.reached = got.reached || !v.ActivatedAt.IsZero()
			if !v.RedeemedAt.IsZero() {
				got.redeemed += v.Value.Minor()
			}
		}
	}
	return shares, nil
}

func (c *ProfileCount) add(p Person, got *given) {
	c.Included++
	c.IncludedPeople += int64(p.Size)
	c.Vouchers += got.vouchers
	c.Issued += got.issued
	c.Redeemed += got.redeemed
	if !got.reached {
		return
	}
	c.Reached++
	c.People += int64(p.Size)
	c.Women += int64(p.Women)
	c.Men += int64(p.Men)
	c.Girls += int64(p.Girls)
	c.Boys += int64(p.Boys)
}

// pointPlaces returns where the programme's points are, as far as the place list
// knows.
func pointPlaces(tx Tx, programme string, found resolver) (map[string]places.Place, error) {
	at := map[string]places.Place{}
	for p, err := range tx.Points(programme) {
		if err != nil {
			return nil, err
		}
		if place, ok := found.byCode(p.PlaceCode); ok {
			at[p.Code] = place
		}
	}
	return at, nil
}

// keyOf tells a household apart. Where its list does not say where it lives, or
// misspells it, it counts where its point is.
func keyOf(r Round, p Person, found resolver, point places.Place) ProfileKey {
	k := ProfileKey{Region: p.Region, Cercle: p.Cercle, Sex: p.Sex, Status: p.Status}
	if p.BirthYear > 0 {
		switch age := r.Opens.Year() - p.BirthYear; {
		case age < 18:
			k.Age = Minor
		case age < 60:
			k.Age = Adult
		default:
			k.Age = Elder
		}
	}
	if found.list == nil {
		return k
	}
	if at := found.find(p); at.problem == nil {
		point = at.place
	}
	if point.Code != "" {
		k.Region, k.Cercle, k.Edition = point.Region, point.Cercle, point.Edition
		k.RegionCode, k.CercleCode = codesOf(point)
	}
	return k
}

// codesOf returns the p-codes of a place's region and cercle: in Mali's codes
// each level adds two digits to the one above, after "ML".
func codesOf(p places.Place) (region, cercle string) {
	code := p.Code
	if p.Level == places.Settlement {
		code = p.Within
	}
	const ofRegion, ofCercle = 4, 6
	if !strings.HasPrefix(code, "ML") || len(code) < ofCercle {
		return "", ""
	}
	return code[:ofRegion], code[:ofCercle]
}
