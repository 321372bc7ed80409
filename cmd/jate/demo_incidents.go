package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/handheld"
)

// incidentCards is how many cards chooseIncidents sets aside: 0-2 are copied, 3
// is lost, 4 is cancelled, 5 is void, 6 is a stub, 7-8 are for the clone.
const incidentCards = 9

// chooseIncidents sets small cards of one home aside, for what will go wrong.
func (d *demo) chooseIncidents() {
	small := map[vendors.HandheldID][]*demoCard{}
	for _, c := range d.cards {
		if !c.spare && c.value.Minor() <= 2_000 {
			small[c.home] = append(small[c.home], c)
		}
	}
	best := 0
	for i, s := range d.shops {
		if len(small[s.handheld()]) > len(small[d.shops[best].handheld()]) {
			best = i
		}
	}
	d.cloned = d.shops[best]
	for _, s := range d.shops {
		if s != d.cloned && s.zone == d.cloned.zone {
			d.neighbour = s
			break
		}
	}
	cards := small[d.cloned.handheld()]
	d.incident = cards[:min(len(cards), incidentCards)]
	for _, c := range d.incident {
		c.special = true
	}
}

func (s *shop) handheld() vendors.HandheldID { return s.phone.device.Identity().Handheld }

// incidents plays what goes wrong in a round, honestly or not.
func (d *demo) incidents(ctx context.Context) error {
	if len(d.incident) < incidentCards {
		return fmt.Errorf("only %d small cards for the incidents; take more --households", len(d.incident))
	}
	d.clock.set(d.clock.Now().Add(time.Hour))
	for _, s := range []*shop{d.cloned, d.neighbour} {
		if err := d.refresh(ctx, s.phone); err != nil {
			return err
		}
	}
	for _, play := range []func(context.Context) error{d.copies, d.wrongFactor, d.lostCard, d.mistake, d.death, d.stub, d.clone} {
		if err := play(ctx); err != nil {
			return err
		}
	}
	return nil
}

// incidentLine is one thing that went wrong and what came of it.
func (d *demo) happened(what, became string) {
	d.report.Incidents = append(d.report.Incidents, incidentSummary{what, became})
	d.out.step("%s: %s", what, became)
}

// send syncs a shop and returns the state of its newest record.
func (d *demo) send(ctx context.Context, s *shop) (handheld.Entry, error) {
	d.clock.set(d.clock.Now().Add(10 * time.Minute))
	err := d.sync(ctx, s.phone, http.DefaultTransport)
	entries := s.phone.device.Entries()
	return entries[len(entries)-1], err
}

// copies: a card and its scratched secret are photographed; two traders sell
// against it without a network. The home trader's counts; the other one kept
// the rules and is paid from the contingency.
func (d *demo) copies(ctx context.Context) error {
	for _, c := range d.incident[:3] {
		for _, s := range []*shop{d.neighbour, d.cloned} {
			sold, err := s.phone.sell(c)
			if err != nil {
				return err
			}
			s.sold = append(s.sold, soldCard{c, sold.At})
		}
		c.spent = true
	}
	for _, s := range []*shop{d.neighbour, d.cloned} {
		if _, err := d.send(ctx, s); err != nil {
			return err
		}
	}
	states := map[string]int{}
	for _, c := range d.incident[:3] {
		rs, err := d.app.vouchers.Receipts(ctx, voucher.Query{By: d.staff["monitor"], Serial: c.serial})
		if err != nil {
			return err
		}
		for _, r := range rs {
			states[stateOf(r)]++
		}
	}
	d.happened("three cards are copied and sold twice", "the home trader's sale counts, the other kept the rules: "+list(states))
	return nil
}

// wrongFactor: somebody has the card but not what is under the label.
func (d *demo) wrongFactor(context.Context) error {
	c := *d.incident[3]
	c.factor.Secret = "0000000000000000"
	_, err := d.cloned.phone.sell(&c)
	if err == nil {
		return fmt.Errorf("a card was sold without its secret")
	}
	d.happened("a card is shown without its secret", "the handheld refuses it: "+code(err))
	return nil
}

// lostCard: the office replaces a lost card by a spare; two people agree.
func (d *demo) lostCard(ctx context.Context) error {
	lost := d.incident[3]
	p, err := d.app.vouchers.Propose(ctx, voucher.Propose{By: d.staff["issuer"], Key: d.key(), Kind: voucher.ProposeReissue, Serial: lost.serial})
	if err != nil {
		return err
	}
	v, err := d.app.vouchers.Agree(ctx, voucher.Agree{By: d.staff["second-issuer"], Key: d.key(), Proposal: p.ID})
	if err != nil {
		return err
	}
	d.clock.set(d.clock.Now().Add(time.Hour))
	s := d.cloned
	if err := d.refresh(ctx, s.phone); err != nil {
		return err
	}
	_, refused := s.phone.sell(lost)
	for _, c := range d.cards {
		if c.serial != v.Serial {
			continue
		}
		sold, err := s.phone.sell(c)
		if err != nil {
			return err
		}
		c.spent = true
		s.sold = append(s.sold, soldCard{c, sold.At})
	}
	e, err := d.send(ctx, s)
	d.happened("a lost card is replaced by a spare", fmt.Sprintf("the spare is %s; whoever finds the old one: %s", e.State, code(refused)))
	return err
}

// mistake: a sale is cancelled on the same day and made again.
func (d *demo) mistake(ctx context.Context) error {
	s, c := d.cloned, d.incident[4]
	sold, err := s.phone.sell(c)
	if err != nil {
		return err
	}
	if _, err := s.phone.device.Cancel(sold.Seq, voucher.CancelMistake); err != nil {
		return err
	}
	again, err := s.phone.sell(c)
	if err != nil {
		return err
	}
	c.spent = true
	s.sold = append(s.sold, soldCard{c, again.At})
	e, err := d.send(ctx, s)
	d.happened("a sale is cancelled and made again", string(e.State))
	return err
}

// death: a card is void; the trader's next bundle says so.
func (d *demo) death(ctx context.Context) error {
	c := d.incident[5]
	if _, err := d.app.vouchers.Void(ctx, voucher.Change{By: d.staff["issuer"], Key: d.key(), Serial: c.serial, Reason: "death"}); err != nil {
		return err
	}
	d.clock.set(d.clock.Now().Add(time.Hour))
	if err := d.refresh(ctx, d.cloned.phone); err != nil {
		return err
	}
	_, err := d.cloned.phone.sell(c)
	d.happened("a card is void after a death", "its value is back in the round; the handheld: "+code(err))
	return nil
}

// stub: a trader without a telephone brings a scratched stub; two people type
// it in.
func (d *demo) stub(ctx context.Context) error {
	c := d.incident[6]
	p, err := d.app.vouchers.Propose(ctx, voucher.Propose{By: d.staff["issuer"], Key: d.key(), Kind: voucher.ProposeStub, Serial: c.serial,
		Secret: c.factor.Secret, Vendor: d.neighbour.id, SoldOn: d.clock.Now()})
	if err != nil {
		return err
	}
	v, err := d.app.vouchers.Agree(ctx, voucher.Agree{By: d.staff["second-issuer"], Key: d.key(), Proposal: p.ID})
	if err != nil {
		return err
	}
	c.spent = true
	d.happened("a stub is brought to the office", "typed by two, the card is "+string(v.Life()))
	return nil
}

// clone: the trader's handheld is copied, and both copies sell.
func (d *demo) clone(ctx context.Context) error {
	s := d.cloned
	dir := filepath.Join(d.dir, "handhelds", "clone")
	if err := os.CopyFS(dir, os.DirFS(s.phone.dir)); err != nil {
		return err
	}
	store, err := handheld.OpenDir(dir)
	if err != nil {
		return err
	}
	twin := &demoPhone{dir: dir, store: store, client: s.phone.client, now: s.phone.now}
	if twin.device, err = handheld.Open(store, d.config(twin)); err != nil {
		return err
	}
	for i, p := range []*demoPhone{s.phone, twin} {
		if _, err := p.sell(d.incident[7+i]); err != nil {
			return err
		}
		d.incident[7+i].spent = i == 0
	}
	if _, err := d.send(ctx, s); err != nil {
		return err
	}
	d.clock.set(d.clock.Now().Add(time.Hour))
	err = d.sync(ctx, twin, http.DefaultTransport)
	h, lookup := d.app.vendors.Handheld(ctx, vendors.ByID{By: d.staff["phones"], ID: string(s.handheld())})
	if lookup != nil {
		return lookup
	}
	d.happened("a handheld is cloned and both copies sell", fmt.Sprintf("the second copy's records prove it: %s; the handheld is %s", code(err), h.State))
	return store.Close()
}
