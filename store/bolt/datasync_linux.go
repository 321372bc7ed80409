package bolt

import (
	"os"
	"syscall"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// datasync makes a file's bytes durable, and of its metadata only what reading
// them needs.
func datasync(f *os.File) error {
	return os.NewSyscallError("fdatasync", syscall.Fdatasync(int(f.Fd())))
}

// unmapPages takes the file's pages out of the process's memory; the system
// has them still. While the transaction is open, the map stays where it is.
func unmapPages(tx *bbolt.Tx) error {
	_, _, errno := unix.Syscall(unix.SYS_MADVISE, tx.DB().Info().Data, uintptr(tx.Size()), unix.MADV_DONTNEED)
	if errno != 0 {
		return os.NewSyscallError("madvise", errno)
	}
	return nil
}
