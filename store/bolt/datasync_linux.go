package bolt

import (
	"os"
	"syscall"
)

// datasync makes a file's bytes durable, and of its metadata only what reading
// them needs.
func datasync(f *os.File) error {
	return os.NewSyscallError("fdatasync", syscall.Fdatasync(int(f.Fd())))
}
