package finance

import (
	"context"
	"errors"
	"regexp"
	"strconv"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
)

// Attach is the command to attach a document: 1 byte to 16 MiB.
type Attach struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	Subject documents.Subject
	Kind    documents.Kind
	Note    string // for people, at most 128 bytes; it is not in the journal
	File    []byte `json:"-"`
}

// AttachedTo asks for what belongs to one thing.
type AttachedTo struct {
	By      access.Actor
	Subject documents.Subject
}

// ReadDocument asks for a document's content.
type ReadDocument struct {
	By   access.Actor
	Hash documents.Hash
}

// Content is a document with its bytes, and as what it was attached first.
type Content struct {
	documents.Document
	Kind  documents.Kind
	Bytes []byte
}

// SetDocumentRules is the command to say what a programme requires, in the
// place of what it required before: at most 20 rules, none to require nothing.
type SetDocumentRules struct {
	By    access.Actor `json:"-"`
	Key   string       `json:"-"`
	Rules []documents.Rule
}

var monthForm = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])$`)

func (s *service) Attach(ctx context.Context, cmd Attach) (documents.Attachment, error) {
	if _, err := acting(MethodAttach, cmd.By); err != nil {
		return documents.Attachment{}, err
	}
	a := documents.Attachment{Programme: cmd.By.Programme, Subject: cmd.Subject, Kind: cmd.Kind, Note: cmd.Note, By: cmd.By.ID}
	if err := a.Check(); err != nil {
		return documents.Attachment{}, err
	}
	// Nobody fills the disk for things that are not there.
	err := s.store.View(ctx, func(tx Tx) error { return exists(tx, cmd.By, cmd.Subject) })
	if err != nil {
		return documents.Attachment{}, err
	}
	// The content before what refers to it: a power cut leaves a file at most.
	if a.Document, err = s.folder.Put(cmd.File); err != nil {
		return documents.Attachment{}, err
	}
	content := struct {
		Attach
		File documents.Hash
	}{cmd, a.Document.Hash}
	return once(ctx, s, MethodAttach, cmd.By, cmd.Key, content, func(tx Tx, as ledger.Actor) (documents.Attachment, error) {
		if err := exists(tx, cmd.By, cmd.Subject); err != nil {
			return documents.Attachment{}, err
		}
		return documents.Attach(tx, as, a)
	})
}

// exists returns vendors.ErrNotFound unless there is such a thing in the
// actor's programme. A case attaches its documents itself.
func exists(tx Tx, by access.Actor, s documents.Subject) error {
	programme := ""
	var err error
	switch s.Kind {
	case documents.OfVendor:
		var v vendors.Vendor
		v, err = tx.Vendor(vendors.ID(s.ID))
		programme = v.Programme
	case documents.OfClaim:
		var c vendors.Claim
		c, err = tx.Claim(vendors.ClaimID(s.ID))
		programme = c.Programme
	case documents.OfSettlement:
		var st vendors.Settlement
		st, err = tx.Settlement(s.ID)
		programme = st.Programme
	case documents.OfAdvance:
		var a vendors.AdvanceLine
		a, err = tx.Advance(s.ID)
		programme = a.Programme
	case documents.OfPeriod:
		if monthForm.MatchString(s.ID) {
			programme = by.Programme
		}
	}
	if err == nil && programme != by.Programme {
		err = vendors.ErrNotFound
	}
	return err
}

func (s *service) Attachments(ctx context.Context, q AttachedTo) ([]documents.Attachment, error) {
	return read(ctx, s, MethodAttachments, q.By, func(tx Tx) ([]documents.Attachment, error) {
		var out []documents.Attachment
		for a, err := range tx.Attachments(q.By.Programme, q.Subject) {
			if err != nil {
				return nil, err
			}
			out = append(out, a)
		}
		return out, nil
	})
}

func (s *service) Document(ctx context.Context, q ReadDocument) (Content, error) {
	c, err := read(ctx, s, MethodDocument, q.By, func(tx Tx) (Content, error) {
		err := error(documents.ErrNotFound)
		for a, problem := range tx.AttachmentsOf(q.By.Programme, q.Hash) {
			if problem != nil {
				return Content{}, problem
			}
			if mayRead(q.By, a.Kind) {
				return Content{Document: a.Document, Kind: a.Kind}, nil
			}
			err = access.ErrDenied
		}
		return Content{}, err
	})
	if err != nil {
		return Content{}, err
	}
	if c.Bytes, err = s.folder.Get(q.Hash); errors.Is(err, documents.ErrNotFound) {
		// What the store knows and the disk has lost is damage, not absence.
		err = documents.ErrDamaged
	}
	return c, err
}

func (s *service) SetDocumentRules(ctx context.Context, cmd SetDocumentRules) ([]documents.Rule, error) {
	return once(ctx, s, MethodSetRules, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) ([]documents.Rule, error) {
		if err := documents.CheckRules(cmd.Rules); err != nil {
			return nil, err
		}
		digest, err := documents.DigestOf(cmd.Rules)
		if err != nil {
			return nil, err
		}
		_, err = ledger.Decide(tx, as, "", "document-rules-set", cmd.By.Programme, map[string]string{
			"rules": strconv.Itoa(len(cmd.Rules)), "digest": digest.String()})
		if err != nil {
			return nil, err
		}
		return cmd.Rules, tx.PutDocumentRules(cmd.By.Programme, cmd.Rules)
	})
}

func (s *service) DocumentRules(ctx context.Context, q Query) ([]documents.Rule, error) {
	return read(ctx, s, MethodDocumentRules, q.By, func(tx Tx) ([]documents.Rule, error) {
		return tx.DocumentRules(q.By.Programme)
	})
}
