package match

import "math/bits"

// None stands for no sale, no line or no household.
const None int32 = -1

// slack is how far a day that a vendor wrote down may be from the sale, in
// seconds: a paper notebook may be a day off.
const slack = 48 * 3600

// Sale is a redemption.
type Sale struct {
	Serial    Serial
	From, To  int64 // bounds of when it was made, in seconds of Unix
	Amount    int64 // francs
	Vendor    int32
	Round     int32
	Household int32 // None where not known
	Gone      bool  // it was undone: no line can have it
}

// Line is a line of a claim, or of a file.
type Line struct {
	Serial Serial // as typed; nothing where Engine.Text has the text instead
	Day    int64  // of the sale by the vendor, its beginning in seconds of Unix; 0 where he gave none
	Amount int64  // francs
	Vendor int32
	Round  int32
	Claim  int32 // the same for the lines of one claim
	Holds  int32 // the sale that it was accepted for, or None
	Known  bool  // there is such a voucher: its serial has no slip
	Late   bool  // its claim was decided without it: it takes no sale from a line of another
	Closed bool  // it can take no sale any more
}

// Outcome says what became of a line.
type Outcome uint8

// The outcomes.
const (
	NoSale        Outcome = iota // none of its vendor in its round; Result.Sale is one of the voucher elsewhere, or None
	Matched                      // Result.Sale is its own
	Read                         // the same, despite slips in its serial
	AmountDiffers                // it has the sale and asks for another sum
	Taken                        // Result.By has the sale that it asks for
	LeftOut                      // it would match, but is closed or late
	Ambiguous                    // a person must say; a Proposal has it
)

// Result is what became of one line.
type Result struct {
	Sale    int32 // or None
	By      int32 // the line that has the sale, for Taken; for Ambiguous, where it would be Read but for that line
	Outcome Outcome
}

// Answer is what became of all lines.
type Answer struct {
	Results   []Result   // one for each line
	TakenBy   []int32    // for each sale the line that has it, or None
	Proposals []Proposal // in the order of their first lines
	// Unsearched counts the lines whose serials were not compared with those of
	// all sales, because too many others came before them.
	Unsearched int
}

// Engine holds the tables and an index of the sales. Its zero value is empty
// and ready for use.
type Engine struct {
	Sales []Sale
	Lines []Line
	texts map[int32]string // what is typed on lines without a Serial
	slots []int32          // open addressing by serial: the first sale of it, plus one
	next  []int32          // for each sale the next of the same serial, or None
	last  []int32          // for the first sale of a serial its last one
	found []int32          // for each line the first sale of its serial, where there was one in an earlier run
}

// Add appends a sale and returns its index.
func (e *Engine) Add(s Sale) int32 {
	n := int32(len(e.Sales))
	e.Sales, e.next, e.last = append(e.Sales, s), append(e.next, None), append(e.last, n)
	if len(e.Sales)*2 > len(e.slots) {
		e.grow()
		return n
	}
	e.file(n)
	return n
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
	e.next, e.last = append(make([]int32, 0, sales), e.next...), append(make([]int32, 0, sales), e.last...)
	e.Lines = append(make([]Line, 0, lines), e.Lines...)
	if sales*2 > len(e.slots) {
		e.slots = make([]int32, slotsFor(sales))
		e.refile()
	}
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

func (e *Engine) grow() {
	e.slots = make([]int32, slotsFor(2*len(e.Sales)))
	e.refile()
}

func (e *Engine) refile() {
	for i := range e.Sales {
		e.next[i], e.last[i] = None, int32(i)
		e.file(int32(i))
	}
}

// file puts a sale into the index, behind those of the same serial.
func (e *Engine) file(n int32) {
	slot := e.slot(e.Sales[n].Serial)
	first := e.slots[slot] - 1
	if first < 0 {
		e.slots[slot] = n + 1
		return
	}
	e.next[e.last[first]] = n
	e.last[first] = n
}

// slot returns where the serial's first sale is or would be.
func (e *Engine) slot(s Serial) int {
	mask := len(e.slots) - 1
	for i := int(s.hash()) & mask; ; i = (i + 1) & mask {
		if n := e.slots[i]; n == 0 || e.Sales[n-1].Serial == s {
			return i
		}
	}
}

// first returns the first sale of a serial, or None.
func (e *Engine) first(s Serial) int32 {
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

// firstOf returns the first sale of a line's serial, or None. A sale keeps its
// place, so what was found once is not looked for again.
func (e *Engine) firstOf(i int32, l *Line) int32 {
	if n := e.found[i]; n != None {
		return n
	}
	n := e.first(l.Serial)
	e.found[i] = n
	return n
}

// Run matches every line.
func (e *Engine) Run() Answer {
	for len(e.found) < len(e.Lines) {
		e.found = append(e.found, None)
	}
	r := run{Engine: e, Answer: Answer{Results: make([]Result, len(e.Lines)), TakenBy: make([]int32, len(e.Sales))}}
	for i := range r.TakenBy {
		r.TakenBy[i] = None
	}
	for i := range e.Lines {
		l := &e.Lines[i]
		if r.holds(l) && r.TakenBy[l.Holds] == None {
			r.TakenBy[l.Holds] = int32(i)
		}
	}
	r.pass(false)
	r.split()
	r.slips()
	r.merged()
	r.pass(true)
	r.sortProposals()
	return r.Answer
}

// run is one run of an engine.
type run struct {
	*Engine
	Answer
	unread []int32 // lines whose serial may have slips
	odd    []int32 // lines that ask for another sum than their sale's
}

// holds reports whether the sale that the line was accepted for stands.
func (r *run) holds(l *Line) bool {
	if l.Holds == None {
		return false
	}
	s := &r.Sales[l.Holds]
	return !s.Gone && s.Vendor == l.Vendor && s.Round == l.Round
}

// pass gives the lines that are late, or those that are not, what they name.
func (r *run) pass(late bool) {
	for i := range r.Lines {
		l := &r.Lines[i]
		if l.Late != late {
			continue
		}
		r.Results[i] = r.line(int32(i), l)
		switch out := &r.Results[i]; {
		case out.Outcome == AmountDiffers && !late:
			r.odd = append(r.odd, int32(i))
		case out.Outcome == NoSale && out.Sale == None && !late && !l.Known && !l.Closed:
			r.unread = append(r.unread, int32(i))
		}
	}
}

func (r *run) line(i int32, l *Line) Result {
	if r.holds(l) {
		if by := r.TakenBy[l.Holds]; by != i {
			return Result{l.Holds, by, Taken}
		}
		return Result{l.Holds, None, Matched}
	}
	if l.Serial.IsZero() {
		return Result{None, None, NoSale}
	}
	best, fits, taken, elsewhere := None, -1, None, None
	for n := r.firstOf(i, l); n != None; n = r.next[n] {
		s := &r.Sales[n]
		switch {
		case s.Gone:
		case s.Vendor != l.Vendor || s.Round != l.Round:
			if elsewhere == None {
				elsewhere = n
			}
		case r.TakenBy[n] != None:
			if taken == None {
				taken = n
			}
		default:
			if f := l.fits(s); f > fits {
				best, fits = n, f
			}
		}
	}
	return r.decide(i, l, best, taken, elsewhere)
}

// decide chooses between the best free sale, one that is taken, and one of
// another vendor or round.
func (r *run) decide(i int32, l *Line, best, taken, elsewhere int32) Result {
	switch {
	case best == None && taken == None:
		return Result{elsewhere, None, NoSale}
	case l.Closed:
		return Result{max(best, taken), None, LeftOut}
	case best == None:
		return Result{taken, r.TakenBy[taken], Taken}
	}
	agrees := r.Sales[best].Amount == l.Amount
	if agrees && l.Late {
		return Result{best, None, LeftOut}
	}
	r.TakenBy[best] = i
	if !agrees {
		return Result{best, None, AmountDiffers}
	}
	return Result{best, None, Matched}
}

// fits says how well a sale fits: its sum counts for more than its day.
func (l *Line) fits(s *Sale) int {
	f := 0
	if s.Amount == l.Amount {
		f += 2
	}
	if l.Dated(s) {
		f++
	}
	return f
}

// Dated reports whether the day that the vendor wrote down can be that of the
// sale. A line without a day fits every sale.
func (l *Line) Dated(s *Sale) bool { return l.Day == 0 || l.Day >= s.From-slack && l.Day <= s.To+slack }
