package vendors_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// One person invites, the phone proves its key, another person activates.
func TestService_Handheld(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	invite := vendors.InviteHandheld{By: manager, Key: w.key(), Purpose: vendors.ForSales, Vendor: "v1"}
	inv, err := w.s.InviteHandheld(t.Context(), invite)
	w.must(err)
	id := inv.Handheld.ID
	if len(id) > 16 || inv.Handheld.Zone != "mopti" || inv.Handheld.State != vendors.Invited || len(inv.Handheld.NonceKey) != 0 {
		t.Errorf("invited %+v", inv.Handheld)
	}
	if n := len(strings.ReplaceAll(inv.Code, "-", "")); n != 26 { // 128 bits in base32
		t.Errorf("the code %q has %d characters", inv.Code, n)
	}
	t.Run("the code is shown once", func(t *testing.T) {
		again, err := w.s.InviteHandheld(t.Context(), invite)
		if err != nil || again.Code != "" || again.Handheld.ID != id {
			t.Errorf("%+v, %v", again, err)
		}
		w.view(func(tx vendors.Tx) error {
			o, err := tx.Outcome(ledger.CommandKey{Actor: "mopti/manager", Key: invite.Key})
			if err != nil || strings.Contains(string(o.Result), inv.Code) || len(o.Result) == 0 {
				t.Errorf("the stored outcome is %s, %v", o.Result, err)
			}
			return nil
		})
	})

	key := handheldKey(1)
	good := enrolment(inv.Code, key)
	forged := good
	forged.PublicKey = enrolment(inv.Code, handheldKey(2)).PublicKey
	for name, cmd := range map[string]vendors.EnrolHandheld{
		"another code":           enrolment("AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-A", key),
		"no code":                enrolment("", key),
		"a long code":            enrolment(strings.Repeat("A", 1000), key),
		"another's signature":    forged,
		"no key":                 {Code: inv.Code},
		"a signature of another": {Code: inv.Code, PublicKey: good.PublicKey, Signature: make([]byte, 64)},
	} {
		before := w.size()
		if _, err := w.s.EnrolHandheld(t.Context(), cmd); !errors.Is(err, vendors.ErrCode) || w.size() != before {
			t.Errorf("%s: %v", name, err)
		}
	}
	typed := enrolment(strings.ToLower(strings.ReplaceAll(inv.Code, "-", " ")), key)
	e, err := w.s.EnrolHandheld(t.Context(), typed)
	w.must(err)
	if e.Handheld != id || e.Vendor != "v1" || e.State != vendors.Enrolled || e.Nonce == "" {
		t.Errorf("enrolled %+v", e)
	}
	after := w.size()
	if again, err := w.s.EnrolHandheld(t.Context(), good); err != nil || cmp.Diff(e, again) != "" || w.size() != after {
		t.Errorf("the same key again: %+v, %v", again, err)
	}
	if _, err := w.s.EnrolHandheld(t.Context(), enrolment(inv.Code, handheldKey(2))); !errors.Is(err, vendors.ErrCode) {
		t.Errorf("another key with the same code: %v", err)
	}

	activate := func(by access.Actor) (vendors.Handheld, error) {
		return w.s.ActivateHandheld(t.Context(), vendors.ActivateHandheld{By: by, Key: w.key(), Handheld: id})
	}
	if _, err := activate(manager); !errors.Is(err, vendors.ErrSamePerson) {
		t.Errorf("activated by who invited: %v", err)
	}
	if _, err := activate(preparer); !errors.Is(err, access.ErrDenied) {
		t.Errorf("activated by finance: %v", err)
	}
	h, err := activate(manager2)
	if err != nil || h.State != vendors.Active || !h.Believes(w.now) {
		t.Errorf("activated %+v, %v", h, err)
	}
	if _, err := activate(manager2); !errors.Is(err, vendors.ErrHandheldState) {
		t.Errorf("activated twice: %v", err)
	}
}

func TestService_InviteHandheld(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	w.register("shut", 0)
	_, err := w.s.SuspendVendor(t.Context(), vendors.SuspendVendor{By: manager, Key: w.key(), Vendor: "shut", Suspended: true, Reason: "prices"})
	w.must(err)
	for name, tt := range map[string]struct {
		cmd  vendors.InviteHandheld
		want error
	}{
		"for distribution in a zone":    {vendors.InviteHandheld{Purpose: vendors.ForDistribution, Zone: "mopti"}, nil},
		"for distribution nowhere":      {vendors.InviteHandheld{Purpose: vendors.ForDistribution, Zone: "gao"}, vendors.ErrNotFound},
		"for distribution by a trader":  {vendors.InviteHandheld{Purpose: vendors.ForDistribution, Vendor: "v1", Zone: "mopti"}, vendors.ErrVendor},
		"for a trader that is not":      {vendors.InviteHandheld{Purpose: vendors.ForSales, Vendor: "v9"}, vendors.ErrNotFound},
		"for a suspended trader":        {vendors.InviteHandheld{Purpose: vendors.ForSales, Vendor: "shut"}, vendors.ErrSuspended},
		"for a trader in another zone":  {vendors.InviteHandheld{Purpose: vendors.ForSales, Vendor: "v1", Zone: "gao"}, vendors.ErrVendor},
		"for a purpose that is not one": {vendors.InviteHandheld{Purpose: "fun", Vendor: "v1"}, vendors.ErrVendor},
	} {
		tt.cmd.By, tt.cmd.Key = manager, w.key()
		if _, err := w.s.InviteHandheld(t.Context(), tt.cmd); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	t.Run("a code of 48 hours is too old", func(t *testing.T) {
		inv, err := w.s.InviteHandheld(t.Context(), vendors.InviteHandheld{By: manager, Key: w.key(), Purpose: vendors.ForSales, Vendor: "v1"})
		w.must(err)
		w.now = w.now.Add(48 * time.Hour)
		if _, err := w.s.EnrolHandheld(t.Context(), enrolment(inv.Code, handheldKey(3))); !errors.Is(err, vendors.ErrCode) {
			t.Error(err)
		}
		w.now = w.now.Add(-time.Second)
		if _, err := w.s.EnrolHandheld(t.Context(), enrolment(inv.Code, handheldKey(3))); err != nil {
			t.Errorf("in its last second: %v", err)
		}
	})
}

func TestService_RevokeHandheld(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	h := w.handheld("v1", 1)
	revoke := func(lost time.Time) (vendors.Handheld, error) {
		return w.s.RevokeHandheld(t.Context(), vendors.RevokeHandheld{By: manager, Key: w.key(), Handheld: h.ID, LostAt: lost})
	}
	if _, err := revoke(w.now.Add(time.Second)); !errors.Is(err, vendors.ErrVendor) {
		t.Errorf("lost in the future: %v", err)
	}
	lost := w.now.Add(-time.Hour)
	got, err := revoke(lost)
	w.must(err)
	if got.State != vendors.Revoked || got.Believes(lost) || !got.Believes(lost.Add(-time.Second)) {
		t.Errorf("revoked %+v", got)
	}
	if _, err := revoke(lost); !errors.Is(err, vendors.ErrHandheldState) {
		t.Errorf("revoked twice: %v", err)
	}
	t.Run("an invitation too", func(t *testing.T) {
		inv, err := w.s.InviteHandheld(t.Context(), vendors.InviteHandheld{By: manager, Key: w.key(), Purpose: vendors.ForSales, Vendor: "v1"})
		w.must(err)
		_, err = w.s.RevokeHandheld(t.Context(), vendors.RevokeHandheld{By: manager, Key: w.key(), Handheld: inv.Handheld.ID})
		w.must(err)
		if _, err := w.s.EnrolHandheld(t.Context(), enrolment(inv.Code, handheldKey(4))); !errors.Is(err, vendors.ErrCode) {
			t.Error(err)
		}
	})
}

// A shop's role passes on, and whoever asks for the old handheld finds the new.
func TestService_ReplaceHandheld(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	w.register("v2", 0)
	a, b, c, others := w.handheld("v1", 1), w.handheld("v1", 2), w.handheld("v1", 3), w.handheld("v2", 4)
	replace := func(old, by vendors.HandheldID) error {
		_, err := w.s.ReplaceHandheld(t.Context(), vendors.ReplaceHandheld{By: manager, Key: w.key(), Old: old, New: by})
		return err
	}
	for name, pair := range map[string][2]vendors.HandheldID{"itself": {a.ID, a.ID}, "another shop's": {a.ID, others.ID}} {
		if err := replace(pair[0], pair[1]); !errors.Is(err, vendors.ErrHandheldState) {
			t.Errorf("replaced by %s: %v", name, err)
		}
	}
	w.must(replace(a.ID, b.ID))
	w.must(replace(b.ID, c.ID))
	if err := replace(c.ID, a.ID); !errors.Is(err, vendors.ErrHandheldState) {
		t.Errorf("replaced by one that was replaced: %v", err)
	}
	w.view(func(tx vendors.Tx) error {
		for _, id := range []vendors.HandheldID{a.ID, b.ID, c.ID} {
			if h, err := vendors.Successor(tx, id); err != nil || h.ID != c.ID {
				t.Errorf("Successor(%s) = %s, %v", id, h.ID, err)
			}
		}
		if old, err := tx.Handheld(a.ID); err != nil || old.State != vendors.Replaced || old.Believes(w.now) {
			t.Errorf("the old one is %+v, %v", old, err)
		}
		return nil
	})
}

// A signed request counts once, only with the nonce of the last answer.
func TestAdvanceNonce(t *testing.T) {
	w := newWorld(t)
	w.register("v1", 0)
	h := w.handheld("v1", 1)
	advance := func(nonce string, counter uint64) (vendors.Handheld, error) {
		var got vendors.Handheld
		err := w.db.Vendors().Update(t.Context(), func(tx vendors.Tx) error {
			var err error
			got, err = vendors.AdvanceNonce(tx, h.ID, nonce, counter)
			return err
		})
		return got, err
	}
	first, err := advance(h.Nonce, 1)
	w.must(err)
	if first.Nonce == h.Nonce || first.Nonce == "" {
		t.Errorf("the nonce is %q after %q", first.Nonce, h.Nonce)
	}
	for name, tt := range map[string]struct {
		nonce   string
		counter uint64
	}{"the same request": {h.Nonce, 1}, "an old nonce": {h.Nonce, 2}, "an old counter": {first.Nonce, 1}, "no nonce": {"", 2}} {
		_, err := advance(tt.nonce, tt.counter)
		if !errors.Is(err, vendors.ErrNonce) || fault.Of(err).Fields[0].Value != first.Nonce {
			t.Errorf("%s: %v", name, err)
		}
	}
	second, err := advance(first.Nonce, 7)
	if err != nil || second.Counter != 7 || second.Nonce == first.Nonce {
		t.Errorf("%+v, %v", second, err)
	}
	_, err = w.s.RevokeHandheld(t.Context(), vendors.RevokeHandheld{By: manager, Key: w.key(), Handheld: h.ID})
	w.must(err)
	if _, err := advance(second.Nonce, 8); !errors.Is(err, vendors.ErrHandheldProof) {
		t.Errorf("a revoked handheld: %v", err)
	}
	h.ID = "nobody"
	if _, err := advance(second.Nonce, 8); !errors.Is(err, vendors.ErrHandheldProof) {
		t.Errorf("an unknown handheld: %v", err)
	}
}
