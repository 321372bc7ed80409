package distribution

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// ErrPlaces refuses a place list that does not fit the programme's.
var ErrPlaces = fault.New(fault.Conflict, "places_refused",
	"The place list does not fit: a programme has places of one edition, each with a code.",
	"La liste de lieux ne convient pas : un programme a des lieux d'une seule édition, chacun avec un code.")

// LoadPlaces reads a place list.
type LoadPlaces struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	File    io.ReaderAt  `json:"-"`
	Size    int64
	Edition string // such as "2015"; 1 to 24 letters and digits
}

// LoadedPlaces says what was loaded.
type LoadedPlaces struct {
	Edition string
	Places  int
}

// placesChunk is how many places one transaction takes.
const placesChunk = 1000

// LoadPlaces is documented at Service.
func (s *service) LoadPlaces(ctx context.Context, cmd LoadPlaces) (LoadedPlaces, error) {
	if _, err := acting(cmd.By, MethodLoadPlaces); err != nil {
		return LoadedPlaces{}, err
	}
	if err := checkCode("edition", cmd.Edition, idMax); err != nil {
		return LoadedPlaces{}, err
	}
	list, err := places.Load(ctx, cmd.File, cmd.Size, cmd.Edition)
	if err != nil {
		return LoadedPlaces{}, err
	}
	err = s.store.View(ctx, func(tx Tx) error {
		for p, err := range tx.Places(cmd.By.Programme) {
			if err != nil {
				return err
			}
			if p.Edition != cmd.Edition {
				return ErrPlaces.At("edition", "places of edition %s are loaded", p.Edition)
			}
			break
		}
		return nil
	})
	if err != nil {
		return LoadedPlaces{}, err
	}
	for p := range list.All() {
		if p.Code == "" {
			return LoadedPlaces{}, ErrPlaces.At("pcode", "%s has none", p.Name)
		}
	}
	for chunk := range slices.Chunk(slices.Collect(list.All()), placesChunk) {
		if err := s.store.Update(ctx, func(tx Tx) error { return tx.PutPlaces(cmd.By.Programme, chunk) }); err != nil {
			return LoadedPlaces{}, err
		}
	}
	return once(ctx, s, MethodLoadPlaces, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (LoadedPlaces, error) {
		_, err := ledger.Decide(tx, actor, "", "load-places", cmd.Edition, map[string]string{"places": number(list.Len())})
		return LoadedPlaces{Edition: cmd.Edition, Places: list.Len()}, err
	})
}

// resolver finds the places of households, each spelling once.
type resolver struct {
	list  *places.List // nil where none is loaded
	found map[places.Query]*placed
}

// placed is where a household lives: a place, or why there is no answer.
type placed struct {
	place      places.Place
	problem    *fault.Error
	candidates []string
}

// spellingsMax bounds what a resolver remembers.
const spellingsMax = 100_000

func newResolver(tx Tx, programme string) (resolver, error) {
	r := resolver{found: map[places.Query]*placed{}}
	all, err := collect(tx.Places(programme))
	if err == nil && len(all) > 0 {
		r.list = places.New(all[0].Edition, all)
	}
	return r, err
}

func (r resolver) find(p Person) *placed {
	return r.look(places.Query{Edition: p.PlaceEdition, Region: p.Region, Cercle: p.Cercle, Commune: p.Commune, Village: p.Village, Code: p.PlaceCode})
}

func (r resolver) look(q places.Query) *placed {
	if at, ok := r.found[q]; ok {
		return at
	}
	at := &placed{}
	var err error
	if at.place, err = r.list.Find(q); err != nil {
		at.problem = fault.Of(err)
		if u, ok := errors.AsType[*places.Unresolved](err); ok {
			for _, c := range u.Candidates {
				at.candidates = append(at.candidates, fmt.Sprintf("%s, %s, %s (%s)", c.Name, c.Commune, c.Cercle, c.Code))
			}
		}
	}
	if len(r.found) < spellingsMax {
		r.found[q] = at
	}
	return at
}

// byCode returns the place of the code.
func (r resolver) byCode(code string) (places.Place, bool) {
	if r.list == nil || code == "" {
		return places.Place{}, false
	}
	for p := range r.list.All() {
		if p.Code == code {
			return p, true
		}
	}
	return places.Place{}, false
}
