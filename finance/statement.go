package finance

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher/cards"
)

// ReadStatement asks for a vendor's statement on paper.
type ReadStatement struct {
	By       access.Actor
	Vendor   vendors.ID
	From, To time.Time // days, both included; the zero ones are that of his registration, and today
	Lang     string    // "fr" where empty, or "en"
}

// Held is a contested sum and why, in both languages.
type Held struct {
	Amount money.Amount
	EN, FR string
}

// Statement is a vendor's statement: the account, and it as a PDF.
type Statement struct {
	cards.Account
	PDF []byte
}

// event is what one entry did to what the programme owes a vendor, all his
// accounts together.
type event struct {
	seq   uint64
	entry ledger.Entry
	at    time.Time
	moved int64 // XOF that the balance changed by
	of    int64 // XOF that it speaks of
}

// account gathers what concerns one vendor from the entries that post to his
// accounts, or to the payments on their way to him.
type account struct {
	vendor  string
	ordered map[string]bool // references of his payments
	events  []event
	parts   map[ledger.Class]int64
	until   time.Time
}

// read takes the vendor's entries, in their order.
func (a *account) read(tx Tx) error {
	entries := map[uint64]ledger.Entry{}
	gather := func(of ledger.Account) error {
		for from := uint64(0); ; {
			seqs, err := tx.PostingsOf(of, from, 1000)
			if err != nil {
				return err
			}
			for _, seq := range seqs {
				from = seq + 1
				if _, ok := entries[seq]; ok {
					continue
				}
				if entries[seq], err = tx.Entry(seq); err != nil {
					return err
				}
			}
			if len(seqs) < 1000 {
				return nil
			}
		}
	}
	for _, of := range []ledger.Account{ledger.Redeemed(a.vendor), ledger.Claimed(a.vendor), ledger.Contested(a.vendor), ledger.Advance(a.vendor)} {
		if err := gather(of); err != nil {
			return err
		}
	}
	sent := map[ledger.Account]bool{}
	for _, e := range entries {
		for _, p := range e.Postings {
			if c, _ := p.Credit.Class(); e.Kind == ledger.KindSettle && c == ledger.ClassTransit {
				sent[p.Credit] = true
			}
		}
	}
	for of := range sent {
		if err := gather(of); err != nil {
			return err
		}
	}
	for _, seq := range slices.Sorted(maps.Keys(entries)) {
		e := entries[seq]
		for _, p := range e.Postings {
			a.take(&e, p, pot{ledger.Collapsed(p.Debit, e.Round), p.Amount.Asset()}, true)
			a.take(&e, p, pot{ledger.Collapsed(p.Credit, e.Round), p.Amount.Asset()}, false)
		}
	}
	return nil
}

func (a *account) take(e *ledger.Entry, p ledger.Posting, k pot, debit bool) {
	class, _ := k.account.Class()
	mine := false
	switch class {
	case ledger.ClassRedeemed, ledger.ClassClaimed, ledger.ClassContested, ledger.ClassAdvance:
		mine = k.account.ID() == a.vendor
	case ledger.ClassTransit:
		if e.Kind == ledger.KindSettle && p.Debit == ledger.Claimed(a.vendor) {
			a.ordered[e.Ref] = true
		}
		mine = a.ordered[e.Ref]
	}
	if !mine || e.Booked().After(a.until) {
		return
	}
	n := len(a.events)
	if n == 0 || a.events[n-1].seq != e.Seq {
		a.events, n = append(a.events, event{seq: e.Seq, entry: *e, at: e.Booked()}), n+1
	}
	if k.asset != money.XOF {
		return
	}
	v := &a.events[n-1]
	by := p.Amount.Minor()
	v.of = max(v.of, by)
	if debit {
		by = -by
	}
	v.moved += by
	a.parts[class] += by
}

func (s *service) Statement(ctx context.Context, q ReadStatement) (Statement, error) {
	return read(ctx, s, MethodStatement, q.By, func(tx Tx) (Statement, error) {
		v, err := tx.Vendor(q.Vendor)
		if err == nil && v.Programme != q.By.Programme {
			err = vendors.ErrNotFound
		}
		if err != nil {
			return Statement{}, err
		}
		if q.From.IsZero() {
			q.From = v.Created
		}
		if q.To.IsZero() {
			q.To = tx.Now()
		}
		day := 24 * time.Hour
		from, to := q.From.UTC().Truncate(day), q.To.UTC().Truncate(day)
		if to.Before(from) {
			return Statement{}, ErrPeriod.At("from", "not after to")
		}
		a := &account{vendor: string(v.ID), ordered: map[string]bool{}, parts: map[ledger.Class]int64{}, until: to.Add(day - time.Second)}
		var size uint64
		err = s.withBooks(tx, func(b *books) error { size = b.size; return nil })
		if err == nil {
			err = a.read(tx)
		}
		if err != nil {
			return Statement{}, err
		}
		slices.SortStableFunc(a.events, func(x, y event) int { return cmp.Compare(x.at.Unix(), y.at.Unix()) })
		st := Statement{Account: cards.Account{French: q.Lang != "en", Vendor: string(v.ID), Name: v.Name, From: from, To: to, Size: size}}
		a.write(&st.Account)
		if s.contested != nil && a.parts[ledger.ClassContested] > 0 {
			held, err := s.contested(tx, v.Programme, v.ID)
			if err != nil {
				return Statement{}, err
			}
			for _, h := range held[:min(len(held), 50)] {
				reason := h.EN
				if st.French {
					reason = h.FR
				}
				st.Held = append(st.Held, cards.AccountHeld{Amount: h.Amount, Reason: reason})
			}
		}
		var pdf bytes.Buffer
		if err := cards.WriteAccount(&pdf, tx.Now(), st.Account); err != nil {
			return Statement{}, err
		}
		st.PDF = pdf.Bytes()
		return st, nil
	})
}

// write makes the rows: sales of a day together, everything else by itself.
func (a *account) write(out *cards.Account) {
	say := func(fr, en string) string {
		if out.French {
			return fr
		}
		return en
	}
	var balance int64
	row := func(v event, text string, moved, of int64) {
		balance += moved
		out.Rows = append(out.Rows, cards.AccountRow{Day: v.at, Text: text, Moved: money.Francs(moved), Of: money.Francs(of), Balance: money.Francs(balance)})
	}
	out.Opening = money.Francs(0)
	for i := 0; i < len(a.events); i++ {
		v := a.events[i]
		if v.at.Before(out.From) {
			balance += v.moved
			out.Opening = money.Francs(balance)
			continue
		}
		switch v.entry.Kind {
		case ledger.KindRedeem, ledger.KindAcceptLoss:
			n, sum, on := 0, int64(0), v.at.Format(time.DateOnly)
			for ; i < len(a.events) && a.events[i].at.Format(time.DateOnly) == on && (a.events[i].entry.Kind == ledger.KindRedeem || a.events[i].entry.Kind == ledger.KindAcceptLoss); i++ {
				n, sum = n+1, sum+a.events[i].moved
			}
			i--
			row(v, fmt.Sprintf(say("Ventes : %d coupons", "Sales: %d vouchers"), n), sum, 0)
		case ledger.KindClaim:
			a.claim(v, row, say)
		default:
			words := map[ledger.Kind][2]string{
				ledger.KindSettle: {"Paiement ordonné", "Payment ordered"}, ledger.KindConfirm: {"Payé", "Paid"},
				ledger.KindAdvance: {"Avance reçue", "Advance received"}, ledger.KindRecover: {"Retenu sur votre avance", "Kept for your advance"},
				ledger.KindRepay: {"Avance remboursée par vous", "Advance paid back by you"}, ledger.KindWriteOff: {"Avance annulée", "Advance written off"},
				ledger.KindFreeze: {"Somme contestée", "Sum contested"}, ledger.KindRelease: {"Somme libérée", "Sum released"},
				ledger.KindReverse: {"Annulé : vente, ou paiement refusé par la banque", "Undone: a sale, or a payment that the bank refused"},
			}[v.entry.Kind]
			text := say(words[0], words[1])
			if text == "" {
				text = string(v.entry.Kind)
			}
			if v.entry.Kind == ledger.KindSettle || v.entry.Kind == ledger.KindConfirm {
				text += " " + v.entry.Ref
			}
			row(v, text, v.moved, v.of)
		}
	}
	out.Closing = money.Francs(balance)
	for _, p := range []struct {
		class  ledger.Class
		fr, en string
	}{
		{ledger.ClassRedeemed, "ventes pas encore réclamées", "sales not claimed yet"}, {ledger.ClassClaimed, "demandes acceptées, pas encore payées", "claims accepted, not paid yet"},
		{ledger.ClassContested, "sommes contestées", "contested sums"}, {ledger.ClassTransit, "paiements en route", "payments on their way"},
		{ledger.ClassAdvance, "avance que vous devez encore", "advance that you still owe"},
	} {
		if n := a.parts[p.class]; n != 0 {
			out.Parts = append(out.Parts, cards.AccountPart{Text: say(p.fr, p.en), Amount: money.Francs(n)})
		}
	}
}

// claim gives a row to the claim, and one to each line of the terms.
func (a *account) claim(v event, row func(event, string, int64, int64), say func(string, string) string) {
	left := v.moved
	type line struct {
		text string
		n    int64
	}
	var lines []line
	for part := range strings.SplitSeq(v.entry.Facts["terms"], ", ") {
		kind, text, _ := strings.Cut(part, " ")
		n, err := strconv.ParseInt(text, 10, 64)
		names := map[string][2]string{"commission": {"Commission", "Commission"}, "transport": {"Transport", "Transport"},
			"withholding": {"Retenue à la source", "Tax withheld at source"}}[kind]
		if err == nil && n != 0 && names[0] != "" {
			lines, left = append(lines, line{say(names[0], names[1]), n}), left-n
		}
	}
	row(v, fmt.Sprintf(say("Demande acceptée %s : %s ventes", "Claim accepted %s: %s sales"), v.entry.Ref, v.entry.Facts["lines"]), left, v.of)
	for _, l := range lines {
		row(v, l.text, l.n, 0)
	}
}
