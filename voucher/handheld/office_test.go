package handheld

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	rice = func() money.Asset { a, _ := money.NewAsset("RICE-KG", 2); return a }()
)

func seedKey(label string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(label))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

// printed is one card with what belongs to it.
type printed struct {
	scan   string // digits of its code
	serial voucher.Serial
	index  uint32
	factor voucher.Factor
	value  money.Amount
}

// office plays the server's part for tests of the offline rules: it issues a
// lot and signs bundles, beacons and acknowledgements with its own keys.
type office struct {
	t            testing.TB
	root, beacon ed25519.PrivateKey
	seal         hpke.PrivateKey
	hints        []byte
	signer       *voucher.Signer
	manifest     voucher.Manifest
	status       *voucher.StatusList
	homes        []byte
	random       *rand.ChaCha8
	next         uint32
	policy       voucher.BundlePolicy
	purpose      vendors.Purpose
	zone         string
	now          time.Time
}

const lotSize = 200

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, root: seedKey("root"), beacon: seedKey("beacon"), hints: []byte("hints of the lot"),
		random: rand.NewChaCha8([32]byte{1}), purpose: vendors.ForSales, zone: "z14", now: noon,
		policy: voucher.BundlePolicy{Fresh: 72, Degraded: 168, Floor: 3000, Count: 50, Sum: 100_000}}
	secret := sha256.Sum256([]byte("seal"))
	var err error
	if o.seal, err = voucher.SealKeyFrom(secret[:]); err != nil {
		t.Fatal(err)
	}
	o.manifest = voucher.Manifest{Issuer: "ngo", Programme: "mopti", Round: "r1", Lot: "l1", KID: "k7Qz", Key: public(seedKey("lot")),
		Profiles: []voucher.Profile{{Number: 1, Asset: money.XOF, Cap: 50_000}, {Number: 2, Asset: rice, Cap: 100_00},
			{Number: 3, Asset: money.XOF, Cap: 50_000, Basket: []string{"millet"}, Categories: []string{"hygiene"}}},
		Count: lotSize, Total: []money.Amount{money.Francs(1_000_000)},
		NotBefore: noon.AddDate(0, 0, -30), Expires: noon.AddDate(0, 0, 60), Digest: voucher.HashOf("all")}
	if o.signer, err = voucher.NewSigner(o.manifest, seedKey("lot")); err != nil {
		t.Fatal(err)
	}
	if o.status, err = voucher.NewStatusList(lotSize); err != nil {
		t.Fatal(err)
	}
	return o
}

// voucherOf says what card to print.
type voucherOf struct {
	mode      voucher.Mode
	home      bool
	value     int64
	profile   int // 1 where 0
	zone      string
	days      [2]int // valid from and until, in days from noon; the lot's where zero
	wrongTag  bool
	forgedKey bool // another key under the lot's name
}

// print issues one card.
func (o *office) print(v voucherOf) printed {
	o.t.Helper()
	serial, err := voucher.NewSerial(o.random)
	o.must(err)
	p := printed{serial: serial, index: o.next}
	o.next++
	if v.profile == 0 {
		v.profile = 1
	}
	if v.zone == "" {
		v.zone = o.zone
	}
	c := voucher.Claims{Issuer: "ngo", Serial: serial, NotBefore: o.manifest.NotBefore, Expires: o.manifest.Expires,
		Value: v.value, Binding: v.zone, Index: p.index, Profile: v.profile}
	if v.days != [2]int{} {
		c.NotBefore, c.Expires = noon.AddDate(0, 0, v.days[0]), noon.AddDate(0, 0, v.days[1])
	}
	profile, _ := o.manifest.Profile(v.profile)
	p.value = money.FromMinor(v.value, profile.Asset)
	if v.mode.Secret() {
		p.factor.Secret, err = voucher.NewSecret(o.random)
		o.must(err)
		c.Verifier, err = voucher.Verifier(p.factor.Secret, serial)
		o.must(err)
		c.HasVerifier = true
	}
	h := voucher.HomeVoucher{Index: p.index, Secret: v.mode.Secret(), PIN: v.mode.PIN()}
	if v.mode.PIN() {
		p.factor.PIN, err = voucher.NewPIN(o.random)
		o.must(err)
		h.Hint = voucher.PINHint(o.hints, serial, p.factor.PIN)
	}
	token, err := o.tokenSigner(v.forgedKey).Sign(c)
	o.must(err)
	p.scan = token.Digits()
	h.Tag = voucher.IssuanceTag(token)
	if v.wrongTag {
		h.Tag ^= 1
	}
	if v.home {
		o.homes = append(o.homes, byte(h.Index>>24), byte(h.Index>>16), byte(h.Index>>8), byte(h.Index), byte(h.Tag>>8), byte(h.Tag))
		rest := h.Hint << 6
		if h.PIN {
			rest |= 1 << 5
		}
		if h.Secret {
			rest |= 1 << 4
		}
		o.homes = append(o.homes, byte(rest>>8), byte(rest))
	}
	return p
}

func (o *office) tokenSigner(forged bool) *voucher.Signer {
	if !forged {
		return o.signer
	}
	m := o.manifest
	m.Key = public(seedKey("forger"))
	s, err := voucher.NewSigner(m, seedKey("forger"))
	o.must(err)
	return s
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// sign signs what package voucher exports no signer for.
func (o *office) sign(typ string, key ed25519.PrivateKey, v any) string {
	o.t.Helper()
	var payload bytes.Buffer
	enc := json.NewEncoder(&payload)
	enc.SetEscapeHTML(false)
	o.must(enc.Encode(v))
	b64 := base64.RawURLEncoding.EncodeToString
	covered := b64(fmt.Appendf(nil, `{"alg":"EdDSA","kid":"%s","typ":"%s"}`, voucher.KeyID(public(key)), typ)) + "." +
		b64(bytes.TrimSpace(payload.Bytes()))
	return covered + "." + b64(ed25519.Sign(key, []byte(covered)))
}

// bundle signs a bundle for h1 as of the office's time.
func (o *office) bundle(edit ...func(*voucher.Bundle)) string {
	o.t.Helper()
	manifest, err := voucher.SignManifest(o.root, o.manifest)
	o.must(err)
	status, err := o.status.Encode()
	o.must(err)
	beacon, err := voucher.SignBeacon(voucher.Beacon{Handheld: "h1", Time: voucher.UnixOf(o.now), Nonce: "n1"}, o.beacon)
	o.must(err)
	b := voucher.Bundle{Snapshot: uint64(o.now.Unix()), Handheld: "h1", Vendor: "v1", Purpose: o.purpose, Zone: o.zone,
		Policy: o.policy, Beacon: beacon, Seal: o.seal.PublicKey().Bytes(),
		Items: []voucher.BundleItem{
			{Code: "rice-local", Category: "food", EN: "Rice", FR: "Riz", Ceiling: 500},
			{Code: "millet", Category: "food", EN: "Millet", FR: "Mil", Ceiling: 300},
			{Code: "soap", Category: "hygiene", EN: "Soap", FR: "Savon", Ceiling: 250}},
		Lots: []voucher.BundleLot{{Manifest: manifest, Status: status, Hints: o.hints, Home: o.homes}}}
	for _, e := range edit {
		e(&b)
	}
	return o.sign("evz+jwt", o.beacon, b)
}

// enrol makes an enrolled handheld h1 in the storage, without a bundle.
func (o *office) enrol(store Storage) *Handheld {
	o.t.Helper()
	_, err := makeKey(store, rand.NewChaCha8([32]byte{2}))
	o.must(err)
	o.must(keepIdentity(store, Enrolment{Trust: o.trust()}, vendors.Enrolment{Handheld: "h1", Programme: "mopti",
		Vendor: "v1", Zone: o.zone, Purpose: o.purpose, Nonce: "n0"}))
	return o.open(store)
}

func (o *office) trust() Trust { return Trust{Root: public(o.root), Beacon: public(o.beacon)} }

// open opens the storage's handheld, whose clock is the office's.
func (o *office) open(store Storage) *Handheld {
	o.t.Helper()
	h, err := Open(store, o.config())
	o.must(err)
	return h
}

func (o *office) config() Config {
	return Config{Now: func() time.Time { return o.now }, Rand: rand.NewChaCha8([32]byte{3})}
}

// equip enrols a handheld and gives it the bundle of everything printed.
func (o *office) equip(store Storage) *Handheld {
	o.t.Helper()
	h := o.enrol(store)
	o.must(h.TakeBundle(o.bundle()))
	return h
}

// ack answers records as the server would: everything is payable.
func (o *office) ack(h *Handheld, edit ...func(*voucher.Ack)) string {
	o.t.Helper()
	seq, head := h.chain.end()
	a := voucher.Ack{Handheld: "h1", Seq: seq, Head: head, Time: voucher.UnixOf(o.now), Nonce: "n2"}
	for _, m := range h.chain.records {
		a.Outcomes = append(a.Outcomes, voucher.Outcome{Seq: m.Seq, Hash: m.hash, State: voucher.Payable})
	}
	for _, e := range edit {
		e(&a)
	}
	jws, err := voucher.SignAck(a, o.beacon)
	o.must(err)
	return jws
}

// sale sells exactly the card's value in soap and rice at odd prices.
func sale(p printed) Sale {
	s := Sale{Scan: p.scan, Factor: p.factor}
	if p.value.Asset() == money.XOF {
		s.Lines = []voucher.Line{{Item: "soap", Quantity: "1", Price: p.value.Minor() % 250},
			{Item: "soap", Quantity: fmt.Sprint(p.value.Minor() / 250), Price: 250}}
	} else {
		s.Lines = []voucher.Line{{Item: "rice-local", Quantity: fmt.Sprint(p.value.Minor() / 100), Price: 500}}
	}
	return s
}
