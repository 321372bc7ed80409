package bolt

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

func (d draw) number() voucher.Number { return voucher.Number(d.n()) }

func (d draw) serial() voucher.Serial { return voucher.Serial(d.of("serial", "S1", "S2")) }

// receipt is a record, of two voucher states and few names.
func (d draw) receipt() voucher.StoredReceipt {
	r := random[voucher.StoredReceipt](d)
	r.JWS = d.of("jws", "", "a.b.c", "e30.e30.e30", "e30.e30.AA", "e31.e30.e30")
	r.Hash = [32]byte{31: byte(d.n() % 2)}
	if d.n() == 1 {
		r.Hash = voucher.HashOf(r.JWS)
	}
	r.Number, r.Seq = d.number(), uint64(d.n())
	r.Handheld, r.Round = vendors.HandheldID(d.of("handheld", "", "a")), d.id()
	r.State = voucher.ReceiptState(d.of("state", string(voucher.Waiting), string(voucher.Payable)))
	return r
}

func putReceipt(d draw) call {
	r := d.receipt()
	return puts("PutReceipt", func(tx anyTx) error { return tx.PutReceipt(r) })
}

func putVoucher(d draw) call {
	v := random[voucher.Voucher](d)
	v.Number, v.Serial = d.number(), d.serial()
	if d.n() > 0 { // mostly its own
		v.Serial = voucher.Serial(fmt.Sprintf("S%d", v.Number))
	}
	v.Lot, v.Beneficiary = d.of("lot", "l1", "l1", "l1", "l2"), d.of("holder", someHolders...)
	return puts("PutVoucher", func(tx anyTx) error { return tx.PutVoucher(v) })
}

func putIssued(d draw) call {
	var vs []voucher.SignedVoucher
	for range d.n() {
		v := random[voucher.Voucher](d)
		v.Number, v.Beneficiary = d.number(), d.of("holder", someHolders...)
		v.Serial = voucher.Serial(fmt.Sprintf("N%d-%d", v.Number, random[uint64](d)))
		vs = append(vs, voucher.SignedVoucher{Voucher: v, Token: voucher.Token(d.of("token", "e30.e30.AA", "é"))})
	}
	return puts("PutIssued", func(tx anyTx) error { return tx.PutIssued(vs) })
}

// afterAll is later than every time that is drawn.
var afterAll = time.Unix(1<<32, 0)

type receiptWalk = iter.Seq2[voucher.StoredReceipt, error]

var voucherCalls = []func(draw) call{
	func(d draw) call {
		n := d.number()
		return asks("Voucher", func(tx anyTx) (voucher.Voucher, error) { return tx.Voucher(n) })
	},
	func(d draw) call {
		s := d.serial()
		return asks("VoucherBySerial", func(tx anyTx) (voucher.Voucher, error) { return tx.VoucherBySerial(s) })
	},
	putIssued, putVoucher, putVoucher, putVoucher, putVoucher, putVoucher, // often, so that they meet
	func(d draw) call {
		return asks("LastNumber", func(tx anyTx) (voucher.Number, error) { return tx.LastNumber() })
	},
	func(d draw) call {
		from := d.number()
		return walks("Vouchers", func(tx anyTx) iter.Seq2[voucher.Voucher, error] { return tx.Vouchers(from) })
	},
	func(d draw) call {
		b := d.of("holder", "", "h1", "h11")
		return walks("VouchersOf", func(tx anyTx) iter.Seq2[voucher.Voucher, error] { return tx.VouchersOf(b) })
	},
	func(d draw) call {
		n := d.number()
		return asks("Token", func(tx anyTx) (voucher.Token, error) { return tx.Token(n) })
	},
	func(d draw) call {
		n, token := d.number(), voucher.Token(strings.Join([]string{d.of("head", "e30", "é"), "e30", d.of("sig", "AAAA", "AA")}, "."))
		return puts("PutToken", func(tx anyTx) error { return tx.PutToken(n, token) })
	},
	func(d draw) call {
		lot := d.id()
		return asks("Issue", func(tx anyTx) (voucher.Issue, error) { return tx.Issue(lot) })
	},
	func(d draw) call {
		i := random[voucher.Issue](d)
		i.Lot, i.Programme = d.id(), d.owner()
		return puts("PutIssue", func(tx anyTx) error { return tx.PutIssue(i) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("Issues", func(tx anyTx) iter.Seq2[voucher.Issue, error] { return tx.Issues(p) })
	},
	func(d draw) call {
		id := d.id()
		return asks("Proposal", func(tx anyTx) (voucher.Proposal, error) { return tx.Proposal(id) })
	},
	func(d draw) call {
		p := random[voucher.Proposal](d)
		p.Digest = [32]byte{} // computed, and not kept
		p.ID = d.id()
		return puts("PutProposal", func(tx anyTx) error { return tx.PutProposal(p) })
	},
	func(d draw) call {
		id := d.id()
		return asks("Embargo", func(tx anyTx) (voucher.Embargo, error) { return tx.Embargo(id) })
	},
	func(d draw) call {
		e := random[voucher.Embargo](d)
		e.Lot = d.id()
		return puts("PutEmbargo", func(tx anyTx) error { return tx.PutEmbargo(e) })
	},
	func(d draw) call {
		h := voucher.Hash(d.hash())
		return asks("Beacon", func(tx anyTx) (time.Time, error) { return tx.Beacon(h) })
	},
	func(d draw) call {
		h, at := voucher.Hash(d.hash()), random[time.Time](d)
		return puts("PutBeacon", func(tx anyTx) error { return tx.PutBeacon(h, at) })
	},
}

var receiptCalls = []func(draw) call{
	func(d draw) call {
		h := voucher.Hash(d.hash())
		return asks("Receipt", func(tx anyTx) (voucher.StoredReceipt, error) { return tx.Receipt(h) })
	},
	putReceipt, putReceipt, putReceipt, putReceipt, putReceipt, // often, so that they meet
	func(d draw) call {
		n := d.number()
		return walks("ReceiptsFor", func(tx anyTx) receiptWalk { return tx.ReceiptsFor(n) })
	},
	func(d draw) call {
		h, seq := vendors.HandheldID(d.id()), uint64(d.n())
		return walks("ReceiptsFrom", func(tx anyTx) receiptWalk { return tx.ReceiptsFrom(h, seq) })
	},
	func(d draw) call {
		round := d.id()
		return walks("ReceiptsByRound", func(tx anyTx) receiptWalk { return tx.ReceiptsByRound(round) })
	},
	func(d draw) call {
		before := random[time.Time](d)
		return walks("WaitingSince", func(tx anyTx) receiptWalk { return tx.WaitingSince(before) })
	},
	func(d draw) call { return walks("settle what waits", settleWaiting) },
}

// settleWaiting writes while it walks, as a sweep does.
func settleWaiting(tx anyTx) receiptWalk {
	return func(yield func(voucher.StoredReceipt, error) bool) {
		for r, err := range tx.WaitingSince(afterAll) {
			if err == nil {
				r.State = voucher.Payable
				err = tx.PutReceipt(r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}
