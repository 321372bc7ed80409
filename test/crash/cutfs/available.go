//go:build linux

package cutfs

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"github.com/jate-cva/jate/internal/toolcheck"
)

// Need skips the test where this machine cannot mount a file system of its
// own, and says what it lacks. Where a package to install is all that is
// lacking it fails instead under JATE_TOOLS=required, as every check does.
func Need(t testing.TB) {
	t.Helper()
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no power cuts on this machine: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 {
		toolcheck.Need(t, "fusermount3")
	}
	dir := t.TempDir()
	m, err := New().Mount(dir)
	switch {
	case err == nil:
		if err := m.Unmount(); err != nil {
			t.Fatal(err)
		}
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES), os.Getuid() != 0:
		t.Skipf("no power cuts on this machine: it does not let us mount: %v", err)
	default:
		t.Fatal(err)
	}
}
