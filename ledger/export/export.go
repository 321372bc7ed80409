package export

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// Journal writes the whole journal to w in the format, with numbers from the
// chart, which may be nil. It returns ErrFormat for a format that is not there,
// and errors of tx and w; what was written before one must not be used.
func Journal(w io.Writer, tx ledger.Tx, f Format, chart Chart) error {
	d, ok := dialects[f]
	if !ok {
		return ErrFormat.At("format", "%q", string(f))
	}
	if err := chart.check(); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	x := &exporter{out: out, tx: tx, dialect: d, chart: chart}
	if err := x.all(f); err != nil {
		return err
	}
	return out.Flush()
}

type exporter struct {
	dialect
	out   *bufio.Writer // keeps the first error until it is flushed
	tx    ledger.Tx
	chart Chart
	last  time.Time // the latest posting date so far
}

func (x *exporter) all(f Format) error {
	size, err := x.tx.Size()
	if err != nil {
		return err
	}
	fmt.Fprintf(x.out, "; %d entries, for %s. Vouchers are one account per round.\n\n", size, f)
	held, err := x.declarations()
	if err != nil {
		return err
	}
	for seq := range size {
		e, err := x.tx.Entry(seq)
		if err != nil {
			return err
		}
		if e.Posted.After(x.last) {
			x.last = e.Posted.UTC()
		}
		if err := x.entry(e); err != nil {
			return fmt.Errorf("entry %d: %w", seq, err)
		}
	}
	x.claims(x.out, x.last, held)
	return nil
}

// declarations writes the accounts and assets in use, and returns what the
// accounts hold.
func (x *exporter) declarations() ([]holding, error) {
	var held []holding
	var accounts []string
	var assets []money.Asset
	for b, err := range ledger.CollapsedBalances(x.tx) {
		if err != nil {
			return nil, err
		}
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
		fmt.Fprintf(x.out, "\n; %s (%d) %s %s %s\n", e.Posted.UTC().Format(day), e.Seq, e.Kind, inert(e.Facts["what"]), inert(e.Ref))
		return nil
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
