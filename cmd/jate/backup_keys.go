package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/bolt"
)

// What opens households' persons is in a file of its own beside each backup: to
// erase a person is to delete a key, which counts only where old backups lose
// theirs as well. Such a key file begins with one line in the clear,
//
//	jate-keys 1 made=2026-11-27T12:00:00Z
//
// and then is an age file, or a clear one where the backup is. Inside is a line
// of JSON (keysHeader) and the rows of bolt.TakeApart.
const (
	// keysLife is how long a key file counts. Old ones beside a new one are
	// deleted when it is made.
	keysLife   = 35 * 24 * time.Hour
	keysSuffix = ".keys"
	keysMagic  = "jate-keys 1 made="
)

// Errors of key files.
var (
	errKeysFile = fault.New(fault.Invalid, "keys_invalid",
		"This is no whole key file of a backup of this log.",
		"Ce n'est pas un fichier de clés complet d'une sauvegarde de ce journal.")
	errKeysExpired = fault.New(fault.Denied, "keys_expired",
		"The key file is older than 35 days: persons who were erased since then would come back. Use a newer one, or restore without.",
		"Le fichier de clés a plus de 35 jours : des personnes effacées depuis reviendraient. Prenez-en un plus récent, ou restaurez sans.")
)

// keysHeader says of which store the keys are.
type keysHeader struct {
	Made  time.Time
	First string // hash of the log's first entry, base64; "" where it has none
}

// takeKeys moves what opens persons out of a copy and writes it, with its
// header, beside it in the clear, which a server's own store is too.
func takeKeys(folder string, now time.Time) error {
	first, err := firstEntry(storePath(folder))
	if err != nil {
		return err
	}
	return writeNew(storePath(folder)+keysSuffix, func(w io.Writer) error {
		if err := json.NewEncoder(w).Encode(keysHeader{Made: now.UTC().Truncate(time.Second), First: first}); err != nil {
			return err
		}
		return bolt.TakeApart(storePath(folder), w)
	})
}

// firstEntry returns the hash of the first entry of a copied store's log.
func firstEntry(path string) (hash string, err error) {
	db, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return "", err
	}
	err = db.Ledger().View(context.Background(), func(tx ledger.Tx) error {
		size, err := tx.Size()
		if err != nil || size == 0 {
			return err
		}
		var root tlog.Hash
		root, err = ledger.Root(tx, 1)
		hash = root.String()
		return err
	})
	return hash, errors.Join(err, db.Close())
}

// writeKeys writes the copy's key file, encrypted where there is a recipient.
func (c copied) writeKeys(w io.Writer, to age.Recipient) error {
	in, err := os.Open(c.path + keysSuffix)
	if err != nil {
		return err
	}
	defer in.Close()
	content := bufio.NewReader(in)
	line, err := content.ReadBytes('\n')
	if err != nil {
		return err
	}
	var h keysHeader
	if err := json.Unmarshal(line, &h); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "%s%s\n", keysMagic, h.Made.Format(time.RFC3339)); err != nil {
		return err
	}
	if to == nil {
		_, err = w.Write(line)
		if err == nil {
			_, err = io.Copy(w, content)
		}
		return err
	}
	out, err := age.Encrypt(w, to)
	if err != nil {
		return err
	}
	if _, err := out.Write(line); err != nil {
		return err
	}
	if _, err := io.Copy(out, content); err != nil {
		return err
	}
	return out.Close()
}

// madeOf reads a key file's first line.
func madeOf(in *bufio.Reader) (time.Time, error) {
	line, err := in.ReadSlice('\n')
	text, found := strings.CutPrefix(strings.TrimSuffix(string(line), "\n"), keysMagic)
	if err != nil || !found {
		return time.Time{}, errKeysFile
	}
	made, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, errKeysFile
	}
	return made, nil
}

// giveKeys puts a key file's keys into the store that was unpacked.
func (r *restore) giveKeys(path, identity string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if _, err := madeOf(in); err != nil {
		return err
	}
	content, err := decrypted(in, identity)
	if err != nil {
		return err
	}
	rows := bufio.NewReader(content)
	line, err := rows.ReadBytes('\n')
	var h keysHeader
	if err != nil || json.Unmarshal(line, &h) != nil {
		return errKeysFile
	}
	first, err := firstEntry(storePath(r.temp))
	switch {
	case err != nil:
		return err
	case h.First != first:
		return errKeysFile.At("keys", "they are of another log")
	case r.now.Sub(h.Made) >= keysLife:
		return errKeysExpired.At("keys", "made %s", h.Made.Format(time.DateOnly))
	}
	return bolt.GiveApart(storePath(r.temp), rows)
}

// pruneKeys deletes the key files beside a new one that count no more, and
// returns how many there were. Only files that say what they are go.
func pruneKeys(beside string, now time.Time) (int, error) {
	names, err := filepath.Glob(filepath.Join(filepath.Dir(beside), "*"+keysSuffix))
	if err != nil {
		return 0, err
	}
	n := 0
	for _, name := range names {
		made, err := madeOfFile(name)
		if err != nil || now.Sub(made) < keysLife || name == filepath.Clean(beside) {
			continue
		}
		if err := os.Remove(name); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func madeOfFile(name string) (time.Time, error) {
	f, err := os.Open(name)
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	return madeOf(bufio.NewReader(f))
}
