package watch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/ledger"
)

// clocks is how far two readings of the server's clock for one approval may be
// apart beside access.ProofLife.
const clocks = 2 * time.Second

func (w *Watch) check(ctx context.Context, from Source, keys []grant.Keys, d due) error {
	e := d.entry
	kind, hash, digest := e.Facts["proof"], e.Facts["proof-reference"], e.Facts["digest"]
	if kind == "token" && w.cfg.Development {
		return w.content(ctx, from, d)
	}
	p, ok := w.s.Proved[hash]
	switch {
	case kind != "passkey" || hash == "":
		w.alarm(e, "This took two people (%s), and no passkey has approved it.", d.rule.Operation)
		return nil
	case !ok || p.Seq >= e.Seq:
		w.alarm(e, "The approval that it names is not in the journal before it.")
		return nil
	case p.Programme != w.cfg.Programme:
		if !slices.Contains(w.cfg.Besides, p.Programme) {
			w.alarm(e, "Its approval is of programme %s, which nobody said that another monitor verifies.", p.Programme)
		}
		w.s.Besides++
		return nil
	}
	if p.Digest != digest {
		w.alarm(e, "The approval that it names is of other content.")
	}
	if age := e.Posted.Sub(p.Posted); age < 0 || age > access.ProofLife+clocks {
		w.alarm(e, "Its approval was given at %s, more than five minutes before.", p.Posted.Format(time.RFC3339))
	}
	r, err := from.Record(ctx, hash)
	switch {
	case errors.Is(err, ErrWithheld):
		w.alarm(e, "The server does not show the record of its approval.")
		return nil
	case err != nil:
		return err
	}
	w.record(d, p, r)
	w.person(d, keys, r)
	w.use(d, hash)
	return w.content(ctx, from, d)
}

// record looks at what the passkey signed.
func (w *Watch) record(d due, p proved, r grant.Record) {
	e := d.entry
	if sum := r.Hash(); hexOf(sum) != e.Facts["proof-reference"] {
		w.alarm(e, "The record of its approval is not the one that the journal names.")
	}
	if r.Programme != w.cfg.Programme || hexOf(r.Digest) != e.Facts["digest"] {
		w.alarm(e, "The record of its approval is of other content.")
	}
	begun := time.Unix(int64(binary.BigEndian.Uint64(r.Nonce[:8])), 0) // #nosec G115 -- what wraps around is out of the time allowed
	if r.At.Sub(p.Posted).Abs() > clocks || r.At.Sub(begun) < -clocks || r.At.Sub(begun) > access.ProofLife+clocks {
		w.alarm(e, "Its approval is an old one: the passkey was asked at %s, and the journal has it at %s.",
			begun.UTC().Format(time.RFC3339), p.Posted.Format(time.RFC3339))
	}
	origin, err := r.Verify()
	if err != nil {
		w.alarm(e, "The approval does not verify: %v.", err)
		return
	}
	if w.s.Origin == "" {
		w.s.Origin = origin
	}
	if origin != w.s.Origin {
		w.alarm(e, "It was approved on a page of %s, not of %s.", origin, w.s.Origin)
	}
}

// person looks at who approved: by whose passkey, in which role, and whether
// somebody else prepared it.
func (w *Watch) person(d due, keys []grant.Keys, r grant.Record) {
	e := d.entry
	p := w.s.Proved[e.Facts["proof-reference"]]
	own := e.Facts["role"] == string(access.RoleMonitor) && d.rule.Content == "grant" && e.Ref == r.Person
	hash := w.keysOf(r.Person, p.Seq)
	if own && hash == "" {
		hash = e.Facts["keys"] // the first member of a monitor's organisation agrees to the own role
	}
	named := hash != "" && slices.ContainsFunc(keys, func(k grant.Keys) bool {
		return k.Person == r.Person && grant.KeysHash(k.Salt, k.Keys) == hash &&
			slices.ContainsFunc(k.Keys, func(key []byte) bool { return bytes.Equal(key, r.PublicKey) })
	})
	if !named {
		w.alarm(e, "It was approved with a passkey that no grant before it had named for that person.")
	}
	roles := d.rule.Roles
	if e.Facts["role"] == string(access.RoleMonitor) && d.rule.Content == "grant" {
		roles = []access.Role{access.RoleMonitor}
	}
	if !own && !w.holds(r.Person, roles, e) {
		w.alarm(e, "Who approved it did not hold the role then (%s).", roles[0])
	}
	if e.Actor.Name != r.Person || p.Name != r.Person {
		w.alarm(e, "The journal names another person than the one who approved it.")
	}
	switch to, handed := w.s.Handed[e.Facts["digest"]]; {
	case handed && to == "":
		w.alarm(e, "Who prepared it had left, and it was withdrawn.")
	case handed && to == r.Person:
		w.alarm(e, "Who approved it had taken it over from who prepared it.")
	}
	by, ok := w.s.Prepared[e.Facts["digest"]]
	if d.rule.Content == "case" {
		by, ok = w.s.Prepared["case "+d.rule.id(e)]
	}
	switch {
	case !ok:
		w.alarm(e, "Nobody prepared what was approved.")
	case by.Name == r.Person:
		w.alarm(e, "One person prepared it and approved it.")
	case d.rule.Content == "grant" && e.Ref == r.Person && !own:
		w.alarm(e, "Somebody agreed to a role of his own.")
	case !w.known(by.Name, e.Seq):
		w.alarm(e, "Who prepared it was never given a role.")
	}
}

// use looks whether an approval is used once, for one thing.
func (w *Watch) use(d due, hash string) {
	e := d.entry
	thing := d.rule.Content + " " + d.rule.id(e)
	if before, used := w.s.Used[hash]; used && before != thing {
		w.alarm(e, "Its approval was used before, for %s.", before)
	}
	w.s.Used[hash] = thing
	done := hash + " " + string(e.Kind) + " " + e.Facts["what"] + " " + e.Ref
	if w.s.Done[done] {
		w.alarm(e, "The same was done before by the same approval.")
	}
	w.s.Done[done] = true
}

// content looks whether what was agreed to is what the entry does.
func (w *Watch) content(ctx context.Context, from Source, d due) error {
	e := d.entry
	text, err := from.Content(ctx, e.Facts["digest"])
	switch {
	case errors.Is(err, ErrWithheld):
		w.alarm(e, "The server does not show what was agreed to.")
		return nil
	case err != nil:
		return err
	}
	c, err := access.ParseContent(text)
	if err != nil || hexOf(sha256.Sum256(text)) != e.Facts["digest"] {
		w.alarm(e, "What the server shows as agreed to has another digest.")
		return nil
	}
	if c.What != d.rule.Content || c.ID != d.rule.id(e) || c.Programme != w.cfg.Programme {
		w.alarm(e, "What was agreed to is %s %s, and not %s %s.", c.What, c.ID, d.rule.Content, d.rule.id(e))
		return nil
	}
	if e.Facts["what"] == "approve-lot" && (!says(c, "vouchers", e.Facts["vouchers"]) || !says(c, "total", e.Facts["total"])) {
		w.alarm(e, "What was agreed to is a lot of other vouchers.")
	}
	if !d.rule.Postings {
		return nil
	}
	for _, p := range e.Postings {
		if !covers(c, e, p) {
			w.alarm(e, "%s moved from %s to %s, which was not agreed to.", p.Amount, p.Debit, p.Credit)
		}
	}
	return nil
}

func says(c access.Content, key, value string) bool {
	return slices.ContainsFunc(c.Lines, func(l access.Line) bool { return len(l) == 2 && l[0] == key && l[1] == value })
}

// covers reports whether content names a posting.
func covers(c access.Content, e ledger.Entry, p ledger.Posting) bool {
	return slices.ContainsFunc(c.Lines, func(l access.Line) bool {
		switch {
		case l[0] == "posting" && len(l) == 4:
			return l[1] == string(p.Debit) && l[2] == string(p.Credit) && l[3] == p.Amount.String()
		case l[0] == "payment" && len(l) == 7: // reference, vendor, round, amount, kept, claim
			return l[1] == e.Ref && p.Debit == ledger.Claimed(l[2]) && p.Credit == ledger.Transit(c.ID) && l[4] == p.Amount.String()
		}
		return false
	})
}
