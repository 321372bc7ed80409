package sim

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/handheld"
)

// errCut is a network that was cut, before the server heard or before its
// answer came back: who asked cannot tell.
var errCut = errors.New("the network was cut")

// parcel is an upload that the network will deliver late.
type parcel struct {
	from    vendors.HandheldID
	records []string
	channel string
}

// answers is the sequence of all answers, as a hash.
type answers struct {
	hash.Hash
	n int
}

func newAnswers() answers { return answers{Hash: sha256.New()} }

func (a *answers) add(format string, args ...any) {
	a.n++
	fmt.Fprintf(a, format+"\n", args...)
}

// line is the way from a handheld to the server. It loses, repeats and
// reorders what is sent, if bad; and it asks the model before the server.
type line struct {
	s   *sim
	bad bool
}

func (s *sim) direct() *line { return &line{s: s} }
func (s *sim) poor() *line   { return &line{s: s, bad: true} }

var _ handheld.Server = (*line)(nil)

// chance is true in n of 100 cases, on a bad line.
func (l *line) chance(n int) bool { return l.bad && l.s.rnd.IntN(100) < n }

// EnrolHandheld passes an enrolment on.
func (l *line) EnrolHandheld(ctx context.Context, cmd vendors.EnrolHandheld) (vendors.Enrolment, error) {
	return l.s.vendors.EnrolHandheld(ctx, cmd)
}

// Redeem delivers an upload, or not, or otherwise than it was sent.
func (l *line) Redeem(ctx context.Context, cmd voucher.Redeem) (voucher.Answer, error) {
	s := l.s
	switch {
	case l.chance(8):
		s.m.saw("network: upload lost")
		return voucher.Answer{}, errCut
	case l.chance(6):
		s.m.saw("network: upload delayed")
		s.limbo = append(s.limbo, parcel{cmd.Handheld, cmd.Records, cmd.Channel})
		return voucher.Answer{}, errCut
	case l.chance(7):
		s.m.saw("network: upload repeated")
		s.redeem(ctx, cmd)
	case l.chance(6) && len(cmd.Records) > 1:
		s.m.saw("network: upload split and reordered")
		half := 1 + s.rnd.IntN(len(cmd.Records)-1)
		s.redeem(ctx, voucher.Redeem{Handheld: cmd.Handheld, Records: cmd.Records[half:], Channel: cmd.Channel})
	}
	a := s.redeem(ctx, cmd)
	if l.chance(10) {
		s.m.saw("network: answer lost")
		return voucher.Answer{}, errCut
	}
	return a, nil
}

// redeem has the model answer, then the server, and compares.
func (s *sim) redeem(ctx context.Context, cmd voucher.Redeem) voucher.Answer {
	type expected struct {
		answer
		r    *record
		leaf *uint64 // nil where the answer is a new one
	}
	var want []expected
	for _, jws := range cmd.Records {
		a, r := s.m.take(s.now, cmd.Handheld, jws)
		e := expected{answer: a, r: r}
		if r != nil && r.told == a {
			e.leaf = r.leaf
		}
		want = append(want, e)
	}
	got, err := s.vouchers.Redeem(ctx, cmd)
	if err != nil {
		s.fail("upload of %d records by %s: %w", len(cmd.Records), cmd.Handheld, err)
	}
	ack, err := voucher.ParseAck(got.Ack, s.beacon.Public().(ed25519.PublicKey))
	s.must(err)
	d := s.m.devices[cmd.Handheld]
	if ack.Handheld != d.id || ack.Seq != d.seq || ack.Head != d.head || ack.Nonce != d.nonce || !ack.Time.Time().Equal(s.now) {
		s.fail("%s: the acknowledgement says record %d at %s, the model %d", d.id, ack.Seq, ack.Time.Time(), d.seq)
	}
	if len(ack.Outcomes) != len(want) {
		s.fail("%d answers to %d records", len(ack.Outcomes), len(want))
	}
	for i, o := range ack.Outcomes {
		w := want[i]
		is := answer{o.State, o.Reason}
		s.said.add("%s %s %s", cmd.Handheld, o.Hash, is)
		if o.Hash != voucher.HashOf(cmd.Records[i]) {
			s.fail("answer %d is about another record", i+1)
		}
		if is != w.answer {
			s.fail("%s: record %d is answered %s, the model says %s", d.id, o.Seq, is, w.answer)
		}
		if w.leaf != nil && (o.Leaf == nil || *o.Leaf != *w.leaf) {
			s.fail("%s: record %d was answered by leaf %d and now by another", d.id, o.Seq, *w.leaf)
		}
		if w.r != nil {
			w.r.leaf, w.r.told = o.Leaf, is
		}
		s.m.saw("answer: %s", is)
		s.m.saw("channel: %s", cmd.Channel)
	}
	return got
}

// Bundle delivers a request for a bundle.
func (l *line) Bundle(ctx context.Context, cmd voucher.AskBundle) (voucher.SignedBundle, error) {
	s := l.s
	if l.chance(6) {
		return voucher.SignedBundle{}, errCut
	}
	d, want := s.m.request(cmd.Proof)
	got, err := s.vouchers.Bundle(ctx, cmd)
	s.sameCode("bundle", want, err)
	if err != nil {
		return got, err
	}
	b, err := payload[voucher.Bundle](got.Bundle) // the handheld verifies it
	s.must(err)
	word, err := payload[voucher.Beacon](b.Beacon)
	s.must(err)
	if b.Handheld != d.id || b.Snapshot != uint64(s.now.Unix()) || word.Seq != d.seq || word.Head != d.head {
		s.fail("%s: the bundle is not as of now: record %d, the model says %d", d.id, word.Seq, d.seq)
	}
	s.checkStatus(b)
	d.before, d.beacon0 = d.given, d.beacon
	d.given, d.nonce = b.Snapshot, word.Nonce
	d.beacon = voucher.HashOf(b.Beacon)
	s.m.beacons[d.beacon] = s.now
	s.said.add("bundle %s %d %s", d.id, b.Snapshot, word.Nonce)
	if l.chance(6) {
		s.m.saw("network: bundle lost")
		return voucher.SignedBundle{}, errCut
	}
	return got, nil
}

// payload reads what a signed text says.
func payload[T any](jws string) (v T, err error) {
	parts := strings.Split(jws, ".")
	b, err := base64.RawURLEncoding.DecodeString(parts[len(parts)/2])
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(b, &v)
}

// checkStatus compares a bundle's status lists with the cards.
func (s *sim) checkStatus(b voucher.Bundle) {
	for _, l := range b.Lots {
		m, err := payload[struct {
			Lot    string `json:"lot"`
			Count  int    `json:"n"`
			Spares int    `json:"spares"`
		}](l.Manifest)
		s.must(err)
		list, err := voucher.DecodeStatusList(l.Status, m.Count+m.Spares)
		s.must(err)
		is, want := map[voucher.ListStatus]int{}, map[voucher.ListStatus]int{}
		for i := range m.Count + m.Spares {
			is[list.At(uint32(i))]++
		}
		homes := 0
		for _, c := range s.m.cards {
			if c.lot != m.Lot {
				continue
			}
			want[c.listed()]++
			if s.m.isHome(c, s.m.devices[b.Handheld]) {
				homes++
			}
		}
		for _, status := range []voucher.ListStatus{voucher.ListValid, voucher.ListVoid, voucher.ListSuspended, voucher.ListRedeemed} {
			if is[status] != want[status] {
				s.fail("bundle: %d cards of lot %s have status %d, the model says %d", is[status], m.Lot, status, want[status])
			}
		}
		if len(l.Homes()) != homes {
			s.fail("bundle: %s is home of %d cards of lot %s, the model says %d", b.Handheld, len(l.Homes()), m.Lot, homes)
		}
	}
}

func (c *card) listed() voucher.ListStatus {
	switch c.life() {
	case voucher.Redeemed:
		return voucher.ListRedeemed
	case voucher.Void, voucher.Expired, voucher.Replaced:
		return voucher.ListVoid
	case voucher.Held:
		return voucher.ListSuspended
	}
	if c.spare && c.household == "" {
		return voucher.ListSuspended
	}
	return voucher.ListValid
}

// request judges a signed request: of an active handheld, over the nonce asked
// for, and counting up. It returns "" or a fault's code.
func (m *model) request(proof string) (*device, string) {
	id, err := voucher.PeekHandheld(proof)
	if err != nil || m.devices[id] == nil {
		return nil, voucher.ErrRequest.Code
	}
	d := m.devices[id]
	r, err := voucher.ParseRequest(proof, d.key)
	switch {
	case err != nil:
		return d, voucher.ErrRequest.Code
	case d.state != vendors.Active:
		return d, vendors.ErrHandheldProof.Code
	case r.Nonce != d.nonce || r.Counter <= d.requests:
		m.saw("request: over an old nonce")
		return d, vendors.ErrNonce.Code
	}
	d.requests = r.Counter
	return d, ""
}

// reservation is how long a card is set aside for a handheld on line.
const reservation = 15 * time.Minute

// Reserve delivers a request for a reservation.
func (l *line) Reserve(ctx context.Context, cmd voucher.AskReserve) (voucher.Reservation, error) {
	s := l.s
	if l.chance(6) {
		return voucher.Reservation{}, errCut
	}
	was := uint64(0)
	if id, err := voucher.PeekHandheld(cmd.Proof); err == nil && s.m.devices[id] != nil {
		was = s.m.devices[id].requests
	}
	d, want := s.m.request(cmd.Proof)
	c := s.m.bySerial[voucher.Serial(cmd.Body)]
	if want == "" {
		switch {
		case d.purpose != vendors.ForSales:
			want = voucher.ErrRequest.Code
		case c == nil:
			want = voucher.ErrNotFound.Code
		case c.life() != voucher.Active:
			want = voucher.ErrLife.Code
		case c.reservedFor != "" && c.reservedFor != d.id && s.now.Before(c.reservedUntil):
			want = voucher.ErrLife.Code
			s.m.saw("reservation: another has it")
		default:
			c.reservedFor, c.reservedUntil = d.id, s.now.Add(reservation)
			s.m.saw("reservation: made")
		}
		if want != "" {
			d.requests = was // a refused request leaves nothing
		}
	}
	got, err := s.vouchers.Reserve(ctx, cmd)
	s.sameCode("reservation", want, err)
	if err != nil {
		return got, err
	}
	if got.Serial != c.serial || !got.Until.Equal(c.reservedUntil) {
		s.fail("reserved %s until %s, the model says until %s", got.Serial, got.Until, c.reservedUntil)
	}
	d.nonce = got.Nonce
	if l.chance(6) {
		return voucher.Reservation{}, errCut
	}
	return got, nil
}

// sameCode compares a refusal, or none, with what the model says.
func (s *sim) sameCode(what, want string, err error) {
	is := ""
	if err != nil {
		f := fault.Of(err)
		if f == nil {
			s.fail("%s: %w", what, err)
		}
		is = f.Code
	}
	s.said.add("%s %s", what, is)
	if is != want {
		s.fail("%s is answered %q (%v), the model says %q", what, is, err, want)
	}
	if is != "" {
		s.m.saw("refused: %s %s", what, is)
	} else {
		s.m.saw("done: %s", what)
	}
}

// deliver brings something that the network held back.
func (s *sim) deliver(ctx context.Context) string {
	if len(s.limbo) == 0 {
		return "nothing is late"
	}
	i := s.rnd.IntN(len(s.limbo))
	p := s.limbo[i]
	if s.rnd.IntN(4) > 0 {
		s.limbo = slices.Delete(s.limbo, i, i+1)
	}
	s.m.saw("network: late upload")
	s.redeem(ctx, voucher.Redeem{Handheld: p.from, Records: p.records, Channel: p.channel})
	return fmt.Sprintf("a late upload of %d records by %s", len(p.records), p.from)
}
