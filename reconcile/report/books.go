package report

import (
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// assetOf adds the asset to a name where it is not francs: kilos and francs of
// a commodity round are two figures.
func assetOf(name string, a money.Asset) string {
	if a == francs {
		return name
	}
	return name + "." + a.Code()
}

// books counts what entries did to the parts of the round's budget.
func (m *maker) books() error {
	for _, part := range ledger.RoundParts {
		err := m.entries(part.Of(m.round.ID), func(e ledger.Entry) error {
			for _, move := range e.RoundMoves() {
				if move.Part == part {
					m.moved(e, move)
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

// moved counts one move under the figures that it is a term of.
func (m *maker) moved(e ledger.Entry, move ledger.RoundMove) {
	part := string(move.Part)
	count := func(sign int64, name, by, of string) {
		m.sum(Key{assetOf(name, move.Amount.Asset()), by, of}, move.Amount, entry(e.Seq), sign)
	}
	count(1, "rest", "part", part)
	switch move.Change {
	case ledger.ChangeAllocated:
		count(1, "budget", "", "")
		count(1, "budget", "part", part)
		count(1, "budget", "fund", source(move.Other))
	case ledger.ChangeReturned:
		count(-1, "returned", "", "")
		count(-1, "returned", "fund", source(move.Other))
		count(-1, "returned", "part", part)
	case ledger.ChangeIssued:
		count(-1, "issued.value", "", "")
	case ledger.ChangeVoided:
		count(1, "void.value", "", "")
	case ledger.ChangeExpired:
		count(1, "expired.value", "", "")
	default:
		count(-1, "spent", "part", part)
	}
}

// source is the fund that an account is of, or its class where it is none.
func source(a ledger.Account) string {
	if c, err := a.Class(); err != nil || c != ledger.ClassFund {
		return string(c)
	}
	return a.ID()
}
