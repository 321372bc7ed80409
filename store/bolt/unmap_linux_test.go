package bolt

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
)

// With UnmapPages the pages of the file leave the process after a flush, and
// what they hold is still read. Without it they stay.
func TestOpen_unmapPages(t *testing.T) {
	for _, unmap := range []bool{false, true} {
		db := newDB(t, Options{UnmapPages: unmap})
		for i := range 3 { // the second and third flush read what the first wrote
			err := db.Update(t.Context(), func(tx *Tx) error {
				for k := range 2_000 {
					if err := tx.put(bucketA, fmt.Appendf(nil, "%d-%d", k, i), make([]byte, 1000)); err != nil {
						return err
					}
				}
				return nil
			})
			if err == nil {
				err = db.Flush(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if kib := mapped(t, db.file.Path()); unmap != (kib < 1<<10) {
			t.Errorf("UnmapPages %v: %d KiB of the file are mapped after a flush", unmap, kib)
		}
		if v, found := value(t, db, bucketA, "1999-0"); !found || len(v) != 1000 {
			t.Errorf("UnmapPages %v: %d bytes are read back", unmap, len(v))
		}
	}
}

// mapped returns how much of a file is in this process's memory, in KiB.
func mapped(t *testing.T, path string) (kib int) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ours, seen := false, false
	for s := bufio.NewScanner(f); s.Scan(); {
		line := s.Text()
		if head, _, _ := strings.Cut(line, " "); strings.Contains(head, "-") {
			ours = strings.HasSuffix(line, path)
			seen = seen || ours
		}
		var n int
		if _, err := fmt.Sscanf(line, "Rss: %d kB", &n); err == nil && ours {
			kib += n
		}
	}
	if !seen {
		t.Fatalf("%s is not mapped", path)
	}
	return kib
}
