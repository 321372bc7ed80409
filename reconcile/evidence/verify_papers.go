package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
)

// whatAttached is what the journal calls that a document came to a case.
const whatAttached = "document-attached"

// documents compares the papers with the entries that attached them: each
// stands in the pack once, and says what its entry says.
func (v *verifier) documents() error {
	attached := map[Entry]Event{}
	for _, ev := range v.pack.History {
		if ev.What == whatAttached {
			attached[ev.Entry] = ev
		}
	}
	for _, d := range v.pack.Documents {
		where := "documents." + d.Entry.ref()
		ev, ok := attached[d.Entry]
		if !ok {
			return ErrPack.At(where, "the log does not attach it")
		}
		if ev.Ref != d.SHA256 || ev.Facts["kind"] != d.Kind || ev.Facts["type"] != d.Type || ev.Facts["bytes"] != strconv.FormatInt(d.Bytes, 10) {
			return ErrPack.At(where, "the log says something else")
		}
		delete(attached, d.Entry)
	}
	for entry := range attached {
		return ErrPack.At("documents", "that of %s is missing", entry.ref())
	}
	return nil
}

// Document returns the paper of the pack that has the content. It returns
// ErrPack where there is none.
func (p Pack) Document(content []byte) (Document, error) {
	sum := sha256.Sum256(content)
	i := slices.IndexFunc(p.Documents, func(d Document) bool { return d.SHA256 == hex.EncodeToString(sum[:]) })
	if i < 0 {
		return Document{}, ErrPack.At("documents", "none has the SHA-256 %x", sum)
	}
	return p.Documents[i], nil
}
