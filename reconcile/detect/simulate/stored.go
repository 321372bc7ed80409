package simulate

// AsStored takes from the round what no store fills yet, so that it can be
// measured what the detectors are worth today.
func (r *Round) AsStored() {
	f := &r.Facts
	f.Goods, f.Answers, f.Complaints, f.Fairs = nil, nil, nil, nil
	for i := range f.Points {
		f.Points[i].MarketDays = 0
	}
	for i := range f.Cards {
		c := &f.Cards[i]
		c.Phone, c.Registrar, c.Verifier, c.Approver = 0, 0, 0, 0
	}
	for i := range f.Records {
		x := &f.Records[i]
		x.Collector, x.Metres, x.Wrong = 0, 0, 0
	}
}
