package reconcile

import (
	"cmp"
	"context"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/ledger"
)

// Papers keeps the contents of documents, as a documents.Folder does.
type Papers interface {
	Put(content []byte) (documents.Document, error)
}

// AttachToCase is the command to attach a document to a case: 1 byte to 16 MiB.
type AttachToCase struct {
	By   access.Actor `json:"-"`
	Key  string       `json:"-"`
	Case string
	Kind documents.Kind
	Note string // for people, at most 128 bytes; it is not in the journal
	File []byte `json:"-"`
}

// subject is what documents of a case belong to.
func (c Case) subject() documents.Subject {
	return documents.Subject{Kind: documents.OfCase, ID: c.ID}
}

// AttachToCase is documented at Service.
func (s *service) AttachToCase(ctx context.Context, cmd AttachToCase) (documents.Attachment, error) {
	var a documents.Attachment
	_, err := read(ctx, s, MethodAttachToCase, cmd.By, func(tx Tx) (Case, error) { // nobody fills the disk for cases that are not there
		c, err := ownCase(tx, cmd.Case, cmd.By)
		a = documents.Attachment{Programme: c.Programme, Subject: c.subject(), Kind: cmd.Kind, Note: cmd.Note, By: cmd.By.ID}
		return c, err
	})
	if err != nil {
		return documents.Attachment{}, err
	}
	if err := a.Check(); err != nil {
		return documents.Attachment{}, err
	}
	// The content before what refers to it: a power cut leaves a file at most.
	if a.Document, err = s.papers.Put(cmd.File); err != nil {
		return documents.Attachment{}, err
	}
	content := struct {
		AttachToCase
		File documents.Hash
	}{cmd, a.Document.Hash}
	return once(ctx, s, MethodAttachToCase, cmd.By, cmd.Key, content, func(tx Tx, as ledger.Actor) (documents.Attachment, error) {
		c, err := ownCase(tx, cmd.Case, cmd.By)
		if err != nil {
			return documents.Attachment{}, err
		}
		was, err := tx.Size()
		if err != nil {
			return documents.Attachment{}, err
		}
		out, err := documents.Attach(tx, as, a)
		if err != nil || out.Entry < was { // it was attached before
			return out, err
		}
		c.Entries = append(c.Entries, out.Entry)
		return out, tx.PutCase(c)
	})
}

// papers returns the documents of a case, in the order in which they came.
func papers(tx Tx, c Case) ([]documents.Attachment, error) {
	var out []documents.Attachment
	for a, err := range tx.Attachments(c.Programme, c.subject()) {
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b documents.Attachment) int { return cmp.Compare(a.Entry, b.Entry) })
	return out, nil
}
