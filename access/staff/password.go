package staff

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/jate-cva/jate/fault"
)

// A password has this many characters. There are no rules of composition and
// none ever expires (NIST SP 800-63B, 3.1.1.2; ASVS 6.2.1, 6.2.5, 6.2.10).
const (
	passwordMin = 12
	passwordMax = 128
)

// ErrPassword refuses a password that somebody would guess.
var ErrPassword = fault.New(fault.Invalid, "password_unsuitable",
	"Choose another password: 12 to 128 characters, none of those that everybody tries first, and not your sign-in name.",
	"Choisissez un autre mot de passe : 12 à 128 caractères, aucun de ceux que tout le monde essaie d'abord, et pas votre identifiant.")

// Cost is what one guess of a password costs, to us as to others.
type Cost struct {
	MemoryKiB uint32
	Passes    uint32
}

// DefaultCost is that of ASVS 5.0, appendix C: Argon2id (RFC 9106) with 46 MiB,
// one pass, one lane. It takes a tenth of a second.
var DefaultCost = Cost{MemoryKiB: 46 << 10, Passes: 1}

const (
	saltBytes   = 16
	hashBytes   = 32
	hashersMost = 2 // at a time, so that a flood of sign-ins takes less than 100 MiB
)

// hasher makes and checks password hashes as PHC strings.
type hasher struct {
	cost  Cost
	turns chan struct{}
	dummy string // what a password of nobody is compared with
}

func newHasher(c Cost) *hasher {
	h := &hasher{cost: c, turns: make(chan struct{}, hashersMost)}
	h.dummy = h.encode(make([]byte, saltBytes), make([]byte, hashBytes))
	return h
}

func (h *hasher) encode(salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, h.cost.MemoryKiB, h.cost.Passes, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

// derive waits for its turn.
func (h *hasher) derive(ctx context.Context, password string, salt []byte, c Cost) ([]byte, error) {
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, c.Passes, c.MemoryKiB, 1, hashBytes), nil
}

// hash returns a PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	sum, err := h.derive(ctx, password, salt, h.cost)
	return h.encode(salt, sum), err
}

// check reports whether a password has a hash, and whether that hash should be
// made anew because it cost less than one costs now.
func (h *hasher) check(ctx context.Context, password, phc string) (ok, again bool, err error) {
	var c Cost
	var version int
	parts := strings.Split(phc, "$")
	if len(parts) != 6 {
		return false, false, fmt.Errorf("a stored password hash has %d parts", len(parts))
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=1", &version, &c.MemoryKiB, &c.Passes); err != nil || version != argon2.Version {
		return false, false, fmt.Errorf("a stored password hash is of another form: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, false, err
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, false, err
	}
	got, err := h.derive(ctx, password, salt, c)
	return subtle.ConstantTimeCompare(got, want) == 1, c != h.cost, err
}

// common is a list of the passwords that are tried first, one a line: the list of
// zxcvbn-ts 4.1 (MIT, see common/LICENSE.txt), without what has less than four
// characters.
//
//go:embed common/passwords.txt.gz
var common []byte

var commonList = sync.OnceValue(func() string {
	r, err := gzip.NewReader(bytes.NewReader(common))
	if err != nil {
		panic(err) // the file is part of the program
	}
	b, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return string(b)
})

// isCommon reports whether a text is on the list.
func isCommon(s string) bool { return strings.Contains(commonList(), "\n"+s+"\n") }

// checkPassword refuses what is too short, too long or easily guessed (ASVS
// 6.2.4). Hardly a listed password is long enough to be taken, so what is made of
// one by digits and signs around it, or by saying it twice, is refused too.
func checkPassword(password, name, organisation string) error {
	n := utf8.RuneCountInString(password)
	if n < passwordMin || n > passwordMax || !utf8.ValidString(password) {
		return ErrPassword
	}
	lower := strings.ToLower(password)
	core := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, own := range []string{name, organisation} {
		if own = strings.ToLower(own); own != "" && len(own) >= 4 && strings.Contains(lower, own) && n-utf8.RuneCountInString(own) < 8 {
			return ErrPassword
		}
	}
	if core == "" || isCommon(lower) || isCommon(core) || isCommon(unit(lower)) || isCommon(unit(core)) || utf8.RuneCountInString(unit(lower)) < 4 {
		return ErrPassword
	}
	return nil
}

// unit returns the shortest text that s is a repetition of.
func unit(s string) string {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return s[:n]
		}
	}
	return s
}
