package monitor_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sys/unix"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/ledgertest"
	"github.com/jate-cva/jate/ledger/monitor"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
)

const (
	origin = "ngo.example/mali"
	round  = "r1"
	lotID  = "lot-1"
	digest = "the-manifest"
)

// server is a journal, and a key that signs whatever is asked of it.
type server struct {
	t      testing.TB
	store  ledger.Store
	signer note.Signer
	log    monitor.Log
}

func newServer(t testing.TB) *server {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return &server{t: t, store: mem.Open(ledgertest.Clock()).Ledger(), signer: s, log: monitor.Log{Origin: origin, Key: v}}
}

// fork is another journal under the same key.
func (s *server) fork() *server {
	f := *s
	f.store = mem.Open(ledgertest.Clock()).Ledger()
	return &f
}

var staff = ledger.Actor{Role: "issuer", Name: "p1"}

func (s *server) post(entries ...ledger.Entry) {
	s.t.Helper()
	err := s.store.Update(s.t.Context(), func(tx ledger.Tx) error {
		for _, e := range entries {
			e.Actor = staff
			for _, p := range e.Postings {
				if e.Kind == ledger.KindIssue {
					salt := sha256.Sum256([]byte(p.Credit))
					if err := tx.PutVoucherSalt(p.Credit, salt[:16]); err != nil {
						return err
					}
				}
			}
			if _, err := ledger.Post(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func entry(k ledger.Kind, ref string, debit, credit ledger.Account, francs int64) ledger.Entry {
	return ledger.Entry{Kind: k, Round: round, Ref: ref, Postings: []ledger.Posting{{Debit: debit, Credit: credit, Amount: money.Francs(francs)}}}
}

func voucher(n int) ledger.Account { return ledger.Voucher("h1", fmt.Sprintf("%016d", n)) }

func issue(n int) ledger.Entry {
	return entry(ledger.KindIssue, lotID, ledger.Round(round), voucher(n), 5000)
}

func redeem(n int) ledger.Entry {
	return entry(ledger.KindRedeem, fmt.Sprintf("receipt-%d", n), voucher(n), ledger.Redeemed("v1"), 5000)
}

func manifested() ledger.Entry {
	return ledger.Entry{Kind: ledger.KindDecision, Round: round, Ref: lotID, Facts: map[string]string{"what": "issue-lot", "manifest": digest}}
}

// with is the entry with one more fact.
func with(e ledger.Entry, k, v string) ledger.Entry {
	e.Facts = map[string]string{k: v}
	return e
}

// funded begins a round.
func funded() []ledger.Entry {
	return []ledger.Entry{entry(ledger.KindFund, "", ledger.Bank("b"), ledger.Fund("f"), 1_000_000),
		entry(ledger.KindAllocate, "", ledger.Fund("f"), ledger.Round(round), 900_000)}
}

// said is what the manifest of three vouchers and two spares says.
func said() []monitor.Lot {
	return []monitor.Lot{{ID: lotID, Round: round, Count: 3, Spares: 2, Total: []money.Amount{money.Francs(15_000)}, Digest: digest}}
}

func (s *server) leaves() [][]byte {
	s.t.Helper()
	l, err := ledger.New(s.store).Leaves(s.t.Context(), ledger.LeavesQuery{To: 1 << 62})
	if err != nil {
		s.t.Fatal(err)
	}
	return bytes.SplitAfter(bytes.TrimSuffix(l.Lines, []byte("\n")), []byte("\n"))
}

// checkpoint signs whatever the journal is: there is no guard.
func (s *server) checkpoint() string {
	s.t.Helper()
	var c ledger.Checkpoint
	err := s.store.View(s.t.Context(), func(tx ledger.Tx) (err error) {
		c, err = ledger.NewNotary(origin, filepath.Join(s.t.TempDir(), "guard.json"), s.signer).Sign(tx)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c.Note
}

// run has the monitor verify the server as it is.
func run(m *monitor.Monitor, s *server, lots []monitor.Lot) error {
	c, err := m.Open(s.checkpoint())
	if err != nil {
		return err
	}
	if old := m.Before().Size; old > 0 {
		proof, err := ledger.New(s.store).Consistency(s.t.Context(), ledger.ConsistencyQuery{Old: old, New: c.Size})
		if err != nil {
			return err
		}
		if err := m.Extends(c, proof.Proof); err != nil {
			return err
		}
	}
	return unproved(m, s, c, lots)
}

// unproved is run where nobody proves that the log only grew.
func unproved(m *monitor.Monitor, s *server, c ledger.Checkpoint, lots []monitor.Lot) error {
	for i, line := range s.leaves() {
		if uint64(i) < m.Size() || uint64(i) >= c.Size {
			continue
		}
		if err := m.Add(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return err
		}
	}
	_, err := m.Finish(c, lots)
	return err
}

// later is the monitor of the next run.
func later(t testing.TB, m *monitor.Monitor, log monitor.Log) *monitor.Monitor {
	t.Helper()
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again, err := monitor.Resume(log, b)
	if err != nil {
		t.Fatal(err)
	}
	if again.Size() != m.Size() || again.Before().Note != m.Before().Note {
		t.Fatal("resumed elsewhere")
	}
	return again
}

// A round that keeps the rules is ok in one run and in many, with an issue that
// was interrupted, spares and a reissue.
func TestMonitor(t *testing.T) {
	s := newServer(t)
	m := monitor.New(s.log)
	void := with(entry(ledger.KindVoid, lotID, voucher(90), ledger.Round(round), 5000), "reason", "issue-interrupted")
	for _, step := range [][]ledger.Entry{funded(), {issue(90)}, {void}, {issue(1), issue(2)}, {issue(3), manifested()}, {redeem(1), redeem(2)},
		{with(issue(4), "proposed-by", "p2")},
		{with(entry(ledger.KindVoid, lotID, voucher(3), ledger.Round(round), 5000), "reason", "lost")},
		{with(entry(ledger.KindReissue, lotID, voucher(4), voucher(4)+"5", 5000), "proposed-by", "p2")}} {
		for _, e := range step {
			if e.Kind == ledger.KindReissue {
				s.salt(voucher(4) + "5")
			}
		}
		s.post(step...)
		if m.Size() > 0 {
			m = later(t, m, s.log)
		}
		if err := run(m, s, said()); err != nil {
			t.Fatalf("after %d entries: %v", m.Size(), err)
		}
		if err := run(monitor.New(s.log), s, said()); err != nil {
			t.Fatalf("from the start, %d entries: %v", m.Size(), err)
		}
		if err := run(m, s, said()); err != nil { // nothing new
			t.Fatal(err)
		}
	}
}

func (s *server) salt(a ledger.Account) {
	s.t.Helper()
	err := s.store.Update(s.t.Context(), func(tx ledger.Tx) error { return tx.PutVoucherSalt(a, make([]byte, 16)) })
	if err != nil {
		s.t.Fatal(err)
	}
}

// What the log's key signed over a history that was verified otherwise is
// found, however it was changed, and so is a journal that became shorter.
func TestMonitor_rewritten(t *testing.T) {
	honest := append(funded(), issue(1), issue(2), issue(3), manifested(), redeem(1), redeem(2))
	s := newServer(t)
	s.post(honest...)
	m := monitor.New(s.log)
	if err := run(m, s, said()); err != nil {
		t.Fatal(err)
	}
	other := func(change func([]ledger.Entry) []ledger.Entry) *server {
		f := s.fork()
		f.post(change(append([]ledger.Entry{}, honest...))...)
		return f
	}
	more := redeem(3)
	for name, tt := range map[string]struct {
		change func([]ledger.Entry) []ledger.Entry
		want   error
	}{
		"nothing changed": {func(es []ledger.Entry) []ledger.Entry { return append(es, more) }, nil},
		"an amount": {func(es []ledger.Entry) []ledger.Entry {
			es[0] = entry(ledger.KindFund, "", ledger.Bank("b"), ledger.Fund("f"), 2_000_000)
			return append(es, more)
		}, monitor.ErrRewritten},
		"a vendor": {func(es []ledger.Entry) []ledger.Entry {
			es[6] = entry(ledger.KindRedeem, "receipt-1", voucher(1), ledger.Redeemed("v9"), 5000)
			return append(es, more)
		}, monitor.ErrRewritten},
		"two swapped":      {func(es []ledger.Entry) []ledger.Entry { es[6], es[7] = es[7], es[6]; return append(es, more) }, monitor.ErrRewritten},
		"one inserted":     {func(es []ledger.Entry) []ledger.Entry { return slices.Insert(es, 6, more) }, monitor.ErrRewritten},
		"the end dropped":  {func(es []ledger.Entry) []ledger.Entry { return es[:6] }, monitor.ErrRolledBack},
		"the end replaced": {func(es []ledger.Entry) []ledger.Entry { return append(es[:7], more, redeem(2)) }, monitor.ErrRewritten},
		"as long, changed": {func(es []ledger.Entry) []ledger.Entry { return append(es[:7], more) }, monitor.ErrRewritten},
	} {
		t.Run(name, func(t *testing.T) {
			f := other(tt.change)
			if err := run(later(t, m, s.log), f, said()); !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("%v, want %v", err, tt.want)
			}
			// Without a proof the first thing wrong depends on the change.
			again := later(t, m, s.log)
			c, err := again.Open(f.checkpoint())
			if err == nil {
				err = unproved(again, f, c, said())
			}
			if (err == nil) != (tt.want == nil) {
				t.Errorf("without a proof: %v", err)
			}
		})
	}
}

// A lot that is not its manifest is found.
func TestMonitor_manifests(t *testing.T) {
	lot := slices.Clip(append(funded(), issue(1), issue(2), issue(3)))
	other := func(change func(*monitor.Lot)) []monitor.Lot {
		l := said()
		change(&l[0])
		return l
	}
	rice, err := money.ParseAsset("RICE-KG/0")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		entries []ledger.Entry
		lots    []monitor.Lot
		ok      bool
	}{
		"as it says":           {append(lot, manifested()), said(), true},
		"being issued":         {lot, nil, true},
		"not compared":         {append(lot, issue(4), manifested()), nil, true},
		"one voucher more":     {append(lot, issue(4), manifested()), said(), false},
		"one voucher less":     {append(lot[:4:4], manifested()), said(), false},
		"after the manifest":   {append(lot, manifested(), issue(4)), said(), false},
		"issued twice":         {append(lot, manifested(), manifested()), said(), false},
		"no manifest":          {append(lot, manifested()), []monitor.Lot{}, false},
		"another manifest":     {append(lot, manifested()), other(func(l *monitor.Lot) { l.Digest = "x" }), false},
		"another round":        {append(lot, manifested()), other(func(l *monitor.Lot) { l.Round = "r2" }), false},
		"another count":        {append(lot, manifested()), other(func(l *monitor.Lot) { l.Count = 2 }), false},
		"another total":        {append(lot, manifested()), other(func(l *monitor.Lot) { l.Total[0] = money.Francs(1) }), false},
		"another asset":        {append(lot, manifested()), other(func(l *monitor.Lot) { l.Total = append(l.Total, money.FromMinor(1, rice)) }), false},
		"no total":             {append(lot, manifested()), other(func(l *monitor.Lot) { l.Total = nil }), false},
		"two spares":           {append(lot, manifested(), with(issue(4), "proposed-by", "p2"), with(issue(5), "proposed-by", "p2")), said(), true},
		"more spares than are": {append(lot, manifested(), with(issue(4), "proposed-by", "p2"), with(issue(5), "proposed-by", "p2"), with(issue(6), "proposed-by", "p2")), said(), false},
		"issued for days without one": {append(lot, with(ledger.Entry{Kind: ledger.KindDecision,
			From: ledgertest.Clock()(), To: ledgertest.Clock()()}, "what", "later")), []monitor.Lot{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			if name == "issued for days without one" {
				clock := ledgertest.Clock()
				days := time.Duration(0)
				s.store = mem.Open(func() time.Time { return clock().Add(days) }).Ledger()
				s.post(tt.entries[:5]...)
				days = 25 * time.Hour
				s.post(tt.entries[5:]...)
			} else {
				s.post(tt.entries...)
			}
			if err := run(monitor.New(s.log), s, tt.lots); (err == nil) != tt.ok || err != nil && !errors.Is(err, monitor.ErrManifest) {
				t.Errorf("%v", err)
			}
		})
	}
}

// Leaves that are not those of the checkpoint, one more, one less, or changed
// on the way, are found; so is a checkpoint that others have not cosigned.
func TestMonitor_leaves(t *testing.T) {
	s := newServer(t)
	s.post(append(funded(), issue(1), redeem(1))...)
	signed := s.checkpoint()
	leaves := s.leaves()
	try := func(leaves [][]byte) error {
		m := monitor.New(s.log)
		c, err := m.Open(signed)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range leaves {
			if err := m.Add(bytes.TrimSuffix(l, []byte("\n"))); err != nil {
				return err
			}
		}
		_, err = m.Finish(c, nil)
		return err
	}
	if err := try(leaves); err != nil {
		t.Error(err)
	}
	if err := try(leaves[:3]); !errors.Is(err, monitor.ErrRewritten) {
		t.Errorf("one less: %v", err)
	}
	changed := append([][]byte{}, leaves...)
	changed[0] = bytes.ReplaceAll(leaves[0], []byte("1000000"), []byte("1000001"))
	if err := try(changed); !errors.Is(err, monitor.ErrRewritten) {
		t.Errorf("changed: %v", err)
	}
	for name, leaf := range map[string][]byte{"twice": leaves[3], "garbage": []byte("{}"), "nothing": nil} {
		if _, broken := errors.AsType[*ledger.Broken](try(append(leaves[:4:4], leaf))); !broken {
			t.Errorf("%s was taken", name)
		}
	}
	_, stranger := newServer(t), newServer(t).log.Key
	if _, err := monitor.New(monitor.Log{Origin: origin, Key: s.log.Key, Witnesses: []note.Verifier{stranger}}).Open(signed); err == nil {
		t.Error("a checkpoint without its witness was opened")
	}
	if _, err := monitor.New(monitor.Log{Origin: origin, Key: stranger}).Open(signed); err == nil {
		t.Error("a checkpoint of another key was opened")
	}
}

// A state that is damaged, of another log, or of leaves that were not verified
// is refused.
func TestResume(t *testing.T) {
	s := newServer(t)
	s.post(append(funded(), issue(1), redeem(1))...)
	m := monitor.New(s.log)
	if err := run(m, s, nil); err != nil {
		t.Fatal(err)
	}
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, 40, len(b) / 2, len(b) - 1} {
		bad := bytes.Clone(b)
		bad[at] ^= 1
		if _, err := monitor.Resume(s.log, bad); !errors.Is(err, monitor.ErrState) {
			t.Errorf("byte %d changed: %v", at, err)
		}
	}
	for _, cut := range [][]byte{nil, b[:31], b[:32], b[:len(b)-1]} {
		if _, err := monitor.Resume(s.log, cut); !errors.Is(err, monitor.ErrState) {
			t.Errorf("%d bytes: %v", len(cut), err)
		}
	}
	if _, err := monitor.Resume(newServer(t).log, b); !errors.Is(err, monitor.ErrState) {
		t.Errorf("another key: %v", err)
	}
	if _, err := monitor.Resume(monitor.Log{Origin: "ngo.example/niger", Key: s.log.Key}, b); !errors.Is(err, monitor.ErrState) {
		t.Errorf("another log: %v", err)
	}
	s.post(issue(2))
	if err := m.Add(bytes.TrimSuffix(s.leaves()[4], []byte("\n"))); err != nil {
		t.Fatal(err)
	}
	if _, err := m.MarshalBinary(); !errors.Is(err, monitor.ErrState) {
		t.Errorf("leaves that were not verified are kept: %v", err)
	}
}

// sales returns the leaves of a fund, a round, and so many vouchers issued and
// redeemed, in chunks of ten.
func sales(vouchers int) []byte {
	const stamp = "2026-11-22T08:00:00Z"
	var b bytes.Buffer
	seq := 0
	leaf := func(kind ledger.Kind, facts, ref, postings string) {
		in := `,"round":"` + round + `"`
		if kind == ledger.KindFund {
			in = ""
		}
		fmt.Fprintf(&b, `{"actor":{"name":"rules","role":"server"},%s"from":%q,"kind":%q,"posted":%q,"postings":[%s],"ref":%q%s,"seq":"%d","to":%q,"v":"1"}`+"\n",
			facts, stamp, string(kind), stamp, postings, ref, in, seq, stamp)
		seq++
	}
	posting := func(francs int, credit, debit ledger.Account) string {
		return fmt.Sprintf(`{"amount":"%d","asset":"XOF/0","credit":%q,"debit":%q}`, francs, string(credit), string(debit))
	}
	name := func(n int) ledger.Account {
		salt := sha256.Sum256(fmt.Append(nil, n))
		return ledger.Pseudonym(salt[:16], fmt.Sprint(n))
	}
	leaf(ledger.KindFund, "", "pledge-1", posting(vouchers*5000, ledger.Fund("f"), ledger.Bank("b")))
	leaf(ledger.KindAllocate, "", "approval-1", posting(vouchers*5000, ledger.Round(round), ledger.Fund("f")))
	for n := range vouchers {
		leaf(ledger.KindIssue, "", lotID, posting(5000, name(n), ledger.Round(round)))
	}
	for n := range vouchers {
		leaf(ledger.KindRedeem, `"facts":{"handheld":"hh-17","price":"5000"},`, fmt.Sprintf("%064d", n),
			posting(5000, ledger.Redeemed(fmt.Sprintf("v%d", n%50)), name(n)))
	}
	return b.Bytes()
}

// BenchmarkMonitor audits 200,002 leaves in each round. cpu-ns/leaf is the time
// that the process had the processor, so that others on it do not count.
func BenchmarkMonitor(b *testing.B) {
	const vouchers = 100_000
	lines := sales(vouchers)
	log := newServer(b).log
	b.SetBytes(int64(len(lines)))
	b.ReportAllocs()
	began := cpu(b)
	for b.Loop() {
		m := monitor.New(log)
		for rest := lines; len(rest) > 0; {
			var line []byte
			line, rest, _ = bytes.Cut(rest, []byte("\n"))
			if err := m.Add(line); err != nil {
				b.Fatal(err)
			}
		}
		if m.Size() != 2*vouchers+2 {
			b.Fatalf("%d leaves", m.Size())
		}
	}
	leaves := int64(b.N) * (2*vouchers + 2)
	b.ReportMetric(float64((cpu(b)-began).Nanoseconds()/leaves), "cpu-ns/leaf")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds()/leaves), "ns/leaf")
}

func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// The benchmark's leaves are leaves.
func TestSales(t *testing.T) {
	lines := sales(100)
	m := monitor.New(newServer(t).log)
	for line := range strings.Lines(string(lines)) {
		if err := m.Add([]byte(strings.TrimSuffix(line, "\n"))); err != nil {
			t.Fatal(err)
		}
	}
	if m.Size() != 202 {
		t.Errorf("%d leaves", m.Size())
	}
}
