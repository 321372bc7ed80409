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
	func(d draw) call {
		id := d.id()
		return asks("Sample", func(tx anyTx) (feedback.Sample, error) { return tx.Sample(id) })
	},
	func(d draw) call {
		m := random[feedback.Sample](d)
		m.ID, m.Programme = d.id(), d.owner()
		return puts("PutSample", func(tx anyTx) error { return tx.PutSample(m) })
	},
	func(d draw) call {
		p := d.owner()
		return walks("Samples", func(tx anyTx) iter.Seq2[feedback.Sample, error] { return tx.Samples(p) })
	},
	func(d draw) call {
		id, units := d.id(), []feedback.FrameUnit{random[feedback.FrameUnit](d)}
		return puts("PutFrame", func(tx anyTx) error { return tx.PutFrame(id, units) })
	},
	func(d draw) call {
		id := d.id()
		return asks("Frame", func(tx anyTx) ([]feedback.FrameUnit, error) { return tx.Frame(id) })
	},
	func(d draw) call {
		id, p := d.id(), random[feedback.Pick](d)
		p.N = d.n()
		return puts("PutPick", func(tx anyTx) error { return tx.PutPick(id, p) })
	},
	func(d draw) call {
		id, n := d.id(), d.n()
		return asks("Pick", func(tx anyTx) (feedback.Pick, error) { return tx.Pick(id, n) })
	},
	func(d draw) call {
		id := d.id()
		return walks("Picks", func(tx anyTx) iter.Seq2[feedback.Pick, error] { return tx.Picks(id) })
	},
	func(d draw) call {
		id, n := d.id(), d.n()
		return asks("Answer", func(tx anyTx) (feedback.Answer, error) { return tx.Answer(id, n) })
	},
	func(d draw) call {
		a := random[feedback.Answer](d)
		a.Sample, a.N = d.id(), d.n()
		return puts("PutAnswer", func(tx anyTx) error { return tx.PutAnswer(a) })
	},
	func(d draw) call {
		id := d.id()
		return walks("Answers", func(tx anyTx) iter.Seq2[feedback.Answer, error] { return tx.Answers(id) })
	},
}
