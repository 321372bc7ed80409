//go:build unix

package handheld

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockFile takes the file for this process alone; the lock goes with it.
func lockFile(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// syncFolder makes names durable that were given in the folder.
func (d *Dir) syncFolder() error {
	f, err := os.Open(d.path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
