package voucher

import (
	"crypto/ed25519"
	"fmt"

	"github.com/jate-cva/jate/vendors"
)

// Ack is the server's signed answer to an upload: how far it now knows the
// handheld's chain, and what became of each record. With it a vendor can
// prove what the server took.
type Ack struct {
	Handheld vendors.HandheldID `json:"dev"`
	Seq      uint64             `json:"seq"`  // of the last record accepted; 0 for none
	Head     Hash               `json:"head"` // its hash; zero for none
	Time     Unix               `json:"t"`
	Nonce    string             `json:"nonce"` // for the next request; see Request
	// Outcomes are in the order of the upload, at most 1,000.
	Outcomes   []Outcome `json:"outcomes"`
	Checkpoint string    `json:"checkpoint"` // the ledger's signed note, at most 2,048 bytes
}

// Outcome is what became of one record.
type Outcome struct {
	Seq   uint64       `json:"seq"`
	Hash  Hash         `json:"hash"`
	State ReceiptState `json:"state"`
	// Reason is a stable code of at most 40 characters, a fault's; empty
	// where there is nothing to explain.
	Reason string `json:"reason"`
	// Leaf is the index in the ledger's log of the entry that answers the
	// record, in JSON a string of digits; nil where there is none.
	Leaf *uint64 `json:"leaf,string"`
}

// Beacon is the server's signed word on the time. A handheld keeps the last
// one: its records name it, and cannot be older.
type Beacon struct {
	Handheld   vendors.HandheldID `json:"dev"`
	Seq        uint64             `json:"seq"`  // of the last record the server has; 0 for none
	Head       Hash               `json:"head"` // its hash; zero for none
	Time       Unix               `json:"t"`
	Nonce      string             `json:"nonce"`
	Checkpoint string             `json:"checkpoint"`
}

var (
	typAck    = docType{typ: "evk+jwt", max: 256 << 10}
	typBeacon = docType{typ: "evb+jwt", max: recordMax}
)

const (
	outcomesMax   = 1000
	checkpointMax = 2048
	reasonMax     = 40
)

// SignAck signs with the server's beacon key, whose KeyID is the kid. It
// returns ErrSignedContent, with the member concerned, for what no
// acknowledgement may say.
func SignAck(a Ack, key ed25519.PrivateKey) (string, error) {
	a.Outcomes = append([]Outcome{}, a.Outcomes...)
	return signAsKeyID(typAck, key, a)
}

// ParseAck returns the acknowledgement that the beacon key signed; it refuses
// every text that SignAck would not have written, with the faults of signed
// texts.
func ParseAck(jws string, key ed25519.PublicKey) (Ack, error) {
	a, err := parseJWS[Ack](typAck, KeyID(key), key, jws)
	if err != nil {
		return Ack{}, fmt.Errorf("parse an acknowledgement: %w", err)
	}
	return a, nil
}

// SignBeacon signs with the server's beacon key, whose KeyID is the kid. It
// returns ErrSignedContent, with the member concerned, for what no beacon may
// say.
func SignBeacon(b Beacon, key ed25519.PrivateKey) (string, error) {
	return signAsKeyID(typBeacon, key, b)
}

// ParseBeacon returns the beacon that the beacon key signed; it refuses every
// text that SignBeacon would not have written, with the faults of signed
// texts.
func ParseBeacon(jws string, key ed25519.PublicKey) (Beacon, error) {
	b, err := parseJWS[Beacon](typBeacon, KeyID(key), key, jws)
	if err != nil {
		return Beacon{}, fmt.Errorf("parse a beacon: %w", err)
	}
	return b, nil
}

func (a Ack) check() error {
	b := Beacon{a.Handheld, a.Seq, a.Head, a.Time, a.Nonce, a.Checkpoint}
	if err := b.check(); err != nil {
		return err
	}
	if a.Outcomes == nil || len(a.Outcomes) > outcomesMax {
		return ErrSignedContent.At("outcomes", "more than %d, or missing", outcomesMax)
	}
	for i, o := range a.Outcomes {
		if err := o.check(); err != nil {
			return fmt.Errorf("outcome %d: %w", i, err)
		}
	}
	return nil
}

func (b Beacon) check() error {
	switch {
	case !isName(string(b.Handheld), handheldMax):
		return ErrSignedContent.At("dev", "not a handheld's id")
	case b.Seq > safeMax || b.Head.IsZero() != (b.Seq == 0):
		return ErrSignedContent.At("seq", "number and hash do not fit")
	case !b.Time.inRange():
		return ErrSignedContent.At("t", "out of range")
	case !isName(b.Nonce, nonceMax):
		return ErrSignedContent.At("nonce", "not 1 to %d characters", nonceMax)
	case len(b.Checkpoint) > checkpointMax:
		return ErrSignedContent.At("checkpoint", "more than %d bytes", checkpointMax)
	}
	return nil
}

func (o Outcome) check() error {
	switch o.State {
	case Payable, Waiting, Contested, Rejected, InQuarantine, Cancelled, Accepted:
	default:
		return ErrSignedContent.At("state", "no such state")
	}
	switch {
	case o.Seq < 1 || o.Seq > safeMax || o.Hash.IsZero():
		return ErrSignedContent.At("seq", "no record")
	case o.Reason != "" && !isName(o.Reason, reasonMax):
		return ErrSignedContent.At("reason", "not a code")
	}
	return nil
}
