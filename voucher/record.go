package voucher

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"

	"github.com/jate-cva/jate/vendors"
)

// RecordKind is the typ header of a handheld's record.
type RecordKind string

// The kinds of record.
const (
	RecordReceipt      RecordKind = "evr+jwt"
	RecordCancellation RecordKind = "evc+jwt"
	RecordActivation   RecordKind = "eva+jwt"
)

// Record is one link in the journal of a handheld: what happened, when by its
// own clock, and which record came before. Records are signed with the
// handheld's key, numbered from 1 without a gap, and each names its
// predecessor's hash; so a gap proves a lost record and two records with one
// number or one predecessor prove a clone or a restored copy.
type Record struct {
	Head
	Body // a Receipt, a Cancellation or an Activation
}

// Body is what a record says: a Receipt, a Cancellation or an Activation.
type Body interface {
	// Kind returns the record's type.
	Kind() RecordKind
	check() error
}

// Head is common to all records.
type Head struct {
	Handheld vendors.HandheldID `json:"dev"`
	Seq      uint64             `json:"seq"`  // from 1
	Prev     Hash               `json:"prev"` // of the record before; zero for the first
	Time     Unix               `json:"t"`    // the handheld's clock, believed within [beacon, arrival] only
	Beacon   Hash               `json:"bcn"`  // of the last beacon seen; zero for none
	Bundle   uint64             `json:"snap"` // number of the zone bundle in use; 0 for none
}

// Receipt records one redemption. A voucher is spent whole.
type Receipt struct {
	Serial Serial `json:"jti"`
	Amount int64  `json:"amt"` // the voucher's value, in the smallest unit of its asset
	Lines  []Line `json:"lines"`
	// Cash is what the household added and Shortfall what the goods were
	// worth less than the voucher, in francs. A shortfall is never paid.
	// Whether lines, cash and shortfall make up the amount is judged against
	// the price list, not here.
	Cash      int64 `json:"cash"`
	Shortfall int64 `json:"short"`
	// Factor is what SealFactor returned for this handheld, serial and
	// number; empty where the household showed nothing but the card.
	Factor Base64 `json:"ev"`
	Risk   []Risk `json:"risk"` // ascending, unique
}

// Line is one kind of goods handed over.
type Line struct {
	Item string `json:"item"` // code of the price list, 1 to 40 characters
	// Quantity in the item's unit, decimal notation without exponent, sign or
	// needless zeros: at most six digits before the point and three after.
	Quantity string `json:"qty"`
	Price    int64  `json:"price"` // of one unit, in francs
}

// Risk is a rule that the handheld let pass and says so.
type Risk string

// The risks.
const (
	RiskDegraded Risk = "degraded" // the bundle is older than usual
	RiskNoHint   Risk = "no-hint"  // the PIN could not be checked at all
	RiskNotHome  Risk = "not-home" // another handheld is the voucher's home
	RiskPace     Risk = "pace"     // many redemptions in a few minutes
)

// Cancellation undoes a receipt of the same handheld on the same day.
type Cancellation struct {
	Of     Hash         `json:"of"` // the receipt
	Reason CancelReason `json:"reason"`
}

// CancelReason says why a sale was undone.
type CancelReason string

// The reasons of a cancellation.
const (
	CancelMistake  CancelReason = "mistake"
	CancelReturned CancelReason = "goods-returned"
	CancelMissing  CancelReason = "goods-missing"
)

// Activation records that cards were handed over.
type Activation struct {
	Serials []Serial `json:"jtis"` // 1 to 64, in the order scanned, unique
	By      Taker    `json:"by"`
	// Reason says why a third party came; empty for the others. It is never a
	// name and by itself never a finding.
	Reason TakerReason `json:"reason,omitempty"`
}

// Taker says who received the cards.
type Taker string

// The takers.
const (
	TakerHead       Taker = "head"
	TakerAlternate  Taker = "alternate"
	TakerThirdParty Taker = "third-party"
)

// TakerReason says why a third party received the cards.
type TakerReason string

// The reasons for a third party.
const (
	ReasonDistance TakerReason = "distance"
	ReasonHealth   TakerReason = "health"
	ReasonCare     TakerReason = "care" // of children or other people
	ReasonAway     TakerReason = "away"
	ReasonSafety   TakerReason = "safety"
	ReasonOther    TakerReason = "other"
)

const (
	recordMax     = 8 << 10
	handheldMax   = 16
	linesMax      = 32
	activationMax = 64
)

var risks = []Risk{RiskDegraded, RiskNoHint, RiskNotHome, RiskPace}

// Kind returns RecordReceipt.
func (Receipt) Kind() RecordKind { return RecordReceipt }

// Kind returns RecordCancellation.
func (Cancellation) Kind() RecordKind { return RecordCancellation }

// Kind returns RecordActivation.
func (Activation) Kind() RecordKind { return RecordActivation }

// The payloads are the head's members, then the body's.
type (
	receiptRecord struct {
		Head
		Receipt
	}
	cancellationRecord struct {
		Head
		Cancellation
	}
	activationRecord struct {
		Head
		Activation
	}
)

func (r receiptRecord) check() error      { return Record{r.Head, r.Receipt}.check() }
func (r cancellationRecord) check() error { return Record{r.Head, r.Cancellation}.check() }
func (r activationRecord) check() error   { return Record{r.Head, r.Activation}.check() }

// SignRecord returns the record as a JWS of at most 8 KiB whose kid is the
// handheld's id. It returns ErrSignedContent, with the member concerned, for
// what no record may say.
func SignRecord(r Record, key ed25519.PrivateKey) (string, error) {
	var v document
	switch b := r.Body.(type) {
	case Receipt:
		b.Lines = append([]Line{}, b.Lines...)
		b.Risk = append([]Risk{}, b.Risk...)
		v = receiptRecord{r.Head, b}
	case Cancellation:
		v = cancellationRecord{r.Head, b}
	case Activation:
		v = activationRecord{r.Head, b}
	default:
		return "", fmt.Errorf("sign record %d: %w", r.Seq, ErrSignedContent)
	}
	jws, err := signJWS(recordType(r.Kind()), string(r.Handheld), key, v)
	if err != nil {
		return "", fmt.Errorf("record %d: %w", r.Seq, err)
	}
	return jws, nil
}

// ParseRecord returns the record that the handheld with this key signed, and
// its hash. It refuses every text that SignRecord would not have written, with
// the faults of signed texts. Whether number and predecessor continue the
// handheld's chain is for the caller.
func ParseRecord(jws string, key ed25519.PublicKey) (Record, Hash, error) {
	r, err := parseRecord(jws, key)
	if err != nil {
		return Record{}, Hash{}, fmt.Errorf("parse a record: %w", err)
	}
	return r, HashOf(jws), nil
}

func parseRecord(jws string, key ed25519.PublicKey) (Record, error) {
	c, err := splitJWS(jws, recordMax)
	if err != nil {
		return Record{}, err
	}
	var r Record
	switch kind := RecordKind(c.typ); kind {
	case RecordReceipt:
		if !c.signedBy(key) {
			return Record{}, ErrSignature
		}
		var v receiptRecord
		v, err = parseReceipt(c.payload)
		r = Record{v.Head, v.Receipt}
	case RecordCancellation:
		var v cancellationRecord
		v, err = parseSplit[cancellationRecord](recordType(kind), c.kid, key, c)
		r = Record{v.Head, v.Cancellation}
	case RecordActivation:
		var v activationRecord
		v, err = parseSplit[activationRecord](recordType(kind), c.kid, key, c)
		r = Record{v.Head, v.Activation}
	default:
		return Record{}, ErrSignedHeader
	}
	if err != nil {
		return Record{}, err
	}
	if c.kid != string(r.Handheld) {
		return Record{}, ErrSignedHeader.At("header", "kid is not dev")
	}
	return r, nil
}

func recordType(k RecordKind) docType { return docType{typ: string(k), max: recordMax} }

// PeekHandheld returns the handheld that a record or request says it is from,
// so that its key can be looked up. Nothing is verified yet. It returns the
// faults of signed texts.
func PeekHandheld(jws string) (vendors.HandheldID, error) {
	c, err := splitJWS(jws, recordMax)
	if err != nil {
		return "", fmt.Errorf("whose record: %w", err)
	}
	switch c.typ {
	case string(RecordReceipt), string(RecordCancellation), string(RecordActivation), typRequest.typ:
	default:
		return "", fmt.Errorf("whose record: %w", ErrSignedHeader)
	}
	if !isName(c.kid, handheldMax) {
		return "", fmt.Errorf("whose record: %w", ErrSignedHeader)
	}
	return vendors.HandheldID(c.kid), nil
}

func (r Record) check() error {
	switch {
	case !isName(string(r.Handheld), handheldMax):
		return ErrSignedContent.At("dev", "not a handheld's id")
	case r.Seq < 1 || r.Seq > safeMax:
		return ErrSignedContent.At("seq", "numbers start at 1")
	case r.Prev.IsZero() != (r.Seq == 1):
		return ErrSignedContent.At("prev", "only the first record has no predecessor")
	case !r.Time.inRange():
		return ErrSignedContent.At("t", "out of range")
	case r.Bundle > safeMax:
		return ErrSignedContent.At("snap", "out of range")
	}
	return r.Body.check()
}

func (r Receipt) check() error {
	switch {
	case !r.Serial.Valid():
		return ErrSignedContent.At("jti", "not a serial")
	case r.Amount < 1 || r.Amount > valueMax:
		return ErrSignedContent.At("amt", "out of range")
	case r.Lines == nil || len(r.Lines) > linesMax:
		return ErrSignedContent.At("lines", "more than %d, or missing", linesMax)
	case r.Cash < 0 || r.Cash > valueMax:
		return ErrSignedContent.At("cash", "out of range")
	case r.Shortfall < 0 || r.Shortfall > valueMax:
		return ErrSignedContent.At("short", "out of range")
	case len(r.Factor) != 0 && len(r.Factor) != SealedLen:
		return ErrSignedContent.At("ev", "not a sealed factor")
	case r.Risk == nil || !slices.IsSorted(r.Risk) || len(slices.Compact(slices.Clone(r.Risk))) != len(r.Risk):
		return ErrSignedContent.At("risk", "not ascending and unique, or missing")
	}
	for i, l := range r.Lines {
		if !isName(l.Item, nameMax) || !isQuantity(l.Quantity) || l.Price < 0 || l.Price > valueMax {
			return ErrSignedContent.At(fmt.Sprintf("lines[%d]", i), "not an item, a quantity and a price")
		}
	}
	for _, k := range r.Risk {
		if !slices.Contains(risks, k) {
			return ErrSignedContent.At("risk", "no such risk")
		}
	}
	return nil
}

// isQuantity reports whether s is a decimal above zero in its one notation.
func isQuantity(s string) bool {
	whole, frac, point := strings.Cut(s, ".")
	switch {
	case len(whole) > 6 || !isDigits(whole, len(whole)) || whole == "" || whole[0] == '0' && whole != "0":
		return false
	case point:
		return len(frac) <= 3 && isDigits(frac, len(frac)) && frac != "" && !strings.HasSuffix(frac, "0")
	}
	return whole != "0"
}

func (c Cancellation) check() error {
	switch {
	case c.Of.IsZero():
		return ErrSignedContent.At("of", "no receipt")
	case !slices.Contains([]CancelReason{CancelMistake, CancelReturned, CancelMissing}, c.Reason):
		return ErrSignedContent.At("reason", "no such reason")
	}
	return nil
}

func (a Activation) check() error {
	if len(a.Serials) < 1 || len(a.Serials) > activationMax {
		return ErrSignedContent.At("jtis", "not from 1 to %d", activationMax)
	}
	seen := make(map[Serial]bool, len(a.Serials))
	for _, s := range a.Serials {
		if !s.Valid() || seen[s] {
			return ErrSignedContent.At("jtis", "not a serial, or twice")
		}
		seen[s] = true
	}
	switch a.By {
	case TakerHead, TakerAlternate:
		if a.Reason != "" {
			return ErrSignedContent.At("reason", "only for a third party")
		}
	case TakerThirdParty:
		if !slices.Contains([]TakerReason{ReasonDistance, ReasonHealth, ReasonCare, ReasonAway, ReasonSafety, ReasonOther}, a.Reason) {
			return ErrSignedContent.At("reason", "no such reason")
		}
	default:
		return ErrSignedContent.At("by", "nobody known")
	}
	return nil
}
