package reconcile

import (
	"context"
	"errors"
	"io"
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
	Claims           int // of the round that were brought before, refused ones not
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
	Before    money.Amount // of Claimed, on lines that ask for what a claim has
	Unclaimed money.Amount // redeemed, on no line that matches and in no claim
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
	Claim      vendors.ClaimID    // that was brought before and has the redemption; "" for none
	State      vendors.ClaimState // its
	Candidates [][]uint64         // entries of those that an ambiguous line may mean, the likeliest first
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
		var err error
		if x.Serial, err = engine.Parse(l.Serial); err != nil {
			f.texts[int32(len(f.lines))] = string([]byte(l.Serial))
		}
		f.lines, f.rows = append(f.lines, x), append(f.rows, int32(l.N))
		return nil
	})
	return err
}

// Match compares the file, which must have been read, with the redemptions, and
// with the claims that were brought before. It takes the file's lines with it.
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
		r.file = f
		r.load(nil)
	}
	if r.file != f {
		return FileReport{}, errors.New("reconcile: each file has redemptions of its own, and those no other file")
	}
	was, err := r.brought(tx)
	if err != nil {
		return FileReport{}, err
	}
	if !was.same(r.before) {
		r.load(was)
	}
	out.Claims = len(r.before.claims)
	answer := r.engine.Run()
	out.Unsearched = answer.Unsearched
	r.sum(&out, &answer, f.rows)
	return out, nil
}
