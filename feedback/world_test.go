package feedback_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/mem"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

func person(id string, roles ...access.Role) access.Actor {
	return access.Actor{ID: id, Pseudonym: "p-" + id, Programme: "mopti", Roles: roles, TokenID: "t-" + id}
}

var (
	meal     = person("meal", access.RoleMEALOfficer)
	focal    = person("focal", access.RoleSafeguarding)
	officer  = person("officer", access.RoleDistributionOfficer)
	issuer   = person("issuer", access.RoleIssuer)
	monitor  = person("monitor", access.RoleMonitor)
	auditor  = person("auditor", access.RoleAuditor)
	stranger = access.Actor{ID: "x", Pseudonym: "p-x", Programme: "gao", Roles: access.Roles(), TokenID: "t-x"}
)

// world is vouchertest's with the service on the same store: real cards that
// were handed over, two traders with handhelds.
type world struct {
	testing.TB
	*vouchertest.World
	db    *mem.DB
	s     feedback.Service
	cards []voucher.Serial
}

func newWorld(t testing.TB, cards, spares int) *world {
	t.Helper()
	w := &world{TB: t}
	w.World = vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store {
		w.db = mem.Open(now)
		return w.db.Vouchers()
	})
	sealer, err := distribution.NewSealer(bytes.Repeat([]byte{7}, 32))
	w.must(err)
	w.s, err = feedback.New(w.db.Feedback(), feedback.Config{Sealer: sealer, Rand: rand.Reader})
	w.must(err)
	if cards == 0 {
		return w
	}
	w.update(func(tx feedback.Tx) error {
		for i := range (cards + 1) / 2 {
			id := distribution.BeneficiaryID(fmt.Sprintf("b%d", i))
			person := distribution.Person{Family: "Canari", Given: fmt.Sprintf("Oiseau%d", i), Sex: []string{"F", "M"}[i%2], Phone: fmt.Sprintf("+2237%07d", i),
				Language: "bm", Village: "Konna"}
			sealed, wrapped, err := sealer.SealPerson(id, person)
			if err != nil {
				return err
			}
			if err := tx.PutBeneficiary(distribution.Beneficiary{ID: id, Programme: "mopti", Point: "p1", Sealed: sealed}); err != nil {
				return err
			}
			if err := tx.PutWrappedKey(id, wrapped); err != nil {
				return err
			}
		}
		return tx.PutProgramme(distribution.Programme{ID: "mopti"})
	})
	w.cards = w.Issue("l1", cards, spares, voucher.ModeSecret)[:cards]
	w.Clock.Now = vouchertest.Opens.Add(24 * time.Hour)
	for at := 0; at < cards; at += 64 {
		w.Expect(w.Activate(w.cards[at:min(at+64, cards)]...), voucher.Accepted, "")
	}
	w.Refresh("h1")
	w.Refresh("h2")
	w.pass(time.Hour)
	return w
}

func (w *world) pass(d time.Duration) { w.Clock.Now = w.Clock.Now.Add(d) }

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) update(fn func(feedback.Tx) error) {
	w.Helper()
	w.must(w.db.Feedback().Update(w.Context(), fn))
}

func (w *world) view(fn func(feedback.Tx) error) {
	w.Helper()
	w.must(w.db.Feedback().View(w.Context(), fn))
}

// sell redeems a card on a handheld, payable.
func (w *world) sell(h vendors.HandheldID, c voucher.Serial) {
	w.Helper()
	w.Expect(w.Send(h, w.Sale(h, c))[0], voucher.Payable, "")
}

func (w *world) life(c voucher.Serial) voucher.Life {
	w.Helper()
	v, err := w.Service.Lookup(w.Context(), voucher.Query{By: issuer, Serial: c})
	w.must(err)
	return v.Life()
}

// record records a complaint on the hotline.
func (w *world) record(by access.Actor, category feedback.Category, text string) feedback.Recorded {
	w.Helper()
	r, err := w.s.RecordComplaint(w.Context(), feedback.RecordComplaint{By: by, Key: w.Key(), Channel: feedback.ByHotline, Category: category, Text: text})
	w.must(err)
	w.pass(time.Second)
	return r
}

// leaves returns everything that the journal shows.
func (w *world) leaves() []byte {
	w.Helper()
	var all bytes.Buffer
	w.view(func(tx feedback.Tx) error {
		for r, err := range tx.Journal(0) {
			if err != nil {
				return err
			}
			all.Write(r.Leaf)
			all.WriteByte('\n')
		}
		return nil
	})
	return all.Bytes()
}

func (w *world) entries(what string) (found []ledger.Entry) {
	w.Helper()
	w.view(func(tx feedback.Tx) error {
		for r, err := range tx.Journal(0) {
			if err != nil {
				return err
			}
			if r.Entry.Facts["what"] == what {
				found = append(found, r.Entry)
			}
		}
		return nil
	})
	return found
}
