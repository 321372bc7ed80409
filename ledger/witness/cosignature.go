package witness

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/fault"
)

// ErrKey refuses a verifier key or a name that cannot be a witness's.
var ErrKey = fault.New(fault.Invalid, "witness_key",
	"This is not the verifier key of a witness (name+hash+key, type 4).",
	"Ce n'est pas la clé de vérification d'un témoin (nom+empreinte+clé, type 4).")

const (
	algorithm = 4 // of cosignature/v1 with Ed25519 in key ids and verifier keys
	timeSize  = 8
	// nameMax bounds a witness's name, so that a note with eight cosignatures
	// fits where acknowledgements carry it.
	nameMax = 64
)

// Signer makes cosignatures: a note.Signer for checkpoints that were judged.
type Signer struct {
	name string
	key  ed25519.PrivateKey
	hash uint32
	now  func() time.Time
}

// NewSigner returns the signer with the name, a URL without its scheme such as
// donor.example/witness. now is the time that cosignatures state.
func NewSigner(name string, key ed25519.PrivateKey, now func() time.Time) (*Signer, error) {
	if !validName(name) {
		return nil, ErrKey.At("name", "1 to %d bytes without spaces and +", nameMax)
	}
	return &Signer{name: name, key: key, hash: keyHash(name, public(key)), now: now}, nil
}

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

// Name returns the witness's name.
func (s *Signer) Name() string { return s.name }

// KeyHash returns the key id of the cosignatures.
func (s *Signer) KeyHash() uint32 { return s.hash }

// VerifierKey returns what others verify with: name+hash+key.
func (s *Signer) VerifierKey() string {
	return fmt.Sprintf("%s+%08x+%s", s.name, s.hash, base64.StdEncoding.EncodeToString(typed(public(s.key))))
}

// Sign returns the time and the signature over it and the note's text.
func (s *Signer) Sign(text []byte) ([]byte, error) {
	t := uint64(s.now().Unix())
	sig := binary.BigEndian.AppendUint64(nil, t)
	return append(sig, ed25519.Sign(s.key, message(t, text))...), nil
}

func (s *Signer) verifier() note.Verifier {
	return verifier{name: s.name, key: public(s.key), hash: s.hash}
}

// message is what a cosignature signs (C2SP tlog-cosignature).
func message(t uint64, text []byte) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", t), text...)
}

// NewVerifier returns the verifier of a witness's cosignatures.
func NewVerifier(vkey string) (note.Verifier, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	hash16, key64, _ := strings.Cut(rest, "+")
	hash, err := strconv.ParseUint(hash16, 16, 32)
	if err != nil || len(hash16) != 8 || !validName(name) {
		return nil, ErrKey
	}
	key, err := base64.StdEncoding.Strict().DecodeString(key64)
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != algorithm {
		return nil, ErrKey
	}
	v := verifier{name: name, key: key[1:], hash: keyHash(name, key[1:])}
	if uint32(hash) != v.hash {
		return nil, ErrKey.At("key", "its hash is not that of its name and key")
	}
	return v, nil
}

// verifier verifies cosignatures of one witness.
type verifier struct {
	name string
	key  ed25519.PublicKey
	hash uint32
}

func (v verifier) Name() string    { return v.name }
func (v verifier) KeyHash() uint32 { return v.hash }

func (v verifier) Verify(text, sig []byte) bool {
	if len(sig) != timeSize+ed25519.SignatureSize {
		return false
	}
	t := binary.BigEndian.Uint64(sig)
	return t>>63 == 0 && ed25519.Verify(v.key, message(t, text), sig[timeSize:])
}

// typed is the key as it is hashed and written: after its algorithm.
func typed(key ed25519.PublicKey) []byte { return append([]byte{algorithm}, key...) }

func keyHash(name string, key ed25519.PublicKey) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), typed(key)...))
	return binary.BigEndian.Uint32(sum[:])
}

func validName(name string) bool {
	return name != "" && len(name) <= nameMax && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '+' })
}
