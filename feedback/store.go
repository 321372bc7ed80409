package feedback

import (
	"context"
	"iter"

	"github.com/jate-cva/jate/distribution"
)

// Tx is what this package needs of the store inside one transaction. Methods
// return ErrNotFound where the thing asked for by name is not there. Values
// read are copies.
type Tx interface {
	distribution.Tx

	Complaint(id string) (Complaint, error)
	// PutComplaint stores c and files it under its code; both stay for ever, as
	// does its programme.
	PutComplaint(c Complaint) error
	// Complaints yields a programme's complaints with an id above after, in order.
	Complaints(programme, after string) iter.Seq2[Complaint, error]
	// ComplaintByCode returns the complaint with this digest of a code.
	ComplaintByCode(digest [32]byte) (Complaint, error)

	ComplaintText(id string) (SealedText, error)
	PutComplaintText(id string, t SealedText) error
	// DeleteComplaintText erases what was said for ever.
	DeleteComplaintText(id string) error

	Sample(id string) (Sample, error)
	// PutSample stores m; a sample keeps its programme for ever.
	PutSample(m Sample) error
	// Samples yields a programme's samples in the order of their ids.
	Samples(programme string) iter.Seq2[Sample, error]
	// PutFrame stores the households of a sample's frame, which had none.
	PutFrame(sample string, units []FrameUnit) error
	// Frame returns them in the order in which they were put.
	Frame(sample string) ([]FrameUnit, error)
	PutPick(sample string, p Pick) error
	// Pick returns who was drawn as the n-th.
	Pick(sample string, n int) (Pick, error)
	// Picks yields who was drawn, in the order of calling.
	Picks(sample string) iter.Seq2[Pick, error]
	Answer(sample string, n int) (Answer, error)
	PutAnswer(a Answer) error
	// Answers yields a sample's answers in the order of calling.
	Answers(sample string) iter.Seq2[Answer, error]
}

// Store runs functions in transactions, under the rules of ledger.Store.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}
