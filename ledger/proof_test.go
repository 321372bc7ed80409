package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
)

// proven is a journal of decisions with a checkpoint and a proof of each entry.
func proven(t *testing.T, origin string, entries int) (c ledger.Checkpoint, leaves [][]byte, proofs []ledger.Proof, check func(ledger.Proof, []byte) error) {
	t.Helper()
	signer, verifier := keys(t, origin)
	var words []string
	for i := range entries {
		words = append(words, fmt.Sprintf("word %d", i))
	}
	s := journal(t, words...)
	c, err := sign(t, ledger.NewNotary(origin, filepath.Join(t.TempDir(), "guard.json"), signer), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), func(tx ledger.Tx) error { return tx.PutCheckpoint(c) }); err != nil {
		t.Fatal(err)
	}
	for seq := range entries {
		i, err := ledger.New(s).Inclusion(t.Context(), ledger.InclusionQuery{Entry: uint64(seq)})
		if err != nil {
			t.Fatal(err)
		}
		proofs = append(proofs, ledger.Proof{Index: i.Entry, Hashes: i.Proof, Checkpoint: i.Note})
		leaves = append(leaves, i.Leaf)
	}
	return c, leaves, proofs, func(p ledger.Proof, leaf []byte) error {
		got, err := p.Verify(leaf, origin, verifier)
		if err == nil && (got.Size != c.Size || got.Root != c.Root) {
			t.Errorf("the proof is of %d entries", got.Size)
		}
		return err
	}
}

// A file proves its own leaf and no other, in every log of up to 20 entries;
// another implementation of C2SP tlog-proof reads and writes the same bytes.
func TestProof(t *testing.T) {
	for _, size := range []int{1, 2, 3, 7, 8, 20} {
		_, leaves, proofs, check := proven(t, "ngo.example/test", size)
		for i, p := range proofs {
			file := p.Format()
			got, err := ledger.ParseProof(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Format(), file) {
				t.Errorf("%s\nbecomes\n%s", file, got.Format())
			}
			for j, leaf := range leaves {
				if err := check(got, leaf); (err == nil) != (i == j) || i != j && !errors.Is(err, ledger.ErrProof) {
					t.Errorf("of %d: the proof of entry %d shows leaf %d: %v", size, i, j, err)
				}
			}
			var other proof.TLogProof
			if err := other.Unmarshal(file); err != nil || other.Index != p.Index || len(other.Hashes) != len(p.Hashes) {
				t.Errorf("another reader: %+v, %v", other, err)
			}
			if !bytes.Equal(other.Marshal(), file) {
				t.Errorf("another writer:\n%s\nours:\n%s", other.Marshal(), file)
			}
		}
	}
}

// What is not exactly a proof is refused, and what is changed shows nothing.
func TestParseProof(t *testing.T) {
	_, leaves, proofs, check := proven(t, "ngo.example/test", 7)
	good := string(proofs[3].Format())
	hash := strings.Split(good, "\n")[2]
	for name, text := range map[string]string{
		"nothing":             "",
		"another version":     strings.Replace(good, "@v1", "@v2", 1),
		"no index":            strings.Replace(good, "index 3\n", "", 1),
		"an index with zeros": strings.Replace(good, "index 3", "index 03", 1),
		"a negative index":    strings.Replace(good, "index 3", "index -3", 1),
		"a hash cut":          strings.Replace(good, hash, hash[4:], 1),
		"64 hashes":           strings.Replace(good, hash, strings.Repeat(hash+"\n", 63)+hash, 1),
		"no checkpoint":       strings.Split(good, "\n\n")[0] + "\n",
		"extra that is none":  strings.Replace(good, "index", "extra !\nindex", 1),
		"lines of Windows":    strings.ReplaceAll(good, "\n", "\r\n"),
		"far too long":        good + strings.Repeat("x", 1<<20),
	} {
		if p, err := ledger.ParseProof([]byte(text)); !errors.Is(err, ledger.ErrProof) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	withExtra := strings.Replace(good, "index", "extra AAAA\nindex", 1)
	if p, err := ledger.ParseProof([]byte(withExtra)); err != nil || check(p, leaves[3]) != nil {
		t.Errorf("with extra data: %v", err)
	}
	for name, text := range map[string]string{
		"another index":         strings.Replace(good, "index 3", "index 2", 1),
		"an index past the end": strings.Replace(good, "index 3", "index 7", 1),
		"a hash less":           strings.Replace(good, hash+"\n", "", 1),
		"a hash more":           strings.Replace(good, hash, hash+"\n"+hash, 1),
		"another size":          strings.Replace(good, "\n7\n", "\n6\n", 1),
		"another log":           strings.Replace(good, "\nngo", "\nngx", 1),
	} {
		p, err := ledger.ParseProof([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if check(p, leaves[3]) == nil {
			t.Errorf("%s shows the leaf", name)
		}
	}
}

// Two checkpoints show off line that the log only grew, or that it did not.
func TestCheckConsistency(t *testing.T) {
	const origin = "ngo.example/test"
	signer, _ := keys(t, origin)
	at := func(words ...string) (ledger.Checkpoint, ledger.Service) {
		s := journal(t, words...)
		c, err := sign(t, ledger.NewNotary(origin, filepath.Join(t.TempDir(), "guard.json"), signer), s)
		if err != nil {
			t.Fatal(err)
		}
		return c, ledger.New(s)
	}
	old, _ := at("a", "b", "c")
	later, s := at("a", "b", "c", "d", "e")
	forked, f := at("a", "X", "c", "d", "e")
	prove := func(s ledger.Service, old uint64) tlog.TreeProof {
		c, err := s.Consistency(t.Context(), ledger.ConsistencyQuery{Old: old, New: 5})
		if err != nil {
			t.Fatal(err)
		}
		return c.Proof
	}
	if err := ledger.CheckConsistency(old, later, prove(s, 3)); err != nil {
		t.Error(err)
	}
	if err := ledger.CheckConsistency(later, later, nil); err != nil {
		t.Error(err)
	}
	if err := ledger.CheckConsistency(ledger.Checkpoint{}, later, nil); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"a fork":                  ledger.CheckConsistency(old, forked, prove(f, 3)),
		"a fork, the other proof": ledger.CheckConsistency(old, forked, prove(s, 3)),
		"no proof":                ledger.CheckConsistency(old, later, nil),
		"backwards":               ledger.CheckConsistency(later, old, prove(s, 3)),
		"two of one size":         ledger.CheckConsistency(later, forked, nil),
	} {
		if !errors.Is(err, ledger.ErrProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Leaves come in bulk, each byte as it was hashed, within bounds.
func TestService_Leaves(t *testing.T) {
	var words []string
	for i := range 30 {
		words = append(words, fmt.Sprint(i))
	}
	s := journal(t, words...)
	service := ledger.New(s)
	all := bytes.Join(append(leavesOf(t, s), nil), []byte("\n"))
	got, err := service.Leaves(t.Context(), ledger.LeavesQuery{To: 1 << 63})
	if err != nil || got.Count != 30 || !bytes.Equal(got.Lines, all) {
		t.Errorf("%d leaves, %v\n%s", got.Count, err, got.Lines)
	}
	got, err = service.Leaves(t.Context(), ledger.LeavesQuery{From: 28, To: 29})
	if err != nil || got.Count != 1 || !bytes.Equal(got.Lines, bytes.SplitAfter(all, []byte("\n"))[28]) {
		t.Errorf("%d leaves, %v\n%s", got.Count, err, got.Lines)
	}
	for q, want := range map[ledger.LeavesQuery]error{
		{From: 30, To: 31}: ledger.ErrNotFound, {From: 3, To: 3}: ledger.ErrQuery, {From: 4, To: 3}: ledger.ErrQuery} {
		if _, err := service.Leaves(context.Background(), q); !errors.Is(err, want) {
			t.Errorf("%+v: %v, want %v", q, err, want)
		}
	}
}
