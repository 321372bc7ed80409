// Package durable writes small files that must outlast a power cut: a file is
// there whole or not at all, and once a call returns it stays.
package durable

import (
	"errors"
	"os"
	"path/filepath"
)

// Replace writes the file at path, mode 0600, in the place of whatever was
// there: content first, then the name, then the folder. If it fails the file
// is the old one or the new one, whole.
func Replace(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}
