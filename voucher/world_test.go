package voucher_test

import (
	"context"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// world is a small programme with real keys: one round of one lot, vendors
// with handhelds, a distribution officer, and a clock that the test moves.
type world struct {
	t       testing.TB
	store   voucher.Store
	service voucher.Service
	now     time.Time
	root    ed25519.PrivateKey
	beacon  ed25519.PrivateKey
	seal    hpke.PrivateKey
	room    *printRoom
	phones  map[vendors.HandheldID]*phone
	keys    int
}

// printRoom keeps in the clear what a real one encrypts.
type printRoom struct {
	mu    sync.Mutex
	lines map[voucher.Serial]voucher.PrintLine
	order []voucher.Serial
	fail  bool
}

type printJob struct {
	room  *printRoom
	lines []voucher.PrintLine
}

func (r *printRoom) Open(string) (voucher.PrintJob, error) { return &printJob{room: r}, nil }

func (j *printJob) Line(l voucher.PrintLine) error {
	j.lines = append(j.lines, l)
	return nil
}

func (j *printJob) Commit() error {
	if j.room.fail {
		return fmt.Errorf("the print room is closed")
	}
	for _, l := range j.lines {
		j.room.lines[l.Serial] = l
		j.room.order = append(j.room.order, l.Serial)
	}
	return nil
}

func (j *printJob) Discard() error { return nil }

// phone is a handheld with its key and chain.
type phone struct {
	id     vendors.HandheldID
	key    ed25519.PrivateKey
	seq    uint64
	prev   voucher.Hash
	beacon voucher.Hash
	bundle uint64
}

var (
	opens    = time.Date(2025, 3, 1, 6, 0, 0, 0, time.UTC)
	salesEnd = opens.AddDate(0, 0, 30)
	grace    = salesEnd.AddDate(0, 0, 15)
	issuer   = access.Actor{ID: "s1", Pseudonym: "p1", Programme: "mopti", Roles: []access.Role{access.RoleIssuer}}
	second   = access.Actor{ID: "s2", Pseudonym: "p2", Programme: "mopti", Roles: []access.Role{access.RoleIssuer}}
)

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, now: opens.Add(-24 * time.Hour), phones: map[vendors.HandheldID]*phone{},
		room: &printRoom{lines: map[voucher.Serial]voucher.PrintLine{}}}
	w.root = newKey(t)
	w.beacon = newKey(t)
	secret := make([]byte, 32)
	rand.Read(secret)
	var err error
	if w.seal, err = voucher.SealKeyFrom(secret); err != nil {
		t.Fatal(err)
	}
	w.store = mem.Open(func() time.Time { return w.now }).Vouchers()
	w.service = voucher.New(w.store, w.config())
	w.update(func(tx voucher.Tx) error {
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
				Contract: vendors.Contract{From: opens.AddDate(-1, 0, 0), Until: opens.AddDate(1, 0, 0)}}))
		}
		return nil
	})
	w.handheld("h1", "v1", vendors.ForSales)
	w.handheld("h2", "v2", vendors.ForSales)
	w.handheld("d1", "", vendors.ForDistribution)
	return w
}

func (w *world) config() voucher.Config {
	return voucher.Config{Rand: rand.Reader, PrintRoom: w.room, Beacon: w.beacon, Seal: w.seal,
		RootPublic:   w.root.Public().(ed25519.PublicKey),
		SignManifest: func(m voucher.Manifest) (string, error) { return voucher.SignManifest(w.root, m) }}
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

func (w *world) update(fn func(voucher.Tx) error) {
	w.t.Helper()
	must(w.t, w.store.Update(context.Background(), fn))
}

func (w *world) handheld(id vendors.HandheldID, v vendors.ID, p vendors.Purpose) *phone {
	w.t.Helper()
	h := &phone{id: id, key: newKey(w.t)}
	w.phones[id] = h
	w.update(func(tx voucher.Tx) error {
		return tx.PutHandheld(vendors.Handheld{ID: id, Programme: "mopti", Vendor: v, Zone: "z1", Purpose: p,
			State: vendors.Active, Key: h.key.Public().(ed25519.PublicKey), Created: w.now, Nonce: "first"})
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

func lot(id string, n, spares int, mode voucher.Mode) voucher.IssueLot {
	return voucher.IssueLot{Programme: "mopti", Round: "r1", Lot: id, Issuer: "ngo", NotBefore: opens, Expires: salesEnd,
		GraceUntil: grace, Profiles: []voucher.Profile{{Number: 1, Asset: money.XOF, Cap: 10_000}}, Count: n,
		Items:  items(n, mode),
		Spares: []voucher.Spare{{Count: spares, Point: "p1", Zone: "z1", Profile: 1, Value: money.Francs(1_000), Mode: mode}},
		By:     issuer, Role: access.RoleIssuer}
}

// issue issues a lot and returns its serials in the order of issue.
func (w *world) issue(id string, n, spares int, mode voucher.Mode) []voucher.Serial {
	w.t.Helper()
	before := len(w.room.order)
	_, err := w.service.IssueLot(context.Background(), lot(id, n, spares, mode))
	must(w.t, err)
	return w.room.order[before:]
}

// refresh gives a phone a fresh bundle, by its own signed request.
func (w *world) refresh(id vendors.HandheldID) voucher.Bundle {
	w.t.Helper()
	p := w.phones[id]
	var h vendors.Handheld
	must(w.t, w.store.View(context.Background(), func(tx voucher.Tx) (err error) {
		h, err = tx.Handheld(id)
		return err
	}))
	path := "/api/v1/handhelds/" + string(id) + "/bundle"
	proof, err := voucher.SignRequest(voucher.Request{Handheld: id, Method: "GET", Path: path,
		Body: voucher.HashOf(""), Nonce: h.Nonce, Counter: h.Counter + 1}, p.key)
	must(w.t, err)
	signed, err := w.service.Bundle(context.Background(), voucher.AskBundle{Proof: proof, Method: "GET", Path: path})
	must(w.t, err)
	b, err := voucher.ParseBundle(signed.Bundle, w.beacon.Public().(ed25519.PublicKey))
	must(w.t, err)
	p.beacon, p.bundle = voucher.HashOf(b.Beacon), b.Snapshot
	return b
}

// record signs the next record of a phone.
func (w *world) record(id vendors.HandheldID, body voucher.Body) string {
	w.t.Helper()
	p := w.phones[id]
	jws, err := voucher.SignRecord(voucher.Record{Head: voucher.Head{Handheld: id, Seq: p.seq + 1, Prev: p.prev,
		Time: voucher.UnixOf(w.now), Beacon: p.beacon, Bundle: p.bundle}, Body: body}, p.key)
	must(w.t, err)
	p.seq, p.prev = p.seq+1, voucher.HashOf(jws)
	return jws
}

// sale signs a receipt with the factor that was printed.
func (w *world) sale(id vendors.HandheldID, s voucher.Serial) string {
	w.t.Helper()
	l := w.room.lines[s]
	return w.saleWith(id, s, voucher.Factor{Secret: l.Secret, PIN: l.PIN})
}

func (w *world) saleWith(id vendors.HandheldID, s voucher.Serial, f voucher.Factor) string {
	w.t.Helper()
	r := voucher.Receipt{Serial: s, Amount: 1_000, Lines: []voucher.Line{{Item: "rice", Quantity: "2", Price: 500}}}
	if f != (voucher.Factor{}) {
		sealed, err := voucher.SealFactor(w.seal.PublicKey(), f, id, s, w.phones[id].seq+1)
		must(w.t, err)
		r.Factor = sealed
	}
	return w.record(id, r)
}

func (w *world) activate(serials ...voucher.Serial) voucher.Outcome {
	w.t.Helper()
	return w.send("d1", w.record("d1", voucher.Activation{Serials: serials, By: voucher.TakerHead}))[0]
}

// send uploads records and returns the outcomes of the verified answer.
func (w *world) send(id vendors.HandheldID, records ...string) []voucher.Outcome {
	w.t.Helper()
	a, err := w.service.Redeem(context.Background(), voucher.Redeem{Handheld: id, Records: records, Channel: "https"})
	must(w.t, err)
	ack, err := voucher.ParseAck(a.Ack, w.beacon.Public().(ed25519.PublicKey))
	must(w.t, err)
	return ack.Outcomes
}

func (w *world) voucher(s voucher.Serial) voucher.Voucher {
	w.t.Helper()
	v, err := w.service.Lookup(context.Background(), voucher.Query{By: issuer, Serial: s})
	must(w.t, err)
	return v
}

func (w *world) balance(a ledger.Account) int64 {
	w.t.Helper()
	var m money.Amount
	must(w.t, w.store.View(context.Background(), func(tx voucher.Tx) (err error) {
		m, err = tx.Balance(a, money.XOF)
		return err
	}))
	return m.Minor()
}

func (w *world) key() string {
	w.keys++
	return fmt.Sprintf("k%d", w.keys)
}

func (w *world) change(s voucher.Serial) voucher.Change {
	return voucher.Change{By: issuer, Key: w.key(), Serial: s, Reason: "lost"}
}

// expect fails the test unless the outcome is the wanted one.
func (w *world) expect(o voucher.Outcome, state voucher.ReceiptState, reason string) {
	w.t.Helper()
	if o.State != state || o.Reason != reason {
		w.t.Fatalf("got %s (%s), want %s (%s)", o.State, o.Reason, state, reason)
	}
}
