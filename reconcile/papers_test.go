package reconcile_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile"
)

// attach attaches a paper to a case.
func (w *world) attach(by access.Actor, c reconcile.Case, content string) documents.Attachment {
	w.Helper()
	a, err := w.s.AttachToCase(w.Context(), reconcile.AttachToCase{By: by, Key: w.Key(), Case: c.ID, Kind: documents.Evidence, Note: "brought by Awa",
		File: []byte(content)})
	w.must(err)
	return a
}

// A paper is kept by its hash, once, and is in the case's history in the
// journal; the note, which may name somebody, is not. Who brings evidence does
// not decide.
func TestService_AttachToCase(t *testing.T) {
	w := newWorld(t, 5)
	c := w.cloned(2, 2, 1)
	const paper = "%PDF-1.7 the market register"
	cmd := reconcile.AttachToCase{By: judge, Key: w.Key(), Case: c.ID, Kind: documents.Evidence, Note: "brought by Awa", File: []byte(paper)}
	a, err := w.s.AttachToCase(t.Context(), cmd)
	w.must(err)
	again, err := w.s.AttachToCase(t.Context(), cmd)
	w.must(err)
	other := w.attach(monitor, c, paper) // by another command, and another person
	if again != a || other.Entry != a.Entry || a.Document.Hash != documents.HashOf([]byte(paper)) {
		t.Errorf("%+v, %+v, %+v", a, again, other)
	}
	cmd.File = []byte("%PDF-1.7 another one")
	if _, err := w.s.AttachToCase(t.Context(), cmd); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("another paper under the same key: %v", err)
	}
	events, err := w.s.CaseHistory(t.Context(), reconcile.CaseByID{By: auditor, ID: c.ID})
	w.must(err)
	last := events[len(events)-1]
	if last.What != "document-attached" || last.Ref != a.Document.Hash.String() || last.Facts["subject"] != "case:"+c.ID {
		t.Errorf("the journal's last word about the case: %+v", last)
	}
	w.must(w.db.Ledger().View(t.Context(), func(tx ledger.Tx) error {
		leaf, err := tx.Leaf(a.Entry)
		if strings.Contains(string(leaf), "Awa") {
			t.Errorf("the note is in the journal: %s", leaf)
		}
		return err
	}))
	for name, c := range map[string]struct {
		cmd  reconcile.AttachToCase
		want error
	}{
		"no such case":       {reconcile.AttachToCase{By: monitor, Case: "k0", Kind: documents.Evidence, File: []byte(paper)}, reconcile.ErrNotFound},
		"another programme":  {reconcile.AttachToCase{By: access.Actor{ID: "x", Pseudonym: "p-x", Programme: "gao", Roles: monitor.Roles}, Case: c.ID, Kind: documents.Evidence, File: []byte(paper)}, reconcile.ErrNotFound},
		"a page with script": {reconcile.AttachToCase{By: monitor, Case: c.ID, Kind: documents.Evidence, File: []byte("<html>")}, documents.ErrDocument},
		"of no kind":         {reconcile.AttachToCase{By: monitor, Case: c.ID, File: []byte(paper)}, documents.ErrDocument},
		"an auditor":         {reconcile.AttachToCase{By: auditor, Case: c.ID, Kind: documents.Evidence, File: []byte(paper)}, access.ErrDenied},
	} {
		c.cmd.Key = w.Key()
		if _, err := w.s.AttachToCase(t.Context(), c.cmd); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c = w.hear(w.freeze(c))
	_, err = w.s.Release(t.Context(), reconcile.Release{Decide: decide(judge, w, c)})
	if !errors.Is(err, reconcile.ErrInvolved) || !strings.Contains(err.Error(), "attached a document") {
		t.Errorf("who brought evidence decides: %v", err)
	}
	c = w.attachedAfter(c)
	key := w.sign()
	p, err := w.s.CasePack(t.Context(), reconcile.CaseByID{By: auditor, ID: c.ID})
	w.must(err)
	if _, err := p.Verify(logName, key); err != nil || len(p.Documents) != 2 || p.Documents[1].Kind != "evidence" {
		t.Errorf("%+v, %v", p.Documents, err)
	}
}

// attachedAfter decides a case and attaches a paper to it then.
func (w *world) attachedAfter(c reconcile.Case) reconcile.Case {
	w.Helper()
	c, err := w.s.Release(w.Context(), reconcile.Release{Decide: decide(person("other", access.RoleFinanceApprover), w, c)})
	w.must(err)
	w.attach(preparer, c, "%PDF-1.7 the letter that closes it")
	c, err = w.s.Case(w.Context(), reconcile.CaseByID{By: auditor, ID: c.ID})
	w.must(err)
	return c
}

// Over HTTP a paper is the body.
func TestRoutes_papers(t *testing.T) {
	s := newSite(t, 5)
	c := s.cloned(2, 2, 1)
	path := "/api/v1/cases/" + c.ID + "/documents?kind=evidence"
	w := s.call(monitor, http.MethodPost, path, "%PDF-1.7 x")
	if w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), documents.HashOf([]byte("%PDF-1.7 x")).String()) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := s.call(auditor, http.MethodPost, path, "%PDF-1.7 x"); w.Code != http.StatusForbidden {
		t.Errorf("an auditor: %d", w.Code)
	}
	if w := s.call(monitor, http.MethodPost, path+"&size=9", "%PDF-1.7 x"); w.Code != http.StatusBadRequest {
		t.Errorf("an unknown parameter: %d", w.Code)
	}
}
