package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// checkErrorsMax is how many findings Check reports.
const checkErrorsMax = 10

// Backup writes a copy of the store to w, while the store goes on, and returns
// its size in bytes. Everything that was answered before it was called is in it.
// The copy is a bbolt file that Open opens, without a WAL beside it; it is worth
// something only after Backup has returned nil.
//
// Pages that the copy still needs are not used again until it is done, and w
// must not wait for the store: write to a file first, and send that.
func (db *DB) Backup(ctx context.Context, w io.Writer) (int64, error) {
	file, err := db.wholeFile(ctx)
	if err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	db.flushing.Unlock()
	defer file.Rollback()
	n, err := file.WriteTo(untilDone{ctx, w})
	if err != nil {
		return n, fmt.Errorf("backup: %w", err)
	}
	return n, nil
}

// wholeFile flushes, and returns the file as it is between two flushes. The
// caller must unlock db.flushing and roll the transaction back.
func (db *DB) wholeFile(ctx context.Context) (*bbolt.Tx, error) {
	if err := db.Flush(ctx); err != nil {
		return nil, err
	}
	db.flushing.Lock()
	file, err := db.file.Begin(false)
	if err != nil {
		db.flushing.Unlock()
	}
	if errors.Is(err, bbolterrors.ErrDatabaseNotOpen) {
		err = ErrClosed
	}
	return file, err
}

// untilDone is w until ctx ends.
type untilDone struct {
	ctx context.Context
	w   io.Writer
}

func (u untilDone) Write(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(p)
}

// Check reads the whole bbolt file and returns what is wrong with its pages, at
// most ten findings joined, or nil. Nothing is flushed while it runs, because it
// compares the pages in use with the free ones: on a busy store check a Backup
// instead. It says nothing about what the records mean.
func (db *DB) Check() error {
	file, err := db.wholeFile(context.Background())
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	defer db.flushing.Unlock()
	defer file.Rollback()
	var found []error
	for err := range file.Check() { // to the end: it is sent by a goroutine
		if len(found) < checkErrorsMax {
			found = append(found, err)
		}
	}
	if len(found) > 0 {
		return fmt.Errorf("check: %w", errors.Join(found...))
	}
	return nil
}
