package money

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func mustAsset(t testing.TB, code string, digits int) Asset {
	t.Helper()
	a, err := NewAsset(code, digits)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Nothing is rounded: what does not fit the asset is refused.
func TestParse_refuses(t *testing.T) {
	rice := mustAsset(t, "RICE-KG", 2)
	for _, c := range []struct {
		text  string
		asset Asset
		want  error
	}{
		{"10.5", XOF, ErrDigits},
		{"10.0", XOF, ErrDigits},
		{"1.234", rice, ErrDigits},
		{"1e3", XOF, ErrSyntax},
		{"+1", XOF, ErrSyntax},
		{"1 000", XOF, ErrSyntax},
		{"1,5", rice, ErrSyntax},
		{".5", rice, ErrSyntax},
		{"5.", rice, ErrSyntax},
		{"", XOF, ErrSyntax},
		{"--1", XOF, ErrSyntax},
		{"9223372036854775808", XOF, ErrRange},
		{"1111111111111111111111111", XOF, ErrSyntax},
		{"1", Asset{}, ErrMismatch},
	} {
		if _, err := Parse(c.text, c.asset); !errors.Is(err, c.want) {
			t.Errorf("Parse(%q, %s) = %v, want %v", c.text, c.asset, err, c.want)
		}
	}
}

// What is written is read back, through text and through JSON.
func TestAmount_roundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Asset{code: "AB", digits: uint8(rapid.IntRange(0, digitsMax).Draw(t, "digits"))}
		m := FromMinor(rapid.Int64().Draw(t, "minor"), a)
		got, err := Parse(m.Text(), a)
		if err != nil || !got.Equal(m) {
			t.Fatalf("Parse(%q) = %v, %v", m.Text(), got, err)
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var back Amount
		if err := json.Unmarshal(b, &back); err != nil || !back.Equal(m) {
			t.Fatalf("%s -> %v, %v", b, back, err)
		}
	})
}

// The parts of a split always sum to the whole and differ by one at most.
func TestAmount_Split(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Francs(rapid.Int64().Draw(t, "minor"))
		parts, err := m.Split(rapid.IntRange(1, 50).Draw(t, "n"))
		if err != nil {
			t.Fatal(err)
		}
		sum := Francs(0)
		for _, p := range parts {
			if sum, err = sum.Add(p); err != nil {
				t.Fatal(err)
			}
			if d := p.Minor() - parts[0].Minor(); d > 1 || d < -1 {
				t.Fatalf("parts %v", parts)
			}
		}
		if !sum.Equal(m) {
			t.Fatalf("sum of %v is %v", parts, sum)
		}
	})
	if _, err := Francs(1).Split(0); !errors.Is(err, ErrRange) {
		t.Errorf("Split(0) = %v", err)
	}
}

func TestAmount_arithmetic(t *testing.T) {
	rice := mustAsset(t, "RICE-KG", 2)
	if _, err := Francs(math.MaxInt64).Add(Francs(1)); !errors.Is(err, ErrRange) {
		t.Errorf("overflow: %v", err)
	}
	if _, err := Francs(-2).Sub(Francs(math.MaxInt64)); !errors.Is(err, ErrRange) {
		t.Errorf("underflow: %v", err)
	}
	if _, err := Francs(math.MaxInt64).Mul(2); !errors.Is(err, ErrRange) {
		t.Errorf("product: %v", err)
	}
	if _, err := Francs(1).Add(FromMinor(1, rice)); !errors.Is(err, ErrMismatch) {
		t.Errorf("two assets: %v", err)
	}
	got, err := FromMinor(1250, rice).Price(Francs(400))
	if err != nil || !got.Equal(Francs(5000)) {
		t.Errorf("12.50 kg at 400 = %v, %v", got, err)
	}
	if _, err := FromMinor(1, rice).Price(Francs(399)); !errors.Is(err, ErrDigits) {
		t.Errorf("a price that must be rounded: %v", err)
	}
}

func TestAmount_Format(t *testing.T) {
	rice := mustAsset(t, "RICE-KG", 2)
	for _, c := range []struct {
		m          Amount
		lang, want string
	}{
		{Francs(1234567), "fr", "1\u202f234\u202f567\u00a0FCFA"},
		{Francs(-5000), "en", "-5,000\u00a0FCFA"},
		{FromMinor(123456, rice), "fr", "1\u202f234,56\u00a0RICE-KG"},
		{FromMinor(50, rice), "en", "0.50\u00a0RICE-KG"},
	} {
		if got := c.m.Format(c.lang); got != c.want {
			t.Errorf("Format(%v, %s) = %q, want %q", c.m, c.lang, got, c.want)
		}
	}
}

// What is not an amount's is not passed over.
func TestAmount_UnmarshalJSON_refuses(t *testing.T) {
	for _, text := range []string{
		`{"amount":"5","asset":"XOF/0","note":"x"}`, `{"amount":5,"asset":"XOF/0"}`, `{"amount":"5"}`,
		`{"amount":"5.0","asset":"XOF/0"}`, `{"amount":"5","asset":"XOF"}`, `"5 XOF"`, `[5]`,
	} {
		var m Amount
		if err := json.Unmarshal([]byte(text), &m); err == nil {
			t.Errorf("%s was read as %v", text, m)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0", "-1", "10.50", "9223372036854775807", "1e9", "00", "-0"} {
		f.Add(s)
	}
	a := Asset{code: "AB", digits: 2}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := Parse(s, a)
		if err != nil {
			return
		}
		back, err := Parse(m.Text(), a)
		if err != nil || !back.Equal(m) {
			t.Fatalf("%q -> %v -> %v, %v", s, m, back, err)
		}
	})
}
