package documents

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/jate-cva/jate/internal/durable"
)

// Folder keeps documents' contents, each in a file named by its hash. It is
// safe for concurrent use.
//
// A file is "jate-doc2\n", a key of the document's own, wrapped by the folder's (60
// bytes), and the content under that key. Both are AES-256-GCM, a random nonce
// before the ciphertext, bound to the hash. Before there were such keys the content
// was under the folder's, which is read too.
type Folder struct {
	dir    string
	before cipher.AEAD   // of contents without a key of their own
	wraps  []cipher.AEAD // the first is in use
	mu     sync.Mutex    // of the folder's making
}

const (
	envelope   = "jate-doc2\n"
	keySize    = 32
	gcmNonce   = 12
	gcmTag     = 16
	wrapped    = gcmNonce + keySize + gcmTag
	headerSize = len(envelope) + wrapped
)

// NewFolder returns the folder at dir, which is made with the first document.
// What wraps is derived from the data key (HKDF-SHA-256, RFC 5869), 32 random
// bytes, or where there are keys that wrap instead of it, the newest first, from
// the first of them; the others open what they wrapped before.
func NewFolder(dir string, dataKey []byte, wraps ...[]byte) (*Folder, error) {
	f := &Folder{dir: dir}
	var err error
	if f.before, err = derived(dataKey, "jate documents 1"); err != nil {
		return nil, err
	}
	for _, key := range append(slices.Clone(wraps), dataKey) {
		box, err := derived(key, "jate documents wrap 1")
		if err != nil {
			return nil, err
		}
		f.wraps = append(f.wraps, box)
	}
	return f, nil
}

func derived(key []byte, label string) (cipher.AEAD, error) {
	if len(key) != keySize {
		return nil, errors.New("the data key must have 32 bytes")
	}
	k, err := hkdf.Key(sha256.New, key, nil, label, keySize)
	if err != nil {
		return nil, err
	}
	return aead(k)
}

func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal returns a document's file.
func (f *Folder) seal(h Hash, content []byte) ([]byte, error) {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	box, err := aead(key)
	if err != nil {
		return nil, err
	}
	out := f.wraps[0].Seal([]byte(envelope), nil, key, h[:]) // #nosec G407 -- the AEADs draw their nonces
	return box.Seal(out, nil, content, h[:]), nil            // #nosec G407 -- the AEAD draws its nonce
}

// unwrap returns the key of a document's file, and which of the folder's wrapped
// it; ok is false for a file without one.
func (f *Folder) unwrap(h Hash, file []byte) (key []byte, with int, ok bool) {
	if len(file) < headerSize || string(file[:len(envelope)]) != envelope {
		return nil, 0, false
	}
	for i, box := range f.wraps {
		if key, err := box.Open(nil, nil, file[len(envelope):headerSize], h[:]); err == nil {
			return key, i, true
		}
	}
	return nil, 0, false
}

// open returns the content of a document's file.
func (f *Folder) open(h Hash, file []byte) ([]byte, error) {
	box, sealed := f.before, file
	if key, _, ok := f.unwrap(h, file); ok {
		own, err := aead(key)
		if err != nil {
			return nil, err
		}
		box, sealed = own, file[headerSize:]
	}
	content, err := box.Open(nil, nil, sealed, h[:])
	if err != nil || HashOf(content) != h {
		return nil, fmt.Errorf("document %s: %w", h, ErrDamaged)
	}
	return content, nil
}

// Rewrap has every document's key wrapped by the key in use, and returns how many
// were not. What is sealed under it stays as it is, but for contents that had no
// key of their own. Each file is replaced whole, so that it may be stopped and
// repeated. Errors: ErrDamaged where a file opens with none of the keys, and those
// of the disk.
func (f *Folder) Rewrap(ctx context.Context) (int, error) {
	files, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n := 0
	for _, file := range files {
		h, err := ParseHash(file.Name())
		if err != nil {
			continue // what durable.Replace left, or none of ours
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
		changed, err := f.rewrap(h)
		if err != nil {
			return n, err
		}
		if changed {
			n++
		}
	}
	return n, nil
}

func (f *Folder) rewrap(h Hash) (bool, error) {
	file, err := f.read(h)
	if err != nil {
		return false, err
	}
	key, with, ok := f.unwrap(h, file)
	if ok && with == 0 {
		return false, nil
	}
	if ok {
		next := f.wraps[0].Seal([]byte(envelope), nil, key, h[:]) // #nosec G407 -- the AEAD draws its nonce
		return true, durable.Replace(f.path(h), append(next, file[headerSize:]...))
	}
	content, err := f.open(h, file)
	if err != nil {
		return false, err
	}
	next, err := f.seal(h, content)
	if err != nil {
		return false, err
	}
	return true, durable.Replace(f.path(h), next)
}

func (f *Folder) path(h Hash) string { return filepath.Join(f.dir, h.String()) }

// Put stores content durably and returns what it is. Content that is there
// already is not written again, unless its file is damaged. Errors: ErrDocument
// for a type or size that is not taken, and those of the disk.
func (f *Folder) Put(content []byte) (Document, error) {
	t, err := TypeOf(content)
	if err != nil {
		return Document{}, err
	}
	d := Document{Hash: HashOf(content), Type: t, Size: int64(len(content))}
	if _, err := f.Get(d.Hash); err == nil {
		return d, nil
	}
	if err := f.make(); err != nil {
		return Document{}, err
	}
	file, err := f.seal(d.Hash, content)
	if err != nil {
		return Document{}, err
	}
	return d, durable.Replace(f.path(d.Hash), file)
}

// make makes the folder, and its name durable, where it is not there.
func (f *Folder) make() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := os.Mkdir(f.dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return errors.Join(err, durable.SyncDir(filepath.Dir(f.dir)))
}

// Get returns the content of a document. Errors: ErrNotFound where there is no
// file, ErrDamaged where it holds anything else than the content of this hash.
func (f *Folder) Get(h Hash) ([]byte, error) {
	file, err := f.read(h)
	if err != nil {
		return nil, err
	}
	return f.open(h, file)
}

// read returns a document's file, of a size that it may have.
func (f *Folder) read(h Hash) ([]byte, error) {
	info, err := os.Stat(f.path(h))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > SizeMax+int64(headerSize+gcmNonce+gcmTag) {
		return nil, fmt.Errorf("document %s has %d bytes: %w", h, info.Size(), ErrDamaged)
	}
	return os.ReadFile(f.path(h))
}

// magics are the first bytes of types: the PDF header (ISO 32000-1, 7.5.2), the
// JPEG SOI marker (ISO 10918-1), the PNG signature (ISO 15948, 5.2) and the
// byte order marks of TIFF 6.0.
var magics = []struct {
	start string
	is    Type
}{
	{"%PDF-", PDF}, {"\xff\xd8\xff", JPEG}, {"\x89PNG\r\n\x1a\n", PNG}, {"II*\x00", TIFF}, {"MM\x00*", TIFF},
}

// TypeOf returns the type of content by its own bytes, or ErrDocument.
func TypeOf(content []byte) (Type, error) {
	if len(content) == 0 || len(content) > SizeMax {
		return "", ErrDocument.At("file", "%d bytes", len(content))
	}
	for _, m := range magics {
		if bytes.HasPrefix(content, []byte(m.start)) {
			return m.is, nil
		}
	}
	switch {
	case len(content) > 12 && string(content[:4]) == "RIFF" && string(content[8:12]) == "WEBP":
		return WebP, nil
	case bytes.HasPrefix(content, []byte("PK\x03\x04")) && isWorkbook(content):
		return XLSX, nil
	case bytes.HasPrefix(bytes.TrimLeft(content, " \t\r\n"), []byte("{")) && json.Valid(content):
		return JSON, nil
	}
	return "", ErrDocument.At("file", "it is of no type that is taken")
}

// isWorkbook reports whether an archive is a workbook without macros. No member
// is unpacked.
func isWorkbook(content []byte) bool {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return false
	}
	workbook := false
	for _, f := range z.File {
		switch {
		case f.Name == "xl/workbook.xml":
			workbook = true
		case filepath.Base(f.Name) == "vbaProject.bin":
			return false
		}
	}
	return workbook
}
