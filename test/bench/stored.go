package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/reconcile/detect/simulate"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// stored is an invented round on its way into a store, with all that a
// reconciliation reads: households, cards, hand-overs, signed receipts, the
// journal, and claims. What services would have checked is put there directly.
type stored struct {
	facts   *detect.Facts
	phones  map[int32]*phone // of vendors, by handheld
	officer *phone
	next    int // record that is not stored yet
	paid    map[int32]bool
}

// newStored invents a round of about so many redemptions.
func newStored(redemptions int) (*stored, error) {
	c := simulate.Default(1)
	c.Households, c.Vendors, c.Points = max(redemptions, 100), max(redemptions/400, 4), max(redemptions/1500, 1)
	r, err := simulate.New(c)
	if err != nil {
		return nil, err
	}
	r.AsStored(true)
	s := &stored{facts: &r.Facts, phones: map[int32]*phone{}, paid: map[int32]bool{}, officer: &phone{id: "officer"}}
	if _, s.officer.key, err = ed25519.GenerateKey(rand.Reader); err != nil {
		return nil, err
	}
	for i, id := range r.Facts.Handhelds {
		p := &phone{id: vendors.HandheldID(id)}
		if _, p.key, err = ed25519.GenerateKey(rand.Reader); err != nil {
			return nil, err
		}
		s.phones[int32(i)] = p
	}
	return s, nil
}

// cardsEach is how many cards a household has.
const cardsEach = 2

func (s *stored) household(card int) string { return numbered("h", card/cardsEach+1) }

func cardSerial(card int32) voucher.Serial { return voucher.Serial(voucherAccount(int(card)).Serial()) }

// people stores the programme, its lists, vendors and cards.
func (s *stored) people(ctx context.Context, db *bolt.DB) error {
	now := time.Now().UTC().Truncate(time.Second)
	err := db.Distribution().Update(ctx, func(tx distribution.Tx) error { return s.frame(tx, now) })
	const perUpdate = 4_000
	for from := 0; from < len(s.facts.Cards) && err == nil; from += perUpdate {
		err = db.Distribution().Update(ctx, func(tx distribution.Tx) error {
			return s.cards(tx, from, min(from+perUpdate, len(s.facts.Cards)), now)
		})
	}
	return err
}

// frame stores what there is little of.
func (s *stored) frame(tx distribution.Tx, now time.Time) error {
	f := s.facts
	worth := int64(0)
	for _, r := range f.Records {
		worth += r.Value
	}
	if err := allocate(tx, money.Francs(2*worth+int64(len(f.Cards))*100_000)); err != nil {
		return err
	}
	if err := tx.PutProgramme(distribution.Programme{ID: programme, Name: "Bench", Created: now}); err != nil {
		return err
	}
	if err := tx.PutRound(distribution.Round{ID: round, Programme: programme, Name: "Bench", Kind: distribution.ValueRound, Asset: money.XOF,
		Mode: voucher.ModePIN, Opens: now.AddDate(0, -1, 0), SalesEnd: now.AddDate(0, 1, 0), GraceUntil: now.AddDate(0, 2, 0), State: distribution.RoundOpen, Created: now}); err != nil {
		return err
	}
	lot := distribution.Lot{ID: "l1", Round: round, Programme: programme, State: distribution.LotIssued, PreparedBy: "s1", PreparedAt: now,
		Total: money.Francs(0), Exposure: money.Francs(0), Approvals: []access.Approval{{Role: access.RoleIssuer, Proof: access.Proof{ID: "s2", At: now}}}}
	if err := tx.PutLot(lot); err != nil {
		return err
	}
	if err := tx.PutIssue(voucher.Issue{Lot: "l1", Round: round, Programme: programme, KID: "l1", Count: len(f.Cards), First: 1, Last: voucher.Number(len(f.Cards)),
		NotBefore: now.AddDate(0, -1, 0), Expires: now.AddDate(0, 1, 0), GraceUntil: now.AddDate(0, 2, 0), IssuedAt: now}); err != nil {
		return err
	}
	for i := range 60 {
		if err := tx.PutImport(distribution.Import{ID: numbered("i", i), Programme: programme, By: numbered("s", i), Started: now, Done: true}); err != nil {
			return err
		}
	}
	zones := map[string]bool{}
	for _, v := range f.Vendors {
		if !zones[v.Zone] {
			zones[v.Zone] = true
			if err := tx.PutZone(vendors.Zone{Code: v.Zone, Programme: programme}); err != nil {
				return err
			}
		}
		if err := tx.PutVendor(vendors.Vendor{ID: vendors.ID(v.ID), Programme: programme, Name: "Shop " + v.ID, Zone: v.Zone, Created: now}); err != nil {
			return err
		}
	}
	of := make([]vendors.ID, len(f.Handhelds))
	for _, r := range f.Records {
		if r.Handheld >= 0 {
			of[r.Handheld] = vendors.ID(f.Vendors[r.Vendor].ID)
		}
	}
	for i, p := range s.phones {
		if err := tx.PutHandheld(vendors.Handheld{ID: p.id, Programme: programme, Vendor: of[i], Purpose: vendors.ForSales, State: vendors.Active,
			Key: p.key.Public().(ed25519.PublicKey), Created: now}); err != nil {
			return err
		}
	}
	return tx.PutHandheld(vendors.Handheld{ID: s.officer.id, Programme: programme, Purpose: vendors.ForDistribution, State: vendors.Active,
		Key: s.officer.key.Public().(ed25519.PublicKey), Created: now})
}

// cards stores cards, which are handed over, with their households.
func (s *stored) cards(tx distribution.Tx, from, to int, now time.Time) error {
	const perEntry = 100
	var signed []voucher.SignedVoucher
	for i := from; i < to; i++ {
		c, id := s.facts.Cards[i], s.household(i)
		if i%cardsEach == 0 {
			b := distribution.Beneficiary{ID: distribution.BeneficiaryID(id), Programme: programme, Import: numbered("i", int(c.Registrar)%60), Row: i,
				Sealed: make([]byte, 160), Created: now, Changed: now}
			binary.BigEndian.PutUint64(b.Match[:], mix(uint64(i)))
			if err := tx.PutBeneficiary(b); err != nil {
				return err
			}
		}
		v := voucher.Voucher{Number: voucher.Number(i + 1), Serial: cardSerial(int32(i)), Programme: programme, Round: round, Lot: "l1", Beneficiary: id,
			Index: uint32(i), Profile: 1, Value: money.Francs(face), Mode: voucher.ModePIN, NotBefore: now.AddDate(0, -1, 0), Expires: now.AddDate(0, 1, 0),
			Zone: zone, Spare: c.Spare}
		if c.Point >= 0 {
			v.Point = s.facts.Points[c.Point].ID
		}
		if c.HandedTo > 0 {
			v.ActivatedBy, v.ActivatedAt = s.officer.id, voucher.Interval{From: time.Unix(c.HandedFrom, 0).UTC(), To: time.Unix(c.HandedTo, 0).UTC()}
		}
		if c.Lost > 0 {
			v.VoidAt, v.VoidReason = time.Unix(c.Lost, 0).UTC(), "lost"
		}
		salt := binary.BigEndian.AppendUint64(make([]byte, 8), mix(uint64(i)))
		signed = append(signed, voucher.SignedVoucher{Voucher: v, Token: "t", Salt: salt})
	}
	if err := tx.PutIssued(signed); err != nil {
		return err
	}
	for at := from; at < to; at += perEntry {
		e := ledger.Entry{Kind: ledger.KindIssue, Actor: rules, Round: round, Ref: "l1"}
		for i := at; i < min(at+perEntry, to); i++ {
			e.Postings = append(e.Postings, ledger.Posting{Debit: ledger.Round(round), Credit: signed[i-from].Voucher.Account(), Amount: money.Francs(100_000)})
		}
		if _, err := ledger.Post(tx, e); err != nil {
			return err
		}
	}
	return s.handOver(tx, from, to)
}

// handOver stores a record for each household that took its cards.
func (s *stored) handOver(tx voucher.Tx, from, to int) error {
	for i := from; i < to; i += cardsEach {
		c := s.facts.Cards[i]
		if c.HandedTo == 0 {
			continue
		}
		a := voucher.Activation{By: voucher.TakerHead}
		for j := i; j < min(i+cardsEach, to); j++ {
			a.Serials = append(a.Serials, cardSerial(int32(j)))
		}
		at := voucher.Interval{From: time.Unix(c.HandedFrom, 0).UTC(), To: time.Unix(c.HandedTo, 0).UTC()}
		p := s.officer
		p.seq++
		jws, err := voucher.SignRecord(voucher.Record{Head: voucher.Head{Handheld: p.id, Seq: p.seq, Prev: p.prev, Time: voucher.UnixOf(at.To), Bundle: 1}, Body: a}, p.key)
		if err != nil {
			return err
		}
		p.prev = voucher.HashOf(jws)
		err = tx.PutReceipt(voucher.StoredReceipt{Hash: p.prev, JWS: jws, Kind: voucher.RecordActivation, Handheld: p.id, Seq: p.seq, Round: round,
			Value: money.Francs(0), At: at, Said: time.Unix(max(c.Handed, c.HandedFrom), 0).UTC(), State: voucher.Accepted, Channel: "https"})
		if err != nil {
			return err
		}
	}
	return nil
}

// states are what the store calls what the server made of a record.
var states = map[detect.State]voucher.ReceiptState{detect.Open: voucher.Contested, detect.Good: voucher.Payable, detect.Rejected: voucher.Rejected}

// sell stores the records up to that one, each with its entry where it is paid.
func (s *stored) sell(ctx context.Context, db *bolt.DB, to int) error {
	const perUpdate = 4_000
	for s.next < to {
		until := min(s.next+perUpdate, to)
		if err := db.Vouchers().Update(ctx, func(tx voucher.Tx) error { return s.some(tx, s.next, until) }); err != nil {
			return err
		}
		s.next = until
	}
	return nil
}

func (s *stored) some(tx voucher.Tx, from, to int) error {
	for i := from; i < to; i++ {
		x := s.facts.Records[i]
		r := voucher.StoredReceipt{Kind: voucher.RecordReceipt, Vendor: vendors.ID(s.facts.Vendors[x.Vendor].ID), Seq: x.Seq, Round: round, Value: money.Francs(x.Value),
			At: voucher.Interval{From: time.Unix(x.From, 0).UTC(), To: time.Unix(x.To, 0).UTC()}, Said: time.Unix(x.Said, 0).UTC(),
			State: states[x.State], Reason: x.Why, Full: x.Full, KeptRules: x.Kept, Channel: "https"}
		if x.Card >= 0 {
			r.Serial, r.Number = cardSerial(x.Card), voucher.Number(x.Card+1)
		} else {
			r.Serial = cardSerial(int32(len(s.facts.Cards) + i))
		}
		if p := s.phones[x.Handheld]; p != nil {
			p.seq++ // copies of a handheld have chains of their own; here they share one
			jws, err := voucher.SignRecord(voucher.Record{Head: voucher.Head{Handheld: p.id, Seq: p.seq, Prev: p.prev, Time: voucher.UnixOf(r.Said), Bundle: 1},
				Body: voucher.Receipt{Serial: r.Serial, Amount: x.Value, Factor: make(voucher.Base64, voucher.SealedLen),
					Lines: []voucher.Line{{Item: "rice", Quantity: "1", Price: x.Value}}}}, p.key)
			if err != nil {
				return err
			}
			r.Handheld, r.JWS, p.prev = p.id, jws, voucher.HashOf(jws)
			r.Hash = p.prev
		} else {
			binary.BigEndian.PutUint64(r.Hash[:], mix(uint64(i)))
			r.TypedBy, r.Channel = [2]string{"s1", "s2"}, "stub"
		}
		if x.Paid && x.Card >= 0 && !s.paid[x.Card] {
			s.paid[x.Card] = true
			e, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindRedeem, Actor: rules, Round: round, Ref: r.Hash.String(), From: r.At.From, To: r.At.To,
				Facts: map[string]string{"handheld": string(r.Handheld)},
				Postings: []ledger.Posting{{Debit: ledger.Voucher(s.household(int(x.Card)), string(r.Serial)), Credit: ledger.Redeemed(string(r.Vendor)),
					Amount: money.Francs(x.Value)}}})
			if err != nil {
				return fmt.Errorf("record %d: %w", i, err)
			}
			r.Entry, r.HasEntry = e.Seq, true
		} else if r.State == voucher.Payable {
			r.State, r.Reason = voucher.Contested, voucher.ReasonDouble
		}
		if err := tx.PutReceipt(r); err != nil {
			return err
		}
	}
	return nil
}

// claim prepares the claims of all vendors through the real service, as many
// for each as its lines need, and accepts every second one.
func (s *stored) claim(ctx context.Context, db *bolt.DB) (lines int, err error) {
	v, err := vendors.New(vendors.Config{Store: db.Vendors(), Rand: rand.Reader, Prover: access.TokenProver{Now: time.Now}, Bank: "b1",
		Serial: func(text string) (string, bool) { return text, voucher.Serial(text).Valid() }})
	if err != nil {
		return 0, err
	}
	by := access.Actor{ID: "s3", Pseudonym: "p3", Programme: programme, Roles: []access.Role{access.RoleFinancePreparer}, TokenID: "t3"}
	for _, of := range s.facts.Vendors {
		for n := 1; ; n++ {
			c, err := v.PrepareClaim(ctx, vendors.PrepareClaim{By: by, Key: fmt.Sprintf("%s-%d", of.ID, n), Vendor: vendors.ID(of.ID), Round: round})
			if err != nil {
				break // nothing is left to claim
			}
			lines += c.Lines
		}
	}
	return lines, nil
}
