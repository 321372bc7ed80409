package bolt

import (
	"iter"

	"github.com/jate-cva/jate/vendors"
)

var vendorCalls = []func(draw) call{
	func(d draw) call {
		v, version := vendors.ID(d.id()), d.n()
		return asks("Terms", func(tx anyTx) (vendors.Terms, error) { return tx.Terms(v, version) })
	},
	func(d draw) call {
		v := random[vendors.Terms](d)
		v.Vendor, v.Version = vendors.ID(d.id()), d.n()
		return puts("PutTerms", func(tx anyTx) error { return tx.PutTerms(v) })
	},
	func(d draw) call {
		v, r := vendors.ID(d.id()), d.id()
		return asks("Charged", func(tx anyTx) (vendors.Charged, error) { return tx.Charged(v, r) })
	},
	func(d draw) call {
		c := random[vendors.Charged](d)
		c.Vendor, c.Round = vendors.ID(d.id()), d.id()
		return puts("PutCharged", func(tx anyTx) error { return tx.PutCharged(c) })
	},
	func(d draw) call {
		c := vendors.ClaimID(d.id())
		return asks("ClaimCharges", func(tx anyTx) ([]vendors.ChargeLine, error) { return tx.ClaimCharges(c) })
	},
	func(d draw) call {
		c, lines := vendors.ClaimID(d.id()), random[[]vendors.ChargeLine](d)
		return puts("PutClaimCharges", func(tx anyTx) error { return tx.PutClaimCharges(c, lines) })
	},
	func(d draw) call {
		id := vendors.ID(d.id())
		return asks("Vendor", func(tx anyTx) (vendors.Vendor, error) { return tx.Vendor(id) })
	},
	func(d draw) call {
		v := random[vendors.Vendor](d)
		v.ID, v.Programme = vendors.ID(d.id()), d.owner()
		return puts("PutVendor", func(tx anyTx) error { return tx.PutVendor(v) })
	},
	func(d draw) call {
		p, after := d.owner(), vendors.ID(d.id())
		return walks("Vendors", func(tx anyTx) iter.Seq2[vendors.Vendor, error] { return tx.Vendors(p, after) })
	},
	func(d draw) call {
		p, code := d.owner(), d.id()
		return asks("Zone", func(tx anyTx) (vendors.Zone, error) { return tx.Zone(p, code) })
	},
	func(d draw) call {
		z := random[vendors.Zone](d)
		z.Programme, z.Code = d.owner(), d.id()
		return puts("PutZone", func(tx anyTx) error { return tx.PutZone(z) })
	},
	func(d draw) call {
		v, version := vendors.ID(d.id()), d.n()
		return asks("PriceList", func(tx anyTx) (vendors.PriceList, error) { return tx.PriceList(v, version) })
	},
	func(d draw) call {
		l := random[vendors.PriceList](d)
		l.Vendor, l.Version = vendors.ID(d.id()), d.n()
		return puts("PutPriceList", func(tx anyTx) error { return tx.PutPriceList(l) })
	},
	func(d draw) call {
		id := vendors.HandheldID(d.id())
		return asks("Handheld", func(tx anyTx) (vendors.Handheld, error) { return tx.Handheld(id) })
	},
	func(d draw) call {
		h := random[vendors.Handheld](d)
		h.ID, h.Programme, h.CodeHash = vendors.HandheldID(d.id()), d.owner(), d.hash()
		return puts("PutHandheld", func(tx anyTx) error { return tx.PutHandheld(h) })
	},
	func(d draw) call {
		h := d.hash()
		return asks("HandheldByCode", func(tx anyTx) (vendors.Handheld, error) { return tx.HandheldByCode(h) })
	},
	func(d draw) call {
		p, after := d.owner(), vendors.HandheldID(d.id())
		return walks("Handhelds", func(tx anyTx) iter.Seq2[vendors.Handheld, error] { return tx.Handhelds(p, after) })
	},
	func(d draw) call {
		id := vendors.ClaimID(d.id())
		return asks("Claim", func(tx anyTx) (vendors.Claim, error) { return tx.Claim(id) })
	},
	func(d draw) call {
		c := random[vendors.Claim](d)
		c.ID, c.Programme = vendors.ClaimID(d.id()), d.owner()
		return puts("PutClaim", func(tx anyTx) error { return tx.PutClaim(c) })
	},
	func(d draw) call {
		p, after := d.owner(), vendors.ClaimID(d.id())
		return walks("Claims", func(tx anyTx) iter.Seq2[vendors.Claim, error] { return tx.Claims(p, after) })
	},
	func(d draw) call {
		l := random[vendors.ClaimLine](d)
		l.Claim, l.N = vendors.ClaimID(d.id()), d.n()
		return puts("PutClaimLine", func(tx anyTx) error { return tx.PutClaimLine(l) })
	},
	func(d draw) call {
		id, after := vendors.ClaimID(d.id()), d.n()
		return walks("ClaimLines", func(tx anyTx) iter.Seq2[vendors.ClaimLine, error] { return tx.ClaimLines(id, after) })
	},
	func(d draw) call {
		r := random[vendors.Reading](d)
		r.Claim, r.N = vendors.ClaimID(d.id()), d.n()
		return puts("PutReading", func(tx anyTx) error { return tx.PutReading(r) })
	},
	func(d draw) call {
		id := vendors.ClaimID(d.id())
		return walks("Readings", func(tx anyTx) iter.Seq2[vendors.Reading, error] { return tx.Readings(id) })
	},
	func(d draw) call {
		n := uint64(d.n())
		return asks("ClaimOf", func(tx anyTx) (vendors.ClaimID, error) { return tx.ClaimOf(n) })
	},
	func(d draw) call {
		n, id := uint64(d.n()), vendors.ClaimID(d.id())
		return puts("PutClaimOf", func(tx anyTx) error { return tx.PutClaimOf(n, id) })
	},
	func(d draw) call {
		id := d.id()
		return asks("Settlement", func(tx anyTx) (vendors.Settlement, error) { return tx.Settlement(id) })
	},
	func(d draw) call {
		s := random[vendors.Settlement](d)
		s.ID, s.Programme = d.id(), d.owner()
		return puts("PutSettlement", func(tx anyTx) error { return tx.PutSettlement(s) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("Settlements", func(tx anyTx) iter.Seq2[vendors.Settlement, error] { return tx.Settlements(p) })
	},
	func(d draw) call {
		id := d.id()
		return asks("Advance", func(tx anyTx) (vendors.AdvanceLine, error) { return tx.Advance(id) })
	},
	func(d draw) call {
		a := random[vendors.AdvanceLine](d)
		a.ID, a.Vendor = d.id(), vendors.ID(d.owner())
		return puts("PutAdvance", func(tx anyTx) error { return tx.PutAdvance(a) })
	},
	func(d draw) call {
		v := vendors.ID(d.owner())
		return walks("Advances", func(tx anyTx) iter.Seq2[vendors.AdvanceLine, error] { return tx.Advances(v) })
	},
	func(d draw) call {
		s := random[vendors.BankStatement](d)
		s.ID, s.Bank = d.id(), d.owner()
		return puts("PutBankStatement", func(tx anyTx) error { return tx.PutBankStatement(s) })
	},
	func(d draw) call {
		bank := d.owner()
		return walks("BankStatements", func(tx anyTx) iter.Seq2[vendors.BankStatement, error] { return tx.BankStatements(bank) })
	},
	func(d draw) call {
		l := random[vendors.BankLine](d)
		l.Bank, l.N = d.owner(), d.n()
		return puts("PutBankLine", func(tx anyTx) error { return tx.PutBankLine(l) })
	},
	func(d draw) call {
		bank, n := d.owner(), d.n()
		return asks("BankLine", func(tx anyTx) (vendors.BankLine, error) { return tx.BankLine(bank, n) })
	},
	func(d draw) call {
		bank, n := d.owner(), d.n()
		return walks("BankLines", func(tx anyTx) iter.Seq2[vendors.BankLine, error] { return tx.BankLines(bank, n) })
	},
}
