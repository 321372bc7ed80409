package report

import (
	"cmp"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
)

// control counts what matching and the detectors found, and the cases.
func (m *maker) control(rec reconcile.Report) error {
	for _, l := range rec.Lines.All() {
		m.line(l)
	}
	for _, f := range rec.Findings {
		r := ref{kind: "finding", id: f.ID}
		m.count(Key{Name: "findings"}, Findings, r)
		m.count(Key{"findings", "detector", f.Detector}, Findings, r)
		m.sum(Key{"findings.value", "detector", f.Detector}, f.Value, r, 1)
	}
	for _, c := range rec.Cases {
		r := ref{kind: "case", id: c.ID}
		m.count(Key{Name: "cases"}, Cases, r)
		m.count(Key{"cases", "state", string(c.State)}, Cases, r)
		m.sum(Key{"cases.value", "state", string(c.State)}, c.Value, r, 1)
		m.sum(Key{"cases.frozen", "state", string(c.State)}, c.Frozen, r, 1)
		for _, h := range c.Money {
			m.sum(Key{"outcomes", "outcome", cmp.Or(string(h.Outcome), "undecided")}, h.Value, entry(h.Entry), 1)
		}
		m.sum(Key{Name: "debt.charged"}, c.Debt.Charged, r, 1)
		m.sum(Key{Name: "debt.recovered"}, c.Debt.Recovered, r, 1)
		m.sum(Key{Name: "debt.given-up"}, c.Debt.GivenUp, r, 1)
	}
	return nil
}

// line counts a line of a claim, or a redemption that nobody claimed.
func (m *maker) line(l reconcile.Line) {
	r, value := entry(l.Entry), l.Redeemed
	if l.Claim != "" {
		r, value = ref{kind: "claim", id: string(l.Claim), n: uint64(l.N)}, l.Claimed
		m.count(Key{Name: "claimed.lines"}, Lines, r)
		m.count(Key{"claimed.lines", "kind", string(l.Kind)}, Lines, r)
		m.sum(Key{Name: "claimed.value"}, value, r, 1)
		m.sum(Key{"claimed.value", "kind", string(l.Kind)}, value, r, 1)
	}
	if l.Matched {
		m.count(Key{Name: "matched.lines"}, Lines, r)
		m.sum(Key{Name: "matched.value"}, value, r, 1)
		return
	}
	m.count(Key{Name: "exceptions"}, Lines, r)
	m.count(Key{"exceptions", "class", string(l.Exception)}, Lines, r)
	m.sum(Key{"exceptions.value", "class", string(l.Exception)}, value, r, 1)
}

// claims counts the round's claims and what was paid for them.
func (m *maker) claims() error {
	ours := map[vendors.ClaimID]bool{}
	for c, err := range m.tx.Claims(m.round.Programme, "") {
		if err != nil {
			return err
		}
		if c.Round != m.round.ID {
			continue
		}
		ours[c.ID] = true
		r := ref{kind: "claim", id: string(c.ID)}
		m.count(Key{Name: "claims"}, Claims, r)
		m.count(Key{"claims", "state", string(c.State)}, Claims, r)
		switch c.State {
		case vendors.ClaimProposed, vendors.ClaimRefused:
			continue
		}
		m.sum(Key{Name: "accepted.value"}, c.Accepted, r, 1)
		m.sum(Key{Name: "charges.value"}, c.Charges, r, 1)
		m.sum(Key{Name: "recovered.value"}, c.Recovered, r, 1)
		if c.State == vendors.ClaimAccepted {
			for _, part := range []struct {
				amount money.Amount
				sign   int64
			}{{c.Accepted, 1}, {c.Charges, 1}, {c.Recovered, -1}} {
				m.sum(Key{Name: "owed.value"}, part.amount, r, part.sign)
			}
		}
	}
	return m.payments(ours)
}

// payments counts what was sent for the claims, by what the bank said.
func (m *maker) payments(ours map[vendors.ClaimID]bool) error {
	for st, err := range m.tx.Settlements(m.round.Programme) {
		if err != nil {
			return err
		}
		if st.State == vendors.SettlementRefused {
			continue
		}
		for i, p := range st.Payments {
			if !ours[p.Claim] {
				continue
			}
			state := "transit"
			switch {
			case st.State == vendors.SettlementPrepared:
				state = "prepared"
			case p.Result != "":
				state = string(p.Result)
			}
			r := ref{kind: "settlement", id: st.ID, n: uint64(i + 1)}
			m.count(Key{Name: "payments"}, Payments, r)
			m.count(Key{"payments", "state", state}, Payments, r)
			m.sum(Key{"payments.value", "state", state}, p.Amount, r, 1)
			m.sum(Key{"payments.value", "method", st.Method}, p.Amount, r, 1)
		}
	}
	return nil
}
