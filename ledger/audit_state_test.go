package ledger_test

import (
	"slices"
	"testing"

	"github.com/jate-cva/jate/ledger"
)

// An audit that is laid aside after any leaf and taken up again knows what one
// in a single pass knows.
func TestAuditor_MarshalBinary(t *testing.T) {
	s, _ := filled(t)
	leaves := leavesOf(t, s)
	whole, b := audit(t, leaves)
	if b != nil {
		t.Fatal(b)
	}
	want, err := whole.Rounds()
	if err != nil {
		t.Fatal(err)
	}
	a := ledger.NewAuditor()
	for i, leaf := range leaves {
		state, err := a.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		again := new(ledger.Auditor)
		if err := again.UnmarshalBinary(state); err != nil {
			t.Fatal(err)
		}
		if again.Size() != uint64(i) || again.Root() != a.Root() {
			t.Fatalf("after %d leaves: size %d, root %s", i, again.Size(), again.Root())
		}
		if _, err := again.Add(leaf); err != nil {
			t.Fatal(err)
		}
		a = again
	}
	got, err := a.Rounds()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, want, got)
	equal(t, slices.Collect(whole.Balances()), slices.Collect(a.Balances()))
	if a.Root() != whole.Root() {
		t.Error("another root")
	}
	for i, leaf := range leaves { // what it remembers it still refuses
		if _, err := a.Add(leaf); err == nil {
			t.Errorf("leaf %d was taken twice", i)
		}
	}
	if _, err := a.MarshalBinary(); err == nil {
		t.Error("an audit that found something is kept")
	}
}

// What is cut or of another version is refused.
func TestAuditor_UnmarshalBinary(t *testing.T) {
	s, _ := filled(t)
	a, _ := audit(t, leavesOf(t, s))
	state, err := a.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{nil, state[:len(state)/2], state[:len(state)-1]} {
		if err := new(ledger.Auditor).UnmarshalBinary(b); err == nil {
			t.Errorf("%d of %d bytes were taken", len(b), len(state))
		}
	}
}
