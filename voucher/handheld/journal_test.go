package handheld

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jate-cva/jate/voucher"
)

// A cut anywhere in the journal's last line opens as if the line had never been
// begun; a damaged line before others does not open at all.
func TestOpen_torn(t *testing.T) {
	o := newOffice(t)
	first, second := o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 1000}), o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 1000})
	store := &Memory{}
	h := o.equip(store)
	if _, err := h.Sell(sale(first)); err != nil {
		t.Fatal(err)
	}
	whole := len(store.journal)
	if _, err := h.Sell(sale(second)); err != nil {
		t.Fatal(err)
	}
	for size := whole; size < len(store.journal); size += 1 + size%7 {
		c := store.Clone()
		c.journal = c.journal[:size]
		h := o.open(c)
		if len(h.chain.records) != 1 || len(c.journal) != whole {
			t.Fatalf("cut to %d bytes: %d records, %d bytes", size, len(h.chain.records), len(c.journal))
		}
		if torn := c.documents[docTorn]; size > whole && !bytes.Equal(torn, store.journal[whole:size]) {
			t.Fatalf("cut to %d bytes: the rest was not kept", size)
		}
		if size > whole+20 {
			continue
		}
		if _, err := h.Sell(sale(second)); err != nil {
			t.Fatalf("cut to %d bytes: %v", size, err)
		}
	}
	c := store.Clone()
	copy(c.journal[len(c.journal)-600:], "torn in the middle")
	if h := o.open(c); len(h.chain.records) != 1 {
		t.Error("a damaged last line was taken for a record")
	}
	for _, at := range []int{0, 20, 300, whole - 2} {
		c := store.Clone()
		c.journal[at] ^= 1
		if _, err := Open(c, o.config()); !errors.Is(err, ErrJournal) {
			t.Errorf("damaged at %d: %v", at, err)
		}
	}
}

// Whole lines that this handheld cannot have written are refused.
func TestOpen_foreign(t *testing.T) {
	o := newOffice(t)
	p := o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 1000})
	store := &Memory{}
	h := o.equip(store)
	if _, err := h.Sell(sale(p)); err != nil {
		t.Fatal(err)
	}
	record, ack := h.chain.records[0].jws, o.ack(h)
	for name, l := range map[string]line{
		"a record twice":               {lineRecord, "XOF/0 " + record},
		"a record of no asset's name":  {lineRecord, "xof " + record},
		"a record without its asset":   {lineRecord, record},
		"a try at no serial":           {lineTry, "0123"},
		"an acknowledgement as beacon": {lineBeacon, ack},
		"a beacon as acknowledgement":  {lineAck, h.bundle.Beacon},
		"an unsigned acknowledgement":  {lineAck, ack[:len(ack)-20]},
	} {
		c := store.Clone()
		c.journal = append(c.journal, l.encode()...)
		if _, err := Open(c, o.config()); !errors.Is(err, ErrJournal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(*Memory){
		"no key":               func(m *Memory) { delete(m.documents, docKey) },
		"a key that is none":   func(m *Memory) { m.documents[docKey] = []byte("key") },
		"an identity of words": func(m *Memory) { m.documents[docIdentity] = []byte("h1") },
		"no session":           func(m *Memory) { delete(m.documents, docSession) },
	} {
		c := store.Clone()
		spoil(c)
		if _, err := Open(c, o.config()); !errors.Is(err, ErrJournal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(&Memory{}, o.config()); !errors.Is(err, ErrNotEnrolled) {
		t.Errorf("an empty storage: %v", err)
	}
}

var errDisk = errors.New("disk failed")

// failing fails at one operation that changes something, and at all that
// follow; of an append it may leave a part.
type failing struct {
	*Memory
	left int // operations that still work
	part int // bytes of the failing append that arrive; -1: all
}

func (f *failing) works() bool {
	f.left--
	return f.left >= 0
}

func (f *failing) Save(name string, content []byte) error {
	if !f.works() {
		return errDisk
	}
	return f.Memory.Save(name, content)
}

func (f *failing) AppendJournal(b []byte) error {
	if !f.works() {
		part := b
		if f.part >= 0 {
			part = b[:min(f.part, len(b))]
		}
		if f.left == -1 {
			_ = f.Memory.AppendJournal(part)
		}
		return errDisk
	}
	return f.Memory.AppendJournal(b)
}

// Wherever the storage fails during a day, no sale was shown that is not there
// after reopening, and the handheld did nothing more until then.
func TestHandheld_crash(t *testing.T) {
	for _, part := range []int{0, 1, 40, -1} {
		for left := 0; ; left++ {
			if !crashDay(t, left, part) {
				if left < 10 {
					t.Fatalf("the day ended after %d operations", left)
				}
				break
			}
		}
	}
}

// crashDay runs a day on a storage that fails, and reports whether it did.
func crashDay(t *testing.T, left, part int) bool {
	t.Helper()
	o := newOffice(t)
	var cards []printed
	for range 4 {
		cards = append(cards, o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 1000}))
	}
	store := &Memory{}
	o.enrol(store)
	disk := &failing{Memory: store, left: left, part: part}
	h := o.open(disk)
	shown := map[voucher.Hash]bool{}
	wrong := sale(cards[3])
	wrong.Factor.Secret = "1111111111111111"
	var failed error
	day := []func() error{
		func() error { return h.TakeBundle(o.bundle()) },
		func() error { return sellAll(h, shown, cards[0]) },
		func() error { _, err := h.Sell(wrong); return passFault(err, ErrFactorWrong) },
		func() error { return sellAll(h, shown, cards[1]) },
		func() error { _, err := h.Export(&bytes.Buffer{}, false); return err },
		func() error { _, err := h.TakeAck(o.ack(h)); return err },
		func() error {
			hash, err := h.Cancel(1, voucher.CancelMistake)
			shown[hash] = err == nil
			return err
		},
		func() error { return sellAll(h, shown, cards[2]) },
	}
	for _, step := range day {
		err := step()
		if failed != nil && err == nil {
			t.Fatalf("worked on after %v", failed)
		}
		if err != nil && failed == nil {
			failed = err
			if !errors.Is(err, ErrStorage) || !errors.Is(err, errDisk) {
				t.Fatalf("operation %d: %v", left, err)
			}
		}
	}
	again := o.open(store)
	for hash, said := range shown {
		if _, kept := again.chain.at[hash]; said && !kept {
			t.Fatalf("operation %d: a sale that was shown is gone", left)
		}
	}
	checkChain(t, again, 0)
	return failed != nil
}

func sellAll(h *Handheld, shown map[voucher.Hash]bool, cards ...printed) error {
	for _, p := range cards {
		sold, err := h.Sell(sale(p))
		if err != nil {
			return err
		}
		shown[sold.Hash] = true
	}
	return nil
}

// passFault turns the refusal that is wanted into nothing.
func passFault(err, want error) error {
	if errors.Is(err, want) {
		return nil
	}
	return err
}

// checkChain verifies the records from an index on as a stranger would, who
// has the handheld's public key alone.
func checkChain(t interface {
	Helper()
	Fatalf(string, ...any)
}, h *Handheld, from int) {
	t.Helper()
	var prev voucher.Hash
	if from > 0 {
		prev = voucher.HashOf(h.chain.records[from-1].jws)
	}
	for i, m := range h.chain.records[from:] {
		r, hash, err := voucher.ParseRecord(m.jws, h.chain.key)
		if err != nil || r.Seq != uint64(from+i)+1 || r.Prev != prev {
			t.Fatalf("record %d: number %d after %s, %v", from+i+1, r.Seq, r.Prev, err)
		}
		prev = hash
	}
}

// Whatever happens, in whatever order, the chain verifies, no card is sold
// twice without a cancellation between, and reopening changes nothing.
func TestHandheld_random(t *testing.T) {
	o := newOffice(t)
	var cards []printed
	for range 12 {
		cards = append(cards, o.print(voucherOf{mode: voucher.ModePIN, home: true, value: 1000}))
	}
	bundle := o.bundle()
	rapid.Check(t, func(r *rapid.T) {
		o.now = noon
		store := &Memory{}
		h := o.enrol(store)
		o.must(h.TakeBundle(bundle))
		live := map[voucher.Serial]bool{}
		r.Repeat(map[string]func(*rapid.T){
			"sell": func(r *rapid.T) {
				p := rapid.SampledFrom(cards).Draw(r, "card")
				_, err := h.Sell(sale(p))
				if live[p.serial] != errors.Is(err, ErrCardSpent) {
					r.Fatalf("sold already: %v; Sell = %v", live[p.serial], err)
				}
				if err == nil {
					live[p.serial] = true
				}
			},
			"cancel": func(r *rapid.T) {
				seq := rapid.Uint64Range(0, 20).Draw(r, "seq")
				if _, err := h.Cancel(seq, voucher.CancelMistake); err == nil {
					live[h.chain.records[seq-1].Body.(voucher.Receipt).Serial] = false
				}
			},
			"clock": func(r *rapid.T) {
				o.now = noon.Add(time.Duration(rapid.IntRange(-1000, 60).Draw(r, "hours")) * time.Hour)
			},
			"reopen": func(r *rapid.T) {
				was := h.Status()
				if h = o.open(store); !reflect.DeepEqual(was, h.Status()) {
					r.Fatalf("reopened: %+v, was %+v", h.Status(), was)
				}
			},
			"sync": func(r *rapid.T) {
				o.now = noon
				if _, err := h.TakeAck(o.ack(h)); err != nil {
					r.Fatal(err)
				}
			},
			"": func(r *rapid.T) { checkChain(r, h, max(0, len(h.chain.records)-1)) },
		})
	})
}

// The file and the memory keep the same, and the folder is its owner's alone.
func TestDir(t *testing.T) {
	o := newOffice(t)
	p := o.print(voucherOf{mode: voucher.ModeBoth, home: true, value: 5000})
	path := filepath.Join(t.TempDir(), "state")
	d, err := OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	h := o.equip(d)
	if _, err := h.Sell(sale(p)); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDir(path); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	journal := filepath.Join(path, journalName)
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(journal, append(text, "0000"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if d, err = OpenDir(path); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if again := o.open(d); len(again.chain.records) != 1 || again.bundle == nil {
		t.Error("reopened, something is missing")
	}
	if mended, err := os.ReadFile(journal); err != nil || !bytes.Equal(mended, text) {
		t.Errorf("the torn end is still there: %v", err)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
		content, err := os.ReadFile(filepath.Join(path, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(p.factor.Secret)) || bytes.Contains(content, []byte(p.factor.PIN)) {
			t.Errorf("%s holds a factor", e.Name())
		}
		names = append(names, e.Name())
	}
	want := []string{docBundle, docIdentity, journalName, docTorn, docKey, lockName, docSession}
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("the folder holds %v", names)
	}
}

// What a handheld keeps of a sale has no field that could name a person: every
// string in it is a code of a closed set or an opaque identifier.
func TestASVS_14_3_3_records(t *testing.T) {
	allowed := []string{"Handheld", "Serial", "Item", "Quantity", "Reason", "By", "Risk"}
	var walk func(reflect.Type)
	walk = func(ty reflect.Type) {
		for i := range ty.NumField() {
			f := ty.Field(i)
			kind := f.Type
			for kind.Kind() == reflect.Slice {
				kind = kind.Elem()
			}
			switch {
			case kind.Kind() == reflect.Struct:
				walk(kind)
			case kind.Kind() == reflect.String && !slices.Contains(allowed, f.Name) && !slices.Contains(allowed, strings.TrimSuffix(f.Name, "s")):
				t.Errorf("%s.%s could hold a name", ty, f.Name)
			}
		}
	}
	for _, v := range []any{voucher.Head{}, voucher.Receipt{}, voucher.Cancellation{}, voucher.Activation{}} {
		walk(reflect.TypeOf(v))
	}
}

// A bundle is believed only as it was signed, for this handheld, and never
// after a newer one.
func TestHandheld_TakeBundle(t *testing.T) {
	o := newOffice(t)
	p := o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 1000})
	store := &Memory{}
	h := o.equip(store)
	good := o.bundle()
	o.now = noon.Add(-time.Hour)
	older := o.bundle()
	o.now = noon
	wrongRoot := o.manifest
	forged, err := voucher.SignManifest(seedKey("another root"), wrongRoot)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		bundle string
		want   error
	}{
		"a flipped bit":                   {good[:200] + string(good[200]^1) + good[201:], ErrBundle},
		"another server's":                {o.sign("evz+jwt", seedKey("another beacon"), voucher.Bundle{}), ErrBundle},
		"another handheld's":              {o.bundle(func(b *voucher.Bundle) { b.Handheld = "h2" }), ErrBundleOther},
		"another handheld's beacon":       {o.bundle(func(b *voucher.Bundle) { b.Beacon = o.beaconFor("h2") }), ErrBundleOther},
		"a manifest without the root key": {o.bundle(func(b *voucher.Bundle) { b.Lots[0].Manifest = forged }), ErrBundle},
		"a status list of another lot":    {o.bundle(func(b *voucher.Bundle) { b.Lots[0].Status = []byte("x") }), ErrBundle},
		"a beacon that is none":           {o.bundle(func(b *voucher.Bundle) { b.Beacon = "x" }), ErrBundle},
		"no key to seal to":               {o.bundle(func(b *voucher.Bundle) { b.Seal = []byte{1} }), ErrBundle},
		"an older one":                    {older, ErrBundleOlder},
		"another purpose's":               {o.bundle(func(b *voucher.Bundle) { b.Purpose = "distribution" }), ErrBundleOther},
		"the same again":                  {good, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if err := h.TakeBundle(tt.bundle); !errors.Is(err, tt.want) {
				t.Errorf("TakeBundle = %v, want %v", err, tt.want)
			}
		})
	}
	if _, err := h.Sell(sale(p)); err != nil {
		t.Fatalf("with the bundle in use: %v", err)
	}
	c := store.Clone()
	c.documents[docBundle][200] ^= 1
	spoilt := o.open(c)
	if _, err := spoilt.Sell(sale(p)); !errors.Is(err, ErrBundle) {
		t.Errorf("spoilt on the disk: %v", err)
	}
	if s := spoilt.Status(); s.Freshness != Missing || len(s.Warnings) != 1 || s.Warnings[0].Code != ErrBundle.Code {
		t.Errorf("status %+v", s)
	}
	if _, err := spoilt.TakeAck(o.ack(spoilt)); err != nil {
		t.Errorf("it can still sync: %v", err)
	}
}

func (o *office) beaconFor(id string) string {
	o.t.Helper()
	jws, err := voucher.SignBeacon(voucher.Beacon{Handheld: "h2", Time: voucher.UnixOf(o.now), Nonce: id}, o.beacon)
	o.must(err)
	return jws
}

func TestHandheld_Status(t *testing.T) {
	o := newOffice(t)
	p := o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 2500, profile: 2})
	h := o.equip(&Memory{})
	if _, err := h.Sell(sale(p)); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration][]string{
		24*time.Hour - time.Second: nil,
		24 * time.Hour:             {"warn_unsynced"},
		73 * time.Hour:             {"warn_unsynced", "bundle_degraded"},
		169 * time.Hour:            {"bundle_too_old", "warn_unsynced"},
	} {
		o.now = noon.Add(after)
		var got []string
		for _, w := range h.Status().Warnings {
			got = append(got, w.Code)
		}
		if !slices.Equal(got, want) {
			t.Errorf("after %v: %v, want %v", after, got, want)
		}
	}
	if total := h.Status().Totals[Pending]; len(total) != 1 || total[0].String() != "25.00 RICE-KG" {
		t.Errorf("pending %v", total)
	}
}

func FuzzReadJournal(f *testing.F) {
	o := newOffice(f)
	p := o.print(voucherOf{mode: voucher.ModeSecret, home: true, value: 1000})
	store := &Memory{}
	h := o.equip(store)
	if _, err := h.Sell(sale(p)); err != nil {
		f.Fatal(err)
	}
	f.Add(store.journal)
	f.Add(line{lineTry, "0123456789ABCDEF"}.encode())
	f.Add([]byte("00000000 R x\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		lines, size, err := readJournal(b)
		if err != nil {
			return
		}
		var again []byte
		for _, l := range lines {
			again = append(again, l.encode()...)
		}
		if !bytes.Equal(again, b[:size]) {
			t.Errorf("%q is written back as %q", b[:size], again)
		}
		if more, n, err := readJournal(append(b[:size:size], "0"...)); err != nil || n != size || len(more) != len(lines) {
			t.Errorf("an unfinished line changes %d lines to %d: %v", len(lines), len(more), err)
		}
	})
}
