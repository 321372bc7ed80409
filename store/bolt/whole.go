package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// A bbolt file begins with two meta pages; the valid one with the higher
// transaction holds. After a page header of 16 bytes come, in the machine's byte
// order: magic, version, page size and flags (32 bits each), the root bucket
// (two of 64 bits), the list of free pages, the number of pages, the
// transaction, and FNV-1a of all that.
const (
	pageHeader = 16
	metaLen    = 64
	metaMagic  = 0xED0CDAED
)

type metaPage struct{ pageSize, pages, tx uint64 }

// checkLength returns ErrNotStore where the file is shorter than its meta page
// says, as half a copy is. bbolt maps the file and would read beyond its end,
// which no program survives. A file without a valid meta page is left to bbolt.
func checkLength(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	first, err := readMeta(f, 0)
	if err != nil {
		return err
	}
	size := first.pageSize
	if size == 0 {
		size = uint64(os.Getpagesize())
	}
	second, err := readMeta(f, int64(size))
	if err != nil {
		return err
	}
	if second.tx > first.tx {
		first = second
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if have := uint64(info.Size()) / max(first.pageSize, 1); have < first.pages {
		return fmt.Errorf("%d pages of %d: %w", have, first.pages, ErrNotStore)
	}
	return nil
}

// readMeta returns the meta page at the offset, or the zero value if there is
// no valid one.
func readMeta(f io.ReaderAt, at int64) (metaPage, error) {
	b := make([]byte, metaLen)
	if _, err := f.ReadAt(b, at+pageHeader); errors.Is(err, io.EOF) {
		return metaPage{}, nil
	} else if err != nil {
		return metaPage{}, err
	}
	sum := fnv.New64a()
	sum.Write(b[:metaLen-8])
	order := binary.NativeEndian
	m := metaPage{uint64(order.Uint32(b[8:])), order.Uint64(b[40:]), order.Uint64(b[48:])}
	if order.Uint32(b) != metaMagic || order.Uint64(b[metaLen-8:]) != sum.Sum64() || m.pageSize == 0 || m.pageSize > 1<<20 {
		return metaPage{}, nil
	}
	return m, nil
}
