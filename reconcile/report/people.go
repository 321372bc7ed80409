package report

import (
	"cmp"
	"slices"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
)

// served says how far one household came.
type served struct {
	lot              string
	handed, redeemed bool
}

// people counts households and vouchers. Targeted are the households of the
// points that the round's lots serve; included those that an approved lot gives
// something; reached those that were handed at least one card; served those
// that bought with at least one.
func (m *maker) people() error {
	points := map[string]bool{}
	included := map[string]*served{}
	for l, err := range m.tx.Lots(m.round.ID) {
		if err != nil {
			return err
		}
		if l.State == distribution.LotPrepared {
			continue
		}
		for _, p := range l.Points {
			points[p] = true
		}
		for e, err := range m.tx.Entitlements(l.ID, 1) {
			if err != nil {
				return err
			}
			included[string(e.Beneficiary)] = &served{lot: l.ID}
		}
	}
	if err := m.vouchers(included); err != nil {
		return err
	}
	for b, err := range m.tx.Beneficiaries(m.round.Programme, "") {
		if err != nil {
			return err
		}
		s := included[string(b.ID)]
		if s == nil && (!points[b.Point] || b.Excluded != "") {
			continue // a duplicate of another household, or served elsewhere
		}
		m.household(b, s)
	}
	return nil
}

func (m *maker) household(b distribution.Beneficiary, s *served) {
	r := ref{kind: "household", id: string(b.ID)}
	one := func(name string) {
		m.count(Key{Name: name}, Households, r)
		m.count(Key{name, "point", b.Point}, Households, r)
	}
	one("targeted")
	if s == nil {
		return
	}
	one("included")
	if s.handed {
		one("reached")
	}
	if s.redeemed {
		one("served")
	}
}

// vouchers counts the vouchers of the round by what became of them, and keeps
// what sales are joined with. An unbound spare is nobody's and counts nowhere.
func (m *maker) vouchers(included map[string]*served) error {
	for is, err := range m.tx.Issues(m.round.Programme) {
		if err != nil {
			return err
		}
		if is.Round != m.round.ID {
			continue
		}
		for v, err := range m.tx.Vouchers(is.First) {
			if err != nil {
				return err
			}
			if v.Number > is.Last {
				break
			}
			if v.Beneficiary != "" {
				m.voucher(v, included)
			}
		}
	}
	return nil
}

func (m *maker) voucher(v voucher.Voucher, included map[string]*served) {
	s := included[v.Beneficiary]
	if s == nil { // bound to a household that the list of the lot did not have
		s = &served{lot: v.Lot}
		included[v.Beneficiary] = s
	}
	handed := !v.ActivatedAt.IsZero()
	s.handed = s.handed || handed
	s.redeemed = s.redeemed || !v.RedeemedAt.IsZero()
	c := card{mode: v.Mode, value: v.Value}
	if handed {
		c.handed = v.ActivatedAt.From.Add(v.ActivatedAt.To.Sub(v.ActivatedAt.From) / 2)
	}
	m.cards[v.Serial] = c
	r := ref{kind: "voucher", n: uint64(v.Number)}
	one := func(name string) {
		m.count(Key{Name: name}, Vouchers, r)
		m.count(Key{name, "point", v.Point}, Vouchers, r)
	}
	one("vouchers.issued")
	if handed {
		one("vouchers.delivered")
		m.sum(Key{Name: "delivered.value"}, v.Value, r, 1)
	}
	switch life := v.Life(); life {
	case voucher.Redeemed, voucher.Void, voucher.Expired, voucher.Replaced:
		one("vouchers." + string(life))
		if life == voucher.Redeemed {
			m.sum(Key{Name: "exchanged.value"}, v.Value, r, 1)
		}
	default:
		one("vouchers.outstanding")
		m.sum(Key{Name: "outstanding.value"}, v.Value, r, 1)
	}
}

// records counts the sales records of handhelds by what became of them.
func (m *maker) records() error {
	for r, err := range m.tx.ReceiptsByRound(m.round.ID) {
		if err != nil {
			return err
		}
		if r.Kind != voucher.RecordReceipt {
			continue
		}
		m.receipts[r.Hash] = receipt{r.Said, r.At.To, r.Full, r.Channel}
		name := ref{kind: "receipt", id: r.Hash.String()}
		m.count(Key{Name: "receipts"}, Receipts, name)
		m.count(Key{"receipts", "state", string(r.State)}, Receipts, name)
		if r.Reason != "" {
			m.count(Key{"receipts", "reason", r.Reason}, Receipts, name)
		}
	}
	return nil
}

// largest sorts the greatest figures first.
func largest(fs []Figure) []Figure {
	slices.SortStableFunc(fs, func(a, b Figure) int { return cmp.Compare(b.Value, a.Value) })
	return fs
}

// francs is the asset of everything that is paid.
var francs = money.XOF
