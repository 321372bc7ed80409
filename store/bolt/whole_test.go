package bolt

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/jate-cva/jate/ledger"
)

// A store cut short, as a copy on a full disk is, is refused; bbolt would end
// the process.
func TestOpen_cutShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jate.db")
	db, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Ledger().Update(context.Background(), func(tx ledger.Tx) error {
		_, err := ledger.Decide(tx, ledger.Actor{Role: "server", Name: "server"}, "", "opened", "", nil)
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	used := len(bytes.TrimRight(whole, "\x00")) // the rest is ahead of use
	for cut := min(len(whole)-1, used+2*4095); cut >= 0; cut -= 4095 {
		short := filepath.Join(t.TempDir(), "short.db")
		if err := os.WriteFile(short, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := Open(short, Options{})
		if err == nil {
			// Nothing but zeros ahead of use was cut off.
			err = errors.Join(db.Check(), db.Close())
			if err != nil {
				t.Errorf("%d bytes of %d were opened: %v", cut, len(whole), err)
			}
			continue
		}
		refused++
		if !errors.Is(err, ErrNotStore) {
			t.Errorf("%d bytes of %d: %v", cut, len(whole), err)
		}
	}
	if refused < used/4096-1 {
		t.Errorf("%d cuts of %d bytes in use were refused", refused, used)
	}
}
