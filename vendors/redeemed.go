package vendors

import (
	"errors"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// FactPrice is the fact of a redeem or accept-loss entry in a commodity: the
// price of one unit in force at the sale, in whole XOF.
const FactPrice = "price"

// linesMax bounds the lines of one claim.
const linesMax = 10_000

// scanStep is how many entries are asked of the store at once.
const scanStep = 500

// refEntry is how a reverse, freeze or release entry refers to the sale that it
// undoes, holds or lets go.
func refEntry(seq uint64) string { return "entry:" + strconv.FormatUint(seq, 10) }

// history is what happened on one vendor's redeemed account: the entries that
// put something there, and those of them that do not count: undone, or frozen
// by a case.
type history struct {
	sales []ledger.Entry // redeem and accept-loss, in order
	out   map[uint64]bool
}

// historyOf reads the account's postings of a round.
func historyOf(tx Tx, vendor ID, round string) (history, error) {
	h := history{out: map[uint64]bool{}}
	account, from := ledger.Redeemed(string(vendor)), uint64(0)
	for {
		seqs, err := tx.PostingsOf(account, from, scanStep)
		if err != nil {
			return history{}, err
		}
		for _, seq := range seqs {
			e, err := tx.Entry(seq)
			if err != nil {
				return history{}, err
			}
			h.add(e, round)
			from = seq + 1
		}
		if len(seqs) < scanStep {
			return h, nil
		}
	}
}

func (h *history) add(e ledger.Entry, round string) {
	switch e.Kind {
	case ledger.KindRedeem, ledger.KindAcceptLoss:
		if e.Round == round {
			h.sales = append(h.sales, e)
		}
	case ledger.KindReverse, ledger.KindFreeze, ledger.KindRelease:
		if text, ok := strings.CutPrefix(e.Ref, "entry:"); ok {
			if seq, err := strconv.ParseUint(text, 10, 64); err == nil {
				h.out[seq] = e.Kind != ledger.KindRelease
			}
		}
	}
}

// unclaimed returns the sales that count and are in no claim, at most linesMax.
func (h history) unclaimed(tx Tx) ([]ledger.Entry, error) {
	var out []ledger.Entry
	for _, e := range h.sales {
		if h.out[e.Seq] || len(out) == linesMax {
			continue
		}
		switch _, err := tx.ClaimOf(e.Seq); {
		case errors.Is(err, ErrNotFound):
			out = append(out, e)
		case err != nil:
			return nil, err
		}
	}
	return out, nil
}

// sale is what one redeem or accept-loss entry is worth to a vendor.
type sale struct {
	from     ledger.Account // the voucher or the contingency that gave it
	quantity money.Amount   // of the round's asset
	price    money.Amount   // of one unit; nothing for money
	amount   money.Amount   // in XOF
}

// saleOf reads an entry that credits the vendor's redeemed account once.
func saleOf(e ledger.Entry, vendor ID) (sale, error) {
	var s sale
	for _, p := range e.Postings {
		if p.Credit != ledger.Redeemed(string(vendor)) {
			continue
		}
		if s.from != "" {
			return sale{}, ErrClaimLine.At("entry", "entry %d redeems more than once", e.Seq)
		}
		s.from, s.quantity, s.amount = p.Debit, p.Amount, p.Amount
	}
	if s.from == "" || e.Kind != ledger.KindRedeem && e.Kind != ledger.KindAcceptLoss {
		return sale{}, ErrClaimLine.At("entry", "entry %d is no sale of this trader", e.Seq)
	}
	if s.quantity.Asset() == money.XOF {
		return s, nil
	}
	price, err := money.Parse(e.Facts[FactPrice], money.XOF)
	if err != nil || price.Sign() <= 0 {
		return sale{}, ErrClaimLine.At("price", "entry %d names no price of one unit in XOF", e.Seq)
	}
	if s.amount, err = s.quantity.Price(price); err != nil {
		return sale{}, ErrClaimLine.At("price", "entry %d: %s at %s is no whole franc", e.Seq, s.quantity, price)
	}
	s.price = price
	return s, nil
}

// commodity reports whether the sale is in kind.
func (s sale) commodity() bool { return s.quantity.Asset() != money.XOF }

// line returns the sale as a line of a self-billed claim.
func (s sale) line(c ClaimID, n int, e ledger.Entry) ClaimLine {
	l := ClaimLine{Claim: c, N: n, Serial: s.from.Serial(), Date: e.From, Amount: s.amount, Entry: e.Seq, Matched: true}
	if s.commodity() {
		l.Quantity, l.Price = s.quantity, s.price
	}
	return l
}

// sum adds amounts of one asset, of which zero is nothing.
func sum(zero money.Amount, ms ...money.Amount) (money.Amount, error) {
	var err error
	for _, m := range ms {
		if zero, err = zero.Add(m); err != nil {
			return money.Amount{}, err
		}
	}
	return zero, nil
}
