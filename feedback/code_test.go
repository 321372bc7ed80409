package feedback

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
)

// A code survives being read out and copied; every wrong character and every
// exchange of two neighbours is found before anything is looked up.
func TestCode(t *testing.T) {
	seen := map[string]bool{}
	for i := range 200 {
		code := codeOf(sha256.Sum256([]byte{byte(i)}))
		if len(code) != 14 || seen[code] {
			t.Fatalf("code %q", code)
		}
		seen[code] = true
		bare, err := bareCode(" " + strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(code, "1", "l"), "0", "o")))
		if err != nil || bare != strings.ReplaceAll(code, "-", "") {
			t.Fatalf("%q is read as %q, %v", code, bare, err)
		}
		for at := range bare {
			for _, c := range codeAlphabet {
				if wrong := bare[:at] + string(c) + bare[at+1:]; wrong != bare {
					if _, err := bareCode(wrong); !errors.Is(err, ErrCodeForm) {
						t.Fatalf("%s passes for %s", wrong, bare)
					}
				}
			}
			if at > 0 && bare[at] != bare[at-1] {
				wrong := bare[:at-1] + string(bare[at]) + string(bare[at-1]) + bare[at+1:]
				if _, err := bareCode(wrong); !errors.Is(err, ErrCodeForm) {
					t.Fatalf("%s passes for %s", wrong, bare)
				}
			}
		}
	}
	for _, wrong := range []string{"", "AAAA", strings.Repeat("0", 41), "0000-0000-000U", "0000-0000-0000-0"} {
		if _, err := bareCode(wrong); !errors.Is(err, ErrCodeForm) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
