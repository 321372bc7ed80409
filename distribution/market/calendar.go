package market

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/jate-cva/jate/internal/table"
)

// Kind is what happens at a point.
type Kind string

// The kinds of occasion.
const (
	Weekly     Kind = "market"      // on the same days of each week
	Fair       Kind = "fair"        // traders come together
	MobileShop Kind = "mobile-shop" // a trader comes to the point
)

// Occasion is one row of a calendar: a point's weekly market days, or an event.
type Occasion struct {
	Row       int
	Kind      Kind
	Point     string // as written: a point's code or name, or a village
	Trader    string // as written; "" for any, and for weekly markets
	Weekdays  uint8  // of a weekly market: bit d is weekday d, 0 is Sunday; 0 takes earlier days back
	From, To  time.Time
	CalledOff bool
}

// eventDays bounds how long an event lasts: it clears what looks odd at its
// point, so it must not be the whole round.
const eventDays = 31

const (
	kind     field = "kind"
	point    field = "point"
	weekdays field = "market-days"
	first    field = "first-day"
	last     field = "last-day"
	trader   field = "trader"
	status   field = "status"
)

var calendarTitles = titles(map[field][]string{
	kind: {"nature", "type", "kind", "evenement", "event", "type d evenement", "event type"},
	point: {"point", "site", "point de distribution", "distribution point", "code point", "code du point", "site de distribution", "village",
		"localite", "lieu", "place", "location"},
	weekdays: {"jour de marche", "jours de marche", "jour du marche", "jours du marche", "market day", "market days", "jour", "jours", "weekday", "weekdays"},
	first:    {"debut", "du", "date de debut", "premier jour", "from", "start", "start date", "first day", "date"},
	last:     {"fin", "au", "date de fin", "dernier jour", "to", "until", "end", "end date", "last day"},
	trader:   {"commercant", "id commercant", "vendeur", "trader", "vendor", "trader id", "vendor id", "boutique", "shop"},
	status:   {"statut", "status", "etat"},
})

var kinds = map[string]Kind{
	"marche": Weekly, "marche hebdomadaire": Weekly, "market": Weekly, "weekly market": Weekly, "foire hebdomadaire": Weekly,
	"foire": Fair, "fair": Fair, "foire aux vivres": Fair, "foire commerciale": Fair, "voucher fair": Fair,
	"boutique mobile": MobileShop, "mobile shop": MobileShop, "commercant mobile": MobileShop, "mobile trader": MobileShop, "vente ambulante": MobileShop,
}

// ReadCalendar reads a calendar and hands each row on. Of events To is the
// instant after the last day. Errors: ErrNoHeader, those of package table, and
// those of each and remark.
func ReadCalendar(ctx context.Context, r io.ReaderAt, size int64, each func(Occasion) error, remark func(Remark) error) (n int, err error) {
	need := func(at map[field]int) bool {
		_, where := at[point]
		_, days := at[weekdays]
		_, from := at[first]
		return where && (days || from)
	}
	return rows(ctx, r, size, calendarTitles, need, remark, func(s *sheet) error {
		o := Occasion{Row: s.row.N}
		for _, x := range []struct {
			of     field
			needed bool
			into   *string
		}{{point, true, &o.Point}, {trader, false, &o.Trader}} {
			text, ok, err := s.name(x.of, x.needed)
			if !ok {
				return err
			}
			*x.into = text
		}
		var known bool
		if o.Kind, known = kinds[table.Fold(s.get(kind))]; !known {
			if s.get(kind) != "" || s.get(weekdays) == "" {
				return s.wrong(kind, "Write market, fair or mobile shop.", "Écrivez marché, foire ou boutique mobile.")
			}
			o.Kind = Weekly // only markets have days of the week
		}
		if o.Kind == Weekly {
			return s.market(o, each)
		}
		return s.event(o, each)
	})
}

func (s *sheet) market(o Occasion, each func(Occasion) error) error {
	var ok bool
	if o.Weekdays, ok = daysOf(s.get(weekdays)); !ok {
		return s.wrong(weekdays, "Write days of the week, such as Monday and Friday, or none.", "Écrivez des jours de la semaine, comme lundi et vendredi, ou aucun.")
	}
	if s.get(trader) != "" {
		return s.wrong(trader, "A weekly market is nobody's own.", "Un marché hebdomadaire n'est à personne.")
	}
	return each(o)
}

func (s *sheet) event(o Occasion, each func(Occasion) error) error {
	from, to, ok, err := s.day(first)
	if !ok {
		return err
	}
	if from.IsZero() {
		return s.wrong(first, "An event has a first day.", "Un événement a un premier jour.")
	}
	_, end, ok, err := s.day(last)
	if !ok {
		return err
	}
	if end.IsZero() {
		end = to
	}
	o.From, o.To = from, end
	switch days := o.To.Sub(o.From); {
	case days <= 0:
		return s.wrong(last, "The last day is before the first.", "Le dernier jour précède le premier.")
	case days > eventDays*24*time.Hour:
		return s.wrong(last, "An event lasts at most 31 days.", "Un événement dure au plus 31 jours.")
	}
	switch table.Fold(s.get(status)) {
	case "", "prevu", "prevue", "planned", "confirme", "confirmee", "confirmed", "maintenu", "maintenue":
	case "annule", "annulee", "cancelled", "canceled", "called off", "reporte", "reportee", "postponed":
		o.CalledOff = true
	default:
		return s.wrong(status, "Write planned or cancelled.", "Écrivez prévu ou annulé.")
	}
	return each(o)
}

var weekdayNames = map[string]time.Weekday{
	"dimanche": 0, "dim": 0, "sunday": 0, "sun": 0, "lundi": 1, "lun": 1, "monday": 1, "mon": 1, "mardi": 2, "mar": 2, "tuesday": 2, "tue": 2,
	"mercredi": 3, "mer": 3, "wednesday": 3, "wed": 3, "jeudi": 4, "jeu": 4, "thursday": 4, "thu": 4, "vendredi": 5, "ven": 5, "friday": 5, "fri": 5,
	"samedi": 6, "sam": 6, "saturday": 6, "sat": 6,
}

// daysOf reads days of the week. A plural is read as one, and "none" as no day.
func daysOf(text string) (days uint8, ok bool) {
	switch folded := table.Fold(text); folded {
	case "":
		return 0, false
	case "aucun", "none":
		return 0, true
	case "tous les jours", "quotidien", "daily", "every day":
		return 1<<7 - 1, true
	default:
		for word := range strings.FieldsSeq(folded) {
			if word == "et" || word == "and" || word == "le" || word == "les" {
				continue
			}
			d, known := weekdayNames[word]
			if !known {
				d, known = weekdayNames[strings.TrimSuffix(word, "s")]
			}
			if !known {
				return 0, false
			}
			days |= 1 << d
		}
		return days, days != 0
	}
}
