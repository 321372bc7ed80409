package cards

import (
	"errors"
	"testing"

	"github.com/boombuler/barcode/qr"
	"pgregory.net/rapid"
)

// The length check and the drawn size are one promise: whatever 604 digits a
// voucher is, its code has at most 61 modules, and one digit more has not.
func TestEncode(t *testing.T) {
	digits := func(least, most int) *rapid.Generator[string] {
		return rapid.StringOfN(rapid.RuneFrom([]rune("0123456789")), least, most, -1)
	}
	rapid.Check(t, func(t *rapid.T) {
		b, err := encode(digits(1, codeDigitsMax).Draw(t, "fits"), qr.Numeric, codeModulesMax)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Bounds().Dx(); got > codeModulesMax {
			t.Fatalf("modules = %d", got)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		_, err := encode(digits(codeDigitsMax+1, codeDigitsMax+9).Draw(t, "too long"), qr.Numeric, codeModulesMax)
		if !errors.Is(err, ErrCode) {
			t.Fatalf("error = %v, want ErrCode", err)
		}
	})
}
