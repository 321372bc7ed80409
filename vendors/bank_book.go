package vendors

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/ledger"
)

// bankEntry is an entry of the journal that moves a bank account.
type bankEntry struct {
	ledger.Entry
	effect int64 // on the account, in francs
	line   int   // that it is on; 0 where the bank has not shown it
}

// bankBook is a bank account as the books and the bank have it.
type bankBook struct {
	tx      Tx
	bank    string
	lines   []BankLine
	entries []*bankEntry // in order
	bySeq   map[uint64]*bankEntry
}

const bankPage = 1000

// openBank reads an account's lines and entries. The work grows with both.
func openBank(tx Tx, bank string) (*bankBook, error) {
	b := &bankBook{tx: tx, bank: bank, bySeq: map[uint64]*bankEntry{}}
	for l, err := range tx.BankLines(bank, 0) {
		if err != nil {
			return nil, err
		}
		b.lines = append(b.lines, l)
	}
	for from := uint64(0); ; {
		page, err := tx.PostingsOf(ledger.Bank(bank), from, bankPage)
		if err != nil {
			return nil, err
		}
		for _, seq := range page {
			from = seq + 1
			e, err := tx.Entry(seq)
			if err != nil {
				return nil, err
			}
			b.add(e)
		}
		if len(page) < bankPage {
			break
		}
	}
	for _, l := range b.lines {
		b.link(l)
	}
	return b, nil
}

// knownBank returns ErrNotFound for an account that neither the books nor a
// statement have ever moved.
func knownBank(tx Tx, bank string) error {
	seqs, err := tx.PostingsOf(ledger.Bank(bank), 0, 1)
	if err != nil || len(seqs) > 0 {
		return err
	}
	_, err = tx.BankLine(bank, 1)
	return err
}

func (b *bankBook) add(e ledger.Entry) {
	x := &bankEntry{Entry: e, effect: effectOn(ledger.Bank(b.bank), e)}
	b.entries, b.bySeq[e.Seq] = append(b.entries, x), x
}

func (b *bankBook) link(l BankLine) {
	for _, seq := range l.Entries {
		if e := b.bySeq[seq]; e != nil {
			e.line = l.N
		}
	}
}

// effectOn returns what an entry does to a debit-normal account.
func effectOn(a ledger.Account, e ledger.Entry) (n int64) {
	for _, p := range e.Postings {
		if p.Debit == a {
			n += p.Amount.Minor()
		}
		if p.Credit == a {
			n -= p.Amount.Minor()
		}
	}
	return n
}

// until returns the sum of lines that were booked up to a day, included.
func (b *bankBook) until(day time.Time) (n int64, any bool) {
	for _, l := range b.lines {
		if !l.Booked.After(day) {
			n, any = n+l.Amount.Minor(), true
		}
	}
	return n, any
}

// referenceForm finds the ids that newID makes for settlements, and the number
// of a payment after one, in what a bank writes.
var referenceForm = regexp.MustCompile(`\bs[0-9a-v]{16}(-[0-9]{1,4})?\b`)

// referred returns the settlement that a line speaks of, and the place of the
// payment in it, -1 for the whole.
func referred(l BankLine) (settlement string, payment int) {
	for _, text := range []string{l.Reference, l.Payment, l.Batch, l.Text, l.BankRef} {
		found := referenceForm.FindString(strings.ToLower(text))
		if found == "" {
			continue
		}
		id, n, single := strings.Cut(found, "-")
		if !single {
			return id, -1
		}
		i, err := strconv.Atoi(n)
		if err != nil || i < 1 {
			return "", 0
		}
		return id, i - 1
	}
	return "", 0
}

// settlementOf returns the settlement that a line speaks of, if it is paid from
// this account and was ordered.
func (b *bankBook) settlementOf(l BankLine) (st Settlement, payment int, ok bool, err error) {
	id, payment := referred(l)
	if id == "" {
		return st, 0, false, nil
	}
	st, err = b.tx.Settlement(id)
	if errors.Is(err, ErrNotFound) {
		return st, 0, false, nil
	}
	ok = err == nil && st.Programme == l.Programme && st.Bank == b.bank && payment < len(st.Payments) &&
		(st.State == SettlementOrdered || st.State == SettlementDone)
	return st, payment, ok, err
}

// free returns the entry about a payment that the bank has not shown yet.
func (b *bankBook) free(p PaymentLine, kind ledger.Kind, effect int64) *bankEntry {
	i := slices.IndexFunc(b.entries, func(e *bankEntry) bool {
		return e.line == 0 && e.Kind == kind && e.Ref == p.Reference && e.effect == effect
	})
	if i < 0 {
		return nil
	}
	return b.entries[i]
}

// match finds what a line is by what the bank writes on it: a payment of ours,
// several that were booked in one sum, one that came back, or an entry whose
// reference the bank repeats. It confirms payments that were not confirmed yet.
// A line that it cannot match stays open.
func (b *bankBook) match(as ledger.Actor, l *BankLine) error {
	st, i, ok, err := b.settlementOf(*l)
	if err != nil {
		return err
	}
	var entries []*bankEntry
	switch {
	case ok && i >= 0:
		entries, err = b.payment(as, &st, i, *l)
		l.What = IsPayment
		if l.Amount.Sign() > 0 {
			l.What = IsReturn
		}
	case ok:
		entries, err = b.order(as, &st, *l)
		l.What = IsPayment
	default:
		var of bool
		if entries, of, err = b.byCheque(as, l); !of {
			entries = b.repeated(*l)
			l.What = IsEntry
		}
	}
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		l.What = ""
		return nil
	}
	b.settle(l, entries)
	return nil
}

// settle ties a line to entries.
func (b *bankBook) settle(l *BankLine, entries []*bankEntry) {
	l.State, l.Entries = LineMatched, nil
	for _, e := range entries {
		e.line = l.N
		l.Entries = append(l.Entries, e.Seq)
	}
}

// payment returns the entry of one payment that a line shows.
func (b *bankBook) payment(as ledger.Actor, st *Settlement, i int, l BankLine) ([]*bankEntry, error) {
	p := st.Payments[i]
	said, kind := PaidOut, ledger.KindConfirm
	if l.Amount.Sign() > 0 {
		said, kind = CameBack, ledger.KindReverse
	}
	if max(l.Amount.Minor(), -l.Amount.Minor()) != p.Amount.Minor() {
		return nil, nil
	}
	if e := b.free(p, kind, l.Amount.Minor()); e != nil {
		return []*bankEntry{e}, b.shows(p, l)
	}
	if said == PaidOut && p.Result != "" || said == CameBack && p.Result != PaidOut || p.To.channel() == MethodCash {
		return nil, nil
	}
	if why, err := p.onPaper(b.tx, said, true); err != nil || why != "" {
		return nil, err
	}
	e, err := b.take(as, st, i, said, l)
	return []*bankEntry{e}, err
}

// take confirms a payment, or what came of it, by a line.
func (b *bankBook) take(as ledger.Actor, st *Settlement, i int, said Outcome, l BankLine) (*bankEntry, error) {
	e, err := st.take(b.tx, as, i, said, l.BankRef, l.Text)
	if err != nil {
		return nil, err
	}
	b.add(e)
	return b.bySeq[e.Seq], errors.Join(b.tx.PutSettlement(*st), b.shows(st.Payments[i], l))
}

// byCheque returns the entry of the payment whose cheque a line shows. It reports
// false where the line names no cheque of the register: one that is void, or of
// another sum, stays open.
func (b *bankBook) byCheque(as ledger.Actor, l *BankLine) ([]*bankEntry, bool, error) {
	n, ok := l.cheque()
	if !ok {
		return nil, false, nil
	}
	c, err := b.tx.Cheque(b.bank, n)
	if errors.Is(err, ErrNotFound) {
		return nil, false, nil
	}
	if err != nil || c.Payment == "" || c.Programme != l.Programme {
		return nil, true, err
	}
	st, i, ok, err := b.settlementOf(BankLine{Programme: l.Programme, Payment: c.Payment})
	if err != nil || !ok {
		return nil, true, err
	}
	l.What = IsPayment
	if l.Amount.Sign() > 0 {
		l.What = IsReturn
	}
	entries, err := b.payment(as, &st, i, *l)
	return entries, true, err
}

// shows writes into the register which line shows the cheque of a payment.
func (b *bankBook) shows(p PaymentLine, l BankLine) error {
	if p.To.channel() != MethodCheque || l.Amount.Sign() > 0 {
		return nil
	}
	c, err := b.tx.ChequeFor(p.Reference)
	if err != nil {
		return err
	}
	c.Line, c.Ended = l.N, l.Booked
	return b.tx.PutCheque(c)
}

// order returns the entries of all payments of a settlement that the bank has
// not shown, if the line is of their sum: those that were confirmed in another
// way and those that were not confirmed yet, or either.
func (b *bankBook) order(as ledger.Actor, st *Settlement, l BankLine) ([]*bankEntry, error) {
	var shown []*bankEntry
	var confirmed, waiting int64
	var open []int
	for i, p := range st.Payments {
		if e := b.free(p, ledger.KindConfirm, -p.Amount.Minor()); e != nil && !p.Amount.IsZero() {
			shown, confirmed = append(shown, e), confirmed-p.Amount.Minor()
		}
		if p.Result == "" && p.To.channel() != MethodCash && p.To.channel() != MethodCheque {
			open, waiting = append(open, i), waiting-p.Amount.Minor()
		}
	}
	switch l.Amount.Minor() {
	case confirmed + waiting:
	case confirmed:
		open = nil
	case waiting:
		shown = nil
	default:
		return nil, nil
	}
	for _, i := range open {
		e, err := b.take(as, st, i, PaidOut, l)
		if err != nil {
			return nil, err
		}
		shown = append(shown, e)
	}
	return shown, nil
}

// repeated returns the one entry of the line's sum whose reference stands in
// what the bank writes.
func (b *bankBook) repeated(l BankLine) (found []*bankEntry) {
	text := strings.ToLower(strings.Join([]string{l.Reference, l.BankRef, l.Cheque, l.Text}, "\n"))
	for _, e := range b.entries {
		if e.line != 0 || e.effect != l.Amount.Minor() {
			continue
		}
		for _, ref := range []string{e.Ref, e.Facts["bank-reference"], e.Facts["bank-ref"]} {
			if len(ref) >= 4 && strings.Contains(text, strings.ToLower(ref)) {
				found = append(found, e)
				break
			}
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found
}
