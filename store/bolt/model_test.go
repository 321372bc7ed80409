package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// model is what a bucket must hold: a map, sorted whenever it is read.
type model map[string]string

type pair struct{ Key, Value string }

// within returns the pairs of the span in ascending order.
func (m model) within(s span) []pair {
	var ps []pair
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k >= string(s.from) && (s.to == nil || k < string(s.to)) {
			ps = append(ps, pair{k, m[k]})
		}
	}
	return ps
}

// Keys are few and short, so that they meet, and values now and then so long
// that a bucket takes several pages.
var (
	someKey   = rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 0xff}), 1, 4), func(b []byte) string { return string(b) })
	someValue = rapid.Custom(func(t *rapid.T) string {
		n := rapid.SampledFrom([]int{0, 1, 5, 300, 1500}).Draw(t, "length")
		return string(bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, n))
	})
	someSpan = rapid.Custom(func(t *rapid.T) span {
		var s span
		if rapid.Bool().Draw(t, "has from") {
			s.from = []byte(someKey.Draw(t, "from"))
		}
		if rapid.Bool().Draw(t, "has to") {
			s.to = []byte(someKey.Draw(t, "to"))
		}
		return s
	})
)

// op is one thing that a function does to a bucket.
type op struct {
	bucket     int // an index into modelBuckets
	kind       string
	key, value string
	span       span
}

var (
	modelBuckets = []bucket{bucketA, bucketB}

	someOp = rapid.Custom(func(t *rapid.T) op {
		return op{
			bucket: rapid.IntRange(0, 1).Draw(t, "bucket"),
			kind:   rapid.SampledFrom([]string{"put", "put", "put", "delete", "delete span", "read"}).Draw(t, "kind"),
			key:    someKey.Draw(t, "key"),
			value:  someValue.Draw(t, "value"),
			span:   someSpan.Draw(t, "span"),
		}
	})
)

// function is what a command does, and how it ends.
type function struct {
	ops  []op
	ends string
}

var someFunction = rapid.Custom(func(t *rapid.T) function {
	return function{
		ops:  rapid.SliceOfN(someOp, 1, 12).Draw(t, "ops"),
		ends: rapid.SampledFrom([]string{"well", "well", "with an error", "in a panic"}).Draw(t, "ends"),
	}
})

// run does o in the transaction and in the model, and returns how they differ.
func (o op) run(tx *Tx, m model) error {
	b := modelBuckets[o.bucket]
	switch o.kind {
	case "put":
		m[o.key] = o.value
		return tx.put(b, []byte(o.key), []byte(o.value))
	case "delete":
		delete(m, o.key)
		return tx.delete(b, []byte(o.key))
	case "delete span": // so that pages become empty
		for k := range tx.scan(b, o.span) {
			delete(m, string(k))
			if err := tx.delete(b, k); err != nil {
				return err
			}
		}
	}
	return o.read(tx, m)
}

// read reads the key, and the span in both directions.
func (o op) read(tx *Tx, m model) error {
	b := modelBuckets[o.bucket]
	var up, down []pair
	for k, v := range tx.scan(b, o.span) {
		up = append(up, pair{string(k), string(v)})
	}
	for k, v := range tx.scanDown(b, o.span) {
		down = append(down, pair{string(k), string(v)})
	}
	slices.Reverse(down)
	if diff := cmp.Diff(m.within(o.span), up); diff != "" {
		return fmt.Errorf("scan [%x, %x) (-want +got)\n%s", o.span.from, o.span.to, diff)
	}
	if diff := cmp.Diff(up, down); diff != "" {
		return fmt.Errorf("scanDown [%x, %x) (-scan +scanDown)\n%s", o.span.from, o.span.to, diff)
	}
	want, found := m[o.key]
	if got := tx.get(b, []byte(o.key)); string(got) != want || (got != nil) != found {
		return fmt.Errorf("get %x = %q, want %q", o.key, got, want)
	}
	return nil
}

// The store behaves as two sorted maps would, through batches of functions that
// succeed, fail and panic, and through being closed and opened again.
func TestModel(t *testing.T) {
	dir, stores := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		stores++
		path := fmt.Sprintf("%s/%d", dir, stores)
		db, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { db.Close() }()
		held := []model{{}, {}}
		t.Repeat(map[string]func(*rapid.T){
			"batch": func(t *rapid.T) {
				held, err = runModelBatch(db, held, rapid.SliceOfN(someFunction, 1, 4).Draw(t, "functions"))
				if err != nil {
					t.Fatal(err)
				}
			},
			"reopen": func(t *rapid.T) {
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				if db, err = Open(path, Options{}); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				o := someOp.Draw(t, "read")
				err := db.View(t.Context(), func(tx *Tx) error { return o.read(tx, held[o.bucket]) })
				if err != nil {
					t.Fatal(err)
				}
			},
		})
		if err := db.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

// runModelBatch runs the functions in one batch and returns what the models
// then hold. It takes the writer's place, so that the batch is exactly these.
func runModelBatch(db *DB, held []model, functions []function) ([]model, error) {
	file, err := db.file.Begin(true)
	if err != nil {
		return nil, err
	}
	defer file.Rollback()
	at, b := newSnapshot(file), &batch{laid: newOverlay()}
	for _, f := range functions {
		after := []model{maps.Clone(held[0]), maps.Clone(held[1])}
		var differ error
		c := &command{fn: func(tx *Tx) error {
			for _, o := range f.ops {
				differ = errors.Join(differ, o.run(tx, after[o.bucket]))
			}
			switch f.ends {
			case "with an error":
				return errRefused
			case "in a panic":
				panic(f.ends)
			}
			return nil
		}}
		db.runCommand(at, b, c)
		switch {
		case differ != nil:
			return nil, differ
		case (c.result == nil) != (f.ends == "well"):
			return nil, fmt.Errorf("it ended %s and the result is %v", f.ends, c.result)
		case c.result == nil:
			held = after
		}
	}
	return held, db.commitBatch(at, b)
}
