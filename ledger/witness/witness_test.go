package witness_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/witness"
)

const origin = "ngo.example/mali"

// merkle is a log that may lie: whoever has its key can sign any leaves.
type merkle struct {
	t      testing.TB
	signer note.Signer
	key    note.Verifier
	leaves []string
}

func newLog(t testing.TB, name string, leaves ...string) *merkle {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, name)
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
	return &merkle{t: t, signer: s, key: v, leaves: leaves}
}

// with is the same log, by the same key, with other leaves.
func (l *merkle) with(leaves ...string) *merkle {
	other := *l
	other.leaves = leaves
	return &other
}

// hashes stores the log's hashes as a server does.
func (l *merkle) hashes() tlog.HashReaderFunc {
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	for i, leaf := range l.leaves {
		more, err := tlog.StoredHashes(int64(i), []byte(leaf), read)
		if err != nil {
			l.t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	return read
}

func (l *merkle) checkpoint() ledger.Checkpoint {
	l.t.Helper()
	size := uint64(len(l.leaves))
	root, err := tlog.TreeHash(int64(size), l.hashes())
	if err != nil {
		l.t.Fatal(err)
	}
	text, err := note.Sign(&note.Note{Text: ledger.FormatCheckpoint(l.signer.Name(), size, root)}, l.signer)
	if err != nil {
		l.t.Fatal(err)
	}
	return ledger.Checkpoint{Size: size, Root: root, Note: string(text)}
}

func (l *merkle) prove(old uint64) (tlog.TreeProof, error) {
	if old == 0 {
		return nil, nil
	}
	return tlog.ProveTree(int64(len(l.leaves)), int64(old), l.hashes())
}

// body is an honest add-checkpoint request.
func (l *merkle) body(old uint64) []byte {
	l.t.Helper()
	proof, err := l.prove(old)
	if err != nil {
		l.t.Fatal(err)
	}
	return body(old, proof, l.checkpoint().Note)
}

// body writes a request from the words of the specification, not with the
// package's own function.
func body(old uint64, proof tlog.TreeProof, text string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", old)
	for _, h := range proof {
		b.WriteString(h.String() + "\n")
	}
	b.WriteString("\n" + text)
	return b.Bytes()
}

func newSigner(t testing.TB) *witness.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := witness.NewSigner("donor.example/witness", key, func() time.Time { return time.Unix(1_795_331_147, 0) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func verifier(t testing.TB, s *witness.Signer) note.Verifier {
	t.Helper()
	v, err := witness.NewVerifier(s.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func open(t testing.TB, dir string, s *witness.Signer, keys ...note.Verifier) *witness.Witness {
	t.Helper()
	w, err := witness.Open(dir, s, keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func fresh(t testing.TB, keys ...note.Verifier) (*witness.Witness, *witness.Signer, string) {
	t.Helper()
	dir, s := t.TempDir(), newSigner(t)
	if err := witness.Init(dir); err != nil {
		t.Fatal(err)
	}
	return open(t, dir, s, keys...), s, dir
}

func letters(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("leaf %d", i)
	}
	return out
}

// add expects a cosignature, and that it covers the checkpoint.
func add(t testing.TB, w *witness.Witness, s *witness.Signer, l *merkle, old uint64) {
	t.Helper()
	line, err := w.AddCheckpoint(l.body(old))
	if err != nil {
		t.Fatalf("%d to %d: %v", old, len(l.leaves), err)
	}
	c := l.checkpoint()
	got, err := ledger.OpenCheckpoint(c.Note+line, l.key.Name(), l.key, verifier(t, s))
	if err != nil || got.Size != c.Size || got.Root != c.Root {
		t.Fatalf("%q does not cosign %d entries: %v", line, c.Size, err)
	}
}

// refuse expects SizeError with the size, or the error.
func refuse(t testing.TB, w *witness.Witness, b []byte, want error) {
	t.Helper()
	line, err := w.AddCheckpoint(b)
	if line != "" || err == nil {
		t.Fatalf("cosigned: %q", line)
	}
	if size, ok := want.(*witness.SizeError); ok {
		if got, ok := errors.AsType[*witness.SizeError](err); !ok || got.Size != size.Size {
			t.Fatalf("%v, want %v", err, want)
		}
		return
	}
	if !errors.Is(err, want) {
		t.Fatalf("%v, want %v", err, want)
	}
}

// A log that grows is cosigned from every size to every size.
func TestWitness_grows(t *testing.T) {
	for from := range 9 {
		for to := from; to < 20; to += 1 + from/2 {
			l := newLog(t, origin, letters(from)...)
			w, s, _ := fresh(t, l.key)
			if from > 0 {
				add(t, w, s, l, 0)
			}
			add(t, w, s, l.with(letters(to)...), uint64(from))
			add(t, w, s, l.with(letters(to)...), uint64(to)) // the same again
		}
	}
}

// Whoever has the log's key gets no second history cosigned, at no size, with
// whatever proof; and what the log signed against itself is kept.
func TestWitness_contradiction(t *testing.T) {
	l := newLog(t, origin, letters(11)...)
	w, s, dir := fresh(t, l.key)
	add(t, w, s, l, 0)

	changed := letters(15)
	changed[4] = "leaf 4, with another amount"
	swapped := letters(15)
	swapped[2], swapped[3] = swapped[3], swapped[2]
	inserted := append(append(letters(7), "one more"), letters(15)[7:]...)
	for name, leaves := range map[string][]string{"changed": changed, "swapped": swapped, "inserted": inserted} {
		other := l.with(leaves...)
		refuse(t, w, other.body(11), witness.ErrProof)
		honest, err := l.with(letters(15)...).prove(11)
		if err != nil {
			t.Fatal(err)
		}
		refuse(t, w, body(11, honest, other.checkpoint().Note), witness.ErrProof)
		refuse(t, w, body(11, nil, other.checkpoint().Note), witness.ErrProof)
		refuse(t, w, other.body(0), &witness.SizeError{Size: 11})
		refuse(t, w, other.with(leaves[:11]...).body(11), &witness.SizeError{Size: 11})
		refuse(t, w, other.with(leaves[:10]...).body(10), &witness.SizeError{Size: 11})
		_ = name
	}
	short := l.with(letters(5)...)
	refuse(t, w, short.body(5), &witness.SizeError{Size: 11})
	refuse(t, w, short.body(0), &witness.SizeError{Size: 11})
	refuse(t, w, body(11, nil, short.checkpoint().Note), witness.ErrRequest)

	kept, err := filepath.Glob(filepath.Join(dir, "evidence", "*.txt"))
	if err != nil || len(kept) < 9 {
		t.Errorf("%d contradictions kept, %v", len(kept), err)
	}
	b, err := os.ReadFile(kept[0])
	if err != nil || !strings.Contains(string(b), l.checkpoint().Note[:60]) {
		t.Errorf("the evidence lacks what was cosigned: %v\n%s", err, b)
	}
	add(t, w, s, l.with(letters(15)...), 11) // the honest log goes on
}

// Every wrong request has the refusal that the protocol gives it.
func TestWitness_refuses(t *testing.T) {
	l, stranger := newLog(t, origin, letters(3)...), newLog(t, origin, letters(3)...)
	w, _, dir := fresh(t, l.key)
	good := l.checkpoint().Note
	text, sig, _ := strings.Cut(good, "\n\n")
	for name, tt := range map[string]struct {
		body string
		want error
	}{
		"nothing":                      {"", witness.ErrRequest},
		"no old size":                  {"\n" + good, witness.ErrRequest},
		"an old size with a zero":      {"old 00\n\n" + good, witness.ErrRequest},
		"a negative old size":          {"old -1\n\n" + good, witness.ErrRequest},
		"an old size with a sign":      {"old +1\n\n" + good, witness.ErrRequest},
		"an old size past 63 bits":     {"old 9223372036854775808\n\n" + good, witness.ErrRequest},
		"a later old size":             {"old 4\n\n" + good, witness.ErrRequest},
		"no empty line":                {"old 0\n" + text + "\n", witness.ErrRequest},
		"no note":                      {"old 0\n\n", witness.ErrRequest},
		"a proof that is no hash":      {"old 0\nAAAA\n\n" + good, witness.ErrRequest},
		"a hash with a space":          {"old 0\n" + strings.Repeat("A", 43) + "= \n\n" + good, witness.ErrRequest},
		"a hash written otherwise":     {"old 0\n" + strings.Repeat("A", 42) + "B=\n\n" + good, witness.ErrRequest},
		"64 lines of proof":            {"old 0\n" + strings.Repeat(strings.Repeat("A", 43)+"=\n", 64) + "\n" + good, witness.ErrRequest},
		"63 lines from nothing":        {"old 0\n" + strings.Repeat(strings.Repeat("A", 43)+"=\n", 63) + "\n" + good, witness.ErrProof},
		"a body that is too long":      {"old 0\n\n" + good + strings.Repeat("x", 65<<10), witness.ErrRequest},
		"no signature":                 {"old 0\n\n" + text + "\n", witness.ErrRequest},
		"a signature cut":              {"old 0\n\n" + text + "\n\n" + sig[:len(sig)-9] + "\n", witness.ErrSignature},
		"another log":                  {"old 0\n\n" + strings.Replace(good, "mali", "niger", 2), witness.ErrUnknownLog},
		"another key":                  {string(stranger.body(0)), witness.ErrSignature},
		"another size":                 {"old 0\n\n" + strings.Replace(good, "\n3\n", "\n4\n", 1), witness.ErrSignature},
		"a size written in two":        {"old 0\n\n" + strings.Replace(good, "\n3\n", "\n03\n", 1), witness.ErrRequest},
		"entries in a log of size 0":   {string(body(0, nil, signed(t, l, origin+"\n0\n"+strings.Split(good, "\n")[2]+"\n"))), witness.ErrProof},
		"an old size it never had":     {string(l.body(2)), &witness.SizeError{}},
		"an origin after a false line": {string(body(0, nil, signed(t, l, "ngo.example/mali\n1\n")+good)), witness.ErrRequest},
	} {
		t.Run(name, func(t *testing.T) { refuse(t, w, []byte(tt.body), tt.want) })
	}
	b, err := os.ReadFile(filepath.Join(dir, "state.json"))
	if err != nil || string(b) != "{\"logs\":{}}\n" {
		t.Errorf("a refusal left %s, %v", b, err)
	}
}

func signed(t testing.TB, l *merkle, text string) string {
	t.Helper()
	b, err := note.Sign(&note.Note{Text: text}, l.signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What was cosigned holds after a restart, logs do not mix, and a lost, foreign
// or changed state is not gone on from.
func TestOpen(t *testing.T) {
	mali, niger := newLog(t, origin, letters(6)...), newLog(t, "ngo.example/niger", "n0", "n1")
	w, s, dir := fresh(t, mali.key, niger.key)
	add(t, w, s, mali, 0)
	add(t, w, s, niger, 0)
	if _, err := witness.Open(dir, s, []note.Verifier{mali.key}); !errors.Is(err, witness.ErrInUse) {
		t.Errorf("a second opener: %v", err)
	}
	reopen := func() (*witness.Witness, error) {
		if err := w.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Fatal(err)
		}
		again, err := witness.Open(dir, s, []note.Verifier{mali.key, niger.key})
		if err == nil {
			w = again
		}
		return again, err
	}
	w, err := reopen()
	if err != nil {
		t.Fatal(err)
	}
	forked := letters(8)
	forked[0] = "other"
	refuse(t, w, mali.with(forked...).body(6), witness.ErrProof)
	refuse(t, w, niger.with("n0").body(1), &witness.SizeError{Size: 2})
	add(t, w, s, mali.with(letters(8)...), 6)
	add(t, w, s, niger.with("n0", "n1", "n2"), 2)

	path := filepath.Join(dir, "state.json")
	state, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := witness.Init(dir); err == nil {
		t.Error("a witness with a state was made anew")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := reopen(); err == nil {
		t.Error("opened without its state")
	}
	for name, text := range map[string]string{
		"an older size": strings.Replace(string(state), `\n8\n`, `\n6\n`, 1),
		"another field": strings.Replace(string(state), `"logs"`, `"log"`, 1),
		"cut":           string(state[:len(state)-3]),
		"empty":         "",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := reopen(); err == nil {
			t.Errorf("opened with a state that is %s", name)
		}
	}
	if err := os.WriteFile(path, state, 0o600); err != nil {
		t.Fatal(err)
	}
	if w, err = reopen(); err != nil {
		t.Fatal(err)
	}
	other := newSigner(t)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := witness.Open(dir, other, []note.Verifier{mali.key}); err == nil {
		t.Error("opened with another key")
	}
}

// A witness that cannot write its state cosigns nothing, then or later.
func TestWitness_cannotWrite(t *testing.T) {
	l := newLog(t, origin, letters(2)...)
	w, _, dir := fresh(t, l.key)
	path := filepath.Join(dir, "state.json")
	if err := errors.Join(os.Remove(path), os.MkdirAll(filepath.Join(path, "x"), 0o700)); err != nil {
		t.Fatal(err)
	}
	refuse(t, w, l.body(0), witness.ErrState)
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	refuse(t, w, l.body(0), witness.ErrState)
}

// Of histories sent at once from the same size, one is cosigned.
func TestWitness_race(t *testing.T) {
	l := newLog(t, origin, letters(4)...)
	w, s, _ := fresh(t, l.key)
	add(t, w, s, l, 0)
	var all sync.WaitGroup
	won := make(chan string, 32)
	for i := range cap(won) {
		b := l.with(append(letters(4), fmt.Sprintf("end %d", i))...).body(4)
		all.Go(func() {
			if line, err := w.AddCheckpoint(b); err == nil {
				won <- line
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		t.Errorf("%d histories were cosigned", len(won))
	}
}

// Cosignatures are byte for byte those of another implementation of C2SP
// tlog-cosignature (transparency-dev/formats v0.1.1) with the same key and time.
func TestSigner_vector(t *testing.T) {
	const text = "ngo.example/mali\n123\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	const want = text + "\n— witness.example/w1 qkoJ0QAAAABrApRLwRO4+bEjQzckwbQXkTYSAVylLk/9/Jh5camhd141HzwQffDZjsku63wdCN65wjHbttEjMp71zGgw7aukKIxHBA==\n"
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	s, err := witness.NewSigner("witness.example/w1", key, func() time.Time { return time.Unix(1_795_331_147, 0) })
	if err != nil {
		t.Fatal(err)
	}
	got, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
	if n, err := note.Open([]byte(want), note.VerifierList(verifier(t, s))); err != nil || len(n.Sigs) != 1 {
		t.Errorf("the other's is not verified: %v", err)
	}
	for name, altered := range map[string]string{
		"another time": strings.Replace(want, "AABrApRL", "AABrApRM", 1),
		"another size": strings.Replace(want, "\n123\n", "\n124\n", 1),
	} {
		if _, err := note.Open([]byte(altered), note.VerifierList(verifier(t, s))); err == nil {
			t.Errorf("%s verifies", name)
		}
	}
}

// A verifier key is believed only if it is whole and of the right type.
func TestNewVerifier(t *testing.T) {
	good := newSigner(t).VerifierKey()
	if _, err := witness.NewVerifier(good); err != nil {
		t.Fatal(err)
	}
	_, plain, err := note.GenerateKey(rand.Reader, "donor.example/witness")
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{
		"nothing": "", "a name alone": "donor.example/witness", "a log's key": plain,
		"another name": strings.Replace(good, "donor", "other", 1), "a key cut": good[:len(good)-4],
		"a name of many bytes": strings.Repeat("x", 65) + good,
	} {
		if _, err := witness.NewVerifier(key); !errors.Is(err, witness.ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb", strings.Repeat("x", 65)} {
		if _, err := witness.NewSigner(name, ed25519.NewKeyFromSeed(make([]byte, 32)), time.Now); !errors.Is(err, witness.ErrKey) {
			t.Errorf("a witness may be called %q: %v", name, err)
		}
	}
}
