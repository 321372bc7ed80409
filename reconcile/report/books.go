package report

import (
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// own are the accounts that hold what a round was given and has not spent, and
// the part of its budget that each is.
func (m *maker) own() map[string]ledger.Account {
	return map[string]ledger.Account{"vouchers": ledger.Round(m.round.ID), "contingency": ledger.Contingency(m.round.ID),
		"fees": ledger.Fees(m.round.ID)}
}

// assetOf adds the asset to a name where it is not francs: kilos and francs of
// a commodity round are two figures.
func assetOf(name string, a money.Asset) string {
	if a == francs {
		return name
	}
	return name + "." + a.Code()
}

// books counts what entries did to the round's own accounts.
func (m *maker) books() error {
	for _, part := range []string{"vouchers", "contingency", "fees"} {
		account := m.own()[part]
		err := m.entries(account, func(e ledger.Entry) error {
			for _, p := range e.Postings {
				switch account {
				case p.Credit:
					m.came(part, e, p)
				case p.Debit:
					m.went(part, e, p)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// came counts what a posting brought to a part of the budget.
func (m *maker) came(part string, e ledger.Entry, p ledger.Posting) {
	at := func(name string) Key { return Key{Name: assetOf(name, p.Amount.Asset())} }
	by := func(name, by, of string) Key { return Key{assetOf(name, p.Amount.Asset()), by, of} }
	m.sum(by("rest", "part", part), p.Amount, entry(e.Seq), 1)
	switch e.Kind {
	case ledger.KindAllocate:
		m.sum(at("budget"), p.Amount, entry(e.Seq), 1)
		m.sum(by("budget", "part", part), p.Amount, entry(e.Seq), 1)
		m.sum(by("budget", "fund", source(p.Debit)), p.Amount, entry(e.Seq), 1)
	case ledger.KindVoid:
		m.sum(at("void.value"), p.Amount, entry(e.Seq), 1)
	case ledger.KindExpire:
		m.sum(at("expired.value"), p.Amount, entry(e.Seq), 1)
	case ledger.KindIssue:
	default: // withholdings, and what was paid or borne and is undone
		m.sum(by("spent", "part", part), p.Amount, entry(e.Seq), -1)
	}
}

// went counts what a posting took from a part of the budget.
func (m *maker) went(part string, e ledger.Entry, p ledger.Posting) {
	at := func(name string) Key { return Key{Name: assetOf(name, p.Amount.Asset())} }
	by := func(name, by, of string) Key { return Key{assetOf(name, p.Amount.Asset()), by, of} }
	m.sum(by("rest", "part", part), p.Amount, entry(e.Seq), -1)
	switch e.Kind {
	case ledger.KindIssue:
		m.sum(at("issued.value"), p.Amount, entry(e.Seq), 1)
	case ledger.KindReturn:
		m.sum(at("returned"), p.Amount, entry(e.Seq), 1)
		m.sum(by("returned", "fund", source(p.Credit)), p.Amount, entry(e.Seq), 1)
		m.sum(by("returned", "part", part), p.Amount, entry(e.Seq), 1)
	default: // accepted losses, purchases of a commodity round, fees
		m.sum(by("spent", "part", part), p.Amount, entry(e.Seq), 1)
	}
}

// source is the fund that an account is of, or its class where it is none.
func source(a ledger.Account) string {
	if c, err := a.Class(); err != nil || c != ledger.ClassFund {
		return string(c)
	}
	return a.ID()
}
