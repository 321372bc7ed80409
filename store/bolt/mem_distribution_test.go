package bolt

import (
	"iter"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/distribution/presence"
	"github.com/jate-cva/jate/reconcile"
)

func (d draw) household() distribution.BeneficiaryID {
	return distribution.BeneficiaryID(d.of("household", "h0000000001", "h0000000002", "h0000000003"))
}

func (d draw) digest() [16]byte { return [16]byte{15: byte(d.n())} }

var distributionCalls = []func(draw) call{
	func(d draw) call {
		id := d.id()
		return asks("Programme", func(tx anyTx) (distribution.Programme, error) { return tx.Programme(id) })
	},
	func(d draw) call {
		p := random[distribution.Programme](d)
		p.ID = d.id()
		return puts("PutProgramme", func(tx anyTx) error { return tx.PutProgramme(p) })
	},
	func(d draw) call {
		id := d.id()
		return asks("DonorFund", func(tx anyTx) (distribution.Fund, error) { return tx.DonorFund(id) })
	},
	func(d draw) call {
		f := random[distribution.Fund](d)
		f.ID, f.Programme = d.id(), d.owner()
		return puts("PutDonorFund", func(tx anyTx) error { return tx.PutDonorFund(f) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("DonorFunds", func(tx anyTx) iter.Seq2[distribution.Fund, error] { return tx.DonorFunds(p) })
	},
	func(d draw) call {
		r := random[distribution.FundReceipt](d)
		r.Fund, r.N = d.id(), d.n()
		return puts("PutFundReceipt", func(tx anyTx) error { return tx.PutFundReceipt(r) })
	},
	func(d draw) call {
		f := d.id()
		return walks("FundReceipts", func(tx anyTx) iter.Seq2[distribution.FundReceipt, error] { return tx.FundReceipts(f) })
	},
	func(d draw) call {
		b := random[distribution.Beneficiary](d)
		p := d.owner()
		return asks("register", func(tx anyTx) (distribution.BeneficiaryID, error) { // as an import does
			id, err := tx.NextBeneficiary()
			if err != nil {
				return "", err
			}
			b := b
			b.ID, b.Programme = id, p
			return id, tx.PutBeneficiary(b)
		})
	},
	func(d draw) call {
		id, p := d.household(), d.owner()
		return puts("exclude", func(tx anyTx) error {
			b, err := tx.Beneficiary(id)
			if err != nil {
				return err
			}
			b.Excluded, b.Programme = "moved", p
			return tx.PutBeneficiary(b)
		})
	},
	func(d draw) call {
		id := d.household()
		return asks("Beneficiary", func(tx anyTx) (distribution.Beneficiary, error) { return tx.Beneficiary(id) })
	},
	func(d draw) call {
		p, after := d.owner(), d.household()
		return walks("Beneficiaries", func(tx anyTx) iter.Seq2[distribution.Beneficiary, error] { return tx.Beneficiaries(p, after) })
	},
	func(d draw) call {
		id := d.household()
		return asks("WrappedKey", func(tx anyTx) ([]byte, error) { return tx.WrappedKey(id) })
	},
	func(d draw) call {
		id, k := d.household(), []byte(d.of("key", "", "k"))
		return puts("PutWrappedKey", func(tx anyTx) error { return tx.PutWrappedKey(id, k) })
	},
	func(d draw) call {
		id := d.household()
		return puts("DeleteWrappedKey", func(tx anyTx) error { return tx.DeleteWrappedKey(id) })
	},
	func(d draw) call {
		p, h, id := d.owner(), d.digest(), d.household()
		return puts("PutBlind", func(tx anyTx) error { return tx.PutBlind(p, h, id) })
	},
	func(d draw) call {
		p, h, id := d.owner(), d.digest(), d.household()
		return puts("DeleteBlind", func(tx anyTx) error { return tx.DeleteBlind(p, h, id) })
	},
	func(d draw) call {
		p, h := d.owner(), d.digest()
		return walks("Blind", func(tx anyTx) iter.Seq2[distribution.BeneficiaryID, error] { return tx.Blind(p, h) })
	},
	func(d draw) call {
		p, id := d.owner(), d.id()
		return asks("Import", func(tx anyTx) (distribution.Import, error) { return tx.Import(p, id) })
	},
	func(d draw) call {
		i := random[distribution.Import](d)
		i.Programme, i.ID = d.owner(), d.id()
		return puts("PutImport", func(tx anyTx) error { return tx.PutImport(i) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("Imports", func(tx anyTx) iter.Seq2[distribution.Import, error] { return tx.Imports(p) })
	},
	func(d draw) call {
		p := random[distribution.Duplicate](d)
		p.Programme, p.A, p.B = d.owner(), d.household(), d.household()
		return puts("PutDuplicate", func(tx anyTx) error { return tx.PutDuplicate(p) })
	},
	func(d draw) call {
		p, a, b := d.owner(), d.household(), d.household()
		return asks("Duplicate", func(tx anyTx) (distribution.Duplicate, error) { return tx.Duplicate(p, a, b) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("Duplicates", func(tx anyTx) iter.Seq2[distribution.Duplicate, error] { return tx.Duplicates(p) })
	},
	func(d draw) call {
		p, id := d.owner(), d.id()
		return asks("Occasion", func(tx anyTx) (distribution.Occasion, error) { return tx.Occasion(p, id) })
	},
	func(d draw) call {
		o := random[distribution.Occasion](d)
		o.Programme, o.ID = d.owner(), d.id()
		return puts("PutOccasion", func(tx anyTx) error { return tx.PutOccasion(o) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("Occasions", func(tx anyTx) iter.Seq2[distribution.Occasion, error] { return tx.Occasions(p) })
	},
	func(d draw) call {
		p, id := d.owner(), d.id()
		return asks("MarketPrice", func(tx anyTx) (distribution.MarketPrice, error) { return tx.MarketPrice(p, id) })
	},
	func(d draw) call {
		m := random[distribution.MarketPrice](d)
		m.Programme, m.ID = d.owner(), d.id()
		return puts("PutMarketPrice", func(tx anyTx) error { return tx.PutMarketPrice(m) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("MarketPrices", func(tx anyTx) iter.Seq2[distribution.MarketPrice, error] { return tx.MarketPrices(p) })
	},
	func(d draw) call {
		p, id := d.owner(), d.id()
		return asks("PresenceList", func(tx anyTx) (distribution.PresenceList, error) { return tx.PresenceList(p, id) })
	},
	func(d draw) call {
		l := random[distribution.PresenceList](d)
		l.Programme, l.ID = d.owner(), d.id()
		return puts("PutPresenceList", func(tx anyTx) error { return tx.PutPresenceList(l) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("PresenceLists", func(tx anyTx) iter.Seq2[distribution.PresenceList, error] { return tx.PresenceLists(p) })
	},
	func(d draw) call {
		p, list, one, two := d.owner(), d.id(), random[presence.Row](d), random[presence.Row](d)
		one.N, two.N = d.n(), d.n()
		return puts("PutPresenceRows", func(tx anyTx) error { return tx.PutPresenceRows(p, list, []presence.Row{one, two}) })
	},
	func(d draw) call {
		p, list := d.owner(), d.id()
		return walks("PresenceRows", func(tx anyTx) iter.Seq2[presence.Row, error] { return tx.PresenceRows(p, list) })
	},
	func(d draw) call {
		p, one, two := d.owner(), random[places.Place](d), random[places.Place](d)
		one.Code, two.Code = d.id(), d.id()
		return puts("PutPlaces", func(tx anyTx) error { return tx.PutPlaces(p, []places.Place{one, two}) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("Places", func(tx anyTx) iter.Seq2[places.Place, error] { return tx.Places(p) })
	},
	func(d draw) call {
		p, code := d.owner(), d.id()
		return asks("Point", func(tx anyTx) (distribution.Point, error) { return tx.Point(p, code) })
	},
	func(d draw) call {
		p := random[distribution.Point](d)
		p.Programme, p.Code = d.owner(), d.id()
		return puts("PutPoint", func(tx anyTx) error { return tx.PutPoint(p) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("Points", func(tx anyTx) iter.Seq2[distribution.Point, error] { return tx.Points(p) })
	},
	func(d draw) call {
		id := d.id()
		return asks("Round", func(tx anyTx) (distribution.Round, error) { return tx.Round(id) })
	},
	func(d draw) call {
		r := random[distribution.Round](d)
		r.ID, r.Programme = d.id(), d.owner()
		return puts("PutRound", func(tx anyTx) error { return tx.PutRound(r) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("Rounds", func(tx anyTx) iter.Seq2[distribution.Round, error] { return tx.Rounds(p) })
	},
	func(d draw) call {
		id := d.id()
		return asks("Lot", func(tx anyTx) (distribution.Lot, error) { return tx.Lot(id) })
	},
	func(d draw) call {
		l := random[distribution.Lot](d)
		l.ID, l.Round = d.id(), d.owner()
		return puts("PutLot", func(tx anyTx) error { return tx.PutLot(l) })
	},
	func(d draw) call {
		r := d.owner()
		return walks("Lots", func(tx anyTx) iter.Seq2[distribution.Lot, error] { return tx.Lots(r) })
	},
	func(d draw) call {
		e := random[distribution.Entitlement](d)
		e.Lot, e.N = d.id(), 1+d.n()
		return puts("PutEntitlement", func(tx anyTx) error { return tx.PutEntitlement(e) })
	},
	func(d draw) call {
		lot := d.id()
		return puts("DeleteEntitlements", func(tx anyTx) error { return tx.DeleteEntitlements(lot) })
	},
	func(d draw) call {
		lot, from := d.id(), d.n()
		return walks("Entitlements", func(tx anyTx) iter.Seq2[distribution.Entitlement, error] { return tx.Entitlements(lot, from) })
	},
	func(d draw) call {
		r, id := d.owner(), d.household()
		return asks("EntitledIn", func(tx anyTx) (string, error) { return tx.EntitledIn(r, id) })
	},
	func(d draw) call {
		r, id, lot := d.owner(), d.household(), d.id()
		return puts("PutEntitledIn", func(tx anyTx) error { return tx.PutEntitledIn(r, id, lot) })
	},
}

var caseCalls = []func(draw) call{
	func(d draw) call {
		id := d.id()
		return asks("Case", func(tx anyTx) (reconcile.Case, error) { return tx.Case(id) })
	},
	func(d draw) call {
		c := random[reconcile.Case](d)
		c.ID, c.Programme = d.id(), d.owner()
		return puts("PutCase", func(tx anyTx) error { return tx.PutCase(c) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("Cases", func(tx anyTx) iter.Seq2[reconcile.Case, error] { return tx.Cases(p) })
	},
}
