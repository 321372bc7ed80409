package handheld

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// The stories in testdata/handheld.json are what this handheld does, step by
// step, for another one to do alike: the browser's replays them.

var update = flag.Bool("update", false, "write testdata/handheld.json anew")

const storiesFile = "testdata/handheld.json"

type (
	stories struct {
		Root, Beacon string // public keys
		BeaconSeed   string // for acknowledgements of records that the replaying handheld signs
		Stories      []story
	}
	story struct {
		Name    string
		Purpose vendors.Purpose
		Steps   []step
		End     ending
	}
	// step is one call and what became of it. Code is the fault's, empty where
	// it went well.
	step struct {
		Do     string // take, keys, open, ack, look, sell, cancel, activate or reopen
		Now    int64
		Bundle string          `json:",omitempty"`
		Keys   []string        `json:",omitempty"`
		Ack    *ackShape       `json:",omitempty"`
		Sale   *Sale           `json:",omitempty"`
		Cards  []string        `json:",omitempty"`
		By     voucher.Taker   `json:",omitempty"`
		Seq    uint64          `json:",omitempty"`
		Reason string          `json:",omitempty"`
		Code   string          // what became of it
		Card   *cardShape      `json:",omitempty"`
		Record json.RawMessage `json:",omitempty"` // payload of the record that it made
	}
	// ackShape is an acknowledgement without hashes of records, which another
	// handheld signs otherwise. Head is empty where it is the record Seq's, else the hash.
	ackShape struct {
		Seq      uint64
		Head     string `json:",omitempty"`
		Time     voucher.Unix
		Outcomes []outcomeShape
	}
	outcomeShape struct {
		Seq    uint64
		State  voucher.ReceiptState
		Reason string
	}
	cardShape struct {
		Serial                    voucher.Serial
		Value                     int64
		Asset                     string
		Expires                   int64
		Home, Secret, PIN, AskPIN bool
		Risk                      []voucher.Risk
		Categories, Items         []string
	}
	ending struct {
		Now, Floor        int64
		Records, Unsynced int
		Since             int64
		Freshness         Freshness
		Locked            []voucher.Serial
		Warnings          []string
		Totals            map[voucher.ReceiptState][]string
		Entries           []voucher.ReceiptState
	}
)

// teller does what a story says, on a handheld, and writes it down.
type teller struct {
	*office
	h     *Handheld
	store *Memory
	story story
}

func newTeller(o *office, name string) *teller {
	w := &teller{office: o, store: &Memory{}, story: story{Name: name, Purpose: o.purpose}}
	w.h = o.enrol(w.store)
	return w
}

// tell writes a step down with what became of it.
func (w *teller) tell(s step, err error) error {
	w.t.Helper()
	s.Now = w.now.Unix()
	if err != nil {
		f := fault.Of(err)
		if f == nil {
			w.t.Fatal(err)
		}
		s.Code = f.Code
	} else if n := len(w.h.chain.records); s.Do == "sell" || s.Do == "cancel" || s.Do == "activate" {
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(w.h.chain.records[n-1].jws, ".")[1])
		w.must(err)
		s.Record = payload
	}
	w.story.Steps = append(w.story.Steps, s)
	return err
}

func (w *teller) take(edit ...func(*voucher.Bundle)) {
	w.t.Helper()
	jws := w.bundle(edit...)
	_ = w.tell(step{Do: "take", Bundle: jws}, w.h.TakeBundle(jws))
}

func (w *teller) sell(s Sale) error {
	w.t.Helper()
	_, err := w.h.Sell(s)
	return w.tell(step{Do: "sell", Sale: &s}, err)
}

func (w *teller) look(scan string) {
	w.t.Helper()
	c, err := w.h.Look(scan)
	shape := &cardShape{Serial: c.Serial, Value: c.Value.Minor(), Asset: c.Value.Asset().String(), Expires: c.Expires.Unix(), Home: c.Home,
		Secret: c.Secret, PIN: c.PIN, AskPIN: c.AskPIN, Risk: append([]voucher.Risk{}, c.Risk...),
		Categories: append([]string{}, c.Categories...), Items: append([]string{}, c.Items...)}
	if err != nil {
		shape = nil
	}
	_ = w.tell(step{Do: "look", Cards: []string{scan}, Card: shape}, err)
}

func (w *teller) cancel(seq uint64, reason voucher.CancelReason) {
	w.t.Helper()
	_, err := w.h.Cancel(seq, reason)
	_ = w.tell(step{Do: "cancel", Seq: seq, Reason: string(reason)}, err)
}

func (w *teller) activate(by voucher.Taker, reason voucher.TakerReason, cards ...string) {
	w.t.Helper()
	_, err := w.h.Activate(cards, by, reason)
	_ = w.tell(step{Do: "activate", Cards: cards, By: by, Reason: string(reason)}, err)
}

func (w *teller) reopen() {
	w.t.Helper()
	w.h = w.open(w.store)
	_ = w.tell(step{Do: "reopen"}, nil)
}

func (w *teller) answer(edit ...func(*voucher.Ack)) {
	w.t.Helper()
	jws := w.ack(w.h, edit...)
	a, err := voucher.ParseAck(jws, public(w.beacon))
	w.must(err)
	shape := &ackShape{Seq: a.Seq, Time: a.Time, Outcomes: []outcomeShape{}}
	if n := uint64(len(w.h.chain.records)); a.Seq > n || a.Seq > 0 && w.h.chain.records[a.Seq-1].hash != a.Head {
		shape.Head = a.Head.String()
	}
	for _, o := range a.Outcomes {
		shape.Outcomes = append(shape.Outcomes, outcomeShape{o.Seq, o.State, o.Reason})
	}
	_, err = w.h.TakeAck(jws)
	_ = w.tell(step{Do: "ack", Ack: shape}, err)
}

// end writes down how the handheld stands.
func (w *teller) end() story {
	s := w.h.Status()
	e := ending{Now: w.now.Unix(), Floor: s.Time.Unix(), Records: int(s.Records), Unsynced: s.Unsynced, Freshness: s.Freshness, Locked: append([]voucher.Serial{}, s.Locked...),
		Warnings: []string{}, Totals: map[voucher.ReceiptState][]string{}, Entries: []voucher.ReceiptState{}}
	if s.Unsynced > 0 {
		e.Since = s.UnsyncedSince.Unix()
	}
	for _, f := range s.Warnings {
		e.Warnings = append(e.Warnings, f.Code)
	}
	for state, list := range s.Totals {
		for _, a := range list {
			e.Totals[state] = append(e.Totals[state], a.String())
		}
	}
	for _, r := range w.h.Entries() {
		e.Entries = append(e.Entries, r.State)
	}
	w.story.End = e
	return w.story
}

// allStories tells one story for each rule of Sell, and those in which more
// happens than a refusal.
func allStories(t *testing.T) stories {
	o := newOffice(t)
	b64 := base64.RawURLEncoding.EncodeToString
	all := stories{Root: b64(public(o.root)), Beacon: b64(public(o.beacon)), BeaconSeed: b64(o.beacon.Seed())}
	refused := refusedSales()
	for _, name := range slices.Sorted(maps.Keys(refused)) {
		all.Stories = append(all.Stories, storyOfRefusal(t, name, refused[name]))
	}
	for _, one := range []func(*testing.T) story{storyOfAnEmbargo, storyOfADay, storyOfTries, storyOfClocks, storyOfLimits, storyOfHandOver, storyOfBundles, storyOfNewKeys} {
		all.Stories = append(all.Stories, one(t))
	}
	return all
}

func storyOfRefusal(t *testing.T, name string, tt refusedSale) story {
	o := newOffice(t)
	p := o.print(tt.card)
	if tt.before != nil {
		tt.before(o, &p)
	}
	w := newTeller(o, name)
	w.take()
	if name == "a rolled-back handheld" {
		w.answer(func(a *voucher.Ack) { a.Seq, a.Head = 7, voucher.HashOf("seven") })
	} else if tt.after != nil {
		tt.after(o, w.h)
	}
	s := sale(p)
	if tt.sale != nil {
		tt.sale(&s)
	}
	w.look(s.Scan)
	if err := w.sell(s); fault.Of(err) == nil || fault.Of(err).Code != tt.want.Code {
		t.Errorf("%s: %v, want %s", name, err, tt.want.Code)
	}
	return w.end()
}

func storyOfADay(t *testing.T) story {
	o := newOffice(t)
	var cards []printed
	for _, v := range []voucherOf{
		{mode: voucher.ModeSecret, home: true, value: 5000}, {mode: voucher.ModePIN, home: true, value: 5000},
		{mode: voucher.ModeBoth, home: true, value: 5000}, {mode: voucher.ModeSecret, home: true, value: 2500, profile: 2},
		{mode: voucher.ModeSecret, value: 3000}, {mode: voucher.ModePIN, value: 3000}, {mode: voucher.ModeBoth, value: 2000},
	} {
		cards = append(cards, o.print(v))
	}
	basket := o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 1000, profile: 3})
	w := newTeller(o, "a day in the shop")
	w.take()
	for _, p := range cards {
		w.now = w.now.Add(time.Minute)
		w.look(p.scan)
		_ = w.sell(sale(p))
		_ = w.sell(sale(p))
	}
	_ = w.sell(Sale{Scan: basket.scan, Factor: basket.factor, Cash: 125, Lines: []voucher.Line{{Item: "millet", Quantity: "3.75", Price: 300}}})
	w.reopen()
	_ = w.sell(sale(cards[0]))
	w.cancel(1, "why not")
	w.cancel(1, voucher.CancelMistake)
	w.cancel(1, voucher.CancelMistake)
	w.cancel(99, voucher.CancelMistake)
	_ = w.sell(sale(cards[0]))
	w.answer(func(a *voucher.Ack) { a.Outcomes[8].State = voucher.Rejected })
	_ = w.sell(sale(cards[0]))
	w.answer(func(a *voucher.Ack) { a.Outcomes[1].State, a.Outcomes[1].Reason = voucher.Contested, "wrong_pin" })
	w.cancel(2, voucher.CancelReturned)
	w.now = w.now.Add(24 * time.Hour)
	w.cancel(3, voucher.CancelMissing)
	w.look(cards[3].scan)
	return w.end()
}

func (w *teller) keys(list ...string) {
	w.t.Helper()
	_, err := w.h.TakeKeys(list)
	_ = w.tell(step{Do: "keys", Keys: list}, err)
}

// succession signs the word on new keys, and the office signs with them from now on.
func (o *office) succession(root, beacon ed25519.PrivateKey, until time.Time) string {
	o.t.Helper()
	jws, err := voucher.SignSuccession(voucher.Succession{At: voucher.UnixOf(o.now), Was: voucher.KeyID(public(o.beacon)),
		Beacon: voucher.Base64(public(beacon)), Root: voucher.Base64(public(root)), Until: voucher.UnixOf(until)}, o.root)
	o.must(err)
	o.root, o.beacon = root, beacon
	return jws
}

// storyOfNewKeys: the beacon key is replaced and then the root key. What is sold
// goes on; what the old keys sign from then on is refused.
func storyOfNewKeys(t *testing.T) story {
	o := newOffice(t)
	var cards []printed
	for range 6 {
		cards = append(cards, o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 1000}))
	}
	w := newTeller(o, "new keys")
	w.take()
	_ = w.sell(sale(cards[0]))
	w.answer()
	oldRoot, oldBeacon := o.root, o.beacon
	forged := &office{t: t, root: seedKey("another root"), beacon: oldBeacon, now: o.now}
	w.keys(forged.succession(forged.root, seedKey("thief's beacon"), o.now))
	forged = &office{t: t, root: oldRoot, beacon: oldBeacon, now: o.now}
	wrong := forged.succession(oldRoot, seedKey("thief's beacon"), o.now)
	w.keys(wrong[:len(wrong)-8] + "AAAAAAAA")
	first := o.succession(o.root, seedKey("second beacon"), o.now)
	w.keys(first)
	_ = w.sell(sale(cards[1])) // with the bundle that the old key signed
	w.reopen()
	_ = w.sell(sale(cards[2]))
	second := o.beacon
	o.beacon = oldBeacon
	w.answer()
	w.take()
	o.beacon = second
	w.keys(first)
	w.take()
	_ = w.sell(sale(cards[3]))
	last := o.now.Add(10 * 24 * time.Hour)
	w.keys(first, o.succession(seedKey("second root"), seedKey("third beacon"), last))
	newRoot := o.root
	byOld := func(b *voucher.Bundle) {
		m, err := voucher.SignManifest(oldRoot, o.manifest)
		o.must(err)
		b.Lots[0].Manifest = m
	}
	w.now = last.Add(-time.Second)
	w.take(byOld)
	_ = w.sell(sale(cards[4]))
	w.now = last
	w.take(byOld)
	o.root = newRoot
	w.take()
	w.reopen()
	_ = w.sell(sale(cards[5]))
	return w.end()
}

func storyOfTries(t *testing.T) story {
	o := newOffice(t)
	p := o.print(voucherOf{mode: voucher.ModeBoth, home: true, value: 5000})
	w := newTeller(o, "three wrong tries")
	w.take()
	wrong := sale(p)
	wrong.Factor.Secret = "1111111111111111"
	_ = w.sell(wrong)
	w.look(p.scan)
	w.reopen()
	wrong = sale(p)
	wrong.Factor.PIN = otherPIN(p.factor.PIN)
	_ = w.sell(wrong)
	wrong.Factor.PIN = "12345x"
	_ = w.sell(wrong)
	_ = w.sell(sale(p))
	return w.end()
}

func storyOfClocks(t *testing.T) story {
	o := newOffice(t)
	var cards []printed
	for range 4 {
		cards = append(cards, o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 1000}))
	}
	w := newTeller(o, "a clock that goes wrong")
	w.take()
	for i, at := range []time.Time{noon.AddDate(-1, 0, 0), noon.AddDate(0, 0, 2), noon.AddDate(-1, 0, 0)} {
		w.now = at
		_ = w.sell(sale(cards[i]))
	}
	w.now = noon.Add(time.Hour)
	w.answer()
	w.now = noon.AddDate(-1, 0, 0)
	_ = w.sell(sale(cards[3]))
	return w.end()
}

func storyOfLimits(t *testing.T) story {
	o := newOffice(t)
	o.policy.Count, o.policy.Sum = 22, 22_500
	var cards []printed
	for range 24 {
		cards = append(cards, o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 1000}))
	}
	large := o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 22_501})
	w := newTeller(o, "limits and pace")
	w.take()
	_ = w.sell(sale(large))
	for _, p := range cards[:23] {
		_ = w.sell(sale(p))
	}
	w.answer()
	w.now = w.now.Add(paceWithin)
	_ = w.sell(sale(cards[23]))
	w.now = w.now.Add(25 * time.Hour)
	return w.end()
}

func storyOfHandOver(t *testing.T) story {
	o := newOffice(t)
	o.purpose = vendors.ForDistribution
	card := voucherOf{mode: voucher.ModeSecret, value: 1}
	scanned, spare, void, used := o.print(card), o.print(card), o.print(card), o.print(card)
	expired := o.print(voucherOf{mode: voucher.ModeSecret, value: 1, days: [2]int{-2, -1}})
	early := o.print(voucherOf{mode: voucher.ModeSecret, value: 1, days: [2]int{1, 9}})
	forged := o.print(voucherOf{mode: voucher.ModeSecret, value: 1, forgedKey: true})
	o.must(o.status.Set(spare.index, voucher.ListSuspended))
	o.must(o.status.Set(void.index, voucher.ListVoid))
	o.must(o.status.Set(used.index, voucher.ListRedeemed))
	number := voucher.Serial("0123456789ABCDEF").Printed()
	w := newTeller(o, "a hand-over")
	w.activate(voucher.TakerHead, "", scanned.scan)
	w.activate(voucher.TakerHead, "", number)
	w.take()
	w.activate(voucher.TakerThirdParty, voucher.ReasonHealth, scanned.scan, strings.ToLower(number), spare.scan, early.scan)
	for _, scan := range []string{void.scan, used.scan, expired.scan, forged.scan, "0123-4567-89AB-CDEF-99", scanned.scan[2:]} {
		w.activate(voucher.TakerAlternate, "", scan)
	}
	w.activate(voucher.TakerHead, "")
	w.activate(voucher.TakerHead, "", scanned.scan, scanned.scan)
	w.activate(voucher.TakerThirdParty, "", scanned.scan)
	w.activate(voucher.TakerHead, voucher.ReasonHealth, scanned.scan)
	w.activate("neighbour", "", scanned.scan)
	w.activate(voucher.TakerThirdParty, "Aminata", scanned.scan)
	_ = w.sell(sale(scanned))
	w.cancel(1, voucher.CancelMistake)
	return w.end()
}

// storyOfAnEmbargo has two lots: one that everybody may know, and one that waits
// for its officer.
func storyOfAnEmbargo(t *testing.T) story {
	o := newOffice(t)
	o.purpose = vendors.ForDistribution
	p := o.print(voucherOf{mode: voucher.ModeSecret, value: 5000})
	code := []byte("sixteen bytes 16")
	sealed := func(b *voucher.Bundle) {
		l, err := voucher.SealLot(o.random, code, b.Lots[0])
		o.must(err)
		b.Lots = []voucher.BundleLot{l}
	}
	w := newTeller(o, "an embargo")
	w.unseal(vendors.PrintCode(code))
	w.take(sealed)
	w.activate(voucher.TakerHead, "", p.scan)
	w.unseal(vendors.PrintCode([]byte("fifteen bytes 16")))
	w.unseal("ABCDE")
	w.unseal(strings.ToLower(vendors.PrintCode(code)))
	w.activate(voucher.TakerHead, "", p.scan)
	w.unseal(vendors.PrintCode(code))
	w.reopen()
	w.activate(voucher.TakerAlternate, "", p.scan)
	w.now = w.now.Add(time.Hour)
	w.take(sealed)
	w.activate(voucher.TakerAlternate, "", p.scan)
	w.take(func(b *voucher.Bundle) { b.Lots[0].Sealed = []byte("beside what it should hide") })
	w.take(func(b *voucher.Bundle) {
		l, err := voucher.SealLot(o.random, code, b.Lots[0])
		o.must(err)
		twice, err := voucher.SealLot(o.random, code, l)
		o.must(err)
		b.Lots = []voucher.BundleLot{twice}
	})
	w.take()
	return w.end()
}

func (w *teller) unseal(code string) {
	w.t.Helper()
	_, err := w.h.OpenLots(code)
	_ = w.tell(step{Do: "open", Cards: []string{code}}, err)
}

func storyOfBundles(t *testing.T) story {
	o := newOffice(t)
	p := o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 5000})
	w := newTeller(o, "bundles good and bad")
	_ = w.sell(sale(p))
	for _, edit := range []func(*voucher.Bundle){
		func(b *voucher.Bundle) { b.Handheld = "h2" },
		func(b *voucher.Bundle) { b.Purpose = vendors.ForDistribution },
		func(b *voucher.Bundle) { b.Lots[0].Manifest = b.Lots[0].Manifest[:400] },
		func(b *voucher.Bundle) { b.Lots[0].Status = b.Lots[0].Status[1:] },
		func(b *voucher.Bundle) { b.Lots[0].Home = b.Lots[0].Home[1:] },
		func(b *voucher.Bundle) { b.Lots = nil },
		func(b *voucher.Bundle) { b.Seal = b.Seal[1:] },
		func(b *voucher.Bundle) { b.Beacon = "x.y.z" },
		func(b *voucher.Bundle) { b.Snapshot = 0 },
		func(b *voucher.Bundle) { b.Items[0].FR = "Riz \u2028 <local> & \u00e9" },
		func(b *voucher.Bundle) { b.Snapshot-- },
	} {
		w.take(edit)
	}
	_ = w.sell(sale(p))
	w.now = w.now.Add(2 * time.Hour)
	w.take()
	return w.end()
}

// TestStories holds the stories to what the code does now.
func TestStories(t *testing.T) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	all := allStories(t)
	for i := range all.Stories {
		for k := range all.Stories[i].Steps {
			blank(t, &all.Stories[i].Steps[k])
		}
	}
	if err := enc.Encode(all); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(storiesFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(storiesFile)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(b.String(), string(got)); d != "" {
		t.Errorf("the stories are others now; if that is meant, run go test -run Stories -update\n%s", d)
	}
}

// blank takes out what no two runs have alike: the sealed factor, and the hashes
// of records that hold one.
func blank(t *testing.T, s *step) {
	if s.Record == nil {
		return
	}
	var members map[string]any
	if err := json.Unmarshal(s.Record, &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ev", "prev", "of"} {
		delete(members, name)
	}
	var err error
	if s.Record, err = json.Marshal(members); err != nil {
		t.Fatal(err)
	}
}
