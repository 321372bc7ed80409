package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/voucher"
)

// A key file is NAME.age. A key that is being replaced has NAME.next.age beside
// it until jate.json names the new one, which is the moment that counts: what
// is then still to be renamed or removed is done when the key is next opened.

// keyMade says which key is in use, and since when.
type keyMade struct {
	ID   string // see keyID
	Made time.Time
}

func keyPath(dir, name string) string { return filepath.Join(dir, "keys", name+".age") }

func nextPath(dir, name string) string { return keyPath(dir, name+".next") }

var errPassphrase = fault.New(fault.Denied, "passphrase",
	"The passphrase does not open the key file.",
	"La phrase secrète n'ouvre pas le fichier de clé.")

// keyIDLength is how many characters name a key, of base64url: which key it is,
// not a proof of it.
const keyIDLength = 8

// keyID returns the short name of a key file's content: of the public half
// where there is one.
func keyID(name string, key []byte) (string, error) {
	short := func(b []byte) string {
		sum := sha256.Sum256(b)
		return base64.RawURLEncoding.EncodeToString(sum[:])[:keyIDLength]
	}
	wrong := fmt.Errorf("the %s key has %d bytes", name, len(key))
	switch name {
	case keyRoot, keyBeacon:
		if len(key) != ed25519.SeedSize {
			return "", wrong
		}
		return voucher.KeyID(ed25519.NewKeyFromSeed(key).Public().(ed25519.PublicKey))[:keyIDLength], nil
	case keyAccess:
		if len(key) < ed25519.SeedSize {
			return "", wrong
		}
		return short(ed25519.NewKeyFromSeed(key[:ed25519.SeedSize]).Public().(ed25519.PublicKey)), nil
	case keySeal:
		if len(key) < sealKeySize {
			return "", wrong
		}
		k, err := voucher.SealKeyFrom(key[:sealKeySize])
		if err != nil {
			return "", err
		}
		return short(k.PublicKey().Bytes()), nil
	case keyCheckpoint, keyCheckpointNew:
		k, err := note.NewSigner(string(key))
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%08x", k.KeyHash()), nil
	case keyServer, keyPrint:
		k, err := age.ParseX25519Identity(string(key))
		if err != nil {
			return "", err
		}
		return short([]byte(k.Recipient().String())), nil
	}
	// Nothing of the key is public: a digest that gives nothing away.
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("jate key id"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))[:keyIDLength], nil
}

// dataKeySize is the length of the data key, and of those that wrap instead of
// it and follow it in its file.
const dataKeySize = 32

// sealKeySize is the length of an X25519 key; a seal file holds those before
// the one in use too.
const sealKeySize = 32

func writeKey(dir, name string, key []byte, to age.Recipient) error {
	sealed, err := sealKey(key, to)
	if err != nil {
		return err
	}
	return durable.Replace(keyPath(dir, name), sealed)
}

// sealKey returns the content of a key file.
func sealKey(key []byte, to age.Recipient) ([]byte, error) {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(w, base64.StdEncoding.EncodeToString(key)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// openKey decrypts a key file, and ends a replacement that was interrupted.
func openKey(dir, name string, id age.Identity) ([]byte, error) {
	key, err := readKey(keyPath(dir, name), name, id)
	if _, gone := os.Lstat(nextPath(dir, name)); errors.Is(gone, fs.ErrNotExist) {
		return key, err
	}
	s, errSettings := readSettings(dir)
	if errSettings != nil {
		return nil, errSettings
	}
	is := func(key []byte, err error) bool {
		if err != nil {
			return false
		}
		kid, err := keyID(name, key)
		return err == nil && (s.Keys[name].ID == "" || kid == s.Keys[name].ID)
	}
	if is(key, err) {
		return key, os.Remove(nextPath(dir, name)) // never came into use
	}
	next, errNext := readKey(nextPath(dir, name), name, id)
	if !is(next, errNext) {
		return nil, errors.Join(err, errNext)
	}
	return next, os.Rename(nextPath(dir, name), keyPath(dir, name))
}

// readKey decrypts one file.
func readKey(path, name string, id age.Identity) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := age.Decrypt(f, id)
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", errPassphrase, name)
	}
	text, err := io.ReadAll(io.LimitReader(r, 4096))
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(string(text))
}

// openByPassphrase decrypts a key file that has a passphrase of its own.
func openByPassphrase(dir, name string, ask passphrases) ([]byte, error) {
	s, err := readSettings(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err // a witness's folder has none
	}
	pass, err := s.passphrase(name, name, ask)
	if err != nil {
		return nil, err
	}
	id, err := age.NewScryptIdentity(pass)
	if err != nil {
		return nil, err
	}
	return openKey(dir, name, id)
}

// passphrase asks for the passphrase of a key under the name that people know:
// of two custodians, who each type a half and do not know the other's.
func (s settings) passphrase(key, name string, ask passphrases) (string, error) {
	if !slices.Contains(s.Halves, key) {
		return ask(name)
	}
	first, err := ask(name + "-1")
	if err != nil {
		return "", err
	}
	second, err := ask(name + "-2")
	if err != nil {
		return "", err
	}
	if len(first) < halfLeast || len(second) < halfLeast || first == second {
		return "", fmt.Errorf("the two halves of the %s passphrase differ and have %d characters or more each", name, halfLeast)
	}
	return first + " " + second, nil
}

// halfLeast is the fewest characters of a half: whoever has the file and knows
// the other one guesses this alone.
const halfLeast = 12

// recipient returns what a key file is encrypted to under its passphrase.
func (s settings) recipient(key, name string, ask passphrases, factor int) (age.Recipient, error) {
	pass, err := s.passphrase(key, name, ask)
	if err != nil {
		return nil, err
	}
	to, err := age.NewScryptRecipient(pass)
	if err != nil {
		return nil, fmt.Errorf("the passphrase of the %s key: %w", name, err)
	}
	to.SetWorkFactor(factor)
	return to, nil
}
