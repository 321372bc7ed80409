package match

import (
	"math/rand/v2"
	"testing"
)

// Filed on all cores at once, in steps or one after another, the sales of a
// serial follow each other in the order in which they came; also those whose
// place is at the edge of a core's part.
func TestEngine_index(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const sales = 3 * manySales
	serials := make([]Serial, sales)
	for i := range serials {
		serials[i] = packed(t, serialOf(r))
		if i > 0 && i%3 == 0 {
			serials[i] = serials[r.IntN(i)]
		}
	}
	one, steps := &Engine{}, &Engine{}
	for _, s := range serials {
		one.Add(Sale{Serial: s})
	}
	edge := slotsFor(sales) / 2 // crowd the last slots of the first of two parts
	for n := 0; n < 40; {
		s := packed(t, serialOf(r))
		if at := int(s.hash()) & (2*edge - 1); at >= edge-8 && at < edge || at >= 2*edge-8 {
			serials, n = append(serials, s), n+1
			one.Add(Sale{Serial: s})
		}
	}
	for i, s := range serials {
		steps.Add(Sale{Serial: s})
		if i%700 == 0 {
			steps.index()
		}
	}
	if one.index(); len(one.slots) != 2*edge {
		t.Fatalf("%d slots", len(one.slots))
	}
	want := map[Serial][]int32{}
	for i, s := range serials {
		want[s] = append(want[s], int32(i))
	}
	for name, e := range map[string]*Engine{"at once": one, "in steps": steps} {
		for s, of := range want {
			n := e.first(s)
			for _, i := range of {
				if n != i {
					t.Fatalf("%s: %d where %d follows", name, n, i)
				}
				n = e.next[n]
			}
			if n != None {
				t.Fatalf("%s: %d follows the last", name, n)
			}
		}
		if n := e.first(packed(t, serialOf(r))); n != None {
			t.Errorf("%s: %d has a serial that nobody has", name, n)
		}
	}
}
