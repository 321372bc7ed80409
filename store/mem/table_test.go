package mem

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type thing struct {
	Name  string
	At    time.Time
	Tags  []string
	Facts map[string][]int
	Next  *thing
	Hash  [2][]byte
}

func clock() time.Time { return time.Date(2025, 3, 1, 8, 0, 0, 500, time.UTC) }

// A value read is a copy: nothing reached from it may be shared.
func TestClone(t *testing.T) {
	make := func() thing {
		return thing{"a", clock(), []string{"x"}, map[string][]int{"k": {1}},
			&thing{Tags: []string{"y"}}, [2][]byte{{1}, nil}}
	}
	v := make()
	c := clone(v)
	if diff := cmp.Diff(v, c); diff != "" {
		t.Fatal(diff)
	}
	c.Tags[0], c.Facts["k"][0], c.Next.Tags[0], c.Hash[0][0] = "z", 9, "z", 9
	c.Facts["new"] = nil
	if diff := cmp.Diff(make(), v); diff != "" {
		t.Errorf("editing the copy changed the original:\n%s", diff)
	}
}

// What cannot be copied is refused loudly instead of being shared.
func TestClone_Refuses(t *testing.T) {
	for name, fn := range map[string]func(){
		"an interface":                    func() { clone(struct{ V any }{1}) },
		"a hidden slice":                  func() { clone(struct{ v []int }{}) },
		"a hidden map in a slice's value": func() { clone([]struct{ v map[int]int }{{}}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			fn()
		})
	}
}

// A table behaves as a map that is walked in sorted order, and a failed
// transaction takes back exactly what it did.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		db := Open(clock)
		var tab table[string, []int]
		model := map[string][]int{}
		keys := rapid.SampledFrom([]string{"", "a", "a\x00", "a\x00b", "ab", "b"})
		errStop := errors.New("stop")
		for range rapid.IntRange(1, 8).Draw(t, "transactions") {
			next := map[string][]int{}
			for k, v := range model {
				next[k] = v
			}
			fail := rapid.Bool().Draw(t, "fail")
			err := db.update(context.Background(), func(tx *Tx) error {
				for range rapid.IntRange(0, 6).Draw(t, "writes") {
					k := keys.Draw(t, "key")
					if rapid.Bool().Draw(t, "remove") {
						delete(next, k)
						if err := tab.remove(tx, k); err != nil {
							return err
						}
						continue
					}
					v := []int{rapid.Int().Draw(t, "value")}
					next[k] = slices.Clone(v)
					if err := tab.put(tx, k, v); err != nil {
						return err
					}
					v[0]++
				}
				if fail {
					return errStop
				}
				return nil
			})
			if fail != errors.Is(err, errStop) {
				t.Fatalf("update: %v", err)
			}
			if !fail {
				model = next
			}
			got, order := map[string][]int{}, []string{}
			for k, v := range tab.from("") {
				got[k], order = v, append(order, k)
			}
			if diff := cmp.Diff(model, got); diff != "" {
				t.Fatal(diff)
			}
			if !slices.IsSorted(order) {
				t.Fatalf("walked in the order %q", order)
			}
		}
	})
}

// A loop that rewrites or removes what it walks over sees each row once.
func TestTable_EditedWhileWalked(t *testing.T) {
	db := Open(clock)
	var tab table[string, int]
	var seen []int
	err := db.update(t.Context(), func(tx *Tx) error {
		for i := range 5 {
			if err := tab.put(tx, key("p", num(uint64(i))), i); err != nil {
				return err
			}
		}
		for v, err := range under(&tab, key("p", ""), num(0)) {
			if err != nil {
				return err
			}
			seen = append(seen, v)
			if err := tab.remove(tx, key("p", num(uint64(v)))); err != nil {
				return err
			}
			if err := tab.put(tx, key("a", num(uint64(v))), v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1, 2, 3, 4}, seen); diff != "" {
		t.Error(diff)
	}
}

// A panic in an Update leaves nothing and frees the lock; a View cannot write.
func TestDB(t *testing.T) {
	db := Open(clock)
	var tab table[string, int]
	func() {
		defer func() { _ = recover() }()
		_ = db.update(t.Context(), func(tx *Tx) error {
			if err := tab.put(tx, "k", 1); err != nil {
				return err
			}
			panic("power cut")
		})
	}()
	err := db.view(t.Context(), func(tx *Tx) error {
		if _, ok := tab.get("k"); ok {
			t.Error("the write of a panicking update is visible")
		}
		return tab.put(tx, "k", 1)
	})
	if !errors.Is(err, errReadOnly) {
		t.Errorf("write in a view: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.update(ctx, func(*Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled update: %v", err)
	}
}
