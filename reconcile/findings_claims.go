package reconcile

import (
	"fmt"
	"strings"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// claimDetector finds one kind of exception among a claim's lines and makes
// one finding of each claim that has any.
type claimDetector struct {
	name string
	rule func(Line) (claimRule, money.Amount, bool)
}

// claimRule is what a detector says of a claim.
type claimRule struct {
	score            int
	says, dit        string // with the number of lines and the sum
	clears, clairait string
}

func ofClaims(name string, rule func(Line) (claimRule, money.Amount, bool)) Detector {
	return claimDetector{name, rule}
}

// Name implements Detector.
func (d claimDetector) Name() string { return d.name }

// Find implements Detector.
func (d claimDetector) Find(_ *Facts, lines []Line) ([]Finding, error) {
	var g groups[vendors.ClaimID]
	counts := map[vendors.ClaimID]int{}
	rules := map[vendors.ClaimID]claimRule{}
	for _, l := range lines {
		if l.Claim == "" {
			continue
		}
		rule, value, ok := d.rule(l)
		if !ok {
			continue
		}
		f := g.of(l.Claim, Finding{Vendor: l.Vendor, Round: l.Round, Score: rule.score})
		f.about(l)
		g.add(f, value)
		counts[l.Claim]++
		rules[l.Claim] = rule
	}
	for id, i := range g.at {
		f, rule := &g.found[i], rules[id]
		f.Says = fmt.Sprintf(rule.says, id, counts[id], f.Value.Format("en"))
		f.Dit = fmt.Sprintf(rule.dit, id, counts[id], f.Value.Format("fr"))
		f.Clears, f.Clairait = rule.clears, rule.clairait
	}
	return g.found, g.err
}

// inflated: more is asked for than the voucher was worth. Vouchers are spent
// whole, so an honest line cannot be above the receipt.
func inflated(l Line) (claimRule, money.Amount, bool) {
	if l.Exception != AmountDiffers {
		return claimRule{}, money.Amount{}, false
	}
	more, err := l.Claimed.Sub(l.Redeemed)
	return claimRule{70,
		"Claim %s asks on %d lines for %s more than the receipts say.",
		"La demande %s réclame sur %d lignes %s de plus que les reçus.",
		"A corrected invoice, or the signed receipts showing the amounts claimed.",
		"Une facture corrigée, ou les reçus signés portant les montants réclamés."}, more, err == nil && more.Sign() > 0
}

// invented: the voucher was never redeemed, or there is no such voucher. A
// number that was only typed wrongly is none of it.
func invented(l Line) (claimRule, money.Amount, bool) {
	made := l.Exception == UnknownSerial && strings.HasPrefix(l.Detail, detailUnknown)
	return claimRule{80,
		"Claim %s asks on %d lines, worth %s, for vouchers that were never redeemed.",
		"La demande %s réclame sur %d lignes, pour %s, des coupons jamais échangés.",
		"A sync of the handheld that brings the receipts, or scratched stubs that two people check at the office.",
		"Une synchronisation du terminal qui apporte les reçus, ou des souches grattées vérifiées par deux personnes au bureau.",
	}, l.Claimed, l.Exception == ClaimedNotRedeemed || made
}

// borrowed: the voucher was redeemed at somebody else's shop.
func borrowed(l Line) (claimRule, money.Amount, bool) {
	return claimRule{75,
		"Claim %s asks on %d lines, worth %s, for vouchers that another trader redeemed.",
		"La demande %s réclame sur %d lignes, pour %s, des coupons échangés chez un autre commerçant.",
		"A contract by which one trader invoices for the other, or a corrected invoice.",
		"Un contrat par lequel l'un facture pour l'autre, ou une facture corrigée.",
	}, l.Claimed, l.Exception == AnotherVendors
}

// doubled: the redemption is on an earlier line already.
func doubled(l Line) (claimRule, money.Amount, bool) {
	return claimRule{60,
		"Claim %s asks on %d lines, worth %s, for redemptions that were claimed before.",
		"La demande %s réclame sur %d lignes, pour %s, des échanges déjà réclamés.",
		"Withdrawal of the earlier claim, or a corrected invoice.",
		"Le retrait de la demande précédente, ou une facture corrigée.",
	}, l.Claimed, l.Exception == ClaimedTwice
}
