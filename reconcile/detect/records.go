package detect

// recordDetectors rest on what the server made of single records.
var recordDetectors = []Detector{
	{
		Name:  "cloned-handheld",
		Looks: Text{"two records that claim one place of a handheld's chain: it was copied or set back", "deux enregistrements pour une même place dans la chaîne d'un terminal : il a été copié ou restauré"},
		Says: Text{"Handheld {of} signed {n} records that cannot stand in one chain: it was copied or set back.",
			"Le terminal {of} a signé {n} enregistrements incompatibles avec une seule chaîne : il a été copié ou restauré."},
		Clears: Text{"The handheld at the office, with its own journal and an explanation such as a restored back-up; scratched stubs for what it sold.",
			"Le terminal au bureau, avec son journal et une explication telle qu'une sauvegarde restaurée ; les souches grattées des ventes."},
		find: forks,
	},
	{
		Name:  "double-spend",
		Looks: Text{"a card for which two receipts came", "une carte pour laquelle deux reçus sont arrivés"},
		Says: Text{"Two receipts came for one voucher, and this trader's lost.",
			"Deux reçus sont arrivés pour un même coupon, et celui de ce commerçant a perdu."},
		Clears: Text{"The scratched stub, and the household's word on where it bought.",
			"La souche grattée, et la parole du ménage sur le lieu de l'achat."},
		find: doubles,
	},
	{
		Name:  "shown-elsewhere",
		Looks: Text{"cards that others show at other shops after they were sold here", "des cartes que d'autres présentent ailleurs après leur vente ici"},
		Says: Text{"{n} cards, worth {value}, were sold here and then shown at other shops, where their holders found them empty.",
			"{n} cartes, pour {value}, ont été vendues ici puis présentées dans d'autres boutiques, où leurs porteurs les ont trouvées vides."},
		Clears: Text{"Households that say that they bought here; photocopies that were taken from one of the others.",
			"Des ménages qui disent avoir acheté ici ; des photocopies saisies chez l'un des autres."},
		find: shownElsewhere,
	},
	{
		Name:  "redeem-after-void",
		Looks: Text{"sales of cards after their loss, a death, or a void was reported", "des ventes de cartes après l'annonce d'une perte, d'un décès ou d'une annulation"},
		Says: Text{"{n} sales, worth {value}, are of cards that were void or reported.",
			"{n} ventes, pour {value}, portent sur des cartes annulées ou signalées."},
		Clears: Text{"Proof that the sale came before the card was void: a beacon, a witness, the goods book.",
			"La preuve que la vente a précédé l'annulation : une balise, un témoin, le cahier des marchandises."},
		find: afterVoid,
	},
	{
		Name:  "wrong-factor",
		Looks: Text{"many wrong secrets or PINs on one handheld: guesses", "beaucoup de secrets ou de codes faux sur un terminal : des essais"},
		Says:  Text{"{n} receipts carry a wrong secret or PIN.", "{n} reçus portent un secret ou un code faux."},
		Clears: Text{"A person who mistyped and bought on the second try; labels that cannot be read.",
			"Une personne qui s'est trompée puis a réussi ; des pastilles illisibles."},
		find: wrongFactors,
	},
	{
		Name:  "counterfeit",
		Looks: Text{"cards that nobody issued, shown again and again at one handheld", "des cartes jamais émises, présentées plusieurs fois au même terminal"},
		Says: Text{"Handheld {of} sent {n} records, worth {value}, of cards that were never issued.",
			"Le terminal {of} a envoyé {n} enregistrements, pour {value}, de cartes jamais émises."},
		Clears: Text{"The cards themselves, handed in by the trader who noticed them.",
			"Les cartes elles-mêmes, remises par le commerçant qui les a remarquées."},
		find: counterfeits,
	},
	{
		Name:  "impossible-way",
		Looks: Text{"cards sold so soon after hand-over that a car could not have brought them", "des cartes vendues si tôt après la remise qu'une voiture n'aurait pu les apporter"},
		Says: Text{"{n} sales, worth {value}, came sooner after hand-over than a car takes from the point to the shop.",
			"{n} ventes, pour {value}, ont suivi la remise plus vite qu'une voiture ne va du point à la boutique."},
		Clears: Text{"A mobile shop at the point, or a place of the shop or the point that is wrong on the map.",
			"Une boutique mobile au point, ou une position fausse de la boutique ou du point sur la carte."},
		find: impossibleWay,
	},
}

// Reasons of receipts, as package voucher gives them.
const (
	whyVoid    = "void"
	whyWrong   = "factor-wrong"
	whyDouble  = "already-redeemed"
	whyLoss    = "loss-accepted"
	whyUnknown = "unknown-serial"
	whyInvalid = "record-invalid"
)

// forks makes one finding of each handheld whose chain forks: what it sold from
// the fork on is evidence, also what was paid before the server knew.
func forks(r *run) []Finding {
	var g gathering[int32]
	for _, fork := range r.Forks {
		if len(fork.Twins)+len(fork.Later) == 0 {
			continue // all of another round
		}
		one := g.of(fork.Handheld, fork.Vendor, fork.Handheld)
		one.Score = 100
		if len(fork.Twins) == 0 {
			one.Score = 70 // the chain is broken, but nothing was seen twice
		}
		for _, list := range [][]int32{fork.Twins, fork.Later} {
			for _, i := range list {
				one.Records = append(one.Records, i)
				one.Value += r.Records[i].Value
				one.n++
			}
		}
		for _, i := range r.byHandheld[fork.Handheld] {
			if x := r.Records[i]; x.Paid && x.Seq >= fork.From {
				one.Records = append(one.Records, i)
			}
		}
	}
	return g.found
}

type handheldOf struct{ vendor, handheld int32 }

// afterVoid finds them by receipts and by claims. The handheld's bundle said so
// where the receipt was rejected, and the interval does where it begins after
// the report; where the trader could not know, the score is low.
func afterVoid(r *run) []Finding {
	var g gathering[handheldOf]
	for i, x := range r.Records {
		after := x.Paid && x.Card >= 0 && r.Cards[x.Card].Lost > 0 && x.From >= r.Cards[x.Card].Lost
		if x.Why != whyVoid && !after {
			continue
		}
		one := g.of(handheldOf{x.Vendor, x.Handheld}, x.Vendor, x.Handheld)
		one.Records = append(one.Records, int32(i))
		one.Value += x.Value
		score := 40
		if x.State == Rejected || after {
			score = 80
		}
		one.Score = max(one.Score, score)
	}
	for i, l := range r.Lines {
		if l.Wrong != VoidLine {
			continue
		}
		v := r.Claims[l.Claim].Vendor
		one := g.of(handheldOf{v, -1}, v, -1)
		one.Lines = append(one.Lines, int32(i))
		one.Value += l.Claimed
		one.Score = max(one.Score, 50)
	}
	return g.found
}

// slipRate is how often an honest person types a factor that is wrong.
const slipRate = 0.02

// wrongFactors scores a handheld's wrong factors: at most as a signal while
// slips explain their number.
func wrongFactors(r *run) []Finding {
	var g gathering[handheldOf]
	for i, x := range r.Records {
		if x.Why == whyWrong {
			one := g.of(handheldOf{x.Vendor, x.Handheld}, x.Vendor, x.Handheld)
			one.Records = append(one.Records, int32(i))
			one.Value += x.Value
		}
	}
	for i := range g.found {
		one := &g.found[i]
		k, n := len(one.Records), 0
		if one.Handheld >= 0 {
			n = len(r.byHandheld[one.Handheld])
		}
		one.Score = min(20*k, 90)
		if gammaPoissonTail(k, slipRate*float64(max(n, k)), 2) > 1e-3 {
			one.Score = min(one.Score, signalMax)
		}
	}
	return g.found
}

// counterfeits counts records of cards that nobody issued. One is a trader who
// was shown a forgery; many come from a trader who has them.
func counterfeits(r *run) []Finding {
	var g gathering[handheldOf]
	for i, x := range r.Records {
		if x.Why == whyUnknown || x.Why == whyInvalid {
			one := g.of(handheldOf{x.Vendor, x.Handheld}, x.Vendor, x.Handheld)
			one.Records = append(one.Records, int32(i))
			one.Value += x.Value
		}
	}
	for i := range g.found {
		one := &g.found[i]
		one.Score = 25
		if k := len(one.Records); k >= r.CounterfeitsMin {
			one.Score = min(40+5*k, 90)
		}
	}
	return g.found
}

// recordedLate is how much earlier than recorded a card may have been handed over.
const recordedLate = 10 * 60

// impossibleWay counts sales that came faster than a car drives. A few may be a
// hand-over that was written down late.
func impossibleWay(r *run) []Finding {
	var g gathering[int32]
	for _, i := range r.sales {
		x := r.Records[i]
		if !knowsWay(r, x) {
			continue
		}
		// From the earliest hand-over that is likely, in the vendor's favour.
		c := r.Cards[x.Card]
		seconds := x.Said - max(c.HandedFrom, c.Handed-recordedLate)
		if seconds <= 0 || int64(x.Metres)*60 <= seconds*int64(r.CarMetres) {
			continue
		}
		one := g.of(x.Vendor, x.Vendor, -1)
		one.Records = append(one.Records, i)
		one.Value += x.Value
	}
	for i := range g.found {
		one := &g.found[i]
		one.Score = 30
		if len(one.Records) >= r.ImpossibleMin {
			one.Score = 65
		}
	}
	return g.found
}
