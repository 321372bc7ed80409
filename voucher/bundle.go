package voucher

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// Bundle is what a handheld carries to redeem without a network: one signed
// file. It holds no personal data and nothing that identifies a household.
type Bundle struct {
	Snapshot uint64             `json:"snap"` // its number: when it was made, in unix seconds
	Handheld vendors.HandheldID `json:"dev"`
	Vendor   vendors.ID         `json:"vendor"`
	Purpose  vendors.Purpose    `json:"purpose"`
	Zone     string             `json:"zone"`
	Policy   BundlePolicy       `json:"policy"`
	Beacon   string             `json:"beacon"` // JWS of type evb+jwt
	Seal     Base64             `json:"seal"`   // public key that factors are sealed to
	Items    []BundleItem       `json:"items"`
	Lots     []BundleLot        `json:"lots"`
}

// BundlePolicy is the zone's policy, in hours and francs.
type BundlePolicy struct {
	Fresh    int   `json:"fresh"`
	Degraded int   `json:"degraded"`
	Floor    int64 `json:"floor"`
	Count    int   `json:"count"`
	Sum      int64 `json:"sum"`
}

// BundleItem is one line of the vendor's price list.
type BundleItem struct {
	Code     string `json:"code"`
	Category string `json:"cat"`
	EN       string `json:"en"`
	FR       string `json:"fr"`
	Ceiling  int64  `json:"max"`
	Picture  string `json:"pic"`
}

// BundleLot is what a handheld must know of one lot. While the lot is under
// embargo, Sealed holds all the rest (SealLot), which is empty.
type BundleLot struct {
	Manifest string `json:"manifest"` // signed by the root key
	Status   Base64 `json:"status"`   // StatusList
	Hints    Base64 `json:"hints"`    // the key of PIN hints
	// Home lists the vouchers this handheld is home for, 8 bytes each, big
	// endian: index (32), issuance tag (16), PIN hint (10), 1 if a PIN is
	// needed, 1 if the secret is needed, four zero bits.
	Home   Base64 `json:"home"`
	Sealed Base64 `json:"sealed,omitempty"`
}

var typBundle = docType{typ: "evz+jwt", max: 32 << 20}

func (b Bundle) check() error {
	switch {
	case !isName(string(b.Handheld), handheldMax):
		return ErrSignedContent.At("dev", "not a handheld's id")
	case b.Snapshot < 1 || b.Snapshot > safeMax:
		return ErrSignedContent.At("snap", "out of range")
	case b.Items == nil || b.Lots == nil:
		return ErrSignedContent.At("lots", "missing")
	}
	for _, l := range b.Lots {
		if err := l.check(); err != nil {
			return err
		}
	}
	return nil
}

func (l BundleLot) check() error {
	if len(l.Home)%homeLen != 0 {
		return ErrSignedContent.At("home", "not whole entries")
	}
	if len(l.Sealed) > 0 && (l.Manifest != "" || len(l.Status)+len(l.Hints)+len(l.Home) > 0) {
		return ErrSignedContent.At("sealed", "beside what it should hide")
	}
	return nil
}

// homeLen is the length of one entry of BundleLot.Home.
const homeLen = 8

// HomeVoucher is one entry of BundleLot.Home.
type HomeVoucher struct {
	Index  uint32
	Tag    uint16
	Hint   uint16
	Secret bool
	PIN    bool
}

func (h HomeVoucher) append(b []byte) []byte {
	rest := h.Hint << 6
	if h.PIN {
		rest |= 1 << 5
	}
	if h.Secret {
		rest |= 1 << 4
	}
	b = binary.BigEndian.AppendUint32(b, h.Index)
	b = binary.BigEndian.AppendUint16(b, h.Tag)
	return binary.BigEndian.AppendUint16(b, rest)
}

// Homes reads BundleLot.Home.
func (l BundleLot) Homes() map[uint32]HomeVoucher {
	homes := make(map[uint32]HomeVoucher, len(l.Home)/homeLen)
	for b := []byte(l.Home); len(b) >= homeLen; b = b[homeLen:] {
		rest := binary.BigEndian.Uint16(b[6:])
		h := HomeVoucher{Index: binary.BigEndian.Uint32(b), Tag: binary.BigEndian.Uint16(b[4:]),
			Hint: rest >> 6, PIN: rest&(1<<5) != 0, Secret: rest&(1<<4) != 0}
		homes[h.Index] = h
	}
	return homes
}

// AskBundle asks for a handheld's bundle by a signed request.
type AskBundle struct {
	Proof  string // JWS of type evreq+jwt
	Method string
	Path   string
}

// SignedBundle is the bundle as it travels; see ParseBundle.
type SignedBundle struct {
	Bundle string
}

// ErrRequest refuses a handheld's request whose proof does not fit it.
var ErrRequest = fault.New(fault.Unauthenticated, "handheld_request",
	"The request is not signed by a known, active handheld, or is not the one that was signed.",
	"La requête n'est pas signée par un terminal connu et actif, ou n'est pas celle qui a été signée.")

// ParseBundle returns the bundle that the beacon key signed, with the faults
// of signed texts.
func ParseBundle(jws string, beacon []byte) (Bundle, error) {
	b, err := parseJWS[Bundle](typBundle, KeyID(beacon), beacon, jws)
	if err != nil {
		return Bundle{}, fmt.Errorf("parse a bundle: %w", err)
	}
	return b, nil
}

// Bundle is documented at Service.
func (s *service) Bundle(ctx context.Context, cmd AskBundle) (SignedBundle, error) {
	var h vendors.Handheld
	var b Bundle
	err := s.store.Update(ctx, func(tx Tx) (err error) {
		if h, err = s.authenticate(tx, cmd.Proof, cmd.Method, cmd.Path, nil); err != nil {
			return err
		}
		b = Bundle{Snapshot: uint64(tx.Now().Unix()), Handheld: h.ID, Vendor: h.Vendor, Purpose: h.Purpose, Zone: h.Zone,
			Seal: s.cfg.Seal.PublicKey().Bytes(), Items: []BundleItem{}, Lots: []BundleLot{}}
		if b.Beacon, err = s.beacon(tx, &h); err != nil {
			return err
		}
		h.Snapshot = b.Snapshot
		return tx.PutHandheld(h)
	})
	if err != nil {
		return SignedBundle{}, err
	}
	// The vouchers are walked outside the writer. They may be newer than the
	// bundle's number says, never older, so a vendor is not blamed for what he
	// could not know.
	if err := s.store.View(ctx, func(tx Tx) error { return s.fill(tx, h, &b) }); err != nil {
		return SignedBundle{}, err
	}
	jws, err := signAsKeyID(typBundle, s.cfg.Beacon, b)
	return SignedBundle{Bundle: jws}, err
}

// authenticate checks a handheld's signed request and moves its nonce on.
func (s *service) authenticate(tx Tx, proof, method, path string, body []byte) (vendors.Handheld, error) {
	id, err := PeekHandheld(proof)
	if err != nil {
		return vendors.Handheld{}, ErrRequest
	}
	h, err := tx.Handheld(id)
	if errors.Is(err, vendors.ErrNotFound) || err == nil && len(h.Key) == 0 {
		return vendors.Handheld{}, ErrRequest
	}
	if err != nil {
		return vendors.Handheld{}, err
	}
	r, err := ParseRequest(proof, h.Key)
	if err != nil || r.Method != method || r.Path != path || r.Body != HashOf(string(body)) {
		return vendors.Handheld{}, ErrRequest
	}
	return vendors.AdvanceNonce(tx, id, r.Nonce, r.Counter)
}

// fill gathers what the handheld may know of its zone.
func (s *service) fill(tx Tx, h vendors.Handheld, b *Bundle) error {
	zone, err := tx.Zone(h.Programme, h.Zone)
	if err != nil && !errors.Is(err, vendors.ErrNotFound) {
		return err
	}
	p := zone.Policy.WithDefaults()
	b.Policy = BundlePolicy{p.FreshHours, p.DegradedHours, p.Floor.Minor(), p.CountMax, p.SumMax.Minor()}
	if h.Purpose == vendors.ForSales {
		if b.Items, err = items(tx, h.Vendor); err != nil {
			return err
		}
	}
	issues, err := collect(tx.Issues(h.Programme))
	if err != nil {
		return err
	}
	for _, is := range issues {
		if is.Manifest == "" || !is.ClosedAt.IsZero() || !slices.Contains(is.Zones, h.Zone) {
			continue
		}
		e, err := tx.Embargo(is.Lot)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		hidden := Unix(b.Snapshot).Time().Before(e.Until)
		if hidden && h.Purpose != vendors.ForDistribution {
			continue
		}
		l, err := bundleLot(tx, is, h)
		if err == nil && hidden {
			l, err = SealLot(s.cfg.Rand, e.Code, l)
		}
		if err != nil {
			return err
		}
		b.Lots = append(b.Lots, l)
	}
	return nil
}

// beacon signs the time for a handheld and remembers it, as the lower bound of
// the records that will name it.
func (s *service) beacon(tx Tx, h *vendors.Handheld) (string, error) {
	c, err := tx.Checkpoint()
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return "", err
	}
	jws, err := SignBeacon(Beacon{Handheld: h.ID, Seq: h.Seq, Head: h.Head, Time: UnixOf(tx.Now()),
		Nonce: h.Nonce, Checkpoint: c.Note}, s.cfg.Beacon)
	if err != nil {
		return "", err
	}
	h.BeaconAt, h.BeaconHash = tx.Now(), HashOf(jws)
	return jws, tx.PutBeacon(HashOf(jws), tx.Now())
}

func items(tx Tx, id vendors.ID) ([]BundleItem, error) {
	out := []BundleItem{}
	l, err := tx.PriceList(id, 0)
	if errors.Is(err, vendors.ErrNotFound) {
		return out, nil
	}
	for _, it := range l.Items {
		out = append(out, BundleItem{Code: it.Code, Category: it.Category, EN: it.NameEN, FR: it.NameFR,
			Ceiling: it.Ceiling.Minor(), Picture: it.Picture})
	}
	return out, err
}

// bundleLot walks a lot's vouchers for their status and homes.
func bundleLot(tx Tx, is Issue, h vendors.Handheld) (BundleLot, error) {
	l := BundleLot{Manifest: is.Manifest, Hints: is.HintSecret}
	list, err := NewStatusList(is.Count + is.Spares)
	if err != nil {
		return l, err
	}
	homes := map[vendors.HandheldID]bool{}
	for v, err := range tx.Vouchers(is.First) {
		if err != nil {
			return l, err
		}
		if v.Number > is.Last {
			break
		}
		if err := list.Set(v.Index, v.listed()); err != nil {
			return l, err
		}
		if _, known := homes[v.Home]; !known {
			if homes[v.Home], err = isHome(tx, v, h); err != nil {
				return l, err
			}
		}
		if homes[v.Home] {
			l.Home = HomeVoucher{Index: v.Index, Tag: v.Tag, Hint: v.PINHint, Secret: v.Mode.Secret(), PIN: v.Mode.PIN()}.append(l.Home)
		}
	}
	l.Status, err = list.Encode()
	return l, err
}

// listed is the voucher's status in a status list.
func (v Voucher) listed() ListStatus {
	switch v.Life() {
	case Redeemed:
		return ListRedeemed
	case Void, Expired, Replaced:
		return ListVoid
	case Held:
		return ListSuspended
	}
	if v.Spare && v.Beneficiary == "" {
		return ListSuspended
	}
	return ListValid
}

// reserveFor is how long an online reservation lasts.
const reserveFor = 15 * time.Minute

// AskReserve asks for a voucher to be held for one handheld.
type AskReserve struct {
	AskBundle        // the signed request
	Body      []byte // as sent: the serial
}

// Reservation is a voucher held for one handheld.
type Reservation struct {
	Serial Serial
	Until  time.Time
	Nonce  string // for the handheld's next request
	// Token is the voucher as it was signed, so that a handheld can verify a card
	// of which only the number can be read.
	Token Token
}

// Reserve is documented at Service.
func (s *service) Reserve(ctx context.Context, cmd AskReserve) (Reservation, error) {
	var out Reservation
	err := s.store.Update(ctx, func(tx Tx) error {
		h, err := s.authenticate(tx, cmd.Proof, cmd.Method, cmd.Path, cmd.Body)
		if err != nil {
			return err
		}
		if h.Purpose != vendors.ForSales {
			return ErrRequest
		}
		v, err := mine(tx, Query{By: access.Actor{Programme: h.Programme}, Serial: Serial(cmd.Body)})
		if err != nil {
			return err
		}
		now := tx.Now()
		if l := v.Life(); l != Active {
			return ErrLife.At("serial", "it is %s", l)
		}
		if v.ReservedFor != "" && v.ReservedFor != h.ID && now.Before(v.ReservedTo) {
			return ErrLife.At("serial", "another handheld has it for now")
		}
		token, err := tx.Token(v.Number)
		if err != nil {
			return err
		}
		v.ReservedFor, v.ReservedTo = h.ID, now.Add(reserveFor)
		out = Reservation{Serial: v.Serial, Until: v.ReservedTo, Nonce: h.Nonce, Token: token}
		return tx.PutVoucher(v)
	})
	return out, err
}
