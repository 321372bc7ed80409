package mem

import (
	"errors"
	"iter"

	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/vendors"
)

type feedbackTables struct {
	complaints owned[feedback.Complaint]
	byCode     table[string, string] // the complaint's id
	texts      table[string, feedback.SealedText]
	samples    owned[feedback.Sample]
	frames     table[string, []feedback.FrameUnit]
	picks      table[string, feedback.Pick]   // sample, number
	answers    table[string, feedback.Answer] // sample, number
}

var _ feedback.Tx = (*Tx)(nil)

// Feedback returns the store of package feedback.
func (db *DB) Feedback() feedback.Store {
	return store[feedback.Tx]{db, func(tx *Tx) feedback.Tx { return tx }}
}

// Complaint returns a complaint.
func (tx *Tx) Complaint(id string) (feedback.Complaint, error) {
	c, err := tx.db.feedback.complaints.find(id)
	if errors.Is(err, vendors.ErrNotFound) {
		return c, feedback.ErrNotFound
	}
	return c, err
}

// PutComplaint stores a complaint and files it under its code.
func (tx *Tx) PutComplaint(c feedback.Complaint) error {
	if err := tx.db.feedback.complaints.put(tx, c.Programme, c.ID, c); err != nil {
		return err
	}
	return tx.db.feedback.byCode.put(tx, string(c.Code[:]), c.ID)
}

// Complaints yields a programme's complaints in order.
func (tx *Tx) Complaints(programme, after string) iter.Seq2[feedback.Complaint, error] {
	return tx.db.feedback.complaints.of(programme, after)
}

// ComplaintByCode returns the complaint with the digest of a code.
func (tx *Tx) ComplaintByCode(digest [32]byte) (feedback.Complaint, error) {
	id, err := tx.db.feedback.byCode.find(string(digest[:]), feedback.ErrCode)
	if err != nil {
		return feedback.Complaint{}, err
	}
	return tx.Complaint(id)
}

// ComplaintText returns what was said.
func (tx *Tx) ComplaintText(id string) (feedback.SealedText, error) {
	return tx.db.feedback.texts.find(id, feedback.ErrNotFound)
}

// PutComplaintText stores what was said.
func (tx *Tx) PutComplaintText(id string, t feedback.SealedText) error {
	return tx.db.feedback.texts.put(tx, id, t)
}

// DeleteComplaintText forgets what was said.
func (tx *Tx) DeleteComplaintText(id string) error {
	return tx.db.feedback.texts.remove(tx, id)
}

// Sample returns a sample.
func (tx *Tx) Sample(id string) (feedback.Sample, error) {
	m, err := tx.db.feedback.samples.find(id)
	if errors.Is(err, vendors.ErrNotFound) {
		return m, feedback.ErrNotFound
	}
	return m, err
}

// PutSample stores a sample.
func (tx *Tx) PutSample(m feedback.Sample) error {
	return tx.db.feedback.samples.put(tx, m.Programme, m.ID, m)
}

// Samples yields a programme's samples in order.
func (tx *Tx) Samples(programme string) iter.Seq2[feedback.Sample, error] {
	return tx.db.feedback.samples.of(programme, "")
}

// PutFrame stores the households of a frame.
func (tx *Tx) PutFrame(sample string, units []feedback.FrameUnit) error {
	return tx.db.feedback.frames.put(tx, sample, units)
}

// Frame returns the households of a frame.
func (tx *Tx) Frame(sample string) ([]feedback.FrameUnit, error) {
	return tx.db.feedback.frames.find(sample, feedback.ErrNotFound)
}

// PutPick stores who was drawn.
func (tx *Tx) PutPick(sample string, p feedback.Pick) error {
	return tx.db.feedback.picks.put(tx, key(sample, num(uint64(p.N))), p)
}

// Pick returns who was drawn as the n-th.
func (tx *Tx) Pick(sample string, n int) (feedback.Pick, error) {
	return tx.db.feedback.picks.find(key(sample, num(uint64(n))), feedback.ErrNotFound)
}

// Picks yields who was drawn in order.
func (tx *Tx) Picks(sample string) iter.Seq2[feedback.Pick, error] {
	return under(&tx.db.feedback.picks, key(sample, ""), "")
}

// Answer returns the answer to a call.
func (tx *Tx) Answer(sample string, n int) (feedback.Answer, error) {
	return tx.db.feedback.answers.find(key(sample, num(uint64(n))), feedback.ErrNotFound)
}

// PutAnswer stores the answer to a call.
func (tx *Tx) PutAnswer(a feedback.Answer) error {
	return tx.db.feedback.answers.put(tx, key(a.Sample, num(uint64(a.N))), a)
}

// Answers yields a sample's answers in order.
func (tx *Tx) Answers(sample string) iter.Seq2[feedback.Answer, error] {
	return under(&tx.db.feedback.answers, key(sample, ""), "")
}
