package sim

import (
	"crypto/ed25519"
	"crypto/hpke"
	"fmt"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// model is the server as the design describes it.
type model struct {
	books       map[ledger.Account]int64
	touched     map[ledger.Account]bool // since the last check
	payments    []*payment
	claims      []*claim
	settlements []*settlement

	devices   map[vendors.HandheldID]*device
	cards     []*card // in the order of issue
	bySerial  map[voucher.Serial]*card
	lots      map[string]*lot
	records   []*record // in the order of arrival
	byHash    map[voucher.Hash]*record
	beacons   map[voucher.Hash]time.Time
	zones     map[string]policy
	suspended map[vendors.ID]bool
	proposals map[string]*proposal
	parsed    map[string]parsed // what was sent before
	seal      hpke.PrivateKey
	seen      map[string]int // how often each kind of thing happened
}

// parsed is a record that a handheld sent, or none of its.
type parsed struct {
	voucher.Record
	hash voucher.Hash
	ok   bool
}

// parse reads what a handheld sent; a lot of it is sent many times.
func (m *model) parse(d *device, jws string) parsed {
	key := string(d.id) + " " + jws
	p, known := m.parsed[key]
	if !known {
		var err error
		p.Record, p.hash, err = voucher.ParseRecord(jws, d.key)
		p.ok = err == nil && p.Handheld == d.id
		m.parsed[key] = p
	}
	return p
}

// policy is what a zone asks of a vendor who cannot ask the server.
type policy struct {
	fresh, degraded time.Duration // age of a bundle
	floor           int64         // for cards of other shops
	waiting         time.Duration // for an activation that does not come
}

// lot is the cards that were issued together.
type lot struct {
	id       string
	from     time.Time
	salesEnd time.Time
	grace    time.Time
	closed   bool
}

// card is a voucher.
type card struct {
	number        voucher.Number
	serial        voucher.Serial
	lot           string
	zone          string
	value         int64
	mode          voucher.Mode
	secret, pin   string
	scan          string // the digits of its code
	spare         bool
	household     string // "" for a spare that nobody has
	home          vendors.HandheldID
	activated     voucher.Interval
	held          time.Time
	void          time.Time
	replaced      bool
	expired       time.Time
	holder        *record // the receipt that it was spent with
	redeemed      time.Time
	wrongPINs     int
	reservedFor   vendors.HandheldID
	reservedUntil time.Time
	receipts      []*record // in the order of arrival
}

func (c *card) life() voucher.Life {
	switch {
	case c.replaced:
		return voucher.Replaced
	case !c.void.IsZero():
		return voucher.Void
	case c.holder != nil:
		return voucher.Redeemed
	case !c.expired.IsZero():
		return voucher.Expired
	case !c.held.IsZero():
		return voucher.Held
	case c.activated.IsZero():
		return voucher.Issued
	}
	return voucher.Active
}

// device is a handheld as the server knows it.
type device struct {
	id         vendors.HandheldID
	vendor     vendors.ID
	zone       string
	purpose    vendors.Purpose
	state      vendors.HandheldState
	key        ed25519.PublicKey
	created    time.Time
	lost       time.Time
	replacedBy vendors.HandheldID
	invitedBy  string

	seq      uint64
	head     voucher.Hash
	latest   time.Time    // no later record was made before this
	bundle   uint64       // the newest that its chain names
	given    uint64       // the last bundle given out
	beacon   voucher.Hash // in it
	before   uint64       // the bundle given out before that one
	beacon0  voucher.Hash // in it
	nonce    string       // asked of its next request
	requests uint64
}

// believed reports whether what it signed at or after from counts.
func (d *device) believed(from time.Time) bool {
	switch d.state {
	case vendors.Active:
		return true
	case vendors.Revoked, vendors.Replaced:
		return from.Before(d.lost)
	}
	return false
}

// record is what a handheld said, or two people for it.
type record struct {
	hash   voucher.Hash
	kind   voucher.RecordKind
	device *device // nil for a stub
	vendor vendors.ID
	card   *card
	at     voucher.Interval
	said   time.Time
	answer
	home bool
	kept bool     // the rules were kept
	loss bool     // paid as a loss
	paid *payment // nil for none
	leaf *uint64  // of the answer last given
	told answer   // that answer
}

// answer is what became of a record.
type answer struct {
	state  voucher.ReceiptState
	reason string
}

func (a answer) String() string {
	if a.reason == "" {
		return string(a.state)
	}
	return string(a.state) + "/" + a.reason
}

func (m *model) saw(format string, args ...any) { m.seen[fmt.Sprintf(format, args...)]++ }

// take answers one record that a handheld sent now.
func (m *model) take(now time.Time, from vendors.HandheldID, jws string) (answer, *record) {
	d := m.devices[from]
	p := m.parse(d, jws)
	rec, hash := p.Record, p.hash
	if !p.ok {
		return answer{voucher.Rejected, voucher.ReasonRecord}, nil // not his
	}
	if r := m.byHash[hash]; r != nil {
		m.saw("resent: %s", r.state)
		return r.answer, r
	}
	r := &record{hash: hash, kind: rec.Kind(), device: d, vendor: d.vendor, at: m.interval(now, d, rec)}
	r.said = rec.Time.Time()
	if r.said.Before(r.at.From) {
		r.said = r.at.From
	}
	if r.said.After(r.at.To) {
		r.said = r.at.To
	}
	if body, ok := rec.Body.(voucher.Receipt); ok {
		r.card = m.bySerial[body.Serial]
	}
	// The chain first: what breaks it proves a copy.
	switch broken := rec.Seq <= d.seq || rec.Seq == d.seq+1 && rec.Prev != d.head; {
	case d.state == vendors.Quarantined || broken:
		if d.state != vendors.Quarantined {
			m.saw("fork: found in a handheld that was %s", d.state)
		}
		d.state = vendors.Quarantined
		r.answer = answer{voucher.InQuarantine, voucher.ReasonFork}
		m.keep(r)
		return r.answer, r
	case rec.Seq > d.seq+1:
		return answer{voucher.Waiting, voucher.ReasonGap}, nil // come again in order
	}
	d.seq, d.head, d.latest = rec.Seq, hash, r.at.From
	if rec.Bundle <= d.given {
		d.bundle = max(d.bundle, rec.Bundle)
	}
	switch body := rec.Body.(type) {
	case voucher.Receipt:
		m.receipt(now, r, rec, body)
	case voucher.Cancellation:
		m.cancellation(r, body)
	case voucher.Activation:
		m.activation(now, r, body)
	}
	return r.answer, r
}

// keep stores a record with its card.
func (m *model) keep(r *record) {
	m.records = append(m.records, r)
	m.byHash[r.hash] = r
	if r.card != nil && r.kind == voucher.RecordReceipt {
		r.card.receipts = append(r.card.receipts, r)
	}
}

// interval bounds when a record was made: after the beacon that it names if we
// signed it, after what came before in its chain, before now.
func (m *model) interval(now time.Time, d *device, rec voucher.Record) voucher.Interval {
	i := voucher.Interval{From: d.created, To: now}
	for _, at := range []time.Time{d.latest, m.beacons[rec.Beacon]} {
		if at.After(i.From) {
			i.From = at
		}
	}
	return i
}

// shown says how much of the factor a receipt proved.
type shown int

const (
	nothing shown = iota
	wrong
	wrongPIN
	everything
)

// proof opens what was sealed and compares it with what was printed.
func (m *model) proof(r *record, rec voucher.Record, body voucher.Receipt) shown {
	f, err := voucher.OpenFactor(m.seal, body.Factor, r.device.id, body.Serial, rec.Seq)
	if err != nil {
		return nothing
	}
	c := r.card
	if m.lots[c.lot].closed { // the keys to check a PIN are destroyed
		switch {
		case c.mode != voucher.ModeSecret || f.Secret == "":
			return nothing
		case f.Secret != c.secret:
			return wrong
		}
		return everything
	}
	switch {
	case c.mode.Secret() && f.Secret != "" && f.Secret != c.secret:
		return wrong
	case c.mode.PIN() && f.PIN != "" && f.PIN != c.pin:
		return wrongPIN
	case c.mode.Secret() && f.Secret == "", c.mode.PIN() && f.PIN == "":
		return nothing
	}
	return everything
}

// isHome reports whether the handheld is the card's home, or took over from it.
func (m *model) isHome(c *card, d *device) bool {
	for id := c.home; id != ""; id = m.devices[id].replacedBy {
		if id == d.id {
			return true
		}
	}
	return false
}

// verdict is what the rules say of a receipt taken alone.
type verdict struct {
	answer
	lost bool // the programme bears it, though the card has nothing to give
}

func rejected(reason string) verdict {
	return verdict{answer: answer{voucher.Rejected, reason}}
}

func contested(reason string) verdict {
	return verdict{answer: answer{voucher.Contested, reason}}
}

// receipt answers a sale.
func (m *model) receipt(now time.Time, r *record, rec voucher.Record, body voucher.Receipt) {
	d := r.device
	var made time.Time // when the bundle that he carried was made
	if rec.Bundle <= d.given {
		made = time.Unix(int64(d.bundle), 0).UTC()
	}
	v, decided := m.seller(r, body)
	if r.card != nil {
		p, c := m.zones[d.zone], r.card
		proof := m.proof(r, rec, body)
		reserved := c.reservedFor == d.id && !r.at.To.After(c.reservedUntil)
		r.home = m.isHome(c, d)
		// Rules a vendor can keep without a network: the factor, a bundle that
		// is not too old, and his own card or one below the floor.
		age := r.said.Sub(made)
		r.kept = proof == everything && age <= p.degraded &&
			(reserved || r.home || c.value <= p.floor && age <= p.fresh)
		if !decided {
			v = m.sale(r, made, proof, reserved)
		}
		if proof == wrongPIN && v.reason == voucher.ReasonFactorWrong {
			m.countWrongPIN(now, c)
		}
		if v.reason == voucher.ReasonNotHome && age > p.degraded {
			v.reason = voucher.ReasonStale
		}
	}
	m.carryOut(now, r, v)
}

// seller judges who sold what for how much.
func (m *model) seller(r *record, body voucher.Receipt) (verdict, bool) {
	d, c := r.device, r.card
	switch {
	case d.purpose != vendors.ForSales:
		return rejected(voucher.ReasonPurpose), true
	case !d.believed(r.at.From):
		return rejected(voucher.ReasonRevoked), true
	case d.state == vendors.Revoked:
		return contested(voucher.ReasonRevoked), true // before the loss, perhaps
	case c == nil || c.household == "":
		return rejected(voucher.ReasonUnknown), true
	case body.Amount != c.value:
		return rejected(voucher.ReasonAmount), true
	case m.suspended[d.vendor]:
		return contested(voucher.ReasonContract), true
	}
	return verdict{}, false
}

// sale judges the card itself.
func (m *model) sale(r *record, made time.Time, proof shown, reserved bool) verdict {
	c, l := r.card, m.lots[r.card.lot]
	told := func(at time.Time) bool { return !at.IsZero() && made.After(at) }
	switch {
	case c.zone != r.device.zone && !reserved:
		return rejected(voucher.ReasonZone)
	case proof == nothing:
		return contested(voucher.ReasonFactorMissing)
	case proof != everything:
		return rejected(voucher.ReasonFactorWrong)
	case r.at.To.Before(l.from):
		return rejected(voucher.ReasonEarly)
	case !r.at.From.Before(l.salesEnd):
		return rejected(voucher.ReasonExpired)
	// What his own bundle told him he had to respect; what came later he
	// could not know, and the programme bears it if he kept the rules.
	case !c.void.IsZero() && (told(c.void) || told(c.held)):
		return rejected(voucher.ReasonVoid)
	case !c.void.IsZero():
		v := contested(voucher.ReasonVoid)
		v.lost = r.kept && !c.activated.IsZero()
		return v
	case told(c.held):
		return rejected(voucher.ReasonHeld)
	case !c.held.IsZero():
		return contested(voucher.ReasonHeld)
	case c.holder != nil && told(c.redeemed):
		return rejected(voucher.ReasonDouble)
	case !r.kept:
		return contested(voucher.ReasonNotHome)
	case !c.expired.IsZero():
		v := contested(voucher.ReasonLate)
		v.lost = !c.activated.IsZero()
		return v
	case c.activated.IsZero():
		return verdict{answer: answer{voucher.Waiting, voucher.ReasonNotActivated}}
	case r.at.To.Before(c.activated.From):
		return contested(voucher.ReasonBefore)
	}
	return verdict{answer: answer{state: voucher.Payable}}
}

func (m *model) countWrongPIN(now time.Time, c *card) {
	c.wrongPINs++
	if c.wrongPINs >= 3 && c.held.IsZero() && c.holder == nil {
		c.held = now
		m.saw("card: held for wrong PINs")
	}
}

// carryOut pays, or decides a conflict, and keeps the record.
func (m *model) carryOut(now time.Time, r *record, v verdict) {
	defer func() {
		if m.byHash[r.hash] == nil {
			m.keep(r)
		}
	}()
	r.answer = v.answer
	c := r.card
	if v.state == voucher.Payable || v.lost {
		if m.paidTo(c, r) {
			m.saw("conflict: the vendor is paid already")
			r.answer = answer{voucher.Contested, voucher.ReasonDouble} // nobody is paid twice for a card
			return
		}
	}
	switch first := holderOf(c); {
	case v.lost:
		m.bear(r, v.reason)
	case v.state != voucher.Payable:
	case first == nil:
		m.spend(now, r, v.reason)
	case !r.home || first.home:
		// Both have the full factor. Home beats the others; else the first.
		if first.home {
			m.saw("conflict: the home was first")
		} else {
			m.saw("conflict: the first keeps it")
		}
		m.lose(r)
	case m.takeBack(first):
		m.saw("conflict: home wins, the first is undone")
		m.lose(first)
		m.spend(now, r, "")
	default:
		m.saw("conflict: home wins, the payment stands")
		first.reason = voucher.ReasonDouble
		m.bear(r, voucher.ReasonDouble)
	}
}

func holderOf(c *card) *record {
	if c == nil {
		return nil
	}
	return c.holder
}

func (m *model) paidTo(c *card, r *record) bool {
	for _, o := range c.receipts {
		if o != r && o.vendor == r.vendor && o.state == voucher.Payable {
			return true
		}
	}
	return false
}

func (m *model) spend(now time.Time, r *record, reason string) {
	c := r.card
	r.answer = answer{voucher.Payable, reason}
	c.holder, c.redeemed, c.reservedFor = r, now, ""
	m.pay(r, c.account())
}

// lose settles a receipt that does not get the card: whoever kept every rule
// is paid while the cap lasts.
func (m *model) lose(r *record) {
	r.answer = answer{voucher.Contested, voucher.ReasonDouble}
	if r.kept {
		m.bear(r, voucher.ReasonDouble)
	} else {
		m.saw("loss: the vendor's, who broke a rule")
	}
}

// bear pays a loss from the contingency, whose balance is the cap.
func (m *model) bear(r *record, reason string) {
	reserve := ledger.Contingency(theRound)
	if m.books[reserve] < r.card.value {
		m.saw("loss: over the cap")
		r.answer = answer{voucher.Contested, reason}
		return
	}
	m.saw("loss: accepted for %s", reason)
	r.answer, r.loss = answer{voucher.Payable, voucher.ReasonLoss}, true
	m.pay(r, reserve)
}

// stopped says what becomes of a receipt that waited while its card ended.
func stopped(r *record) (verdict, bool) {
	v := contested("")
	v.lost = r.kept
	switch c := r.card; {
	case !c.void.IsZero():
		v.reason = voucher.ReasonVoid
	case !c.expired.IsZero():
		v.reason = voucher.ReasonLate
	case !c.held.IsZero():
		v.reason, v.lost = voucher.ReasonHeld, false
	default:
		return verdict{}, false
	}
	return v, true
}

// settleWaiting settles what waited for the card's activation, in the order of
// arrival: overdue where the activation did not come in time.
func (m *model) settleWaiting(now time.Time, c *card, overdue bool) {
	for _, r := range c.receipts {
		if r.state != voucher.Waiting {
			continue
		}
		v, over := stopped(r)
		switch {
		case over:
			m.saw("waiting: its card had ended")
		case overdue:
			m.saw("waiting: paid without an activation")
			v.answer = answer{voucher.Payable, voucher.ReasonNoActivation}
		case r.at.To.Before(c.activated.From):
			v = contested(voucher.ReasonBefore)
		default:
			m.saw("waiting: its activation came")
			v.answer = answer{state: voucher.Payable}
		}
		m.carryOut(now, r, v)
	}
}

// activation hands cards over.
func (m *model) activation(now time.Time, r *record, body voucher.Activation) {
	d := r.device
	if d.purpose != vendors.ForDistribution || d.state == vendors.Revoked || !d.believed(r.at.From) {
		r.answer = answer{voucher.Rejected, voucher.ReasonPurpose}
		m.keep(r)
		return
	}
	r.answer = answer{state: voucher.Accepted}
	m.keep(r)
	var fresh []*card
	for _, serial := range body.Serials {
		if c := m.bySerial[serial]; c != nil && c.household != "" && c.activated.IsZero() {
			c.activated = r.at
			fresh = append(fresh, c)
		}
	}
	for _, c := range fresh {
		m.settleWaiting(now, c, false)
	}
}

// cancellation undoes a sale of the same handheld on the same day, unless it
// was lost, paid out, or its value could go nowhere.
func (m *model) cancellation(r *record, body voucher.Cancellation) {
	defer m.keep(r)
	r.answer = answer{voucher.Rejected, voucher.ReasonNotCancelled}
	sale := m.byHash[body.Of]
	if sale == nil || sale.kind != voucher.RecordReceipt || sale.device != r.device ||
		r.device.state == vendors.Revoked || !r.device.believed(r.at.From) {
		return
	}
	r.card = sale.card
	if sale.said.Format(time.DateOnly) != r.said.Format(time.DateOnly) {
		m.saw("cancellation: on another day")
		return
	}
	switch {
	case sale.state == voucher.Waiting:
	case sale.state != voucher.Payable, sale.loss, m.lots[sale.card.lot].closed, !m.takeBack(sale):
		return
	}
	m.saw("cancellation: of a %s sale", sale.state)
	sale.answer = answer{voucher.Cancelled, string(body.Reason)}
	r.answer = answer{state: voucher.Accepted}
}
