package grant

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// Record is a passkey's agreement to content, with all that somebody who does not
// believe the server needs to check it (WebAuthn Level 3, 7.2). The journal has its
// Hash.
type Record struct {
	Programme         string
	Person            string // pseudonym
	Digest            [32]byte
	Nonce             [32]byte
	PublicKey         []byte // COSE_Key
	AuthenticatorData []byte
	ClientData        []byte // JSON
	Signature         []byte // over AuthenticatorData and the SHA-256 of ClientData
	At                time.Time
}

// Challenge is what a passkey signs to agree to content with a digest: a SHA-256
// over a domain, the digest and a nonce of the server.
func Challenge(digest, nonce [32]byte) [32]byte {
	return sha256.Sum256(bytes.Join([][]byte{[]byte("jate-approve-v1"), digest[:], nonce[:]}, nil))
}

// Hash is the record's SHA-256: over a domain and its parts, each after its length.
func (r Record) Hash() [32]byte {
	b := []byte("jate-approval-record-v1\n")
	at := binary.BigEndian.AppendUint64(nil, uint64(r.At.Unix())) // #nosec G115 -- all bits count
	for _, part := range [][]byte{[]byte(r.Programme), []byte(r.Person), r.Digest[:], r.Nonce[:], r.PublicKey, r.AuthenticatorData,
		r.ClientData, r.Signature, at} {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(part))), part...) // #nosec G115 -- parts are short
	}
	return sha256.Sum256(b)
}

// Flags of authenticator data (WebAuthn Level 3, 6.1).
const (
	userPresent  = 1
	userVerified = 4
)

// Verify checks that the key of the record signed the challenge over its digest, at
// a page of the host that the passkey belongs to, by a user whom it verified. It
// returns the page's origin. Whose key it is the journal says.
func (r Record) Verify() (origin string, err error) {
	var c struct {
		Type, Challenge, Origin string
		CrossOrigin             bool
	}
	if err := json.Unmarshal(r.ClientData, &c); err != nil {
		return "", fmt.Errorf("client data: %w", err)
	}
	challenge := Challenge(r.Digest, r.Nonce)
	if c.Type != "webauthn.get" || c.CrossOrigin || c.Challenge != base64.RawURLEncoding.EncodeToString(challenge[:]) {
		return "", errors.New("it is not an answer to this content")
	}
	u, err := url.Parse(c.Origin)
	if err != nil {
		return "", fmt.Errorf("origin: %w", err)
	}
	rp := sha256.Sum256([]byte(u.Hostname()))
	if len(r.AuthenticatorData) < 37 || !bytes.Equal(r.AuthenticatorData[:32], rp[:]) {
		return "", errors.New("the passkey belongs to another host")
	}
	if flags := r.AuthenticatorData[32]; flags&userPresent == 0 || flags&userVerified == 0 {
		return "", errors.New("the user was not verified")
	}
	key, err := webauthncose.ParsePublicKey(r.PublicKey)
	if err != nil {
		return "", fmt.Errorf("public key: %w", err)
	}
	sum := sha256.Sum256(r.ClientData)
	ok, err := webauthncose.VerifySignature(key, append(bytes.Clone(r.AuthenticatorData), sum[:]...), r.Signature)
	if err != nil || !ok {
		return "", errors.New("the signature is not of this key")
	}
	return c.Origin, nil
}
