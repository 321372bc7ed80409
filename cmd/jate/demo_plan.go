package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/intake"
	"github.com/jate-cva/jate/internal/samplelist"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/cards"
)

// register receives the donor's money and imports the list, with its mistakes.
func (d *demo) register(ctx context.Context) error {
	s := d.app.distributions
	if _, err := s.CreateProgramme(ctx, distribution.CreateProgramme{By: d.staff["admin"], Key: d.key(), Name: "Mopti food vouchers"}); err != nil {
		return err
	}
	eur, err := money.NewAsset("EUR", 2)
	if err != nil {
		return err
	}
	worth := int64(d.households) * 24_000
	francs := money.Francs(worth)
	euros := money.FromMinor(worth*1000/6559, eur) // near the parity; the bank's own sums count
	if _, err := s.CreateFund(ctx, distribution.CreateFund{By: d.staff["finance"], Key: d.key(), ID: "solidarity",
		Name: "Solidarity 2026", Donor: "A donor", Pledged: euros, PledgedXOF: francs}); err != nil {
		return err
	}
	if _, err := s.ReceiveFund(ctx, distribution.ReceiveFund{By: d.staff["preparer"], Key: d.key(), Fund: "solidarity",
		Donor: euros, XOF: francs, Bank: "bdm", On: d.clock.Now(), BankRef: "VIR-1"}); err != nil {
		return err
	}
	places := samplelist.Places()
	if _, err := s.LoadPlaces(ctx, distribution.LoadPlaces{By: d.staff["registrar"], Key: d.key(),
		File: bytes.NewReader(places), Size: int64(len(places)), Edition: "2015"}); err != nil {
		return err
	}
	return d.importList(ctx)
}

func (d *demo) importList(ctx context.Context) error {
	s := d.app.distributions
	var list bytes.Buffer
	var err error
	d.truth, err = samplelist.Write(&list, samplelist.Options{Seed: d.seed, Households: d.households,
		Errors: true, Closed: d.clock.Now().AddDate(0, 0, -10), Places: samplelist.Places()})
	if err != nil {
		return err
	}
	d.list = list.Bytes()
	if err := os.WriteFile(filepath.Join(d.dir, "liste.csv"), d.list, 0o600); err != nil {
		return err
	}
	bar := d.out.bar("importing")
	cmd := distribution.ImportList{By: d.staff["registrar"], Key: d.key(), File: bytes.NewReader(d.list), Size: int64(len(d.list)),
		Options: intake.Options{Today: d.clock.Now()}, Progress: func(rows int) { bar(min(rows, d.households), d.households) }}
	r, err := s.ImportList(ctx, cmd)
	if err != nil {
		return err
	}
	bar(d.households, d.households)
	d.report.List = listSummary{Rows: d.households, New: r.New, Refused: len(r.Refused) + r.RefusedMore, Duplicates: r.Duplicates}
	cmd.Key = d.key()
	again, err := s.ImportList(ctx, cmd)
	if err != nil {
		return err
	}
	d.report.List.SameOnRepeat = again.Same
	d.out.step("%d rows: %d new, %d refused with row, column and reason, %d pairs that may be one household",
		d.households, r.New, d.report.List.Refused, r.Duplicates)
	d.out.step("the same file again: %d new, %d changed, %d same", again.New, again.Changed, again.Same)
	return d.decideDuplicates(ctx)
}

// decideDuplicates plays the person who looks at each pair: the same number in
// a register is one household, anything weaker is two.
func (d *demo) decideDuplicates(ctx context.Context) error {
	s := d.app.distributions
	bar, decided := d.out.bar("deciding pairs"), 0
	for after := ""; ; {
		page, err := s.Duplicates(ctx, distribution.ListDuplicates{By: d.staff["approver"], Open: true, After: after, Limit: 1000})
		if err != nil {
			return err
		}
		for _, p := range page.Items {
			decision := distribution.DecidedDifferent
			for _, reason := range p.Reasons {
				if strings.HasPrefix(reason, "same-id") {
					decision = distribution.DecidedSame
				}
			}
			if decision == distribution.DecidedSame {
				d.report.List.Excluded++
			}
			if _, err := s.DecideDuplicate(ctx, distribution.DecideDuplicate{By: d.staff["approver"], Key: d.key(),
				A: p.A, B: p.B, Decision: decision}); err != nil {
				return err
			}
			decided++
			bar(decided, d.report.List.Duplicates)
		}
		if page.Next == "" {
			return nil
		}
		after = page.Next
	}
}

// zoneOf puts the list's points into two zones.
func (d *demo) zoneOf(point int) string {
	if point < len(d.truth.Points)/2 {
		return "m1"
	}
	return "m2"
}

// plan sets the points, makes the round, and prepares and approves two lots.
func (d *demo) plan(ctx context.Context) error {
	s := d.app.distributions
	lots := map[string][]string{}
	for i, p := range d.truth.Points {
		code := fmt.Sprintf("p%02d", i+1)
		if _, err := s.SetPoint(ctx, distribution.SetPoint{By: d.staff["registrar"], Key: d.key(), Code: code,
			Name: p.Name, Zone: d.zoneOf(i), PlaceCode: p.Place}); err != nil {
			return err
		}
		lots[d.zoneOf(i)] = append(lots[d.zoneOf(i)], code)
	}
	opens := d.clock.Now().AddDate(0, 0, 3)
	worth := int64(d.households) * 24_000
	if _, err := s.CreateRound(ctx, distribution.CreateRound{By: d.staff["issuer"], Key: d.key(), ID: "r1", Name: "First round",
		Asset: money.XOF, Categories: []string{"food"}, Mode: voucher.ModeSecret, PINAbove: money.Francs(5_000),
		Rule: distribution.Rule{PerHousehold: money.Francs(2_000), PerMember: money.Francs(2_000), Cap: money.Francs(40_000),
			Denominations: []money.Amount{money.Francs(10_000), money.Francs(5_000), money.Francs(2_000), money.Francs(1_000)}},
		Opens: opens, SalesEnd: opens.AddDate(0, 0, 30), GraceUntil: opens.AddDate(0, 0, 40),
		ThirdAbove: money.Francs(worth / 2)}); err != nil {
		return err
	}
	if err := d.commitSample(ctx); err != nil {
		return err
	}
	part := func(percent int64) money.Amount { return money.Francs(worth * percent / 100) }
	if _, err := s.Allocate(ctx, distribution.Allocate{By: d.staff["preparer"], Key: d.key(), Round: "r1",
		Draws: []distribution.Draw{{Fund: "solidarity", Vouchers: part(96), Contingency: part(1), Fees: part(1)}}}); err != nil {
		return err
	}
	if err := d.others(ctx, opens); err != nil {
		return err
	}
	if err := d.markets(ctx); err != nil {
		return err
	}
	for _, zone := range []string{"m1", "m2"} {
		if err := d.approve(ctx, "r1", lots[zone]); err != nil {
			return err
		}
	}
	return nil
}

// approve prepares a lot and has it approved by others.
func (d *demo) approve(ctx context.Context, round string, points []string) error {
	s := d.app.distributions
	l, err := s.PrepareLot(ctx, distribution.PrepareLot{By: d.staff["issuer"], Key: d.key(), Round: round, Points: points})
	if err != nil {
		return err
	}
	warned := map[string]int{}
	for _, w := range l.Warnings {
		warned[w.Code]++
	}
	d.out.step("lot %s: %d households, %d vouchers, %s; exposure %s; before approval: %s", l.ID, l.Households, l.Vouchers,
		l.Total.Format("en"), l.Exposure.Format("en"), list(warned))
	for _, o := range l.Overlaps {
		d.out.step("%s", o.Text())
	}
	for _, who := range []string{"approver", "finance"} {
		l, err = s.ApproveLot(d.as(ctx, who), distribution.ApproveLot{By: d.staff[who], Key: d.key(), Lot: l.ID, Digest: l.Digest})
		if err != nil {
			return err
		}
		if l.State == distribution.LotApproved {
			break
		}
	}
	d.report.Lots = append(d.report.Lots, lotSummary{ID: l.ID, Households: l.Households, Vouchers: l.Vouchers, Total: l.Total, Approvals: len(l.Approvals), Overlaps: len(l.Overlaps)})
	return nil
}

// issue signs both lots, prints one point's cards, and reads the print jobs as
// the print station would.
func (d *demo) issue(ctx context.Context) error {
	d.clock.set(d.clock.Now().Add(24 * time.Hour))
	for i, l := range d.report.Lots {
		bar := d.out.bar("signing")
		if _, err := d.app.distributions.IssueLot(ctx, distribution.IssueLot{By: d.staff["issuer"], Key: d.key(), Lot: l.ID, Progress: bar}); err != nil {
			return err
		}
		if err := d.readCards(ctx, l.ID); err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		doc, err := d.app.distributions.PrintCards(ctx, distribution.Print{By: d.staff["issuer"], Lot: l.ID, Point: "p01"})
		if err != nil {
			return err
		}
		switch err := d.write("cards-p01.pdf", doc); {
		case errors.Is(err, cards.ErrTooMany):
			d.out.step("the first point has more cards than one document holds: its paper is not made here")
		case err != nil:
			return err
		default:
			d.out.step("the paper of the first point is cards-p01.pdf")
		}
	}
	d.out.step("%d cards", len(d.cards))
	return nil
}

func (d *demo) write(name string, doc distribution.Document) error {
	var b bytes.Buffer
	if err := doc.Write(&b); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.dir, name), b.Bytes(), 0o600)
}
