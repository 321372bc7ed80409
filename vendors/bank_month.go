package vendors

import (
	"context"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// BankMonthOf asks for the monthly statement of a bank account: from the first
// of the month of Until to the end of that day, UTC.
type BankMonthOf struct {
	By    access.Actor
	Bank  string
	Until time.Time // the last day that statements reached where zero
}

// DifferenceKind says why the bank and the books differ by an amount.
type DifferenceKind string

// The kinds of difference. Only what is unknown is unexplained.
const (
	DiffLater       DifferenceKind = "later"       // in the books after the last day
	DiffOutstanding DifferenceKind = "outstanding" // in the books; the bank shows it later, or not yet
	DiffProposed    DifferenceKind = "proposed"    // explained by one person; another has to agree
	DiffUnknown     DifferenceKind = "unknown"     // nobody has said what it is
)

// Difference is one amount by which the bank's balance is above the books'.
type Difference struct {
	Kind   DifferenceKind
	What   Explanation // of a line: payment, return, fee, …; "" of an entry
	Day    time.Time   // the bank's, or that of the entry
	Amount money.Amount
	Line   int    // of the bank; 0 for an entry
	Entry  uint64 // of the books; for an entry that the bank has not shown
	Ref    string // of the entry, or the bank's
	Text   string
}

// Flow is what lines of one explanation came to in the month.
type Flow struct {
	What  Explanation // "" for lines that nobody has explained
	Lines int
	In    money.Amount
	Out   money.Amount
}

// BankMonth is the monthly statement of a bank account: what the bank says it
// holds, less what the books say, explained line by line.
type BankMonth struct {
	Programme   string
	Bank        string
	From, Until time.Time
	BankOpening money.Amount // before the month
	BankBalance money.Amount // at its end
	Ledger      money.Amount // at its end
	Difference  money.Amount // the bank's less the books'
	Differences []Difference // which come to it
	Explained   money.Amount // all but what is unknown
	Unexplained money.Amount // 0, or what nobody has said
	Flows       []Flow       // the month's lines, by what they are
	InTransit   []ledger.Balance
	Suspended   []Difference // lines in the books that are still to be explained
	Suspense    money.Amount // what suspense:<bank> holds now
	Missing     money.Amount // what unexplained:<bank> holds now
	Cheques     []Difference // written up to the end and neither shown by the bank nor void by then; part of what is in transit
	ChequesOut  money.Amount // what they come to
	Ties        bool         // the books' entries come to their balance, and the differences to the difference
	Size        uint64       // of the journal that this was made from
}

func (s *service) BankMonth(ctx context.Context, q BankMonthOf) (BankMonth, error) {
	return read(ctx, s, MethodBankMonth, q.By, func(tx Tx) (BankMonth, error) { return MonthOf(tx, q) })
}

// MonthOf is Service.BankMonth for who has opened the store himself.
func MonthOf(tx Tx, q BankMonthOf) (BankMonth, error) {
	m := BankMonth{Programme: q.By.Programme, Bank: q.Bank}
	if err := knownBank(tx, q.Bank); err != nil {
		return m, err
	}
	var last time.Time
	for st, err := range tx.BankStatements(q.Bank) {
		if err != nil {
			return m, err
		}
		if st.Programme != q.By.Programme {
			return m, ErrNotFound
		}
		if st.To.After(last) {
			last = st.To
		}
	}
	until := q.Until.UTC().Truncate(24 * time.Hour)
	if q.Until.IsZero() {
		until = last
	}
	m.From, m.Until = time.Date(until.Year(), until.Month(), 1, 0, 0, 0, 0, time.UTC), until
	b, err := openBank(tx, q.Bank)
	if err != nil {
		return m, err
	}
	sum, any := b.until(until)
	if !any || until.After(last) {
		return m, ErrBankMonth.At("until", "the statements end on %s", last.Format(time.DateOnly))
	}
	m.BankBalance = money.Francs(sum)
	before, _ := b.until(m.From.AddDate(0, 0, -1))
	m.BankOpening = money.Francs(before)
	if m.Size, err = tx.Size(); err != nil {
		return m, err
	}
	return m, m.fill(b)
}

// fill compares the two sides up to the end of the last day.
func (m *BankMonth) fill(b *bankBook) error {
	end := m.Until.AddDate(0, 0, 1)
	var held, now, explained, unknown int64
	for _, e := range b.entries {
		now += e.effect
		if e.Posted.Before(end) {
			held += e.effect
			if e.line == 0 || b.lines[e.line-1].Booked.After(m.Until) {
				m.differ(Difference{Kind: DiffOutstanding, Day: e.Posted, Amount: money.Francs(-e.effect), Entry: e.Seq, Ref: e.Ref, Text: string(e.Kind)}, &explained, &unknown)
			}
		}
	}
	flows := map[Explanation]*Flow{}
	for _, l := range b.lines {
		if l.Booked.After(m.Until) {
			continue
		}
		m.line(b, l, end, &explained, &unknown)
		if l.Booked.Before(m.From) {
			continue
		}
		f := flows[l.What]
		if f == nil {
			f = &Flow{What: l.What, In: money.Francs(0), Out: money.Francs(0)}
			flows[l.What] = f
		}
		f.Lines++
		if l.Amount.Sign() > 0 {
			f.In = money.Francs(f.In.Minor() + l.Amount.Minor())
		} else {
			f.Out = money.Francs(f.Out.Minor() - l.Amount.Minor())
		}
	}
	for _, what := range []Explanation{IsPayment, IsReturn, IsFee, IsTransfer, IsEntry, IsUnknown, ""} {
		if flows[what] != nil {
			m.Flows = append(m.Flows, *flows[what])
		}
	}
	m.Ledger, m.Difference = money.Francs(held), money.Francs(m.BankBalance.Minor()-held)
	m.Explained, m.Unexplained = money.Francs(explained), money.Francs(unknown)
	slices.SortStableFunc(m.Differences, func(x, y Difference) int { return x.Day.Compare(y.Day) })
	balance, err := b.tx.Balance(ledger.Bank(b.bank), money.XOF)
	if err != nil {
		return err
	}
	m.Ties = balance.Minor() == now && explained+unknown == m.Difference.Minor()
	return m.open(b)
}

// line adds what a line has at the bank and not in the books by the end.
func (m *BankMonth) line(b *bankBook, l BankLine, end time.Time, explained, unknown *int64) {
	left := l.Amount.Minor()
	for _, seq := range l.Entries {
		if e := b.bySeq[seq]; e != nil && e.Posted.Before(end) {
			left -= e.effect
		}
	}
	d := Difference{Kind: DiffLater, What: l.What, Day: l.Booked, Amount: money.Francs(left), Line: l.N, Ref: l.BankRef, Text: l.Text}
	if l.State == LineSuspended {
		s := d
		s.Amount = l.Amount
		m.Suspended = append(m.Suspended, s)
	}
	switch {
	case left == 0:
		return
	case l.State == LineOpen:
		d.Kind = DiffUnknown
	case l.State == LineProposed && len(l.Entries) == 0:
		d.Kind = DiffProposed
	}
	m.differ(d, explained, unknown)
}

func (m *BankMonth) differ(d Difference, explained, unknown *int64) {
	m.Differences = append(m.Differences, d)
	if d.Kind == DiffUnknown {
		*unknown += d.Amount.Minor()
	} else {
		*explained += d.Amount.Minor()
	}
}

// cheques lists those that are out at the end of the last day.
func (m *BankMonth) cheques(b *bankBook) error {
	m.ChequesOut = money.Francs(0)
	for c, err := range b.tx.Cheques(m.Bank) {
		if err != nil {
			return err
		}
		state := c.On(m.Until)
		if state != ChequeIssued && state != ChequeStale || c.Date.After(m.Until) || c.Payment == "" {
			continue
		}
		m.Cheques = append(m.Cheques, Difference{Kind: DifferenceKind(state), What: IsPayment, Day: c.Date, Amount: c.Amount, Ref: c.No(), Text: c.Payment})
		if m.ChequesOut, err = m.ChequesOut.Add(c.Amount); err != nil {
			return err
		}
	}
	return nil
}

// open reads what is on its way and what is in suspense.
func (m *BankMonth) open(b *bankBook) error {
	for st, err := range b.tx.Settlements(m.Programme) {
		if err != nil {
			return err
		}
		if st.Bank != m.Bank || st.State != SettlementOrdered {
			continue
		}
		held, err := b.tx.Balance(ledger.Transit(st.ID), money.XOF)
		if err != nil {
			return err
		}
		m.InTransit = append(m.InTransit, ledger.Balance{Account: ledger.Transit(st.ID), Amount: held})
	}
	if err := m.cheques(b); err != nil {
		return err
	}
	var err error
	if m.Suspense, err = b.tx.Balance(ledger.Suspense(m.Bank), money.XOF); err != nil {
		return err
	}
	m.Missing, err = b.tx.Balance(ledger.Unexplained(m.Bank), money.XOF)
	return err
}
