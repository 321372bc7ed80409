package match

import (
	"math/rand/v2"
	"testing"
)

// A million sales against a million lines, one in two hundred with a slip.
func BenchmarkEngine_Run(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	e := &Engine{}
	e.Reserve(1_000_000, 1_000_000)
	for n := range int32(1_000_000) {
		s := serialOf(r)
		e.Add(Sale{Serial: packed(b, s), From: noon, To: noon, Amount: 1_000, Vendor: n % 300, Household: n / 2})
		l := Line{Amount: 1_000, Vendor: n % 300, Holds: None}
		if n%200 == 0 {
			_, text := slip(r, s.Printed())
			e.Ask(l, text)
			continue
		}
		l.Serial = packed(b, s)
		e.Ask(l, "")
	}
	r.Shuffle(len(e.Lines), func(i, j int) {
		if e.Lines[i].Serial.IsZero() || e.Lines[j].Serial.IsZero() {
			return // their texts are filed by index
		}
		e.Lines[i], e.Lines[j] = e.Lines[j], e.Lines[i]
	})
	for b.Loop() {
		e.Run()
	}
}
