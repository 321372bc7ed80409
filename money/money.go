// Package money holds amounts of an asset: a currency such as XOF or a
// commodity such as rice by the kilogram.
//
// An amount is a whole number of the asset's smallest unit, kept in 64 bits.
// It is never a float and is never rounded: a text with more digits than the
// asset has is refused, and a sum that does not fit is an error. Decimal
// notation (shopspring/decimal) appears only at the edges.
package money

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Errors returned by this package; wrapped with the value concerned.
var (
	ErrSyntax   = errors.New("not an amount")
	ErrDigits   = errors.New("more digits than the asset has")
	ErrRange    = errors.New("amount out of range")
	ErrMismatch = errors.New("amounts of two different assets")
)

const (
	// textMax bounds the text of one amount, in bytes.
	textMax = 24
	// codeMax bounds an asset's code, in bytes.
	codeMax = 16
	// digitsMax bounds an asset's digits after the point.
	digitsMax = 6
)

// Asset is a currency or a commodity with its number of digits after the
// point. The zero Asset is no asset. Assets compare with ==.
type Asset struct {
	code   string
	digits uint8
}

// XOF is the CFA franc of the BCEAO. It has no minor unit (ISO 4217).
var XOF = Asset{code: "XOF"}

// NewAsset returns the asset with the given code (2 to 16 characters of A-Z,
// 0-9 and "-", starting with a letter) and digits (0 to 6).
func NewAsset(code string, digits int) (Asset, error) {
	if len(code) < 2 || len(code) > codeMax || code[0] < 'A' || code[0] > 'Z' {
		return Asset{}, fmt.Errorf("asset code %q: %w", code, ErrSyntax)
	}
	for _, c := range []byte(code) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return Asset{}, fmt.Errorf("asset code %q: %w", code, ErrSyntax)
		}
	}
	if digits < 0 || digits > digitsMax {
		return Asset{}, fmt.Errorf("asset %s with %d digits: %w", code, digits, ErrRange)
	}
	return Asset{code: code, digits: uint8(digits)}, nil
}

// ParseAsset reads the form that String writes: "XOF/0", "RICE-KG/2".
func ParseAsset(s string) (Asset, error) {
	code, digits, ok := strings.Cut(s, "/")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || strconv.Itoa(n) != digits {
		return Asset{}, fmt.Errorf("asset %q: %w", s, ErrSyntax)
	}
	return NewAsset(code, n)
}

// Code returns the asset's code, such as "XOF".
func (a Asset) Code() string { return a.code }

// Digits returns the number of digits after the point.
func (a Asset) Digits() int { return int(a.digits) }

// IsZero reports whether a is no asset.
func (a Asset) IsZero() bool { return a.code == "" }

// IsCurrency reports whether the asset is money: three letters, as ISO 4217
// codes are. A commodity's code names its unit too and is longer.
func (a Asset) IsCurrency() bool { return len(a.code) == 3 }

// String returns code and digits, "XOF/0", the form kept in the journal.
func (a Asset) String() string {
	if a.IsZero() {
		return ""
	}
	return a.code + "/" + strconv.Itoa(int(a.digits))
}

// MarshalText writes the form of String.
func (a Asset) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads the form of String; an empty text is no asset.
func (a *Asset) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*a = Asset{}
		return nil
	}
	v, err := ParseAsset(string(b))
	if err != nil {
		return err
	}
	*a = v
	return nil
}

// Amount is an immutable quantity of one asset. The zero Amount is nothing of
// no asset. Compare with Equal or Cmp.
type Amount struct {
	minor int64
	asset Asset
}

// FromMinor returns n smallest units of the asset.
func FromMinor(n int64, a Asset) Amount { return Amount{minor: n, asset: a} }

// Francs returns n XOF.
func Francs(n int64) Amount { return FromMinor(n, XOF) }

// Parse reads plain decimal notation: an optional minus, digits, and at most
// as many digits after the point as the asset has. Exponents, spaces, plus
// signs and separators are refused, and so is anything over 24 bytes.
func Parse(s string, a Asset) (Amount, error) {
	if a.IsZero() {
		return Amount{}, fmt.Errorf("amount %q: %w", s, ErrMismatch)
	}
	if len(s) == 0 || len(s) > textMax {
		return Amount{}, fmt.Errorf("amount of %d characters: %w", len(s), ErrSyntax)
	}
	whole, frac, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	if whole == "" || (point && frac == "") || !isDigits(whole) || !isDigits(frac) {
		return Amount{}, fmt.Errorf("amount %q: %w", s, ErrSyntax)
	}
	if len(frac) > a.Digits() {
		return Amount{}, fmt.Errorf("amount %q of %s, which has %d digits: %w", s, a.code, a.digits, ErrDigits)
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return Amount{}, fmt.Errorf("amount %q: %w", s, ErrSyntax)
	}
	minor := d.Shift(int32(a.digits)).BigInt()
	if !minor.IsInt64() {
		return Amount{}, fmt.Errorf("amount %q: %w", s, ErrRange)
	}
	return Amount{minor: minor.Int64(), asset: a}, nil
}

func isDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// Minor returns the number of smallest units.
func (m Amount) Minor() int64 { return m.minor }

// Asset returns what m is an amount of.
func (m Amount) Asset() Asset { return m.asset }

// Decimal returns m in whole units.
func (m Amount) Decimal() decimal.Decimal {
	return decimal.New(m.minor, -int32(m.asset.digits))
}

// IsZero reports whether m is nothing, of whatever asset.
func (m Amount) IsZero() bool { return m.minor == 0 }

// Sign returns -1, 0 or +1.
func (m Amount) Sign() int {
	switch {
	case m.minor < 0:
		return -1
	case m.minor > 0:
		return 1
	}
	return 0
}

// Equal reports whether m and o are the same amount of the same asset.
func (m Amount) Equal(o Amount) bool { return m == o }

// Cmp compares two amounts of one asset: -1, 0 or +1. It returns ErrMismatch
// for two assets.
func (m Amount) Cmp(o Amount) (int, error) {
	if m.asset != o.asset {
		return 0, fmt.Errorf("%s with %s: %w", m.asset, o.asset, ErrMismatch)
	}
	return Amount{minor: sub(m.minor, o.minor)}.Sign(), nil
}

// sub saturates, which is enough for a sign.
func sub(a, b int64) int64 {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Add returns m + o. It returns ErrMismatch for two assets and ErrRange when
// the sum does not fit.
func (m Amount) Add(o Amount) (Amount, error) {
	if m.asset != o.asset {
		return Amount{}, fmt.Errorf("%s and %s: %w", m.asset, o.asset, ErrMismatch)
	}
	s, ok := AddMinor(m.minor, o.minor)
	if !ok {
		return Amount{}, fmt.Errorf("%d + %d: %w", m.minor, o.minor, ErrRange)
	}
	return Amount{minor: s, asset: m.asset}, nil
}

// Sub returns m - o, with the errors of Add.
func (m Amount) Sub(o Amount) (Amount, error) {
	if o.minor == math.MinInt64 {
		return Amount{}, fmt.Errorf("%d: %w", o.minor, ErrRange)
	}
	return m.Add(Amount{minor: -o.minor, asset: o.asset})
}

// Mul returns m taken n times, or ErrRange.
func (m Amount) Mul(n int64) (Amount, error) {
	p := new(big.Int).Mul(big.NewInt(m.minor), big.NewInt(n))
	if !p.IsInt64() {
		return Amount{}, fmt.Errorf("%d x %d: %w", m.minor, n, ErrRange)
	}
	return Amount{minor: p.Int64(), asset: m.asset}, nil
}

// Price returns what m of a commodity costs at p for one whole unit. It
// returns ErrDigits unless the product is a whole number of p's smallest
// unit: a price that would have to be rounded is refused.
func (m Amount) Price(p Amount) (Amount, error) {
	total := m.Decimal().Mul(p.Decimal()).Shift(int32(p.asset.digits))
	if !total.IsInteger() {
		return Amount{}, fmt.Errorf("%s at %s: %w", m, p, ErrDigits)
	}
	n := total.BigInt()
	if !n.IsInt64() {
		return Amount{}, fmt.Errorf("%s at %s: %w", m, p, ErrRange)
	}
	return Amount{minor: n.Int64(), asset: p.asset}, nil
}

// Split returns n parts that sum to m and differ by at most one smallest
// unit, the larger first. It returns ErrRange for n < 1.
func (m Amount) Split(n int) ([]Amount, error) {
	if n < 1 {
		return nil, fmt.Errorf("split in %d: %w", n, ErrRange)
	}
	parts := make([]Amount, n)
	each, rest := m.minor/int64(n), m.minor%int64(n)
	for i := range parts {
		parts[i] = Amount{minor: each, asset: m.asset}
		if int64(i) < max(rest, -rest) {
			parts[i].minor += int64(m.Sign())
		}
	}
	return parts, nil
}

// AddMinor returns a + b and whether it fits in 64 bits.
func AddMinor(a, b int64) (int64, bool) {
	s := a + b
	return s, (s > a) == (b > 0)
}

// Text returns the decimal notation without the asset, the form Parse reads.
func (m Amount) Text() string { return m.Decimal().StringFixed(int32(m.asset.digits)) }

// String returns the decimal notation and the asset's code: "5000 XOF".
func (m Amount) String() string { return m.Text() + " " + m.asset.code }

// Format returns m as a person reads it: thousands apart, the comma or point
// of the language ("fr" or "en"), and FCFA for XOF.
func (m Amount) Format(lang string) string {
	sep, point := ",", "."
	if lang == "fr" {
		sep, point = "\u202f", ","
	}
	text := m.Text()
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	whole, frac, _ := strings.Cut(text, ".")
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(c)
	}
	if frac != "" {
		b.WriteString(point + frac)
	}
	code := m.asset.code
	if m.asset == XOF {
		code = "FCFA"
	}
	return sign + b.String() + "\u00a0" + code
}

type wire struct {
	Amount string `json:"amount"`
	Asset  Asset  `json:"asset"`
}

// MarshalJSON writes {"amount":"10.50","asset":"RICE-KG/2"}.
func (m Amount) MarshalJSON() ([]byte, error) {
	return json.Marshal(wire{Amount: m.Text(), Asset: m.asset})
}

// UnmarshalJSON reads the form of MarshalJSON, as strictly as Parse.
func (m *Amount) UnmarshalJSON(b []byte) error {
	var w wire
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return err
	}
	if w.Asset.IsZero() && (w.Amount == "" || w.Amount == "0") {
		*m = Amount{}
		return nil
	}
	v, err := Parse(w.Amount, w.Asset)
	if err != nil {
		return err
	}
	*m = v
	return nil
}
