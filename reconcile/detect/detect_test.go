package detect_test

import (
	"encoding/json"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/reconcile/detect/simulate"
)

func invent(tb testing.TB, change func(*simulate.Config)) *simulate.Round {
	tb.Helper()
	c := simulate.Default(simulate.TuningSeeds[0])
	c.Households, c.Vendors, c.Points = 6_000, 40, 10
	change(&c)
	round, err := simulate.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return round
}

// The same round gives the same facts, and they the same findings.
func TestRun_repeats(t *testing.T) {
	a, b := invent(t, func(*simulate.Config) {}), invent(t, func(*simulate.Config) {})
	if !reflect.DeepEqual(a, b) {
		t.Fatal("the same seed gave two rounds")
	}
	found := detect.Run(&a.Facts, detect.Defaults())
	if len(found) < 20 {
		t.Errorf("%d findings", len(found))
	}
	if !reflect.DeepEqual(found, detect.Run(&b.Facts, detect.Defaults())) {
		t.Error("the same facts gave different findings")
	}
}

// Detectors that are looked at side by side find what they find one after the
// other.
func TestRun_processors(t *testing.T) {
	round := invent(t, func(c *simulate.Config) { c.Households = 3_000 })
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	alone := detect.Run(&round.Facts, detect.Defaults())
	if len(alone) < 10 {
		t.Errorf("%d findings", len(alone))
	}
	runtime.GOMAXPROCS(8)
	if !reflect.DeepEqual(alone, detect.Run(&round.Facts, detect.Defaults())) {
		t.Error("more processors found something else")
	}
}

// Every finding has a score, evidence, and sentences without holes.
func TestRun_complete(t *testing.T) {
	round := invent(t, func(c *simulate.Config) { c.Subtlety = 0 })
	seen := map[string]bool{}
	for _, f := range detect.Run(&round.Facts, detect.Defaults()) {
		seen[f.Detector] = true
		if f.Score < 1 || f.Score > 100 || f.Value < 0 || len(f.Records)+len(f.Lines)+len(f.Claims) == 0 {
			t.Errorf("%s: score %d, value %d, evidence %d/%d/%d", f.Detector, f.Score, f.Value, len(f.Records), len(f.Lines), len(f.Claims))
		}
		for _, s := range []string{f.Says.EN, f.Says.FR, f.Clears.EN, f.Clears.FR} {
			if s == "" || strings.ContainsAny(s, "{}") {
				t.Errorf("%s says %q", f.Detector, s)
			}
		}
	}
	for _, want := range []string{"cloned-handheld", "redeem-after-void", "counterfeit", "impossible-way", "double-spend", "wrong-factor", "odd-digits", "inflated-claim", "invented-claim",
		"borrowed-claim", "claimed-twice", "split-claims", "over-list", "over-market", "taking-the-market", "not-received", "combined"} {
		if !seen[want] {
			t.Errorf("%s found nothing among careless people", want)
		}
	}
}

// Facts without anything, and facts without what the store does not fill, are
// no trouble.
func TestRun_little(t *testing.T) {
	if found := detect.Run(&detect.Facts{}, detect.Defaults()); len(found) != 0 {
		t.Errorf("%d findings about nothing", len(found))
	}
	round := invent(t, func(*simulate.Config) {})
	round.AsStored(false)
	detect.Run(&round.Facts, detect.Defaults())
}

// Facts survive their JSON, which is what jate simulate writes.
func TestFacts_json(t *testing.T) {
	round := invent(t, func(c *simulate.Config) { c.Households = 600 })
	b, err := json.Marshal(round)
	if err != nil {
		t.Fatal(err)
	}
	var back simulate.Round
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(detect.Run(&back.Facts, detect.Defaults()), detect.Run(&round.Facts, detect.Defaults())) {
		t.Error("facts read back give other findings")
	}
}

func TestDetectors(t *testing.T) {
	names := map[string]bool{}
	for _, d := range detect.Detectors() {
		if d.Name == "" || names[d.Name] {
			t.Errorf("name %q is missing or taken", d.Name)
		}
		names[d.Name] = true
		if d.Signal() == (d.Family == "") {
			t.Errorf("%s: signal %v, family %q", d.Name, d.Signal(), d.Family)
		}
		for _, s := range []detect.Text{d.Looks, d.Says, d.Clears} {
			if s.EN == "" || s.FR == "" {
				t.Errorf("%s lacks a sentence", d.Name)
			}
		}
	}
}

// An operator may move a threshold, but not so that one signal is enough.
func TestOverride(t *testing.T) {
	got, err := detect.Override([]byte(`{"night_from_hour": 22}`))
	want := detect.Defaults()
	want.NightFrom = 22
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{`{"night": 22}`, `{"freeze_min": 40}`, `{"weight_min": 1}`, `{"false_discoveries": 0}`, `[]`, `{"lift_min": 1}`, `{"marks_min": 1}`} {
		if _, err := detect.Override([]byte(bad)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

// BenchmarkRun runs all detectors over a million redemptions.
func BenchmarkRun(b *testing.B) {
	round := invent(b, func(c *simulate.Config) { c.Households, c.Vendors, c.Points = 1_080_000, 2_500, 700 })
	if n := len(round.Facts.Records); n < 1_000_000 {
		b.Fatalf("%d records", n)
	}
	b.ReportAllocs()
	for b.Loop() {
		if len(detect.Run(&round.Facts, detect.Defaults())) == 0 {
			b.Fatal("no findings")
		}
	}
	b.ReportMetric(float64(len(round.Facts.Records)), "records")
}

// asked makes facts of shops with thirty sales of 1,000 francs each, ten of whose
// households were called: so many of the n-th shop's say that 200 francs' worth is
// missing.
func asked(less ...int) *detect.Facts {
	f := &detect.Facts{Points: []detect.Point{{ID: "p"}}}
	for v, k := range less {
		f.Vendors = append(f.Vendors, detect.Vendor{ID: "v", Zone: "z"})
		for n := range 30 {
			i := int32(len(f.Records))
			f.Cards = append(f.Cards, detect.Card{Rank: i})
			f.Records = append(f.Records, detect.Record{Card: i, Vendor: int32(v), Handheld: -1, From: 1, To: 2, Value: 1000, State: detect.Good, Paid: true, Full: true})
			if n < 10 {
				a := detect.Answer{Record: i, Received: true}
				if n < k {
					a.Missing = 200
				}
				f.Answers = append(f.Answers, a)
			}
		}
	}
	return f
}

// Who gives less to everybody has all sales in question, with what is missing of
// them; what two say is looked at, and what one says is not.
func TestReceivedLess(t *testing.T) {
	f := asked(0, 1, 0, 2, 0, 1, 8, 0, 1, 0, 0, 0)
	got := map[int32][3]int64{}
	for _, x := range detect.Run(f, detect.Defaults()) {
		if x.Detector == "received-less" {
			got[x.Vendor] = [3]int64{int64(x.Score), int64(len(x.Records)), x.Value}
		}
	}
	if want := map[int32][3]int64{3: {20, 2, 400}, 6: {60, 30, 6000}}; !reflect.DeepEqual(got, want) {
		t.Errorf("score, records, value by vendor: %v, want %v", got, want)
	}
}

// More customers of a shop of whom two said that they got less are called, by lot,
// and nobody twice.
func TestSought_doubt(t *testing.T) {
	f := asked(0, 1, 0, 2, 0, 1)
	byLot := map[int32]int{}
	seen := map[int32]bool{}
	for _, a := range f.Answers {
		seen[a.Record] = true
	}
	for _, c := range detect.Sought(f, detect.Defaults(), 5) {
		if seen[c.Record] {
			t.Errorf("record %d is called about twice", c.Record)
		}
		seen[c.Record] = true
		if !c.Sought {
			byLot[f.Records[c.Record].Vendor]++
		}
	}
	if want := map[int32]int{3: 15}; !reflect.DeepEqual(byLot, want) {
		t.Errorf("called by lot: %v, want %v", byLot, want)
	}
}

// Whom combined findings are about are asked as well: their answers clear a finding, or
// tell the part that is in question.
func TestSought_named(t *testing.T) {
	round := invent(t, func(c *simulate.Config) { c.Kinds, c.Calls = []simulate.Kind{simulate.HeldCards}, 0 })
	f, limits := &round.Facts, detect.Defaults()
	named := func(vendor int32) (out detect.Finding) {
		for _, x := range detect.Run(f, limits) {
			if x.Detector == "combined" && (x.Vendor == vendor || vendor < 0 && x.Score > out.Score) {
				out = x
			}
		}
		return out
	}
	one := named(-1)
	if one.Score < limits.FreezeMin {
		t.Fatalf("the pile scores %d", one.Score)
	}
	asked := 0
	for _, c := range detect.Sought(f, limits, 8) {
		if _, of := slices.BinarySearch(one.Records, c.Record); of {
			asked++
		}
		f.Answers = append(f.Answers, detect.Answer{Record: c.Record, Received: true, Sought: c.Sought})
	}
	if asked != 8 {
		t.Fatalf("%d of the pile are asked, want 8", asked)
	}
	if got := named(one.Vendor); got.Score == 0 || got.Score >= limits.FreezeMin {
		t.Errorf("all of them received all of it, and the score is %d", got.Score)
	}
	for i := range f.Answers {
		f.Answers[i].Missing = f.Records[f.Answers[i].Record].Value * 2 / 5
	}
	if got := named(one.Vendor); got.Score < limits.FreezeMin || got.Value*10 < one.Value*3 || got.Value*10 > one.Value*5 {
		t.Errorf("two fifths are missing: score %d, %d of %d", got.Score, got.Value, one.Value)
	}
}
