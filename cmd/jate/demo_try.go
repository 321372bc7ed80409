package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/cards"
	"github.com/jate-cva/jate/voucher/handheld"
)

// What a visitor finds in the demo's folder to sell with.
const (
	tryCards  = "try-cards.pdf"
	tryLabels = "try-labels.pdf"
	trySlips  = "try-slips.pdf"
	// tryLeft is how many cards are left for a visitor to hand over.
	tryLeft = 5
)

// try opens a second round at one point, so that a visitor has cards to sell
// against today: of 10,000 francs with a PIN, and of 2,000 without.
func (d *demo) try(ctx context.Context) error {
	s := d.app.distributions
	today := time.Now().UTC()
	d.clock.set(today.AddDate(0, 0, -4))
	// A visitor's handheld is nobody's home; it may sell all of these offline.
	if _, err := d.app.vendors.SetZone(ctx, vendors.SetZone{By: d.staff["field"], Key: d.key(), Code: "m1",
		Policy: vendors.Policy{Floor: money.Francs(10_000)}}); err != nil {
		return err
	}
	if _, err := s.CreateRound(ctx, distribution.CreateRound{By: d.staff["issuer"], Key: d.key(), ID: "r2", Name: "Second round",
		Asset: money.XOF, Categories: []string{"food"}, Mode: voucher.ModeSecret, PINAbove: money.Francs(5_000),
		Rule: distribution.Rule{PerHousehold: money.Francs(12_000), Cap: money.Francs(12_000),
			Denominations: []money.Amount{money.Francs(10_000), money.Francs(2_000)}},
		Opens: today.AddDate(0, 0, -2), SalesEnd: today.AddDate(0, 0, 28), GraceUntil: today.AddDate(0, 0, 38)}); err != nil {
		return err
	}
	part := func(percent int64) money.Amount { return money.Francs(int64(d.households) * 120 * percent) }
	if _, err := s.Allocate(ctx, distribution.Allocate{By: d.staff["preparer"], Key: d.key(), Round: "r2",
		Draws: []distribution.Draw{{Fund: "solidarity", Vouchers: part(20), Contingency: part(1), Fees: part(1)}}}); err != nil {
		return err
	}
	if err := d.approve(ctx, "r2", []string{"p01"}); err != nil {
		return err
	}
	lot := d.report.Lots[len(d.report.Lots)-1].ID
	d.clock.set(today.AddDate(0, 0, -3))
	if _, err := s.IssueLot(ctx, distribution.IssueLot{By: d.staff["issuer"], Key: d.key(), Lot: lot}); err != nil {
		return err
	}
	if err := d.tryPapers(ctx, lot); err != nil {
		return err
	}
	d.cards = nil
	if err := d.readCards(ctx, lot); err != nil {
		return err
	}
	d.clock.set(today.AddDate(0, 0, -1))
	return d.tryHandOver(ctx)
}

// tryPapers writes the round's cards, and their secrets in the clear: nobody's
// money depends on them.
func (d *demo) tryPapers(ctx context.Context, lot string) error {
	doc, err := d.app.distributions.PrintCards(ctx, distribution.Print{By: d.staff["issuer"], Lot: lot})
	if err != nil {
		return err
	}
	if err := d.write(tryCards, doc); err != nil {
		return err
	}
	secrets, err := readSecrets(ctx, d.dir, lot, d.ask())
	if err != nil {
		return err
	}
	var files newFiles
	return files.papers(ctx, lot, secrets, filepath.Join(d.dir, tryLabels), filepath.Join(d.dir, trySlips))
}

// tryHandOver activates all cards but the last few.
func (d *demo) tryHandOver(ctx context.Context) error {
	p := d.officer["m1"].phone
	if err := d.refresh(ctx, p); err != nil {
		return err
	}
	given := d.cards[:max(0, len(d.cards)-tryLeft)]
	for len(given) > 0 {
		n := min(40, len(given))
		var pack []string
		for _, c := range given[:n] {
			if !c.spare {
				pack = append(pack, c.digits)
			}
		}
		if len(pack) > 0 {
			if _, err := p.device.Activate(pack, voucher.TakerHead, ""); err != nil {
				return err
			}
		}
		given = given[n:]
	}
	_, err := p.device.Sync(ctx, p.client)
	return err
}

func (d *demo) ask() passphrases {
	return (&environment{getenv: func(string) string { return "" }}).passphrases(filepath.Join(d.dir, "passphrases"))
}

// visitor is a handheld that a visitor enrols in a browser.
type visitor struct {
	id   vendors.HandheldID
	text string // opens it
}

// invite lets a visitor enrol a trader's handheld and an officer's, and gives
// the token of the person who activates them.
func (d *demo) invite(ctx context.Context, a *app, address string) (trader, officer visitor, err error) {
	invite := func(cmd vendors.InviteHandheld, whose, file string) (visitor, error) {
		cmd.By, cmd.Key = d.staff["phones"], "visitor-"+whose
		in, err := a.vendors.InviteHandheld(ctx, cmd)
		if err != nil {
			return visitor{}, err
		}
		e := handheld.Enrolment{Code: in.Code, Server: address, Trust: handheld.Trust{
			Root: ed25519.PublicKey(a.settings.Root), Beacon: ed25519.PublicKey(a.settings.Beacon)}}
		text, err := e.Text()
		if err != nil {
			return visitor{}, err
		}
		f, err := os.OpenFile(filepath.Join(d.dir, file), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return visitor{}, err
		}
		err = cards.WriteEnrolment(f, cards.Enrolment{Text: text, Code: in.Code, Server: address,
			Fingerprint: e.Trust.Fingerprint(), For: whose, Made: time.Now()})
		if closing := f.Close(); err == nil {
			err = closing
		}
		return visitor{in.Handheld.ID, text}, err
	}
	if trader, err = invite(vendors.InviteHandheld{Purpose: vendors.ForSales, Vendor: d.shops[0].id}, string(d.shops[0].id), "enrolment-trader.pdf"); err != nil {
		return trader, officer, err
	}
	if officer, err = invite(vendors.InviteHandheld{Purpose: vendors.ForDistribution, Zone: "m1"}, "m1", "enrolment-officer.pdf"); err != nil {
		return trader, officer, err
	}
	return trader, officer, nil
}

const tryOut = `
Sell something. Each of these opens a handheld, in a browser of its own or a private
window, and can be used once:

  trader    %[1]s
  officer   %[2]s

Then another person than who invited them activates them:

  export JATE_PROFILE=phones JATE_SERVER=%[7]s JATE_PASSPHRASES=%[4]s/passphrases
  jate login --passkey %[4]s/people/second-phones.passkey
  P="Authorization: Bearer $(jate login --print-token)"
  for h in %[5]s %[6]s; do curl -s -X POST -H "$P" -H "Idempotency-Key: $h" -H 'Content-Type: application/json' \
    -d '{}' %[3]s/api/v1/handhelds/$h/activation; done

Show it a card of %[4]s/try-cards.pdf; under the n-th card
lies the n-th label of try-labels.pdf, and a card of 10,000 francs needs the PIN of its
slip in try-slips.pdf. The last five cards are left for the officer to hand over.
`

// printTryOut tells a visitor how.
func (d *demo) printTryOut(w io.Writer, trader, officer visitor, address, office string) error {
	_, err := fmt.Fprintf(w, tryOut, trader.text, officer.text, address, d.dir, trader.id, officer.id, office)
	return err
}
