package voucher

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

const (
	// batchMax bounds the records of one upload.
	batchMax = 1000
	// arriveChunk is how many records a core verifies before it asks for more:
	// about two milliseconds of work.
	arriveChunk = 8
	// queueMax is how long an upload waits for the store's writer where a disk
	// has stalled. Nothing of it is taken then, and it may be sent again.
	queueMax = 5 * time.Second
)

// ErrBatch refuses an upload as a whole.
var ErrBatch = fault.New(fault.Invalid, "batch_invalid",
	"The upload is not from one known handheld, or holds too many records.",
	"L'envoi ne vient pas d'un seul terminal connu, ou contient trop d'enregistrements.")

// Redeem is an upload of a handheld's records, in the order of its chain. The
// records prove by themselves whose they are.
type Redeem struct {
	Handheld vendors.HandheldID
	Records  []string // JWS each
	Channel  string   // "https" or "file"
}

// Weight is how many pieces of work the upload is: its records.
func (r Redeem) Weight() int { return min(len(r.Records), batchMax) }

// Answer carries the server's signed answer.
type Answer struct {
	Ack string // JWS of type evk+jwt; see ParseAck

	outcomes []Outcome // what Ack says, for the counters
}

// Proved reports whether at least one of the records was signed by the handheld
// that they were sent for.
func (a Answer) Proved() bool {
	return slices.ContainsFunc(a.outcomes, func(o Outcome) bool { return o.State != Rejected || o.Reason != ReasonRecord })
}

// arrival is one record, verified as far as needs no transaction.
type arrival struct {
	jws    string
	hash   Hash
	record Record
	factor Factor
	opened bool // there was a factor and it was sealed for this record
	bad    bool // not signed by the handheld, or malformed
}

// Redeem is documented at Service.
func (s *service) Redeem(ctx context.Context, cmd Redeem) (Answer, error) {
	if len(cmd.Records) > batchMax {
		return Answer{}, ErrBatch.At("records", "%d, at most %d", len(cmd.Records), batchMax)
	}
	for fresh := false; ; fresh = true {
		key, err := s.keyOf(ctx, cmd.Handheld, fresh)
		if err != nil {
			return Answer{}, err
		}
		a, err := s.redeemWith(ctx, cmd, key)
		if !errors.Is(err, errKeyChanged) {
			return a, err
		}
	}
}

// redeemWith redeems the records that the key signed. It returns errKeyChanged,
// having taken nothing, where the key is not the handheld's.
func (s *service) redeemWith(ctx context.Context, cmd Redeem, key ed25519.PublicKey) (Answer, error) {
	arrivals, err := s.arriveAll(ctx, cmd.Records, cmd.Handheld, key)
	if err != nil {
		return Answer{}, err
	}
	var ack Ack
	queued, cancel := context.WithTimeout(ctx, queueMax)
	defer cancel()
	err = s.store.Update(queued, func(tx Tx) (err error) {
		m := newMemo(tx)
		if err := keyIs(m, cmd.Handheld, key); err != nil {
			return err
		}
		ack, err = s.takeAll(m, cmd.Handheld, arrivals, cmd.Channel)
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	jws, err := signJWS(typAck, s.beaconID, s.cfg.Beacon, ack)
	return Answer{Ack: jws, outcomes: ack.Outcomes}, err
}

// arriveAll verifies the records on all cores: a signature and an opening cost
// more than all the rest of a redemption. It stops where ctx ends.
func (s *service) arriveAll(ctx context.Context, records []string, id vendors.HandheldID, key ed25519.PublicKey) ([]arrival, error) {
	arrivals := make([]arrival, len(records))
	workers := min(runtime.GOMAXPROCS(0), (len(records)+arriveChunk-1)/arriveChunk)
	if workers <= 1 {
		for i, jws := range records {
			arrivals[i] = s.arrive(jws, id, key)
		}
		return arrivals, ctx.Err()
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				to := int(next.Add(arriveChunk))
				from := to - arriveChunk
				if from >= len(records) {
					return
				}
				for i := from; i < min(to, len(records)); i++ {
					arrivals[i] = s.arrive(records[i], id, key)
				}
			}
		})
	}
	wg.Wait()
	return arrivals, ctx.Err()
}

// takeAll answers the records in their order.
func (s *service) takeAll(m *memo, id vendors.HandheldID, arrivals []arrival, channel string) (Ack, error) {
	ack := Ack{Outcomes: make([]Outcome, 0, len(arrivals))}
	for _, a := range arrivals {
		o, err := s.take(m, id, a, channel)
		if err != nil {
			return Ack{}, fmt.Errorf("record %s: %w", a.hash, err)
		}
		ack.Outcomes = append(ack.Outcomes, o)
	}
	if err := m.flush(); err != nil {
		return Ack{}, err
	}
	return ack, s.answer(m, id, &ack)
}

// arrive verifies the record's signature and opens its factor.
func (s *service) arrive(jws string, id vendors.HandheldID, key ed25519.PublicKey) arrival {
	a := arrival{jws: jws, hash: HashOf(jws)}
	var err error
	a.record, err = parseRecord(jws, key)
	if err != nil || a.record.Handheld != id {
		a.bad = true
		return a
	}
	r, ok := a.record.Body.(Receipt)
	if !ok || len(r.Factor) == 0 {
		return a
	}
	a.factor, err = OpenFactor(s.cfg.Seal, r.Factor, id, r.Serial, a.record.Seq)
	for i := 0; err != nil && i < len(s.cfg.SealedBefore); i++ {
		a.factor, err = OpenFactor(s.cfg.SealedBefore[i], r.Factor, id, r.Serial, a.record.Seq)
	}
	a.opened = err == nil
	return a
}

// answer fills in where the handheld's chain stands now.
func (s *service) answer(tx Tx, id vendors.HandheldID, ack *Ack) error {
	h, err := tx.Handheld(id)
	if err != nil {
		return err
	}
	ack.Handheld, ack.Seq, ack.Head, ack.Time, ack.Nonce = h.ID, h.Seq, h.Head, UnixOf(tx.Now()), h.Nonce
	c, err := tx.Checkpoint()
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	ack.Checkpoint = c.Note
	return nil
}

// take answers one record: from the store if it came before, else by the
// rules, and stores it with everything that follows from it.
func (s *service) take(tx Tx, id vendors.HandheldID, a arrival, channel string) (Outcome, error) {
	out := Outcome{Seq: max(a.record.Seq, 1), Hash: a.hash, State: Rejected, Reason: ReasonRecord}
	if a.bad {
		return out, nil
	}
	before, err := tx.Receipt(a.hash)
	if ok, err := found(err); err != nil {
		return out, err
	} else if ok {
		return before.outcome(), nil
	}
	h, err := tx.Handheld(id)
	if err != nil {
		return out, err
	}
	at, err := interval(tx, h, a.record)
	if err != nil {
		return out, err
	}
	r := StoredReceipt{Hash: a.hash, JWS: a.jws, Kind: a.record.Kind(), Handheld: id, Vendor: h.Vendor,
		Seq: a.record.Seq, At: at, Said: at.clamp(a.record.Time.Time()), Channel: channel}
	switch place(h, a.record) {
	case afterGap:
		out.State, out.Reason = Waiting, ReasonGap
		return out, nil
	case forked:
		return s.quarantine(tx, h, r, a)
	}
	h.Seq, h.Head = a.record.Seq, a.hash
	if a.record.Bundle <= h.Snapshot {
		h.TopBundle = max(h.TopBundle, a.record.Bundle)
	}
	h.TopFrom = at.From
	if err := tx.PutHandheld(h); err != nil {
		return out, err
	}
	switch body := a.record.Body.(type) {
	case Receipt:
		err = s.takeReceipt(tx, h, &r, a, body)
	case Cancellation:
		err = s.takeCancellation(tx, h, &r, body)
	case Activation:
		err = s.takeActivation(tx, h, &r, body)
	}
	if err != nil {
		return out, err
	}
	return r.outcome(), nil
}

// position says where a record stands against the chain that the server has.
type position uint8

const (
	next position = iota
	afterGap
	forked
)

// place finds the record's position. Two records that claim the same place
// prove a cloned or rolled-back handheld; a handheld in quarantine stays in it.
func place(h vendors.Handheld, r Record) position {
	switch {
	case h.State == vendors.Quarantined, r.Seq <= h.Seq:
		return forked
	case r.Seq > h.Seq+1:
		return afterGap
	case r.Prev != h.Head:
		return forked
	}
	return next
}

// quarantine keeps a record that breaks its handheld's chain, as evidence, and
// believes the handheld no more.
func (s *service) quarantine(tx Tx, h vendors.Handheld, r StoredReceipt, a arrival) (Outcome, error) {
	r.State, r.Reason = InQuarantine, ReasonFork
	if b, ok := a.record.Body.(Receipt); ok {
		if v, err := tx.VoucherBySerial(b.Serial); err == nil && v.Programme == h.Programme {
			r.Serial, r.Number, r.Round, r.Value = v.Serial, v.Number, v.Round, v.Value
		} else if err != nil && !errors.Is(err, ErrNotFound) {
			return Outcome{}, err
		}
	}
	if h.State != vendors.Quarantined {
		h.State = vendors.Quarantined
		if err := tx.PutHandheld(h); err != nil {
			return Outcome{}, err
		}
	}
	e, err := ledger.Decide(tx, theServer, r.Round, "handheld-quarantined", r.Hash.String(),
		map[string]string{"handheld": string(h.ID), "seq": fmt.Sprint(r.Seq), "head": Hash(h.Head).String()})
	if err != nil {
		return Outcome{}, err
	}
	r.Entry, r.HasEntry = e.Seq, true
	return r.outcome(), tx.PutReceipt(r)
}

// interval bounds when a record was made: after the last beacon that it names,
// before now. A beacon that we never signed bounds nothing.
func interval(tx Tx, h vendors.Handheld, r Record) (Interval, error) {
	i := Interval{From: h.Created, To: tx.Now()}
	if h.TopFrom.After(i.From) {
		i.From = h.TopFrom // what came before it in the chain was later than that
	}
	if r.Beacon.IsZero() {
		return i, nil
	}
	at, err := tx.Beacon(r.Beacon)
	if ok, err := found(err); err != nil || !ok {
		return i, err
	}
	if at.After(i.From) {
		i.From = at
	}
	return i, nil
}

// outcome is the answer to the record as it stands now.
func (r StoredReceipt) outcome() Outcome {
	o := Outcome{Seq: max(r.Seq, 1), Hash: r.Hash, State: r.State, Reason: r.Reason}
	switch {
	case r.HasLoss:
		o.Leaf = &r.LossEntry
	case r.HasEntry:
		o.Leaf = &r.Entry
	}
	return o
}

// takeActivation makes cards worth something and settles the receipts that
// waited for it.
func (s *service) takeActivation(tx Tx, h vendors.Handheld, r *StoredReceipt, a Activation) error {
	r.State = Accepted
	if h.Purpose != vendors.ForDistribution || h.State == vendors.Revoked || !h.Believes(r.At.From) {
		r.State, r.Reason = Rejected, ReasonPurpose
		return tx.PutReceipt(*r)
	}
	var activated []Voucher
	for _, serial := range a.Serials {
		v, err := tx.VoucherBySerial(serial)
		if ok, err := found(err); err != nil {
			return err
		} else if !ok || v.Programme != h.Programme || v.Beneficiary == "" {
			continue
		}
		if !v.ActivatedAt.IsZero() {
			continue
		}
		v.ActivatedAt, v.ActivatedBy = r.At, h.ID
		if err := tx.PutVoucher(v); err != nil {
			return err
		}
		r.Round = v.Round
		activated = append(activated, v)
	}
	e, err := ledger.Decide(tx, theServer, r.Round, "activate", r.Hash.String(), map[string]string{
		"handheld": string(h.ID), "cards": fmt.Sprint(len(activated)), "taker": string(a.By)})
	if err != nil {
		return err
	}
	r.Entry, r.HasEntry = e.Seq, true
	if err := tx.PutReceipt(*r); err != nil {
		return err
	}
	for _, v := range activated {
		if err := s.settleWaiting(tx, v.Number, judgeWaiting); err != nil {
			return err
		}
	}
	return nil
}

// takeCancellation undoes a receipt of the same handheld, on the same day and
// as long as it is in no claim.
func (s *service) takeCancellation(tx Tx, h vendors.Handheld, r *StoredReceipt, c Cancellation) error {
	r.State, r.Reason = Rejected, ReasonNotCancelled
	sale, err := tx.Receipt(c.Of)
	if ok, err := found(err); err != nil {
		return err
	} else if !ok || sale.Handheld != h.ID || sale.Kind != RecordReceipt || h.State == vendors.Revoked || !h.Believes(r.At.From) {
		return tx.PutReceipt(*r)
	}
	r.Serial, r.Number, r.Round, r.Value = sale.Serial, sale.Number, sale.Round, sale.Value
	if !sameDay(sale.Said, r.Said) {
		return tx.PutReceipt(*r)
	}
	switch sale.State {
	case Waiting:
	case Payable:
		if sale.HasLoss {
			return tx.PutReceipt(*r)
		}
		v, err := tx.Voucher(sale.Number)
		if err != nil {
			return err
		}
		is, err := tx.Issue(v.Lot)
		if err != nil {
			return err
		}
		if !is.ClosedAt.IsZero() {
			return tx.PutReceipt(*r) // its value could go nowhere
		}
		undone, err := s.undo(tx, v, sale, "cancelled")
		if err != nil {
			return err
		}
		if !undone {
			return tx.PutReceipt(*r)
		}
	default:
		return tx.PutReceipt(*r)
	}
	sale.State, sale.Reason = Cancelled, string(c.Reason)
	r.State, r.Reason = Accepted, ""
	return errors.Join(tx.PutReceipt(sale), tx.PutReceipt(*r))
}

func sameDay(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}
