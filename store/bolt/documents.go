package bolt

import (
	"errors"
	"iter"

	"github.com/jate-cva/jate/documents"
)

var _ documents.Tx = (*Tx)(nil)

// The buckets of package documents.
var (
	documentTable     = table[documents.Hash, documentRecord]{newBucket("document"), 1, hashKey[documents.Hash]()}
	attachmentTable   = table[attachmentKey, attachmentRecord]{newBucket("attachment"), 1, attachmentKeys}
	attachmentOfTable = table[attachmentKey, none]{newBucket("attachment-of"), 1, attachmentOfKeys}
	documentRuleTable = table[string, []documentRuleRecord]{newBucket("document-rules"), 1, textKey[string]()}
)

// attachmentKey says what belongs to what.
type attachmentKey struct {
	programme string
	subject   documents.Subject
	kind      documents.Kind
	hash      documents.Hash
}

// attachmentKeys sort by subject, attachmentOfKeys by document.
var (
	attachmentKeys = keyCodec[attachmentKey]{
		encode: func(to key, k attachmentKey) key {
			return k.appendSubject(to.str(k.programme)).str(string(k.kind)).fixed(k.hash[:])
		},
		decode: func(r *keyReader) attachmentKey {
			return attachmentKey{programme: r.str(), subject: readSubject(r), kind: documents.Kind(r.str()), hash: documents.Hash(r.take(32))}
		},
	}
	attachmentOfKeys = keyCodec[attachmentKey]{
		encode: func(to key, k attachmentKey) key {
			return k.appendSubject(to.str(k.programme).fixed(k.hash[:])).str(string(k.kind))
		},
		decode: func(r *keyReader) attachmentKey {
			return attachmentKey{programme: r.str(), hash: documents.Hash(r.take(32)), subject: readSubject(r), kind: documents.Kind(r.str())}
		},
	}
)

func (k attachmentKey) appendSubject(to key) key {
	return to.str(string(k.subject.Kind)).str(k.subject.ID)
}

func readSubject(r *keyReader) documents.Subject {
	return documents.Subject{Kind: documents.SubjectKind(r.str()), ID: r.str()}
}

// documentRecord is in "document" by hash, which it does not repeat.
type documentRecord struct {
	Type   string
	Size   int64
	Stored instant
}

// attachmentRecord is in "attachment" by programme, subject, kind and hash,
// which it does not repeat.
type attachmentRecord struct {
	Note  string
	By    string
	At    instant
	Entry uint64
}

type documentRuleRecord struct {
	Subject string
	Kind    string
	Method  string
	Above   amount
}

// Document returns what is known of a document.
func (tx *Tx) Document(h documents.Hash) (documents.Document, error) {
	r, err := documentTable.get(tx, h, documents.ErrNotFound)
	if err != nil {
		return documents.Document{}, err
	}
	return r.document(h), nil
}

func (r documentRecord) document(h documents.Hash) documents.Document {
	return documents.Document{Hash: h, Type: documents.Type(r.Type), Size: r.Size, Stored: r.Stored.time()}
}

// PutDocument stores what is known of a document.
func (tx *Tx) PutDocument(d documents.Document) error {
	return documentTable.put(tx, d.Hash, documentRecord{string(d.Type), d.Size, instantOf(d.Stored)})
}

// Documents yields all documents.
func (tx *Tx) Documents() iter.Seq2[documents.Document, error] {
	return convert(documentTable.scan(tx, under(key{})), func(r row[documents.Hash, documentRecord]) documents.Document {
		return r.value.document(r.key)
	})
}

// PutAttachment stores an attachment.
func (tx *Tx) PutAttachment(a documents.Attachment) error {
	if stored, err := documentTable.has(tx, a.Document.Hash); err != nil || !stored {
		return errors.Join(err, documentTable.wrap(errIndex))
	}
	k := attachmentKey{a.Programme, a.Subject, a.Kind, a.Document.Hash}
	return errors.Join(attachmentTable.put(tx, k, attachmentRecord{a.Note, a.By, instantOf(a.At), a.Entry}),
		attachmentOfTable.put(tx, k, none{}))
}

// Attachments yields what belongs to a subject.
func (tx *Tx) Attachments(programme string, s documents.Subject) iter.Seq2[documents.Attachment, error] {
	k := attachmentKey{programme: programme, subject: s}
	return func(yield func(documents.Attachment, error) bool) {
		for r, err := range attachmentTable.scan(tx, under(k.appendSubject(key{}.str(programme)))) {
			var a documents.Attachment
			if err == nil {
				a, err = tx.attachment(r.key, r.value)
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}

// AttachmentsOf yields what a document belongs to.
func (tx *Tx) AttachmentsOf(programme string, h documents.Hash) iter.Seq2[documents.Attachment, error] {
	return func(yield func(documents.Attachment, error) bool) {
		for r, err := range attachmentOfTable.scan(tx, under(key{}.str(programme).fixed(h[:]))) {
			var a documents.Attachment
			if err == nil {
				var v attachmentRecord
				if v, err = attachmentTable.get(tx, r.key, attachmentTable.wrap(errIndex)); err == nil {
					a, err = tx.attachment(r.key, v)
				}
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}

func (tx *Tx) attachment(k attachmentKey, v attachmentRecord) (documents.Attachment, error) {
	d, err := documentTable.get(tx, k.hash, documentTable.wrap(errIndex))
	return documents.Attachment{Programme: k.programme, Subject: k.subject, Kind: k.kind, Document: d.document(k.hash),
		Note: v.Note, By: v.By, At: v.At.time(), Entry: v.Entry}, err
}

// DocumentRules returns what a programme requires.
func (tx *Tx) DocumentRules(programme string) ([]documents.Rule, error) {
	rs, err := documentRuleTable.get(tx, programme, documents.ErrNotFound)
	if errors.Is(err, documents.ErrNotFound) {
		return nil, nil
	}
	return each(rs, func(r documentRuleRecord) documents.Rule {
		return documents.Rule{Subject: documents.SubjectKind(r.Subject), Kind: documents.Kind(r.Kind), Method: r.Method, Above: r.Above.amount()}
	}), err
}

// PutDocumentRules stores what a programme requires.
func (tx *Tx) PutDocumentRules(programme string, rules []documents.Rule) error {
	return documentRuleTable.put(tx, programme, each(rules, func(r documents.Rule) documentRuleRecord {
		return documentRuleRecord{string(r.Subject), string(r.Kind), r.Method, amount(r.Above)}
	}))
}
