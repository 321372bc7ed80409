package distribution

import (
	"context"
	"errors"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// Until its embargo ends, dates and places of a round are seen by people who
// were named, whatever their role: who made the round, and whom one of them named
// since. Each look is an entry of the journal.

// namedMax bounds how many are named besides who made the round.
const namedMax = 20

// ErrEmbargoed refuses who was not named.
var ErrEmbargoed = fault.New(fault.Denied, "round_embargoed",
	"Until its hour, where and when this round takes place is for people who were named. Ask one of them to name you.",
	"Jusqu'à son heure, le lieu et les dates de ce cycle sont réservés aux personnes désignées. Demandez à l'une d'elles de vous désigner.")

// NamePerson lets one more person see an embargoed round's dates and places.
type NamePerson struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Round  string
	Person string // staff identifier
}

// NamePerson is documented at Service.
func (s *service) NamePerson(ctx context.Context, cmd NamePerson) (Round, error) {
	return once(ctx, s, MethodNamePerson, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Round, error) {
		if err := checkCode("person", cmd.Person, 2*purposeMax); err != nil {
			return Round{}, err
		}
		r, err := roundOf(tx, cmd.By, cmd.Round)
		if err != nil {
			return Round{}, err
		}
		if err := knows(tx, cmd.By, r); err != nil {
			return Round{}, err
		}
		named, err := tx.Named(r.ID)
		if err != nil {
			return Round{}, err
		}
		if slices.Contains(named, cmd.Person) {
			return r, nil
		}
		if len(named) >= namedMax {
			return Round{}, ErrCommand.At("person", "%d were named already", namedMax)
		}
		// A staff identifier stays out of the journal; the count tells that there is one more.
		_, err = ledger.Decide(tx, actor, r.ID, "name-person", r.ID, map[string]string{"named": number(len(named) + 1)})
		return r, errors.Join(err, tx.PutNamed(r.ID, append(named, cmd.Person)))
	})
}

// embargoed reports whether the round's dates and places are hidden now.
func embargoed(tx Tx, r Round) bool { return tx.Now().Before(r.EmbargoUntil) }

// knows returns ErrEmbargoed where the round is embargoed and nobody named the
// actor.
func knows(tx Tx, by access.Actor, r Round) error {
	if !embargoed(tx, r) || by.ID != "" && by.ID == r.PreparedBy {
		return nil
	}
	named, err := tx.Named(r.ID)
	if err != nil {
		return err
	}
	if by.ID == "" || !slices.Contains(named, by.ID) {
		return ErrEmbargoed
	}
	return nil
}

// Knows returns ErrEmbargoed where the lot's round is embargoed and nobody named
// the actor, and ErrNotFound for a lot that is not in his programme.
func Knows(tx Tx, by access.Actor, lot string) error {
	l, err := tx.Lot(lot)
	if err != nil {
		return err
	}
	r, err := roundOf(tx, by, l.Round)
	if err != nil {
		return err
	}
	return knows(tx, by, r)
}

// looks are the embargoed rounds that a reading shows.
type looks map[string]bool

// may reports whether the actor sees the round's dates and places, and takes
// down that he does while others may not.
func (l looks) may(tx Tx, by access.Actor, r Round) (bool, error) {
	err := knows(tx, by, r)
	if errors.Is(err, ErrEmbargoed) {
		return false, nil
	}
	if err == nil && embargoed(tx, r) {
		l[r.ID] = true
	}
	return err == nil, err
}

// journal writes the looks down, before anything is shown.
func (l looks) journal(ctx context.Context, s *service, by access.Actor, m Method) error {
	if len(l) == 0 {
		return nil
	}
	actor, err := acting(by, m)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx Tx) error {
		for id := range l {
			if _, err := ledger.Decide(tx, actor, id, "read-embargoed", id, map[string]string{"method": string(m)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// hidden is the round without its dates.
func (r Round) hidden() Round {
	none := Round{}
	r.Opens, r.SalesEnd, r.GraceUntil, r.EmbargoUntil = none.Opens, none.SalesEnd, none.GraceUntil, none.EmbargoUntil
	return r
}

// hidden is the lot without where it is handed over, and without warnings and
// overlaps, which name villages.
func (l Lot) hidden() Lot {
	l.Points, l.Warnings, l.Lists, l.Overlaps, l.OverlapsMore, l.Coordination = nil, nil, nil, nil, 0, ""
	return l
}
