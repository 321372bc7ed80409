package reconcile

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/places"
	engine "github.com/jate-cva/jate/reconcile/match"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// numbers gives people, phones and hand-overs numbers from 1 that mean nothing
// outside of one run.
type numbers map[string]int32

func (n numbers) of(id string) int32 {
	if id == "" {
		return 0
	}
	i, ok := n[id]
	if !ok {
		i = int32(len(n) + 1)
		n[id] = i
	}
	return i
}

// people reads what detectors look at of households, staff, hand-overs, ways,
// the round before and the calendar.
func (l *loader) people() error {
	for _, step := range []func() error{l.staff, l.phones, l.handOvers, l.ways, l.former, l.calendar} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// staff says who brought each card's household into the list, who prepared its
// lot, and who approved it first.
func (l *loader) staff() error {
	type lot struct{ prepared, approved int32 }
	people, imports, lots := numbers{}, map[string]int32{}, map[int32]lot{}
	for i := range l.facts.Cards {
		c := &l.facts.Cards[i]
		l.progress.within(atPeople, (atPeople+atMatch)/2, i, len(l.facts.Cards))
		if c.Holder == 0 {
			continue
		}
		at, known := lots[c.Lot]
		if !known {
			stored, err := l.tx.Lot(l.facts.words.text(c.Lot))
			if err != nil && !errors.Is(err, distribution.ErrNotFound) {
				return err
			}
			at.prepared = people.of(stored.PreparedBy)
			if len(stored.Approvals) > 0 {
				at.approved = people.of(stored.Approvals[0].Proof.ID)
			}
			lots[c.Lot] = at
		}
		c.Verifier, c.Approver = at.prepared, at.approved
		b, err := l.tx.Beneficiary(distribution.BeneficiaryID(l.facts.holders.text(c.Holder)))
		if errors.Is(err, distribution.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if c.Registrar, known = imports[b.Import]; !known {
			stored, err := l.tx.Import(l.programme, b.Import)
			if err != nil && !errors.Is(err, distribution.ErrNotFound) {
				return err
			}
			c.Registrar = people.of(stored.By)
			imports[b.Import] = c.Registrar
		}
	}
	return nil
}

// samePhone is how a pair of households says that they share one.
const samePhone = "same-phone"

// phones numbers the phones that households share. The list's search for
// duplicates found them by a keyed digest; the phone itself is not read.
func (l *loader) phones() error {
	parent := map[string]string{}
	root := func(h string) string {
		for parent[h] != "" {
			h = parent[h]
		}
		return h
	}
	shared := map[string]bool{}
	for d, err := range l.tx.Duplicates(l.programme) {
		if err != nil {
			return err
		}
		if !slices.Contains(d.Reasons, samePhone) {
			continue
		}
		a, b := root(string(d.A)), root(string(d.B))
		shared[string(d.A)], shared[string(d.B)] = true, true
		if a != b {
			parent[max(a, b)] = min(a, b)
		}
	}
	if len(shared) == 0 {
		return nil // a list without phones
	}
	phones := numbers{}
	for i := range l.facts.Cards {
		l.facts.Cards[i].Phone = phones.of(root(l.facts.holders.text(l.facts.Cards[i].Holder)))
	}
	return nil
}

// handOvers says who took each card, when by the clock of the handheld that
// recorded it, and with whose. Somebody who took the cards of several
// households at once is numbered.
func (l *loader) handOvers() error {
	for h, err := range l.tx.Handhelds(l.programme, "") {
		if err != nil {
			return err
		}
		if h.Purpose != vendors.ForDistribution {
			continue
		}
		for r, err := range l.tx.ReceiptsFrom(h.ID, 0) {
			if err != nil {
				return err
			}
			if r.Kind != voucher.RecordActivation || r.State != voucher.Accepted || !l.facts.Rounds[r.Round] {
				continue
			}
			if err := errors.Join(l.count(&l.read.records), l.handOver(r)); err != nil {
				return err
			}
			l.progress.within((atPeople+atMatch)/2, atMatch, l.read.records, len(l.facts.Cards))
		}
	}
	return nil
}

func (l *loader) handOver(r voucher.StoredReceipt) error {
	a, err := r.Activation()
	if err != nil {
		return err
	}
	households, taken := map[int32]bool{}, []int32{}
	by := l.facts.words.known(string(r.Handheld))
	for _, serial := range a.Serials {
		packed, _ := engine.Pack(serial)
		i, ok := l.serials[packed]
		if !ok {
			continue
		}
		c := &l.facts.Cards[i]
		if c.By != by || c.Handed != seconds(r.At.From) || c.HandedTo != seconds(r.At.To) || c.HandedSaid != 0 {
			continue
		}
		households[c.Holder] = true
		taken = append(taken, i)
	}
	collector := int32(0)
	if len(households) > 1 {
		l.collectors++
		collector = l.collectors
	}
	for _, i := range taken {
		c := &l.facts.Cards[i]
		c.Taker, c.HandedSaid, c.Collector = l.facts.words.id(string(a.By)), seconds(r.Said), collector
	}
	return nil
}

// ways measures from each point to each vendor, where the place list knows both.
func (l *loader) ways() error {
	points, wanted := map[string]string{}, map[string]bool{}
	for p, err := range l.tx.Points(l.programme) {
		if err != nil {
			return err
		}
		if p.PlaceCode != "" {
			points[p.Code] = p.PlaceCode
			wanted[p.PlaceCode] = true
		}
	}
	if len(points) == 0 || len(l.shopsAt) == 0 {
		return nil
	}
	for _, code := range l.shopsAt {
		wanted[code] = true
	}
	located := map[string]places.Place{}
	for p, err := range l.tx.Places(l.programme) {
		if err != nil {
			return err
		}
		if wanted[p.Code] && p.Located() {
			located[p.Code] = p
		}
	}
	for point, code := range points {
		from, ok := located[code]
		for vendor, at := range l.shopsAt {
			if to, found := located[at]; ok && found {
				l.facts.Metres[Way{point, vendor}] = 1 + int(places.Distance(from, to))
			}
		}
	}
	return nil
}

// companySeconds is how long after another one a household was served to have
// been served with it.
const companySeconds = 15 * 60

// former reads the round before each reconciled one: which vendor sold how much
// of each point's, and who was served with whom.
func (l *loader) former() error {
	var order []distribution.Round
	for r, err := range l.tx.Rounds(l.programme) {
		if err != nil {
			return err
		}
		order = append(order, r)
	}
	slices.SortFunc(order, func(a, b distribution.Round) int { return cmp.Or(a.Opens.Compare(b.Opens), cmp.Compare(a.ID, b.ID)) })
	for i, r := range order {
		if i == 0 || !l.facts.Rounds[r.ID] {
			continue
		}
		if err := l.before(r.ID, order[i-1].ID); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) before(round, earlier string) error {
	sold, of := map[Way]int64{}, map[string]int64{}
	companies, served, bought := numbers{}, map[int32]int32{}, map[int32]int32{} // by household
	for r, err := range l.tx.ReceiptsByRound(earlier) {
		if err != nil {
			return err
		}
		if r.Kind != voucher.RecordReceipt || r.State != voucher.Payable {
			continue
		}
		if err := l.count(&l.read.records); err != nil {
			return err
		}
		v, err := l.tx.Voucher(r.Number)
		if err != nil {
			return err
		}
		if v.Point != "" {
			sold[Way{v.Point, r.Vendor}] += r.Value.Minor()
			of[v.Point] += r.Value.Minor()
		}
		household := l.facts.holders.id(v.Beneficiary)
		bought[household] = l.facts.sellers.id(string(r.Vendor))
		if r.Handheld != "" {
			served[household] = companies.of(string(r.Handheld) + " " + strconv.FormatInt(r.Said.Unix()/companySeconds, 10))
		}
	}
	for _, w := range slices.SortedFunc(maps.Keys(sold), Way.compare) {
		l.facts.Shares[round] = append(l.facts.Shares[round], ShareFacts{Way: w, Sales: sold[w], Of: of[w.Point]})
	}
	now := l.facts.rounds.known(round)
	for i := range l.facts.Cards {
		if c := &l.facts.Cards[i]; c.Round == now {
			c.Company, c.Before, c.Habit = served[c.Holder], len(bought) > 0 && c.Holder != 0, bought[c.Holder]
		}
	}
	return nil
}
