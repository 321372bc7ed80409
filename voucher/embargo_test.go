package voucher_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

// What is sealed opens with its code to what it was, and with no other; every
// changed byte is refused; and its length says little.
func TestSealLot(t *testing.T) {
	random := rand.NewChaCha8([32]byte{7})
	code := []byte("sixteen bytes 16")
	l := voucher.BundleLot{Manifest: "a.b.c", Status: []byte{1, 2}, Hints: []byte{3}, Home: make([]byte, 16)}
	sealed, err := voucher.SealLot(random, code, l)
	if err != nil {
		t.Fatal(err)
	}
	if sealed.Manifest != "" || len(sealed.Status)+len(sealed.Hints)+len(sealed.Home) != 0 {
		t.Errorf("beside what is sealed: %+v", sealed)
	}
	open, err := voucher.OpenLot(code, sealed)
	if err != nil || cmp.Diff(l, open) != "" {
		t.Errorf("opened %v, %v", cmp.Diff(l, open), err)
	}
	for i := range sealed.Sealed {
		changed := bytes.Clone(sealed.Sealed)
		changed[i] ^= 1
		if _, err := voucher.OpenLot(code, voucher.BundleLot{Sealed: changed}); !errors.Is(err, voucher.ErrOfficerCode) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for _, wrong := range [][]byte{nil, []byte("fifteen bytes 15"), code[1:]} {
		if _, err := voucher.OpenLot(wrong, sealed); !errors.Is(err, voucher.ErrOfficerCode) {
			t.Errorf("code %q: %v", wrong, err)
		}
	}
	for _, n := range []int{0, 1000, 4000, 4096, 9000} {
		l.Manifest = strings.Repeat("m", n)
		sealed, err := voucher.SealLot(random, code, l)
		if err != nil {
			t.Fatal(err)
		}
		if size := len(sealed.Sealed) - 12 - 16; size < 4096 || size&(size-1) != 0 {
			t.Errorf("%d characters are sealed in %d bytes", n, size)
		}
		if open, err := voucher.OpenLot(code, sealed); err != nil || open.Manifest != l.Manifest {
			t.Errorf("%d characters: %v", n, err)
		}
	}
}

func TestParseOfficerCode(t *testing.T) {
	code := []byte("sixteen bytes 16")
	text := vendors.PrintCode(code)
	for _, typed := range []string{text, strings.ToLower(text), strings.ReplaceAll(text, "-", " ")} {
		if got, err := voucher.ParseOfficerCode(typed); err != nil || !bytes.Equal(got, code) {
			t.Errorf("%q: %v, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", text[1:], text + "A", "1" + text[1:], strings.Repeat("A", 1000)} {
		if _, err := voucher.ParseOfficerCode(typed); !errors.Is(err, voucher.ErrOfficerCode) {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

// Before the embargo ends a trader's bundle says nothing of the lot and an
// officer's says it sealed; afterwards both have it. Who reads the code is in
// the journal.
func TestService_Bundle_embargo(t *testing.T) {
	w := newWorld(t)
	cmd := vouchertest.Lot("hidden", 3, 0, voucher.ModeSecret)
	cmd.EmbargoUntil = w.Clock.Now.Add(48 * time.Hour)
	if _, err := w.Service.IssueLot(t.Context(), cmd); err != nil {
		t.Fatal(err)
	}
	planner := access.Actor{ID: "s9", Pseudonym: "p9", Programme: "mopti", Roles: []access.Role{access.RoleIssuer}}
	ask := voucher.ReadOfficerCode{By: planner, Key: w.Key(), Lot: "hidden"}
	got, err := w.Service.OfficerCode(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := w.Service.OfficerCode(t.Context(), ask); err != nil || again != got {
		t.Errorf("asked again: %v, %v", again, err)
	}
	read := 0
	w.Update(func(tx voucher.Tx) error {
		size, err := tx.Size()
		for seq := range size {
			e, err := tx.Entry(seq)
			if err != nil {
				return err
			}
			if e.Kind == ledger.KindDecision && e.Facts["what"] == "officer-code" && e.Ref == "hidden" && e.Actor.Name == "p9" {
				read++
			}
		}
		return err
	})
	if read != 1 {
		t.Errorf("the journal says %d times that the code was read", read)
	}
	other := ask
	other.By.Programme, other.Key = "kayes", w.Key()
	if _, err := w.Service.OfficerCode(t.Context(), other); !errors.Is(err, voucher.ErrNotFound) {
		t.Errorf("from another programme: %v", err)
	}
	if lots := w.Refresh("h1").Lots; len(lots) != 0 {
		t.Errorf("a trader knows of %d lots", len(lots))
	}
	lots := w.Refresh("d1").Lots
	if len(lots) != 1 || lots[0].Manifest != "" || len(lots[0].Sealed) == 0 {
		t.Fatalf("an officer has %+v", lots)
	}
	code, err := voucher.ParseOfficerCode(got.Code)
	if err != nil {
		t.Fatal(err)
	}
	open, err := voucher.OpenLot(code, lots[0])
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Now = cmd.EmbargoUntil
	for _, id := range []vendors.HandheldID{"h1", "d1"} {
		lots := w.Refresh(id).Lots
		if len(lots) != 1 || len(lots[0].Sealed) != 0 || lots[0].Manifest != open.Manifest {
			t.Errorf("%s after the embargo: %+v", id, lots)
		}
	}
}

// A card's number says neither place nor dates before the hour.
func TestService_Lookup_embargo(t *testing.T) {
	w := newWorld(t)
	cmd := vouchertest.Lot("hidden", 3, 0, voucher.ModeSecret)
	cmd.EmbargoUntil = w.Clock.Now.Add(48 * time.Hour)
	if _, err := w.Service.IssueLot(t.Context(), cmd); err != nil {
		t.Fatal(err)
	}
	var serial voucher.Serial
	w.Update(func(tx voucher.Tx) error {
		for v, err := range tx.Vouchers(1) {
			serial = v.Serial
			return err
		}
		return nil
	})
	for _, hidden := range []bool{true, false} {
		v, err := w.Service.Lookup(t.Context(), voucher.Query{By: access.Actor{ID: "s9", Pseudonym: "p9", Programme: "mopti", Roles: []access.Role{access.RoleIssuer}}, Serial: serial})
		if err != nil {
			t.Fatal(err)
		}
		if (v.Point == "" && v.NotBefore.IsZero() && v.Expires.IsZero() && v.Home == "") != hidden {
			t.Errorf("hidden %t: %+v", hidden, v)
		}
		w.Clock.Now = cmd.EmbargoUntil
	}
}
