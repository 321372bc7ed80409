package detect

import (
	"slices"
	"testing"
)

// Everything is done once, and what panics does so where the caller sees it.
func TestSideBySide(t *testing.T) {
	times := make([]int, 1000)
	var done steps
	var told []int
	sideBySide(len(times), func(i int) {
		times[i]++
		done.tell(func(n int) { told = append(told, n) })
	})
	if slices.Min(times) != 1 || slices.Max(times) != 1 {
		t.Errorf("done %d to %d times", slices.Min(times), slices.Max(times))
	}
	if len(told) != len(times) || !slices.IsSorted(told) || told[0] != 0 {
		t.Errorf("told %d steps, from %d, sorted %t", len(told), told[0], slices.IsSorted(told))
	}
	sideBySide(0, func(int) { t.Error("something of nothing") })
	defer func() {
		if recover() != "seven" {
			t.Error("the panic got lost")
		}
	}()
	sideBySide(10, func(i int) {
		if i == 7 {
			panic("seven")
		}
	})
}
