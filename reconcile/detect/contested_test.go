package detect

import "testing"

// contest adds a receipt of a card that one vendor sold and another one's lost.
func (f *Facts) contest(sale int32, loser int32) {
	x := f.Records[sale]
	x.Vendor, x.Handheld, x.State, x.Why, x.Said = loser, loser, Rejected, whyDouble, x.Said+day
	x.Seq = uint64(len(f.Records))
	f.Records = append(f.Records, x)
}

// Who loses one card, or a few against somebody who wins them all, is not to blame:
// his customers were robbed before. Who loses against everybody has copies.
func TestContested(t *testing.T) {
	best := func(f *Facts) map[string]int {
		scores := map[string]int{}
		for _, x := range Run(f, Defaults()) {
			name := x.Detector + " " + f.Vendors[x.Vendor].ID
			scores[name] = max(scores[name], x.Score)
		}
		return scores
	}
	shops := func() *Facts {
		f := hundred()
		f.Vendors, f.Handhelds = nil, nil
		for _, v := range []string{"v0", "v1", "v2", "v3", "v4"} {
			f.Vendors, f.Handhelds = append(f.Vendors, Vendor{v, "z"}), append(f.Handhelds, "h"+v)
		}
		for i := range f.Records {
			f.Records[i].Vendor, f.Records[i].Handheld = int32(i%5), int32(i%5)
		}
		return f
	}
	f := shops()
	f.contest(0, 1)
	if got := best(f)["double-spend v1"]; got == 0 || got > signalMax {
		t.Errorf("one card: %d, want a finding that freezes nothing", got)
	}
	f = shops()
	for i := range int32(16) { // sold by v0, shown at the four others
		f.contest(5*i, 1+i%4)
	}
	if got := best(f); got["shown-elsewhere v0"] != 60 || got["double-spend v1"] > signalMax || got["shown-elsewhere v1"] > 0 {
		t.Errorf("robbed at v0: %v", got)
	}
	f = shops()
	for i := range int32(16) { // sold by the four others, copies at v4
		f.contest(5*(i/4)+i%4, 4)
	}
	if got := best(f); got["double-spend v4"] != 60 || got["shown-elsewhere v0"] > 0 {
		t.Errorf("copies at v4: %v", got)
	}
}

// A sale that is in question for two reasons counts once towards what a vendor
// needs to be named.
func TestShared(t *testing.T) {
	f := hundred()
	s := &scored{run: newRun(f, Defaults())}
	s.shared([]int32{1, 2, 3, 1, 2, 3}, 5, func(int32, []int32) { t.Error("three sales are taken for six") })
	named := 0
	s.shared([]int32{1, 2, 3, 4, 5, 5}, 5, func(_ int32, records []int32) { named = len(records) })
	if named != 5 {
		t.Errorf("%d of five sales", named)
	}
}
