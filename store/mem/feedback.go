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
