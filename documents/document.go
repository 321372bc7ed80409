package documents

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
)

// Bounds.
const (
	SizeMax        = 16 << 20 // bytes of one document
	noteMax        = 128      // bytes of a note
	attachmentsMax = 200      // documents of one subject
)

// Errors of this package.
var (
	ErrNotFound = fault.New(fault.NotFound, "document_not_found",
		"There is no such document in this programme.",
		"Ce document n'existe pas dans ce programme.")
	ErrDocument = fault.New(fault.Invalid, "document_invalid",
		"The document cannot be attached. Send a PDF, a picture (JPEG, PNG, TIFF, WebP), an XLSX workbook without macros or a JSON file, of 1 byte to 16 MiB.",
		"Le document ne peut pas être joint. Envoyez un PDF, une image (JPEG, PNG, TIFF, WebP), un classeur XLSX sans macros ou un fichier JSON, de 1 octet à 16 Mio.")
	ErrMissing = fault.New(fault.Conflict, "document_missing",
		"A document that the programme requires is not attached. Attach it first.",
		"Un document exigé par le programme n'est pas joint. Joignez-le d'abord.")
	ErrDamaged = fault.New(fault.Internal, "document_damaged",
		"The stored file is not the document that was attached. Restore it from a copy.",
		"Le fichier conservé n'est pas le document qui a été joint. Restaurez-le depuis une copie.")
)

// Hash is the SHA-256 of a document's content.
type Hash [32]byte

// HashOf returns the hash of content.
func HashOf(content []byte) Hash { return sha256.Sum256(content) }

// ParseHash reads 64 hexadecimal digits in lower case; anything else names no
// document and is ErrNotFound.
func ParseHash(s string) (Hash, error) {
	var h Hash
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(h) || hex.EncodeToString(b) != s {
		return h, ErrNotFound
	}
	return Hash(b), nil
}

// String returns 64 hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Type is a media type. The set is closed.
type Type string

// The types; TypeOf finds which one content is.
const (
	PDF  Type = "application/pdf"
	JPEG Type = "image/jpeg"
	PNG  Type = "image/png"
	TIFF Type = "image/tiff"
	WebP Type = "image/webp"
	XLSX Type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	JSON Type = "application/json"
)

var extensions = map[Type]string{PDF: ".pdf", JPEG: ".jpg", PNG: ".png", TIFF: ".tif", WebP: ".webp", XLSX: ".xlsx", JSON: ".json"}

// Extension returns the ending of a file of the type, ".pdf".
func (t Type) Extension() string { return extensions[t] }

// Kind says what a document proves. The set is closed.
type Kind string

// The kinds.
const (
	Contract       Kind = "contract"
	Invoice        Kind = "invoice"
	SignedSheet    Kind = "signed-sheet"    // with signatures of households or traders
	PaymentReceipt Kind = "payment-receipt" // signed by who was paid, or the bank's advice
	Evidence       Kind = "evidence"        // of a case
	Report         Kind = "report"          // of a close, a visit, a count
	Other          Kind = "other"
)

var kinds = []Kind{Contract, Invoice, SignedSheet, PaymentReceipt, Evidence, Report, Other}

// SubjectKind is what a document can belong to. The set is closed.
type SubjectKind string

// The kinds of subject.
const (
	OfVendor     SubjectKind = "vendor"
	OfClaim      SubjectKind = "claim"
	OfSettlement SubjectKind = "settlement"
	OfAdvance    SubjectKind = "advance"
	OfPeriod     SubjectKind = "period" // a month, "2026-03"
	OfCase       SubjectKind = "case"
)

var subjectKinds = []SubjectKind{OfVendor, OfClaim, OfSettlement, OfAdvance, OfPeriod, OfCase}

// Subject is one thing that documents belong to.
type Subject struct {
	Kind SubjectKind
	ID   string
}

// String returns "vendor:v1", the form in the journal.
func (s Subject) String() string { return string(s.Kind) + ":" + s.ID }

// Document is what is known of stored content.
type Document struct {
	Hash   Hash
	Type   Type
	Size   int64 // bytes
	Stored time.Time
}

// Attachment says that a document belongs to a subject of a programme.
type Attachment struct {
	Programme string
	Subject   Subject
	Kind      Kind
	Document  Document
	Note      string // for people; it is not in the journal
	By        string // staff id
	At        time.Time
	Entry     uint64 // the decision
}

// idForm bounds the ids of subjects to what an entry's reference may hold.
var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Check returns ErrDocument where the subject, kind or note can be none.
func (a Attachment) Check() error {
	switch {
	case !slices.Contains(subjectKinds, a.Subject.Kind):
		return ErrDocument.At("subject", "vendor, claim, settlement, advance, period or case")
	case !idForm.MatchString(a.Subject.ID):
		return ErrDocument.At("id", "letters, digits, '.', '_' and '-', at most 64")
	case !slices.Contains(kinds, a.Kind):
		return ErrDocument.At("kind", "contract, invoice, signed-sheet, payment-receipt, evidence, report or other")
	case len(a.Note) > noteMax || !utf8.ValidString(a.Note) || slices.ContainsFunc([]rune(a.Note), unicode.IsControl):
		return ErrDocument.At("note", "at most %d bytes on one line", noteMax)
	}
	return nil
}

// Attach journals that a's document belongs to its subject, and keeps that. The
// content must have been stored before: Folder.Put. The caller has looked
// whether there is such a subject in the programme. What is attached already
// stays as it was, with its entry. Errors: those of Check, and ErrDocument
// where a subject has 200 documents.
func Attach(tx Tx, as ledger.Actor, a Attachment) (Attachment, error) {
	if err := a.Check(); err != nil {
		return Attachment{}, err
	}
	n := 0
	for o, err := range tx.Attachments(a.Programme, a.Subject) {
		if err != nil {
			return Attachment{}, err
		}
		if o.Kind == a.Kind && o.Document.Hash == a.Document.Hash {
			return o, nil
		}
		n++
	}
	if n >= attachmentsMax {
		return Attachment{}, ErrDocument.At("id", "%s has %d documents, no more are taken", a.Subject, n)
	}
	a.At, a.Document.Stored = tx.Now(), tx.Now()
	stored, err := tx.Document(a.Document.Hash)
	switch {
	case err == nil:
		a.Document = stored
	case errors.Is(err, ErrNotFound):
		if err := tx.PutDocument(a.Document); err != nil {
			return Attachment{}, err
		}
	default:
		return Attachment{}, err
	}
	e, err := ledger.Decide(tx, as, "", "document-attached", a.Document.Hash.String(), map[string]string{
		"subject": a.Subject.String(), "kind": string(a.Kind), "type": string(a.Document.Type),
		"bytes": strconv.FormatInt(a.Document.Size, 10)})
	if err != nil {
		return Attachment{}, err
	}
	a.Entry = e.Seq
	return a, tx.PutAttachment(a)
}
