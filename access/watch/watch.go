package watch

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// ErrState refuses a state that is damaged or of another programme.
var ErrState = fault.New(fault.Invalid, "watch_state",
	"What was verified of approvals is damaged or of another programme. Begin again from the first entry.",
	"Ce qui a été vérifié des approbations est abîmé ou d'un autre programme. Recommencez à la première écriture.")

// ErrWithheld is what a Source returns for what the server says is not there. Other
// errors of it are the network's, and end a run without an alarm.
var ErrWithheld = errors.New("the server does not show it")

// Source is where records, contents and keys are obtained.
type Source interface {
	Record(ctx context.Context, hash string) (grant.Record, error)
	Content(ctx context.Context, digest string) ([]byte, error)
	Keys(ctx context.Context) ([]grant.Keys, error)
}

// Config says what is watched.
type Config struct {
	Programme   string
	Besides     []string // programmes whose approvals other monitors verify
	Origin      string   // of the pages where people approve; that of the first approval where ""
	Development bool     // approvals without a passkey are no alarm
	// Log is the log's name, and Roots are the programme's root keys, by which a rescue is
	// signed; without them that is not verified.
	Log   string
	Roots []ed25519.PublicKey
}

// Alarm is something wrong with an entry.
type Alarm struct {
	Entry uint64
	Text  string // a plain sentence
}

// String says which entry it is, and what is wrong with it.
func (a Alarm) String() string { return fmt.Sprintf("entry %d: %s", a.Entry, a.Text) }

// Watch follows a journal's approvals.
type Watch struct {
	cfg    Config
	s      state
	due    []due
	alarms []Alarm
}

// due is an entry whose approval is to be looked at.
type due struct {
	entry ledger.Entry
	rule  Rule
}

// state is what later entries rest on.
type state struct {
	Version          int
	Size             uint64 // entries added
	Programme        string
	Origin           string
	Grants           []held
	Proved           map[string]proved   // by the record's hash
	Prepared         map[string]prepared // by digest, and by "case " and id
	Lots             map[string]agreed
	Exports          map[string]agreed
	Used             map[string]string // a record's hash: what it was used for
	Done             map[string]bool   // what was done by it
	Handed           map[string]string // by digest: who took over what waited when its preparer left; "" for withdrawn
	Besides          int
	FirstAdmin, Keys string
}

type proved struct {
	Seq       uint64
	Posted    time.Time
	Digest    string
	Programme string
	Name      string // of the entry's actor
}

type prepared struct{ Name, Ref string }

// agreed is a lot or an export that was approved.
type agreed struct {
	At            time.Time
	Count, Total  string
	Started, Done bool
}

const stateVersion = 1

// New returns a watch that has seen nothing.
func New(cfg Config) *Watch {
	return &Watch{cfg: cfg, s: state{Version: stateVersion, Programme: cfg.Programme, Origin: cfg.Origin, Proved: map[string]proved{},
		Prepared: map[string]prepared{}, Lots: map[string]agreed{}, Exports: map[string]agreed{}, Used: map[string]string{}, Done: map[string]bool{}, Handed: map[string]string{}}}
}

// Resume returns the watch that was marshalled.
func Resume(cfg Config, b []byte) (*Watch, error) {
	w := New(cfg)
	s := w.s
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(&s); err != nil || s.Version != stateVersion || s.Programme != cfg.Programme {
		return nil, ErrState
	}
	w.s = s
	return w, nil
}

// MarshalBinary returns what was verified. Check must have been called.
func (w *Watch) MarshalBinary() ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(w.s)
	return b.Bytes(), err
}

// FirstAdministrator returns the pseudonym of the programme's first administrator
// and the hash of the passkeys that all other approvals rest on.
func (w *Watch) FirstAdministrator() (person, keys string) { return w.s.FirstAdmin, w.s.Keys }

// Size returns the number of entries that were added.
func (w *Watch) Size() uint64 { return w.s.Size }

// Others returns how many approvals were of programmes of other monitors.
func (w *Watch) Others() int { return w.s.Besides }

func (w *Watch) alarm(e ledger.Entry, format string, args ...any) {
	w.alarms = append(w.alarms, Alarm{e.Seq, fmt.Sprintf(format, args...)})
}

// Add takes the next entry.
func (w *Watch) Add(e ledger.Entry) {
	w.s.Size++
	what := e.Facts["what"]
	digest := e.Facts["digest"]
	switch {
	case what == "approval-proved":
		w.s.Proved[e.Ref] = proved{e.Seq, e.Posted, digest, e.Facts["programme"], e.Actor.Name}
		return
	case what == "role-revoked":
		w.revoke(e)
	case what == "staff_rescue_asked" || what == "staff_rescue_code":
		w.rescued(e, what)
	case what == "order-handed-over" || what == "order-withdrawn":
		w.s.Handed[e.Facts["order"]] = e.Facts["to"]
	case what == "issue-lot":
		w.issued(e)
	case what == "export-persons":
		w.within(e, w.s.Exports, "A copy of an export of persons was taken")
	case what == "case-frozen":
		w.s.Prepared["case "+e.Ref] = prepared{e.Actor.Name, e.Ref}
	case e.Kind == ledger.KindIssue && e.Facts["proposed-by"] == "":
		w.issuing(e)
	}
	at, ok := RuleOf(e)
	if !ok {
		if e.Kind == ledger.KindDecision && digest != "" && e.Facts["proof"] == "" {
			w.s.Prepared[digest] = prepared{e.Actor.Name, e.Ref}
			delete(w.s.Handed, digest) // it is another's now
		}
		return
	}
	r := Rules[at]
	if r.Content == "grant" && !w.granted(e) {
		return
	}
	w.due = append(w.due, due{e, r})
	switch r.Content {
	case "lot":
		l := w.s.Lots[e.Ref]
		w.s.Lots[e.Ref] = agreed{At: e.Posted, Count: e.Facts["vouchers"], Total: e.Facts["total"], Started: l.Started, Done: l.Done}
	case "export":
		w.s.Exports[e.Ref] = agreed{At: e.Posted}
	}
}

// issuing looks whether a lot whose vouchers get value was approved not long before.
func (w *Watch) issuing(e ledger.Entry) {
	l, ok := w.s.Lots[e.Ref]
	switch {
	case l.Started, w.cfg.Development:
		return
	case !ok:
		w.alarm(e, "Vouchers of lot %s were issued, and nobody approved the lot.", e.Ref)
	case e.Posted.Sub(l.At) > access.ApprovalLife:
		w.alarm(e, "Vouchers of lot %s were issued more than 72 hours after it was approved.", e.Ref)
	}
	l.Started = true
	w.s.Lots[e.Ref] = l
}

// issued looks whether a lot's manifest states what was approved.
func (w *Watch) issued(e ledger.Entry) {
	l, ok := w.s.Lots[e.Ref]
	if w.cfg.Development {
		return
	}
	if !ok || l.At.IsZero() {
		w.alarm(e, "Lot %s has a manifest, and nobody approved it.", e.Ref)
		return
	}
	if e.Facts["count"] != l.Count {
		w.alarm(e, "Lot %s has %s vouchers, and %s were approved.", e.Ref, e.Facts["count"], l.Count)
	}
}

func (w *Watch) within(e ledger.Entry, all map[string]agreed, what string) {
	a, ok := all[e.Ref]
	if !ok {
		w.alarm(e, "%s (%s), and nobody approved it.", what, e.Ref)
	} else if e.Posted.Sub(a.At) > access.ApprovalLife {
		w.alarm(e, "%s (%s) more than 72 hours after it was approved.", what, e.Ref)
	}
}

// Check looks at the approvals of what was added, and returns every alarm. An error
// is the network's, or of ctx: then nothing is known yet, and the same entries are
// to be added again to the watch of before.
func (w *Watch) Check(ctx context.Context, from Source) ([]Alarm, error) {
	var keys []grant.Keys
	if len(w.due) > 0 && !w.cfg.Development {
		var err error
		if keys, err = from.Keys(ctx); err != nil && !errors.Is(err, ErrWithheld) {
			return nil, err
		}
	}
	for _, d := range w.due {
		if err := w.check(ctx, from, keys, d); err != nil {
			return nil, err
		}
	}
	alarms := w.alarms
	w.due, w.alarms = nil, nil
	return alarms, nil
}

func hexOf(sum [32]byte) string { return hex.EncodeToString(sum[:]) }
