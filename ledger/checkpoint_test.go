package ledger_test

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/ledgertest"
	"github.com/jate-cva/jate/store/mem"
)

// journal returns a store whose entries are decisions about the words.
func journal(t *testing.T, words ...string) ledger.Store {
	t.Helper()
	s := mem.Open(ledgertest.Clock()).Ledger()
	for _, w := range words {
		decide(t, s, w)
	}
	return s
}

func decide(t *testing.T, s ledger.Store, word string) {
	t.Helper()
	err := s.Update(t.Context(), func(tx ledger.Tx) error {
		_, err := ledger.Decide(tx, approver, "", "note", word, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func sign(t *testing.T, n *ledger.Notary, s ledger.Store) (c ledger.Checkpoint, err error) {
	t.Helper()
	err = s.View(t.Context(), func(tx ledger.Tx) error {
		c, err = n.Sign(tx)
		return err
	})
	return c, err
}

func keys(t *testing.T, name string) (note.Signer, note.Verifier) {
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
	return s, v
}

// A notary signs what extends the last thing it signed, also after a restart,
// and never a journal that contradicts it.
func TestNotary(t *testing.T) {
	const origin = "ngo.example/test"
	signer, verifier := keys(t, origin)
	guard := filepath.Join(t.TempDir(), "guard.json")
	s := journal(t, "a", "b", "c")
	first, err := sign(t, ledger.NewNotary(origin, guard, signer), s)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := ledger.OpenCheckpoint(first.Note, origin, verifier)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, first, opened)

	n := ledger.NewNotary(origin, guard, signer) // after a restart
	again, err := sign(t, n, s)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, first, again)
	for name, other := range map[string]ledger.Store{
		"an empty journal":          journal(t),
		"a journal restored to old": journal(t, "a", "b"),
		"a journal rewritten":       journal(t, "a", "B", "c"),
		"one rewritten and longer":  journal(t, "a", "B", "c", "d"),
	} {
		if c, err := sign(t, n, other); !errors.Is(err, ledger.ErrFork) {
			t.Errorf("%s was signed: %+v, %v", name, c, err)
		}
	}
	decide(t, s, "d")
	if c, err := sign(t, n, s); err != nil || c.Size != 4 {
		t.Errorf("the same journal, longer: %+v, %v", c, err)
	}
	if err := os.WriteFile(guard, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sign(t, n, s); err == nil {
		t.Error("signed past a guard that cannot be read")
	}
}

// A checkpoint is what its signature covers, of this log and by this key.
func TestOpenCheckpoint(t *testing.T) {
	const origin = "ngo.example/test"
	signer, verifier := keys(t, origin)
	_, stranger := keys(t, origin)
	c, err := sign(t, ledger.NewNotary(origin, filepath.Join(t.TempDir(), "guard.json"), signer), journal(t, "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	text := func(body string) string {
		b, err := note.Sign(&note.Note{Text: body}, signer)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	root := strings.Split(c.Note, "\n")[2]
	for name, tt := range map[string]struct {
		text, origin string
		verifier     note.Verifier
	}{
		"another log":             {c.Note, "ngo.example/other", verifier},
		"another key":             {c.Note, origin, stranger},
		"another size":            {strings.Replace(c.Note, "\n2\n", "\n3\n", 1), origin, verifier},
		"a size written in two":   {text(origin + "\n02\n" + root + "\n"), origin, verifier},
		"a size that is none":     {text(origin + "\n-1\n" + root + "\n"), origin, verifier},
		"a size past all entries": {text(origin + "\n9223372036854775808\n" + root + "\n"), origin, verifier},
		"a root that is none":     {text(origin + "\n2\nAAAA\n"), origin, verifier},
		"no root":                 {text(origin + "\n2\n"), origin, verifier},
		"no signature":            {strings.Split(c.Note, "\n\n")[0] + "\n", origin, verifier},
		"nothing":                 {"", origin, verifier},
	} {
		if got, err := ledger.OpenCheckpoint(tt.text, tt.origin, tt.verifier); err == nil {
			t.Errorf("%s was opened: %+v", name, got)
		}
	}
}
