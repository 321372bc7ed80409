// Package softkey is a passkey in software: an authenticator (WebAuthn Level 3)
// whose key is in a file. The command line, the demo and tests sign in with it;
// what a browser has in its hardware is better, because nobody can copy it.
//
// A key is bound to the relying party that it was made for and to the origin that
// it was given, so that it answers nobody else, and it says that its user was
// verified: whoever keeps one must have it under a passphrase.
package softkey

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"

	"github.com/fxamacker/cbor/v2"
)

// Key is one passkey. Its fields are what a file of it holds.
type Key struct {
	Origin  string // such as "https://jate.ngo.example"
	RP      string // the relying party's id, such as "jate.ngo.example"
	ID      []byte
	Handle  []byte // the user's
	Private []byte // ECDSA P-256, as ecdsa.PrivateKey.Bytes has it
}

// Flags of authenticator data (WebAuthn Level 3, 6.1): the user was present and
// verified, and what follows is a new credential.
const (
	present  = 1
	verified = 4
	attested = 64
)

var b64 = base64.RawURLEncoding

type options struct {
	Challenge string `json:"challenge"`
	RPID      string `json:"rpId"`
	RP        struct {
		ID string `json:"id"`
	} `json:"rp"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
}

// Create makes a key for options of navigator.credentials.create, as JSON, and
// returns it with the answer of PublicKeyCredential.toJSON.
func Create(origin string, publicKey json.RawMessage) (Key, json.RawMessage, error) {
	var o options
	if err := json.Unmarshal(publicKey, &o); err != nil {
		return Key{}, nil, err
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Key{}, nil, err
	}
	k := Key{Origin: origin, RP: o.RP.ID, ID: make([]byte, 32)}
	_, _ = rand.Read(k.ID) // never fails
	if k.Handle, err = b64.DecodeString(o.User.ID); err != nil {
		return Key{}, nil, err
	}
	if k.Private, err = private.Bytes(); err != nil {
		return Key{}, nil, err
	}
	point, err := private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return Key{}, nil, err
	}
	// COSE_Key (RFC 9053, 7.1.1): EC2, ES256, P-256.
	cose, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		return Key{}, nil, err
	}
	data := k.data(present|verified|attested, 0)
	data = append(data, make([]byte, 16)...)                      // no model
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.ID))) // #nosec G115 -- 32 bytes
	data = append(append(data, k.ID...), cose...)
	attestation, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		return Key{}, nil, err
	}
	client, err := k.client("webauthn.create", o.Challenge)
	if err != nil {
		return Key{}, nil, err
	}
	answer, err := k.answer(map[string]any{"clientDataJSON": b64.EncodeToString(client), "attestationObject": b64.EncodeToString(attestation),
		"transports": []string{"internal"}})
	return k, answer, err
}

// Get answers options of navigator.credentials.get, as JSON. It fails where they
// are of another relying party.
func (k Key) Get(publicKey json.RawMessage) (json.RawMessage, error) {
	var o options
	if err := json.Unmarshal(publicKey, &o); err != nil {
		return nil, err
	}
	if o.RPID != k.RP {
		return nil, errors.New("this passkey is for another server")
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), k.Private)
	if err != nil {
		return nil, err
	}
	client, err := k.client("webauthn.get", o.Challenge)
	if err != nil {
		return nil, err
	}
	data, hash := k.data(present|verified, 0), sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, private, digest[:])
	if err != nil {
		return nil, err
	}
	return k.answer(map[string]any{"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
		"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(k.Handle)})
}

// data begins the authenticator data.
func (k Key) data(flags byte, count uint32) []byte {
	rp := sha256.Sum256([]byte(k.RP))
	return binary.BigEndian.AppendUint32(append(rp[:], flags), count)
}

func (k Key) client(kind, challenge string) ([]byte, error) {
	return json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": k.Origin, "crossOrigin": false})
}

func (k Key) answer(response map[string]any) (json.RawMessage, error) {
	id := b64.EncodeToString(k.ID)
	return json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{}, "response": response})
}
