package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"filippo.io/age"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/handheld"
)

// shop is a trader with his handheld.
type shop struct {
	id    vendors.ID
	zone  string
	phone *demoPhone
	sold  []soldCard
}

// soldCard is a sale as the trader remembers it.
type soldCard struct {
	card *demoCard
	at   time.Time
}

// officer hands cards over in a zone.
type officer struct{ phone *demoPhone }

// demoCard is a printed card as its household holds it.
type demoCard struct {
	serial  voucher.Serial
	digits  string
	value   money.Amount
	home    vendors.HandheldID
	zone    string
	lot     string
	factor  voucher.Factor
	given   bool
	spent   bool
	spare   bool
	special bool // an incident will use it
}

// demoPhone is a command-line handheld: its folder, its own clock, and a line
// that is sometimes cut.
type demoPhone struct {
	dir    string
	store  *handheld.Dir
	device *handheld.Handheld
	client *handheld.Client
	now    time.Time
}

// cutLine loses requests before they arrive, and answers after.
type cutLine struct {
	mu   sync.Mutex
	rnd  *mathrand.Rand
	next http.RoundTripper
	cuts int
}

var errCut = errors.New("the line was cut")

// RoundTrip implements http.RoundTripper.
func (c *cutLine) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	luck := c.rnd.IntN(100)
	if luck < 12 {
		c.cuts++
	}
	c.mu.Unlock()
	if luck < 6 {
		return nil, errCut
	}
	res, err := c.next.RoundTrip(r)
	if err == nil && luck < 12 {
		_, _ = io.Copy(io.Discard, res.Body)
		return nil, errors.Join(errCut, res.Body.Close())
	}
	return res, err
}

func (d *demo) config(p *demoPhone) handheld.Config {
	return handheld.Config{Rand: rand.Reader, Now: func() time.Time { return p.now }}
}

// contract registers a trader for each name that the list chooses from, with
// prices and a handheld that one person invites and another activates.
func (d *demo) contract(ctx context.Context) error {
	food := []vendors.Item{
		{Code: "rice", Category: "food", NameEN: "Rice, 1 kg", NameFR: "Riz, 1 kg", Ceiling: money.Francs(500), Picture: "rice"},
		{Code: "millet", Category: "food", NameEN: "Millet, 1 kg", NameFR: "Mil, 1 kg", Ceiling: money.Francs(250), Picture: "bag"},
		{Code: "oil", Category: "food", NameEN: "Oil, 1 l", NameFR: "Huile, 1 l", Ceiling: money.Francs(1000), Picture: "oil"},
	}
	d.officer = map[string]*officer{}
	for _, zone := range []string{"m1", "m2"} {
		if _, err := d.app.vendors.SetZone(ctx, vendors.SetZone{By: d.staff["field"], Key: d.key(), Code: zone,
			Policy: vendors.Policy{Floor: money.Francs(2_000)}}); err != nil {
			return err
		}
		p, err := d.phone(ctx, "", zone)
		if err != nil {
			return err
		}
		d.officer[zone] = &officer{p}
	}
	named, in := map[string]bool{}, map[string]int{}
	most := max(2, d.households/130) // of a zone; the others have no contract
	for i, point := range d.truth.Points {
		for _, name := range point.Traders {
			if named[name] || in[d.zoneOf(i)] == most {
				continue
			}
			named[name] = true
			in[d.zoneOf(i)]++
			s := &shop{id: vendors.ID(fmt.Sprintf("t%02d", len(named))), zone: d.zoneOf(i)}
			if _, err := d.app.vendors.RegisterVendor(ctx, vendors.RegisterVendor{By: d.staff["field"], Key: d.key(), ID: s.id,
				Name: name, Zone: s.zone, PlaceCode: point.Place, Contract: d.terms(len(named))}); err != nil {
				return err
			}
			if _, err := d.app.vendors.SetPrices(ctx, vendors.SetPrices{By: d.staff["field"], Key: d.key(), Vendor: s.id,
				From: d.clock.Now(), Items: food}); err != nil {
				return err
			}
			var err error
			if s.phone, err = d.phone(ctx, s.id, s.zone); err != nil {
				return err
			}
			d.shops = append(d.shops, s)
		}
	}
	d.report.Traders = len(d.shops)
	d.out.step("%d traders and %d distribution officers, each with a key of its own", len(d.shops), len(d.officer))
	return nil
}

func (d *demo) terms(n int) vendors.Contract {
	return vendors.Contract{From: d.clock.Now(), Until: d.clock.Now().AddDate(1, 0, 0), Categories: []string{"food"},
		Payment:    vendors.Payment{Method: "mobile-money", Provider: "orange", Alias: fmt.Sprintf("+2237000%04d", n)},
		Screening:  vendors.Screening{On: d.clock.Now(), By: "list-check", Result: "clear"},
		DeclaredOn: d.clock.Now()}
}

// phone enrols a handheld over HTTP; a vendor "" makes an officer's.
func (d *demo) phone(ctx context.Context, vendor vendors.ID, zone string) (*demoPhone, error) {
	cmd := vendors.InviteHandheld{By: d.staff["phones"], Key: d.key(), Purpose: vendors.ForSales, Vendor: vendor}
	if vendor == "" {
		cmd.Purpose, cmd.Zone = vendors.ForDistribution, zone
	}
	inv, err := d.app.vendors.InviteHandheld(ctx, cmd)
	if err != nil {
		return nil, err
	}
	p := &demoPhone{dir: filepath.Join(d.dir, "handhelds", string(inv.Handheld.ID)), now: d.clock.Now()}
	if err := os.MkdirAll(filepath.Dir(p.dir), 0o700); err != nil {
		return nil, err
	}
	if p.store, err = handheld.OpenDir(p.dir); err != nil {
		return nil, err
	}
	if p.client, err = handheld.NewClient(d.address, "en", &http.Client{Timeout: time.Minute}); err != nil {
		return nil, err
	}
	p.device, err = handheld.Enrol(ctx, p.store, d.config(p), p.client, handheld.Enrolment{Code: inv.Code, Server: d.address,
		Trust: handheld.Trust{Root: ed25519.PublicKey(d.app.settings.Root), Beacon: ed25519.PublicKey(d.app.settings.Beacon)}})
	if err != nil {
		return nil, err
	}
	_, err = d.app.vendors.ActivateHandheld(ctx, vendors.ActivateHandheld{By: d.staff["second-phones"], Key: d.key(), Handheld: inv.Handheld.ID})
	return p, err
}

// readCards does what the print station does: it opens the lot's print job, and
// puts each secret on its card.
func (d *demo) readCards(ctx context.Context, lot string) error {
	key, err := openByPassphrase(d.dir, "print", d.ask())
	if err != nil {
		return err
	}
	id, err := age.ParseX25519Identity(string(key))
	if err != nil {
		return err
	}
	return d.app.db.Vouchers().View(ctx, func(tx voucher.Tx) error {
		return printLines(ctx, d.dir, lot, id, func(l voucher.PrintLine) error {
			v, err := tx.Voucher(l.Number)
			if err != nil {
				return err
			}
			t, err := tx.Token(l.Number)
			if err != nil {
				return err
			}
			d.cards = append(d.cards, &demoCard{serial: v.Serial, digits: t.Digits(), value: v.Value, home: v.Home, zone: v.Zone,
				lot: lot, spare: v.Spare, factor: voucher.Factor{Secret: l.Secret, PIN: l.PIN}})
			return nil
		})
	})
}

// handOver activates nearly all cards, by the officers' handhelds.
func (d *demo) handOver(ctx context.Context) error {
	d.chooseIncidents()
	d.clock.set(d.clock.Now().AddDate(0, 0, 2))
	for _, o := range d.officer {
		if err := d.refresh(ctx, o.phone); err != nil {
			return err
		}
	}
	pack := map[string][]string{}
	bar := d.out.bar("handing over")
	give := func(zone string) error {
		if len(pack[zone]) == 0 {
			return nil
		}
		taker, reason := voucher.TakerHead, voucher.TakerReason("")
		if d.rnd.IntN(30) == 0 {
			taker, reason = voucher.TakerThirdParty, voucher.ReasonDistance
		}
		_, err := d.officer[zone].phone.device.Activate(pack[zone], taker, reason)
		pack[zone] = nil
		return err
	}
	for i, c := range d.cards {
		bar(i+1, len(d.cards))
		if c.spare || d.rnd.IntN(50) == 0 && !c.special {
			continue // or a household that did not come
		}
		c.given = true
		pack[c.zone] = append(pack[c.zone], c.digits)
		if len(pack[c.zone]) == 40 {
			if err := give(c.zone); err != nil {
				return err
			}
		}
	}
	for zone, o := range d.officer {
		if err := give(zone); err != nil {
			return err
		}
		d.clock.set(d.clock.Now().Add(time.Hour))
		o.phone.now = d.clock.Now()
		if _, err := o.phone.device.Sync(ctx, o.phone.client); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) refresh(ctx context.Context, p *demoPhone) error {
	p.now = d.clock.Now()
	return p.device.FetchBundle(ctx, p.client)
}

// sell sells a card without a network, for goods that are worth it.
func (p *demoPhone) sell(c *demoCard) (handheld.Sold, error) {
	kilos := c.value.Minor() / 500
	return p.device.Sell(handheld.Sale{Scan: c.digits, Factor: c.factor,
		Lines: []voucher.Line{{Item: "rice", Quantity: fmt.Sprint(kilos), Price: 500}}})
}

// sync sends what is pending, however often the line is cut.
func (d *demo) sync(ctx context.Context, p *demoPhone, line http.RoundTripper) error {
	p.now = d.clock.Now()
	client, err := handheld.NewClient(d.address, "en", &http.Client{Timeout: time.Minute, Transport: line})
	if err != nil {
		return err
	}
	for range 50 {
		_, err = p.device.Sync(ctx, client)
		if !errors.Is(err, handheld.ErrNoNetwork) {
			return err
		}
	}
	return fmt.Errorf("the line never held: %w", err)
}

// salesOfDay is how many a shop has at most on one day: a handheld takes 500
// without a network.
const salesOfDay = 400

// trade plays the market days, then the incidents.
func (d *demo) trade(ctx context.Context) error {
	byHome := map[vendors.HandheldID][]*demoCard{}
	for _, c := range d.cards {
		if c.given && !c.special && d.rnd.IntN(25) != 0 { // some never come to buy
			byHome[c.home] = append(byHome[c.home], c)
		}
	}
	opened := d.clock.Now()
	most := 0
	for _, cs := range byHome {
		most = max(most, len(cs))
	}
	days := max(4, (most+salesOfDay-1)/salesOfDay) // market days in three weeks
	apart := 20 * 24 * time.Hour / time.Duration(days)
	line := &cutLine{rnd: d.rnd, next: http.DefaultTransport}
	done, all := 0, 0
	for _, cs := range byHome {
		all += len(cs)
	}
	bar := d.out.bar("selling")
	for day := range days {
		morning := opened.AddDate(0, 0, 2).Add(time.Duration(day) * apart)
		d.clock.set(morning)
		if err := d.each(func(s *shop) error { return d.refresh(ctx, s.phone) }); err != nil {
			return err
		}
		err := d.each(func(s *shop) error {
			cs := byHome[s.handheld()]
			for i := day * len(cs) / days; i < (day+1)*len(cs)/days; i++ {
				s.phone.now = s.phone.now.Add(90 * time.Second)
				sold, err := s.phone.sell(cs[i])
				if err != nil {
					return fmt.Errorf("%s sells to an honest household: %w", s.id, err)
				}
				cs[i].spent = true
				s.sold = append(s.sold, soldCard{cs[i], sold.At})
			}
			return nil
		})
		if err != nil {
			return err
		}
		d.clock.set(morning.Add(min(30*time.Hour, apart-time.Hour))) // the carrier passes the next day
		if err := d.each(func(s *shop) error { return d.sync(ctx, s.phone, line) }); err != nil {
			return err
		}
		done = (day + 1) * all / days
		bar(done, all)
	}
	d.report.Cuts = line.cuts
	d.out.step("%d sales without a network, sent over a line that was cut %d times", all, line.cuts)
	return d.incidents(ctx)
}

// each does something with every shop, eight at a time: they mostly wait for
// the disk.
func (d *demo) each(do func(*shop) error) error {
	var wg sync.WaitGroup
	errs := make([]error, len(d.shops))
	slots := make(chan struct{}, 8)
	for i, s := range d.shops {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = do(s)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// code is the stable code of a refusal, for the summary.
func code(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	return "error"
}
