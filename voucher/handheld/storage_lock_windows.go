package handheld

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile takes the file for this process alone; the lock goes with it.
func lockFile(f *os.File) error {
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	return windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, new(windows.Overlapped))
}

// syncFolder does nothing: NTFS journals names itself, and a folder cannot be
// synced.
func (d *Dir) syncFolder() error { return nil }
