package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

func newSealer(t testing.TB, wraps ...[]byte) *distribution.Sealer {
	t.Helper()
	s, err := distribution.NewSealer(bytes.Repeat([]byte{7}, 32), wraps...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// secretWords are what putSealed writes that no file may show.
var secretWords = []string{"+22376543210", "Kadiatou Sangaré", "objet de la plainte", "VIR SANGARE 0099", "no such account", "salt salt salt s",
	"factor key of lot", "hint secret of lo", "the officers code", "closed: pay to", "result with +223"}

// putSealed writes a record of each kind that has boxes.
func putSealed(tx *Tx) error {
	to := vendors.Payment{Method: "mobile-money", Provider: "orange", Alias: "+22376543210", Payee: "Kadiatou Sangaré", Via: "bank", Consent: "sha256:00"}
	return errors.Join(
		tx.PutVendor(vendors.Vendor{ID: "v1", Programme: "p1", Contract: vendors.Contract{Payment: to}}),
		tx.PutPaymentChange(vendors.PaymentChange{Programme: "p1", Vendor: "v1", Payment: to, Reason: "objet de la plainte", Salt: []byte("salt salt salt s")}),
		tx.PutSettlement(vendors.Settlement{ID: "s1", Programme: "p1", Payments: []vendors.PaymentLine{
			{Reference: "r1", Vendor: "v1", To: to, Reported: "no such account"}, {Reference: "r2", Vendor: "v2"}, {Reference: "r3", Vendor: "v1", To: to}}}),
		tx.PutCheque(vendors.Cheque{Bank: "b1", Number: 7, Programme: "p1", Vendor: "v1", Payee: "Kadiatou Sangaré", Payment: "r1", Reason: "objet de la plainte"}),
		tx.PutBankLine(vendors.BankLine{Bank: "b1", N: 1, Programme: "p1", Text: "VIR SANGARE 0099", Note: "Kadiatou Sangaré"}),
		tx.PutPrepared(access.Prepared{Programme: "p1", Digest: [32]byte{1}, Text: []byte("open"), Closed: []byte("closed: pay to")}),
		tx.PutOutcome(ledger.CommandKey{Actor: "a", Key: "k"}, ledger.Outcome{Result: []byte("result with +223")}),
		tx.PutOutcome(ledger.CommandKey{Actor: "a", Key: "l"}, ledger.Outcome{Refusal: []byte("result with +223")}),
		tx.PutIssue(voucher.Issue{Lot: "l1", Programme: "p1", FactorKey: []byte("factor key of lot"), HintSecret: []byte("hint secret of lo")}),
		tx.PutEmbargo(voucher.Embargo{Lot: "l1", Code: []byte("the officers code")}),
	)
}

// readSealed returns what is there of what putSealed wrote.
func readSealed(t *testing.T, tx *Tx) string {
	t.Helper()
	v, err1 := tx.Vendor("v1")
	c, err2 := tx.PaymentChange("v1")
	s, err3 := tx.Settlement("s1")
	q, err4 := tx.ChequeFor("r1")
	l, err5 := one(tx.BankLines("b1", 0))
	p, err6 := tx.PreparedContent("p1", [32]byte{1})
	o, err7 := tx.Outcome(ledger.CommandKey{Actor: "a", Key: "k"})
	r, err8 := tx.Outcome(ledger.CommandKey{Actor: "a", Key: "l"})
	i, err9 := one(tx.Issues("p1"))
	e, err10 := tx.Embargo("l1")
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10); err != nil {
		t.Fatal(err)
	}
	if o.Refusal != nil || r.Result != nil {
		t.Error("a result became a refusal, or the other way round")
	}
	return strings.Join([]string{v.Contract.Payment.Alias, v.Contract.Payment.Payee, c.Payment.Alias, c.Reason, string(c.Salt), s.Payments[0].To.Alias,
		s.Payments[0].Reported, s.Payments[1].To.Alias, s.Payments[2].To.Payee, q.Payee, q.Reason, l.Text, l.Note, string(p.Closed), string(o.Result),
		string(r.Refusal), string(i.FactorKey), string(i.HintSecret), string(e.Code)}, "|")
}

const (
	allSealed = "+22376543210|Kadiatou Sangaré|+22376543210|objet de la plainte|salt salt salt s|+22376543210|no such account||Kadiatou Sangaré|" +
		"Kadiatou Sangaré|objet de la plainte|VIR SANGARE 0099|Kadiatou Sangaré|closed: pay to|result with +223|result with +223|" +
		"factor key of lot|hint secret of lo|the officers code"
	nothing   = "||||||||||||||||||"
	lotsAlone = "||||||||||||||||factor key of lot|hint secret of lo|the officers code"
)

// noneInClear fails where one of the store's files shows a secret word.
func noneInClear(t *testing.T, path string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal-0", "-wal-1"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil && (suffix == "" || !errors.Is(err, os.ErrNotExist)) {
			t.Fatal(err)
		}
		for _, w := range secretWords {
			if bytes.Contains(b, []byte(w)) {
				t.Errorf("store%s shows %q", suffix, w)
			}
		}
	}
}

// opened runs a test in the store at path, and closes it.
func opened(t *testing.T, path string, keys Keys, fn func(*DB)) {
	t.Helper()
	db, err := Open(path, Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	fn(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func (db *DB) mustRead(t *testing.T, want string) {
	t.Helper()
	err := db.View(t.Context(), func(tx *Tx) error {
		if got := readSealed(t, tx); got != want {
			t.Errorf("read %q\nwant %q", got, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// What was once sealed is opened as before.
func TestGolden_sealed(t *testing.T) {
	const file = "testdata/sealed.golden"
	db := newDB(t, Options{Keys: newSealer(t)})
	if _, err := os.Stat(file); *updateGolden && errors.Is(err, os.ErrNotExist) {
		update(t, db, putSealed)
		lines := slices.DeleteFunc(dump(t, db), func(l string) bool { return strings.HasPrefix(l, "store ") })
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	update(t, db, func(tx *Tx) error { return load(tx, readGolden(t, file)) })
	db.mustRead(t, allSealed)
}

// What is in boxes is in none of the store's files, not even before it is
// flushed, and is read by who has the keys alone; who has none changes nothing.
func TestSeal(t *testing.T) {
	path := t.TempDir() + "/store"
	sealer := newSealer(t)
	opened(t, path, sealer, func(db *DB) {
		update(t, db, putSealed)
		noneInClear(t, path)
		db.mustRead(t, allSealed)
	})
	noneInClear(t, path)
	opened(t, path, nil, func(db *DB) {
		db.mustRead(t, nothing)
		err := db.Update(t.Context(), func(tx *Tx) error {
			v, err := tx.Vendor("v1")
			return errors.Join(err, tx.PutVendor(v))
		})
		if !errors.Is(err, ErrSealed) {
			t.Errorf("written without keys: %v", err)
		}
	})
	t.Run("a function that fails leaves no key", func(t *testing.T) {
		opened(t, path, sealer, func(db *DB) {
			put := func(tx *Tx) error { return tx.PutEmbargo(voucher.Embargo{Lot: "l9", Code: []byte("c")}) }
			if err := db.Update(t.Context(), func(tx *Tx) error { return errors.Join(put(tx), errMissing) }); !errors.Is(err, errMissing) {
				t.Error(err)
			}
			update(t, db, put)
			err := db.View(t.Context(), func(tx *Tx) error {
				e, err := tx.Embargo("l9")
				if string(e.Code) != "c" {
					t.Errorf("%q", e.Code)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("a box counts nowhere else", func(t *testing.T) {
		opened(t, path, sealer, func(db *DB) {
			update(t, db, func(tx *Tx) error {
				from := settlementTable.rows.key.encode(key{}, "s1").b
				return tx.put(settlementTable.rows.bucket, settlementTable.rows.key.encode(key{}, "s2").b, tx.get(settlementTable.rows.bucket, from))
			})
			err := db.View(t.Context(), func(tx *Tx) error { _, err := tx.Settlement("s2"); return err })
			if !errors.Is(err, ErrRecord) {
				t.Errorf("a box of another settlement: %v", err)
			}
		})
	})
	t.Run("with the factor key goes what opened it", func(t *testing.T) {
		opened(t, path, sealer, func(db *DB) {
			update(t, db, func(tx *Tx) error { return tx.PutIssue(voucher.Issue{Lot: "l1", Programme: "p1"}) })
			err := db.View(t.Context(), func(tx *Tx) error { _, err := secretKeyTable.get(tx, ownerIssue+"l1", errMissing); return err })
			if !errors.Is(err, errMissing) {
				t.Error(err)
			}
		})
	})
}

// What was in the clear is sealed when the store is first opened with keys, and
// is in no page of the file after that, the free ones included.
func TestSeal_earlier(t *testing.T) {
	path := t.TempDir() + "/store"
	const lots = 2*sealChunk + 1 // more than a chunk has, and than one page of the file holds
	opened(t, path, nil, func(db *DB) {
		update(t, db, putSealed)
		update(t, db, func(tx *Tx) error {
			for i := range lots {
				if err := tx.PutEmbargo(voucher.Embargo{Lot: fmt.Sprint("m", i), Code: []byte("the officers code")}); err != nil {
					return err
				}
			}
			return nil
		})
		db.mustRead(t, allSealed)
	})
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range secretWords {
		if !bytes.Contains(before, []byte(w)) {
			t.Fatalf("%q was not in the clear: the test shows nothing", w)
		}
	}
	if err := os.WriteFile(path+".compact", []byte("of an attempt that was interrupted"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		opened(t, path, newSealer(t), func(db *DB) { db.mustRead(t, allSealed) })
		noneInClear(t, path)
	}
}

// A backup has what opens lots' boxes; what opens the others is apart, and comes
// back with it. Keys that wrap anew open all of it, and the former then nothing.
func TestSeal_apart(t *testing.T) {
	path := t.TempDir() + "/store"
	opened(t, path, newSealer(t), func(db *DB) { update(t, db, putSealed) })
	var keys bytes.Buffer
	if err := TakeApart(path, &keys); err != nil {
		t.Fatal(err)
	}
	copied, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	opened(t, path, newSealer(t), func(db *DB) {
		db.mustRead(t, lotsAlone)
		// A new number is sealed by a new key; what the former sealed stays shut.
		update(t, db, func(tx *Tx) error {
			return tx.PutVendor(vendors.Vendor{ID: "v1", Programme: "p1", Contract: vendors.Contract{Payment: vendors.Payment{Alias: "70000009"}}})
		})
		err := db.View(t.Context(), func(tx *Tx) error {
			v, err := tx.Vendor("v1")
			s, errS := tx.Settlement("s1")
			if v.Contract.Payment.Alias != "70000009" || s.Payments[0].To.Alias != "" {
				t.Errorf("%q, %q", v.Contract.Payment.Alias, s.Payments[0].To.Alias)
			}
			return errors.Join(err, errS)
		})
		if err != nil {
			t.Error(err)
		}
	})
	if err := os.WriteFile(path, copied, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := GiveApart(path, bytes.NewReader(keys.Bytes())); err != nil {
		t.Fatal(err)
	}
	next := bytes.Repeat([]byte{8}, 32)
	opened(t, path, newSealer(t, next), func(db *DB) {
		db.mustRead(t, allSealed)
		for _, want := range []int{6, 0} {
			update(t, db, func(tx *Tx) error {
				n, err := tx.RewrapKeys(newSealer(t, next))
				if n != want {
					t.Errorf("%d keys were wrapped anew, want %d", n, want)
				}
				return err
			})
		}
		db.mustRead(t, allSealed)
	})
	db := open(t, path, Options{Keys: newSealer(t)})
	if err := db.View(t.Context(), func(tx *Tx) error { _, err := tx.Vendor("v1"); return err }); err == nil {
		t.Error("the former key opens a box")
	}
}
