package mem

import (
	"errors"
	"iter"

	"github.com/jate-cva/jate/documents"
)

type documentTables struct {
	documents  table[string, documents.Document]   // hash
	attached   table[string, documents.Attachment] // programme, subject, kind, hash
	attachedOf table[string, string]               // programme, hash, subject, kind: the key in attached
	rules      table[string, []documents.Rule]     // programme
}

var _ documents.Tx = (*Tx)(nil)

// Document returns what is known of a document.
func (tx *Tx) Document(h documents.Hash) (documents.Document, error) {
	return tx.db.documents.documents.find(string(h[:]), documents.ErrNotFound)
}

// PutDocument stores what is known of a document.
func (tx *Tx) PutDocument(d documents.Document) error {
	return tx.db.documents.documents.put(tx, string(d.Hash[:]), d)
}

// Documents yields all documents.
func (tx *Tx) Documents() iter.Seq2[documents.Document, error] {
	return under(&tx.db.documents.documents, "", "")
}

// PutAttachment stores an attachment.
func (tx *Tx) PutAttachment(a documents.Attachment) error {
	if _, err := tx.Document(a.Document.Hash); err != nil && tx.writable {
		return errors.New("mem: an attachment of a document that was not put")
	}
	hash := string(a.Document.Hash[:])
	k := key(a.Programme, string(a.Subject.Kind), a.Subject.ID, string(a.Kind), hash)
	of := key(a.Programme, hash, string(a.Subject.Kind), a.Subject.ID, string(a.Kind))
	return errors.Join(tx.db.documents.attached.put(tx, k, a), tx.db.documents.attachedOf.put(tx, of, k))
}

// Attachments yields what belongs to a subject.
func (tx *Tx) Attachments(programme string, s documents.Subject) iter.Seq2[documents.Attachment, error] {
	return tx.asPut(under(&tx.db.documents.attached, key(programme, string(s.Kind), s.ID, ""), ""))
}

// AttachmentsOf yields what a document belongs to.
func (tx *Tx) AttachmentsOf(programme string, h documents.Hash) iter.Seq2[documents.Attachment, error] {
	return tx.asPut(func(yield func(documents.Attachment, error) bool) {
		for k, err := range under(&tx.db.documents.attachedOf, key(programme, string(h[:]), ""), "") {
			if err == nil {
				var a documents.Attachment
				a, err = tx.db.documents.attached.find(k, documents.ErrNotFound)
				if !yield(a, err) {
					return
				}
			}
		}
	})
}

// asPut yields attachments with their documents as they were put last.
func (tx *Tx) asPut(as iter.Seq2[documents.Attachment, error]) iter.Seq2[documents.Attachment, error] {
	return func(yield func(documents.Attachment, error) bool) {
		for a, err := range as {
			if err == nil {
				a.Document, err = tx.Document(a.Document.Hash)
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}

// DocumentRules returns what a programme requires.
func (tx *Tx) DocumentRules(programme string) ([]documents.Rule, error) {
	rules, _ := tx.db.documents.rules.get(programme)
	return rules, nil
}

// PutDocumentRules stores what a programme requires.
func (tx *Tx) PutDocumentRules(programme string, rules []documents.Rule) error {
	return tx.db.documents.rules.put(tx, programme, rules)
}
