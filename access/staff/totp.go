package staff

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// A code of an authenticator application (RFC 6238) is of six digits for half a
// minute. The step before and the one after count too, as telephones in the field
// are late; a step counts once, and none before one that was used (RFC 6238, 5.2).
const (
	totpPeriod = 30
	totpSkew   = 1
	totpBytes  = 20
	totpIssuer = "Jate"
)

var noPad = base32.StdEncoding.WithPadding(base32.NoPadding)

// newTOTP returns a new secret in base32.
func newTOTP() string {
	b := make([]byte, totpBytes)
	_, _ = rand.Read(b) // never fails
	return noPad.EncodeToString(b)
}

// totpURI is what an authenticator application scans (Key Uri Format of Google
// Authenticator).
func totpURI(secret, name string) string {
	return "otpauth://totp/" + totpIssuer + ":" + url.PathEscape(name) + "?secret=" + secret + "&issuer=" + totpIssuer
}

// totpStep returns the step that a code is of, above after; 0 where there is none.
func totpStep(secret, code string, after uint64, now time.Time) uint64 {
	code = strings.ReplaceAll(code, " ", "")
	var found uint64
	for d := -totpSkew; d <= totpSkew; d++ {
		at := now.Add(time.Duration(d*totpPeriod) * time.Second)
		want, err := totp.GenerateCodeCustom(secret, at, totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		step := uint64(at.Unix()) / totpPeriod // #nosec G115 -- no clock is before 1970
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > after {
			found = step
		}
	}
	return found
}

// Recovery codes: ten of 80 bits, in groups of four (ASVS 6.5.2).
const (
	codesCount = 10
	codeBytes  = 10
)

// newCodes returns recovery codes, and their hashes one after the other. 80 random
// bits need no slow hash.
func newCodes() ([]string, []byte) {
	var codes []string
	var hashes []byte
	for range codesCount {
		b := make([]byte, codeBytes)
		_, _ = rand.Read(b) // never fails
		text := strings.ToLower(noPad.EncodeToString(b))
		codes = append(codes, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
		h := sha256.Sum256([]byte(text))
		hashes = append(hashes, h[:]...)
	}
	return codes, hashes
}

// withoutCode returns the hashes without that of a code, and whether it was there.
func withoutCode(hashes []byte, code string) ([]byte, bool) {
	h := sha256.Sum256([]byte(strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(code))))
	var rest []byte
	found := false
	for i := 0; i+sha256.Size <= len(hashes); i += sha256.Size {
		if subtle.ConstantTimeCompare(hashes[i:i+sha256.Size], h[:]) == 1 {
			found = true
			continue
		}
		rest = append(rest, hashes[i:i+sha256.Size]...)
	}
	return rest, found
}

// secondFactor finds which of the credentials a code is of. What it returns uses
// the code up, or fails with ErrSignIn where somebody else was faster.
func (s *service) secondFactor(cs []Credential, code string) (func(Tx) error, bool) {
	var use func(Tx) error
	for _, c := range cs {
		switch c.Kind {
		case TOTP:
			secret, err := s.seal.open("totp", c.Member, c.Secret)
			if err != nil || totpStep(string(secret), code, c.Counter, s.Now()) == 0 {
				continue
			}
			use = func(tx Tx) error {
				now, err := tx.Credential(c.Member, c.ID)
				if err != nil {
					return ErrSignIn
				}
				step := totpStep(string(secret), code, now.Counter, s.Now())
				if step == 0 {
					return ErrSignIn
				}
				now.Counter, now.Used = step, tx.Now()
				return tx.PutCredential(now)
			}
		case Codes:
			if _, ok := withoutCode(c.Secret, code); !ok {
				continue
			}
			use = func(tx Tx) error {
				now, err := tx.Credential(c.Member, c.ID)
				if err != nil {
					return ErrSignIn
				}
				rest, ok := withoutCode(now.Secret, code)
				if !ok {
					return ErrSignIn
				}
				now.Secret, now.Used = rest, tx.Now()
				if err := Tell(tx, c.Member, "recovery_code_used"); err != nil {
					return err
				}
				return tx.PutCredential(now)
			}
		}
	}
	return use, use != nil
}
