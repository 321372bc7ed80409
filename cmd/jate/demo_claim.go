package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/export"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// claim has all traders claim: most accept what we wrote from their receipts,
// two bring invoices of their own, one inflated and one with sales that never
// were.
func (d *demo) claim(ctx context.Context) error {
	d.clock.set(d.clock.Now().AddDate(0, 0, 3))
	inflating, inventing := d.ownInvoices()
	bar := d.out.bar("claiming")
	for i, s := range d.shops {
		bar(i, len(d.shops))
		var err error
		switch s {
		case inflating:
			err = d.invoice(ctx, s, "FAC-7 (inflated)", d.inflated(s))
		case inventing:
			err = d.invoice(ctx, s, "FAC-8 (invented)", d.invented(s))
		default:
			err = d.selfBilled(ctx, s)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.id, err)
		}
	}
	r, err := d.app.reconciles.Run(ctx, reconcile.Query{By: d.staff["monitor"], Round: "r1"})
	if err != nil {
		return err
	}
	if err := d.openCases(ctx, r); err != nil {
		return err
	}
	d.out.step("%d lines matched, %d exceptions, %d findings in %d cases", d.report.Claims.Matched,
		d.report.Claims.exceptions(), len(r.Findings), d.report.Claims.Cases)
	return nil
}

// ownInvoices returns who brings invoices of his own: one asks too much, and
// one for sales that never were.
func (d *demo) ownInvoices() (inflating, inventing *shop) {
	var own []*shop
	for _, s := range d.shops {
		if s != d.cloned && s != d.neighbour {
			own = append(own, s)
		}
	}
	return own[0], own[1]
}

// writeInvoices leaves these invoices as files.
func (d *demo) writeInvoices(context.Context) error {
	inflating, inventing := d.ownInvoices()
	dir := filepath.Join(d.dir, "invoices")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	copied := d.inflated(inflating)
	// A line that only a person can settle: two neighbours of its serial are
	// exchanged, and its day is not that of the sale.
	const distinct = "3479ACDEFHJKMNPQRTWXY" // that nobody takes for each other
	for i := range copied {
		l := &copied[i]
		if first, second := l.serial[0], l.serial[1]; i%10 != 3 && first != second && strings.IndexByte(distinct, first) >= 0 && strings.IndexByte(distinct, second) >= 0 {
			l.serial, l.at = l.serial[1:2]+l.serial[:1]+l.serial[2:], l.at.AddDate(0, 0, -5)
			break
		}
	}
	for s, lines := range map[*shop][]invoiceLine{inflating: copied, inventing: d.invented(inventing)} {
		b, err := invoiceFile(lines)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, string(s.id)+".csv"), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// selfBilled accepts a claim written from receipts, on the trader's word.
func (d *demo) selfBilled(ctx context.Context, s *shop) error {
	c, err := d.app.vendors.PrepareClaim(ctx, vendors.PrepareClaim{By: d.staff["preparer"], Key: d.key(), Vendor: s.id, Round: "r1"})
	if errors.Is(err, vendors.ErrNothingToClaim) {
		return nil
	}
	if err != nil {
		return err
	}
	proof := sha256.Sum256([]byte(c.ID))
	_, err = d.app.vendors.AcceptClaim(ctx, vendors.AcceptClaim{By: d.staff["finance"], Key: d.key(), Claim: c.ID,
		VendorProof: "signed-pdf:" + hex.EncodeToString(proof[:])})
	return err
}

// invoiceLine is what a trader writes of one sale.
type invoiceLine struct {
	serial string
	at     time.Time
	francs int64
}

func (d *demo) honest(s *shop) []invoiceLine {
	var lines []invoiceLine
	for _, sold := range s.sold {
		lines = append(lines, invoiceLine{sold.card.serial.Printed(), sold.at, sold.card.value.Minor()})
	}
	return lines
}

// inflated asks more than the voucher was worth on every tenth line.
func (d *demo) inflated(s *shop) []invoiceLine {
	lines := d.honest(s)
	for i := range lines {
		if i%10 == 3 {
			lines[i].francs += 3_000
		}
	}
	return lines
}

// invented adds cards that were never sold, a neighbour's, one twice, and a
// number that is no card.
func (d *demo) invented(s *shop) []invoiceLine {
	lines := d.honest(s)
	now := d.clock.Now()
	added := 0
	for _, c := range d.cards {
		if added < 5 && !c.spent && !c.spare && c.zone == s.zone {
			lines = append(lines, invoiceLine{c.serial.Printed(), now, c.value.Minor()})
			added++
		}
	}
	for _, sold := range d.neighbour.sold[:min(2, len(d.neighbour.sold))] {
		lines = append(lines, invoiceLine{sold.card.serial.Printed(), sold.at, sold.card.value.Minor()})
	}
	if len(s.sold) > 0 {
		lines = append(lines, lines[0])
	}
	return append(lines, invoiceLine{"0000-0000-0000-0000-00", now, 5_000})
}

// invoiceFile is an invoice as a French spreadsheet writes it.
func invoiceFile(lines []invoiceLine) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = ';'
	rows := [][]string{{"N° du coupon", "Date", "Montant (FCFA)"}}
	for _, l := range lines {
		rows = append(rows, []string{l.serial, l.at.Format("02/01/2006"), strconv.FormatInt(l.francs, 10)})
	}
	err := w.WriteAll(rows)
	return b.Bytes(), err
}

// invoice brings a trader's own invoice, has it matched, and accepts the lines
// that match.
func (d *demo) invoice(ctx context.Context, s *shop, number string, lines []invoiceLine) error {
	file, err := invoiceFile(lines)
	if err != nil {
		return err
	}
	c, err := d.app.vendors.BringInvoice(ctx, vendors.BringInvoice{By: d.staff["preparer"], Key: d.key(), Vendor: s.id, Round: "r1",
		Number: number, File: file})
	if err != nil {
		return err
	}
	m, err := d.app.reconciles.MatchClaim(ctx, reconcile.MatchClaim{By: d.staff["preparer"], Claim: c.ID})
	if err != nil {
		return err
	}
	if len(m.Entries) == 0 {
		return nil
	}
	a, err := d.app.reconciles.AcceptMatched(ctx, reconcile.AcceptMatched{By: d.staff["finance"], Key: d.key(), Claim: c.ID})
	if err != nil {
		return err
	}
	d.out.step("%s, invoice %s: asks %s, matched %s", s.id, number, c.Claimed.Format("en"), a.Accepted.Format("en"))
	return nil
}

// openCases opens the cases that the findings make, and freezes the money of
// those with evidence that is strong enough.
func (d *demo) openCases(ctx context.Context, r reconcile.Report) error {
	d.report.Claims.fill(r)
	opened, err := d.app.reconciles.OpenProposed(ctx, reconcile.OpenProposed{By: d.staff["finance"], Key: d.key(), Round: "r1"})
	if err != nil {
		return err
	}
	for _, o := range opened {
		d.report.Claims.Cases++
		c, err := d.app.reconciles.Freeze(ctx, reconcile.Decide{By: d.staff["finance"], Key: d.key(), Case: o.Case})
		switch {
		case errors.Is(err, reconcile.ErrNothingFrozen), errors.Is(err, reconcile.ErrWeak):
		case err != nil:
			return err
		default:
			d.out.step("case %s: %s frozen", o.Vendor, c.Frozen.Format("en"))
		}
	}
	return nil
}

// finish pays, ends the round, returns what is left and checks the books.
func (d *demo) finish(ctx context.Context) error {
	if err := d.pay(ctx); err != nil {
		return err
	}
	if err := d.closeRound(ctx); err != nil {
		return err
	}
	if err := d.app.checkpoint(ctx); err != nil {
		return err
	}
	p, err := d.app.proofs()
	if err != nil {
		return err
	}
	books := &d.report.Books
	switch r, err := verify(ctx, d.app.db, p); {
	case err == nil:
		books.Balanced, books.Entries, books.Root = true, r.Size, r.Root.String()
	default:
		books.Wrong = err.Error()
	}
	f, err := os.Create(filepath.Join(d.dir, "books.journal"))
	if err != nil {
		return err
	}
	if err := errors.Join(export.Write(ctx, f, d.app.db.Ledger(), export.Options{Dialect: export.HLedger}), f.Close()); err != nil {
		return err
	}
	return errors.Join(d.writeReport(ctx), d.summarise(ctx))
}

// pay settles what was accepted; the bank refuses one payment.
func (d *demo) pay(ctx context.Context) error {
	d.clock.set(d.clock.Now().AddDate(0, 0, 1))
	st, err := d.app.vendors.PrepareSettlement(ctx, vendors.PrepareSettlement{By: d.staff["preparer"], Key: d.key(), Method: "mobile-money", Bank: "bdm"})
	if err != nil {
		return err
	}
	st, err = d.app.vendors.ApproveSettlement(d.as(ctx, "finance"), vendors.ApproveSettlement{By: d.staff["finance"], Key: d.key(),
		Settlement: st.ID, Digest: st.Digest})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"reference", "amount", "status", "bank reference"}}
	for i, p := range st.Payments {
		if p.Amount.IsZero() {
			continue // an advance took it all: nothing was sent
		}
		status := "success"
		if i == 1 {
			status = "error"
		}
		rows = append(rows, []string{p.Reference, p.Amount.Text(), status, fmt.Sprintf("OM%06d", i)})
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	d.clock.set(d.clock.Now().AddDate(0, 0, 1))
	res, err := d.app.vendors.ImportResults(ctx, vendors.ImportResults{By: d.staff["preparer"], Key: d.key(), Settlement: st.ID, File: b.Bytes()})
	if err != nil {
		return err
	}
	d.report.Payments = paymentSummary{Paid: res.Paid, Failed: res.Failed}
	d.out.step("%d payments made, %d refused by the bank and due again", res.Paid, res.Failed)
	return d.statement(ctx, st)
}

// statement brings what the bank states of its account. Nobody has said yet what
// its last line is.
func (d *demo) statement(ctx context.Context, st vendors.Settlement) error {
	day := d.clock.Now().Format(time.DateOnly)
	balance := int64(d.households) * 24_000
	rows := [][]string{{"Date", "Libellé", "Débit", "Crédit", "Solde"}, {day, "VIR-1 bailleur", "", strconv.FormatInt(balance, 10), strconv.FormatInt(balance, 10)}}
	debit := func(text string, n int64) {
		balance -= n
		rows = append(rows, []string{day, text, strconv.FormatInt(n, 10), "", strconv.FormatInt(balance, 10)})
	}
	for i, p := range st.Payments {
		if i != 1 && !p.Amount.IsZero() {
			debit("Paiement "+p.Reference, p.Amount.Minor())
		}
	}
	debit("Frais de tenue de compte", 2_500)
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	r, err := d.app.vendors.ImportStatement(ctx, vendors.ImportStatement{By: d.staff["preparer"], Key: d.key(), Bank: "bdm", File: b.Bytes()})
	if err != nil {
		return err
	}
	m, err := d.app.vendors.BankMonth(ctx, vendors.BankMonthOf{By: d.staff["monitor"], Bank: "bdm", Until: d.clock.Now()})
	if err != nil {
		return err
	}
	d.out.step("bank statement: %d of %d lines matched, %s not explained yet", r.Matched, r.New, m.Unexplained.Format("en"))
	return nil
}

// closeRound ends sales, waits out the grace period, and returns the rest.
func (d *demo) closeRound(ctx context.Context) error {
	s := d.app.distributions
	rounds, err := s.Rounds(ctx, distribution.Query{By: d.staff["issuer"]})
	if err != nil {
		return err
	}
	d.clock.set(rounds[0].SalesEnd.Add(time.Hour))
	if _, err := s.EndSales(ctx, distribution.ChangeRound{By: d.staff["issuer"], Key: d.key(), ID: "r1"}); err != nil {
		return err
	}
	d.clock.set(rounds[0].GraceUntil.Add(time.Hour))
	if _, err := s.CloseRound(ctx, distribution.ChangeRound{By: d.staff["issuer"], Key: d.key(), ID: "r1"}); err != nil {
		return err
	}
	r, err := s.PrepareReturn(ctx, distribution.PrepareReturn{By: d.staff["preparer"], Key: d.key(), ID: "r1", KeepFees: money.Francs(0)})
	if err != nil {
		return err
	}
	_, err = s.ApproveReturn(d.as(ctx, "second-finance"), distribution.ApproveReturn{By: d.staff["second-finance"], Key: d.key(), ID: "r1", Digest: r.Return.Digest})
	return err
}

// summarise reads the end of the round off the books and the receipts.
func (d *demo) summarise(ctx context.Context) error {
	sum, err := d.app.distributions.Summary(ctx, distribution.ReadRound{By: d.staff["preparer"], Round: "r1"})
	if err != nil {
		return err
	}
	b := sum.Books[0]
	d.report.Money = moneySummary{Allocated: b.Allocated, Issued: b.Issued, Redeemed: b.Redeemed, Returned: b.Returned,
		Outstanding: b.Outstanding, Void: b.Void, Expired: b.Expired, ContingencyUsed: b.ContingencyUsed}
	d.report.Receipts = map[string]int{}
	return d.app.db.Vouchers().View(ctx, func(tx voucher.Tx) error {
		for r, err := range tx.ReceiptsByRound("r1") {
			if err != nil {
				return err
			}
			if r.Kind == voucher.RecordReceipt {
				d.report.Receipts[stateOf(r)]++
			}
		}
		lines, err := ledger.TrialBalance(tx)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if c, err := l.Account.Class(); err == nil && l.Credit.Asset() == money.XOF {
				d.report.Money.add(c, l.Credit.Minor())
			}
		}
		return nil
	})
}
