package reconcile

import (
	"fmt"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// clonedHandheld finds chains that fork: two records that claim one place are
// signed proof that a handheld was copied or set back. What it sold from the
// fork on is evidence, also what was paid before the server knew.
type clonedHandheld struct{}

// Name implements Detector.
func (clonedHandheld) Name() string { return "cloned-handheld" }

// Find implements Detector.
func (clonedHandheld) Find(f *Facts, _ []Line) ([]Finding, error) {
	type key struct {
		handheld vendors.HandheldID
		round    string
	}
	var g groups[key]
	worth, counts := f.worth(), map[key]int{}
	for _, fork := range f.Forks {
		score := 100
		if len(fork.Twins) == 0 {
			score = 70 // the chain is broken, but nothing was seen twice
		}
		fresh := func(round string) Finding {
			return Finding{Vendor: fork.Vendor, Handheld: fork.Handheld, Round: round, Score: score}
		}
		for _, r := range append(fork.Twins[:len(fork.Twins):len(fork.Twins)], fork.Later...) {
			if !f.Rounds[r.Round] {
				continue
			}
			k := key{fork.Handheld, r.Round}
			one := g.of(k, fresh(r.Round))
			one.record(r)
			g.add(one, r.francs(worth))
			counts[k]++
		}
		for _, s := range f.Sales {
			k := key{fork.Handheld, s.Round}
			if s.Handheld != fork.Handheld || s.Seq < fork.From || g.at == nil {
				continue
			}
			if i, ok := g.at[k]; ok && s.Stands() {
				g.found[i].Evidence = append(g.found[i].Evidence, refEntry(s.Entry), receiptRef(s.Receipt))
			}
		}
	}
	for k, i := range g.at {
		one := &g.found[i]
		one.Says = fmt.Sprintf("Handheld %s signed %d records that cannot stand in one chain: it was copied or set back.", k.handheld, counts[k])
		one.Dit = fmt.Sprintf("Le terminal %s a signé %d enregistrements incompatibles avec une seule chaîne : il a été copié ou restauré.", k.handheld, counts[k])
		one.Clears = "The handheld at the office, with its own journal and an explanation such as a restored back-up; scratched stubs for what it sold."
		one.Clairait = "Le terminal au bureau, avec son journal et une explication telle qu'une sauvegarde restaurée ; les souches grattées des ventes."
	}
	return g.found, g.err
}

// doubleSpend finds vouchers for which two receipts came. A photocopied card
// shows so; whoever kept every rule is not to blame, which lowers the score.
type doubleSpend struct{}

// Name implements Detector.
func (doubleSpend) Name() string { return "double-spend" }

// Find implements Detector.
func (doubleSpend) Find(f *Facts, _ []Line) ([]Finding, error) {
	byVoucher := map[voucher.Number][]ReceiptFacts{}
	for _, r := range f.Receipts {
		if r.Number != 0 {
			byVoucher[r.Number] = append(byVoucher[r.Number], r)
		}
	}
	type key struct {
		vendor vendors.ID
		number voucher.Number
	}
	var g groups[key]
	worth := f.worth()
	for _, r := range f.Receipts {
		rs := byVoucher[r.Number]
		if len(rs) < 2 || !f.has(r.Vendor) || r.Reason != voucher.ReasonDouble && !(r.Reason == voucher.ReasonLoss && paidTwice(rs)) {
			continue
		}
		one := g.of(key{r.Vendor, r.Number}, Finding{Vendor: r.Vendor, Handheld: r.Handheld, Round: r.Round,
			Says:     "Two receipts came for one voucher, and this trader's lost.",
			Dit:      "Deux reçus sont arrivés pour un même coupon, et celui de ce commerçant a perdu.",
			Clears:   "The scratched stub, and the household's word on where it bought.",
			Clairait: "La souche grattée, et la parole du ménage sur le lieu de l'achat."})
		one.record(r)
		for _, other := range rs {
			if other.Hash != r.Hash {
				one.Evidence = append(one.Evidence, receiptRef(other.Hash))
			}
		}
		one.Score = max(one.Score, doubleScore(r, rs))
		g.add(one, r.francs(worth))
	}
	return g.found, g.err
}

// doubleScore: 90 where the same trader sold twice, 30 where he kept every rule.
func doubleScore(r ReceiptFacts, rs []ReceiptFacts) int {
	if r.Reason == voucher.ReasonLoss {
		return 30
	}
	same := 0
	for _, other := range rs {
		if other.Vendor == r.Vendor {
			same++
		}
	}
	if same > 1 {
		return 90
	}
	return 60
}

// paidTwice reports whether more than one of a voucher's receipts is paid.
func paidTwice(rs []ReceiptFacts) bool {
	paid := 0
	for _, r := range rs {
		if r.Paid {
			paid++
		}
	}
	return paid > 1
}

// has reports whether the vendor is one of those looked at.
func (f *Facts) has(v vendors.ID) bool {
	for _, id := range f.Vendors {
		if id == v {
			return true
		}
	}
	return false
}

// byHandheld gathers receipts that fit, for each handheld of a vendor.
func byHandheld(f *Facts, fits func(ReceiptFacts) bool) (groups[handheldKey], map[handheldKey]int) {
	var g groups[handheldKey]
	counts := map[handheldKey]int{}
	worth := f.worth()
	for _, r := range f.Receipts {
		if !f.has(r.Vendor) || !fits(r) {
			continue
		}
		k := handheldKey{r.Vendor, r.Handheld, r.Round}
		one := g.of(k, Finding{Vendor: r.Vendor, Handheld: r.Handheld, Round: r.Round})
		one.record(r)
		g.add(one, r.francs(worth))
		counts[k]++
	}
	return g, counts
}

type handheldKey struct {
	vendor   vendors.ID
	handheld vendors.HandheldID
	round    string
}

// afterVoid finds sales of cards that were void, by receipts and by claims. His
// bundle said so where the receipt was rejected; where it could not know, the
// score is low.
type afterVoid struct{}

// Name implements Detector.
func (afterVoid) Name() string { return "redeem-after-void" }

// Find implements Detector.
func (afterVoid) Find(f *Facts, lines []Line) ([]Finding, error) {
	g, counts := byHandheld(f, func(r ReceiptFacts) bool { return r.Reason == voucher.ReasonVoid })
	for _, r := range f.Receipts {
		k := handheldKey{r.Vendor, r.Handheld, r.Round}
		if i, ok := g.at[k]; ok && r.Reason == voucher.ReasonVoid {
			score := 40
			if r.State == voucher.Rejected {
				score = 80
			}
			g.found[i].Score = max(g.found[i].Score, score)
		}
	}
	for _, l := range lines {
		if l.Exception != VoidBefore || l.Receipt != (voucher.Hash{}) {
			continue
		}
		k := handheldKey{l.Vendor, vendors.HandheldID(""), l.Round}
		one := g.of(k, Finding{Vendor: l.Vendor, Round: l.Round, Score: 50})
		one.about(l)
		g.add(one, l.Claimed)
		counts[k]++
	}
	for k, i := range g.at {
		one := &g.found[i]
		one.Says = fmt.Sprintf("%d sales, worth %s, are of cards that were void.", counts[k], one.Value.Format("en"))
		one.Dit = fmt.Sprintf("%d ventes, pour %s, portent sur des cartes annulées.", counts[k], one.Value.Format("fr"))
		one.Clears = "Proof that the sale came before the card was void: a beacon, a witness, the goods book."
		one.Clairait = "La preuve que la vente a précédé l'annulation : une balise, un témoin, le cahier des marchandises."
	}
	return g.found, g.err
}

// wrongFactor finds handhelds that sent wrong secrets or PINs. One is a slip;
// many are guesses.
type wrongFactor struct{}

// Name implements Detector.
func (wrongFactor) Name() string { return "wrong-factor" }

// Find implements Detector.
func (wrongFactor) Find(f *Facts, _ []Line) ([]Finding, error) {
	g, counts := byHandheld(f, func(r ReceiptFacts) bool { return r.Reason == voucher.ReasonFactorWrong })
	for k, i := range g.at {
		one := &g.found[i]
		one.Score = min(20*counts[k], 90)
		one.Says = fmt.Sprintf("%d receipts carry a wrong secret or PIN.", counts[k])
		one.Dit = fmt.Sprintf("%d reçus portent un secret ou un code faux.", counts[k])
		one.Clears = "A person who mistyped and bought on the second try; labels that cannot be read."
		one.Clairait = "Une personne qui s'est trompée puis a réussi ; des pastilles illisibles."
	}
	return g.found, g.err
}
