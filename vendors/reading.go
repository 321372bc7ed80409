package vendors

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// Reading keeps what a line of an invoice said before it was read otherwise:
// because its serial had a slip that the check digits settle, or because a
// person said which sale it is for. The line itself then says what it means.
type Reading struct {
	Claim ClaimID
	N     int          // the line
	Row   int          // where it was typed: N, but for the further sales of a line that sums up several
	Typed string       // the serial as it was typed
	Asked money.Amount // what the line as typed asked for, in XOF
	By    string       // staff id; "" where the check digits decided
	At    time.Time
	Entry uint64 // the decision in the journal; of what the check digits decided the claim entry
}

// Meant is a sale that a line is for.
type Meant struct {
	Entry  uint64 // the redeem or accept-loss entry
	Serial string // of its voucher, canonical
}

// Problems that a reading leaves on a line.
const (
	ReadAsNone   = "read-as-none"  // a person looked, and it is for no sale
	ReadTogether = "read-together" // what it asks for stands on another line now
)

// readMax bounds the lines, or the sales, of one reading.
const readMax = 200

// Read makes lines of a proposed invoice say what a person found that they
// mean: one line for one sale or for several that it sums up, several lines for
// one sale that they ask for in parts, or for no sale at all. Where it is more
// than one of either, what the lines ask for must be what the sales gave. It
// returns ErrClaimState or ErrClaimLine, and then nothing has changed.
func Read(tx Tx, as ledger.Actor, by string, c Claim, lines []int, sales []Meant) error {
	if c.State != ClaimProposed || c.Kind != Independent {
		return ErrClaimState.At("state", "it is %s and %s", c.Kind, c.State)
	}
	if len(lines) == 0 || len(lines) > readMax || len(sales) > readMax || len(lines) > 1 && len(sales) > 1 {
		return ErrClaimLine.At("lines", "one line for 1 to %d sales, or up to %d lines for one", readMax, readMax)
	}
	r := reader{tx: tx, claim: c, by: by}
	if err := r.find(lines); err != nil {
		return err
	}
	worth, err := r.worth(sales)
	if err != nil {
		return err
	}
	if err := r.sums(worth); err != nil {
		return err
	}
	decision, err := ledger.Decide(tx, as, c.Round, "claim-lines-read", string(c.ID), map[string]string{
		"vendor": string(c.Vendor), "lines": numbers(lines), "entries": entries(sales)})
	if err != nil {
		return err
	}
	r.decision = decision.Seq
	return r.write(sales, worth)
}

// reader works on one reading.
type reader struct {
	tx       Tx
	claim    Claim
	by       string
	lines    []ClaimLine // those that are read
	last     int         // the highest number of the claim
	decision uint64
}

// find takes the lines of the claim that have the numbers.
func (r *reader) find(ns []int) error {
	for l, err := range r.tx.ClaimLines(r.claim.ID, 0) {
		if err != nil {
			return err
		}
		r.last = l.N
		if !slices.Contains(ns, l.N) {
			continue
		}
		if l.Problem == ReadTogether {
			return ErrClaimLine.At(fmt.Sprintf("lines[%d]", l.N), "what it asks for stands on another line")
		}
		r.lines = append(r.lines, l)
	}
	if len(r.lines) != len(ns) {
		return ErrClaimLine.At("lines", "%d of %d are lines of this claim, each once", len(r.lines), len(ns))
	}
	return nil
}

// worth returns what each sale gave. It refuses what is no sale of the vendor
// in the round, is undone, frozen or in a claim.
func (r *reader) worth(sales []Meant) ([]money.Amount, error) {
	h, err := historyOf(r.tx, r.claim.Vendor, r.claim.Round)
	if err != nil {
		return nil, err
	}
	var out []money.Amount
	for i, m := range sales {
		where := fmt.Sprintf("entries[%d]", m.Entry)
		at := slices.IndexFunc(h.sales, func(e ledger.Entry) bool { return e.Seq == m.Entry })
		if at < 0 || h.out[m.Entry] || slices.ContainsFunc(sales[:i], func(o Meant) bool { return o.Entry == m.Entry }) {
			return nil, ErrClaimLine.At(where, "no sale of this trader in this round that stands, or given twice")
		}
		switch in, err := r.tx.ClaimOf(m.Entry); {
		case err == nil:
			return nil, ErrClaimLine.At(where, "it is in claim %s", in)
		case !errors.Is(err, ErrNotFound):
			return nil, err
		}
		s, err := saleOf(h.sales[at], r.claim.Vendor)
		if err != nil {
			return nil, err
		}
		out = append(out, s.amount)
	}
	return out, nil
}

// sums holds what several lines or sales come to against one another.
func (r *reader) sums(worth []money.Amount) error {
	if len(worth) == 0 || len(worth) == 1 && len(r.lines) == 1 {
		return nil
	}
	var asked []money.Amount
	for _, l := range r.lines {
		asked = append(asked, l.Amount)
	}
	a, err := sum(money.Francs(0), asked...)
	if err != nil {
		return err
	}
	w, err := sum(money.Francs(0), worth...)
	if err != nil {
		return err
	}
	if !a.Equal(w) {
		return ErrClaimLine.At("lines", "they ask for %s, the sales gave %s", a, w)
	}
	return nil
}

// write lets the first line, and new ones behind all others, say what each sale
// gave. Further lines ask for nothing any more.
func (r *reader) write(sales []Meant, worth []money.Amount) error {
	grouped := len(sales) > 0 && len(sales)+len(r.lines) > 2
	for i, l := range r.lines {
		was := l
		switch {
		case len(sales) == 0:
			l.Problem = ReadAsNone
		case i > 0:
			l.Amount, l.Problem = money.Francs(0), ReadTogether
		default:
			l.Serial, l.Problem = sales[0].Serial, ""
			if grouped {
				l.Amount = worth[0]
			}
		}
		if grouped { // the quantity was that of the line as typed
			l.Quantity, l.Price = money.Amount{}, money.Amount{}
		}
		if err := r.keep(was, l, was.N); err != nil {
			return err
		}
	}
	typed := r.lines[0]
	for i := 1; i < len(sales); i++ {
		r.last++
		l := ClaimLine{Claim: r.claim.ID, N: r.last, Serial: sales[i].Serial, Date: typed.Date, Amount: worth[i]}
		if err := r.keep(typed, l, typed.N); err != nil {
			return err
		}
		r.claim.Lines++
	}
	return r.tx.PutClaim(r.claim)
}

// keep stores a line and what it was.
func (r *reader) keep(was, is ClaimLine, row int) error {
	read := Reading{Claim: r.claim.ID, N: is.N, Row: row, Typed: was.Serial, Asked: was.Amount, By: r.by, At: r.tx.Now(), Entry: r.decision}
	for before, err := range r.tx.Readings(r.claim.ID) {
		if err != nil {
			return err
		}
		if before.N == was.N { // what was typed is what it was before the first reading
			read.Row, read.Typed, read.Asked = before.Row, before.Typed, before.Asked
		}
	}
	return errors.Join(r.tx.PutClaimLine(is), r.tx.PutReading(read))
}

func numbers(ns []int) string {
	var b []string
	for _, n := range ns {
		b = append(b, strconv.Itoa(n))
	}
	return strings.Join(b, ",")
}

func entries(sales []Meant) string {
	var b []string
	for _, m := range sales {
		b = append(b, strconv.FormatUint(m.Entry, 10))
	}
	return strings.Join(b, ",")
}
