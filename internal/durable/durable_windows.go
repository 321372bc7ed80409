package durable

import (
	"os"

	"golang.org/x/sys/windows"
)

// Lock takes the open file for this process alone, or fails at once. The lock
// goes when the file is closed or the process ends.
func Lock(f *os.File) error {
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	return windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, new(windows.Overlapped))
}

// SyncDir does nothing: NTFS journals names itself, and a folder cannot be
// synced.
func SyncDir(string) error { return nil }
