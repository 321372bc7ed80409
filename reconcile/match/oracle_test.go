package match

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// as compares an engine's answer with the model's.
func as(t testing.TB, e *Engine) Answer {
	t.Helper()
	got, want := e.Run(), modelOf(e)
	if !reflect.DeepEqual(got, want) {
		for n, s := range e.Sales {
			t.Logf("sale %d: %s %+v", n, s.Serial.Voucher().Printed(), s)
		}
		for i, l := range e.Lines {
			t.Logf("line %d: %s %q %+v", i, l.Serial.Voucher(), e.texts[int32(i)], l)
		}
		t.Fatal("model, engine:", cmp.Diff(want, got))
	}
	for n, sale := range e.Sales {
		for i := range int32(4) {
			stands := slices.ContainsFunc(e.Sales, func(s Sale) bool { return s.Serial == sale.Serial && !s.Gone && s.Vendor == i/2 && s.Round == i%2 })
			if e.Stands(sale.Serial, i/2, i%2) != stands {
				t.Fatalf("that sale %d stands at vendor %d in round %d is not %t", n, i/2, i%2, stands)
			}
		}
	}
	return got
}

// The engine answers as the model does, which compares everything with
// everything, and every outcome and reason comes up.
func TestEngine_model(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	outcomes, reasons := map[Outcome]int{}, map[Why]int{}
	for range 2_000 {
		c := make(choices, 40+r.IntN(260))
		for i := range c {
			c[i] = byte(r.Uint32())
		}
		a := as(t, c.tables())
		for _, res := range a.Results {
			outcomes[res.Outcome]++
		}
		for _, p := range a.Proposals {
			reasons[p.Why]++
		}
	}
	for o := NoSale; o <= Ambiguous; o++ {
		if outcomes[o] < 20 {
			t.Errorf("outcome %d came up %d times", o, outcomes[o])
		}
	}
	for w := Slips; w <= Merged; w++ {
		if reasons[w] < 10 {
			t.Errorf("reason %d came up %d times", w, reasons[w])
		}
	}
}

// FuzzEngine_Run makes tables of whatever bytes there are.
func FuzzEngine_Run(f *testing.F) {
	r := rand.New(rand.NewPCG(13, 14))
	for n := range 20 {
		c := make([]byte, 30*n)
		for i := range c {
			c[i] = byte(r.Uint32())
		}
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := choices(data)
		as(t, c.tables())
	})
}
