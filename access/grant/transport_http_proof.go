package grant

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/httpkit"
)

func decodeBegin(ctx context.Context, r *http.Request) (BeginProof, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return BeginProof{}, err
	}
	b, err := httpkit.Body[struct {
		Digest string `json:"digest"`
	}](r)
	if err != nil {
		return BeginProof{}, err
	}
	digest, err := parseDigest(b.Digest)
	return BeginProof{by, digest}, err
}

func decodeEnd(ctx context.Context, r *http.Request) (EndProof, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return EndProof{}, err
	}
	b, err := httpkit.Body[struct {
		Digest  string          `json:"digest"`
		Nonce   string          `json:"nonce"`
		Passkey json.RawMessage `json:"passkey"`
	}](r)
	if err != nil {
		return EndProof{}, err
	}
	digest, err := parseDigest(b.Digest)
	if err != nil {
		return EndProof{}, err
	}
	nonce, err := parseDigest(b.Nonce)
	return EndProof{by, digest, nonce, b.Passkey}, err
}

func decodeRecord(ctx context.Context, r *http.Request) (OneRecord, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return OneRecord{}, err
	}
	text, err := httpkit.PathValue(r, "hash")
	if err != nil {
		return OneRecord{}, err
	}
	hash, err := parseDigest(text)
	if err != nil {
		return OneRecord{}, ErrNotFound
	}
	return OneRecord{by, hash}, nil
}

func decodeKeys(ctx context.Context, _ *http.Request) (AllKeys, error) {
	by, err := access.FromContext(ctx)
	return AllKeys{by}, err
}

type begunWire struct {
	Nonce   string          `json:"nonce"`
	Options json.RawMessage `json:"passkey"`
}

func wireOfBegun(b Begun) begunWire { return begunWire{hex.EncodeToString(b.Nonce[:]), b.Options} }

// RecordWire is a record in JSON. Bytes are in base64 with padding.
type RecordWire struct {
	Hash              string    `json:"hash"`
	Programme         string    `json:"programme"`
	Person            string    `json:"person"`
	Digest            string    `json:"digest"`
	Nonce             string    `json:"nonce"`
	PublicKey         []byte    `json:"public_key"`
	AuthenticatorData []byte    `json:"authenticator_data"`
	ClientData        []byte    `json:"client_data"`
	Signature         []byte    `json:"signature"`
	At                time.Time `json:"at"`
}

func wireOfRecord(r Record) RecordWire {
	hash := r.Hash()
	return RecordWire{hex.EncodeToString(hash[:]), r.Programme, r.Person, hex.EncodeToString(r.Digest[:]), hex.EncodeToString(r.Nonce[:]),
		r.PublicKey, r.AuthenticatorData, r.ClientData, r.Signature, r.At}
}

// Record returns the record that a server wrote. Its hash is to be computed again.
func (w RecordWire) Record() (Record, error) {
	digest, err := parseDigest(w.Digest)
	if err != nil {
		return Record{}, err
	}
	nonce, err := parseDigest(w.Nonce)
	return Record{w.Programme, w.Person, digest, nonce, w.PublicKey, w.AuthenticatorData, w.ClientData, w.Signature, w.At}, err
}

// KeysWire is what a server writes of the passkeys that its grants named.
type KeysWire struct {
	Items []NamedWire `json:"items"`
}

// NamedWire is what one grant named.
type NamedWire struct {
	Person string   `json:"person"`
	Salt   []byte   `json:"salt"`
	Keys   [][]byte `json:"keys"`
	Entry  uint64   `json:"entry"`
}

func wireOfKeys(all []Keys) KeysWire {
	w := KeysWire{[]NamedWire{}}
	for _, k := range all {
		w.Items = append(w.Items, NamedWire{k.Person, k.Salt, k.Keys, k.Entry})
	}
	return w
}

func decodeContent(ctx context.Context, r *http.Request) (OneContent, error) {
	by, err := access.FromContext(ctx)
	if err != nil {
		return OneContent{}, err
	}
	text, err := httpkit.PathValue(r, "digest")
	if err != nil {
		return OneContent{}, err
	}
	digest, err := parseDigest(text)
	if err != nil {
		return OneContent{}, access.ErrContent
	}
	return OneContent{by, digest}, nil
}

// ContentWire is content as a server writes it. Its digest is to be computed of the
// text.
type ContentWire struct {
	Text       string `json:"text"`
	Closed     string `json:"closed,omitempty"`
	Hidden     bool   `json:"hidden,omitempty"`
	PreparedBy string `json:"prepared_by"`
}

func wireOfContent(c Shown) ContentWire {
	return ContentWire{string(c.Text), string(c.Closed), c.Hidden, c.Pseudonym}
}
