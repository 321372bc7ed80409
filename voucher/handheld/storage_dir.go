package handheld

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jate-cva/jate/internal/durable"
)

const (
	journalName = "journal"
	lockName    = "lock"
	// journalMax bounds a journal that is read into memory: some 200,000 sales.
	journalMax = 256 << 20
	// documentMax bounds a document: a bundle has at most 32 MiB.
	documentMax = 33 << 20
)

// Dir is a Storage in a folder that only its owner may read. One process at a
// time has it open.
type Dir struct {
	path    string
	lock    *os.File
	journal *os.File
}

// OpenDir opens the folder, which it makes where there is none. It returns
// ErrInUse while another process has it open, and the errors of the file
// system.
func OpenDir(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := durable.Lock(lock); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrInUse, err), lock.Close())
	}
	journal, err := os.OpenFile(filepath.Join(path, journalName), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	d := &Dir{path: path, lock: lock, journal: journal}
	if err := durable.SyncDir(path); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Close lets other processes open the folder.
func (d *Dir) Close() error { return errors.Join(d.journal.Close(), d.lock.Close()) }

// Load returns a document.
func (d *Dir) Load(name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(d.path, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readBounded(f, documentMax)
}

func readBounded(r io.Reader, limit int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err == nil && len(b) > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	return b, err
}

// Save writes a document beside the old one, makes it durable and puts it in
// the old one's place.
func (d *Dir) Save(name string, content []byte) error {
	return durable.Replace(filepath.Join(d.path, name), content)
}

// ReadJournal returns the journal, of at most 256 MiB.
func (d *Dir) ReadJournal() ([]byte, error) {
	if _, err := d.journal.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return readBounded(d.journal, journalMax)
}

// AppendJournal writes a line and waits until the disk has it.
func (d *Dir) AppendJournal(line []byte) error {
	if _, err := d.journal.Write(line); err != nil {
		return err
	}
	return d.journal.Sync()
}

// TruncateJournal keeps the first size bytes.
func (d *Dir) TruncateJournal(size int) error {
	return errors.Join(d.journal.Truncate(int64(size)), d.journal.Sync())
}
