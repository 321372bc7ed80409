package staff_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/jate-cva/jate/access/staff"
)

// When the data key is rotated, names and factors are sealed anew by the newest; all
// sign in as before, the former is not needed any more, and digests stay.
func TestReseal(t *testing.T) {
	w := newWorld(t)
	awa := w.first()
	ben := w.hire(awa, "ben", false)
	data, second, third := make([]byte, 32), bytes.Repeat([]byte{2}, 32), bytes.Repeat([]byte{3}, 32)
	with := func(wraps ...[]byte) {
		config := staff.Config{Store: w.store, Authority: w.authority, Data: data, Wraps: wraps, Now: func() time.Time { return w.now }, URL: origin, Organisation: "ngo.example",
			Cost: staff.Cost{MemoryKiB: 64, Passes: 1}}
		w.Service = must[staff.Service](t)(staff.New(config))
	}
	reseal := func(wraps ...[]byte) (n int) {
		t.Helper()
		if err := w.store.Update(t.Context(), func(tx staff.Tx) (err error) {
			n, err = staff.Reseal(tx, data, wraps...)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	named := func() string {
		ben.signIn()
		return must[staff.Account](t)(w.Me(t.Context(), staff.Me{By: ben.actor()})).Name
	}
	for _, wraps := range [][][]byte{{second}, {third, second}} {
		with(wraps...)
		if named() != "ben" {
			t.Error("what is under an older key is not opened")
		}
		if n := reseal(wraps...); n != 3 {
			t.Errorf("%d were sealed anew: two names and a secret", n)
		}
		if reseal(wraps...) != 0 || named() != "ben" {
			t.Error("after it was sealed anew")
		}
	}
	with(third) // the second is retired
	if named() != "ben" {
		t.Error("the retired key is still needed")
	}
	with()
	ben.w.pass(staff.RecoveryDelay)
	if _, err := w.SignIn(t.Context(), staff.SignIn{Presented: ben.present()}); err == nil {
		t.Error("the first key opens a secret that is under the third")
	}
}
