package documents

import (
	"iter"

	"github.com/jate-cva/jate/ledger"
)

// Tx is what this package needs of the store inside one transaction. Methods
// return ErrNotFound where the thing asked for by name is not there. Values
// read are copies.
type Tx interface {
	ledger.Tx

	Document(h Hash) (Document, error)
	PutDocument(d Document) error
	// Documents yields all documents of all programmes in the order of hashes.
	Documents() iter.Seq2[Document, error]

	// PutAttachment stores one; its document must have been put.
	PutAttachment(a Attachment) error
	// Attachments yields what belongs to a subject, in the order of kinds and hashes.
	Attachments(programme string, s Subject) iter.Seq2[Attachment, error]
	// AttachmentsOf yields the programme's attachments of a document, in the
	// order of subjects and kinds.
	AttachmentsOf(programme string, h Hash) iter.Seq2[Attachment, error]

	// DocumentRules returns what a programme requires: nothing where no rules
	// were put.
	DocumentRules(programme string) ([]Rule, error)
	PutDocumentRules(programme string, rules []Rule) error
}
