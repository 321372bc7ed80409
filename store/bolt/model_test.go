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
// succeed, fail and panic, through flushes, and through being closed, killed and
// opened again.
func TestModel(t *testing.T) {
	dir, stores := inMemory(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		next := func() string { stores++; return fmt.Sprintf("%s/%d", dir, stores) }
		path := next()
		opt := Options{FlushBytes: rapid.SampledFrom([]int{1, 2 << 10, 1 << 20}).Draw(rt, "flush bytes"),
			flushChanges: rapid.SampledFrom([]int{1, 5, 0}).Draw(rt, "changes in a flush")}
		db, err := Open(path, opt)
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { db.Close() }()
		held := []model{{}, {}}
		rt.Repeat(map[string]func(*rapid.T){
			"batch": func(rt *rapid.T) {
				held, err = runModelBatch(t, db, held, rapid.SliceOfN(someFunction, 1, 4).Draw(rt, "functions"))
				if err != nil {
					rt.Fatal(err)
				}
			},
			"flush": func(rt *rapid.T) {
				if err := db.Flush(t.Context()); err != nil {
					rt.Fatal(err)
				}
			},
			"reopen": func(rt *rapid.T) {
				if err := db.Close(); err != nil {
					rt.Fatal(err)
				}
				if db, err = Open(path, opt); err != nil {
					rt.Fatal(err)
				}
			},
			"killed": func(rt *rapid.T) {
				was := path
				path = next()
				asKilled(t, db, was, path)
				if err := db.Close(); err != nil {
					rt.Fatal(err)
				}
				removeStore(t, was)
				if db, err = Open(path, opt); err != nil {
					rt.Fatal(err)
				}
			},
			"": func(rt *rapid.T) {
				o := someOp.Draw(rt, "read")
				err := db.View(t.Context(), func(tx *Tx) error { return o.read(tx, held[o.bucket]) })
				if err != nil {
					rt.Fatal(err)
				}
			},
		})
		if err := db.Check(); err != nil {
			rt.Fatal(err)
		}
	})
}

// runModelBatch runs the functions in one batch and returns what the models
// then hold.
func runModelBatch(t *testing.T, db *DB, held []model, functions []function) ([]model, error) {
	var differ error
	commands := make([]func(*Tx) error, len(functions))
	for i, f := range functions {
		commands[i] = func(tx *Tx) error {
			after := []model{maps.Clone(held[0]), maps.Clone(held[1])}
			for _, o := range f.ops {
				differ = errors.Join(differ, o.run(tx, after[o.bucket]))
			}
			switch f.ends {
			case "with an error":
				return errRefused
			case "in a panic":
				panic(f.ends)
			}
			held = after
			return nil
		}
	}
	release := gate(t, db)
	wait := enqueue(db, commands...)
	release()
	for i, err := range wait() {
		if (err == nil) != (functions[i].ends == "well") {
			return nil, fmt.Errorf("it ended %s and the result is %v", functions[i].ends, err)
		}
	}
	return held, differ
}
