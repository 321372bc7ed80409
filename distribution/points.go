package distribution

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// pointIndex finds the point of a household by the name that its list gives
// the point, else by its village.
type pointIndex struct{ byName, byVillage map[string]string }

func indexPoints(tx Tx, programme string) (pointIndex, error) {
	x := pointIndex{map[string]string{}, map[string]string{}}
	for p, err := range tx.Points(programme) {
		if err != nil {
			return x, err
		}
		for _, name := range []string{table.Fold(p.Name), table.Fold(p.Code)} {
			if _, taken := x.byName[name]; !taken {
				x.byName[name] = p.Code
			}
		}
		for _, v := range p.Villages {
			x.byVillage[v] = p.Code
		}
	}
	return x, nil
}

// of returns the code of the person's point, or "".
func (x pointIndex) of(p Person) string {
	if p.PointName != "" {
		if code := x.byName[table.Fold(p.PointName)]; code != "" {
			return code
		}
	}
	return x.byVillage[p.village()]
}

// SetPoint makes a distribution point, or changes the one with the code.
type SetPoint struct {
	By        access.Actor `json:"-"`
	Key       string       `json:"-"`
	Code      string       // opaque; at most 16 letters, digits, "-", "_", "."
	Name      string       // as lists name it
	Zone      string       // of the vendors' policy
	PlaceCode string       // in the loaded place list; may be ""
	Villages  []string     // that it serves, "Commune/Village"; at most 500
}

// PointView is a point with what was assigned to it.
type PointView struct {
	Point
	Households int // that have it as their point now
}

const villagesMax = 500

// SetPoint is documented at Service.
func (s *service) SetPoint(ctx context.Context, cmd SetPoint) (PointView, error) {
	p, err := once(ctx, s, MethodSetPoint, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Point, error) {
		p := Point{Code: cmd.Code, Programme: cmd.By.Programme, Name: cmd.Name, Zone: cmd.Zone, PlaceCode: cmd.PlaceCode}
		if err := errors.Join(checkCode("code", cmd.Code, codeMax), checkText("name", cmd.Name, 1)); err != nil {
			return Point{}, err
		}
		if _, err := tx.Zone(p.Programme, p.Zone); errors.Is(err, vendors.ErrNotFound) {
			return Point{}, ErrCommand.At("zone", "there is no such zone")
		} else if err != nil {
			return Point{}, err
		}
		if len(cmd.Villages) > villagesMax {
			return Point{}, ErrCommand.At("villages", "at most %d", villagesMax)
		}
		for i, v := range cmd.Villages {
			commune, village, ok := strings.Cut(v, "/")
			if !ok || table.Fold(village) == "" {
				return Point{}, ErrCommand.At(fmt.Sprintf("villages[%d]", i), "write Commune/Village")
			}
			p.Villages = append(p.Villages, table.Fold(commune)+"/"+table.Fold(village))
		}
		slices.Sort(p.Villages)
		p.Villages = slices.Compact(p.Villages)
		if err := checkPoint(tx, p); err != nil {
			return Point{}, err
		}
		_, err := ledger.Decide(tx, actor, "", "set-point", p.Code, map[string]string{"zone": p.Zone})
		return p, errors.Join(err, tx.PutPoint(p))
	})
	if err != nil {
		return PointView{}, err
	}
	n, err := s.assign(ctx, p)
	return PointView{Point: p, Households: n}, err
}

// checkPoint refuses a village that another point serves, and a place that is
// not in the list.
func checkPoint(tx Tx, p Point) error {
	for o, err := range tx.Points(p.Programme) {
		if err != nil {
			return err
		}
		if o.Code == p.Code {
			continue
		}
		if i := slices.IndexFunc(p.Villages, func(v string) bool { return slices.Contains(o.Villages, v) }); i >= 0 {
			return ErrCommand.At(fmt.Sprintf("villages[%d]", i), "point %s serves it", o.Code)
		}
	}
	if p.PlaceCode == "" {
		return nil
	}
	r, err := newResolver(tx, p.Programme)
	if err != nil {
		return err
	}
	if _, ok := r.byCode(p.PlaceCode); !ok {
		return ErrCommand.At("place_code", "the loaded place list has no such code")
	}
	return nil
}

// assign gives the point to households that have none and belong to it, takes
// it from those that do not any more, and returns how many have it.
func (s *service) assign(ctx context.Context, p Point) (int, error) {
	have := 0
	after := BeneficiaryID("")
	for {
		var page []Beneficiary
		here := 0
		err := s.store.Update(ctx, func(tx Tx) error {
			page, here = page[:0], 0
			points, err := indexPoints(tx, p.Programme)
			if err != nil {
				return err
			}
			if page, err = households(tx, p.Programme, after, importChunk); err != nil {
				return err
			}
			for _, b := range page {
				at, err := s.reassign(tx, points, b, p.Code)
				if err != nil {
					return err
				}
				if at == p.Code {
					here++
				}
			}
			return nil
		})
		if err != nil {
			return have, err
		}
		have += here
		if len(page) < importChunk {
			return have, nil
		}
		after = page[len(page)-1].ID
	}
}

func (s *service) reassign(tx Tx, points pointIndex, b Beneficiary, code string) (string, error) {
	if b.Point != "" && b.Point != code {
		return b.Point, nil
	}
	person, err := s.cfg.Sealer.personOf(tx, b)
	if errors.Is(err, ErrForgotten) {
		return b.Point, nil
	}
	if err != nil {
		return "", err
	}
	if at := points.of(person); at != b.Point {
		b.Point = at
		return at, tx.PutBeneficiary(b)
	}
	return b.Point, nil
}

// households returns at most limit households with an id above after.
func households(tx Tx, programme string, after BeneficiaryID, limit int) ([]Beneficiary, error) {
	var page []Beneficiary
	for b, err := range tx.Beneficiaries(programme, after) {
		if err != nil {
			return nil, err
		}
		if page = append(page, b); len(page) == limit {
			break
		}
	}
	return page, nil
}

// Points is documented at Service.
func (s *service) Points(ctx context.Context, q Query) ([]Point, error) {
	return read(ctx, s, MethodPoints, q.By, func(tx Tx) ([]Point, error) {
		return collect(tx.Points(q.By.Programme))
	})
}

// SuggestedPoint is a point that lists name and the programme does not have.
// Where a list has no column of points, each village suggests one.
type SuggestedPoint struct {
	Name       string
	Households int
	Villages   []string // "Commune/Village", as SetPoint takes them
}

// SuggestPoints is documented at Service.
func (s *service) SuggestPoints(ctx context.Context, q Query) ([]SuggestedPoint, error) {
	if _, err := acting(q.By, MethodSuggestPoints); err != nil {
		return nil, err
	}
	type suggestion struct {
		SuggestedPoint
		villages map[string]string // as written, by its folded name
	}
	byName := map[string]*suggestion{}
	read := 0
	err := s.eachPerson(ctx, q.By.Programme, func(b Beneficiary, p Person) error {
		if b.Point != "" {
			return nil
		}
		read++
		name := cmp.Or(p.PointName, p.Village)
		sg := byName[table.Fold(name)]
		if sg == nil {
			sg = &suggestion{SuggestedPoint{Name: name}, map[string]string{}}
			byName[table.Fold(name)] = sg
		}
		sg.Households++
		if v := p.village(); v != "" && sg.villages[v] == "" {
			sg.villages[v] = p.Commune + "/" + p.Village
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []SuggestedPoint
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		sg := byName[name]
		sg.Villages = slices.Sorted(maps.Values(sg.villages))
		out = append(out, sg.SuggestedPoint)
	}
	return out, s.journalRead(ctx, q.By, MethodSuggestPoints, "suggest-points", read)
}

// eachPerson decrypts a programme's included households one after the other,
// in pages, so that no View stays open for long. Those forgotten are left out.
func (s *service) eachPerson(ctx context.Context, programme string, fn func(Beneficiary, Person) error) error {
	after := BeneficiaryID("")
	for {
		var page []Beneficiary
		var persons []Person
		err := s.store.View(ctx, func(tx Tx) (err error) {
			if page, err = households(tx, programme, after, importChunk); err != nil {
				return err
			}
			persons = make([]Person, len(page))
			for i, b := range page {
				if b.Excluded != "" {
					continue
				}
				if persons[i], err = s.cfg.Sealer.personOf(tx, b); err != nil {
					return fmt.Errorf("household %s: %w", b.ID, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for i, b := range page {
			if b.Excluded != "" {
				continue
			}
			if err := fn(b, persons[i]); err != nil {
				return err
			}
		}
		if len(page) < importChunk {
			return nil
		}
		after = page[len(page)-1].ID
	}
}
