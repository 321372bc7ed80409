package feedback

import (
	"fmt"
	"slices"

	"github.com/jate-cva/jate/fault"
)

// DueDays are a programme's own numbers of days for an answer, by category; a
// category that is not there keeps its usual one.
type DueDays map[Category]int

// dueMax bounds them: who waits longer has no answer.
const dueMax = 60

// ErrDue refuses a table of days.
var ErrDue = fault.New(fault.Invalid, "complaint_due_days",
	"The days for an answer to complaints are numbers from 1 to 60 by category; abuse is answered within a day, and cards within 7.",
	"Les délais de réponse aux plaintes sont des nombres de jours de 1 à 60 par catégorie ; un jour pour les abus, 7 au plus pour les cartes.")

// Check returns ErrDue for a category or a number that there is not. Abuse cannot
// wait longer than a day, nor can who has no card wait longer than a week.
func (d DueDays) Check() error {
	for c, days := range d {
		most := dueMax
		switch c {
		case Safeguarding:
			most = dueDays[c]
		case CardHeld, CardLost:
			most = 7
		}
		if !slices.Contains(Categories(), c) {
			return ErrDue.At("ComplaintDays", "%.40q: one of %v", string(c), Categories())
		}
		if days < 1 || days > most {
			return ErrDue.At("ComplaintDays", "%s: 1 to %d, not %d", c, most, days)
		}
	}
	return nil
}

// due is how many days a programme has for an answer; 0 for no category.
func (s *service) due(programme string, c Category) int {
	if days, ok := s.days[programme][c]; ok {
		return days
	}
	return c.DueDays()
}

func checkDays(all map[string]DueDays) error {
	for programme, d := range all {
		if err := d.Check(); err != nil {
			return fmt.Errorf("programme %.40q: %w", programme, err)
		}
	}
	return nil
}
