package detect

import (
	"slices"
)

// claimDetectors rest on the lines of claims that did not match, and on how
// claims are made out.
var claimDetectors = []Detector{
	// Vouchers are spent whole, so an honest line cannot be above its receipt.
	ofLines("inflated-claim", Inflated, 70,
		Text{"claims that ask for more than the receipts say", "des demandes supérieures aux reçus"},
		Text{"Claim {of} asks on {n} lines for {value} more than the receipts say.",
			"La demande {of} réclame sur {n} lignes {value} de plus que les reçus."},
		Text{"A corrected invoice, or the signed receipts showing the amounts claimed.",
			"Une facture corrigée, ou les reçus signés portant les montants réclamés."}),
	// A number that was only typed wrongly is none of these.
	ofLines("invented-claim", Invented, 80,
		Text{"claims for vouchers that were never redeemed", "des demandes pour des coupons jamais échangés"},
		Text{"Claim {of} asks on {n} lines, worth {value}, for vouchers that were never redeemed.",
			"La demande {of} réclame sur {n} lignes, pour {value}, des coupons jamais échangés."},
		Text{"A sync of the handheld that brings the receipts, or scratched stubs that two people check at the office.",
			"Une synchronisation du terminal qui apporte les reçus, ou des souches grattées vérifiées par deux personnes au bureau."}),
	ofLines("borrowed-claim", Borrowed, 75,
		Text{"claims for vouchers that another trader redeemed", "des demandes pour des coupons échangés chez un autre commerçant"},
		Text{"Claim {of} asks on {n} lines, worth {value}, for vouchers that another trader redeemed.",
			"La demande {of} réclame sur {n} lignes, pour {value}, des coupons échangés chez un autre commerçant."},
		Text{"A contract by which one trader invoices for the other, or a corrected invoice.",
			"Un contrat par lequel l'un facture pour l'autre, ou une facture corrigée."}),
	ofLines("claimed-twice", Duplicate, 60,
		Text{"claims for what was claimed before", "des demandes pour ce qui a déjà été réclamé"},
		Text{"Claim {of} asks on {n} lines, worth {value}, for redemptions that were claimed before.",
			"La demande {of} réclame sur {n} lignes, pour {value}, des échanges déjà réclamés."},
		Text{"Withdrawal of the earlier claim, or a corrected invoice.",
			"Le retrait de la demande précédente, ou une facture corrigée."}),
	{
		Name:  "split-claims",
		Looks: Text{"claims kept just below the amount that is looked at more closely", "des demandes maintenues juste sous le montant contrôlé de plus près"},
		Says: Text{"{n} claims within three days, worth {value}, each stay just below the limit.",
			"{n} demandes en trois jours, pour {value}, restent chacune juste sous le plafond."},
		Clears: Text{"Deliveries or trips that end where each claim ends.", "Des livraisons ou des tournées qui s'arrêtent où chaque demande s'arrête."},
		find:   splits,
	},
	{
		Name:  "round-claims",
		Looks: Text{"typed claims whose totals are rounder than those of others", "des factures aux totaux plus ronds que celles des autres"},
		Says: Text{"{n} typed claims, worth {value}, have round totals, far more than those of other traders.",
			"{n} factures saisies, pour {value}, ont des totaux ronds, bien plus que celles des autres commerçants."},
		Clears: Text{"The lines add up to the totals from receipts of round amounts.", "Les lignes donnent ces totaux à partir de reçus de montants ronds."},
		find:   roundTotals,
	},
}

// ofLines makes one finding of each claim that has lines with the mistake.
func ofLines(name string, wrong Mistake, score int, looks, says, clears Text) Detector {
	return Detector{Name: name, Looks: looks, Says: says, Clears: clears, find: func(r *run) []Finding {
		var g gathering[int32]
		for i, l := range r.Lines {
			if l.Wrong != wrong {
				continue
			}
			value := l.Claimed
			if wrong == Inflated {
				value -= l.Redeemed
			}
			c := r.Claims[l.Claim]
			one := g.of(l.Claim, c.Vendor, -1)
			one.Lines, one.Score, one.of = append(one.Lines, int32(i)), score, c.ID
			one.Value += value
		}
		return g.found
	}}
}

// splitDays is how close together claims must be to look like one that was split.
const splitDays = 3

// splits looks for claims between nine tenths of the limit and the limit.
func splits(r *run) []Finding {
	byVendor := make([][]int32, len(r.Vendors))
	for i, c := range r.Claims {
		if c.Total < r.ClaimLimit && c.Total*10 >= r.ClaimLimit*9 {
			byVendor[c.Vendor] = append(byVendor[c.Vendor], int32(i))
		}
	}
	var out []Finding
	for v, list := range byVendor {
		slices.SortStableFunc(list, func(a, b int32) int { return int(r.Claims[a].Made - r.Claims[b].Made) })
		one := Finding{Vendor: int32(v), Handheld: -1, Score: signalMax}
		for i := range list {
			j := i + r.SplitClaimsMin - 1
			if j < len(list) && r.Claims[list[j]].Made-r.Claims[list[i]].Made <= splitDays*day {
				one.Claims = append(one.Claims, list[i:j+1]...)
			}
		}
		if len(one.Claims) == 0 {
			continue
		}
		slices.Sort(one.Claims)
		one.Claims = slices.Compact(one.Claims)
		for _, c := range one.Claims {
			one.Value += r.Claims[c].Total
		}
		out = append(out, one)
	}
	return out
}

// roundTotals compares the share of round totals among a vendor's typed claims
// with that of the others.
func roundTotals(r *run) []Finding {
	counts := make([]count, len(r.Vendors))
	for _, c := range r.Claims {
		if c.Typed {
			counts[c.Vendor].n++
			if c.Total%r.RoundTo == 0 {
				counts[c.Vendor].k++
			}
		}
	}
	b := fit(counts, r.zoneOf, r.zones)
	var out []Finding
	for v, c := range counts {
		if c.k < r.MarksMin || betaBinomialTail(c.k, c.n, b.at(v, r.zoneOf[v]), b.strength) > r.FalseDiscoveries/float64(len(counts)) {
			continue
		}
		one := Finding{Vendor: int32(v), Handheld: -1, Score: 30}
		for i, c := range r.Claims {
			if c.Typed && int(c.Vendor) == v && c.Total%r.RoundTo == 0 {
				one.Claims = append(one.Claims, int32(i))
				one.Value += c.Total
			}
		}
		out = append(out, one)
	}
	return out
}
