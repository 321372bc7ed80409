//go:build unix

package bolt

import (
	"os"
	"os/signal"
	"syscall"
)

// limitFile makes writes past the file's present end fail, as a full disk does.
func limitFile(path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	size := uint64(info.Size())
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size})
}
