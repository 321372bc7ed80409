package sim

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/handheld"
)

// file is what a field officer carries: to the server, or back.
type file struct {
	p    *phone
	back bool
	text []byte
}

// goods are worth the card.
func goods(francs int64) []voucher.Line {
	return []voucher.Line{{Item: "rice", Quantity: fmt.Sprint(francs / 500), Price: 500}}
}

// visit is a day at a shop: perhaps a new bundle, some sales, perhaps a sync.
func (s *sim) visit(ctx context.Context) string {
	p, _ := some(s.rnd, s.phones, func(p *phone) bool { return p.purpose == vendors.ForSales && !p.rogue })
	if s.rnd.IntN(3) == 0 { // both of a pair of clones have customers
		if copied, ok := some(s.rnd, s.phones, func(p *phone) bool { return p.purpose == vendors.ForSales && p.copied }); ok {
			p = copied
		}
	}
	if s.rnd.IntN(100) < 65 {
		s.tolerate(p, s.open1(p).FetchBundle(ctx, s.poor()))
		s.pass(time.Minute)
	}
	what := "visit to " + string(p.id) + ":"
	for range 1 + s.rnd.IntN(3) {
		what += " " + s.sell(ctx, p)
		s.pass(time.Duration(s.rnd.IntN(600)) * time.Second)
	}
	if s.rnd.IntN(100) < 20 {
		what += " " + s.cancel(p)
	}
	if s.rnd.IntN(100) < 60 {
		what += " sync" + s.sync(ctx, p)
	}
	return what
}

// pass lets time go by.
func (s *sim) pass(d time.Duration) { s.now = s.now.Add(d.Truncate(time.Second)) }

// choose returns a card that might be brought to the handheld.
func (s *sim) choose(p *phone) *card {
	near := func(c *card) bool { return c.zone == p.zone }
	switch n := s.rnd.IntN(20); {
	case n < 7:
		if c, ok := some(s.rnd, s.m.cards, func(c *card) bool { return s.m.isHome(c, s.m.devices[p.id]) }); ok {
			return c
		}
	case n < 14:
		if c, ok := some(s.rnd, s.hot, near); ok {
			return c
		}
	case n < 19:
		if c, ok := some(s.rnd, s.m.cards, near); ok {
			return c
		}
	}
	return pick(s.rnd, s.m.cards)
}

// factor returns what the household shows: nearly always what it should.
func (s *sim) factor(c *card) voucher.Factor {
	f := voucher.Factor{Secret: c.secret, PIN: c.pin}
	switch s.rnd.IntN(14) {
	case 0:
		if f.Secret != "" {
			f.Secret = "0123456789012345"
		}
	case 1:
		if f.PIN != "" {
			f.PIN = fmt.Sprintf("%06d", s.rnd.IntN(1_000_000))
		}
	case 2:
		if f.Secret != "" {
			f.PIN = ""
		}
	}
	return f
}

func (s *sim) sell(ctx context.Context, p *phone) string {
	c := s.choose(p)
	sale := handheld.Sale{Scan: c.scan, Factor: s.factor(c), Lines: goods(c.value)}
	var sold handheld.Sold
	var err error
	how := "offline"
	if s.rnd.IntN(100) < 15 {
		how = "online"
		sold, err = s.open1(p).SellOnline(ctx, s.poor(), sale)
	} else {
		sold, err = s.open1(p).Sell(sale)
	}
	if err != nil {
		s.tolerate(p, err)
		if f := fault.Of(err); f != nil {
			s.m.saw("handheld refuses: %s", f.Code)
		}
		return fmt.Sprintf("(%d %s: %v)", c.number, how, err)
	}
	s.m.saw("sale: %s", how)
	if sold.Serial != c.serial || sold.Value.Minor() != c.value {
		s.fail("%s sold another card than was shown", p.id)
	}
	return fmt.Sprintf("%d %s", c.number, how)
}

// tolerate fails the run unless the error may happen to a handheld: one that
// nobody copied has never lost its state nor made two records of one number.
func (s *sim) tolerate(p *phone, err error) {
	if err == nil || errors.Is(err, errCut) {
		return
	}
	for _, never := range []error{handheld.ErrStorage, handheld.ErrJournal, handheld.ErrAnswer, handheld.ErrBundle,
		handheld.ErrBundleOther, handheld.ErrStuck, handheld.ErrFile} {
		if errors.Is(err, never) && !p.copied {
			s.fail("%s, which is whole: %w", p.id, err)
		}
	}
	if (errors.Is(err, handheld.ErrQuarantined) || errors.Is(err, handheld.ErrStateLost)) && !p.copied && !p.rogue {
		s.fail("%s, of which there is no copy: %w", p.id, err)
	}
	if fault.Of(err) == nil {
		s.fail("%s: %w", p.id, err)
	}
}

func (s *sim) sync(ctx context.Context, p *phone) string {
	done, err := s.open1(p).Sync(ctx, s.poor())
	s.tolerate(p, err)
	s.m.saw("handheld: sync")
	if err != nil {
		return fmt.Sprintf("(%v)", err)
	}
	return fmt.Sprintf("(%d sent)", done.Sent)
}

func (s *sim) syncSomebody(ctx context.Context) string {
	p, _ := some(s.rnd, s.phones, func(p *phone) bool { return !p.rogue })
	return "sync of " + string(p.id) + s.sync(ctx, p)
}

func (s *sim) cancel(p *phone) string {
	list := s.open1(p).Entries()
	if len(list) == 0 {
		return "nothing to cancel"
	}
	e := list[max(0, len(list)-1-s.rnd.IntN(3))]
	reasons := []voucher.CancelReason{voucher.CancelMistake, voucher.CancelReturned, voucher.CancelMissing}
	_, err := s.open1(p).Cancel(e.Seq, pick(s.rnd, reasons))
	s.tolerate(p, err)
	return fmt.Sprintf("cancel %d (%v)", e.Seq, err)
}

// handOver activates cards at a distribution. Some never are.
func (s *sim) handOver(ctx context.Context) string {
	p, _ := some(s.rnd, s.phones, func(p *phone) bool { return p.purpose == vendors.ForDistribution })
	if s.rnd.IntN(100) < 50 {
		s.tolerate(p, s.open1(p).FetchBundle(ctx, s.poor()))
		s.pass(time.Minute)
	}
	var texts []string
	var numbers []voucher.Number
	for _, c := range s.m.cards {
		if c.number%13 == 0 || !c.activated.IsZero() && s.rnd.IntN(10) > 0 || s.rnd.IntN(3) > 0 {
			continue
		}
		text := c.serial.Printed()
		if s.rnd.IntN(2) == 0 {
			text = c.scan
		}
		if len(texts) < 16 {
			texts, numbers = append(texts, text), append(numbers, c.number)
		}
	}
	if len(texts) == 0 {
		return "nobody came"
	}
	taker, reason := voucher.TakerHead, voucher.TakerReason("")
	if s.rnd.IntN(4) == 0 {
		taker, reason = voucher.TakerThirdParty, voucher.ReasonHealth
	}
	_, err := s.open1(p).Activate(texts, taker, reason)
	s.tolerate(p, err)
	what := fmt.Sprintf("%s hands %v over (%v)", p.id, numbers, err)
	if s.rnd.IntN(100) < 80 {
		what += " sync" + s.sync(ctx, p)
	}
	return what
}

// outrun has a card sold at its home without a network, and then elsewhere by
// somebody who reaches the server first.
func (s *sim) outrun(ctx context.Context) string {
	home := map[*card]*phone{}
	c, ok := some(s.rnd, s.m.cards, func(c *card) bool {
		if c.life() != voucher.Active || c.value > s.m.zones[c.zone].floor {
			return false
		}
		p, ok := some(s.rnd, s.phones, func(p *phone) bool { return p.id == c.home && !p.rogue })
		home[c] = p
		return ok
	})
	if !ok {
		return "no card to fight for"
	}
	p := home[c]
	s.tolerate(p, p.fetch(ctx, s))
	s.pass(time.Minute)
	_, err := s.open1(p).Sell(handheld.Sale{Scan: c.scan, Factor: voucher.Factor{Secret: c.secret, PIN: c.pin}, Lines: goods(c.value)})
	s.tolerate(p, err)
	s.pass(time.Minute)
	o, ok := some(s.rnd, s.phones, func(o *phone) bool {
		return o.zone == c.zone && o.purpose == vendors.ForSales && o.vendor != p.vendor && !o.rogue && !o.copied
	})
	if !ok {
		return "nobody else is there"
	}
	s.tolerate(o, o.fetch(ctx, s))
	s.pass(time.Minute)
	_, other := s.open1(o).Sell(handheld.Sale{Scan: c.scan, Factor: voucher.Factor{Secret: c.secret, PIN: c.pin}, Lines: goods(c.value)})
	s.tolerate(o, other)
	return fmt.Sprintf("card %d is sold at %s (%v) and at %s (%v) sync%s", c.number, p.id, err, o.id, other, s.sync(ctx, o))
}

func (p *phone) fetch(ctx context.Context, s *sim) error {
	return s.open1(p).FetchBundle(ctx, s.poor())
}

// carry writes a file at a handheld, brings one to the server, or brings the
// answers back; any of them late, twice or never.
func (s *sim) carry(ctx context.Context) string {
	if len(s.files) == 0 || s.rnd.IntN(3) == 0 {
		p, _ := some(s.rnd, s.phones, func(p *phone) bool { return !p.rogue && len(s.open1(p).Entries()) > 0 })
		if p == nil {
			return "nothing to carry"
		}
		var out bytes.Buffer
		n, err := s.open1(p).Export(&out, s.rnd.IntN(3) == 0)
		s.must(err)
		s.files = append(s.files, file{p: p, text: out.Bytes()})
		return fmt.Sprintf("%s writes a file of %d records", p.id, n)
	}
	i := s.rnd.IntN(len(s.files))
	f := s.files[i]
	if s.rnd.IntN(4) > 0 {
		s.files = slices.Delete(s.files, i, i+1)
	}
	if f.back {
		n, err := s.open1(f.p).Import(bytes.NewReader(f.text))
		s.tolerate(f.p, err)
		s.m.saw("file: answers brought back")
		return fmt.Sprintf("%s reads %d answers from a file (%v)", f.p.id, n, err)
	}
	var out bytes.Buffer
	err := handheld.Carry(ctx, s.direct(), bytes.NewReader(f.text), &out)
	s.tolerate(f.p, err)
	s.m.saw("file: brought to the server")
	s.files = append(s.files, file{p: f.p, back: true, text: out.Bytes()})
	return fmt.Sprintf("a file of %s is brought to the server (%v)", f.p.id, err)
}

// tamper clones a handheld, rolls it back, or only switches it off and on.
func (s *sim) tamper(context.Context) string {
	p, _ := some(s.rnd, s.phones, func(p *phone) bool { return !p.rogue })
	if aside, ok := some(s.rnd, s.phones, func(p *phone) bool { return p.old != nil && !p.copied }); ok && s.rnd.IntN(3) == 0 {
		p = aside
	}
	switch n := s.rnd.IntN(10); {
	case n < 2:
		p.hh = nil
		s.m.saw("handheld: switched off and on")
		return string(p.id) + " is switched off and on"
	case n < 5:
		p.old = p.mem.Clone()
		return string(p.id) + " is copied aside"
	case n < 7 && p.old != nil:
		p.mem, p.hh, p.copied = p.old.Clone(), nil, true
		s.m.saw("handheld: rolled back")
		return string(p.id) + " is rolled back"
	case n < 8 || len(s.phones) > 60:
		p.skew = time.Duration(s.rnd.Int64N(int64(2*400*24*time.Hour))) - 400*24*time.Hour
		s.m.saw("handheld: its clock jumps")
		return fmt.Sprintf("the clock of %s jumps to %s", p.id, s.now.Add(p.skew).Format(time.DateOnly))
	}
	s.clone(p)
	return string(p.id) + " is cloned"
}

// clone makes a second handheld out of one.
func (s *sim) clone(p *phone) *phone {
	p.copied = true
	twin := *p
	twin.mem, twin.hh, twin.old = p.mem.Clone(), nil, nil
	s.phones = append(s.phones, &twin)
	s.m.saw("handheld: cloned")
	return &twin
}

// part has a handheld and its clone go on by themselves, so that two records
// come to claim one place.
func (s *sim) part(ctx context.Context) string {
	p, ok := some(s.rnd, s.phones, func(p *phone) bool {
		return p.purpose == vendors.ForSales && !p.rogue && !p.copied && s.m.devices[p.id].state == vendors.Active
	})
	if !ok || len(s.phones) > 70 {
		return "no handheld is left to clone"
	}
	s.tolerate(p, p.fetch(ctx, s))
	what := string(p.id) + " is cloned:"
	for _, half := range []*phone{s.clone(p), p} {
		s.pass(time.Minute)
		what += " " + s.sell(ctx, half) + " sync" + s.sync(ctx, half)
	}
	return what
}

// conspire has a trader in collusion sign what no handheld would, and send it.
func (s *sim) conspire(ctx context.Context) string {
	p, _ := some(s.rnd, s.phones, func(p *phone) bool { return p.rogue })
	if s.rnd.IntN(100) < 55 {
		s.tolerate(p, s.open1(p).FetchBundle(ctx, s.poor()))
		s.pass(time.Minute)
	}
	d := s.m.devices[p.id]
	what := string(p.id) + " conspires:"
	from := len(p.chain)
	for range 1 + s.rnd.IntN(3) {
		name := s.forge(ctx, p, d)
		s.m.saw("collusion: %s", name)
		what += " " + name
		s.pass(time.Duration(s.rnd.IntN(300)) * time.Second)
	}
	if s.rnd.IntN(4) == 0 {
		return what
	}
	// What the server has not answered, and sometimes much that it has.
	first := min(int(d.seq), from, len(p.chain))
	if s.rnd.IntN(5) == 0 {
		first = 0
	}
	batch := p.chain[first:]
	if len(batch) > 0 {
		_, err := s.poor().Redeem(ctx, voucher.Redeem{Handheld: p.id, Records: slices.Clone(batch), Channel: "https"})
		what += fmt.Sprintf("; sends %d (%v)", len(batch), err)
	}
	return what
}

// forge signs one record, or sends another's, and says what.
func (s *sim) forge(ctx context.Context, p *phone, d *device) string {
	c := s.choose(p)
	seq := uint64(len(p.chain)) + 1
	head := voucher.Head{Handheld: p.id, Seq: seq, Time: voucher.UnixOf(s.now), Bundle: d.given, Beacon: d.beacon}
	if seq > 1 {
		head.Prev = voucher.HashOf(p.chain[seq-2])
	}
	amount, factor := c.value, voucher.Factor{Secret: c.secret, PIN: c.pin}
	sealedFor, sealedSeq := p.id, seq
	name := "shared card"
	switch s.rnd.IntN(26) {
	case 0:
		factor, name = voucher.Factor{}, "made-up receipt"
	case 1:
		factor, name = voucher.Factor{Secret: "9999000099990000", PIN: "000001"}, "guessed secret"
	case 2, 3:
		// All of them try the same card of their zone.
		i := slices.IndexFunc(s.m.cards, func(c *card) bool { return c.mode.PIN() && c.zone == p.zone })
		c = s.m.cards[i]
		amount, factor = c.value, voucher.Factor{Secret: c.secret}
		factor.PIN, name = fmt.Sprintf("%06d", s.rnd.IntN(1_000_000)), "guessed PIN"
	case 4:
		amount, name = c.value+500, "more than the card"
	case 5:
		head.Bundle, name = head.Bundle+uint64(s.rnd.IntN(1_000_000)), "bundle of the future"
	case 6:
		head.Beacon, name = voucher.HashOf("no beacon"), "invented beacon"
	case 7:
		head.Time, name = voucher.UnixOf(s.now.Add(-time.Duration(s.rnd.IntN(60*24))*time.Hour)), "back-dated"
	case 8:
		serial, err := voucher.NewSerial(crand.Reader)
		s.must(err)
		c, name = &card{serial: serial}, "invented serial"
		amount = 1_000
	case 9:
		sealedFor, name = "h-another", "factor sealed for another handheld"
	case 10:
		// Another's receipt under one's own name.
		if o, ok := some(s.rnd, s.phones, func(o *phone) bool { return o.rogue && o != p && len(o.chain) > 0 }); ok {
			s.redeem(ctx, voucher.Redeem{Handheld: p.id, Records: []string{pick(s.rnd, o.chain)}, Channel: "https"})
			return "another's receipt"
		}
	case 11:
		s.redeem(ctx, voucher.Redeem{Handheld: p.id, Records: []string{"no.record.atall"}, Channel: "https"})
		return "garbage"
	case 12:
		if len(p.chain) > 0 {
			of := voucher.HashOf(pick(s.rnd, p.chain))
			if s.rnd.IntN(3) == 0 {
				of = voucher.HashOf("nothing")
			}
			s.sign(p, voucher.Record{Head: head, Body: voucher.Cancellation{Of: of, Reason: voucher.CancelMistake}})
			return "cancellation"
		}
	case 13:
		s.sign(p, voucher.Record{Head: head, Body: voucher.Activation{Serials: []voucher.Serial{c.serial}, By: voucher.TakerHead}})
		return "activation by a shop"
	case 14:
		if s.rnd.IntN(4) == 0 && len(p.chain) > 1 { // a second history from here on
			p.chain = p.chain[:len(p.chain)-1]
			return "rewritten history"
		}
	case 15:
		head.Seq, head.Prev, sealedSeq, name = seq+3, voucher.HashOf("lost"), seq+3, "gap"
	case 16:
		name = "card reserved on line"
		s.reserve(ctx, p, d, c)
	case 17, 18:
		head.Bundle, head.Beacon, name = d.before, d.beacon0, "older bundle and beacon"
		over := func(c *card) bool {
			return c.zone == p.zone && (c.holder != nil || !c.void.IsZero() || !c.held.IsZero())
		}
		if o, ok := some(s.rnd, s.m.cards, over); ok {
			c, amount, factor = o, o.value, voucher.Factor{Secret: o.secret, PIN: o.pin}
		}
	}
	r := voucher.Receipt{Serial: c.serial, Amount: amount, Lines: goods(c.value + 500)}
	if factor != (voucher.Factor{}) {
		sealed, err := voucher.SealFactor(s.seal.PublicKey(), factor, sealedFor, c.serial, sealedSeq)
		s.must(err)
		r.Factor = sealed
	}
	rec := voucher.Record{Head: head, Body: r}
	if name == "gap" {
		jws, err := voucher.SignRecord(rec, p.key)
		s.must(err)
		s.redeem(ctx, voucher.Redeem{Handheld: p.id, Records: []string{jws}, Channel: "https"})
		return name
	}
	s.sign(p, rec)
	return name
}

// sign adds a record to a rogue's chain.
func (s *sim) sign(p *phone, rec voucher.Record) {
	jws, err := voucher.SignRecord(rec, p.key)
	s.must(err)
	p.chain = append(p.chain, jws)
}

// reserve asks for a card on line.
func (s *sim) reserve(ctx context.Context, p *phone, d *device, c *card) {
	body := []byte(c.serial)
	path := "/api/v1/handhelds/" + string(p.id) + "/reservations"
	proof, err := voucher.SignRequest(voucher.Request{Handheld: p.id, Method: "POST", Path: path, Body: voucher.HashOf(string(body)),
		Nonce: d.nonce, Counter: d.requests + 1000}, p.key)
	s.must(err)
	_, err = s.direct().Reserve(ctx, voucher.AskReserve{Body: body, AskBundle: voucher.AskBundle{Proof: proof, Method: "POST", Path: path}})
	if err != nil && fault.Of(err) == nil {
		s.must(err)
	}
}
