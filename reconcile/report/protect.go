package report

import (
	"slices"
)

// smallest is the least number of households that a published cell may count:
// OCHA's guidance on data responsibility and the practice of statistics offices
// suppress below 10.
const smallest = 10

// crosstab counts households by place and by one thing about them.
type crosstab struct {
	rows, columns []string
	n             [][]int64 // by row and column
}

// Shown is one cell as it is published.
type Shown struct {
	N      int64
	Hidden bool
}

// Protected is a table as it may be published: its totals are all at least
// smallest, and what is hidden cannot be told from the rest of the table more
// closely than by the rule itself, which says 1 to 9 of the smallest.
type Protected struct {
	Rows, Columns []string
	Cells         [][]Shown // nil where no cell may be shown beside the totals
	RowTotals     []int64
	ColumnTotals  []int64
	Total         int64
}

// groups joins what counts less than smallest: each group is a list of indexes,
// the joined one last. Where the joined ones still count less, the least of the
// others joins them. It returns nil where all together are fewer.
func groups(totals []int64) [][]int {
	order := make([]int, 0, len(totals))
	var sum int64
	for i, n := range totals {
		if n > 0 {
			order = append(order, i)
			sum += n
		}
	}
	if sum < smallest {
		return nil
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(totals[a] - totals[b]) })
	var rest []int
	var count int64
	for len(order) > 0 && (totals[order[0]] < smallest || count > 0 && count < smallest) {
		count += totals[order[0]]
		rest, order = append(rest, order[0]), order[1:]
	}
	slices.Sort(order)
	var out [][]int
	for _, i := range order {
		out = append(out, []int{i})
	}
	if len(rest) > 0 {
		slices.Sort(rest)
		out = append(out, rest)
	}
	return out
}

// rowTotals adds up each row.
func (t crosstab) rowTotals() []int64 {
	out := make([]int64, len(t.n))
	for i, row := range t.n {
		for _, n := range row {
			out[i] += n
		}
	}
	return out
}

func (t crosstab) turned() crosstab {
	out := crosstab{rows: t.columns, columns: t.rows}
	for j := range t.columns {
		var row []int64
		for i := range t.rows {
			row = append(row, t.n[i][j])
		}
		out.n = append(out.n, row)
	}
	return out
}

// joined adds up the rows of each group; a group of several has the name other.
func (t crosstab) joined(gs [][]int, other string) crosstab {
	out := crosstab{columns: t.columns}
	for _, g := range gs {
		row := make([]int64, len(t.columns))
		for _, i := range g {
			for j, n := range t.n[i] {
				row[j] += n
			}
		}
		name := other
		if len(g) == 1 {
			name = t.rows[g[0]]
		}
		out.rows, out.n = append(out.rows, name), append(out.n, row)
	}
	return out
}

// protect makes a table that may be published of one whose rows were joined
// already, so that tables of the same rows share their totals. It hides what is
// small, then what is needed so that totals do not give it away, and shows no
// cell at all where that does not do: from totals alone, which count at least
// smallest and leave as much beside them, a cell is told no more closely.
func protect(t crosstab, other string) Protected {
	gs := groups(t.turned().rowTotals())
	t = t.turned().joined(gs, other).turned()
	p := Protected{Rows: t.rows, Columns: t.columns, RowTotals: t.rowTotals(), ColumnTotals: t.turned().rowTotals()}
	for _, n := range p.RowTotals {
		p.Total += n
	}
	hidden := make([][]bool, len(t.n))
	for i, row := range t.n {
		hidden[i] = make([]bool, len(row))
		for j, n := range row {
			hidden[i][j] = n > 0 && n < smallest
		}
	}
	for {
		i, j, safe := weakest(t.n, hidden)
		if safe {
			break
		}
		if !cover(t.n, hidden, i, j) {
			return p // totals alone
		}
	}
	for i, row := range t.n {
		var cells []Shown
		for j, n := range row {
			c := Shown{N: n, Hidden: hidden[i][j]}
			if c.Hidden {
				c.N = 0
			}
			cells = append(cells, c)
		}
		p.Cells = append(p.Cells, cells)
	}
	return p
}

// weakest returns a small cell that the totals tell too closely, and whether
// there is none.
func weakest(n [][]int64, hidden [][]bool) (int, int, bool) {
	for i, row := range n {
		for j, x := range row {
			if x == 0 || x >= smallest {
				continue
			}
			if low, high := bounds(n, hidden, i, j); high-low < smallest-1 {
				return i, j, false
			}
		}
	}
	return 0, 0, true
}

// cover hides what takes with the cell the corners of a rectangle: its values
// can then be shifted around without any total changing. Of the rectangles that
// give room enough it takes the one that hides least, else the one that gives
// most room. It reports false where none hides anything new.
func cover(n [][]int64, hidden [][]bool, i, j int) bool {
	best, bestRoom, bestCost := [2]int{-1, -1}, int64(-1), int64(0)
	for r := range n {
		for c := range n[r] {
			if r == i || c == j || n[r][c] == 0 || n[i][c] == 0 || n[r][j] == 0 {
				continue
			}
			var cost int64
			for _, at := range [][2]int{{r, c}, {i, c}, {r, j}} {
				if !hidden[at[0]][at[1]] {
					cost += n[at[0]][at[1]]
				}
			}
			if cost == 0 {
				continue
			}
			room := min(n[i][j]-1, n[r][c]-1) + min(n[i][c]-1, n[r][j]-1)
			room = min(room, smallest-1)
			if room > bestRoom || room == bestRoom && cost < bestCost {
				best, bestRoom, bestCost = [2]int{r, c}, room, cost
			}
		}
	}
	r, c := best[0], best[1]
	if r < 0 {
		return false
	}
	hidden[r][c], hidden[i][c], hidden[r][j] = true, true, true
	return true
}

// bounds returns the least and the most that a reader of the table can tell of
// a hidden cell: he knows every total, every cell that is shown, and that a
// hidden one is at least 1, because zeros are shown. Totals are sums of whole
// numbers, so that this is a flow from rows to columns, and what the cell can
// gain or lose is what can flow back through the other hidden cells.
func bounds(n [][]int64, hidden [][]bool, i, j int) (low, high int64) {
	if !hidden[i][j] {
		return n[i][j], n[i][j]
	}
	x := n[i][j]
	up := newFlow(n, hidden, i, j).most(len(n)+j, i)
	down := newFlow(n, hidden, i, j).most(i, len(n)+j)
	return max(x-down, 1), x + up
}

// flow is what can be shifted: capacity[a][b] from node a to b. Rows come
// before columns.
type flow struct{ capacity [][]int64 }

// plenty is more than any table counts.
const plenty = int64(1) << 40

func newFlow(n [][]int64, hidden [][]bool, i, j int) *flow {
	rows := len(n)
	size := rows + len(n[0])
	f := &flow{capacity: make([][]int64, size)}
	for a := range f.capacity {
		f.capacity[a] = make([]int64, size)
	}
	for r := range n {
		for c, x := range n[r] {
			if hidden[r][c] && (r != i || c != j) {
				f.capacity[r][rows+c] = plenty // it may grow
				f.capacity[rows+c][r] = x - 1  // it may shrink to 1
			}
		}
	}
	return f
}

// most returns the greatest flow from one node to another (Edmonds and Karp).
func (f *flow) most(from, to int) int64 {
	var sum int64
	for sum < plenty {
		before := f.path(from, to)
		if before == nil {
			return sum
		}
		add := plenty
		for b := to; b != from; b = before[b] {
			add = min(add, f.capacity[before[b]][b])
		}
		for b := to; b != from; b = before[b] {
			f.capacity[before[b]][b] -= add
			f.capacity[b][before[b]] += add
		}
		sum += add
	}
	return sum
}

// path returns, for each node on a shortest way, the one before it; nil where
// there is no way.
func (f *flow) path(from, to int) []int {
	before := make([]int, len(f.capacity))
	for b := range before {
		before[b] = -1
	}
	before[from] = from
	queue := []int{from}
	for len(queue) > 0 {
		a := queue[0]
		queue = queue[1:]
		for b, room := range f.capacity[a] {
			if room > 0 && before[b] < 0 {
				before[b] = a
				if b == to {
					return before
				}
				queue = append(queue, b)
			}
		}
	}
	return nil
}
