package vendors

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// The contents that two people agree to in this package, in words. Payment
// addresses, and what people wrote, are in their closed parts.

// offer keeps content for those who may approve it by the method.
func offer(tx Tx, c access.Content, by access.Actor, m Method) error {
	return tx.PutPrepared(c.Prepare(by, Roles[m]))
}

func (s Settlement) content(tx Tx, salt string) (access.Content, error) {
	c := access.Content{What: "settlement", ID: s.ID, Programme: s.Programme, Closed: []access.Line{{"salt", salt}},
		Lines: []access.Line{{"total", s.Total.String()}, {"method", s.Method}, {"bank", s.Bank}}}
	for _, p := range s.Payments {
		v, err := tx.Vendor(p.Vendor)
		if err != nil {
			return c, err
		}
		c.Lines = append(c.Lines, access.Line{"payment", p.Reference, string(p.Vendor), p.Round, p.Amount.String(), p.Recover.String(), string(p.Claim)})
		c.Closed = append(c.Closed, append(access.Line{"pay-to", p.Reference, v.Name}, p.To.words()...))
	}
	return c, nil
}

// words are a way to pay, as far as it says anything; the last is a consent's hash.
func (p Payment) words() []string {
	return []string{p.Method, p.Provider, p.Alias, p.Payee, p.Via, p.Consent}
}

// saltOf returns the salt that the digest of a settlement was made with.
func saltOf(tx Tx, programme string, digest [32]byte) (string, error) {
	p, err := tx.PreparedContent(programme, digest)
	if errors.Is(err, access.ErrContent) {
		return "", ErrSettlementChanged
	}
	return p.Salt(), err
}

func (t Terms) content(programme string) access.Content {
	c := access.Content{What: "terms", ID: string(t.Vendor), Programme: programme, Lines: []access.Line{
		{"version", strconv.Itoa(t.Version)}, {"from", t.From.UTC().Format(time.RFC3339)}, {"km", strconv.Itoa(t.Km)}}}
	for _, l := range t.Lines {
		c.Lines = append(c.Lines, access.Line{"term", l.Name, string(l.Kind), strconv.Itoa(l.BasisPoints), string(l.On), l.PerSale.String(), l.PerRound.String()})
		for _, b := range l.Bands {
			c.Lines = append(c.Lines, access.Line{"band", l.Name, strconv.Itoa(b.UpToKm), b.Amount.String()})
		}
	}
	return c
}

func (c PaymentChange) content(name string) access.Content {
	return access.Content{What: "payment-change", ID: string(c.Vendor), Programme: c.Programme,
		Lines: []access.Line{{"proposed", c.Proposed.UTC().Format(time.RFC3339)}, {"method", c.Payment.Method}},
		Closed: []access.Line{{"salt", fmt.Sprintf("%x", c.Salt)}, append(access.Line{"pay-to", string(c.Vendor), name}, c.Payment.words()...),
			{"reason", c.Reason}}}
}

func (a AdvanceLine) content() access.Content {
	c := access.Content{What: "advance", ID: a.ID, Programme: a.Programme, Lines: []access.Line{{"vendor", string(a.Vendor)},
		{"amount", a.Amount.String()}, {"bank", a.Bank}, {"permille", strconv.Itoa(a.Permille)}}}
	c.Lines = append(c.Lines, access.Line{"posting", string(ledger.Advance(string(a.Vendor))), string(ledger.Bank(a.Bank)), a.Amount.String()})
	for _, i := range a.Plan {
		c.Lines = append(c.Lines, access.Line{"instalment", i.Due.UTC().Format(time.DateOnly), i.Amount.String()})
	}
	return c
}

// Digest is of the advance as its approval covers it.
func (a AdvanceLine) Digest() [32]byte { return a.content().Digest() }

func (l BankLine) content() access.Content {
	named := make([]string, len(l.Named))
	for i, n := range l.Named {
		named[i] = strconv.FormatUint(n, 10)
	}
	return access.Content{What: "bank-line", ID: l.ref(), Programme: l.Programme, Lines: []access.Line{{"amount", l.Amount.String()}, {"bank", l.Bank},
		{"is", string(l.What)}, {"round", l.Round}, {"payment-reference", l.Payment}, {"other-bank", l.To}, {"entries", strings.Join(named, " ")}},
		Closed: []access.Line{{"said-by", l.By}, {"note", l.Note}}}
}

// Digest is of the line and of all that somebody says it is: who agrees to it has
// read exactly this.
func (l BankLine) Digest() ([32]byte, error) { return l.content().Digest(), nil }

func (c Cheque) content() access.Content {
	return access.Content{What: "cheque", ID: c.ref(), Programme: c.Programme, Lines: []access.Line{{"amount", c.Amount.String()}, {"bank", c.Bank},
		{"cheque", c.No()}, {"on", c.Date.UTC().Format(time.DateOnly)}, {"payment-reference", c.Payment}, {"is", string(c.Said)}},
		Closed: []access.Line{{"said-by", c.SaidBy}, {"payee", c.Payee}, {"reason", c.Reason}}}
}

// Digest is of the cheque and what somebody says became of it: who agrees has
// read exactly this.
func (c Cheque) Digest() ([32]byte, error) { return c.content().Digest(), nil }
