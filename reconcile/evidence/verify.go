package evidence

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// Facts of entries that the pack is compared with.
const (
	FactCase     = "case"            // that money is moved for
	FactWhat     = "what"            // was decided
	FactFindings = "findings-sha256" // Digest of all of the case's findings then
	FactSubject  = "subject"         // what a document was attached to
)

// EventOf says what an entry did for its case. In a leaf vouchers go by their
// pseudonyms, and nothing of them is in an event.
func EventOf(e ledger.Entry) (Event, error) {
	ev := Event{Entry: Entry(e.Seq), At: e.Posted, Kind: e.Kind, Role: e.Actor.Role, Actor: e.Actor.Name, Ref: e.Ref, Facts: map[string]string{}}
	for k, v := range e.Facts {
		switch k {
		case FactWhat:
			ev.What = v
		case FactCase:
		default:
			ev.Facts[k] = v
		}
	}
	for _, p := range e.Postings {
		switch {
		case ev.Amount == nil:
			ev.Amount = &p.Amount
		case p.Amount.Asset() == ev.Amount.Asset():
			sum, err := ev.Amount.Add(p.Amount)
			if err != nil {
				return Event{}, err
			}
			ev.Amount = &sum
		}
	}
	return ev, nil
}

// Verify returns the checkpoint of the pack, once the log with the origin has
// signed it, each of the witnesses has cosigned it, every entry is in it, and
// the pack says nothing else than these entries. It returns ErrPack where it
// does, and other errors where the checkpoint is not believed.
func (p Pack) Verify(origin string, log note.Verifier, witnesses ...note.Verifier) (ledger.Checkpoint, error) {
	c, err := ledger.OpenCheckpoint(p.Checkpoint, origin, log, witnesses...)
	if err != nil {
		return ledger.Checkpoint{}, err
	}
	v := verifier{pack: p, leaves: map[Entry]ledger.Entry{}, frozen: map[string]int{}, ended: map[string]int{}, charged: map[string]int{}}
	for _, step := range []func() error{func() error { return v.included(c) }, v.history, v.findings, v.redemptions, v.claims, v.documents, v.sums} {
		if err := step(); err != nil {
			return ledger.Checkpoint{}, err
		}
	}
	return c, nil
}

// verifier compares a pack with the leaves that it proves.
type verifier struct {
	pack    Pack
	leaves  map[Entry]ledger.Entry
	frozen  map[string]int // freezes by the redemption they are of
	ended   map[string]int // their ends
	charged map[string]int
}

func (v *verifier) included(c ledger.Checkpoint) error {
	if len(v.pack.Leaves) > entriesMax {
		return ErrPack.At("leaves", "more than %d", entriesMax)
	}
	for _, l := range v.pack.Leaves {
		where := "leaves." + l.Entry.ref()
		if uint64(l.Entry) >= c.Size {
			return ErrPack.At(where, "the log had %d entries", c.Size)
		}
		var proof tlog.RecordProof
		for _, text := range l.Proof {
			h, err := tlog.ParseHash(text)
			if err != nil {
				return ErrPack.At(where, "a hash is no hash")
			}
			proof = append(proof, h)
		}
		if err := tlog.CheckRecord(proof, int64(c.Size), c.Root, int64(l.Entry), tlog.RecordHash([]byte(l.Text))); err != nil {
			return ErrPack.At(where, "this entry of the log is another one")
		}
		e, err := ledger.ParseLeaf([]byte(l.Text))
		if err != nil || e.Seq != uint64(l.Entry) {
			return ErrPack.At(where, "not the leaf of this entry")
		}
		v.leaves[l.Entry] = e
	}
	return nil
}

// history compares what is said to have been done with the leaves.
func (v *verifier) history() error {
	id := v.pack.Case.ID
	last := -1
	for _, ev := range v.pack.History {
		where := "history." + ev.Entry.ref()
		e, ok := v.leaves[ev.Entry]
		if !ok {
			return ErrPack.At(where, "its leaf is missing")
		}
		if int(ev.Entry) <= last || e.Ref != id && e.Facts[FactCase] != id && e.Facts[FactSubject] != "case:"+id {
			return ErrPack.At(where, "out of order, or not about the case")
		}
		last = int(ev.Entry)
		want, err := EventOf(e)
		if err != nil {
			return err
		}
		if !same(want, ev) {
			return ErrPack.At(where, "the log says something else")
		}
		switch e.Kind {
		case ledger.KindFreeze:
			v.frozen[e.Ref]++
		case ledger.KindRelease:
			v.ended[e.Ref]++
		case ledger.KindOwe:
			v.charged[e.Ref]++
		}
	}
	if len(v.pack.History) == 0 {
		return ErrPack.At("history", "there is none")
	}
	return nil
}

// same compares by what is written.
func same(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

// findings compares them with what was journalled when they came.
func (v *verifier) findings() error {
	known := 0
	for _, ev := range v.pack.History {
		want, ok := ev.Facts[FactFindings]
		if !ok {
			continue
		}
		n, err := strconv.Atoi(ev.Facts["findings"])
		if err != nil || n < known || n > len(v.pack.Findings) {
			return ErrPack.At("findings", "the log had %.10q of them in entry %d", ev.Facts["findings"], ev.Entry)
		}
		sum, err := Digest(v.pack.Findings[:n])
		if err != nil {
			return err
		}
		if hex.EncodeToString(sum[:]) != want {
			return ErrPack.At("findings", "not those that entry %d names", ev.Entry)
		}
		known = n
	}
	if known != len(v.pack.Findings) || known == 0 {
		return ErrPack.At("findings", "%d, of which the log knows %d", len(v.pack.Findings), known)
	}
	for _, f := range v.pack.Findings {
		if v.pack.Case.Vendor != "" && f.Vendor != v.pack.Case.Vendor || f.Round != v.pack.Case.Round {
			return ErrPack.At("findings."+f.ID, "about another trader or round")
		}
	}
	return nil
}

// redemptions compares each with its leaf and with what the case did to it.
func (v *verifier) redemptions() error {
	named := map[string]bool{}
	for _, f := range v.pack.Findings {
		for _, ref := range f.Evidence {
			named[ref] = true
		}
	}
	for _, r := range v.pack.Redemptions {
		where := "redemptions." + r.Entry.ref()
		e, ok := v.leaves[r.Entry]
		if !ok {
			return ErrPack.At(where, "its leaf is missing")
		}
		if !named[r.Entry.ref()] {
			return ErrPack.At(where, "no finding names it")
		}
		if !v.sale(e, r) {
			return ErrPack.At(where, "the log says something else")
		}
		if n := v.frozen[r.Entry.ref()]; n > 1 || r.Frozen != (n == 1) {
			return ErrPack.At(where, "frozen %d times by the log", n)
		}
		// A redemption that was undone meanwhile ends without an entry of the case.
		if r.Outcome == "" && v.ended[r.Entry.ref()] > 0 || r.Outcome != "" && !r.Frozen && !r.Paid {
			return ErrPack.At(where, "it ended otherwise")
		}
		if n := v.charged[r.Entry.ref()]; n > 1 || (r.Outcome == "charged") != (n == 1) || n == 1 && !r.Paid || r.Paid && r.Frozen {
			return ErrPack.At(where, "charged %d times by the log", n)
		}
		delete(v.frozen, r.Entry.ref())
		delete(v.charged, r.Entry.ref())
	}
	for ref := range v.charged {
		return ErrPack.At("redemptions", "%s was charged and is not among them", ref)
	}
	for ref := range v.frozen {
		return ErrPack.At("redemptions", "%s was frozen and is not among them", ref)
	}
	return nil
}

// sale reports whether a leaf is the redemption.
func (v *verifier) sale(e ledger.Entry, r Redemption) bool {
	if e.Kind != ledger.KindRedeem && e.Kind != ledger.KindAcceptLoss || len(e.Postings) != 1 {
		return false
	}
	p, voucher := e.Postings[0], ""
	if e.Kind == ledger.KindRedeem {
		voucher = string(p.Debit)
	}
	return p.Credit == ledger.Redeemed(cmp.Or(v.pack.Case.Vendor, r.Vendor)) && (r.Vendor == "" || v.pack.Case.Vendor == "") && e.Round == v.pack.Case.Round && e.Kind == r.Kind && e.Ref == r.Receipt &&
		voucher == r.Voucher && p.Amount.Equal(r.Amount) && e.From.Equal(r.From) && e.To.Equal(r.To)
}

func (v *verifier) claims() error {
	for _, c := range v.pack.Claims {
		if c.Entry == nil {
			continue
		}
		e, ok := v.leaves[*c.Entry]
		if !ok || e.Kind != ledger.KindClaim || e.Ref != c.ID || e.Round != v.pack.Case.Round {
			return ErrPack.At("claims."+c.ID, "entry %d did not accept it", *c.Entry)
		}
	}
	return nil
}

// sums compares the case with what its latest decision says of it.
func (v *verifier) sums() error {
	c := v.pack.Case
	for i := len(v.pack.History) - 1; i >= 0; i-- {
		f := v.pack.History[i].Facts
		if v.pack.History[i].Kind != ledger.KindDecision || v.pack.History[i].What == whatAttached {
			continue
		}
		if f["vendor"] != c.Vendor || f["value"] != c.Value.Text() || f["frozen"] != c.Frozen.Text() {
			return ErrPack.At("case", "its trader or sums are not those of entry %d", v.pack.History[i].Entry)
		}
		for name, m := range map[string]*money.Amount{"charged": c.Charged, "recovered": c.Recovered, "given-up": c.GivenUp} {
			if text := f[name]; m == nil && text != "" || m != nil && m.Text() != text {
				return ErrPack.At("case", "what was %s is not that of entry %d", name, v.pack.History[i].Entry)
			}
		}
		if state, ok := f["state"]; ok && state != c.State {
			return ErrPack.At("case", "it is %s by entry %d", state, v.pack.History[i].Entry)
		}
		return nil
	}
	return ErrPack.At("history", "nothing was decided")
}
