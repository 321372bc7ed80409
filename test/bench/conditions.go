package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// condition is something that the figures depend on.
type condition struct{ Name, Value string }

// conditions says on what the run takes place.
func conditions(dir string, syncs float64) []condition {
	load := strings.Fields(firstLine("/proc/loadavg", ""))
	if len(load) > 3 {
		load = load[:3]
	}
	return []condition{
		{"started", time.Now().UTC().Format(time.RFC3339)},
		{"load average at start", strings.Join(load, " ")},
		{"CPU", firstLine("/proc/cpuinfo", "model name")},
		{"cores", fmt.Sprint(runtime.NumCPU())},
		{"memory", fmt.Sprintf("%d MiB", memory()>>20)},
		{"file system", fileSystem(dir)},
		{"4 KiB append and fdatasync", figure(syncs, "/s")},
		{"kernel", kernel()},
		{"Go", runtime.Version()},
		{"bbolt", version("go.etcd.io/bbolt")},
		{"pgx", version("github.com/jackc/pgx/v5")},
	}
}

// firstLine returns the value of the first line of a file that begins with the
// word, or the first line.
func firstLine(path, word string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, word) {
			continue
		}
		if _, value, ok := strings.Cut(line, ":"); ok && word != "" {
			return strings.TrimSpace(value)
		}
		return strings.TrimSpace(line)
	}
	return "unknown"
}

// memory returns the bytes that the machine has.
func memory() uint64 {
	var s unix.Sysinfo_t
	if err := unix.Sysinfo(&s); err != nil {
		return 0
	}
	return uint64(s.Totalram) * uint64(s.Unit)
}

func kernel() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Release[:])
}

func version(module string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == module {
				return d.Version
			}
		}
	}
	return "unknown"
}

// fileSystem returns type and device of what holds the folder, from the
// longest mount point above it.
func fileSystem(dir string) string {
	found, longest := "unknown", -1
	b, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return found
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 3 {
			continue
		}
		under := f[1] == "/" || dir == f[1] || strings.HasPrefix(dir, f[1]+"/")
		if under && len(f[1]) > longest {
			found, longest = fmt.Sprintf("%s on %s", f[2], f[0]), len(f[1])
		}
	}
	return found
}

// onDisk refuses a folder whose files are kept in memory: nothing is durable
// there, and a sync costs nothing.
func onDisk(dir string) error {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	switch int64(s.Type) {
	case unix.TMPFS_MAGIC, unix.RAMFS_MAGIC:
		return fmt.Errorf("%s is in memory; name a folder on a disk with --dir", dir)
	}
	return nil
}

// syncsPerSecond appends and syncs for a short while.
func syncsPerSecond(dir string, within time.Duration) (float64, error) {
	f, err := os.Create(filepath.Join(dir, "syncs"))
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 4096)
	n := 0
	began := time.Now()
	for ; time.Since(began) < within; n++ {
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			return 0, err
		}
	}
	return perSecond(n, began), nil
}
