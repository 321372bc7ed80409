package distribution

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution/market"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// ErrCalendar refuses more than a programme may keep.
var ErrCalendar = fault.New(fault.Conflict, "calendar_full",
	"The programme keeps no more occasions or market prices than these.",
	"Le programme ne garde pas plus d'événements ou de prix de marché que cela.")

// Occasion is what a point's people do on a day that is not like others: its
// weekly market days, or an event that was announced. Detectors read it: an event
// clears what looks odd on its days, but only on those that begin after it was
// recorded, so that nobody announces a fair for what was already sold.
type Occasion struct {
	ID        string // of the point, of an event also its kind, trader and days
	Programme string
	Kind      market.Kind
	Point     string
	Vendor    vendors.ID // of an event; "" for every trader
	Weekdays  uint8      // of a weekly market: bit d is weekday d, 0 is Sunday
	From, To  time.Time  // of an event; To is the instant after its last day
	CalledOff bool
	By        string // staff id
	At        time.Time
}

// occasionsMax bounds the occasions of a programme.
const occasionsMax = 20_000

// Days yields the days of Unix on which the event was announced before they began.
func (o Occasion) Days() []int64 {
	if o.Kind == market.Weekly || o.CalledOff {
		return nil
	}
	var days []int64
	for d := o.From; d.Before(o.To); d = d.AddDate(0, 0, 1) {
		if o.At.Before(d) {
			days = append(days, d.Unix()/(24*60*60))
		}
	}
	return days
}

// ImportMarket reads a calendar, or a bulletin of market prices.
type ImportMarket struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"` // not needed for a dry run
	File   io.ReaderAt  `json:"-"`
	Size   int64        `json:"-"`
	DryRun bool
}

// MarketReport says what became of the rows: Rows = New + Changed + Same + Refused
// + Other, but that some rows of prices are of several zones or say the same.
type MarketReport struct {
	DryRun      bool
	File        [32]byte // SHA-256
	Rows        int
	New         int
	Changed     int
	Same        int
	Refused     int
	Other       int             // not compared: wholesale, other goods, other markets, years ago
	Unknown     []string        // names of goods and markets that nothing stands for; at most 50
	Remarks     []market.Remark // at most 10,000
	RemarksMore int
}

func (r *MarketReport) remark(m market.Remark) error {
	r.Refused++
	if len(r.Remarks) < reportMax {
		r.Remarks = append(r.Remarks, m)
	} else {
		r.RemarksMore++
	}
	return nil
}

// unknownMost bounds the names that a report lists.
const unknownMost = 50

func (r *MarketReport) other(name string) {
	r.Other++
	if len(r.Unknown) < unknownMost && name != "" && !slices.Contains(r.Unknown, name) {
		r.Unknown = append(r.Unknown, name)
	}
}

// importMarket is what both imports have in common: read turns the file into
// records, put stores one and says whether it was new or another.
func importMarket[V any](ctx context.Context, s *service, m Method, cmd ImportMarket, read func(Tx, *MarketReport) ([]V, error),
	put func(Tx, V) (fresh, changed bool, err error)) (MarketReport, error) {
	if _, err := acting(cmd.By, m); err != nil {
		return MarketReport{}, err
	}
	if !cmd.DryRun && cmd.Key == "" {
		return MarketReport{}, ledger.ErrKeyMissing
	}
	file := sha256.New()
	if _, err := io.Copy(file, io.NewSectionReader(cmd.File, 0, cmd.Size)); err != nil {
		return MarketReport{}, fmt.Errorf("read the file: %w", err)
	}
	r := MarketReport{DryRun: cmd.DryRun, File: [32]byte(file.Sum(nil)), Remarks: []market.Remark{}, Unknown: []string{}}
	var all []V
	err := s.store.View(ctx, func(tx Tx) (err error) {
		if _, err = tx.Programme(cmd.By.Programme); err == nil {
			all, err = read(tx, &r)
		}
		return err
	})
	if err != nil {
		return MarketReport{}, err
	}
	write := func(tx Tx) error {
		r.New, r.Changed, r.Same = 0, 0, 0 // a transaction may run again
		for _, v := range all {
			fresh, changed, err := put(tx, v)
			switch {
			case err != nil:
				return err
			case fresh:
				r.New++
			case changed:
				r.Changed++
			default:
				r.Same++
			}
		}
		return nil
	}
	if cmd.DryRun {
		err := s.store.Update(ctx, func(tx Tx) error { return errors.Join(write(tx), errDry) })
		if !errors.Is(err, errDry) {
			return MarketReport{}, err
		}
		return r, nil
	}
	content := struct{ File string }{hex.EncodeToString(r.File[:])}
	kept, err := once(ctx, s, m, cmd.By, cmd.Key, content, func(tx Tx, actor ledger.Actor) (MarketReport, error) {
		err := write(tx)
		kept := r
		kept.Remarks, kept.Unknown = nil, nil // the file says them again
		if err != nil || r.New+r.Changed == 0 {
			return kept, err // nothing was decided
		}
		_, err = ledger.Decide(tx, actor, "", strings.ReplaceAll(string(m), "_", "-"), content.File[:16], map[string]string{"file": content.File,
			"new": number(r.New), "changed": number(r.Changed), "same": number(r.Same), "refused": number(r.Refused), "other": number(r.Other)})
		return kept, err
	})
	kept.Remarks, kept.Unknown = r.Remarks, r.Unknown
	return kept, err
}

// errDry takes back what a dry run wrote.
var errDry = errors.New("a dry run")

// ImportCalendar is documented at Service.
func (s *service) ImportCalendar(ctx context.Context, cmd ImportMarket) (MarketReport, error) {
	var secret secretRounds
	read := func(tx Tx, r *MarketReport) (_ []Occasion, err error) {
		if secret, err = secretTo(tx, cmd.By, nil); err != nil {
			return nil, err
		}
		return readCalendar(ctx, tx, cmd, r)
	}
	return importMarket(ctx, s, MethodImportCalendar, cmd, read, func(tx Tx, o Occasion) (fresh, changed bool, err error) {
		was, err := tx.Occasion(o.Programme, o.ID)
		switch o.By, o.At = cmd.By.ID, tx.Now(); {
		case errors.Is(err, ErrNotFound):
			return true, false, tx.PutOccasion(o)
		case err != nil:
			return false, false, err
		case o.CalledOff == was.CalledOff && o.Weekdays == was.Weekdays:
			// It stays with the instant of the first announcement. Who may not see that it
			// is there does not learn so by announcing it.
			return secret.hide(cmd.By, was), false, nil
		}
		return false, true, tx.PutOccasion(o)
	})
}

// readCalendar finds what the names in a calendar stand for.
func readCalendar(ctx context.Context, tx Tx, cmd ImportMarket, r *MarketReport) ([]Occasion, error) {
	names, err := namesOf(tx, cmd.By.Programme)
	if err != nil {
		return nil, err
	}
	var all []Occasion
	at := map[string]int{}
	each := func(x market.Occasion) error {
		o := Occasion{Programme: cmd.By.Programme, Kind: x.Kind, Weekdays: x.Weekdays, From: x.From, To: x.To, CalledOff: x.CalledOff}
		points := names.points[table.Fold(x.Point)]
		if len(points) != 1 {
			return r.remark(market.Wrong(x.Row, "point", x.Point, "This is not the code, name or village of one point.", "Ce n'est ni le code, ni le nom, ni un village d'un seul site."))
		}
		o.Point = points[0]
		if x.Trader != "" {
			if o.Vendor = names.vendor[table.Fold(x.Trader)]; o.Vendor == "" {
				return r.remark(market.Wrong(x.Row, "trader", x.Trader, "There is no such trader, or there are several.", "Ce commerçant n'existe pas, ou il y en a plusieurs."))
			}
		}
		if o.ID = string(o.Kind) + " " + o.Point; o.Kind != market.Weekly {
			if last := o.To.AddDate(0, 0, -1); !o.CalledOff && !tx.Now().Before(last) {
				return r.remark(market.Wrong(x.Row, "last-day", day(last), "This is over or on its last day, and an event clears nothing that it was not announced before.",
					"C'est terminé ou au dernier jour, et un événement n'explique rien s'il n'a pas été annoncé avant."))
			}
			o.ID += " " + cmp.Or(string(o.Vendor), "-") + " " + day(o.From) + " " + day(o.To)
		}
		i, twice := at[o.ID]
		switch {
		case !twice:
			at[o.ID] = len(all)
			all = append(all, o)
		case o.Kind == market.Weekly:
			all[i].Weekdays |= o.Weekdays // a row for each day
		}
		if len(all) > market.RowsMost {
			return market.ErrTooMany
		}
		return nil
	}
	if r.Rows, err = market.ReadCalendar(ctx, cmd.File, cmd.Size, each, r.remark); err != nil {
		return nil, fmt.Errorf("import a calendar: %w", err)
	}
	known, err := collect(tx.Occasions(cmd.By.Programme))
	if err == nil && len(known)+len(all) > occasionsMax {
		err = ErrCalendar.At("occasions", "at most %d", occasionsMax)
	}
	return all, err
}

// localNames are what lists of markets may mean. Names are folded.
type localNames struct {
	points map[string][]string   // codes, by code, name or village
	vendor map[string]vendors.ID // by id or name, "" where several have it
	// zones by a zone's code, a point's code or name, a village, a commune and a
	// cercle: the nearer meaning counts.
	zones [5]map[string][]string
	items map[string][]string // codes of price lists, by code or name
}

func addTo(m map[string][]string, name, v string) {
	if name != "" && !slices.Contains(m[name], v) {
		m[name] = append(m[name], v)
	}
}

func namesOf(tx Tx, programme string) (localNames, error) {
	n := localNames{points: map[string][]string{}, vendor: map[string]vendors.ID{}, items: map[string][]string{}}
	for i := range n.zones {
		n.zones[i] = map[string][]string{}
	}
	at := map[string][]string{} // zones by the place code of a point
	for p, err := range tx.Points(programme) {
		if err != nil {
			return n, err
		}
		addTo(n.zones[0], table.Fold(p.Zone), p.Zone)
		for _, name := range []string{p.Code, p.Name} {
			addTo(n.points, table.Fold(name), p.Code)
			addTo(n.zones[1], table.Fold(name), p.Zone)
		}
		for _, v := range p.Villages {
			commune, village, _ := strings.Cut(v, "/")
			addTo(n.points, table.Fold(village), p.Code)
			addTo(n.points, table.Fold(v), p.Code)
			addTo(n.zones[2], village, p.Zone)
			addTo(n.zones[3], commune, p.Zone)
		}
		if p.PlaceCode != "" {
			addTo(at, p.PlaceCode, p.Zone)
		}
	}
	for p, err := range tx.Places(programme) {
		if err != nil {
			return n, err
		}
		for _, zone := range at[p.Code] {
			addTo(n.zones[2], table.Fold(p.Name), zone)
			addTo(n.zones[3], table.Fold(p.Commune), zone)
			addTo(n.zones[4], table.Fold(p.Cercle), zone)
		}
	}
	for v, err := range tx.Vendors(programme, "") {
		if err != nil {
			return n, err
		}
		for _, name := range []string{string(v.ID), v.Name} {
			if had, twice := n.vendor[table.Fold(name)]; twice && had != v.ID {
				v.ID = ""
			}
			n.vendor[table.Fold(name)] = v.ID
		}
	}
	return n, nil
}
