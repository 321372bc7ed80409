package ledger_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/ledgertest"
	"github.com/jate-cva/jate/store/mem"
)

// A file whose digest is salted is known to whoever has the salt, and to nobody
// else; its entry says the same once it is read again.
func TestHandedOut_salted(t *testing.T) {
	s := mem.Open(ledgertest.Clock()).Ledger()
	file := []byte("reference;number;amount\ns1-1;76123456;5000\n")
	sum, of := sha256.Sum256(file), [32]byte{7}
	h := ledger.HandedOut{Kind: "payments", Of: "settlement:s1", Form: "generic", SHA256: sum, Bytes: int64(len(file))}.Salt("SALT", of)
	var read ledger.Entry
	err := s.Update(t.Context(), func(tx ledger.Tx) error {
		e, err := h.Note(tx, ledger.Actor{Role: "finance-preparer", Name: "p"})
		if err != nil {
			return err
		}
		leaf, err := tx.Leaf(e.Seq)
		if err == nil {
			read, err = ledger.ParseLeaf(leaf)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got, ok := ledger.WasHandedOut(read)
	if !ok || got != h {
		t.Fatalf("%+v, want %+v", got, h)
	}
	m := hmac.New(sha256.New, []byte("SALT"))
	m.Write(sum[:])
	if !bytes.Equal(got.HMAC[:], m.Sum(nil)) || !got.Is(sum, "SALT") {
		t.Error("who has the salt does not know the file")
	}
	for _, salt := range []string{"", "TALS"} {
		if got.Is(sum, salt) {
			t.Errorf("known with the salt %q", salt)
		}
	}
	if got.Is(sha256.Sum256(file[1:]), "SALT") {
		t.Error("another file is taken for it")
	}
	if read.Facts["sha256"] != "" {
		t.Error("the journal has its plain digest too")
	}
	for fact, value := range map[string]string{"salt-of": "", "hmac": "ab", "sha256": read.Facts["hmac"]} {
		wrong := read
		wrong.Facts = map[string]string{}
		for k, v := range read.Facts {
			wrong.Facts[k] = v
		}
		wrong.Facts[fact] = value
		if _, ok := ledger.WasHandedOut(wrong); ok {
			t.Errorf("taken with %s %q", fact, value)
		}
	}
}
