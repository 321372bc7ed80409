package reconcile

import (
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// takers are what detectors call who took a card.
var takers = map[voucher.Taker]detect.Taker{
	voucher.TakerHead: detect.Head, voucher.TakerAlternate: detect.Alternate, voucher.TakerThirdParty: detect.ThirdParty,
}

// goods adds the baskets of the round's records; at says where each receipt is
// among them.
func (s *suspects) goods(f *Facts, at []int32) {
	for _, g := range f.Baskets {
		if i := at[g.Receipt]; i >= 0 {
			s.facts.Goods = append(s.facts.Goods, detect.Goods{Record: i, Item: g.Item, Amount: g.Amount, Listed: g.Listed, Market: g.Market})
		}
	}
}

// fairs adds the announced days of the round's points.
func (s *suspects) fairs(f *Facts) {
	for _, x := range f.Fairs {
		p, known := s.points[x.Point]
		v, ok := s.vendors[x.Vendor]
		if x.Vendor == "" {
			v, ok = -1, true
		}
		if known && ok {
			s.facts.Fairs = append(s.facts.Fairs, detect.Fair{Vendor: v, Point: p, Day: x.Day})
		}
	}
}

// shares adds what the vendors had of the points in the round before.
func (s *suspects) shares(f *Facts, round string) {
	for _, x := range f.Shares[round] {
		v, ok := s.vendors[x.Vendor]
		p, known := s.points[x.Point]
		if ok && known {
			s.facts.History = append(s.facts.History, detect.Share{Vendor: v, Point: p, Age: 1, Sales: x.Sales, Of: x.Of})
		}
	}
}

// habit says where a card's household bought in the round before, as detectors
// number vendors: -1 where it bought nothing; 0 where there was no round before,
// or it bought at one that is none of those looked at.
func (s *suspects) habit(c CardFacts) int32 {
	if v, ok := s.vendors[vendors.ID(s.store.sellers.text(c.Habit))]; ok {
		return v + 1
	}
	if c.Before && c.Habit == 0 {
		return -1
	}
	return 0
}
