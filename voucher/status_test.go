package voucher

import (
	"bytes"
	"compress/zlib"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// A list behaves as a map from index to status, through its encoded form too.
func TestStatusList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		l, err := NewStatusList(n)
		if err != nil {
			t.Fatal(err)
		}
		model := make([]ListStatus, n)
		for range rapid.IntRange(0, 200).Draw(t, "changes") {
			i := rapid.IntRange(0, n-1).Draw(t, "index")
			model[i] = ListStatus(rapid.IntRange(0, 3).Draw(t, "status"))
			if err := l.Set(uint32(i), model[i]); err != nil {
				t.Fatal(err)
			}
		}
		b, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeStatusList(b, n)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range model {
			if got := back.At(uint32(i)); got != want || l.At(uint32(i)) != want {
				t.Fatalf("voucher %d is %d, want %d", i, got, want)
			}
		}
		if back.Len() != n || back.At(uint32(n)) != ListVoid {
			t.Fatal("a voucher outside the list is not void")
		}
	})
}

func TestStatusList_bounds(t *testing.T) {
	for _, n := range []int{-1, 0, lotMax + 1} {
		if _, err := NewStatusList(n); !errors.Is(err, ErrStatusList) {
			t.Errorf("%d vouchers: %v", n, err)
		}
	}
	l, err := NewStatusList(5)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Set(5, ListVoid); !errors.Is(err, ErrStatusList) {
		t.Errorf("an index outside: %v", err)
	}
	if err := l.Set(0, 4); !errors.Is(err, ErrStatusList) {
		t.Errorf("a fifth status: %v", err)
	}
}

func TestDecodeStatusList_refuses(t *testing.T) {
	pack := func(bits []byte) []byte {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		if _, err := w.Write(bits); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	good := pack([]byte{0b11_10_01_00, 0b01})
	if l, err := DecodeStatusList(good, 5); err != nil || l.At(3) != ListRedeemed || l.At(4) != ListVoid {
		t.Fatalf("a good list: %v", err)
	}
	damaged := bytes.Clone(good)
	damaged[len(damaged)-1] ^= 1
	for name, b := range map[string][]byte{
		"nothing":                     nil,
		"no zlib":                     []byte("no zlib here"),
		"a byte too few":              pack([]byte{1}),
		"a byte too many":             pack([]byte{1, 1, 0}),
		"a bomb":                      pack(make([]byte, 1<<20)),
		"a truncated stream":          good[:len(good)-2],
		"a wrong checksum":            damaged,
		"bytes after the end":         append(bytes.Clone(good), 0),
		"vouchers that do not exist":  pack([]byte{0, 0b100}),
		"a stream for another length": pack(nil),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := DecodeStatusList(b, 5); !errors.Is(err, ErrStatusList) {
				t.Errorf("DecodeStatusList = %v", err)
			}
		})
	}
}
