package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// The WAL is two files beside the bbolt file, used in turn. One holds the
// groups of one segment; when what they changed is in the bbolt file, the next
// segment but one overwrites it from the start. A group is
//
//	magic     8 bytes "jateWAL1"
//	store    16 bytes, drawn when the store was made
//	segment   8 bytes big-endian, from 1
//	number    8 bytes big-endian: groups are numbered from 1 through all segments
//	length    4 bytes big-endian, of the payload
//	checksum  4 bytes big-endian: CRC-32C of all of the above and the payload
//	payload
//
// and begins at a multiple of walBlock, so that no write ever touches a block
// that holds part of an earlier group. A group is written when the one before
// it is on the disk, so that only the last one can be torn.
const (
	walMagic     = "jateWAL1"
	walHeader    = 48
	walBlock     = 4096
	walLengthMax = 1 << 30

	// A file grows by zeros written ahead of the groups: syncing a group then
	// changes nothing of the file but its data.
	walGrowMin = 64 << 10
	walGrowMax = 8 << 20
)

var zeros [256 << 10]byte

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// storeID says which store a WAL belongs to.
type storeID [16]byte

// mark is a place in the WAL: a segment, and a group of it.
type mark struct{ segment, group uint64 }

// wal is the WAL of an open store. It is for one goroutine.
type wal struct {
	path  string // of the bbolt file
	id    storeID
	files [2]*os.File
	sizes [2]int64 // how far each file is written, zeros included

	last mark   // the last group that is on the disk
	end  int64  // where the next group of its segment begins
	buf  []byte // the last group, with what fills its last block

	syncs int // calls of fdatasync and fsync so far
}

func walPath(path string, file uint64) string { return path + "-wal-" + strconv.FormatUint(file, 10) }

// append writes one group and syncs it. After an error it is not known whether
// the group is on the disk.
func (w *wal) append(segment uint64, payload func([]byte) []byte) error {
	if segment != w.last.segment {
		w.end = 0
	}
	next := mark{segment, w.last.group + 1}
	w.buf = payload(append(w.buf[:0], make([]byte, walHeader)...))
	if len(w.buf)-walHeader > walLengthMax {
		return ErrTooLarge
	}
	sealGroup(w.buf, w.id, next)
	w.buf = append(w.buf, make([]byte, -len(w.buf)&(walBlock-1))...)
	f, err := w.file(segment % 2)
	if err != nil {
		return err
	}
	if err := w.grow(segment%2, w.end+int64(len(w.buf))); err != nil {
		return err
	}
	if _, err := f.WriteAt(w.buf, w.end); err != nil {
		return err
	}
	w.syncs++
	if err := datasync(f); err != nil {
		return err
	}
	w.last, w.end = next, w.end+int64(len(w.buf))
	return nil
}

// sealGroup fills in the header at the start of p, whose rest is the payload.
func sealGroup(p []byte, id storeID, m mark) {
	h := append(p[:0], walMagic...)
	h = append(h, id[:]...)
	h = binary.BigEndian.AppendUint64(h, m.segment)
	h = binary.BigEndian.AppendUint64(h, m.group)
	h = binary.BigEndian.AppendUint32(h, uint32(len(p)-walHeader))
	binary.BigEndian.AppendUint32(h, checksum(p))
}

// checksum covers a group but for the checksum itself.
func checksum(p []byte) uint32 {
	return crc32.Update(crc32.Checksum(p[:walHeader-4], castagnoli), castagnoli, p[walHeader:])
}

// file returns one of the two files, and makes it where it is not there.
func (w *wal) file(n uint64) (*os.File, error) {
	if w.files[n] != nil {
		return w.files[n], nil
	}
	f, err := os.OpenFile(walPath(w.path, n), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := syncPath(filepath.Dir(w.path)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	w.files[n], w.sizes[n] = f, info.Size()
	return f, nil
}

// grow writes zeros where the file is shorter than a group needs.
func (w *wal) grow(n uint64, to int64) error {
	size := w.sizes[n]
	if to <= size {
		return nil
	}
	more := max(to-size, min(max(size, walGrowMin), walGrowMax))
	for at := int64(0); at < more; at += int64(len(zeros)) {
		if _, err := w.files[n].WriteAt(zeros[:min(more-at, int64(len(zeros)))], size+at); err != nil {
			return err
		}
	}
	w.syncs++
	if err := w.files[n].Sync(); err != nil {
		return err
	}
	w.sizes[n] = size + more
	return nil
}

// close closes the files, and gives their space back where everything in them
// is in the bbolt file.
func (w *wal) close(flushed bool) error {
	var errs []error
	for _, f := range w.files {
		if f == nil {
			continue
		}
		if flushed {
			errs = append(errs, f.Truncate(0))
		}
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// openWAL opens the WAL of a store whose bbolt file holds everything up to
// flushed, and hands each later group to replay, in order. What the last write
// left unfinished is no group. It returns ErrDamaged where a group is missing or
// broken and a later one is there, and ErrNotStore where the files belong to
// another store.
func openWAL(path string, id storeID, flushed mark, replay func(payload []byte) error) (*wal, error) {
	w := &wal{path: path, id: id, last: flushed}
	for segment := flushed.segment + 1; segment <= flushed.segment+2; segment++ {
		if err := w.replay(segment, replay); err != nil {
			return nil, fmt.Errorf("%s: %w", walPath(path, segment%2), err)
		}
	}
	return w, nil
}

// replay reads one segment, if it is there.
func (w *wal) replay(segment uint64, fn func([]byte) error) error {
	f, err := os.Open(walPath(w.path, segment%2))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	at := int64(0)
	for {
		g, err := readGroup(f, info.Size(), at, segment)
		if err != nil {
			return err
		}
		if g == nil || g.mark != (mark{segment, w.last.group + 1}) {
			break
		}
		if g.id != w.id {
			return fmt.Errorf("it is the WAL of another store: %w", ErrNotStore)
		}
		if err := fn(g.payload); err != nil {
			return fmt.Errorf("group %d: %w", g.group, err)
		}
		w.last, at = g.mark, at+blocks(walHeader+len(g.payload))
	}
	// A whole group further on shows that what cannot be read here is broken,
	// not unfinished, and may have been acknowledged.
	for broken := at; at < info.Size(); at += walBlock {
		g, err := readGroup(f, info.Size(), at, segment)
		if err != nil {
			return err
		}
		if g != nil && g.id == w.id {
			return fmt.Errorf("byte %d: group %d cannot be read, and group %d follows: %w", broken, w.last.group+1, g.group, ErrDamaged)
		}
	}
	return nil
}

func blocks(n int) int64 { return (int64(n) + walBlock - 1) &^ (walBlock - 1) }

// walGroup is a group as it was read.
type walGroup struct {
	mark
	id      storeID
	payload []byte
}

// readGroup returns the group at an offset of a file, or nil where there is no
// whole one, or one of an older segment.
func readGroup(f io.ReaderAt, size, at int64, segment uint64) (*walGroup, error) {
	if size-at < walHeader {
		return nil, nil
	}
	p := make([]byte, walHeader)
	if _, err := f.ReadAt(p, at); err != nil {
		return nil, err
	}
	g := &walGroup{id: storeID(p[8:]), mark: mark{binary.BigEndian.Uint64(p[24:]), binary.BigEndian.Uint64(p[32:])}}
	length := int64(binary.BigEndian.Uint32(p[40:]))
	if string(p[:8]) != walMagic || g.segment < segment || length > size-at-walHeader {
		return nil, nil
	}
	p = append(p, make([]byte, length)...)
	if _, err := f.ReadAt(p[walHeader:], at+walHeader); err != nil {
		return nil, err
	}
	if binary.BigEndian.Uint32(p[walHeader-4:]) != checksum(p) {
		return nil, nil
	}
	g.payload = p[walHeader:]
	return g, nil
}
