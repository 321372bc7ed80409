package bolt

import (
	"iter"

	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/vendors"
)

func (d draw) subject() documents.Subject {
	return documents.Subject{Kind: documents.SubjectKind(d.id()), ID: d.id()}
}

var documentCalls = []func(draw) call{
	func(d draw) call {
		m := d.id()
		return asks("Period", func(tx anyTx) (finance.Period, error) { return tx.Period(m) })
	},
	func(d draw) call {
		p := random[finance.Period](d)
		p.Month = d.id()
		return puts("PutPeriod", func(tx anyTx) error { return tx.PutPeriod(p) })
	},
	func(d draw) call {
		id := d.id()
		return asks("Movement", func(tx anyTx) (finance.Movement, error) { return tx.Movement(id) })
	},
	func(d draw) call {
		m := random[finance.Movement](d)
		m.ID, m.Programme = d.id(), d.owner()
		return puts("PutMovement", func(tx anyTx) error { return tx.PutMovement(m) })
	},
	func(d draw) call {
		p, after := d.owner(), d.id()
		return walks("Movements", func(tx anyTx) iter.Seq2[finance.Movement, error] { return tx.Movements(p, after) })
	},
	func(d draw) call {
		p := d.owner()
		return asks("AdvanceLimits", func(tx anyTx) (vendors.AdvanceLimits, error) { return tx.AdvanceLimits(p) })
	},
	func(d draw) call {
		p, l := d.owner(), random[vendors.AdvanceLimits](d)
		return puts("PutAdvanceLimits", func(tx anyTx) error { return tx.PutAdvanceLimits(p, l) })
	},
	func(d draw) call {
		h := documents.Hash(d.hash())
		return asks("Document", func(tx anyTx) (documents.Document, error) { return tx.Document(h) })
	},
	func(d draw) call {
		v := random[documents.Document](d)
		v.Hash = d.hash()
		return puts("PutDocument", func(tx anyTx) error { return tx.PutDocument(v) })
	},
	func(draw) call {
		return walks("Documents", func(tx anyTx) iter.Seq2[documents.Document, error] { return tx.Documents() })
	},
	func(d draw) call {
		a, doc := random[documents.Attachment](d), random[documents.Document](d)
		doc.Hash = d.hash()
		a.Programme, a.Subject, a.Kind, a.Document = d.owner(), d.subject(), documents.Kind(d.id()), doc
		return puts("PutAttachment", func(tx anyTx) error {
			if err := tx.PutDocument(doc); err != nil {
				return err
			}
			return tx.PutAttachment(a)
		})
	},
	func(d draw) call {
		p, s := d.owner(), d.subject()
		return walks("Attachments", func(tx anyTx) iter.Seq2[documents.Attachment, error] { return tx.Attachments(p, s) })
	},
	func(d draw) call {
		p, h := d.owner(), documents.Hash(d.hash())
		return walks("AttachmentsOf", func(tx anyTx) iter.Seq2[documents.Attachment, error] { return tx.AttachmentsOf(p, h) })
	},
	func(d draw) call {
		p := d.owner()
		return asks("DocumentRules", func(tx anyTx) ([]documents.Rule, error) { return tx.DocumentRules(p) })
	},
	func(d draw) call {
		p, rules := d.owner(), random[[]documents.Rule](d)
		return puts("PutDocumentRules", func(tx anyTx) error { return tx.PutDocumentRules(p, rules) })
	},
}
