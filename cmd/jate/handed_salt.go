package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/vendors"
)

// salted puts a salt for the file's digest into the store, in the closed part of
// content of its own, and returns the file as it is to be journalled. Who takes
// it, and whoever may order payments, is shown the salt.
func salted(tx vendors.Tx, by access.Actor, h ledger.HandedOut) (ledger.HandedOut, error) {
	salt := rand.Text()
	c := access.Content{What: "file", ID: h.Of, Programme: by.Programme, Lines: []access.Line{{"kind", h.Kind}, {"form", h.Form}},
		Closed: []access.Line{{"salt", salt}}}
	p := c.Prepare(by, vendors.Roles[vendors.MethodPaymentFile])
	return h.Salt(salt, p.Digest), tx.PutPrepared(p)
}

// sought is a file that somebody looks for in the journal.
type sought struct {
	sum    [32]byte
	bytes  int64
	found  []handedOut
	salted []handedOut // of its length, whose salt has to be asked for
	hidden int         // of those, how many have a salt that cannot be read
}

// look takes a leaf of the journal.
func (s *sought) look(leaf []byte) error {
	e, err := ledger.ParseLeaf(leaf)
	if err != nil {
		return err
	}
	h, ok := ledger.WasHandedOut(e)
	switch {
	case !ok:
	case h.Salted() && h.Bytes == s.bytes:
		s.salted = append(s.salted, handedOut{h, e})
	case h.Is(s.sum, ""):
		s.found = append(s.found, handedOut{h, e})
	}
	return nil
}

// salts tries what was journalled with a salt, each of which saltOf returns; ""
// where it cannot be read.
func (s *sought) salts(saltOf func(digest [32]byte) (string, error)) error {
	for _, h := range s.salted {
		salt, err := saltOf(h.SaltOf)
		if err != nil {
			return err
		}
		switch {
		case salt == "":
			s.hidden++
		case h.Is(s.sum, salt):
			s.found = append(s.found, h)
		}
	}
	return nil
}

// missing is why nothing was found.
func (s *sought) missing() error {
	if s.hidden > 0 {
		return ledger.ErrNotHandedOut.At("file", "SHA-256 %x; %d files of its length are there with a salt that you cannot read", s.sum, s.hidden)
	}
	return ledger.ErrNotHandedOut.At("file", "SHA-256 %x", s.sum)
}

// saltsInFolder reads salts of a folder that was opened with its keys.
func (s *sought) saltsInFolder(ctx context.Context, db *bolt.DB) error {
	return db.Distribution().View(ctx, func(tx distribution.Tx) error {
		return s.salts(func(digest [32]byte) (string, error) {
			for p, err := range tx.Programmes() {
				if err != nil {
					return "", err
				}
				c, err := tx.PreparedContent(p.ID, digest)
				if err == nil || fault.KindOf(err) != fault.NotFound {
					return c.Salt(), err
				}
			}
			return "", nil
		})
	})
}

// saltsOnServer asks a server for salts. That one is the salt that the journal
// means, its digest says.
func (s *sought) saltsOnServer(ctx context.Context, r *remote) error {
	return s.salts(func(digest [32]byte) (string, error) {
		name := hex.EncodeToString(digest[:])
		var said agreed
		err := r.read(ctx, "/api/v1/approvals/contents/"+name, &said)
		if answer := (*serverAnswer)(nil); errors.As(err, &answer) && answer.status == http.StatusNotFound || err == nil && said.Closed == "" {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		if _, err := said.lines(name); err != nil {
			return "", err
		}
		return access.Prepared{Closed: []byte(said.Closed)}.Salt(), nil
	})
}
