package grant_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/access/staff/softkey"
)

// rescued brings an administrator back by the console and the root key.
func (w *world) rescued(p *person) {
	w.t.Helper()
	cmd := staff.Rescue{Member: p.id, Root: ed25519.NewKeyFromSeed(make([]byte, 32))}
	must[staff.Rescued](w.t)(w.people.Rescue(w.t.Context(), cmd))
	w.now = w.now.Add(staff.RecoveryDelay)
	code := must[staff.Rescued](w.t)(w.people.Rescue(w.t.Context(), cmd)).Code
	o := must[staff.Opening](w.t)(w.people.Open(w.t.Context(), staff.Open{Code: code}))
	key, answer, err := softkey.Create(origin, o.Offer.Passkey)
	if err != nil {
		w.t.Fatal(err)
	}
	p.in = must[staff.SignedIn](w.t)(w.people.Accept(w.t.Context(), staff.Accept{Code: code, Ceremony: o.Offer.Ceremony, Passkey: answer}))
	p.key = key
}

// appoints has an administrator make somebody another one by the console's code.
func (w *world) appoints(by, member *person) error {
	w.t.Helper()
	p := w.propose(by, member, access.RoleAdministrator)
	_, err := w.Approve(w.t.Context(), grant.Approve{By: by.actor(), Key: w.key(), ID: p.ID, Digest: p.Digest,
		Console: grant.ConsoleCode(consoleKey, p.ID, p.Digest)})
	return err
}

// An administrator who takes the other's role away, or is left alone, appoints
// nobody by the console's code, until the root key's custodian has agreed to a
// rescue since; and then once.
func TestConsole_leftAlone(t *testing.T) {
	for name, alone := range map[string]func(w *world, awa, ben *person) (left *person){
		"takes the other's role": func(w *world, awa, ben *person) *person {
			must[struct{}](w.t)(struct{}{}, w.revoke(awa, ben, access.RoleAdministrator))
			return awa
		},
		"the second of the first": func(w *world, awa, ben *person) *person {
			must[struct{}](w.t)(struct{}{}, w.revoke(ben, awa, access.RoleAdministrator))
			return ben
		},
		"the other lays it down": func(w *world, awa, ben *person) *person {
			must[struct{}](w.t)(struct{}{}, w.revoke(ben, ben, access.RoleAdministrator))
			return awa
		},
		"rescued while there were two": func(w *world, awa, ben *person) *person {
			w.rescued(awa)
			must[struct{}](w.t)(struct{}{}, w.revoke(awa, ben, access.RoleAdministrator))
			return awa
		},
		"the other's time is over": func(w *world, awa, ben *person) *person {
			dia := w.hire(awa, "dia", "")
			p := must[grant.Proposal](w.t)(w.Propose(w.t.Context(), grant.Propose{By: awa.actor(), Key: w.key(), Member: dia.id,
				Role: access.RoleAdministrator, Until: w.now.Add(24 * time.Hour)}))
			must[struct{}](w.t)(struct{}{}, w.approve(ben, p))
			must[struct{}](w.t)(struct{}{}, w.revoke(awa, ben, access.RoleAdministrator))
			w.now = w.now.Add(48 * time.Hour)
			return awa
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			awa, ben := w.two()
			friend := w.hire(awa, "friend", "")
			left := alone(w, awa, ben)
			want(t, w.appoints(left, friend), grant.ErrConsole)
			w.rescued(left)
			want(t, w.appoints(left, friend), nil)
			if err := w.revoke(left, friend, access.RoleAdministrator); err != nil {
				t.Fatal(err)
			}
			want(t, w.appoints(left, w.hire(left, "another", "")), grant.ErrConsole)
		})
	}
}
