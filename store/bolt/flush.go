package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// flushed is the record "wal" of the bucket "store": how much of the WAL the
// file holds.
type flushed struct {
	whole mark   // this group and all before it
	begun uint64 // the last segment of which it may hold a part
}

var flushedKey = []byte("wal")

func (f flushed) bytes() []byte {
	p := binary.BigEndian.AppendUint64(nil, f.whole.segment)
	p = binary.BigEndian.AppendUint64(p, f.whole.group)
	return binary.BigEndian.AppendUint64(p, f.begun)
}

// flushedOf reads the record.
func flushedOf(file *bbolt.Tx) (flushed, error) {
	p := file.Bucket([]byte(bucketNames[bucketStore])).Get(flushedKey)
	if len(p) != 24 {
		return flushed{}, fmt.Errorf("how much of the WAL was flushed: %w", ErrRecord)
	}
	return flushed{mark{binary.BigEndian.Uint64(p), binary.BigEndian.Uint64(p[8:])}, binary.BigEndian.Uint64(p[16:])}, nil
}

// flush writes a segment's changes to the file, closes thaw, and from then on
// the segment may be overwritten. Stopped at any point it begins again from the
// WAL when the store is opened: each change says what a key holds, so that it
// does no harm to make it twice.
func (db *DB) flush(m *memory, upTo mark, thaw chan struct{}) {
	defer close(thaw)
	if err := db.writeSegment(m, upTo); err != nil {
		db.fail(fmt.Errorf("flush: %w", err))
		return
	}
	db.show(func(s *state) {
		if s.frozen == m {
			s.frozen = nil
		}
	})
}

func (db *DB) writeSegment(m *memory, upTo mark) error {
	db.flushing.Lock()
	defer db.flushing.Unlock()
	took := stopwatch()
	var commits, pages, bytes int64
	part := make([]change, 0, db.opt.flushChanges)
	write := func(last bool) error {
		if db.hasFailed() {
			return ErrFailed
		}
		file, err := db.file.Begin(true)
		if err != nil {
			return err
		}
		defer file.Rollback() // does nothing after a commit
		if err := writeChanges(newSnapshot(file), part, upTo, last); err != nil {
			return err
		}
		if err := file.Commit(); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
		stats := file.Stats()
		commits, pages, bytes = commits+1, pages+stats.GetPageCount(), bytes+stats.GetPageAlloc()
		part = part[:0]
		return nil
	}
	for b := range bucket(len(bucketNames)) {
		for _, s := range m.sorted(b) {
			if len(part) == db.opt.flushChanges {
				if err := write(false); err != nil {
					return err
				}
			}
			part = append(part, change{bucket: b, key: s.key, value: s.last.value, deleted: s.last.deleted})
		}
	}
	if err := write(true); err != nil {
		return err
	}
	if db.opt.UnmapPages {
		if err := db.file.View(unmapPages); err != nil {
			return err
		}
	}
	db.metrics.flushed(commits, pages, bytes, took())
	return nil
}

// writeChanges applies changes of the segment that ends at upTo, in key order,
// and notes how far the file is.
func writeChanges(file *snapshot, part []change, upTo mark, last bool) error {
	for _, c := range part {
		to := file.bucket(c.bucket)
		if growingBuckets[c.bucket] {
			to.FillPercent = 1
		}
		err := error(nil)
		if c.deleted {
			err = to.Delete(c.key)
		} else {
			err = to.Put(c.key, c.value)
		}
		if err != nil {
			return fmt.Errorf("write to %s: %w", bucketNames[c.bucket], err)
		}
	}
	f, err := flushedOf(file.file)
	if err != nil {
		return err
	}
	if f.begun = upTo.segment; last {
		f.whole = upTo
	}
	return file.bucket(bucketStore).Put(flushedKey, f.bytes())
}

// Flush returns when everything that was answered before it was called is in
// the bbolt file: ctx's error, ErrClosed, ErrFailed, or ErrNested.
func (db *DB) Flush(ctx context.Context) error {
	return db.enqueueAndWait(ctx, nil)
}

// recover brings what is in the WAL and not in the file into the file.
func (db *DB) recover(path string) error {
	var id storeID
	var done flushed
	err := db.file.View(func(file *bbolt.Tx) (err error) {
		if copy(id[:], file.Bucket([]byte(bucketNames[bucketStore])).Get(idKey)) != len(id) {
			return fmt.Errorf("the store's id: %w", ErrNotStore)
		}
		done, err = flushedOf(file)
		return err
	})
	if err != nil {
		return err
	}
	m := newMemory()
	db.wal, err = openWAL(path, id, done.whole, func(payload []byte) error {
		g := newGroup(0)
		return readChanges(payload, func(c *change) { m.lay(c, g, g.number) })
	})
	if err != nil {
		return err
	}
	if db.wal.last != done.whole {
		if err := db.writeSegment(m, db.wal.last); err != nil {
			return fmt.Errorf("flush what was in the WAL: %w", err)
		}
	}
	db.live, db.segment = newMemory(), db.wal.last.segment+1
	db.state = state{live: db.live, segment: db.segment}
	return nil
}

// state is what readers see over the file: the frozen memory, and the live one
// as it was after a group.
type state struct {
	frozen  *memory // being flushed; nil if none is
	live    *memory
	segment uint64 // of live
	group   uint64 // the last one that is durable
}

// views returns what is not in the file.
func (s state) views() []view {
	if s.frozen == nil {
		return []view{{memory: s.live, group: s.group}}
	}
	return []view{{memory: s.frozen, group: s.group}, {memory: s.live, group: s.group}}
}

// show changes what readers see.
func (db *DB) show(change func(*state)) {
	db.showing.Lock()
	defer db.showing.Unlock()
	change(&db.state)
}

// begin returns what readers see, and the file under it. Whoever has it must
// call done.
func (db *DB) begin() (*bbolt.Tx, state, error) {
	for {
		db.showing.Lock()
		s := db.state
		db.reading[s.group]++
		db.showing.Unlock()
		file, err := db.file.Begin(false)
		if err != nil {
			db.done(s)
			return nil, s, err
		}
		f, err := flushedOf(file)
		// A segment that was live when s was shown may have been frozen and
		// flushed before the file was begun: then the file has more than s.
		if err == nil && f.begun < s.segment {
			return file, s, nil
		}
		db.done(s)
		if err := errors.Join(err, file.Rollback()); err != nil {
			return nil, s, err
		}
	}
}

// done says that what begin returned is no longer read.
func (db *DB) done(s state) {
	db.showing.Lock()
	defer db.showing.Unlock()
	if db.reading[s.group]--; db.reading[s.group] == 0 {
		delete(db.reading, s.group)
	}
}

// oldest returns the earliest group whose state anybody reads, now or later.
func (db *DB) oldest() uint64 {
	db.showing.Lock()
	defer db.showing.Unlock()
	group := db.state.group
	for g := range db.reading {
		group = min(group, g)
	}
	return group
}
