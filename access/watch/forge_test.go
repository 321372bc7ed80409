package watch_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/access/watch"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

const origin = "https://jate.ngo.example"

// server is a server in the hands of somebody who has its store, its keys and its
// program: it writes whatever entries he likes. What he has not is the passkeys of
// the people.
type server struct {
	t        *testing.T
	now      time.Time
	entries  []ledger.Entry
	records  map[string]grant.Record
	contents map[string][]byte
	keys     []grant.Keys
	people   map[string]*ecdsa.PrivateKey
}

func (s *server) Record(_ context.Context, hash string) (grant.Record, error) {
	r, ok := s.records[hash]
	if !ok {
		return r, watch.ErrWithheld
	}
	return r, nil
}

func (s *server) Content(_ context.Context, digest string) ([]byte, error) {
	text, ok := s.contents[digest]
	if !ok {
		return nil, watch.ErrWithheld
	}
	return text, nil
}

func (s *server) Keys(context.Context) ([]grant.Keys, error) { return s.keys, nil }

func (s *server) post(e ledger.Entry, by, role string) ledger.Entry {
	e.Seq, e.Posted, e.Actor = uint64(len(s.entries)), s.now, ledger.Actor{Role: role, Name: by}
	s.entries = append(s.entries, e)
	return e
}

func (s *server) decide(by, what, ref string, facts map[string]string) {
	f := map[string]string{"what": what}
	maps.Copy(f, facts)
	s.post(ledger.Entry{Kind: ledger.KindDecision, Ref: ref, Facts: f}, by, "x")
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func cose(t *testing.T, k *ecdsa.PrivateKey) []byte {
	point, err := k.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	mode, err := cbor.CanonicalEncOptions().EncMode() // the same bytes each time
	if err != nil {
		t.Fatal(err)
	}
	b, err := mode.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// assertion is how a passkey answers.
type assertion struct {
	key         *ecdsa.PrivateKey
	origin, rp  string
	flags       byte
	begun, kept time.Time // that the nonce says; that the record does
	digest      [32]byte
}

func (s *server) usual(person string, digest [32]byte) assertion {
	return assertion{key: s.people[person], origin: origin, rp: "jate.ngo.example", flags: 5, begun: s.now, kept: s.now, digest: digest}
}

// prove writes a record and the entry with its hash.
func (s *server) prove(person string, a assertion) access.Proof {
	s.t.Helper()
	r := grant.Record{Programme: "p1", Person: person, Digest: a.digest, PublicKey: cose(s.t, a.key), At: a.kept}
	binary.BigEndian.PutUint64(r.Nonce[:8], uint64(a.begun.Unix()))
	_, _ = rand.Read(r.Nonce[8:])
	challenge := grant.Challenge(a.digest, r.Nonce)
	r.ClientData, _ = json.Marshal(map[string]any{"type": "webauthn.get", "origin": a.origin, "challenge": base64.RawURLEncoding.EncodeToString(challenge[:])})
	rp := sha256.Sum256([]byte(a.rp))
	r.AuthenticatorData = append(append(rp[:], a.flags), 0, 0, 0, 0)
	client := sha256.Sum256(r.ClientData)
	sum := sha256.Sum256(append(slices.Clone(r.AuthenticatorData), client[:]...))
	var err error
	if r.Signature, err = ecdsa.SignASN1(rand.Reader, a.key, sum[:]); err != nil {
		s.t.Fatal(err)
	}
	hash := r.Hash()
	ref := hex.EncodeToString(hash[:])
	s.records[ref] = r
	s.decide(person, "approval-proved", ref, map[string]string{"programme": "p1", "digest": hex.EncodeToString(a.digest[:])})
	return access.Proof{Kind: "passkey", Digest: a.digest, Reference: ref}
}

// grants writes a grant as the service does. by is "" where two agreed: awa
// proposes and ben approves.
func (s *server) grants(person string, role access.Role, by string, key *ecdsa.PrivateKey) {
	salt := []byte(person + string(role))
	k := grant.Keys{Programme: "p1", Person: person, Salt: salt, Keys: [][]byte{cose(s.t, key)}, Entry: uint64(len(s.entries))}
	s.keys = append(s.keys, k)
	c := grant.Content{Programme: "p1", Person: person, Role: role, Keys: grant.KeysHash(salt, k.Keys)}
	digest := c.Digest()
	facts := c.Facts(digest)
	if by == "" {
		by = "passkey"
		text, _ := c.Words().Texts()
		s.contents[hex.EncodeToString(digest[:])] = text
		s.decide("awa", "role-proposed", person, facts)
		facts = s.prove("ben", s.usual("ben", digest)).Facts(facts)
	}
	facts["by"] = by
	s.decide("ben", "role-granted", person, facts)
}

// pay is a movement: prepared, and approved by a proof.
func (s *server) movement(id string, francs int64) access.Content {
	c := access.Content{What: "movement", ID: id, Programme: "p1", Lines: []access.Line{
		{"posting", "withheld:p1", "bank:bdm", money.Francs(francs).String()}}}
	text, _ := c.Texts()
	digest := c.Digest()
	s.contents[hex.EncodeToString(digest[:])] = text
	return c
}

// content keeps what is to be shown.
func (s *server) content(c access.Content) access.Content {
	s.contents[hexOf(c.Digest())], _ = c.Texts()
	return c
}

// lot has a lot of some vouchers agreed to, approved as of others, and issued after
// a while with others again.
func (s *server) lot(agreed, approved, issued int, after time.Duration) {
	c := s.content(access.Content{What: "lot", ID: "l1", Programme: "p1", Lines: []access.Line{{"vouchers", fmt.Sprint(agreed)}, {"total", "1500"}}})
	s.prepare("prep", c)
	s.decide("appr", "approve-lot", "l1", s.prove("appr", s.usual("appr", c.Digest())).Facts(map[string]string{"vouchers": fmt.Sprint(approved), "total": "1500"}))
	s.now = s.now.Add(after)
	s.post(ledger.Entry{Kind: ledger.KindIssue, Ref: "l1", Postings: []ledger.Posting{{Debit: "round:r1", Credit: "voucher:x", Amount: money.Francs(1)}}}, "prep", "issuer")
	s.decide("prep", "issue-lot", "l1", map[string]string{"count": fmt.Sprint(issued)})
}

func (s *server) prepare(by string, c access.Content) {
	digest := c.Digest()
	s.decide(by, "movement-prepared", c.ID, map[string]string{"digest": hex.EncodeToString(digest[:])})
}

func (s *server) remit(by, id string, francs int64, proof access.Proof) {
	s.post(ledger.Entry{Kind: ledger.KindRemit, Ref: id, Facts: proof.Facts(nil), Postings: []ledger.Posting{
		{Debit: "withheld:p1", Credit: "bank:bdm", Amount: money.Francs(francs)}}}, by, "finance-approver")
}

func newServer(t *testing.T) *server {
	s := &server{t: t, now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), records: map[string]grant.Record{}, contents: map[string][]byte{},
		people: map[string]*ecdsa.PrivateKey{}}
	for _, p := range []string{"awa", "ben", "prep", "appr"} {
		s.people[p] = newKey(t)
	}
	s.grants("awa", access.RoleAdministrator, "first-administrator", s.people["awa"])
	s.grants("ben", access.RoleAdministrator, "console", s.people["ben"])
	s.grants("prep", access.RoleFinancePreparer, "", s.people["prep"])
	s.grants("appr", access.RoleFinanceApprover, "", s.people["appr"])
	return s
}

func (s *server) alarms(from int, w *watch.Watch) []watch.Alarm {
	s.t.Helper()
	for _, e := range s.entries[from:] {
		w.Add(e)
	}
	all, err := w.Check(s.t.Context(), s)
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

var root = ed25519.NewKeyFromSeed(make([]byte, 32))

// rescueFacts are what the console writes with the root key, for a person.
func rescueFacts(person string) map[string]string {
	from := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	return map[string]string{"from": from.Format(time.RFC3339),
		"root_signature": base64.RawURLEncoding.EncodeToString(ed25519.Sign(root, staff.RescueStatement("ngo.example/log", person, from)))}
}

// The root key's custodian rescues: people are asked, and no key is missed.
func TestWatch_rescue(t *testing.T) {
	s := newServer(t)
	s.decide("x", "staff_rescue_asked", "y", rescueFacts("y"))
	all := s.alarms(0, watch.New(watch.Config{Programme: "p1", Log: "ngo.example/log", Roots: []ed25519.PublicKey{root.Public().(ed25519.PublicKey)}}))
	if len(all) != 1 || !strings.Contains(all[0].Text, "way back was used") {
		t.Error(all)
	}
}

// Whoever has the server and its keys, and not the people's passkeys, gets no
// payment past a monitor.
func TestForge(t *testing.T) {
	for name, forge := range map[string]struct {
		do   func(s *server)
		want string // part of the alarm; "" for none
	}{
		"an honest payment": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			s.remit("appr", "m1", 500, s.prove("appr", s.usual("appr", c.Digest())))
		}, ""},
		"no approval at all": {func(s *server) { s.remit("appr", "m1", 500, access.Proof{}) }, "no passkey has approved it"},
		"an access token for a proof": {func(s *server) {
			s.remit("appr", "m1", 500, access.Proof{Kind: "token", Reference: "t1"})
		}, "no passkey has approved it"},
		"an approval without a record": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			s.decide("appr", "approval-proved", "ab", map[string]string{"programme": "p1", "digest": hexOf(c.Digest())})
			s.remit("appr", "m1", 500, access.Proof{Kind: "passkey", Reference: "ab", Digest: c.Digest()})
		}, "does not show the record"},
		"an approval that the journal does not have": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			s.remit("appr", "m1", 500, access.Proof{Kind: "passkey", Reference: "ab", Digest: c.Digest()})
		}, "not in the journal before it"},
		"a record withheld later": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			p := s.prove("appr", s.usual("appr", c.Digest()))
			delete(s.records, p.Reference)
			s.remit("appr", "m1", 500, p)
		}, "does not show the record"},
		"content withheld": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			s.remit("appr", "m1", 500, s.prove("appr", s.usual("appr", c.Digest())))
			delete(s.contents, hexOf(c.Digest()))
		}, "does not show what was agreed to"},
		"another content shown": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			s.remit("appr", "m1", 500, s.prove("appr", s.usual("appr", c.Digest())))
			s.contents[hexOf(c.Digest())], _ = s.movement("m1", 900).Texts()
		}, "another digest"},
		"a record for another thing": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			s.remit("appr", "m2", 500, s.prove("appr", s.usual("appr", c.Digest())))
		}, "What was agreed to is movement m1"},
		"a record for other content under its name": {func(s *server) {
			c, other := s.movement("m1", 500), s.movement("m2", 900)
			s.prepare("prep", other)
			p := s.prove("appr", s.usual("appr", c.Digest()))
			p.Digest = other.Digest()
			s.remit("appr", "m2", 900, p)
		}, "of other content"},
		"another amount": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			s.remit("appr", "m1", 50_000, s.prove("appr", s.usual("appr", c.Digest())))
		}, "which was not agreed to"},
		"the same payment twice": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			p := s.prove("appr", s.usual("appr", c.Digest()))
			s.remit("appr", "m1", 500, p)
			s.remit("appr", "m1", 500, p)
		}, "was done before"},
		"a key of the attacker's in place of the person's": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			a := s.usual("appr", c.Digest())
			a.key = newKey(s.t)
			s.keys = append(s.keys, grant.Keys{Programme: "p1", Person: "appr", Salt: []byte("x"), Keys: [][]byte{cose(s.t, a.key)}, Entry: 9})
			s.remit("appr", "m1", 500, s.prove("appr", a))
		}, "no grant before it had named"},
		"a key swapped by a grant that the attacker made": {func(s *server) {
			k := newKey(s.t)
			s.people["ben"] = k // he has no passkey of ben's
			s.grants("appr", access.RoleFinanceApprover, "", newKey(s.t))
		}, "no grant before it had named"},
		"a grant by the console though there were two": {func(s *server) {
			s.grants("eve", access.RoleAdministrator, "console", newKey(s.t))
		}, "has had two administrators"},
		"another first administrator": {func(s *server) {
			s.grants("eve", access.RoleAdministrator, "first-administrator", newKey(s.t))
		}, "had people with roles"},
		"a grant after the approval, dated before it": {func(s *server) {
			k := newKey(s.t)
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			a := s.usual("late", c.Digest())
			a.key = k
			s.remit("late", "m1", 500, s.prove("late", a))
			before := s.now
			s.now = s.now.Add(-time.Hour)
			s.people["late"] = k
			s.grants("late", access.RoleFinanceApprover, "", k)
			s.now = before
		}, "did not hold the role"},
		"a role that was taken away": {func(s *server) {
			s.decide("ben", "role-revoked", "appr", map[string]string{"programme": "p1", "role": "finance-approver"})
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			s.remit("appr", "m1", 500, s.prove("appr", s.usual("appr", c.Digest())))
		}, "did not hold the role"},
		"roles that nobody holds together": {func(s *server) {
			s.grants("appr", access.RoleVendorManager, "", s.people["appr"])
		}, "nobody may hold together"},
		"by who prepared it": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("appr", c)
			s.remit("appr", "m1", 500, s.prove("appr", s.usual("appr", c.Digest())))
		}, "One person prepared it and approved it"},
		"prepared by nobody": {func(s *server) {
			c := s.movement("m1", 500)
			s.remit("appr", "m1", 500, s.prove("appr", s.usual("appr", c.Digest())))
		}, "Nobody prepared"},
		"prepared by an invented person": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("ghost", c)
			s.remit("appr", "m1", 500, s.prove("appr", s.usual("appr", c.Digest())))
		}, "never given a role"},
		"in another's name": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			s.remit("prep", "m1", 500, s.prove("appr", s.usual("appr", c.Digest())))
		}, "another person"},
		"an assertion of last month": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			a := s.usual("appr", c.Digest())
			a.begun = s.now.AddDate(0, -1, 0)
			s.remit("appr", "m1", 500, s.prove("appr", a))
		}, "is an old one"},
		"an approval kept for a day": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			p := s.prove("appr", s.usual("appr", c.Digest()))
			s.now = s.now.Add(24 * time.Hour)
			s.remit("appr", "m1", 500, p)
		}, "more than five minutes before"},
		"another host's passkey": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			a := s.usual("appr", c.Digest())
			a.rp = "evil.example"
			s.remit("appr", "m1", 500, s.prove("appr", a))
		}, "does not verify"},
		"on the attacker's page": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			a := s.usual("appr", c.Digest())
			a.rp, a.origin = "evil.example", "https://evil.example"
			s.remit("appr", "m1", 500, s.prove("appr", a))
		}, "a page of https://evil.example"},
		"nobody verified": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			a := s.usual("appr", c.Digest())
			a.flags = 1
			s.remit("appr", "m1", 500, s.prove("appr", a))
		}, "does not verify"},
		"an approval of another programme": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			p := s.prove("appr", s.usual("appr", c.Digest()))
			s.entries[len(s.entries)-1].Facts["programme"] = "p2"
			s.remit("appr", "m1", 500, p)
		}, "of programme p2"},
		"by who took it over": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			s.decide("awa", "order-handed-over", "m1", map[string]string{"order": hexOf(c.Digest()), "to": "appr"})
			s.remit("appr", "m1", 500, s.prove("appr", s.usual("appr", c.Digest())))
		}, "had taken it over"},
		"withdrawn when its preparer left": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			s.decide("awa", "order-withdrawn", "m1", map[string]string{"order": hexOf(c.Digest())})
			s.remit("appr", "m1", 500, s.prove("appr", s.usual("appr", c.Digest())))
		}, "it was withdrawn"},
		"withdrawn, and prepared anew": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			s.decide("awa", "order-withdrawn", "m1", map[string]string{"order": hexOf(c.Digest())})
			s.prepare("prep", c)
			s.remit("appr", "m1", 500, s.prove("appr", s.usual("appr", c.Digest())))
		}, ""},
		"an approval used for another thing": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			p := s.prove("appr", s.usual("appr", c.Digest()))
			s.remit("appr", "m1", 500, p)
			s.remit("appr", "m2", 500, p)
		}, "was used before, for movement m1"},
		"by somebody of another role": {func(s *server) {
			s.people["iss"] = newKey(s.t)
			s.grants("iss", access.RoleIssuer, "", s.people["iss"])
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			s.remit("iss", "m1", 500, s.prove("iss", s.usual("iss", c.Digest())))
		}, "did not hold the role"},
		"a role of one's own": {func(s *server) { s.grants("ben", access.RoleFinancePreparer, "", s.people["ben"]) }, "a role of his own"},
		"a grant of another role than was agreed to": {func(s *server) {
			s.grants("new", access.RoleIssuer, "", newKey(s.t))
			s.entries[len(s.entries)-1].Facts["role"] = string(access.RoleListApprover)
		}, "is not what its digest is of"},
		"another record under the hash": {func(s *server) {
			c := s.movement("m1", 500)
			s.prepare("prep", c)
			p := s.prove("appr", s.usual("appr", c.Digest()))
			r := s.records[p.Reference]
			r.At = r.At.Add(time.Second)
			s.records[p.Reference] = r
			s.remit("appr", "m1", 500, p)
		}, "is not the one that the journal names"},
		"an honest lot":                          {func(s *server) { s.lot(3, 3, 3, time.Hour) }, ""},
		"a lot of more vouchers than agreed to":  {func(s *server) { s.lot(3, 4, 4, time.Hour) }, "a lot of other vouchers"},
		"a lot with more vouchers than approved": {func(s *server) { s.lot(3, 3, 4, time.Hour) }, "has 4 vouchers, and 3 were approved"},
		"a lot issued late":                      {func(s *server) { s.lot(3, 3, 3, access.ApprovalLife+time.Second) }, "issued more than 72 hours after"},
		"a manifest that nobody approved": {func(s *server) {
			s.decide("iss", "issue-lot", "l9", map[string]string{"count": "3"})
		}, "Lot l9 has a manifest, and nobody approved it"},
		"a copy of persons, taken late": {func(s *server) {
			s.people["dpo"] = newKey(s.t)
			s.grants("dpo", access.RoleDPO, "", s.people["dpo"])
			c := s.content(access.Content{What: "export", ID: "x1", Programme: "p1"})
			s.prepare("prep", c)
			s.decide("dpo", "approve-export", "x1", s.prove("dpo", s.usual("dpo", c.Digest())).Facts(nil))
			s.decide("dpo", "export-persons", "x1", nil)
			s.now = s.now.Add(access.ApprovalLife + time.Second)
			s.decide("dpo", "export-persons", "x1", nil)
		}, "A copy of an export of persons was taken (x1) more than 72 hours after"},
		"a rescue": {func(s *server) { s.decide("x", "staff_rescue_asked", "y", nil) }, "way back was used at the console (staff_rescue_asked)"},
		"a rescue that no custodian signed": {func(s *server) {
			s.decide("x", "staff_rescue_asked", "y", rescueFacts("z"))
		}, "No root key of the programme signed"},
		"a rescue's code": {func(s *server) { s.decide("x", "staff_rescue_code", "y", nil) }, "way back was used at the console (staff_rescue_code)"},
		"a lot that nobody approved": {func(s *server) {
			s.post(ledger.Entry{Kind: ledger.KindIssue, Ref: "l1", Postings: []ledger.Posting{{Debit: "round:r1", Credit: "voucher:x", Amount: money.Francs(1)}}}, "iss", "issuer")
		}, "nobody approved the lot"},
		"a copy of persons that nobody approved": {func(s *server) {
			s.decide("dpo", "export-persons", "x1", map[string]string{})
		}, "nobody approved it"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			w := watch.New(watch.Config{Programme: "p1"})
			if all := s.alarms(0, w); len(all) > 0 {
				t.Fatal(all)
			}
			n := len(s.entries)
			forge.do(s)
			// What was verified is kept between runs.
			b, err := w.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if w, err = watch.Resume(watch.Config{Programme: "p1", Log: "ngo.example/log", Roots: []ed25519.PublicKey{root.Public().(ed25519.PublicKey)}}, b); err != nil {
				t.Fatal(err)
			}
			all := s.alarms(n, w)
			if forge.want == "" {
				if len(all) > 0 {
					t.Error(all)
				}
				return
			}
			if !slices.ContainsFunc(all, func(a watch.Alarm) bool { return strings.Contains(a.Text, forge.want) }) {
				t.Errorf("%v, want %q", all, forge.want)
			}
		})
	}
}

func hexOf(sum [32]byte) string { return hex.EncodeToString(sum[:]) }
