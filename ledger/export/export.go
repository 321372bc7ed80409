package export

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// Options say how the books are written.
type Options struct {
	Dialect  Dialect
	Accounts Chart             // numbers for classes of accounts; nil for plain names
	Read     func(size uint64) // told how many entries are written; may be nil
}

// pageEntries is how many entries are read in one View.
const pageEntries = 200

// Write writes the whole journal to w, as it stands when Write is called. It
// reads pages in Views of their own, so that a slow reader holds up no writer.
// It returns ErrDialect for a dialect that is not there, and errors of the
// store and of w; what was written before an error must not be used.
func Write(ctx context.Context, w io.Writer, store ledger.Store, o Options) error {
	if _, err := ParseDialect(string(o.Dialect)); err != nil {
		return err
	}
	if err := o.Accounts.check(); err != nil {
		return err
	}
	b, err := read(ctx, store)
	if err != nil {
		return err
	}
	tell(o.Read, b.size)
	out := bufio.NewWriter(w)
	x := &exporter{style: styles[o.Dialect], chart: o.Accounts, out: out}
	fmt.Fprintf(out, "; %d entries, for %s. Vouchers are one account per round.\n\n", b.size, o.Dialect)
	held, err := x.declarations(b.balances)
	if err != nil {
		return err
	}
	for from := uint64(0); from < b.size; from += pageEntries {
		page, err := entries(ctx, store, from, min(from+pageEntries, b.size))
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := x.entry(e); err != nil {
				return fmt.Errorf("entry %d: %w", e.Seq, err)
			}
		}
	}
	x.claims(out, x.last, held)
	return out.Flush()
}

func tell(read func(uint64), size uint64) {
	if read != nil {
		read(size)
	}
}

// books are what the accounts hold after the first entries of the journal.
// Entries are never changed, so they can be read later.
type books struct {
	size     uint64
	balances []ledger.Balance
}

func read(ctx context.Context, store ledger.Store) (books, error) {
	var b books
	err := store.View(ctx, func(tx ledger.Tx) (err error) {
		b = books{}
		if b.size, err = tx.Size(); err != nil {
			return err
		}
		for balance, err := range ledger.CollapsedBalances(tx) {
			if err != nil {
				return err
			}
			b.balances = append(b.balances, balance)
		}
		return nil
	})
	return b, err
}

func entries(ctx context.Context, store ledger.Store, from, to uint64) ([]ledger.Entry, error) {
	var page []ledger.Entry
	err := store.View(ctx, func(tx ledger.Tx) error {
		page = nil
		for seq := from; seq < to; seq++ {
			e, err := tx.Entry(seq)
			if err != nil {
				return fmt.Errorf("entry %d: %w", seq, err)
			}
			page = append(page, e)
		}
		return nil
	})
	return page, err
}

type exporter struct {
	style
	chart Chart
	out   *bufio.Writer // keeps the first error until it is flushed
	last  time.Time     // the latest posting date so far
}

// declarations writes the accounts and assets in use, and returns what the
// accounts hold.
func (x *exporter) declarations(balances []ledger.Balance) ([]holding, error) {
	var held []holding
	var accounts []string
	var assets []money.Asset
	for _, b := range balances {
		name, err := x.chart.name(b.Account, x.id)
		if err != nil {
			return nil, err
		}
		class, err := b.Account.Class()
		if err != nil {
			return nil, err
		}
		m := b.Amount
		if !class.DebitNormal() {
			m = money.FromMinor(-m.Minor(), m.Asset())
		}
		held = append(held, holding{name, m.Text(), x.commodity(m.Asset())})
		accounts, assets = append(accounts, name), append(assets, m.Asset())
	}
	slices.Sort(accounts)
	accounts = slices.Compact(accounts)
	slices.SortFunc(assets, func(a, b money.Asset) int { return cmp.Compare(a.String(), b.String()) })
	assets = slices.Compact(assets)
	for i := 1; i < len(assets); i++ {
		if assets[i-1].Code() == assets[i].Code() {
			return nil, fmt.Errorf("%s and %s would be one commodity", assets[i-1], assets[i])
		}
	}
	x.declare(x.out, accounts, assets)
	return held, nil
}

// line is what an entry does to one account on one side.
type line struct {
	account ledger.Account
	credit  bool
	amount  money.Amount
}

// entry writes one entry, its postings summed by account, side and asset.
func (x *exporter) entry(e ledger.Entry) error {
	if len(e.Postings) == 0 {
		return nil // a decision moves nothing that an accountant books
	}
	if e.Posted.After(x.last) {
		x.last = e.Posted.UTC()
	}
	lines, err := summed(e)
	if err != nil {
		return err
	}
	x.head(x.out, e)
	for _, l := range lines {
		name, err := x.chart.name(l.account, x.id)
		if err != nil {
			return err
		}
		m := l.amount
		if l.credit {
			m = money.FromMinor(-m.Minor(), m.Asset())
		}
		fmt.Fprintf(x.out, "    %s  %s %s\n", name, m.Text(), x.commodity(m.Asset()))
	}
	return nil
}

func summed(e ledger.Entry) ([]line, error) {
	type key struct {
		account ledger.Account
		credit  bool
		asset   money.Asset
	}
	at := map[key]int{}
	var lines []line
	add := func(a ledger.Account, credit bool, m money.Amount) error {
		l := line{ledger.Collapsed(a, e.Round), credit, m}
		k := key{l.account, credit, m.Asset()}
		i, ok := at[k]
		if !ok {
			at[k] = len(lines)
			lines = append(lines, l)
			return nil
		}
		sum, err := lines[i].amount.Add(m)
		lines[i].amount = sum
		return err
	}
	for _, p := range e.Postings {
		if err := add(p.Debit, false, p.Amount); err != nil {
			return nil, err
		}
		if err := add(p.Credit, true, p.Amount); err != nil {
			return nil, err
		}
	}
	return lines, nil
}
