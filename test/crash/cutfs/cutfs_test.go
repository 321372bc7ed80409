//go:build linux

package cutfs

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mounted is a disk in use.
type mounted struct {
	*Disk
	t   *testing.T
	dir string
	m   *Mount
}

func mount(t *testing.T, d *Disk) *mounted {
	t.Helper()
	Need(t)
	m := &mounted{Disk: d, t: t, dir: t.TempDir()}
	m.on()
	t.Cleanup(func() {
		if err := m.m.Unmount(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func (m *mounted) on() {
	m.t.Helper()
	var err error
	if m.m, err = m.Mount(m.dir); err != nil {
		m.t.Fatal(err)
	}
}

// cut switches the power off and on again.
func (m *mounted) cut(torn *rand.Rand) {
	m.t.Helper()
	m.Cut()
	m.must(m.m.Unmount())
	m.PowerOn(torn)
	m.on()
}

func (m *mounted) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *mounted) path(name string) string { return filepath.Join(m.dir, name) }

// put writes into a file at the offset, and makes the file if there is none.
func (m *mounted) put(name, text string, at int64, sync bool) {
	m.t.Helper()
	f, err := os.OpenFile(m.path(name), os.O_CREATE|os.O_RDWR, 0o600)
	m.must(err)
	_, err = f.WriteAt([]byte(text), at)
	m.must(err)
	if sync {
		m.must(f.Sync())
	}
	m.must(f.Close())
}

func (m *mounted) syncFolder(name string) {
	m.t.Helper()
	f, err := os.Open(m.path(name))
	m.must(err)
	m.must(errors.Join(f.Sync(), f.Close()))
}

func (m *mounted) want(name, text string) {
	m.t.Helper()
	b, err := os.ReadFile(m.path(name))
	if err != nil || string(b) != text {
		m.t.Errorf("%s holds %q (%v), want %q", name, b, err, text)
	}
}

func (m *mounted) wantNone(name string) {
	m.t.Helper()
	if _, err := os.Lstat(m.path(name)); !errors.Is(err, fs.ErrNotExist) {
		m.t.Errorf("%s is there: %v", name, err)
	}
}

// A plain cut keeps what was synced and nothing else.
func TestDisk_plain(t *testing.T) {
	m := mount(t, New())
	m.put("kept", "synced", 0, true)
	m.put("shrunk", "a long text", 0, true)
	m.put("nameless", "synced", 0, true)
	m.must(os.Mkdir(m.path("sub"), 0o700))
	m.syncFolder(".")
	m.put("late", "its name was not synced", 0, true)
	m.put("kept", " and not", 6, false)
	m.put("sub/late", "x", 0, true)
	m.must(os.Truncate(m.path("shrunk"), 3))
	m.must(os.Rename(m.path("nameless"), m.path("renamed")))
	m.want("kept", "synced and not") // a process sees what it wrote
	m.want("shrunk", "a l")
	m.want("renamed", "synced")

	m.cut(nil)
	m.want("kept", "synced")
	m.want("shrunk", "a long text")
	m.want("nameless", "synced")
	m.wantNone("late")
	m.wantNone("renamed")
	m.wantNone("sub/late")

	m.must(os.Link(m.path("kept"), m.path("linked")))
	m.must(os.Rename(m.path("nameless"), m.path("renamed")))
	m.must(os.Remove(m.path("shrunk")))
	m.syncFolder(".")
	m.put("linked", "S", 0, true)
	m.cut(nil)
	m.want("kept", "Synced")
	m.want("renamed", "synced")
	m.wantNone("nameless")
	m.wantNone("shrunk")

	m.must(os.Remove(m.path("kept")))
	m.cut(nil)
	m.want("kept", "Synced")
}

// A torn cut keeps sectors, not writes: some of each kind over a few cuts, and
// what was synced always.
func TestDisk_torn(t *testing.T) {
	old, young := strings.Repeat("o", 8*sectorBytes), strings.Repeat("y", 8*sectorBytes)
	var mixed, renamed, long int
	const cuts = 40
	for seed := range uint64(cuts) {
		m := mount(t, New())
		m.put("safe", "safe", 0, true)
		m.put("file", old, 0, true)
		m.syncFolder(".")
		m.must(os.Rename(m.path("safe"), m.path("moved")))
		m.put("file", young, 0, false)
		m.put("file", "tail", int64(len(old)), false)
		m.cut(rand.New(rand.NewPCG(seed, 0)))
		b, err := os.ReadFile(m.path("file"))
		m.must(err)
		for s := range 8 {
			switch sector := string(b[s*sectorBytes : (s+1)*sectorBytes]); sector {
			case old[:sectorBytes], young[:sectorBytes]:
			default:
				t.Fatalf("seed %d: sector %d was torn itself: %q", seed, s, sector)
			}
		}
		if bytes.ContainsRune(b, 'o') && bytes.ContainsRune(b, 'y') {
			mixed++
		}
		if len(b) > len(old) {
			long++
		}
		if _, err := os.Lstat(m.path("moved")); err == nil {
			renamed++
			m.want("moved", "safe")
		} else {
			m.want("safe", "safe")
		}
	}
	for what, n := range map[string]int{"mixed old and new sectors": mixed, "kept the rename": renamed, "kept the length": long} {
		if n == 0 || n == cuts {
			t.Errorf("%d of %d cuts %s", n, cuts, what)
		}
	}
}

// The fault comes at its operation: before it all is as it was, from a cut on
// nothing works, and a sync that failed has lost what it was for.
func TestDisk_fault(t *testing.T) {
	m := mount(t, New())
	m.put("file", "first", 0, true)
	m.syncFolder(".")
	f, err := os.OpenFile(m.path("file"), os.O_RDWR, 0)
	m.must(err)
	defer f.Close()

	fired := m.Arm(Fault{At: 2, Errno: syscall.EIO})
	_, err = f.WriteAt([]byte("again"), 0)
	m.must(err)
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		t.Errorf("the second operation: %v, want EIO", err)
	}
	<-fired
	m.must(f.Sync())

	fired = m.Arm(Fault{At: 2})
	_, err = f.WriteAt([]byte("final"), 0)
	m.must(err)
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		t.Errorf("a sync at the cut: %v, want EIO", err)
	}
	<-fired
	if _, err := f.WriteAt([]byte("x"), 0); !errors.Is(err, syscall.EIO) {
		t.Errorf("a write after the cut: %v, want EIO", err)
	}
	m.must(f.Close())
	m.cut(nil)
	m.want("file", "first")
}

func TestDisk_full(t *testing.T) {
	m := mount(t, New())
	m.Limit(3 * pageBytes)
	m.put("file", strings.Repeat("x", 2*pageBytes), 0, true)
	f, err := os.OpenFile(m.path("file"), os.O_RDWR, 0)
	m.must(err)
	defer f.Close()
	if _, err := f.WriteAt(make([]byte, 2*pageBytes), 2*pageBytes); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("beyond the limit: %v, want ENOSPC", err)
	}
	if _, err := f.WriteAt([]byte("over what is there"), 0); err != nil {
		t.Errorf("where there is a page already: %v", err)
	}
	m.must(os.Remove(m.path("file")))
	m.put("other", strings.Repeat("x", 3*pageBytes), 0, true)
}

// A disk that lies keeps nothing, and says that all is well.
func TestDisk_lies(t *testing.T) {
	for _, tt := range []struct {
		disk       *Disk
		file, name bool
	}{{New(), true, true}, {&Disk{IgnoreSync: true}, false, true}, {&Disk{IgnoreFolderSync: true}, true, false}} {
		d := New()
		d.IgnoreSync, d.IgnoreFolderSync = tt.disk.IgnoreSync, tt.disk.IgnoreFolderSync
		m := mount(t, d)
		m.put("file", "x", 0, true)
		m.syncFolder(".")
		m.cut(nil)
		switch {
		case !tt.name:
			m.wantNone("file")
		case !tt.file:
			m.want("file", "")
		default:
			m.want("file", "x")
		}
	}
}

// A disk loaded from a folder, cloned, and saved again is that folder.
func TestDisk_copy(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	holes := append(make([]byte, 5*pageBytes), "end"...)
	for name, text := range map[string]string{"a": "text", "sub/holes": string(holes), "sub/empty": ""} {
		if err := errors.Join(os.MkdirAll(filepath.Join(from, "sub"), 0o700), os.WriteFile(filepath.Join(from, name), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	d := New()
	if err := d.Load(from); err != nil {
		t.Fatal(err)
	}
	m := mount(t, d.Clone())
	m.put("a", "CHANGED", 0, true)
	if err := errors.Join(d.Save(to), m.Save(filepath.Join(to, "clone"))); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "text", "sub/holes": string(holes), "sub/empty": "", "clone/a": "CHANGED", "clone/sub/holes": string(holes)} {
		if b, err := os.ReadFile(filepath.Join(to, name)); err != nil || string(b) != want {
			t.Errorf("%s: %d bytes (%v), want %d", name, len(b), err, len(want))
		}
	}
}
