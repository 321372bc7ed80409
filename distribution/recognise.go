package distribution

import (
	"strings"

	"github.com/jate-cva/jate/distribution/intake"
	"github.com/jate-cva/jate/internal/table"
)

// schemes are the external ids by how well they recognise a household: first
// those of a form's submission, then those of registers, then a person's.
var schemes = []string{"kobo", "121", "commcare", "scope", "rsu-ml", "nina-ml", "national"}

// listLocal is the scheme of numbers that each list gives out anew: they mean
// something within one village only.
const listLocal = "household"

func personFrom(r intake.Record) Person {
	p := Person{Family: r.Family, Given: r.Given, Sex: r.Sex, BirthYear: r.BirthYear, Phone: r.Phone,
		Region: r.Place.Region, Cercle: r.Place.Cercle, Commune: r.Place.Commune, Village: r.Place.Village,
		PlaceCode: r.Place.Code, PointName: r.Point, Size: r.Size, Women: r.Women, Men: r.Men, Girls: r.Girls,
		Boys: r.Boys, Status: r.Status, Language: r.Language, Quantity: r.Quantity, Home: r.Home, Alternates: r.Alternates}
	for _, m := range r.Members {
		p.Members = append(p.Members, Member{Name: m.Name, Sex: m.Sex, BirthYear: m.BirthYear})
	}
	for _, id := range r.ExternalIDs {
		p.ExternalIDs = append(p.ExternalIDs, ExternalID(id))
	}
	return p
}

// village is the folded name by which a household's village is compared,
// "commune/village", or "" where the list names no village.
func (p Person) village() string {
	if p.Village == "" {
		return ""
	}
	return table.Fold(p.Commune) + "/" + table.Fold(p.Village)
}

func (p Person) name() string { return strings.TrimSpace(p.Given + " " + p.Family) }

// idValue is what an external id is filed under.
func (p Person) idValue(id ExternalID) string {
	if id.Scheme == listLocal {
		return p.village() + "/" + id.Value
	}
	return id.Value
}

// bestID returns the external id that recognises the household best.
func (p Person) bestID() (ExternalID, bool) {
	for _, scheme := range schemes {
		for _, id := range p.ExternalIDs {
			if id.Scheme == scheme {
				return id, true
			}
		}
	}
	for _, id := range p.ExternalIDs {
		if id.Scheme != listLocal {
			return id, true // a scheme that the list's mapping named
		}
	}
	if len(p.ExternalIDs) > 0 {
		return p.ExternalIDs[0], true
	}
	return ExternalID{}, false
}

// recognisedBy returns the label and value by which the same household is
// known in a later list: an external id; else phone and name; else name,
// village, size and year of birth. What is not part of it may be corrected.
// unique is false where two rows of one list may share it.
func (p Person) recognisedBy() (label, value string, unique bool) {
	name := table.Fold(p.name())
	if id, ok := p.bestID(); ok {
		return "match-id", id.Scheme + "/" + p.idValue(id), true
	}
	if p.Phone != "" {
		return "match-phone", p.Phone + "/" + name, false
	}
	place := strings.Join([]string{table.Fold(p.Region), table.Fold(p.Cercle), p.village(), table.Fold(p.PointName)}, "/")
	return "match-name", strings.Join([]string{name, place, number(p.Size), number(p.BirthYear)}, "/"), false
}

// trait is something that two households may have in common.
type trait struct {
	reason string // of a Duplicate
	digest [16]byte
}

// traits returns what the household is filed under besides its match.
func (s *Sealer) traits(programme string, p Person) []trait {
	var all []trait
	for _, id := range p.ExternalIDs {
		all = append(all, trait{"same-id:" + id.Scheme, s.idDigest(programme, p, id)})
	}
	if p.Phone != "" {
		all = append(all, trait{"same-phone", s.phoneDigest(programme, p.Phone)})
	}
	if v := p.village(); v != "" {
		all = append(all, trait{"similar-name", s.blinded(programme, "sound", v+"/"+intake.NameKey(p.Family, p.Given))})
	}
	return all
}

func (s *Sealer) idDigest(programme string, p Person, id ExternalID) [16]byte {
	return s.blinded(programme, "id", id.Scheme+"/"+p.idValue(id))
}

func (s *Sealer) phoneDigest(programme, phone string) [16]byte {
	return s.blinded(programme, "phone", phone)
}
