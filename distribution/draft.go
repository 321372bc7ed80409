package distribution

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/table"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// draft is a lot in the making: what was read outside of the transaction that
// stores it.
type draft struct {
	round    Round
	points   []Point
	lines    []draftLine
	warnings []Warning
	exposure money.Amount
	// lists of other organisations were compared, and overlapping came of it.
	lists        []PresenceList
	overlapping  []Overlap
	overlapsMore int
}

// draftLine is a household of a draft. Content tells whether it was changed
// between reading and storing.
type draftLine struct {
	id      BeneficiaryID
	point   string
	village string
	lives   *placed // nil where no place list is loaded
	area    *area
	home    string // as its list names it
	content [32]byte
	amounts []money.Amount
	device  vendors.HandheldID
}

// survey is what a draft is made with.
type survey struct {
	zones    map[string]vendors.Policy // of the points
	shops    shops
	resolver resolver
	shopsAt  []located      // where a zone's vendors are
	open     []Duplicate    // that nobody has decided
	homes    map[string]int // households by village of the whole programme, by place code
	settled  map[string]*settlement
	doubtful int // households whose village the place list does not have
	leftOut  map[string][]BeneficiaryID
	// What other organisations do, and where the lot's households live.
	lists  []PresenceList
	rivals []rival
	areas  map[string]*area
	names  *places.List // for the keys of names alone
}

// shops are the handhelds that may be a home, by zone and by name.
type shops struct {
	byZone map[string][]vendors.HandheldID
	byName map[string][]vendors.HandheldID // zone and folded name
	next   map[string]int
	// unknown counts the households that chose one that is not there.
	unknown int
}

// pick returns the home of a household: the trader or handheld it chose, else
// the next of its zone; "" where the zone has none.
func (s *shops) pick(zone, chosen string) vendors.HandheldID {
	pool, key := s.byZone[zone], zone
	if chosen != "" {
		key = zone + "/" + table.Fold(chosen)
		if named := s.byName[key]; len(named) > 0 {
			pool = named
		} else {
			s.unknown++
			key = zone
		}
	}
	if len(pool) == 0 {
		return ""
	}
	n := s.next[key]
	s.next[key]++
	return pool[n%len(pool)]
}

// openShops reads the active sales handhelds of the zones.
func openShops(tx Tx, programme string, zones map[string]vendors.Policy) (shops, error) {
	s := shops{byZone: map[string][]vendors.HandheldID{}, byName: map[string][]vendors.HandheldID{}, next: map[string]int{}}
	for h, err := range tx.Handhelds(programme, "") {
		if err != nil {
			return s, err
		}
		if _, here := zones[h.Zone]; !here || h.Purpose != vendors.ForSales || h.State != vendors.Active {
			continue
		}
		v, err := tx.Vendor(h.Vendor)
		if errors.Is(err, vendors.ErrNotFound) || err == nil && v.Suspended {
			continue
		}
		if err != nil {
			return s, err
		}
		s.byZone[h.Zone] = append(s.byZone[h.Zone], h.ID)
		names := []string{table.Fold(string(h.ID)), table.Fold(string(v.ID)), table.Fold(v.Name)}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			s.byName[h.Zone+"/"+name] = append(s.byName[h.Zone+"/"+name], h.ID)
		}
	}
	return s, nil
}

// draftLot reads the programme and computes the lot.
func (s *service) draftLot(ctx context.Context, cmd PrepareLot) (draft, error) {
	var d draft
	var sv survey
	err := s.store.View(ctx, func(tx Tx) (err error) {
		d, sv, err = beginDraft(tx, cmd)
		return err
	})
	if err != nil {
		return d, err
	}
	here := map[string]bool{}
	for _, p := range d.points {
		here[p.Code] = true
	}
	err = s.eachPerson(ctx, cmd.By.Programme, func(b Beneficiary, p Person) error {
		place := sv.live(p)
		if !here[b.Point] {
			return nil
		}
		line := draftLine{id: b.ID, point: b.Point, village: p.village(), lives: place, area: sv.dwell(p, place), home: p.Home, content: b.Content}
		var err error
		line.amounts, err = d.round.Rule.entitlement(p, d.round.Asset)
		if f := fault.Of(err); f != nil {
			sv.leftOut[f.Code] = append(sv.leftOut[f.Code], b.ID)
			return nil
		}
		if err != nil || len(line.amounts) == 0 {
			return err
		}
		d.lines = append(d.lines, line)
		return nil
	})
	if err != nil {
		return d, err
	}
	if err := s.dropEntitled(ctx, cmd, &d); err != nil {
		return d, err
	}
	for _, l := range d.lines {
		sv.settle(l.point, l.lives)
	}
	d.giveHomes(&sv)
	if d.exposure, err = exposureOf(d, sv); err != nil {
		return d, err
	}
	d.warnings = warningsOf(d, sv)
	d.lists = sv.lists
	d.overlapping, d.overlapsMore = d.overlaps(sv)
	return d, nil
}

func beginDraft(tx Tx, cmd PrepareLot) (draft, survey, error) {
	var d draft
	sv := survey{zones: map[string]vendors.Policy{}, homes: map[string]int{}, settled: map[string]*settlement{},
		leftOut: map[string][]BeneficiaryID{}, areas: map[string]*area{}}
	var err error
	if d.round, d.points, err = cmd.terms(tx); err != nil {
		return d, sv, err
	}
	for _, p := range d.points {
		z, err := tx.Zone(p.Programme, p.Zone)
		if err != nil {
			return d, sv, err
		}
		sv.zones[p.Zone] = z.Policy.WithDefaults()
	}
	if sv.shops, err = openShops(tx, cmd.By.Programme, sv.zones); err != nil {
		return d, sv, err
	}
	if sv.resolver, err = newResolver(tx, cmd.By.Programme); err != nil {
		return d, sv, err
	}
	if sv.names = sv.resolver.list; sv.names == nil {
		sv.names = places.New("", nil)
	}
	if sv.lists, err = comparedLists(tx, d.round); err != nil {
		return d, sv, err
	}
	if sv.rivals, err = rivalsOf(tx, d.round, sv); err != nil {
		return d, sv, err
	}
	if sv.shopsAt, err = locatedVendors(tx, cmd.By.Programme, sv); err != nil {
		return d, sv, err
	}
	for dup, err := range tx.Duplicates(cmd.By.Programme) {
		if err != nil {
			return d, sv, err
		}
		if dup.Decision == "" {
			sv.open = append(sv.open, dup)
		}
	}
	return d, sv, nil
}

// terms returns the round and the points of the command, if a lot may be
// prepared for them now.
func (c PrepareLot) terms(tx Tx) (Round, []Point, error) {
	r, err := roundOf(tx, c.By, c.Round)
	if err != nil {
		return r, nil, err
	}
	if r.State != RoundOpen || !tx.Now().Before(r.SalesEnd) {
		return r, nil, ErrRoundState.At("round", "it is %s, and sales end on %s", r.State, day(r.SalesEnd))
	}
	if err := knows(tx, c.By, r); err != nil {
		return r, nil, err
	}
	if err := unfinished(tx, c.By.Programme); err != nil {
		return r, nil, err
	}
	if len(c.Points) < 1 || len(c.Points) > pointsMax {
		return r, nil, ErrCommand.At("points", "1 to %d", pointsMax)
	}
	if err := checkWords("coordination", c.Coordination, 0, coordinationMax); err != nil {
		return r, nil, err
	}
	points, err := pointsOf(tx, c.By.Programme, c.Points)
	return r, points, err
}

// dropEntitled takes out the households that another lot of the round serves.
func (s *service) dropEntitled(ctx context.Context, cmd PrepareLot, d *draft) error {
	var kept []draftLine
	for chunk := range slices.Chunk(d.lines, importChunk) {
		err := s.store.View(ctx, func(tx Tx) error {
			for _, l := range chunk {
				lot, err := tx.EntitledIn(cmd.Round, l.id)
				if errors.Is(err, ErrNotFound) || err == nil && lot == cmd.Lot {
					kept = append(kept, l)
				} else if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	d.lines = kept
	return nil
}

// giveHomes puts the lines in their order, which is that of packing, and gives
// each household one home for all its vouchers.
func (d *draft) giveHomes(sv *survey) {
	slices.SortFunc(d.lines, func(a, b draftLine) int {
		return cmp.Or(cmp.Compare(a.point, b.point), cmp.Compare(a.village, b.village), cmp.Compare(a.id, b.id))
	})
	zones := map[string]string{}
	for _, p := range d.points {
		zones[p.Code] = p.Zone
	}
	for i := range d.lines {
		d.lines[i].device = sv.shops.pick(zones[d.lines[i].point], d.lines[i].home)
	}
}

// entitlements yields the draft as it is stored.
func (d draft) entitlements(lot string) iter.Seq2[Entitlement, error] {
	return func(yield func(Entitlement, error) bool) {
		for i, l := range d.lines {
			e := Entitlement{Lot: lot, N: i + 1, Beneficiary: l.id, Point: l.point, Amounts: l.amounts}
			for range l.amounts {
				e.Homes = append(e.Homes, l.device)
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// exposureOf bounds what copies of the lot's cards could take while handhelds
// are out of reach of each other, in XOF. A handheld accepts offline, besides
// the cards it is home for, those of its zone up to the zone's floor; a copy
// of each could be spent there once. So for every handheld h of a zone:
//
//	min( sum of the vouchers up to the floor whose home is not h,
//	     CountMax x Floor, SumMax )
//
// because counters stop it until it syncs. The sum over all handhelds is the
// exposure. Cards spent twice at their home are refused by it at once.
func exposureOf(d draft, sv survey) (money.Amount, error) {
	small := map[string]int64{}              // by zone
	atHome := map[vendors.HandheldID]int64{} // of those, by home
	zones := map[string]string{}
	for _, p := range d.points {
		zones[p.Code] = p.Zone
	}
	for _, l := range d.lines {
		zone := zones[l.point]
		for _, m := range l.amounts {
			w, err := d.round.worth(m)
			if err != nil {
				return money.Amount{}, err
			}
			if w.Minor() <= sv.zones[zone].Floor.Minor() {
				small[zone] += w.Minor()
				atHome[l.device] += w.Minor()
			}
		}
	}
	total := money.Francs(0)
	for _, zone := range slices.Sorted(maps.Keys(sv.zones)) {
		p := sv.zones[zone]
		byCount, err := p.Floor.Mul(int64(p.CountMax))
		if err != nil {
			return total, err
		}
		for _, h := range sv.shops.byZone[zone] {
			most := min(small[zone]-atHome[h], byCount.Minor(), p.SumMax.Minor())
			if total, err = total.Add(money.Francs(most)); err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

// locatedVendors returns where the vendors of the zones are, as far as the
// place list knows.
func locatedVendors(tx Tx, programme string, sv survey) ([]located, error) {
	if sv.resolver.list == nil {
		return nil, nil
	}
	var all []located
	for v, err := range tx.Vendors(programme, "") {
		if err != nil {
			return nil, err
		}
		if _, here := sv.zones[v.Zone]; !here || v.Suspended {
			continue
		}
		if p, ok := sv.resolver.byCode(v.PlaceCode); ok && p.Located() {
			all = append(all, located{v.Zone, p})
		}
	}
	return all, nil
}

// pointsMax bounds the points of one lot.
const pointsMax = 200

// PrepareLot computes a lot for the households of some points that are in no
// other lot of the round.
type PrepareLot struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Round  string
	Points []string
	Lot    string // to prepare this one again; "" for a new one
	// Coordination answers overlaps with other organisations, in words, at most 400
	// letters on one line; the approval covers it. It must not name a household.
	Coordination string
}
