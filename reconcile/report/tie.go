package report

import (
	"fmt"
	"slices"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
)

// assets are what the round counts in.
func (m *maker) assets() []money.Asset {
	if m.round.Asset == francs {
		return []money.Asset{francs}
	}
	return []money.Asset{francs, m.round.Asset}
}

// derived makes the figures that add up others.
func (m *maker) derived() {
	for _, a := range m.assets() {
		key := func(name string) Key { return Key{Name: assetOf(name, a)} }
		part := func(name, of string, sign int64) Part { return Part{Key{assetOf(name, a), "part", of}, sign} }
		for _, of := range []string{"vouchers", "contingency", "fees"} {
			left := []Part{part("rest", of, 1)}
			if a == m.round.Asset && of == "vouchers" {
				left = append(left, Part{Key{Name: "outstanding.value"}, 1})
			}
			m.derive(part("left", of, 1).Key, Amounts, a, left...)
			m.derive(part("used", of, 1).Key, Amounts, a, part("budget", of, 1), part("returned", of, -1), part("left", of, -1))
		}
		m.derive(key("left"), Amounts, a, part("left", "vouchers", 1), part("left", "contingency", 1), part("left", "fees", 1))
		m.derive(key("used"), Amounts, a, Part{key("budget"), 1}, Part{key("returned"), -1}, Part{key("left"), -1})
		m.derive(key("spent"), Amounts, a, part("spent", "vouchers", 1), part("spent", "contingency", 1), part("spent", "fees", 1))
	}
	for _, f := range m.Split("budget", "fund") {
		m.derive(Key{"drawn", "fund", f.Of}, Amounts, francs, Part{f.Key, 1}, Part{Key{"returned", "fund", f.Of}, -1})
	}
}

// tie compares the figures with the ledger's balances and with each other.
func (m *maker) tie(rec reconcile.Report) ([]string, error) {
	var wrong []string
	same := func(what string, got, want int64) {
		if got != want {
			wrong = append(wrong, fmt.Sprintf("%s: %d by the report, %d by the ledger", what, got, want))
		}
	}
	sums, err := ledger.SumsOf(m.tx, m.round.ID)
	if err != nil {
		return nil, err
	}
	for _, a := range m.assets() {
		i := slices.IndexFunc(sums, func(s ledger.RoundSum) bool { return s.Allocated.Asset() == a })
		if i < 0 {
			continue
		}
		s, whole := sums[i], func(name string) int64 { return m.Whole(assetOf(name, a)).Value }
		same("budget", whole("budget"), s.Allocated.Minor())
		same("returned", whole("returned"), s.Returned.Minor())
		same("issued", whole("issued.value"), s.Issued.Minor())
		same("void", whole("void.value"), s.Voided.Minor())
		same("expired", whole("expired.value"), s.Expired.Minor())
		same("used", whole("used"), s.Spent.Minor())
		if a == m.round.Asset {
			same("on vouchers", m.Whole("outstanding.value").Value, s.Outstanding.Minor())
		}
	}
	var redeemed int64
	for _, t := range rec.Totals {
		redeemed += t.Redeemed.Minor()
	}
	for _, by := range []string{"", "point", "vendor", "day", "arrival", "factor", "modality"} {
		var sum int64
		for _, f := range m.Split("redeemed.value", by) {
			sum += f.Value
		}
		same("redeemed by "+by, sum, redeemed)
	}
	if m.round.Kind == distribution.ValueRound {
		// What was used went to traders for goods or losses, or was charged.
		same("used", m.Whole("used").Value, redeemed+m.Get(Key{"spent", "part", "fees"}).Value)
	}
	return wrong, nil
}
