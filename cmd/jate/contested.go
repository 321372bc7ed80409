package main

import (
	"slices"

	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
)

// contested returns what open cases hold of a trader's money, and what they say
// of it. Package finance is below the one that has cases.
func contested(tx finance.Tx, programme string, vendor vendors.ID) ([]finance.Held, error) {
	cases, ok := tx.(reconcile.Tx)
	if !ok {
		return nil, nil
	}
	var held []finance.Held
	for c, err := range cases.Cases(programme) {
		if err != nil {
			return nil, err
		}
		if c.State != reconcile.CaseFrozen {
			continue
		}
		frozen, err := c.FrozenOf(vendor)
		if err != nil {
			return nil, err
		}
		if frozen.IsZero() {
			continue
		}
		h := finance.Held{Amount: frozen, EN: "Case " + c.ID, FR: "Dossier " + c.ID}
		about := slices.DeleteFunc(slices.Clone(c.Findings), func(f reconcile.Finding) bool { return f.Vendor != vendor })
		for _, f := range about[:min(len(about), 3)] {
			h.EN, h.FR = h.EN+". "+f.Says, h.FR+". "+f.Dit
		}
		held = append(held, h)
	}
	return held, nil
}
