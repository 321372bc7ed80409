// Package monitor recomputes a server's journal from its leaves, for somebody
// who does not have to believe the server: a donor, an auditor, a monitor.
//
// One pass over the leaves finds the first that is not canonical, not the next
// one, or breaks a rule of the ledger (ledger.Auditor): debits that differ from
// credits, an account below zero, a voucher redeemed twice. At the end the
// root must be that of the signed checkpoint, what each round was given must be
// there or spent, and each lot must hold what its manifest says, which the root
// key signed away from the server.
//
// What was verified is kept, so that the next run continues there. That run
// cannot succeed unless the journal begins with what was verified before: its
// root is computed from the old one.
package monitor

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// Errors of a monitor; a leaf that breaks a rule is a *ledger.Broken.
var (
	ErrRolledBack = fault.New(fault.Conflict, "monitor_rolled_back",
		"The journal is shorter than what was verified before.",
		"Le journal est plus court que ce qui a été vérifié.")
	ErrRewritten = fault.New(fault.Conflict, "monitor_rewritten",
		"The leaves do not give the root that was signed: they, or those verified before, were rewritten.",
		"Les feuilles ne donnent pas la racine signée : elles, ou celles vérifiées avant, ont été réécrites.")
	ErrManifest = fault.New(fault.Conflict, "monitor_manifest",
		"A lot is not what its manifest says.",
		"Un lot n'est pas ce que dit son manifeste.")
	ErrState = fault.New(fault.Invalid, "monitor_state",
		"The state of the monitor is damaged or of another log. Begin again from the first leaf.",
		"L'état du contrôleur est abîmé ou d'un autre journal. Recommencez à la première feuille.")
)

// issuingMax is how long a lot may be issued without a manifest. Signing a
// million vouchers takes minutes; an interrupted issue is begun again.
const issuingMax = 24 * time.Hour

// Lot is what a manifest says, once its signature was verified.
type Lot struct {
	ID, Round     string
	Count, Spares int
	Total         []money.Amount // of the vouchers issued, spares not included
	Digest        string         // of the manifest, as the journal names it
}

// Log is whose checkpoints are believed.
type Log struct {
	Origin    string
	Key       note.Verifier
	Witnesses []note.Verifier // each must have cosigned
}

// Monitor follows one journal.
type Monitor struct {
	log     Log
	auditor *ledger.Auditor
	lots    map[string]*lot
	posted  time.Time         // of the last entry
	before  ledger.Checkpoint // that was verified; Size 0 if there is none
	tell    func(ledger.Entry)
}

// lot is what the leaves say of one.
type lot struct {
	Round   string
	Count   int              // vouchers issued, less those of an interrupted issue
	Value   map[string]int64 // by asset, in minor units
	Added   int              // spares that were issued or reissued since
	Digest  string           // of the manifest that the journal names; "" until it does
	Started time.Time        // the first entry
}

// New returns a monitor that has seen nothing.
func New(log Log) *Monitor {
	return &Monitor{log: log, auditor: ledger.NewAuditor(), lots: map[string]*lot{}}
}

// Tell has a function be told of each entry that is added from here on.
func (m *Monitor) Tell(fn func(ledger.Entry)) { m.tell = fn }

// Size returns the number of leaves that were added.
func (m *Monitor) Size() uint64 { return m.auditor.Size() }

// Before returns the checkpoint that the last run verified; its size is 0 where
// there was none.
func (m *Monitor) Before() ledger.Checkpoint { return m.before }

// Open verifies a checkpoint's signatures. It returns ErrRolledBack if it is of
// fewer leaves than were added.
func (m *Monitor) Open(signed string) (ledger.Checkpoint, error) {
	c, err := ledger.OpenCheckpoint(signed, m.log.Origin, m.log.Key, m.log.Witnesses...)
	if err != nil {
		return ledger.Checkpoint{}, err
	}
	if c.Size < m.Size() {
		return ledger.Checkpoint{}, ErrRolledBack.At("size", "%d entries, but %d were verified", c.Size, m.Size())
	}
	return c, nil
}

// Extends verifies by a proof (RFC 6962, 2.1.2) that the journal of the
// checkpoint begins with what the last run verified. Finish finds it too, but
// only after every leaf, and cannot tell a past that was rewritten from leaves
// that are wrong. It returns ErrRewritten.
func (m *Monitor) Extends(c ledger.Checkpoint, proof tlog.TreeProof) error {
	if err := ledger.CheckConsistency(m.before, c, proof); err != nil {
		return ErrRewritten.At("root", "the first %d of %d entries are not those that were verified", m.before.Size, c.Size)
	}
	return nil
}

// Add audits the next leaf.
func (m *Monitor) Add(leaf []byte) error {
	e, err := m.auditor.Add(leaf)
	if err != nil {
		return err
	}
	m.posted = e.Posted
	if m.tell != nil {
		m.tell(e)
	}
	switch e.Kind {
	case ledger.KindIssue, ledger.KindVoid, ledger.KindReissue:
		return m.count(e)
	case ledger.KindDecision:
		if e.Facts["what"] == "issue-lot" {
			return m.issued(e)
		}
	}
	return nil
}

// count adds what an entry does to its lot.
func (m *Monitor) count(e ledger.Entry) error {
	l := m.lots[e.Ref]
	if l == nil {
		l = &lot{Round: e.Round, Value: map[string]int64{}, Started: e.Posted}
		m.lots[e.Ref] = l
	}
	if l.Round != e.Round {
		return ErrManifest.At("lot", "entry %d: lot %s is of round %s, not %s", e.Seq, e.Ref, l.Round, e.Round)
	}
	sign := int64(1)
	switch {
	case e.Facts["proposed-by"] != "": // a spare that two people issued
		l.Added += len(e.Postings)
		return nil
	case e.Kind == ledger.KindVoid && e.Facts["reason"] == "issue-interrupted" && l.Digest == "":
		sign = -1
	case e.Kind != ledger.KindIssue:
		return nil // value that a voucher of the lot has had
	}
	if l.Digest != "" {
		return ErrManifest.At("lot", "entry %d changes lot %s after its manifest was signed", e.Seq, e.Ref)
	}
	l.Count += int(sign) * len(e.Postings)
	for _, p := range e.Postings {
		asset := p.Amount.Asset().String()
		sum, ok := money.AddMinor(l.Value[asset], sign*p.Amount.Minor())
		if !ok {
			return ErrManifest.At("lot", "entry %d: the value of lot %s does not fit in 64 bits", e.Seq, e.Ref)
		}
		l.Value[asset] = sum
	}
	return nil
}

// issued notes which manifest the journal names for a lot.
func (m *Monitor) issued(e ledger.Entry) error {
	l := m.lots[e.Ref]
	if l == nil { // a lot of spares alone
		l = &lot{Round: e.Round, Value: map[string]int64{}, Started: e.Posted}
		m.lots[e.Ref] = l
	}
	if l.Digest != "" {
		return ErrManifest.At("lot", "entry %d issues lot %s again", e.Seq, e.Ref)
	}
	if l.Digest = e.Facts["manifest"]; l.Digest == "" {
		return ErrManifest.At("lot", "entry %d names no manifest of lot %s", e.Seq, e.Ref)
	}
	return nil
}

// Finish verifies that the leaves added are those of the checkpoint, which Open
// returned, that each round adds up, and that each lot is what its manifest
// says; nil manifests are not compared. It returns what became of each round.
func (m *Monitor) Finish(c ledger.Checkpoint, manifests []Lot) ([]ledger.RoundTotals, error) {
	if m.Size() != c.Size || m.auditor.Root() != c.Root {
		return nil, ErrRewritten.At("root", "%d leaves give %s, signed was %s of %d", m.Size(), m.auditor.Root(), c.Root, c.Size)
	}
	rounds, err := m.auditor.Rounds()
	if err != nil {
		return nil, err
	}
	if manifests != nil {
		if err := m.compare(manifests); err != nil {
			return nil, err
		}
	}
	m.before = c
	return rounds, nil
}

func (m *Monitor) compare(manifests []Lot) error {
	byID := map[string]Lot{}
	for _, l := range manifests {
		byID[l.ID] = l
	}
	for _, id := range slices.Sorted(maps.Keys(m.lots)) {
		l := m.lots[id]
		said, ok := byID[id]
		if l.Digest == "" && m.posted.Sub(l.Started) <= issuingMax {
			continue // it is being issued, or was issued since the checkpoint
		}
		if l.Digest == "" || !ok {
			return ErrManifest.At("lot", "lot %s: %d vouchers were issued, and there is no manifest", id, l.Count)
		}
		if err := l.compare(id, said); err != nil {
			return err
		}
	}
	return nil
}

func (l *lot) compare(id string, said Lot) error {
	if l.Digest != said.Digest || l.Round != said.Round {
		return ErrManifest.At("lot", "lot %s: the journal names another manifest", id)
	}
	if l.Count != said.Count || l.Added > said.Spares {
		return ErrManifest.At("lot", "lot %s: %d vouchers and %d spares were issued, the manifest says %d and at most %d",
			id, l.Count, l.Added, said.Count, said.Spares)
	}
	value := maps.Clone(l.Value)
	for _, total := range said.Total {
		asset := total.Asset().String()
		if value[asset] != total.Minor() {
			return ErrManifest.At("lot", "lot %s: %s were issued, the manifest says %s", id, money.FromMinor(value[asset], total.Asset()), total)
		}
		delete(value, asset)
	}
	for asset, n := range value {
		if n != 0 {
			return ErrManifest.At("lot", "lot %s: %d %s were issued, of which the manifest says nothing", id, n, asset)
		}
	}
	return nil
}

// state is a monitor between two runs.
type state struct {
	Version int
	Origin  string
	Note    string
	Posted  time.Time
	Lots    map[string]*lot
	Auditor []byte
}

const stateVersion = 1

// MarshalBinary returns what was verified. Finish must have succeeded.
func (m *Monitor) MarshalBinary() ([]byte, error) {
	if m.before.Size != m.Size() {
		return nil, ErrState.At("size", "%d leaves were added, %d verified", m.Size(), m.before.Size)
	}
	a, err := m.auditor.MarshalBinary()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(make([]byte, sha256.Size))
	s := state{Version: stateVersion, Origin: m.log.Origin, Note: m.before.Note, Posted: m.posted, Lots: m.lots, Auditor: a}
	if err := gob.NewEncoder(&b).Encode(s); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b.Bytes()[sha256.Size:])
	copy(b.Bytes(), sum[:])
	return b.Bytes(), nil
}

// Resume returns the monitor that was marshalled. It returns ErrState for what
// is damaged, of another log, or does not hold what its checkpoint says.
func Resume(log Log, b []byte) (*Monitor, error) {
	if len(b) < sha256.Size || sha256.Sum256(b[sha256.Size:]) != [sha256.Size]byte(b[:sha256.Size]) {
		return nil, ErrState.At("state", "it is not what was written")
	}
	var s state
	if err := gob.NewDecoder(bytes.NewReader(b[sha256.Size:])).Decode(&s); err != nil {
		return nil, ErrState.At("state", "%v", err)
	}
	if s.Version != stateVersion || s.Origin != log.Origin {
		return nil, ErrState.At("origin", "version %d of %q", s.Version, s.Origin)
	}
	m := New(log)
	m.posted = s.Posted
	maps.Copy(m.lots, s.Lots)
	for _, l := range m.lots {
		if l.Value == nil {
			l.Value = map[string]int64{} // gob leaves out what is empty
		}
	}
	if err := m.auditor.UnmarshalBinary(s.Auditor); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	// Witnesses may have been added since; the log must have signed it.
	c, err := ledger.OpenCheckpoint(s.Note, log.Origin, log.Key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	if c.Size != m.Size() || c.Root != m.auditor.Root() {
		return nil, ErrState.At("root", "it is not that of its checkpoint")
	}
	m.before = c
	return m, nil
}
