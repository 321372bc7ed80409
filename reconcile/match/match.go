package match

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

// Run matches every line.
func (e *Engine) Run() Answer {
	e.look()
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
	r.finish()
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
	if r.plain[i] {
		n := r.found[i]
		if by := r.TakenBy[n]; by != None {
			return Result{n, by, Taken}
		}
		r.TakenBy[n] = i
		return Result{n, None, Matched}
	}
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
	for n := r.found[i]; n != None; n = r.next[n] {
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
