package report

import (
	"time"

	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/voucher"
)

// onLine is how soon after the sale its record has arrived where the handheld
// had a network: as long as a voucher can be reserved on line.
const onLine = 15 * time.Minute

// delays are the classes of time between hand-over and sale: under so many
// days.
var delays = []struct {
	code string
	days int
}{{"0", 1}, {"1", 2}, {"2-3", 4}, {"4-7", 8}, {"8-14", 15}, {"15-30", 31}, {"31+", 1 << 20}}

// sales counts what was redeemed, each redemption that stands once, at its
// price in francs.
func (m *maker) sales(lines reconcile.Lines) error {
	for _, l := range lines.All() {
		if !l.HasEntry {
			continue
		}
		r := entry(l.Entry)
		value := func(by, of string) { m.sum(Key{"redeemed.value", by, of}, l.Redeemed, r, 1) }
		count := func(by, of string) { m.count(Key{"redeemed.vouchers", by, of}, Vouchers, r) }
		both := func(by, of string) {
			value(by, of)
			count(by, of)
		}
		both("", "")
		both("point", l.Point)
		both("vendor", string(l.Vendor))
		rec, known := m.receipts[l.Receipt]
		if !known { // a typed stub of another round's book cannot be: tie would say so
			continue
		}
		both("day", rec.said.UTC().Format(time.DateOnly))
		both("arrival", rec.arrival())
		c, ours := m.cards[voucher.Serial(l.Serial)]
		both("factor", factorOf(c, ours, rec))
		both("modality", string(m.round.Kind))
		if ours && c.value.Asset() != francs {
			m.sum(Key{Name: "redeemed.quantity"}, c.value, r, 1)
		}
		count("delay", delayOf(c, rec.said))
	}
	return nil
}

// arrival says how a record came.
func (r receipt) arrival() string {
	switch {
	case r.channel == "stub", r.channel == "file":
		return r.channel
	case r.arrived.Sub(r.said) <= onLine:
		return "online"
	}
	return "later"
}

// factorOf says which factor was given with the card: the mode of the voucher,
// or "card" where the full factor was not.
func factorOf(c card, known bool, r receipt) string {
	if !r.full || !known {
		return "card"
	}
	return string(c.mode)
}

// delayOf returns the class of time between hand-over and sale.
func delayOf(c card, said time.Time) string {
	if c.handed.IsZero() {
		return "unknown"
	}
	days := int(said.Sub(c.handed) / (24 * time.Hour))
	for _, d := range delays {
		if days < d.days {
			return d.code
		}
	}
	return "unknown"
}
