package reconcile

import (
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// suspects are one round's facts as detectors read them, and what their indexes
// stand for.
type suspects struct {
	facts   detect.Facts
	store   *Facts
	records []int32 // the receipts
	lines   []int32 // among the report's
	of      Lines
	vendors map[vendors.ID]int32
	devices map[vendors.HandheldID]int32
	points  map[string]int32
	cards   []int32                // from 1
	byHash  map[voucher.Hash]int32 // from 1, of records that forks are about
}

// suspectsOf translates what the store holds; what detect marks as not filled
// yet stays empty. suspects_people.go has what is known of people.
func suspectsOf(f *Facts, lines Lines, round string) *suspects {
	s := &suspects{facts: detect.Facts{Round: round}, store: f, of: lines, vendors: map[vendors.ID]int32{}, devices: map[vendors.HandheldID]int32{},
		points: map[string]int32{}, cards: make([]int32, len(f.Cards)), byHash: map[voucher.Hash]int32{}}
	at := make([]int32, len(f.receipts)) // of each receipt among the records, -1 for none
	for i, id := range f.Vendors {
		s.vendors[id] = int32(i)
		s.facts.Vendors = append(s.facts.Vendors, detect.Vendor{ID: string(id), Zone: f.Zones[id]})
	}
	for _, fork := range f.Forks {
		for _, r := range slices.Concat(fork.Twins, fork.Later) {
			s.byHash[r.Hash] = 0
		}
	}
	s.records = make([]int32, 0, len(f.receipts))
	s.facts.Records = make([]detect.Record, 0, len(f.receipts))
	s.facts.Cards = make([]detect.Card, 0, len(f.Cards))
	wrong, of := map[[2]int32]uint8{}, f.rounds.known(round)
	for i := range f.receipts {
		at[i] = -1
		if f.receipts[i].round == of && s.record(int32(i), wrong) {
			at[i] = int32(len(s.records) - 1)
		}
	}
	for _, fork := range f.Forks {
		out := detect.Fork{Handheld: s.device(fork.Handheld), Vendor: s.vendors[fork.Vendor], From: fork.From,
			Twins: s.places(fork.Twins), Later: s.places(fork.Later)}
		s.facts.Forks = append(s.facts.Forks, out)
	}
	s.claims(f, round)
	s.goods(f, at)
	s.fairs(f)
	s.shares(f, round)
	s.voices(f, round)
	return s
}

// record adds a receipt, unless its vendor is none of those looked at.
func (s *suspects) record(at int32, wrong map[[2]int32]uint8) bool {
	f := s.store
	r := f.receipt(at)
	v, ok := s.vendors[r.Vendor]
	if !ok {
		return false
	}
	x := detect.Record{Card: s.card(f, r.Card), Vendor: v, Handheld: s.device(r.Handheld), Seq: r.Seq, From: r.At.From.Unix(), To: r.At.To.Unix(),
		Said: r.Said.Unix(), Value: f.francs(r).Minor(), Why: r.Reason, Paid: r.Paid, Full: r.Full, Kept: r.Kept}
	switch r.State {
	case voucher.Payable:
		x.State = detect.Good
	case voucher.Rejected:
		x.State = detect.Rejected
	}
	if r.Card >= 0 {
		c := f.Cards[r.Card]
		x.Collector, x.Metres = c.Collector, int32(f.Metres[Way{f.points.text(c.Point), r.Vendor}])
	}
	tries := [2]int32{x.Card, v}
	x.Wrong = wrong[tries]
	if r.Reason == voucher.ReasonFactorWrong && x.Wrong < 255 {
		wrong[tries]++
	}
	s.records = append(s.records, at)
	if _, wanted := s.byHash[r.Hash]; wanted {
		s.byHash[r.Hash] = int32(len(s.records))
	}
	s.facts.Records = append(s.facts.Records, x)
	return true
}

func (s *suspects) device(id vendors.HandheldID) int32 {
	if id == "" {
		return -1
	}
	i, ok := s.devices[id]
	if !ok {
		i = int32(len(s.facts.Handhelds))
		s.devices[id] = i
		s.facts.Handhelds = append(s.facts.Handhelds, string(id))
	}
	return i
}

// card returns the place of one of f's cards. The numbers of a lot follow the
// list that its cards were printed from.
func (s *suspects) card(f *Facts, at int) int32 {
	if at < 0 {
		return -1
	}
	if i := s.cards[at]; i > 0 {
		return i - 1
	}
	c := f.Cards[at]
	i := int32(len(s.facts.Cards))
	s.cards[at] = i + 1
	s.facts.Cards = append(s.facts.Cards, detect.Card{Rank: int32(c.Number), Point: s.point(f.points.text(c.Point)),
		HandedFrom: c.Handed, HandedTo: c.HandedTo, Handed: c.HandedSaid, Lost: c.Lost,
		Phone: c.Phone, Registrar: c.Registrar, Verifier: c.Verifier, Approver: c.Approver, Distributor: c.Distributor,
		Taker: takers[voucher.Taker(f.words.text(c.Taker))], Spare: c.Spare, Company: c.Company, Habit: s.habit(c)})
	return i
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func (s *suspects) point(id string) int32 {
	if id == "" {
		return -1
	}
	i, ok := s.points[id]
	if !ok {
		i = int32(len(s.facts.Points))
		s.points[id] = i
		s.facts.Points = append(s.facts.Points, detect.Point{ID: id, MarketDays: s.store.Days[id]})
	}
	return i
}

// places returns where receipts are among the round's records.
func (s *suspects) places(rs []ReceiptFacts) []int32 {
	var out []int32
	for _, r := range rs {
		if i := s.byHash[r.Hash]; i > 0 {
			out = append(out, i-1)
		}
	}
	return out
}

// claims adds the round's claims and those of their lines that are wrong.
func (s *suspects) claims(f *Facts, round string) {
	at := map[vendors.ClaimID]int32{}
	for i := range f.Claims {
		c := &f.Claims[i]
		v, ok := s.vendors[c.Vendor]
		if !ok || c.Round != round {
			continue
		}
		at[c.ID] = int32(len(s.facts.Claims))
		s.facts.Claims = append(s.facts.Claims, detect.Claim{ID: string(c.ID), Vendor: v, Made: c.Created.Unix(), Total: c.Claimed.Minor(),
			Typed: c.Kind == vendors.Independent})
	}
	for i := range s.of.rows {
		if s.of.rows[i].odd < 0 {
			continue // nothing is wrong with it
		}
		l := s.of.At(i)
		claim, ok := at[l.Claim]
		wrong := l.mistake()
		if !ok || wrong == detect.Other {
			continue
		}
		out := detect.Line{Claim: claim, Wrong: wrong, Claimed: l.Claimed.Minor()}
		if l.HasEntry {
			out.Redeemed = l.Redeemed.Minor()
		}
		s.facts.Lines = append(s.facts.Lines, out)
		s.lines = append(s.lines, int32(i))
	}
}

// mistake says what detectors call what is wrong with a line.
func (l Line) mistake() detect.Mistake {
	switch l.Exception {
	case AmountDiffers:
		if l.Claimed.Minor() > l.Redeemed.Minor() {
			return detect.Inflated
		}
	case UnknownSerial: // a number that was only typed wrongly is no invention
		if strings.HasPrefix(l.Detail, detailUnknown) {
			return detect.Invented
		}
	case ClaimedNotRedeemed:
		return detect.Invented
	case AnotherVendors:
		return detect.Borrowed
	case ClaimedTwice:
		return detect.Duplicate
	case VoidBefore:
		if l.Receipt == (voucher.Hash{}) {
			return detect.VoidLine
		}
	}
	return detect.Other
}

// finding gives a detector's finding its names and its evidence.
func (s *suspects) finding(d detect.Finding) Finding {
	f := Finding{Detector: d.Detector, Vendor: vendors.ID(s.facts.Vendors[d.Vendor].ID), Round: s.facts.Round, Score: d.Score,
		Value: money.Francs(d.Value), Says: d.Says.EN, Dit: d.Says.FR, Clears: d.Clears.EN, Clairait: d.Clears.FR}
	if d.Handheld >= 0 {
		f.Handheld = vendors.HandheldID(s.facts.Handhelds[d.Handheld])
	}
	for _, i := range d.Records {
		f.record(s.store.receipt(s.records[i]))
	}
	for _, i := range d.Others {
		f.Evidence = append(f.Evidence, receiptRef(s.store.receipts[s.records[i]].hash))
	}
	for _, i := range d.Lines {
		f.about(s.of.At(int(s.lines[i])))
	}
	for _, i := range d.Claims {
		f.Evidence = append(f.Evidence, "claim:"+s.facts.Claims[i].ID)
	}
	f.complete()
	return f
}
