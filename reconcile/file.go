package reconcile

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
	engine "github.com/jate-cva/jate/reconcile/match"
	"github.com/jate-cva/jate/vendors"
)

// fileListed bounds the exceptions that a FileReport lists; it counts all.
const fileListed = 100_000

// lineBytesMin is how short lines of a CSV file hardly are: a serial alone has
// more. It says for how many there is room at first.
const lineBytesMin = 24

// File is a list of claim lines that is compared with what was redeemed, and
// stored nowhere: the claims of many vendors, before they are brought, or what
// somebody else counted.
type File struct {
	From   io.ReaderAt
	Size   int64
	Vendor vendors.ID // whose all lines are; "" where each names its own

	lines []engine.Line
	texts map[int32]string
	rows  []int32
	names []vendors.ID // of vendors, by their numbers in lines until it is matched
	of    *Redemptions // that it was matched with, whose numbers its vendors have now
	bad   int
	flaws []fault.Field
}

// FileReport says how a file's lines match the redemptions of a round.
type FileReport struct {
	Programme, Round string
	Size             uint64 // of the journal that it was made from
	Checkpoint       string // its root, in standard base64
	At               time.Time
	Lines            int
	Unreadable       int // rows that could not be read
	Flaws            []fault.Field
	Totals           []FileTotal // by vendor
	Exceptions       []FileLine  // the first hundred thousand, in the order of the file
	Unsearched       int         // lines whose slips were not looked for, because there are too many
}

// FileTotal sums up one vendor, in XOF.
type FileTotal struct {
	Vendor    vendors.ID
	Redeemed  money.Amount
	Claimed   money.Amount
	Matched   money.Amount
	Unclaimed money.Amount // redeemed, and on no line that matches
	Lines     int
	Read      int // of the matched ones, despite slips
	Wrong     map[Exception]int
}

// FileLine is a line of the file that does not match.
type FileLine struct {
	Row        int
	Vendor     vendors.ID
	Serial     string // canonical where it could be read
	Exception  Exception
	Claimed    money.Amount
	Entry      uint64 // the redemption that it is about
	HasEntry   bool
	Candidates [][]uint64 // entries of those that an ambiguous line may mean, the likeliest first
}

// Read reads the file. It returns the errors of vendors.ReadClaimFile.
func (f *File) Read(ctx context.Context, now time.Time) error {
	numbers := numbering{}
	f.texts = map[int32]string{}
	room := min(f.Size/lineBytesMin, factsMax)
	f.lines, f.rows = make([]engine.Line, 0, room), make([]int32, 0, room)
	var err error
	f.bad, f.flaws, err = vendors.ReadClaimFile(ctx, f.From, f.Size, f.Vendor, now, func(l vendors.FileLine) error {
		n := numbers.of(string(l.Vendor))
		if int(n) == len(f.names) {
			f.names = append(f.names, vendors.ID([]byte(l.Vendor))) // not a part of the row
		}
		x := engine.Line{Amount: l.Amount.Minor(), Vendor: n, Holds: engine.None}
		if !l.Date.IsZero() {
			x.Day = l.Date.Unix()
		}
		serial, err := readSerial(l.Serial)
		if err == nil {
			x.Serial, _ = engine.Pack(serial)
		} else {
			f.texts[int32(len(f.lines))] = string([]byte(l.Serial))
		}
		f.lines, f.rows = append(f.lines, x), append(f.rows, int32(l.N))
		return nil
	})
	return err
}

// Match compares the file, which must have been read, with the redemptions. It
// takes the file's lines with it.
func (r *Redemptions) Match(tx Tx, f *File) (FileReport, error) {
	out := FileReport{Programme: r.programme, Round: r.round, Lines: len(f.lines), Unreadable: f.bad, Flaws: f.flaws}
	var err error
	if out.Size, out.Checkpoint, out.At, err = journal(tx); err != nil {
		return FileReport{}, err
	}
	if out.Size != r.size {
		return FileReport{}, errors.New("reconcile: the journal grew since it was followed")
	}
	if f.of == nil && r.file == nil {
		f.of = r
		for i := range f.lines {
			f.lines[i].Vendor = r.vendor(f.names[f.lines[i].Vendor])
		}
		r.engine.Load(f.lines, f.texts)
		r.file = f
	}
	if r.file != f {
		return FileReport{}, errors.New("reconcile: each file has redemptions of its own, and those no other file")
	}
	answer := r.engine.Run()
	out.Unsearched = answer.Unsearched
	r.sum(&out, &answer, f.rows)
	return out, nil
}

// sum adds up what became of the lines and of the redemptions.
func (r *Redemptions) sum(out *FileReport, a *engine.Answer, rows []int32) {
	type sums struct{ redeemed, claimed, matched, unclaimed int64 }
	by := make([]sums, len(r.names))
	totals := make([]FileTotal, len(r.names))
	for i := range totals {
		totals[i].Vendor, totals[i].Wrong = r.names[i], map[Exception]int{}
	}
	for n := range r.engine.Sales {
		s := &r.engine.Sales[n]
		if s.Gone {
			continue
		}
		by[s.Vendor].redeemed += max(s.Amount, 0)
		if a.TakenBy[n] == engine.None {
			by[s.Vendor].unclaimed += max(s.Amount, 0)
		}
	}
	proposals := map[int32]*engine.Proposal{}
	for i := range a.Proposals {
		for _, l := range a.Proposals[i].Lines {
			proposals[l] = &a.Proposals[i]
		}
	}
	for i := range r.engine.Lines {
		l, res := &r.engine.Lines[i], a.Results[i]
		t := &totals[l.Vendor]
		t.Lines++
		by[l.Vendor].claimed += l.Amount
		if res.Outcome == engine.Matched || res.Outcome == engine.Read {
			by[l.Vendor].matched += l.Amount
			if res.Outcome == engine.Read {
				t.Read++
			}
			continue
		}
		wrong := r.exception(int32(i), res)
		t.Wrong[wrong.Exception]++
		if len(out.Exceptions) == fileListed {
			continue
		}
		wrong.Row = int(rows[i])
		if p := proposals[int32(i)]; p != nil {
			for _, c := range p.Candidates {
				var seqs []uint64
				for _, n := range c.Sales {
					seqs = append(seqs, r.entries[n])
				}
				wrong.Candidates = append(wrong.Candidates, seqs)
			}
		}
		out.Exceptions = append(out.Exceptions, wrong)
	}
	for i, t := range totals {
		t.Redeemed, t.Claimed, t.Matched = money.Francs(by[i].redeemed), money.Francs(by[i].claimed), money.Francs(by[i].matched)
		t.Unclaimed = money.Francs(by[i].unclaimed)
		if t.Lines > 0 || by[i].redeemed > 0 {
			out.Totals = append(out.Totals, t)
		}
	}
	slices.SortFunc(out.Totals, func(a, b FileTotal) int { return cmp.Compare(a.Vendor, b.Vendor) })
}

// exception names what is wrong with a line.
func (r *Redemptions) exception(i int32, res engine.Result) FileLine {
	l := &r.engine.Lines[i]
	out := FileLine{Vendor: r.names[l.Vendor], Claimed: money.Francs(l.Amount), Exception: ClaimedNotRedeemed, Serial: r.engine.Text(i)}
	if !l.Serial.IsZero() {
		out.Serial = string(l.Serial.Voucher())
	}
	if res.Sale != engine.None {
		out.Entry, out.HasEntry = r.entries[res.Sale], true
	}
	switch {
	case res.Outcome == engine.AmountDiffers:
		out.Exception = AmountDiffers
	case res.Outcome == engine.Taken:
		out.Exception = ClaimedTwice
	case res.Outcome == engine.Ambiguous:
		out.Exception = Ambiguous
	case res.Sale != engine.None:
		out.Exception = AnotherVendors
	case l.Serial.IsZero():
		out.Exception = UnknownSerial
	}
	return out
}
