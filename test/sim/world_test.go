package sim

import (
	"context"
	"crypto/ed25519"
	"crypto/hpke"
	crand "crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/handheld"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// sim is one round being played. Everything in it runs on one goroutine.
type sim struct {
	rnd *rand.Rand
	now time.Time

	// The server. mutate changes how it sees its store: to show that the model
	// would notice. forget makes a crash lose what was acknowledged.
	folder   string
	opened   int
	db       *bolt.DB
	vouchers voucher.Service
	vendors  vendors.Service
	mutate   func(voucher.Tx) voucher.Tx
	forget   bool
	kept     string // a copy of the folder at an earlier step

	root, beacon ed25519.PrivateKey
	seal         hpke.PrivateKey
	room         *vouchertest.PrintRoom

	m          *model
	phones     []*phone
	hot        []*card // those that many want
	limbo      []parcel
	files      []file
	done       []done
	keys       int
	said       answers
	seen       map[string]bool // what the audit knows to be paid
	auditor    *ledger.Auditor
	leaves     [][]byte
	checks     int
	pseudonyms map[ledger.Account]ledger.Account // of vouchers' accounts
	closed     bool
	nextPhone  int
}

// phone is a handheld, in good hands or not.
type phone struct {
	id      vendors.HandheldID
	vendor  vendors.ID
	zone    string
	purpose vendors.Purpose
	skew    time.Duration // of its clock
	mem     *handheld.Memory
	hh      *handheld.Handheld // nil while it is switched off
	old     *handheld.Memory   // its state some time ago
	copied  bool               // there was a clone of it, or it was rolled back
	// A rogue signs what it likes, with the key that it found in the memory.
	rogue bool
	key   ed25519.PrivateKey
	chain []string
}

// The round's dates, and its money in francs.
var (
	opens    = time.Date(2025, 3, 1, 6, 0, 0, 0, time.UTC)
	salesEnd = opens.AddDate(0, 0, 20)
	grace    = salesEnd.AddDate(0, 0, 6)
)

const (
	funds     = 1_000_000
	allocated = 400_000
	lossCap   = 6_000
)

// The shops: 12 traders, of whom five work together.
var (
	shopsOf   = map[string][]vendors.ID{"z1": {"v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9"}, "z2": {"v10", "v11", "v12"}}
	colluding = map[vendors.ID]bool{"v1": true, "v2": true, "v3": true, "v4": true, "v10": true}
	zoneNames = []string{"z1", "z2"}
)

func staff(id string, roles ...access.Role) access.Actor {
	return access.Actor{ID: id, Pseudonym: "p-" + id, Programme: "mopti", Roles: roles, TokenID: "token-" + id}
}

var (
	issuer    = staff("s1", access.RoleIssuer)
	issuer2   = staff("s2", access.RoleIssuer)
	phones1   = staff("s3", access.RoleHandheldManager)
	phones2   = staff("s4", access.RoleHandheldManager)
	field     = staff("s5", access.RoleVendorManager)
	preparer  = staff("s6", access.RoleFinancePreparer)
	approver  = staff("s7", access.RoleFinanceApprover)
	theFinger = ledger.Actor{Role: "finance-preparer", Name: "p-s6"}
)

// broken ends a run: the service and the model, or the books, do not agree.
type broken struct{ error }

func (s *sim) fail(format string, args ...any) { panic(broken{fmt.Errorf(format, args...)}) }

func (s *sim) must(err error) {
	if err != nil {
		s.fail("unexpected: %w", err)
	}
}

// newSim returns a round without anything in it.
func newSim(folder string, rnd *rand.Rand) *sim {
	s := &sim{rnd: rnd, folder: folder, now: opens.Add(-24 * time.Hour),
		room: &vouchertest.PrintRoom{Lines: map[voucher.Serial]voucher.PrintLine{}},
		said: newAnswers(), seen: map[string]bool{}, auditor: ledger.NewAuditor(), pseudonyms: map[ledger.Account]ledger.Account{}}
	s.m = &model{books: map[ledger.Account]int64{}, touched: map[ledger.Account]bool{}, devices: map[vendors.HandheldID]*device{},
		bySerial: map[voucher.Serial]*card{}, lots: map[string]*lot{}, byHash: map[voucher.Hash]*record{}, beacons: map[voucher.Hash]time.Time{},
		suspended: map[vendors.ID]bool{}, proposals: map[string]*proposal{}, parsed: map[string]parsed{}, seen: map[string]int{},
		zones: map[string]policy{
			"z1": {fresh: 72 * time.Hour, degraded: 168 * time.Hour, floor: 2_000, waiting: 4 * 24 * time.Hour},
			"z2": {fresh: 48 * time.Hour, degraded: 480 * time.Hour, floor: 0, waiting: 2 * 24 * time.Hour}}}
	return s
}

// begin sets a round up: money, traders, 50 handhelds with a bundle each, and
// three lots of cards.
func (s *sim) begin(ctx context.Context) {
	for _, key := range []*ed25519.PrivateKey{&s.root, &s.beacon} {
		var err error
		_, *key, err = ed25519.GenerateKey(crand.Reader)
		s.must(err)
	}
	secret := make([]byte, 32)
	crand.Read(secret)
	var err error
	s.seal, err = voucher.SealKeyFrom(secret)
	s.must(err)
	s.m.seal = s.seal
	s.open()
	s.must(s.db.Vouchers().Update(ctx, s.ground))
	s.m.books[ledger.Bank(theBank)], s.m.books[ledger.Fund(theFund)] = funds, funds
	s.m.move(ledger.Fund(theFund), ledger.Round(theRound), allocated)
	s.m.move(ledger.Fund(theFund), ledger.Contingency(theRound), lossCap)
	for i := range 45 {
		shops := shopsOf["z1"]
		if i%4 == 3 {
			shops = shopsOf["z2"]
		}
		s.enrol(ctx, shops[i/4*3%len(shops)+i%3], "")
	}
	for i := range 5 {
		s.enrol(ctx, "", zoneNames[i/4])
	}
	s.issue(ctx, "l1", "z1", 1_000, voucher.ModeSecret, 40)
	s.issue(ctx, "l2", "z1", 3_000, voucher.ModeBoth, 18)
	s.issue(ctx, "l3", "z2", 2_000, voucher.ModePIN, 14)
	for _, p := range s.phones {
		s.now = s.now.Add(time.Second)
		s.must(s.open1(p).FetchBundle(ctx, s.direct()))
	}
	s.now = opens.Add(-2 * time.Hour)
	s.check(ctx)
}

// copyOf returns a round that goes on from where s, which was just begun, is.
// Setting one up costs as much as playing it.
func (s *sim) copyOf(folder string, seed uint64) *sim {
	c := newSim(folder, rand.New(rand.NewPCG(seed, 1)))
	c.now, c.root, c.beacon, c.seal, c.keys, c.nextPhone = s.now, s.root, s.beacon, s.seal, s.keys, s.nextPhone
	maps.Copy(c.room.Lines, s.room.Lines)
	c.room.Order = slices.Clone(s.room.Order)
	c.leaves = slices.Clone(s.leaves)
	for _, leaf := range c.leaves {
		_, err := c.auditor.Add(leaf)
		s.must(err)
	}
	maps.Copy(c.pseudonyms, s.pseudonyms)
	c.m.seal = s.m.seal
	maps.Copy(c.m.books, s.m.books)
	maps.Copy(c.m.beacons, s.m.beacons)
	for id, l := range s.m.lots {
		l := *l
		c.m.lots[id] = &l
	}
	for id, d := range s.m.devices {
		d := *d
		c.m.devices[id] = &d
	}
	for _, card := range s.m.cards {
		card := *card
		c.m.cards, c.m.bySerial[card.serial] = append(c.m.cards, &card), &card
	}
	for _, p := range s.phones {
		p := *p
		p.mem, p.hh = p.mem.Clone(), nil
		switch c.rnd.IntN(4) {
		case 0:
			p.skew = time.Duration(c.rnd.Int64N(int64(4*time.Hour))) - 2*time.Hour
		case 1:
			p.skew = -time.Duration(c.rnd.Int64N(int64(40 * 24 * time.Hour)))
		}
		c.phones = append(c.phones, &p)
	}
	for range 14 {
		c.hot = append(c.hot, pick(c.rnd, c.m.cards))
	}
	s.copyTo(c.path())
	return c
}

// open1 returns the phone's handheld, switched on if it was not.
func (s *sim) open1(p *phone) *handheld.Handheld {
	if p.hh == nil {
		var err error
		p.hh, err = handheld.Open(p.mem, handheld.Config{Now: func() time.Time { return s.now.Add(p.skew) }, Rand: crand.Reader})
		s.must(err)
	}
	return p.hh
}

// ground is what there is before the first handheld.
func (s *sim) ground(tx voucher.Tx) error {
	for _, z := range zoneNames {
		p := s.m.zones[z]
		err := tx.PutZone(vendors.Zone{Code: z, Programme: "mopti", Policy: vendors.Policy{FreshHours: int(p.fresh / time.Hour),
			DegradedHours: int(p.degraded / time.Hour), Floor: money.Francs(p.floor), WaitingDays: int(p.waiting / (24 * time.Hour))}})
		if err != nil {
			return err
		}
		for _, v := range shopsOf[z] {
			if err := tx.PutVendor(vendors.Vendor{ID: v, Programme: "mopti", Name: string(v), Zone: z, Contract: vendors.Contract{
				From: opens.AddDate(-1, 0, 0), Until: opens.AddDate(1, 0, 0), Payment: vendors.Payment{Method: "mobile-money", Alias: "70000001"}}}); err != nil {
				return err
			}
			if err := tx.PutPriceList(vendors.PriceList{Vendor: v, Version: 1, From: opens, Items: []vendors.Item{
				{Code: "rice", Category: "food", NameEN: "Rice", NameFR: "Riz", Ceiling: money.Francs(500)}}}); err != nil {
				return err
			}
		}
	}
	for _, e := range []ledger.Entry{
		{Kind: ledger.KindFund, Postings: []ledger.Posting{{Debit: ledger.Bank(theBank), Credit: ledger.Fund(theFund), Amount: money.Francs(funds)}}},
		{Kind: ledger.KindAllocate, Round: theRound, Postings: []ledger.Posting{
			{Debit: ledger.Fund(theFund), Credit: ledger.Round(theRound), Amount: money.Francs(allocated)},
			{Debit: ledger.Fund(theFund), Credit: ledger.Contingency(theRound), Amount: money.Francs(lossCap)}}},
	} {
		e.Actor = theFinger
		if _, err := ledger.Post(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// open opens the store and starts the services on it.
func (s *sim) open() {
	s.must(os.MkdirAll(s.path(), 0o700))
	var err error
	s.db, err = bolt.Open(filepath.Join(s.path(), "jate.db"), bolt.Options{Now: func() time.Time { return s.now }, MmapBytes: 64 << 20})
	s.must(err)
	store := s.db.Vouchers()
	if s.mutate != nil {
		store = mutant{store, s.mutate}
	}
	s.vouchers = voucher.New(store, voucher.Config{Rand: crand.Reader, PrintRoom: s.room, Beacon: s.beacon, Seal: s.seal,
		RootPublic:   s.root.Public().(ed25519.PublicKey),
		SignManifest: func(m voucher.Manifest) (string, error) { return voucher.SignManifest(s.root, m) }})
	s.vendors, err = vendors.New(vendors.Config{Store: s.db.Vendors(), Rand: crand.Reader,
		Prover: access.TokenProver{Now: func() time.Time { return s.now }}})
	s.must(err)
}

func (s *sim) path() string { return filepath.Join(s.folder, fmt.Sprint(s.opened)) }

// copyTo copies the store's files as they are.
func (s *sim) copyTo(dir string) { s.must(os.CopyFS(dir, os.DirFS(s.path()))) }

// restart closes the store and opens it again.
func (s *sim) restart() {
	s.must(s.db.Close())
	s.open()
}

// remember keeps a copy of the files for a crash that loses what came after.
func (s *sim) remember() {
	if s.kept != "" {
		s.must(os.RemoveAll(s.kept))
	}
	s.kept = filepath.Join(s.folder, "kept")
	s.copyTo(s.kept)
}

// crash goes on with a copy of the files as they were at the last
// acknowledgement, without the store having been closed.
func (s *sim) crash() {
	next := filepath.Join(s.folder, fmt.Sprint(s.opened+1))
	if s.forget && s.kept != "" {
		s.must(os.Rename(s.kept, next))
		s.kept = ""
	} else {
		s.copyTo(next)
	}
	s.must(s.db.Close())
	s.must(os.RemoveAll(s.path()))
	s.opened++
	s.open()
}

// enrol brings one more handheld into being: invited by one person, activated
// by another. A vendor's is for sales, one without is a distribution's.
func (s *sim) enrol(ctx context.Context, v vendors.ID, zone string) *phone {
	p := &phone{vendor: v, zone: zone, purpose: vendors.ForSales, mem: &handheld.Memory{}}
	if v == "" {
		p.purpose = vendors.ForDistribution
	} else {
		for _, z := range zoneNames {
			for _, o := range shopsOf[z] {
				if o == v {
					p.zone = z
				}
			}
		}
	}
	in, err := s.vendors.InviteHandheld(ctx, vendors.InviteHandheld{By: phones1, Key: s.key(), Purpose: p.purpose, Vendor: v, Zone: p.zone})
	s.must(err)
	created := s.now
	trust := handheld.Trust{Root: s.root.Public().(ed25519.PublicKey), Beacon: s.beacon.Public().(ed25519.PublicKey)}
	config := handheld.Config{Now: func() time.Time { return s.now }, Rand: crand.Reader}
	hh, err := handheld.Enrol(ctx, p.mem, config, s.direct(), handheld.Enrolment{Code: in.Code, Trust: trust})
	s.must(err)
	p.id = hh.Identity().Handheld
	_, err = s.vendors.ActivateHandheld(ctx, vendors.ActivateHandheld{By: phones2, Key: s.key(), Handheld: p.id})
	s.must(err)
	text, err := p.mem.Load("key.pem")
	s.must(err)
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	s.must(err)
	p.key = key.(ed25519.PrivateKey)
	d := &device{id: p.id, vendor: v, zone: p.zone, purpose: p.purpose, state: vendors.Active, created: created,
		key: p.key.Public().(ed25519.PublicKey), nonce: s.nonceOf(ctx, p.id), invitedBy: phones1.ID}
	s.m.devices[p.id] = d
	p.rogue = colluding[v] && s.nextPhone%2 == 0
	s.nextPhone++
	s.phones = append(s.phones, p)
	return p
}

func (s *sim) nonceOf(ctx context.Context, id vendors.HandheldID) (nonce string) {
	s.must(s.db.Vouchers().View(ctx, func(tx voucher.Tx) error {
		h, err := tx.Handheld(id)
		nonce = h.Nonce
		return err
	}))
	return nonce
}

// issue issues a lot whose homes are the zone's shops, a few cards aside that
// are nobody's.
func (s *sim) issue(ctx context.Context, id, zone string, value int64, mode voucher.Mode, n int) {
	var homes []vendors.HandheldID
	for _, p := range s.phones {
		if p.zone == zone && p.purpose == vendors.ForSales {
			homes = append(homes, p.id)
		}
	}
	l := &lot{id: id, from: opens, salesEnd: salesEnd, grace: grace}
	items := func() iter.Seq2[voucher.Item, error] {
		return func(yield func(voucher.Item, error) bool) {
			for i := range n {
				it := voucher.Item{Beneficiary: fmt.Sprintf("b-%s-%d", id, i/2), Point: "p1", Zone: zone, Profile: 1,
					Value: money.Francs(value), Mode: mode, Home: homes[i*7%len(homes)]}
				if i%11 == 10 {
					it.Home = ""
				}
				if !yield(it, nil) {
					return
				}
			}
		}
	}
	before := len(s.room.Order)
	_, err := s.vouchers.IssueLot(ctx, voucher.IssueLot{Programme: "mopti", Round: theRound, Lot: id, Issuer: "ngo", NotBefore: l.from,
		Expires: l.salesEnd, GraceUntil: l.grace, Profiles: []voucher.Profile{{Number: 1, Asset: money.XOF, Cap: 10_000}},
		Count: n, Items: items(), By: issuer,
		Spares: []voucher.Spare{{Count: 5, Point: "p1", Zone: zone, Profile: 1, Value: money.Francs(value), Mode: mode}}})
	s.must(err)
	s.m.lots[id] = l
	s.must(s.db.Vouchers().View(ctx, func(tx voucher.Tx) error {
		for i, serial := range s.room.Order[before:] {
			v, err := tx.VoucherBySerial(serial)
			if err != nil {
				return err
			}
			token, err := tx.Token(v.Number)
			if err != nil {
				return err
			}
			line := s.room.Lines[serial]
			c := &card{number: v.Number, serial: serial, lot: id, zone: zone, value: value, mode: mode, secret: line.Secret,
				pin: line.PIN, scan: token.Digits(), spare: i >= n, household: v.Beneficiary, home: v.Home}
			s.m.cards, s.m.bySerial[serial] = append(s.m.cards, c), c
			if !c.spare {
				s.m.move(ledger.Round(theRound), c.account(), value)
			}
		}
		return nil
	}))
}

func (s *sim) key() string {
	s.keys++
	return fmt.Sprintf("k%d", s.keys)
}

func pick[T any](rnd *rand.Rand, list []T) T { return list[rnd.IntN(len(list))] }

// some returns one of those that fit, and whether there is one.
func some[T any](rnd *rand.Rand, list []T, fits func(T) bool) (T, bool) {
	var ok []T
	for _, v := range list {
		if fits(v) {
			ok = append(ok, v)
		}
	}
	if len(ok) == 0 {
		var none T
		return none, false
	}
	return pick(rnd, ok), true
}
