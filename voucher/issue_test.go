package voucher_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// lotSize is more than three chunks, with the last one short; a world's round
// has money for it.
const lotSize = 1_700

// smallLot is a lot of lotSize vouchers of 100 francs, five to a household.
func smallLot(id string) voucher.IssueLot {
	cmd := vouchertest.Lot(id, lotSize, 20, voucher.ModePIN)
	cmd.Items = func(yield func(voucher.Item, error) bool) {
		for i := range lotSize {
			household := "b" + strings.Repeat("x", i/5%7) + string(rune('a'+i/5%26))
			if !yield(voucher.Item{Beneficiary: household, Point: "p1", Zone: "z1", Home: "h1", Profile: 1,
				Value: money.Francs(100), Mode: voucher.ModePIN}, nil) {
				return
			}
		}
	}
	return cmd
}

// What a lot's manifest says is what is stored and printed.
func TestService_IssueLot_whole(t *testing.T) {
	w := newWorld(t)
	cmd := smallLot("l1")
	var steps []int
	cmd.Progress = func(done, of int) {
		if of != lotSize+20 {
			t.Fatalf("of %d", of)
		}
		steps = append(steps, done)
	}
	is, err := w.Service.IssueLot(t.Context(), cmd)
	must(t, err)
	m, err := voucher.ParseManifest(is.Manifest, w.Root.Public().(ed25519.PublicKey))
	must(t, err)
	if len(m.Total) != 1 || m.Total[0] != money.Francs(lotSize*100) || m.Count != lotSize || m.Spares != 20 {
		t.Errorf("the manifest says %v, %d and %d", m.Total, m.Count, m.Spares)
	}
	if len(steps) < 4 || !slices.IsSorted(steps) || steps[len(steps)-1] != lotSize+20 {
		t.Errorf("progress %v", steps)
	}
	keys, err := voucher.NewKeySet(m)
	must(t, err)
	var set voucher.IssuedSet
	indexes := map[uint32]bool{}
	must(t, w.Store.View(t.Context(), func(tx voucher.Tx) error {
		n := is.First
		for v, err := range tx.Vouchers(is.First) {
			if err != nil {
				return err
			}
			token, err := tx.Token(v.Number)
			if err != nil {
				return err
			}
			c, err := voucher.VerifySignature(string(token), keys)
			if err != nil {
				return err
			}
			line := w.Room.Lines[v.Serial]
			if v.Number != n || w.Room.Order[n-is.First] != v.Serial || line.Number != n || line.Secret != "" ||
				c.Serial != v.Serial || c.Index != v.Index || c.Value != v.Value.Minor() || v.Tag != voucher.IssuanceTag(token) ||
				v.PINMAC != voucher.FactorMAC(is.FactorKey, v.Serial, line.PIN) ||
				v.PINHint != voucher.PINHint(is.HintSecret, v.Serial, line.PIN) || v.Spare != (n >= is.First+lotSize) {
				t.Fatalf("voucher %d: %+v, %+v, printed %d", n, v, c, line.Number)
			}
			indexes[v.Index] = true
			set.Add(token)
			n++
		}
		return nil
	}))
	if set.Digest() != m.Digest || len(indexes) != lotSize+20 {
		t.Errorf("%d tokens with %d indexes, or not those of the manifest", set.Len(), len(indexes))
	}
}

// However an issue ends early, it says why, nothing goes on behind its back,
// and the lot can be issued afterwards as if nothing had been.
func TestService_IssueLot_stopped(t *testing.T) {
	boom := errors.New("boom")
	after := func(items iter.Seq2[voucher.Item, error], n int, then func(yield func(voucher.Item, error) bool)) iter.Seq2[voucher.Item, error] {
		return func(yield func(voucher.Item, error) bool) {
			i := 0
			for it, err := range items {
				if i++; i > n {
					then(yield)
					return
				}
				if !yield(it, err) {
					return
				}
			}
			then(yield)
		}
	}
	for name, c := range map[string]struct {
		edit func(cmd *voucher.IssueLot, w *vouchertest.World, cancel context.CancelFunc)
		want string
	}{
		"the list breaks off": {func(cmd *voucher.IssueLot, _ *vouchertest.World, _ context.CancelFunc) {
			cmd.Items = after(cmd.Items, 1_200, func(yield func(voucher.Item, error) bool) { yield(voucher.Item{}, boom) })
		}, "boom"},
		"the list is too short": {func(cmd *voucher.IssueLot, _ *vouchertest.World, _ context.CancelFunc) {
			cmd.Items = after(cmd.Items, lotSize-1, func(func(voucher.Item, error) bool) {})
		}, "approved"},
		"the list is too long": {func(cmd *voucher.IssueLot, _ *vouchertest.World, _ context.CancelFunc) {
			cmd.Items = after(cmd.Items, lotSize, func(yield func(voucher.Item, error) bool) {
				yield(voucher.Item{Beneficiary: "b", Profile: 1, Zone: "z1", Value: money.Francs(100), Mode: voucher.ModePIN}, nil)
			})
		}, "approved"},
		"a voucher is worth too much": {func(cmd *voucher.IssueLot, _ *vouchertest.World, _ context.CancelFunc) {
			cmd.Items = after(cmd.Items, 700, func(yield func(voucher.Item, error) bool) {
				yield(voucher.Item{Beneficiary: "b", Profile: 1, Zone: "z1", Value: money.Francs(99_999), Mode: voucher.ModePIN}, nil)
			})
			cmd.Count = 701
		}, "manifest"},
		"the round has no money left": {func(cmd *voucher.IssueLot, _ *vouchertest.World, _ context.CancelFunc) {
			cmd.Items = after(cmd.Items, 700, func(yield func(voucher.Item, error) bool) {
				for i := 700; i < lotSize; i++ {
					yield(voucher.Item{Beneficiary: "b", Profile: 1, Zone: "z1", Value: money.Francs(10_000), Mode: voucher.ModePIN}, nil)
				}
			})
		}, "would hold"},
		"the caller goes away": {func(cmd *voucher.IssueLot, _ *vouchertest.World, cancel context.CancelFunc) {
			cmd.Progress = func(done, _ int) {
				if done > 600 {
					cancel()
				}
			}
		}, context.Canceled.Error()},
		"the print room closes": {func(_ *voucher.IssueLot, w *vouchertest.World, _ context.CancelFunc) { w.Room.Fail = true }, "closed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			cmd := smallLot("l1")
			c.edit(&cmd, w, cancel)
			var reading atomic.Bool
			items := cmd.Items
			cmd.Items = func(yield func(voucher.Item, error) bool) {
				reading.Store(true)
				defer reading.Store(false)
				items(yield)
			}
			_, err := w.Service.IssueLot(ctx, cmd)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want one that says %q", err, c.want)
			}
			if reading.Load() {
				t.Error("the list is still being read")
			}
			w.Room.Fail = false
			_, err = w.Service.IssueLot(t.Context(), smallLot("l1"))
			must(t, err)
			if got := w.Balance(ledger.Control("r1")); got != lotSize*100 {
				t.Errorf("outstanding %d, want %d", got, lotSize*100)
			}
		})
	}
}

// Households share entries and are never divided between two, whatever their
// size; all of an entry's vouchers are of the lot, and each has its value once.
func TestService_IssueLot_entries(t *testing.T) {
	sizes := []int{1, 63, 1, 64, 65, 30, 30, 30, 1, 1, 200, 2, 500, 15}
	want := []int{64, 1, 64, 65, 60, 32, 200, 2, 500, 15} // postings of each entry
	w := newWorld(t)
	count := 0
	for _, n := range sizes {
		count += n
	}
	cmd := smallLot("l1")
	cmd.Count = count
	cmd.Items = func(yield func(voucher.Item, error) bool) {
		for i, n := range sizes {
			for range n {
				if !yield(voucher.Item{Beneficiary: fmt.Sprintf("b%d", i), Point: "p1", Zone: "z1", Home: "h1", Profile: 1,
					Value: money.Francs(100), Mode: voucher.ModePIN}, nil) {
					return
				}
			}
		}
	}
	_, err := w.Service.IssueLot(t.Context(), cmd)
	must(t, err)
	var got []int
	entryOf := map[string]uint64{}
	must(t, w.Store.View(t.Context(), func(tx voucher.Tx) error {
		for r, err := range tx.Journal(0) {
			if err != nil {
				return err
			}
			if r.Entry.Kind != ledger.KindIssue {
				continue
			}
			got = append(got, len(r.Entry.Postings))
			for _, p := range r.Entry.Postings {
				household := p.Credit.ID()
				if at, known := entryOf[household]; known && at != r.Entry.Seq {
					t.Errorf("household %s is in entries %d and %d", household, at, r.Entry.Seq)
				}
				entryOf[household] = r.Entry.Seq
			}
		}
		for i, n := range sizes {
			s, err := ledger.StatementOf(tx, ledger.OfBeneficiary(fmt.Sprintf("b%d", i)), 0, 10)
			if err != nil {
				return err
			}
			if len(s.Lines) != n || s.Lines[n-1].Total != money.Francs(int64(n)*100) {
				t.Errorf("the statement of household %d has %d lines and a total of %s", i, len(s.Lines), s.Lines[n-1].Total)
			}
		}
		return nil
	}))
	if !slices.Equal(got, want) {
		t.Errorf("entries of %v postings, want %v", got, want)
	}
	if len(entryOf) != len(sizes) {
		t.Errorf("%d households have vouchers, want %d", len(entryOf), len(sizes))
	}
}
