package cards

import (
	"errors"
	"image/color"
	"testing"

	"github.com/boombuler/barcode/qr"
	"pgregory.net/rapid"
)

// Whatever is encoded, every module is the one that an independent encoder
// draws, the choice of the mask included, and 604 digits fit in 61 modules. A
// decoder alone would not show it: it corrects what was drawn wrongly.
func TestEncode(t *testing.T) {
	var e encoder
	same := func(t *rapid.T, content string, mode qr.Encoding) {
		got, err := e.encode(content, codeModulesMax)
		if err != nil {
			t.Fatal(err)
		}
		want, err := qr.Encode(content, qr.M, mode)
		if err != nil {
			t.Fatal(err)
		}
		if n := want.Bounds().Dx(); got.Size != n || n > codeModulesMax {
			t.Fatalf("modules = %d, want %d", got.Size, n)
		}
		for y := range got.Size {
			for x := range got.Size {
				if got.Black(x, y) != (want.At(x, y) == color.Black) {
					t.Fatalf("module %d, %d differs", x, y)
				}
			}
		}
	}
	t.Run("digits", rapid.MakeCheck(func(t *rapid.T) {
		short, full := digitsOf(1, codeDigitsMax), digitsOf(codeDigitsMax-20, codeDigitsMax)
		same(t, rapid.OneOf(short, short, short, full).Draw(t, "content"), qr.Numeric)
	}))
	t.Run("other bytes", rapid.MakeCheck(func(t *rapid.T) {
		same(t, rapid.StringMatching(`[A-Za-z0-9+/]{0,180}=`).Draw(t, "content"), qr.Unicode)
	}))
	t.Run("one digit too many is refused", rapid.MakeCheck(func(t *rapid.T) {
		_, err := e.encode(digitsOf(codeDigitsMax+1, codeDigitsMax+9).Draw(t, "content"), codeModulesMax)
		if !errors.Is(err, ErrCode) {
			t.Fatalf("error = %v, want ErrCode", err)
		}
	}))
	t.Run("what a smaller code cannot hold is refused", func(t *testing.T) {
		if _, err := e.encode("12345678901234567890123456789012345", labelModules); !errors.Is(err, ErrCode) {
			t.Errorf("error = %v, want ErrCode", err)
		}
	})
}

func digitsOf(least, most int) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune("0123456789")), least, most, -1)
}
