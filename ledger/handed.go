package ledger

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strconv"

	"github.com/jate-cva/jate/fault"
)

// ErrNotHandedOut says that the journal knows nothing of a file.
var ErrNotHandedOut = fault.New(fault.NotFound, "file_not_handed_out",
	"The journal has no entry that this file, byte for byte, was handed out. Ask for the file as it was received, neither printed again nor saved by another program.",
	"Le journal n'a aucune écriture disant que ce fichier, octet pour octet, a été remis. Demandez le fichier tel qu'il a été reçu, ni réimprimé ni enregistré par un autre programme.")

// DecidedHandedOut is what the journal calls a report or an export that left
// the house.
const DecidedHandedOut = "file-handed-out"

// HandedOut is a file that left, as the journal has it: enough for whoever reads
// the journal to tell later that a file is the one that was handed out, when, to
// whom (the entry's actor), and from how much of the journal it was made.
type HandedOut struct {
	Kind   string            // what it is, such as donor-report
	Of     string            // what it is on, such as fund:solidarity; "" for the whole programme or the books
	Round  string            // the round it is on; "" for none or several
	Form   string            // html, pdf, xlsx, csv, ...
	Lang   string            // "" where the file has no language
	SHA256 [sha256.Size]byte // zero where the journal has HMAC
	HMAC   [sha256.Size]byte // see Salt; zero where the journal has SHA256
	SaltOf [sha256.Size]byte // digest of the content whose closed part has the salt of HMAC
	Bytes  int64             // its length
	Size   uint64            // entries of the journal that it was made from; 0 where only the entry's own place bounds it
}

// Salt returns h as it is journalled where its digest would let whoever reads the
// journal try numbers: with HMAC-SHA-256 (RFC 2104) of the file's SHA-256, keyed
// by the bytes of salt, which stays in the closed part of the content with the
// digest of.
func (h HandedOut) Salt(salt string, of [sha256.Size]byte) HandedOut {
	m := hmac.New(sha256.New, []byte(salt))
	m.Write(h.SHA256[:])
	h.SHA256, h.HMAC, h.SaltOf = [sha256.Size]byte{}, [sha256.Size]byte(m.Sum(nil)), of
	return h
}

// Salted reports whether the journal has the file by a digest with a salt.
func (h HandedOut) Salted() bool { return h.SaltOf != [sha256.Size]byte{} }

// Is reports whether the file is the one with this SHA-256. The salt is needed
// where it is Salted.
func (h HandedOut) Is(sum [sha256.Size]byte, salt string) bool {
	if !h.Salted() {
		return h.SHA256 == sum
	}
	return salt != "" && HandedOut{SHA256: sum}.Salt(salt, h.SaltOf).HMAC == h.HMAC
}

// Note journals that the file leaves. It must be called before its first byte
// does.
func (h HandedOut) Note(tx Tx, by Actor) (Entry, error) {
	facts := map[string]string{"kind": h.Kind, "form": h.Form, "bytes": strconv.FormatInt(h.Bytes, 10)}
	if h.Salted() {
		facts["hmac"], facts["salt-of"] = hex.EncodeToString(h.HMAC[:]), hex.EncodeToString(h.SaltOf[:])
	} else {
		facts["sha256"] = hex.EncodeToString(h.SHA256[:])
	}
	if h.Lang != "" {
		facts["lang"] = h.Lang
	}
	if h.Size > 0 {
		root, err := Root(tx, h.Size)
		if err != nil {
			return Entry{}, err
		}
		facts["size"], facts["root"] = strconv.FormatUint(h.Size, 10), root.String()
	}
	return Decide(tx, by, h.Round, DecidedHandedOut, h.Of, facts)
}

// WasHandedOut returns what an entry says of a file that left, and whether it
// says that of one.
func WasHandedOut(e Entry) (HandedOut, bool) {
	if e.Kind != KindDecision || e.Facts["what"] != DecidedHandedOut {
		return HandedOut{}, false
	}
	h := HandedOut{Kind: e.Facts["kind"], Of: e.Ref, Round: e.Round, Form: e.Facts["form"], Lang: e.Facts["lang"]}
	ok := digestIn(e.Facts["sha256"], &h.SHA256)
	if e.Facts["hmac"] != "" {
		ok = e.Facts["sha256"] == "" && digestIn(e.Facts["hmac"], &h.HMAC) && digestIn(e.Facts["salt-of"], &h.SaltOf) && h.Salted()
	}
	if !ok {
		return HandedOut{}, false
	}
	h.Bytes, _ = strconv.ParseInt(e.Facts["bytes"], 10, 64)
	h.Size, _ = strconv.ParseUint(e.Facts["size"], 10, 64)
	return h, true
}

// digestIn reads 32 bytes in hexadecimal, and reports whether that is what text is.
func digestIn(text string, to *[sha256.Size]byte) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == len(to) && copy(to[:], b) == len(to)
}

// Digest returns the SHA-256 and the length of what from holds.
func Digest(from io.Reader) (sum [sha256.Size]byte, n int64, err error) {
	h := sha256.New()
	if n, err = io.Copy(h, from); err != nil {
		return sum, n, err
	}
	return [sha256.Size]byte(h.Sum(nil)), n, nil
}
