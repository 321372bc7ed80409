package voucher

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// Manifest is what the offline root key says about one lot: the key that
// signed its vouchers, what they may be worth, how many there are and which.
// A handheld believes no voucher whose lot it has no manifest of.
type Manifest struct {
	Issuer                string // the iss of every voucher of the lot
	Programme, Round, Lot string // names of 1 to 40 characters
	KID                   string // of the lot's key: 2 to 4 letters and digits
	Key                   ed25519.PublicKey
	Profiles              []Profile // 1 to 16, numbers ascending
	// Count vouchers were issued and Spares signed besides, suspended until
	// one replaces a lost card. Indexes run from 0 to Count+Spares-1.
	Count, Spares int
	// Total is the value of the issued vouchers, an amount for each asset in
	// ascending order of its text, spares not included.
	Total []money.Amount
	// NotBefore and Expires bound the dates of every voucher; whole seconds.
	NotBefore, Expires time.Time
	Digest             Hash // of all tokens, spares included; see IssuedSet
}

// Profile says once for many vouchers what they buy.
type Profile struct {
	Number int         // 1 to 99, the voucher's p
	Asset  money.Asset // what the voucher's value counts
	// Basket names the items and Categories the kinds of goods that may be
	// bought, each ascending and unique, at most 64 codes of 1 to 40
	// characters. Both empty: no restriction.
	Basket, Categories []string
	// Cap is the most one voucher may be worth, in the asset's smallest unit.
	Cap int64
}

var typManifest = docType{typ: "evm+jwt", max: 96 << 10}

const (
	nameMax     = 40
	profilesMax = 16
	basketMax   = 64
	// lotMax bounds the vouchers of one lot, spares included.
	lotMax = 1 << 21
)

// ErrManifest refuses a manifest that cannot be; its field says where.
var ErrManifest = fault.New(fault.Invalid, "manifest_invalid",
	"The lot's manifest says something that cannot be.",
	"Le manifeste du lot affirme quelque chose d'impossible.")

type manifestJSON struct {
	Iss      string         `json:"iss"`
	Prog     string         `json:"prog"`
	Round    string         `json:"round"`
	Lot      string         `json:"lot"`
	KID      string         `json:"kid"`
	X        Base64         `json:"x"`
	Profiles []profileJSON  `json:"profiles"`
	N        int            `json:"n"`
	Spares   int            `json:"spares"`
	Total    []money.Amount `json:"total"`
	NBF      Unix           `json:"nbf"`
	Exp      Unix           `json:"exp"`
	Dig      Hash           `json:"dig"`
}

type profileJSON struct {
	P      int         `json:"p"`
	Asset  money.Asset `json:"asset"`
	Basket []string    `json:"basket"`
	Cat    []string    `json:"cat"`
	Cap    int64       `json:"cap"`
}

// SignManifest returns the manifest as a JWS of type evm+jwt under the root
// key, whose KeyID is the kid. It returns ErrManifest for what cannot be: a
// total without vouchers or a digest of nothing included.
func SignManifest(root ed25519.PrivateKey, m Manifest) (string, error) {
	jws, err := signAsKeyID(typManifest, root, m.json())
	if err != nil {
		return "", fmt.Errorf("manifest of lot %s: %w", m.Lot, err)
	}
	return jws, nil
}

// ParseManifest returns the manifest that the root key signed, and refuses
// every text that SignManifest would not have written. It returns the faults
// of signed texts and ErrManifest.
func ParseManifest(jws string, root ed25519.PublicKey) (Manifest, error) {
	w, err := parseJWS[manifestJSON](typManifest, KeyID(root), root, jws)
	if err != nil {
		return Manifest{}, fmt.Errorf("parse a manifest: %w", err)
	}
	return w.manifest(), nil
}

func (m Manifest) json() manifestJSON {
	w := manifestJSON{
		Iss: m.Issuer, Prog: m.Programme, Round: m.Round, Lot: m.Lot, KID: m.KID, X: Base64(m.Key),
		N: m.Count, Spares: m.Spares, Total: append([]money.Amount{}, m.Total...),
		NBF: UnixOf(m.NotBefore), Exp: UnixOf(m.Expires), Dig: m.Digest, Profiles: []profileJSON{},
	}
	for _, p := range m.Profiles {
		w.Profiles = append(w.Profiles, profileJSON{
			P: p.Number, Asset: p.Asset, Cap: p.Cap,
			Basket: append([]string{}, p.Basket...), Cat: append([]string{}, p.Categories...),
		})
	}
	return w
}

func (w manifestJSON) manifest() Manifest {
	m := Manifest{
		Issuer: w.Iss, Programme: w.Prog, Round: w.Round, Lot: w.Lot, KID: w.KID, Key: ed25519.PublicKey(w.X),
		Count: w.N, Spares: w.Spares, Total: w.Total,
		NotBefore: w.NBF.Time(), Expires: w.Exp.Time(), Digest: w.Dig,
	}
	for _, p := range w.Profiles {
		m.Profiles = append(m.Profiles, Profile{
			Number: p.P, Asset: p.Asset, Basket: p.Basket, Categories: p.Cat, Cap: p.Cap,
		})
	}
	return m
}

// check refuses what no finished lot's manifest may say.
func (w manifestJSON) check() error {
	m := w.manifest()
	if err := m.checkLot(); err != nil {
		return err
	}
	if w.Total == nil || slices.ContainsFunc(w.Profiles, func(p profileJSON) bool { return p.Basket == nil || p.Cat == nil }) {
		return ErrManifest.At("total", "a list is missing")
	}
	if m.Digest.IsZero() {
		return ErrManifest.At("dig", "missing")
	}
	assets := map[money.Asset]bool{}
	for _, p := range m.Profiles {
		assets[p.Asset] = true
	}
	for i, t := range m.Total {
		if !assets[t.Asset()] || t.Sign() <= 0 || t.Minor() > safeMax {
			return ErrManifest.At("total", "%s is no total of a profile's asset", t)
		}
		if i > 0 && m.Total[i-1].Asset().String() >= t.Asset().String() {
			return ErrManifest.At("total", "assets do not ascend")
		}
	}
	if (m.Count == 0) != (len(m.Total) == 0) {
		return ErrManifest.At("total", "%d vouchers and %d totals", m.Count, len(m.Total))
	}
	return nil
}

// checkLot refuses what not even a lot about to be signed may say; total and
// digest are not known by then.
func (m Manifest) checkLot() error {
	switch {
	case !isCode(m.Issuer):
		return ErrManifest.At("iss", "not 1 to %d letters and digits", codeMax)
	case !isName(m.Programme, nameMax) || !isName(m.Round, nameMax) || !isName(m.Lot, nameMax):
		return ErrManifest.At("lot", "programme, round and lot are names of at most %d characters", nameMax)
	case !isTokenKID(m.KID):
		return ErrManifest.At("kid", "not 2 to 4 letters and digits")
	case len(m.Key) != ed25519.PublicKeySize:
		return ErrManifest.At("x", "not an Ed25519 key")
	case m.Count < 0 || m.Spares < 0 || m.Count > lotMax || m.Spares > lotMax-m.Count || m.Count+m.Spares == 0:
		return ErrManifest.At("n", "not from 1 to %d vouchers with the spares", lotMax)
	case m.NotBefore.Unix() < secondsMin || m.Expires.Unix() > secondsMax || !m.NotBefore.Before(m.Expires):
		return ErrManifest.At("nbf", "not before exp, or out of range")
	case len(m.Profiles) == 0 || len(m.Profiles) > profilesMax:
		return ErrManifest.At("profiles", "not from 1 to %d", profilesMax)
	}
	last := 0
	for _, p := range m.Profiles {
		if err := p.check(last); err != nil {
			return err
		}
		last = p.Number
	}
	return nil
}

func (p Profile) check(last int) error {
	where := fmt.Sprintf("profiles[%d]", p.Number)
	switch {
	case p.Number <= last || p.Number > profileMax:
		return ErrManifest.At(where, "numbers ascend from 1 to %d", profileMax)
	case p.Asset.IsZero():
		return ErrManifest.At(where, "no asset")
	case p.Cap < 1 || p.Cap > valueMax:
		return ErrManifest.At(where, "cap is not from 1 to %d", int64(valueMax))
	case !isCodeSet(p.Basket) || !isCodeSet(p.Categories):
		return ErrManifest.At(where, "basket and categories are at most %d ascending codes", basketMax)
	}
	return nil
}

// isCodeSet reports whether list is at most 64 names, ascending and unique.
func isCodeSet(list []string) bool {
	for i, c := range list {
		if !isName(c, nameMax) || i > 0 && strings.Compare(list[i-1], c) >= 0 {
			return false
		}
	}
	return len(list) <= basketMax
}

// Profile returns the profile with the number.
func (m Manifest) Profile(number int) (Profile, bool) {
	i := slices.IndexFunc(m.Profiles, func(p Profile) bool { return p.Number == number })
	if i < 0 {
		return Profile{}, false
	}
	return m.Profiles[i], true
}

// admits refuses a voucher that the lot cannot hold, so that even its own key
// cannot make one that is worth more, lasts longer or comes on top.
func (m *Manifest) admits(c *Claims) error {
	p, ok := m.Profile(c.Profile)
	switch {
	case !ok:
		return ErrTokenManifest.At("p", "the lot has no profile %d", c.Profile)
	case c.Value > p.Cap:
		return ErrTokenManifest.At("v", "above the cap %d", p.Cap)
	case int64(c.Index) >= int64(m.Count)+int64(m.Spares):
		return ErrTokenManifest.At("x", "the lot has %d vouchers", m.Count+m.Spares)
	case c.NotBefore.Before(m.NotBefore) || c.Expires.After(m.Expires):
		return ErrTokenManifest.At("nbf", "not within the lot's dates")
	}
	return nil
}

func (m Manifest) equal(o Manifest) bool {
	a, errA := canonical(m.json())
	b, errB := canonical(o.json())
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// clone returns a copy that shares nothing with m.
func (m Manifest) clone() Manifest {
	c := m.json().manifest()
	c.Key = bytes.Clone(m.Key)
	return c
}
