package bolt

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.etcd.io/bbolt"

	"github.com/jate-cva/jate/distribution"
)

// What opens and finds persons is kept apart from backups, as rows of five
// kinds: households' wrapped keys, the keyed digests under which they are filed,
// the two digests that a household's record has, the wrapped keys of what
// complaints say, and those of boxes, but for lots'. Each row is a kind, and a
// key and a value, each after its length; the row of kind apartEnd, with the
// number of rows before it as its key, is the last.
const (
	apartEnd byte = iota
	apartKey
	apartBlind
	apartDigests
	apartText
	apartBox
)

// apartMax bounds a key or a value of a row.
const apartMax = 1 << 12

// Apart counts what opens persons in a store.
type Apart struct {
	Households int // whose person is there, sealed
	Readable   int // of those, how many have their key
}

// TakeApart moves what opens and finds persons out of the store at path, which
// no server has, into w, and compacts the file: bbolt leaves what was deleted in
// pages that are free, and the copy that remains has none.
func TakeApart(path string, w io.Writer) error {
	file, err := bbolt.Open(path, 0o600, bboltOptions(Options{LockTimeout: time.Second}))
	if err != nil {
		return fmt.Errorf("take keys apart: %w", err)
	}
	out := apartWriter{to: bufio.NewWriter(w)}
	err = file.Update(func(tx *bbolt.Tx) error { return takeApart(tx, &out) })
	if err == nil {
		err = errors.Join(out.end(), compactInto(path+".compact", file))
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("take keys apart: %w", errors.Join(err, os.RemoveAll(path+".compact")))
	}
	return os.Rename(path+".compact", path)
}

// compactMax is how many bytes a transaction of a compaction writes.
const compactMax = 1 << 24

func compactInto(path string, file *bbolt.DB) error {
	if err := os.RemoveAll(path); err != nil { // of an attempt that was interrupted
		return err
	}
	to, err := bbolt.Open(path, 0o600, bboltOptions(Options{LockTimeout: time.Second}))
	if err != nil {
		return err
	}
	return errors.Join(bbolt.Compact(to, file, compactMax), to.Sync(), to.Close())
}

func takeApart(tx *bbolt.Tx, out *apartWriter) error {
	for kind, b := range map[byte]bucket{apartKey: wrappedKeyTable.bucket, apartBlind: blindTable.bucket} {
		name := []byte(bucketNames[b])
		from := tx.Bucket(name)
		if from == nil {
			continue
		}
		if err := from.ForEach(func(k, v []byte) error { return out.row(kind, k, v) }); err != nil {
			return err
		}
		if err := tx.DeleteBucket(name); err != nil {
			return err
		}
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	if err := takeBoxKeys(tx, out); err != nil {
		return err
	}
	err := eachRow(tx, complaintTextTable.bucket, complaintTextTable.version, func(k []byte, t *complaintText) (bool, error) {
		if len(t.Wrapped) == 0 {
			return false, nil
		}
		wrapped := t.Wrapped
		t.Wrapped = nil
		return true, out.row(apartText, k, wrapped)
	})
	if err != nil {
		return err
	}
	return eachHousehold(tx, func(k []byte, h *householdRecord) (bool, error) {
		if h.Match == (sum16{}) && h.Content == (sum32{}) {
			return false, nil
		}
		digests := append(append([]byte{}, h.Match[:]...), h.Content[:]...)
		h.Match, h.Content = sum16{}, sum32{}
		return true, out.row(apartDigests, k, digests)
	})
}

// takeBoxKeys takes the keys of boxes that hold what is somebody's. Lots' stay:
// without their factor keys no card is worth anything.
func takeBoxKeys(tx *bbolt.Tx, out *apartWriter) error {
	b := tx.Bucket([]byte(bucketNames[secretKeyTable.bucket]))
	if b == nil {
		return nil
	}
	var taken [][]byte
	err := b.ForEach(func(k, v []byte) error {
		if bytes.HasPrefix(k, []byte(ownerIssue)) || bytes.HasPrefix(k, []byte(ownerEmbargo)) {
			return nil
		}
		taken = append(taken, bytes.Clone(k))
		return out.row(apartBox, k, v)
	})
	for _, k := range taken {
		if err == nil {
			err = b.Delete(k)
		}
	}
	return err
}

// eachHousehold calls fn with every household, and stores those that fn has
// changed.
func eachHousehold(tx *bbolt.Tx, fn func(k []byte, h *householdRecord) (changed bool, err error)) error {
	return eachRow(tx, householdTable.rows.bucket, householdTable.rows.version, fn)
}

func eachRow[V any](tx *bbolt.Tx, of bucket, version byte, fn func(k []byte, v *V) (changed bool, err error)) error {
	b := tx.Bucket([]byte(bucketNames[of]))
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		h, err := decode[V](version, v)
		if err != nil {
			return err
		}
		changed, err := fn(k, &h)
		if err != nil {
			return err
		}
		if !changed {
			continue
		}
		at := append([]byte{}, k...)
		p, err := encode(version, h)
		if err != nil {
			return err
		}
		if err := b.Put(at, p); err != nil {
			return err
		}
		c.Seek(at) // the page may have been copied
	}
	return nil
}

// GiveApart puts what TakeApart took back into the store at path, which no server
// has: of the households that are there and not erased. Others' rows are passed
// over, so that keys never bring an erased person back. It returns ErrRecord
// where r was cut or is something else.
func GiveApart(path string, r io.Reader) error {
	file, err := bbolt.Open(path, 0o600, bboltOptions(Options{LockTimeout: time.Second}))
	if err != nil {
		return fmt.Errorf("give keys back: %w", err)
	}
	err = file.Update(func(tx *bbolt.Tx) error { return giveApart(tx, bufio.NewReader(r)) })
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("give keys back: %w", err)
	}
	return nil
}

func giveApart(tx *bbolt.Tx, r *bufio.Reader) error {
	there := map[string]bool{}
	err := eachHousehold(tx, func(_ []byte, h *householdRecord) (bool, error) {
		there[h.ID] = len(h.Sealed) > 0
		return false, nil
	})
	if err != nil {
		return err
	}
	digests, texts := map[string][]byte{}, map[string][]byte{}
	for n := uint64(0); ; n++ {
		kind, k, v, err := readApart(r)
		if err != nil {
			return err
		}
		reader := &keyReader{b: k}
		var id distribution.BeneficiaryID
		var to bucket
		switch kind {
		case apartEnd:
			if len(k) != 8 || binary.BigEndian.Uint64(k) != n {
				return fmt.Errorf("rows are missing: %w", ErrRecord)
			}
			return errors.Join(giveDigests(tx, digests), giveTexts(tx, texts))
		case apartKey:
			id, to = wrappedKeyTable.key.decode(reader), wrappedKeyTable.bucket
		case apartBlind:
			id, to = blindTable.key.decode(reader).id, blindTable.bucket
		case apartDigests:
			id = householdTable.rows.key.decode(reader)
		case apartText:
			texts[string(k)] = v
			continue
		case apartBox:
			if err := giveBoxKey(tx, k, v); err != nil {
				return err
			}
			continue
		default:
			return fmt.Errorf("a row of kind %d: %w", kind, ErrRecord)
		}
		if err := reader.done(); err != nil {
			return fmt.Errorf("%w: %w", ErrRecord, err)
		}
		switch {
		case !there[string(id)]:
		case kind == apartDigests:
			digests[string(k)] = v
		default:
			if err := tx.Bucket([]byte(bucketNames[to])).Put(k, v); err != nil {
				return err
			}
		}
	}
}

// giveBoxKey puts a box's key back where there is none.
func giveBoxKey(tx *bbolt.Tx, k, v []byte) error {
	b, err := tx.CreateBucketIfNotExists([]byte(bucketNames[secretKeyTable.bucket]))
	if err != nil || b.Get(k) != nil {
		return err
	}
	return b.Put(k, v)
}

// giveTexts gives their keys to what complaints say that are there and not erased.
func giveTexts(tx *bbolt.Tx, texts map[string][]byte) error {
	return eachRow(tx, complaintTextTable.bucket, complaintTextTable.version, func(k []byte, t *complaintText) (bool, error) {
		wrapped := texts[string(k)]
		if wrapped == nil || len(t.Wrapped) > 0 {
			return false, nil
		}
		t.Wrapped = wrapped
		return true, nil
	})
}

func giveDigests(tx *bbolt.Tx, digests map[string][]byte) error {
	return eachHousehold(tx, func(k []byte, h *householdRecord) (bool, error) {
		d := digests[string(k)]
		if d == nil {
			return false, nil
		}
		if len(d) != len(h.Match)+len(h.Content) {
			return false, ErrRecord
		}
		copy(h.Match[:], d)
		copy(h.Content[:], d[len(h.Match):])
		return true, nil
	})
}

// CountApart says how many persons the store at path holds, which no server has,
// and how many can be read with the data key.
func CountApart(path string) (Apart, error) {
	var a Apart
	file, err := bbolt.Open(path, 0o600, bboltOptions(Options{LockTimeout: time.Second}))
	if err != nil {
		return a, fmt.Errorf("count keys: %w", err)
	}
	err = file.View(func(tx *bbolt.Tx) error {
		keys := tx.Bucket([]byte(bucketNames[wrappedKeyTable.bucket]))
		return eachHousehold(tx, func(k []byte, h *householdRecord) (bool, error) {
			if len(h.Sealed) > 0 {
				a.Households++
				if keys != nil && keys.Get(k) != nil {
					a.Readable++
				}
			}
			return false, nil
		})
	})
	return a, errors.Join(err, file.Close())
}

// apartWriter writes rows.
type apartWriter struct {
	to   *bufio.Writer
	rows uint64
}

func (w *apartWriter) row(kind byte, k, v []byte) error {
	if len(k) > apartMax || len(v) > apartMax {
		return fmt.Errorf("a row of %d and %d bytes: %w", len(k), len(v), ErrRecord)
	}
	w.rows++
	b := append([]byte{kind}, binary.AppendUvarint(nil, uint64(len(k)))...)
	b = append(b, k...)
	b = append(binary.AppendUvarint(b, uint64(len(v))), v...)
	_, err := w.to.Write(b)
	return err
}

func (w *apartWriter) end() error {
	return errors.Join(w.row(apartEnd, binary.BigEndian.AppendUint64(nil, w.rows), nil), w.to.Flush())
}

func readApart(r *bufio.Reader) (kind byte, k, v []byte, err error) {
	if kind, err = r.ReadByte(); err != nil {
		return 0, nil, nil, fmt.Errorf("it is cut: %w: %w", ErrRecord, err)
	}
	for _, part := range []*[]byte{&k, &v} {
		n, err := binary.ReadUvarint(r)
		if err != nil || n > apartMax {
			return 0, nil, nil, fmt.Errorf("a row's length: %w", ErrRecord)
		}
		*part = make([]byte, n)
		if _, err := io.ReadFull(r, *part); err != nil {
			return 0, nil, nil, fmt.Errorf("it is cut: %w: %w", ErrRecord, err)
		}
	}
	return kind, k, v, nil
}
