package documents

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/jate-cva/jate/internal/durable"
)

// Folder keeps documents' contents, each in a file named by its hash. It is
// safe for concurrent use.
type Folder struct {
	dir string
	box cipher.AEAD
	mu  sync.Mutex // of the folder's making
}

// NewFolder returns the folder at dir, which is made with the first document.
// Its key is derived from the data key (HKDF-SHA-256, RFC 5869), 32 random
// bytes; files are AES-256-GCM with a random nonce before the ciphertext, bound
// to the hash.
func NewFolder(dir string, dataKey []byte) (*Folder, error) {
	if len(dataKey) != 32 {
		return nil, errors.New("the data key must have 32 bytes")
	}
	key, err := hkdf.Key(sha256.New, dataKey, nil, "jate documents 1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	box, err := cipher.NewGCMWithRandomNonce(block)
	return &Folder{dir: dir, box: box}, err
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
	return d, durable.Replace(f.path(d.Hash), f.box.Seal(nil, nil, content, d.Hash[:])) // #nosec G407 -- the AEAD draws its nonce
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
	info, err := os.Stat(f.path(h))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > SizeMax+int64(f.box.Overhead()) {
		return nil, fmt.Errorf("document %s has %d bytes: %w", h, info.Size(), ErrDamaged)
	}
	sealed, err := os.ReadFile(f.path(h))
	if err != nil {
		return nil, err
	}
	content, err := f.box.Open(nil, nil, sealed, h[:])
	if err != nil || HashOf(content) != h {
		return nil, fmt.Errorf("document %s: %w", h, ErrDamaged)
	}
	return content, nil
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
