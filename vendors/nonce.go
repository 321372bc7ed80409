package vendors

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"github.com/jate-cva/jate/fault"
)

// nonceAfter returns the nonce that a handheld's request after the one with
// the counter must carry. Only the server can foresee it, so a request cannot
// have been signed before the last answer was given.
func nonceAfter(key []byte, counter uint64) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, counter))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// AdvanceNonce accepts a handheld's signed request: it must be of an active
// handheld, carry the nonce expected of it, and count higher than the last. It
// stores and returns the handheld with the next nonce, which the answer must
// bring. The caller has verified the signature with the handheld's key,
// because ErrNonce tells the nonce expected, for a handheld that missed an
// answer. Otherwise the error is ErrHandheldProof.
func AdvanceNonce(tx Tx, id HandheldID, nonce string, counter uint64) (Handheld, error) {
	h, err := tx.Handheld(id)
	if errors.Is(err, ErrNotFound) || err == nil && h.State != Active {
		return Handheld{}, ErrHandheldProof
	}
	if err != nil {
		return Handheld{}, err
	}
	if !hmac.Equal([]byte(nonce), []byte(h.Nonce)) || counter <= h.Counter {
		return Handheld{}, ErrNonce.With(fault.Field{Location: "nonce", Message: "sign over this one", Value: h.Nonce})
	}
	h.Counter, h.Nonce = counter, nonceAfter(h.NonceKey, counter)
	return h, tx.PutHandheld(h)
}

// successorsMax bounds how often a shop's handheld is replaced within one chain.
const successorsMax = 100

// Successor returns the handheld that plays the role of the one named today:
// itself, or whichever took over from it in the end.
func Successor(tx Tx, id HandheldID) (Handheld, error) {
	h, err := tx.Handheld(id)
	for range successorsMax {
		if err != nil || h.ReplacedBy == "" {
			return h, err
		}
		h, err = tx.Handheld(h.ReplacedBy)
	}
	return Handheld{}, ErrHandheldState.At("replaced_by", "more than %d replacements of %s", successorsMax, id)
}
