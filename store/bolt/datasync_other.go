//go:build !linux

package bolt

import (
	"os"

	"go.etcd.io/bbolt"
)

// datasync makes a file's bytes durable.
func datasync(f *os.File) error { return f.Sync() }

// unmapPages does nothing.
func unmapPages(*bbolt.Tx) error { return nil }
