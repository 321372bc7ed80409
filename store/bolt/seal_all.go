package bolt

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// sealChunk is how many records one transaction seals.
const sealChunk = 500

// sealedTables seal what each table that has boxes holds in the clear: the rows
// from a key on, at most sealChunk, and where to go on, nil at the end.
var sealedTables = []func(tx *Tx, from []byte) (next []byte, err error){
	sealRows(vendorTable.rows), sealRows(paymentChangeTable), sealRows(settlementTable.rows), sealRows(chequeTable), sealRows(bankLineTable),
	sealRows(contentTable), sealRows(outcomeTable), sealRows(issueTable.rows), sealRows(embargoTable),
}

func sealRows[K, V any](t table[K, V]) func(*Tx, []byte) ([]byte, error) {
	return func(tx *Tx, from []byte) ([]byte, error) {
		var rows []row[K, V]
		var next []byte
		n := 0
		for kb, p := range tx.scan(t.bucket, span{from: from}) {
			if n++; n > sealChunk {
				next = kb
				break
			}
			r, err := t.row(tx, kb, p)
			if err != nil {
				return nil, err
			}
			if clear, err := t.inClear(p, r.key); err != nil {
				return nil, err
			} else if clear {
				rows = append(rows, r)
			}
		}
		for _, r := range rows {
			if err := t.put(tx, r.key, r.value); err != nil {
				return nil, err
			}
		}
		return next, nil
	}
}

// inClear reports whether a record as it is stored shows what it has a box for.
func (t table[K, V]) inClear(p []byte, k K) (bool, error) {
	v, err := decode[V](t.version, p)
	if err != nil {
		return false, t.wrap(err)
	}
	for _, b := range any(&v).(boxed[K]).boxes(k) {
		if !b.empty() {
			return true, nil
		}
	}
	return false, nil
}

// sealAll seals what is in the clear, closes the store, and replaces its file by
// a copy without the pages that are free, in which the clear text still is. The
// copy alone says that all is sealed: where this is interrupted it is done again.
func (db *DB) sealAll(path string) error {
	db.opt.Logger.Info("records that an earlier version left in the clear are sealed, and the store is copied")
	for _, seal := range sealedTables {
		var next []byte
		for more := true; more; more = next != nil {
			err := db.Update(context.Background(), func(tx *Tx) (err error) {
				next, err = seal(tx, next)
				return err
			})
			if err != nil {
				return errors.Join(err, db.Close())
			}
		}
	}
	if err := db.Close(); err != nil {
		return err
	}
	return replaceSealed(path)
}

func replaceSealed(path string) error {
	file, err := bbolt.Open(path, 0o600, bboltOptions(Options{LockTimeout: time.Second}))
	if err != nil {
		return err
	}
	compact := path + ".compact"
	err = compactInto(compact, file)
	if err == nil {
		err = markSealed(compact)
	}
	if err == nil {
		err = os.Rename(compact, path) // while the lock is held
	}
	return errors.Join(err, syncPath(filepath.Dir(path)), file.Close())
}

func markSealed(path string) error {
	file, err := bbolt.Open(path, 0o600, bboltOptions(Options{LockTimeout: time.Second}))
	if err != nil {
		return err
	}
	err = file.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bucketNames[bucketStore])).Put(sealedKey, []byte{1}) })
	return errors.Join(err, file.Close())
}

// isSealed reports whether everything in the file that has a box is in it.
func isSealed(file *bbolt.DB) (sealed bool, err error) {
	err = file.View(func(tx *bbolt.Tx) error {
		sealed = bytes.Equal(tx.Bucket([]byte(bucketNames[bucketStore])).Get(sealedKey), []byte{1})
		return nil
	})
	return sealed, err
}
