package bolt

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestTx_Now(t *testing.T) {
	readings := 0
	db := newDB(t, Options{Now: func() time.Time {
		readings++
		return time.Date(2026, 3, 1, 12, 0, readings, 999_999_999, time.FixedZone("", 3600))
	}})
	err := db.Update(t.Context(), func(tx *Tx) error {
		want := time.Date(2026, 3, 1, 11, 0, 1, 0, time.UTC)
		if first, second := tx.Now(), tx.Now(); first != want || second != want {
			t.Errorf("got %v and %v, want %v", first, second, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is handed out is the caller's, and a Tx does not outlive its function.
func TestTx_afterwards(t *testing.T) {
	db := newDB(t, Options{})
	page := strings.Repeat("x", os.Getpagesize()) // bbolt copies a bucket that is smaller than one
	if err := db.Update(t.Context(), func(tx *Tx) error {
		return errors.Join(put("k", "value")(tx), put("page", page)(tx))
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	var kept []byte
	var late *Tx
	err := db.View(t.Context(), func(tx *Tx) error {
		late, kept = tx, tx.get(bucketA, []byte("k"))
		for k, v := range tx.scan(bucketA, span{}) {
			k[0], v[0] = 'X', 'X' // would fault if it were the file's memory
		}
		for k, v := range tx.scanDown(bucketA, span{}) {
			k[0], v[0] = 'X', 'X'
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	kept[0] = 'V'
	if v, _ := value(t, db, bucketA, "k"); v != "value" {
		t.Errorf("the store now holds %q", v)
	}
	defer func() {
		if recover() == nil {
			t.Error("a Tx was used after its function returned, and did not panic")
		}
	}()
	late.get(bucketA, []byte("k"))
}

func TestTx_bounds(t *testing.T) {
	db := newDB(t, Options{})
	for name, c := range map[string]struct {
		key, value int
		want       error
	}{
		"an empty key":      {0, 1, ErrKey},
		"the longest key":   {keyBytesMax, 1, nil},
		"a longer key":      {keyBytesMax + 1, 1, ErrKey},
		"the longest value": {1, valueBytesMax, nil},
		"a longer value":    {1, valueBytesMax + 1, ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			err := db.Update(t.Context(), func(tx *Tx) error {
				return tx.put(bucketA, make([]byte, c.key), make([]byte, c.value))
			})
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	t.Run("more than a command may write", func(t *testing.T) {
		big := make([]byte, valueBytesMax)
		err := db.Update(t.Context(), func(tx *Tx) error {
			for i := range commandBytesMax / valueBytesMax {
				if err := tx.put(bucketA, []byte{1, byte(i)}, big); err != nil {
					return err
				}
			}
			return nil
		})
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("got %v", err)
		}
	})
}

// A scan shows writes that are made ahead of it, and is not led astray by those
// behind it or by the deletion of where it stands.
func TestTx_scan_whileWriting(t *testing.T) {
	db := newDB(t, Options{})
	if err := db.Update(t.Context(), func(tx *Tx) error {
		return errors.Join(put("b", "1")(tx), put("d", "1")(tx), put("f", "1")(tx))
	}); err != nil {
		t.Fatal(err)
	}
	err := db.Update(t.Context(), func(tx *Tx) error {
		var up, down string
		for k := range tx.scan(bucketA, span{}) {
			up += string(k)
			if string(k) == "b" {
				for _, err := range []error{put("a", "2")(tx), put("c", "2")(tx), put("e", "2")(tx),
					tx.delete(bucketA, []byte("b")), tx.delete(bucketA, []byte("d"))} {
					if err != nil {
						return err
					}
				}
			}
		}
		for k := range tx.scanDown(bucketA, span{}) {
			down += string(k)
			if string(k) == "e" {
				if err := errors.Join(put("g", "3")(tx), put("d", "3")(tx), tx.delete(bucketA, []byte("c"))); err != nil {
					return err
				}
			}
		}
		if up != "bcef" || down != "feda" {
			t.Errorf("scan went %s and scanDown %s, want bcef and feda", up, down)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
