package main

import (
	"crypto/sha256"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// staying are routes that answer with a file which is no report and no export of
// the books, and why.
var staying = map[string]string{
	"GET /api/v1/ledger/entries/{seq}/proof": "the journal itself",
	"GET /api/v1/lots/{id}/cards.pdf":        "cards, journalled by their manifest",
	"GET /api/v1/rounds/{id}/cards.pdf":      "cards, journalled by their manifest",
	"GET /api/v1/lots/{id}/handover.pdf":     "a list of persons, its printing journalled as a reading",
	"GET /api/v1/lots/{id}/packing.pdf":      "for the officer's box",
	"GET /api/v1/reconciliation":             "JSON, which programs go on with; its other forms are noted",
	"POST /api/v1/complaint-slips/filled":    "a secret of its author; a digest would tell whether a guess at it is right",
	"GET /api/v1/samples/{id}/calls.csv":     "a list of persons, journalled as a reading; a digest would tell whether a guess at it is right",
	"GET /api/v1/samples/{id}/calls.xlsx":    "a list of persons, as its CSV",
	"GET /api/v1/samples/{id}/frame.txt":     "what a sample is drawn from, journalled by its digest",
	"GET /api/v1/documents/{id}":             "what was attached, by its hash",
	"GET /api/v1/cases/{id}/pack.pdf":        "evidence, which carries its own proofs",
	"POST /api/v1/backups":                   "a copy of the store, encrypted",
	"POST /api/v1/exports/{id}/copies":       "persons, each copy marked and journalled by its SHA-256",
}

// handedOut takes each report and export again, and looks for its bytes in the
// journal. A file that a route answers with is written down, or stays for a
// reason.
func (s *story) handedOut(t *testing.T) {
	operations := s.contract.operations()
	kinds := map[string]bool{}
	for name := range staying {
		if op := operations[name]; op == nil || !answersFile(op) {
			t.Errorf("%s answers with no file", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		op := operations[name]
		if allowed, byStaff := roles(op); !byStaff || !answersFile(op) || len(allowed) == 0 || staying[name] != "" {
			continue
		}
		a, paying := s.paying[name]
		if !paying {
			a = s.repeat(t, name, func(r *http.Request) {})
		}
		if a.status != http.StatusOK {
			t.Errorf("%s: %d", name, a.status)
			continue
		}
		h, e, found := s.left(t, sha256.Sum256(a.raw))
		switch {
		case !found:
			t.Errorf("%s: the journal does not know the file that it answered with", name)
		case h.Bytes != int64(len(a.raw)) || h.Kind == "" || h.Form == "" || e.Actor.Name == "" || !slices.Contains(access.Roles(), access.Role(e.Actor.Role)):
			t.Errorf("%s: %+v by %+v", name, h, e.Actor)
		case (paying || h.Kind == "bank-statement") != h.Salted():
			t.Errorf("%s: with a salt is %t", name, h.Salted())
		case h.Size > e.Seq:
			t.Errorf("%s: made from %d entries, and noted as entry %d", name, h.Size, e.Seq)
		}
		kinds[h.Kind] = true
	}
	if len(kinds) < 8 {
		t.Errorf("only %v left", kinds)
	}
}

// answersFile reports whether an operation answers with anything but JSON.
func answersFile(op *openapi3.Operation) bool {
	ok := op.Responses.Value("200")
	if ok == nil {
		return false
	}
	for media := range ok.Value.Content {
		if !strings.Contains(media, "json") {
			return true
		}
	}
	return false
}

// left looks for a file in the journal.
func (s *story) left(t *testing.T, sum [32]byte) (found ledger.HandedOut, entry ledger.Entry, ok bool) {
	t.Helper()
	err := s.app.db.Vendors().View(t.Context(), func(tx vendors.Tx) error {
		for r, err := range tx.Journal(0) {
			if err != nil {
				return err
			}
			h, is := ledger.WasHandedOut(r.Entry)
			if !is {
				continue
			}
			salt := ""
			if h.Salted() {
				c, err := tx.PreparedContent(demoProgramme, h.SaltOf)
				if err != nil {
					return err
				}
				salt = c.Salt()
			}
			if h.Is(sum, salt) {
				found, entry, ok = h, r.Entry, true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, entry, ok
}
