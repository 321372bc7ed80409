package vouchertest

import (
	"context"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// World is a small programme with real keys: one round, two vendors with a
// handheld each ("h1" and "h2", h1 the home of every card), a distribution
// officer's ("d1"), and a clock that the test moves.
type World struct {
	t       testing.TB
	keys    int
	Clock   *Clock
	Store   voucher.Store
	Service voucher.Service
	Root    ed25519.PrivateKey
	Beacon  ed25519.PrivateKey
	Seal    hpke.PrivateKey
	Room    *PrintRoom
	Phones  map[vendors.HandheldID]*Phone
}

// Clock is the time as the test sets it.
type Clock struct{ Now time.Time }

// Read returns the time.
func (c *Clock) Read() time.Time { return c.Now }

// PrintRoom keeps in the clear what a real one encrypts.
type PrintRoom struct {
	Lines map[voucher.Serial]voucher.PrintLine
	Order []voucher.Serial
	Fail  bool // Commit fails
}

type printJob struct {
	room  *PrintRoom
	lines []voucher.PrintLine
}

// Open begins a job.
func (r *PrintRoom) Open(string) (voucher.PrintJob, error) { return &printJob{room: r}, nil }

func (j *printJob) Line(l voucher.PrintLine) error {
	j.lines = append(j.lines, l)
	return nil
}

func (j *printJob) Commit() error {
	if j.room.Fail {
		return errors.New("the print room is closed")
	}
	for _, l := range j.lines {
		j.room.Lines[l.Serial] = l
		j.room.Order = append(j.room.Order, l.Serial)
	}
	return nil
}

func (j *printJob) Discard() error { return nil }

// Phone is a handheld with its key and chain.
type Phone struct {
	ID     vendors.HandheldID
	Key    ed25519.PrivateKey
	Seq    uint64
	Prev   voucher.Hash
	Beacon voucher.Hash
	Bundle uint64
}

// The dates of the world's lots, and two people who may issue.
var (
	Opens    = time.Date(2025, 3, 1, 6, 0, 0, 0, time.UTC)
	SalesEnd = Opens.AddDate(0, 0, 30)
	Grace    = SalesEnd.AddDate(0, 0, 15)
	Issuer   = access.Actor{ID: "s1", Pseudonym: "p1", Programme: "mopti", Roles: []access.Role{access.RoleIssuer}}
	Second   = access.Actor{ID: "s2", Pseudonym: "p2", Programme: "mopti", Roles: []access.Role{access.RoleIssuer}}
)

// NewWorld makes a world on the store that open returns, a day before Opens.
func NewWorld(t testing.TB, open func(now func() time.Time) voucher.Store) *World {
	t.Helper()
	w := &World{t: t, Clock: &Clock{Opens.Add(-24 * time.Hour)}, Phones: map[vendors.HandheldID]*Phone{},
		Room: &PrintRoom{Lines: map[voucher.Serial]voucher.PrintLine{}}}
	w.Root = newKey(t)
	w.Beacon = newKey(t)
	secret := make([]byte, 32)
	rand.Read(secret)
	var err error
	if w.Seal, err = voucher.SealKeyFrom(secret); err != nil {
		t.Fatal(err)
	}
	w.Store = open(w.Clock.Read)
	w.Service = voucher.New(w.Store, w.Config())
	w.Update(func(tx voucher.Tx) error {
		must(t, tx.PutZone(vendors.Zone{Code: "z1", Programme: "mopti",
			Policy: vendors.Policy{Floor: money.Francs(2_000), WaitingDays: 14}}))
		finance := ledger.Actor{Role: "finance-preparer", Name: "p9"}
		_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindFund, Actor: finance,
			Postings: []ledger.Posting{{Debit: ledger.Bank("b1"), Credit: ledger.Fund("f1"), Amount: money.Francs(1_000_000)}}})
		must(t, err)
		_, err = ledger.Post(tx, ledger.Entry{Kind: ledger.KindAllocate, Actor: finance, Round: "r1",
			Postings: []ledger.Posting{
				{Debit: ledger.Fund("f1"), Credit: ledger.Round("r1"), Amount: money.Francs(900_000)},
				{Debit: ledger.Fund("f1"), Credit: ledger.Contingency("r1"), Amount: money.Francs(12_000)},
			}})
		must(t, err)
		for _, id := range []vendors.ID{"v1", "v2"} {
			must(t, tx.PutVendor(vendors.Vendor{ID: id, Programme: "mopti", Zone: "z1",
				Contract: vendors.Contract{From: Opens.AddDate(-1, 0, 0), Until: Opens.AddDate(1, 0, 0)}}))
		}
		return nil
	})
	w.Handheld("h1", "v1", vendors.ForSales)
	w.Handheld("h2", "v2", vendors.ForSales)
	w.Handheld("d1", "", vendors.ForDistribution)
	return w
}

// Config returns the service's configuration.
func (w *World) Config() voucher.Config {
	return voucher.Config{Rand: rand.Reader, PrintRoom: w.Room, Beacon: w.Beacon, Seal: w.Seal,
		RootPublic:   w.Root.Public().(ed25519.PublicKey),
		SignManifest: func(m voucher.Manifest) (string, error) { return voucher.SignManifest(w.Root, m) }}
}

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Update runs fn on the store and fails the test where it fails.
func (w *World) Update(fn func(voucher.Tx) error) {
	w.t.Helper()
	must(w.t, w.Store.Update(context.Background(), fn))
}

// Handheld adds an active handheld with a key of its own.
func (w *World) Handheld(id vendors.HandheldID, v vendors.ID, p vendors.Purpose) *Phone {
	w.t.Helper()
	h := &Phone{ID: id, Key: newKey(w.t)}
	w.Phones[id] = h
	w.Update(func(tx voucher.Tx) error {
		return tx.PutHandheld(vendors.Handheld{ID: id, Programme: "mopti", Vendor: v, Zone: "z1", Purpose: p,
			State: vendors.Active, Key: h.Key.Public().(ed25519.PublicKey), Created: w.Clock.Now, Nonce: "first"})
	})
	return h
}

// items makes n vouchers of 1,000 francs, two to a household, home at h1.
func items(n int, mode voucher.Mode) iter.Seq2[voucher.Item, error] {
	return func(yield func(voucher.Item, error) bool) {
		for i := range n {
			if !yield(voucher.Item{Beneficiary: fmt.Sprintf("b%d", i/2), Point: "p1", Zone: "z1", Home: "h1",
				Profile: 1, Value: money.Francs(1_000), Mode: mode}, nil) {
				return
			}
		}
	}
}

// Lot is the command to issue a lot of n vouchers of 1,000 francs.
func Lot(id string, n, spares int, mode voucher.Mode) voucher.IssueLot {
	return voucher.IssueLot{Programme: "mopti", Round: "r1", Lot: id, Issuer: "ngo", NotBefore: Opens, Expires: SalesEnd,
		GraceUntil: Grace, Profiles: []voucher.Profile{{Number: 1, Asset: money.XOF, Cap: 10_000}}, Count: n,
		Items:  items(n, mode),
		Spares: []voucher.Spare{{Count: spares, Point: "p1", Zone: "z1", Profile: 1, Value: money.Francs(1_000), Mode: mode}},
		By:     Issuer}
}

// Issue issues a lot and returns its serials in the order of issue.
func (w *World) Issue(id string, n, spares int, mode voucher.Mode) []voucher.Serial {
	w.t.Helper()
	before := len(w.Room.Order)
	_, err := w.Service.IssueLot(context.Background(), Lot(id, n, spares, mode))
	must(w.t, err)
	return w.Room.Order[before:]
}

// Refresh gives a Phone a fresh bundle, by its own signed request.
func (w *World) Refresh(id vendors.HandheldID) voucher.Bundle {
	w.t.Helper()
	p := w.Phones[id]
	var h vendors.Handheld
	must(w.t, w.Store.View(context.Background(), func(tx voucher.Tx) (err error) {
		h, err = tx.Handheld(id)
		return err
	}))
	path := "/api/v1/handhelds/" + string(id) + "/bundle"
	proof, err := voucher.SignRequest(voucher.Request{Handheld: id, Method: "GET", Path: path,
		Body: voucher.HashOf(""), Nonce: h.Nonce, Counter: h.Counter + 1}, p.Key)
	must(w.t, err)
	signed, err := w.Service.Bundle(context.Background(), voucher.AskBundle{Proof: proof, Method: "GET", Path: path})
	must(w.t, err)
	b, err := voucher.ParseBundle(signed.Bundle, w.Beacon.Public().(ed25519.PublicKey))
	must(w.t, err)
	p.Beacon, p.Bundle = voucher.HashOf(b.Beacon), b.Snapshot
	return b
}

// Record signs the next record of a Phone.
func (w *World) Record(id vendors.HandheldID, body voucher.Body) string {
	w.t.Helper()
	p := w.Phones[id]
	jws, err := voucher.SignRecord(voucher.Record{Head: voucher.Head{Handheld: id, Seq: p.Seq + 1, Prev: p.Prev,
		Time: voucher.UnixOf(w.Clock.Now), Beacon: p.Beacon, Bundle: p.Bundle}, Body: body}, p.Key)
	must(w.t, err)
	p.Seq, p.Prev = p.Seq+1, voucher.HashOf(jws)
	return jws
}

// Sale signs a receipt with the factor that was printed.
func (w *World) Sale(id vendors.HandheldID, s voucher.Serial) string {
	w.t.Helper()
	l := w.Room.Lines[s]
	return w.SaleWith(id, s, voucher.Factor{Secret: l.Secret, PIN: l.PIN})
}

// SaleWith signs a receipt with the factor given, or none.
func (w *World) SaleWith(id vendors.HandheldID, s voucher.Serial, f voucher.Factor) string {
	w.t.Helper()
	r := voucher.Receipt{Serial: s, Amount: 1_000, Lines: []voucher.Line{{Item: "rice", Quantity: "2", Price: 500}}}
	if f != (voucher.Factor{}) {
		sealed, err := voucher.SealFactor(w.Seal.PublicKey(), f, id, s, w.Phones[id].Seq+1)
		must(w.t, err)
		r.Factor = sealed
	}
	return w.Record(id, r)
}

// Activate hands cards over.
func (w *World) Activate(serials ...voucher.Serial) voucher.Outcome {
	w.t.Helper()
	return w.Send("d1", w.Record("d1", voucher.Activation{Serials: serials, By: voucher.TakerHead}))[0]
}

// Send uploads records and returns the outcomes of the verified answer.
func (w *World) Send(id vendors.HandheldID, records ...string) []voucher.Outcome {
	w.t.Helper()
	a, err := w.Service.Redeem(context.Background(), voucher.Redeem{Handheld: id, Records: records, Channel: "https"})
	must(w.t, err)
	ack, err := voucher.ParseAck(a.Ack, w.Beacon.Public().(ed25519.PublicKey))
	must(w.t, err)
	return ack.Outcomes
}

// Voucher returns a card as it stands.
func (w *World) Voucher(s voucher.Serial) voucher.Voucher {
	w.t.Helper()
	v, err := w.Service.Lookup(context.Background(), voucher.Query{By: Issuer, Serial: s})
	must(w.t, err)
	return v
}

// Balance returns what an account holds, in francs.
func (w *World) Balance(a ledger.Account) int64 {
	w.t.Helper()
	var m money.Amount
	must(w.t, w.Store.View(context.Background(), func(tx voucher.Tx) (err error) {
		m, err = tx.Balance(a, money.XOF)
		return err
	}))
	return m.Minor()
}

// Key returns a new idempotency key.
func (w *World) Key() string {
	w.keys++
	return fmt.Sprintf("k%d", w.keys)
}

// Change is a command about one card.
func (w *World) Change(s voucher.Serial) voucher.Change {
	return voucher.Change{By: Issuer, Key: w.Key(), Serial: s, Reason: "lost"}
}

// Expect fails the test unless the outcome is the wanted one.
func (w *World) Expect(o voucher.Outcome, state voucher.ReceiptState, reason string) {
	w.t.Helper()
	if o.State != state || o.Reason != reason {
		w.t.Fatalf("got %s (%s), want %s (%s)", o.State, o.Reason, state, reason)
	}
}
