package simulate

// AsStored takes from the round what a store may lack, so that it can be measured
// what the detectors are worth on what is always there: nobody has imported market
// days, announced fairs or market prices. A way is known from a point to a shop, not from
// a household's village. Who collected for several households is known where
// they were handed over in one go, which is taken to be every second of them.
// Of earlier rounds the last one is read. Without voices nobody was called and
// nobody complained.
func (r *Round) AsStored(voices bool) {
	f := &r.Facts
	f.Fairs = nil
	if !voices {
		f.Answers, f.Complaints = nil, nil
	}
	for i := range f.Goods {
		f.Goods[i].Market = 0
	}
	for i := range f.Points {
		f.Points[i].MarketDays = 0
	}
	for i := range f.Records {
		x := &f.Records[i]
		if x.Metres == settledMetres {
			x.Metres = pointMetres
		}
		if x.Collector%2 == 1 {
			x.Collector = 0
		}
	}
	kept := f.History[:0]
	for _, h := range f.History {
		if h.Age == 1 {
			kept = append(kept, h)
		}
	}
	f.History = kept
}
