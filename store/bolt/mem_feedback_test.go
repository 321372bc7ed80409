package bolt

import (
	"iter"

	"github.com/jate-cva/jate/feedback"
)

var feedbackCalls = []func(draw) call{
	func(d draw) call {
		id := d.id()
		return asks("Complaint", func(tx anyTx) (feedback.Complaint, error) { return tx.Complaint(id) })
	},
	func(d draw) call {
		c := random[feedback.Complaint](d)
		c.ID, c.Programme, c.Code = d.id(), d.owner(), [32]byte{31: byte(d.n())}
		return puts("PutComplaint", func(tx anyTx) error { return tx.PutComplaint(c) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("Complaints", func(tx anyTx) iter.Seq2[feedback.Complaint, error] { return tx.Complaints(p, "") })
	},
	func(d draw) call {
		digest := [32]byte{31: byte(d.n())}
		return asks("ComplaintByCode", func(tx anyTx) (feedback.Complaint, error) { return tx.ComplaintByCode(digest) })
	},
	func(d draw) call {
		id := d.id()
		return asks("ComplaintText", func(tx anyTx) (feedback.SealedText, error) { return tx.ComplaintText(id) })
	},
	func(d draw) call {
		id, text := d.id(), random[feedback.SealedText](d)
		return puts("PutComplaintText", func(tx anyTx) error { return tx.PutComplaintText(id, text) })
	},
	func(d draw) call {
		id := d.id()
		return puts("DeleteComplaintText", func(tx anyTx) error { return tx.DeleteComplaintText(id) })
	},
}
