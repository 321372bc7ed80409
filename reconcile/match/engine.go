package match

import (
	"math/bits"
	"runtime"
	"slices"
	"sync"
)

// Engine holds the tables and an index of the sales. Its zero value is empty
// and ready for use.
//
// The index is made where it is asked, for all sales that came since: one after
// another, nothing but places in memory that are far apart, which a processor
// then fetches side by side.
type Engine struct {
	Sales []Sale
	Lines []Line
	texts map[int32]string // what is typed on lines without a Serial
	slots []int32          // open addressing by serial: the first sale of it, plus one
	next  []int32          // for each sale that is in the index the next of the same serial, or None
	last  []int32          // for the first sale of a serial its last one
	found []int32          // for each line the first sale of its serial, where there is one
	plain []bool           // for each line: no other sale can be meant, and all but the day agrees
}

// Add appends a sale and returns its index.
func (e *Engine) Add(s Sale) int32 {
	e.Sales = append(e.Sales, s)
	return int32(len(e.Sales) - 1)
}

// Ask appends a line; text is what it says where that is no serial.
func (e *Engine) Ask(l Line, text string) int32 {
	n := int32(len(e.Lines))
	e.Lines = append(e.Lines, l)
	if text != "" {
		if e.texts == nil {
			e.texts = map[int32]string{}
		}
		e.texts[n] = text
	}
	return n
}

// Reserve makes room for so many sales and lines.
func (e *Engine) Reserve(sales, lines int) {
	e.Sales = append(make([]Sale, 0, sales), e.Sales...)
	e.Lines = append(make([]Line, 0, lines), e.Lines...)
}

// Load puts lines and the texts of those that are no serials, by their indexes,
// in the place of all lines so far. It keeps both.
func (e *Engine) Load(lines []Line, texts map[int32]string) {
	e.Lines, e.texts, e.found = lines, texts, nil
}

// Text returns what is typed on a line without a Serial.
func (e *Engine) Text(i int32) string { return e.texts[i] }

// slotsFor returns a power of two that so many sales fill to a half at most.
func slotsFor(sales int) int { return 1 << bits.Len(uint(max(sales, 8)*2-1)) }

// index files the sales that are not in the index yet. Many are filed on all
// cores, each of which has a part of the slots; what would go beyond it waits.
func (e *Engine) index() {
	from := len(e.next)
	if len(e.Sales)*2 > len(e.slots) {
		e.slots, from = make([]int32, slotsFor(len(e.Sales))), 0
	}
	e.next, e.last = grown(e.next, len(e.Sales)), grown(e.last, len(e.Sales))
	for i := from; i < len(e.Sales); i++ {
		e.next[i], e.last[i] = None, int32(i)
	}
	if len(e.Sales)-from < manySales {
		for i := from; i < len(e.Sales); i++ {
			e.file(int32(i), len(e.slots), true)
		}
		return
	}
	waiting := make([][]int32, runtime.GOMAXPROCS(0))
	onCores(len(e.slots), func(part, begin, end int) {
		for i := from; i < len(e.Sales); i++ {
			if home := e.home(e.Sales[i].Serial); home >= begin && home < end && !e.file(int32(i), end, false) {
				waiting[part] = append(waiting[part], int32(i))
			}
		}
	})
	for _, list := range waiting {
		for _, n := range list {
			e.file(n, len(e.slots), true)
		}
	}
}

// manySales is from how many sales on it is worth the while to file them on all
// cores.
const manySales = 1 << 12

// grown returns s with n elements and some room.
func grown(s []int32, n int) []int32 { return slices.Grow(s, n-len(s))[:n] }

// file puts a sale into the index, behind those of the same serial, in a slot
// before end. Where there is none it goes round to the first, or reports false
// and does nothing.
func (e *Engine) file(n int32, end int, round bool) bool {
	s := e.Sales[n].Serial
	slot := e.home(s)
	for e.slots[slot] != 0 && e.Sales[e.slots[slot]-1].Serial != s {
		if slot++; slot == end {
			if !round {
				return false
			}
			slot = 0
		}
	}
	first := e.slots[slot] - 1
	if first < 0 {
		e.slots[slot] = n + 1
		return true
	}
	e.next[e.last[first]] = n
	e.last[first] = n
	return true
}

// home returns the slot from which on the serial's first sale is looked for.
func (e *Engine) home(s Serial) int { return int(s.hash()) & (len(e.slots) - 1) }

// slot returns where the serial's first sale is or would be.
func (e *Engine) slot(s Serial) int {
	for i := e.home(s); ; i = (i + 1) & (len(e.slots) - 1) {
		if n := e.slots[i]; n == 0 || e.Sales[n-1].Serial == s {
			return i
		}
	}
}

// first returns the first sale of a serial, or None.
func (e *Engine) first(s Serial) int32 {
	if len(e.next) < len(e.Sales) {
		e.index()
	}
	if len(e.slots) == 0 {
		return None
	}
	return e.slots[e.slot(s)] - 1
}

// Stands reports whether a sale of the serial by the vendor in the round stands.
func (e *Engine) Stands(s Serial, vendor, round int32) bool {
	if s.IsZero() {
		return false
	}
	for n := e.first(s); n != None; n = e.next[n] {
		if x := &e.Sales[n]; !x.Gone && x.Vendor == vendor && x.Round == round {
			return true
		}
	}
	return false
}

// look finds the first sale of each line's serial, and which lines are plain. A
// sale keeps its place, so what was found once is not looked for again. Lines
// are looked up on all cores, and some at a time: each waits for memory, not for
// the processor.
func (e *Engine) look() {
	e.index()
	for len(e.found) < len(e.Lines) {
		e.found = append(e.found, None)
	}
	e.plain = make([]bool, len(e.Lines))
	if len(e.Sales) == 0 {
		return
	}
	onCores(len(e.Lines), func(_, from, to int) { e.lookAt(from, to) })
}

// onCores has each core do a part of what is numbered from 0 to n.
func onCores(n int, do func(part, from, to int)) {
	var wg sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	for part := range cores {
		wg.Go(func() { do(part, n*part/cores, n*(part+1)/cores) })
	}
	wg.Wait()
}

// atOnce is how many lines are looked up side by side.
const atOnce = 16

func (e *Engine) lookAt(from, to int) {
	var slots [atOnce]int32
	for ; from < to; from += atOnce {
		end := min(from+atOnce, to)
		lines, found, plain := e.Lines[from:end], e.found[from:end], e.plain[from:end]
		for i := range lines {
			slots[i] = e.slots[e.home(lines[i].Serial)]
		}
		for i := range lines {
			l := &lines[i]
			if found[i] == None && slots[i] != 0 && !l.Serial.IsZero() {
				if n := slots[i] - 1; e.Sales[n].Serial == l.Serial {
					found[i] = n
				} else {
					found[i] = e.slots[e.slot(l.Serial)] - 1
				}
			}
			if n := found[i]; n != None {
				s := &e.Sales[n]
				plain[i] = s.Amount == l.Amount && s.Vendor == l.Vendor && s.Round == l.Round && e.next[n] == None &&
					!s.Gone && !l.Late && !l.Closed && l.Holds == None
			}
		}
	}
}
