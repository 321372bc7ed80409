package handheld

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// made is one of the handheld's own records.
type made struct {
	voucher.Record
	hash  voucher.Hash
	jws   string
	asset money.Asset // of a receipt's amount
}

// outcome is the server's latest answer to a record.
type outcome struct {
	voucher.Outcome
	ack int // which acknowledgement it was in
}

// chain is what the journal says, line after line.
type chain struct {
	id    vendors.HandheldID
	key   ed25519.PublicKey
	trust trusted

	records  []made // records[i] has number i+1
	at       map[voucher.Hash]int
	spent    map[voucher.Serial]voucher.Hash // sold and not cancelled
	undone   map[voucher.Hash]bool           // cancelled receipts
	tries    map[voucher.Serial]int          // wrong secrets and PINs
	outcomes map[voucher.Hash]outcome

	acks        int          // acknowledgements so far
	acked       uint64       // the last record the server is known to have
	word        time.Time    // the server's latest word on the time
	beaconHash  voucher.Hash // of the last beacon
	since       time.Time    // of the latest record made since the server's last word
	lost        bool         // the server knows records that are not ours
	quarantined bool
}

func newChain(id Identity, key ed25519.PublicKey) *chain {
	return &chain{id: id.Handheld, key: key, trust: newTrusted(Trust{[]byte(id.Root), []byte(id.Beacon)}),
		at: map[voucher.Hash]int{}, spent: map[voucher.Serial]voucher.Hash{}, undone: map[voucher.Hash]bool{},
		tries: map[voucher.Serial]int{}, outcomes: map[voucher.Hash]outcome{}}
}

// read checks a line against the chain so far, and returns what it changes. It
// returns ErrJournal for a line that this handheld cannot have written here.
func (c *chain) read(l line) (func(), error) {
	var effect func()
	var err error
	switch l.kind {
	case lineRecord:
		effect, err = c.readRecord(l.text)
	case lineAck:
		var a voucher.Ack
		a, err = voucher.ParseAck(l.text, c.trust.beacon())
		if err == nil && a.Handheld != c.id {
			err = ErrAnswer
		}
		effect = func() { c.answered(a) }
	case lineBeacon:
		var b voucher.Beacon
		b, err = voucher.ParseBeacon(l.text, c.trust.beacon())
		if err == nil && b.Handheld != c.id {
			err = ErrBundleOther
		}
		effect = func() { c.heard(b, voucher.HashOf(l.text)) }
	case lineKeys:
		var s voucher.Succession
		s, err = c.trust.read(l.text)
		effect = func() { c.trust.succeed(s) }
	default:
		s := voucher.Serial(l.text)
		if !s.Valid() {
			err = voucher.ErrSerialForm
		}
		effect = func() { c.tries[s]++ }
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	return effect, nil
}

const noAsset = "-"

func (c *chain) readRecord(text string) (func(), error) {
	name, jws, _ := strings.Cut(text, " ")
	var asset money.Asset
	if name != noAsset {
		var err error
		if asset, err = money.ParseAsset(name); err != nil {
			return nil, err
		}
	}
	r, hash, err := voucher.ParseRecord(jws, c.key)
	if err != nil {
		return nil, err
	}
	seq, prev := c.end()
	if r.Handheld != c.id || r.Seq != seq+1 || r.Prev != prev {
		return nil, ErrJournal.At("seq", "record %d after %d", r.Seq, seq)
	}
	return func() { c.add(made{r, hash, jws, asset}) }, nil
}

// end returns number and hash of the last record; zeros where there is none.
func (c *chain) end() (uint64, voucher.Hash) {
	if n := len(c.records); n > 0 {
		return uint64(n), c.records[n-1].hash
	}
	return 0, voucher.Hash{}
}

func (c *chain) add(m made) {
	c.at[m.hash] = len(c.records)
	c.records = append(c.records, m)
	c.since = later(c.since, m.Time.Time())
	switch b := m.Body.(type) {
	case voucher.Receipt:
		c.spent[b.Serial] = m.hash
	case voucher.Cancellation:
		c.undone[b.Of] = true
		if sale, ok := c.sale(b.Of); ok && c.spent[sale.Serial] == b.Of {
			delete(c.spent, sale.Serial)
		}
	}
}

// sale returns the receipt with the hash.
func (c *chain) sale(h voucher.Hash) (voucher.Receipt, bool) {
	i, ok := c.at[h]
	if !ok {
		return voucher.Receipt{}, false
	}
	r, ok := c.records[i].Body.(voucher.Receipt)
	return r, ok
}

// answered takes the server's answers. One about a record that the server did
// not keep, because an earlier one is missing, is none.
func (c *chain) answered(a voucher.Ack) {
	c.acks++
	for _, o := range a.Outcomes {
		i, ours := c.at[o.Hash]
		if !ours || o.State == voucher.Waiting && o.Reason == voucher.ReasonGap {
			continue
		}
		c.outcomes[o.Hash] = outcome{o, c.acks}
		c.quarantined = c.quarantined || o.State == voucher.InQuarantine
		if b, ok := c.records[i].Body.(voucher.Cancellation); ok && o.State == voucher.Rejected {
			c.redo(b.Of)
		}
	}
	c.compare(a.Seq, a.Head)
	if !c.lost {
		c.acked = a.Seq
	}
	c.told(a.Time.Time())
}

// redo takes a cancellation back that the server refused.
func (c *chain) redo(of voucher.Hash) {
	delete(c.undone, of)
	if sale, ok := c.sale(of); ok && c.spent[sale.Serial].IsZero() {
		c.spent[sale.Serial] = of
	}
}

func (c *chain) heard(b voucher.Beacon, hash voucher.Hash) {
	c.compare(b.Seq, b.Head)
	if !c.lost {
		c.acked = max(c.acked, b.Seq)
	}
	c.beaconHash = hash
	c.told(b.Time.Time())
}

// compare looks whether the server's head is one of our records. If not, this
// state is a copy that another has gone beyond.
func (c *chain) compare(seq uint64, head voucher.Hash) {
	if seq > uint64(len(c.records)) || seq > 0 && c.records[seq-1].hash != head {
		c.lost = true
	}
}

func (c *chain) told(at time.Time) { c.word, c.since = later(c.word, at), time.Time{} }

// floor returns the time to judge and to record by.
func (c *chain) floor(clock time.Time) time.Time {
	return later(later(clock.UTC().Truncate(time.Second), c.word), c.since)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// pending returns the records that the server is not known to have.
func (c *chain) pending() []made { return c.records[c.acked:] }

// fit returns why the handheld must not make another record, if so.
func (c *chain) fit() error {
	switch {
	case c.lost:
		return ErrStateLost
	case c.quarantined:
		return ErrQuarantined
	}
	return nil
}
