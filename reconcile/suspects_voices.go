package reconcile

import (
	"slices"

	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// VoiceFacts is what one household or complaint says of sales. It names no
// household: cards stand for it.
type VoiceFacts struct {
	Round    string
	Cards    []voucher.Number // that it is about; none for a vendor as a whole
	Vendor   vendors.ID       // of a complaint that names one; "" otherwise
	Asked    bool             // an answer to a call; otherwise a complaint
	Spoken   bool             // of an answer: somebody was reached
	Received bool             // of an answer of those
	Got      money.Amount     // of those that said how much they received, in XOF; no asset otherwise
	Sought   bool             // the household was called because of a sale of its own
	Less     bool             // of those that received a part, paid more than the price, or had to give something
}

// tolerated is how far what a household says it got may be from what was sold, in
// percent, before it counts as less; lessByGuess is what counts as missing, in
// percent, where it does not say how much.
const (
	tolerated   = 10
	lessByGuess = 10
)

// missing returns what the household says is missing of a sale, all of its sales
// being worth so much, in francs.
func (v VoiceFacts) missing(sale, all int64) int64 {
	switch got := v.Got.Minor(); {
	case !v.Received || all <= 0:
		return 0
	case v.Got.Asset() == money.XOF && got*100 < all*(100-tolerated):
		return sale - sale*got/all
	case v.Less:
		return sale * lessByGuess / 100
	}
	return 0
}

// voices reads what people said of the reconciled rounds.
func (l *loader) voices() error {
	for c, err := range l.tx.Complaints(l.programme, "") {
		if err != nil {
			return err
		}
		if !c.Speaks() || !l.facts.Rounds[c.Round] {
			continue
		}
		if err := l.count(&l.read.records); err != nil {
			return err
		}
		v := VoiceFacts{Round: c.Round, Vendor: c.Vendor}
		for _, serial := range c.Serials {
			card, err := l.tx.VoucherBySerial(serial)
			if err != nil {
				return err
			}
			v.Cards = append(v.Cards, card.Number)
		}
		l.facts.Voices = append(l.facts.Voices, v)
	}
	for m, err := range l.tx.Samples(l.programme) {
		if err != nil {
			return err
		}
		if !l.facts.Rounds[m.Round] {
			continue
		}
		for a, err := range l.tx.Answers(m.ID) {
			if err != nil {
				return err
			}
			if err := l.answer(m, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// answer adds what a household that was called says. Who received a part has
// received less; who refused said nothing.
func (l *loader) answer(m feedback.Sample, a feedback.Answer) error {
	if a.Reached == feedback.Refused || a.Reached == feedback.Spoken && a.Received == "" {
		return nil
	}
	p, err := l.tx.Pick(m.ID, a.N)
	if err != nil {
		return err
	}
	cards, err := feedback.CardsOf(l.tx, m.Round, p.Household)
	if err != nil {
		return err
	}
	v := VoiceFacts{Round: m.Round, Asked: true, Spoken: a.Reached == feedback.Spoken, Received: a.Received == feedback.Yes || a.Received == feedback.Partly,
		Got: a.Amount, Sought: m.Sought && p.Stratum == feedback.ForSale, Less: a.Received == feedback.Partly || a.Extra == feedback.Yes || a.Fee == feedback.Yes}
	for _, card := range cards {
		v.Cards = append(v.Cards, card.Number)
	}
	l.facts.Voices = append(l.facts.Voices, v)
	return l.count(&l.read.records)
}

// voices translates what people said into what detectors read: each speaks of
// the payable sales on the cards. A complaint that names no card is about its
// vendor as a whole; one that names a vendor and cards, about his sales alone.
func (s *suspects) voices(f *Facts, round string) {
	sales := map[voucher.Number][]int32{}
	for _, v := range f.Voices {
		for _, card := range v.Cards {
			sales[card] = nil
		}
	}
	for i, at := range s.records {
		card := f.receipts[at].card
		if card < 0 {
			continue
		}
		number := f.Cards[card].Number
		if list, asked := sales[number]; asked && s.facts.Records[i].State == detect.Good {
			sales[number] = append(list, int32(i))
		}
	}
	for _, v := range f.Voices {
		if v.Round != round {
			continue
		}
		var of []int32
		for _, card := range v.Cards {
			of = append(of, sales[card]...)
		}
		slices.Sort(of)
		if v.Asked {
			all := int64(0)
			for _, i := range of {
				all += s.facts.Records[i].Value
			}
			for _, i := range of {
				s.facts.Answers = append(s.facts.Answers, detect.Answer{Record: i, Received: v.Received, Unreached: !v.Spoken, Sought: v.Sought,
					Missing: v.missing(s.facts.Records[i].Value, all)})
			}
			continue
		}
		named, known := s.vendors[v.Vendor]
		if known && len(v.Cards) == 0 {
			s.facts.Complaints = append(s.facts.Complaints, detect.Complaint{Vendor: named, Record: -1})
		}
		for _, i := range of {
			if seller := s.facts.Records[i].Vendor; v.Vendor == "" || known && seller == named {
				s.facts.Complaints = append(s.facts.Complaints, detect.Complaint{Vendor: seller, Record: i})
			}
		}
	}
}
