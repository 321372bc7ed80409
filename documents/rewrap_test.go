package documents_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/jate-cva/jate/documents"
)

// ofBefore is a document's file from before documents had keys of their own.
func ofBefore(t *testing.T, dataKey, content []byte) []byte {
	t.Helper()
	k, err := hkdf.Key(sha256.New, dataKey, nil, "jate documents 1", 32)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		t.Fatal(err)
	}
	box, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	h := documents.HashOf(content)
	return box.Seal(nil, nil, content, h[:])
}

// Another data key wraps documents' keys, and touches no content; what was stopped
// half way goes on, and a file from a backup of before opens until the key that
// wrapped it is gone.
func TestFolder_Rewrap(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "documents")
	key := func(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }
	folder := func(wraps ...[]byte) *documents.Folder {
		t.Helper()
		f, err := documents.NewFolder(dir, key(1), wraps...)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	rewrapped := func(f *documents.Folder, want int) {
		t.Helper()
		if n, err := f.Rewrap(t.Context()); n != want || err != nil {
			t.Errorf("%d are wrapped anew, want %d: %v", n, want, err)
		}
	}
	rewrapped(folder(), 0) // there is no folder yet
	path := func(h documents.Hash) string { return filepath.Join(dir, h.String()) }
	read := func(h documents.Hash) []byte {
		t.Helper()
		b, err := os.ReadFile(path(h))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	write := func(h documents.Hash, b []byte) {
		t.Helper()
		if err := os.WriteFile(path(h), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var all []documents.Hash
	for _, text := range []string{"%PDF-1.7 one", "%PDF-1.7 two", "%PDF-1.7 three"} {
		d, err := folder().Put([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d.Hash)
	}
	old := []byte("%PDF-1.7 before")
	all = append(all, documents.HashOf(old))
	write(all[3], ofBefore(t, key(1), old))
	opens := func(f *documents.Folder, want int) {
		t.Helper()
		n := 0
		for _, h := range all {
			if _, err := f.Get(h); err == nil {
				n++
			} else if !errors.Is(err, documents.ErrDamaged) {
				t.Error(err)
			}
		}
		if n != want {
			t.Errorf("%d open, want %d", n, want)
		}
	}
	opens(folder(), 4)
	first := read(all[0])

	// A second key. What was stopped half way opens, and the rest is done later.
	second := folder(key(2))
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := second.Rewrap(stopped); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := os.Rename(path(all[1]), filepath.Join(dir, "away")); err != nil {
		t.Fatal(err)
	}
	rewrapped(second, 3)
	if err := os.Rename(filepath.Join(dir, "away"), path(all[1])); err != nil {
		t.Fatal(err)
	}
	opens(second, 4)
	rewrapped(second, 1)
	rewrapped(second, 0)
	opens(folder(), 0)
	if now := read(all[0]); !bytes.Equal(now[70:], first[70:]) || bytes.Equal(now[:70], first[:70]) {
		t.Error("more than the wrapped key has changed, or nothing")
	}
	of2 := read(all[0])

	// A third, and the second is retired. What a backup of before brings back opens
	// by a key that is left.
	rewrapped(folder(key(3), key(2)), 4)
	third := folder(key(3))
	opens(third, 4)
	write(all[0], of2)
	opens(third, 3)
	opens(folder(key(3), key(2)), 4)
	rewrapped(folder(key(3), key(2)), 1)
	opens(third, 4)
	write(all[1], []byte("damaged"))
	if _, err := third.Rewrap(t.Context()); !errors.Is(err, documents.ErrDamaged) {
		t.Error(err)
	}
}
