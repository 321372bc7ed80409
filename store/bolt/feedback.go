package bolt

import (
	"iter"

	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

var (
	complaintsTable    = newOwned[string, complaintRecord]("complaint")
	complaintCodeTable = table[[32]byte, string]{newBucket("complaint-code"), 1, hashKey[[32]byte]()}
	complaintTextTable = table[string, complaintText]{newBucket("complaint-text"), 1, textKey[string]()}
)

var _ feedback.Tx = (*Tx)(nil)

// Feedback returns the store of package feedback.
func (db *DB) Feedback() feedback.Store {
	return store[feedback.Tx]{db, func(tx *Tx) feedback.Tx { return tx }}
}

// Complaint returns a complaint.
func (tx *Tx) Complaint(id string) (feedback.Complaint, error) {
	return read(tx, complaintsTable.rows, id, feedback.ErrNotFound, complaintRecord.complaint)
}

// PutComplaint stores a complaint and files it under its code.
func (tx *Tx) PutComplaint(c feedback.Complaint) error {
	if err := complaintsTable.put(tx, c.Programme, c.ID, complaintRecordOf(c)); err != nil {
		return err
	}
	return complaintCodeTable.put(tx, c.Code, c.ID)
}

// Complaints yields a programme's complaints in order.
func (tx *Tx) Complaints(programme, after string) iter.Seq2[feedback.Complaint, error] {
	return convert(complaintsTable.of(tx, programme, after), complaintRecord.complaint)
}

// ComplaintByCode returns the complaint with the digest of a code.
func (tx *Tx) ComplaintByCode(digest [32]byte) (feedback.Complaint, error) {
	id, err := complaintCodeTable.get(tx, digest, feedback.ErrCode)
	if err != nil {
		return feedback.Complaint{}, err
	}
	return tx.Complaint(id)
}

// ComplaintText returns what was said.
func (tx *Tx) ComplaintText(id string) (feedback.SealedText, error) {
	return read(tx, complaintTextTable, id, feedback.ErrNotFound, complaintText.sealed)
}

// PutComplaintText stores what was said.
func (tx *Tx) PutComplaintText(id string, t feedback.SealedText) error {
	return complaintTextTable.put(tx, id, complaintText{Sealed: t.Sealed, Wrapped: t.Wrapped})
}

// DeleteComplaintText forgets what was said. Its bytes stay in pages of the file
// until those are used again.
func (tx *Tx) DeleteComplaintText(id string) error { return complaintTextTable.delete(tx, id) }

// complaintText is in "complaint-text" by the complaint's id.
type complaintText struct {
	Sealed  []byte
	Wrapped []byte
}

func (t complaintText) sealed() feedback.SealedText { return feedback.SealedText(t) }

// complaintRecord is in "complaint" by id.
type complaintRecord struct {
	ID         string
	Programme  string
	Round      string
	Channel    string
	Category   string
	Serials    []string
	Vendor     string
	Point      string
	Code       sum32
	RecordedBy string
	Recorded   instant
	Due        instant
	AssignedTo string
	AnsweredBy string
	Answered   instant
	Outcome    string
	ClosedBy   string
	Closed     instant
	Erased     instant
	Proposals  []string
}

func complaintRecordOf(c feedback.Complaint) complaintRecord {
	return complaintRecord{c.ID, c.Programme, c.Round, string(c.Channel), string(c.Category), texts[string](c.Serials), string(c.Vendor), c.Point,
		c.Code, c.RecordedBy, instantOf(c.Recorded), instantOf(c.Due), c.AssignedTo, c.AnsweredBy, instantOf(c.Answered), string(c.Outcome),
		c.ClosedBy, instantOf(c.Closed), instantOf(c.Erased), c.Proposals}
}

func (r complaintRecord) complaint() feedback.Complaint {
	return feedback.Complaint{ID: r.ID, Programme: r.Programme, Round: r.Round, Channel: feedback.Channel(r.Channel),
		Category: feedback.Category(r.Category), Serials: texts[voucher.Serial](r.Serials), Vendor: vendors.ID(r.Vendor), Point: r.Point,
		Code: r.Code, RecordedBy: r.RecordedBy, Recorded: r.Recorded.time(), Due: r.Due.time(), AssignedTo: r.AssignedTo,
		AnsweredBy: r.AnsweredBy, Answered: r.Answered.time(), Outcome: feedback.Outcome(r.Outcome), ClosedBy: r.ClosedBy,
		Closed: r.Closed.time(), Erased: r.Erased.time(), Proposals: r.Proposals}
}
