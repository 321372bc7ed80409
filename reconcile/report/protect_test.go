package report

import (
	"math/rand/v2"
	"testing"
)

// told is what somebody who tries every table finds out about each hidden cell.
type told struct {
	n          [][]int64
	hidden     [][]bool
	rows, cols []int64 // what of each total the hidden cells must make up
	least      int64   // that a hidden cell counts
	low, high  [][]int64
	tables     int
}

// attack tries every table of whole numbers that has the published totals and
// cells. It is another way than the flows by which the program judges.
func attack(n [][]int64, hidden [][]bool, least int64) *told {
	a := &told{n: n, hidden: hidden, rows: make([]int64, len(n)), cols: make([]int64, len(n[0])), least: least}
	for i, row := range n {
		a.low, a.high = append(a.low, make([]int64, len(row))), append(a.high, make([]int64, len(row)))
		for j, x := range row {
			a.low[i][j], a.high[i][j] = 1<<40, -1
			if hidden[i][j] {
				a.rows[i] += x
				a.cols[j] += x
			}
		}
	}
	guess := make([][]int64, len(n))
	for i := range guess {
		guess[i] = make([]int64, len(n[0]))
	}
	a.try(guess, 0)
	return a
}

func (a *told) try(guess [][]int64, at int) {
	width := len(a.n[0])
	if at == len(a.n)*width {
		for _, left := range append(append([]int64{}, a.rows...), a.cols...) {
			if left != 0 {
				return
			}
		}
		a.tables++
		for i, row := range guess {
			for j, x := range row {
				a.low[i][j], a.high[i][j] = min(a.low[i][j], x), max(a.high[i][j], x)
			}
		}
		return
	}
	i, j := at/width, at%width
	if j == 0 && i > 0 && a.rows[i-1] != 0 {
		return
	}
	if !a.hidden[i][j] {
		guess[i][j] = a.n[i][j]
		a.try(guess, at+1)
		return
	}
	for x := a.least; x <= min(a.rows[i], a.cols[j]); x++ {
		guess[i][j] = x
		a.rows[i] -= x
		a.cols[j] -= x
		a.try(guess, at+1)
		a.rows[i] += x
		a.cols[j] += x
	}
}

// tables is about how many tables an attack tries.
func tables(n [][]int64, hidden [][]bool) int64 {
	count := int64(1)
	for i, row := range n {
		var left int64
		free := -1
		for j, x := range row {
			if hidden[i][j] {
				left += x
				free++
			}
		}
		for range free {
			count = min(count*(left+1)/2, 1<<40)
		}
	}
	return count
}

// random is a table whose counts are mostly small.
func random(r *rand.Rand, rows, columns int) crosstab {
	t := crosstab{}
	for j := range columns {
		t.columns = append(t.columns, string(rune('A'+j)))
	}
	for i := range rows {
		t.rows = append(t.rows, string(rune('a'+i)))
		var row []int64
		for range columns {
			row = append(row, []int64{0, r.Int64N(10), r.Int64N(10), 10 + r.Int64N(12), 10 + r.Int64N(30)}[r.IntN(5)])
		}
		t.n = append(t.n, row)
	}
	return t
}

// No small count can be told more closely than the rule itself tells it, by
// trying every table that has the same totals; and the program's judgement of
// what can be told is exact.
func TestProtect(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	shown, totals, covered, guessed := 0, 0, 0, 0
	for range 250 {
		raw := random(r, 2+r.IntN(2), 2+r.IntN(2))
		gs := groups(raw.rowTotals())
		if gs == nil {
			continue
		}
		table := raw.joined(gs, "other")
		p := protect(table, "other")
		joined := table.turned().joined(groups(table.turned().rowTotals()), "other").turned()
		for _, n := range append(append([]int64{p.Total}, p.RowTotals...), p.ColumnTotals...) {
			if n < smallest {
				t.Fatalf("a total of %d is published: %+v", n, p)
			}
		}
		if p.Cells == nil {
			totals++
			// From totals alone a cell can be anything in a span of the least of
			// its totals and what is beside them (Fréchet's bounds).
			for _, n := range p.RowTotals {
				for _, m := range p.ColumnTotals {
					if len(p.RowTotals) > 1 && len(p.ColumnTotals) > 1 && min(n, m, p.Total-n, p.Total-m) < smallest-1 {
						t.Errorf("the totals %d and %d of %d tell too much", n, m, p.Total)
					}
				}
			}
			continue
		}
		hidden := make([][]bool, len(p.Cells))
		for i, row := range p.Cells {
			for j, c := range row {
				hidden[i] = append(hidden[i], c.Hidden)
				switch n := joined.n[i][j]; {
				case c.Hidden && c.N != 0, !c.Hidden && (c.N != n || n > 0 && n < smallest):
					t.Fatalf("the cell %+v stands for %d", c, n)
				case c.Hidden && n >= smallest:
					covered++
				}
			}
		}
		if tables(joined.n, hidden) > 40_000 {
			continue // too many to try
		}
		shown++
		a := attack(joined.n, hidden, 1)
		if a.tables == 0 {
			t.Fatal("the attack does not find the true table")
		}
		for i, row := range joined.n {
			for j, n := range row {
				low, high := bounds(joined.n, hidden, i, j)
				if low != a.low[i][j] || high != a.high[i][j] {
					t.Fatalf("cell %d,%d of %v is judged to be %d to %d, trying says %d to %d", i, j, joined.n, low, high, a.low[i][j], a.high[i][j])
				}
				if n == 0 || n >= smallest {
					continue
				}
				guessed++
				if a.high[i][j]-a.low[i][j] < smallest-1 {
					t.Errorf("%d at %d,%d of %v can be told to be %d to %d", n, i, j, joined.n, a.low[i][j], a.high[i][j])
				}
			}
		}
	}
	if shown < 30 || totals < 10 || covered < 30 || guessed < 20 {
		t.Errorf("%d tables shown, %d with totals alone, %d cells hidden for others, %d small: too few to tell", shown, totals, covered, guessed)
	}
}

// What is joined counts enough, and nothing is lost.
func TestGroups(t *testing.T) {
	for _, c := range []struct {
		totals []int64
		want   [][]int
	}{
		{[]int64{20, 30}, [][]int{{0}, {1}}},
		{[]int64{20, 3, 30}, [][]int{{2}, {0, 1}}},
		{[]int64{20, 3, 30, 8}, [][]int{{0}, {2}, {1, 3}}},
		{[]int64{0, 12, 0}, [][]int{{1}}},
		{[]int64{4, 5}, nil},
		{[]int64{4, 5, 9}, [][]int{{0, 1, 2}}},
	} {
		got := groups(c.totals)
		if len(got) != len(c.want) {
			t.Errorf("%v: %v, want %v", c.totals, got, c.want)
			continue
		}
		for i, g := range got {
			if len(g) != len(c.want[i]) || g[0] != c.want[i][0] {
				t.Errorf("%v: %v, want %v", c.totals, got, c.want)
			}
		}
	}
}
