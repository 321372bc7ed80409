package feedback

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// AssignComplaint gives a complaint to a person.
type AssignComplaint struct {
	By       access.Actor `json:"-"`
	Key      string       `json:"-"`
	ID       string
	To       string   // pseudonym
	Category Category // to move it to another one; "" leaves it
}

// AnswerComplaint is what the author is told.
type AnswerComplaint struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	ID     string
	Answer string `json:"-"` // 1 to 4,000 characters, without a name
}

// CloseComplaint ends a complaint.
type CloseComplaint struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	ID      string
	Outcome Outcome
}

// seen reports whether the complaint exists for the actor: one about
// exploitation or abuse does for safeguarding alone, one about staff not for
// those who only read lists.
func (c Complaint) seen(by access.Actor) bool {
	switch {
	case c.Programme != by.Programme:
		return false
	case c.Category == Safeguarding:
		return by.Has(access.RoleSafeguarding)
	case c.Category == StaffMisconduct:
		return by.Has(handlers...)
	}
	return true
}

// complaintOf returns a complaint that exists for the actor.
func complaintOf(tx Tx, by access.Actor, id string) (Complaint, error) {
	c, err := tx.Complaint(id)
	if err == nil && !c.seen(by) {
		err = ErrNotFound
	}
	if err != nil {
		return Complaint{}, err
	}
	return c, nil
}

// change runs a command on one complaint that is not closed.
func (s *service) change(ctx context.Context, m Method, by access.Actor, key, id string, content any, fn func(Tx, *Complaint) (map[string]string, error)) (Complaint, error) {
	return once(ctx, s, m, by, key, content, func(tx Tx, actor ledger.Actor) (Complaint, error) {
		c, err := complaintOf(tx, by, id)
		if err != nil {
			return Complaint{}, err
		}
		if st := c.State(); st == Closed {
			return Complaint{}, ErrComplaintState.At("complaint", "it is %s", st)
		}
		facts, err := fn(tx, &c)
		if err != nil {
			return Complaint{}, err
		}
		if err := decide(tx, actor, string(m), c, facts); err != nil {
			return Complaint{}, err
		}
		return c, tx.PutComplaint(c)
	})
}

// pseudonymMax bounds a pseudonym, in bytes.
const pseudonymMax = 64

// AssignComplaint is documented at Service.
func (s *service) AssignComplaint(ctx context.Context, cmd AssignComplaint) (Complaint, error) {
	return s.change(ctx, MethodAssignComplaint, cmd.By, cmd.Key, cmd.ID, cmd, func(_ Tx, c *Complaint) (map[string]string, error) {
		if cmd.To == "" || len(cmd.To) > pseudonymMax || checkText("to", cmd.To, 1) != nil {
			return nil, ErrComplaint.At("to", "a pseudonym of 1 to %d bytes", pseudonymMax)
		}
		if cmd.Category != "" {
			if cmd.Category.DueDays() == 0 {
				return nil, ErrComplaint.At("category", "one of %v", Categories())
			}
			if due := c.Recorded.AddDate(0, 0, s.due(c.Programme, cmd.Category)); due.Before(c.Due) {
				c.Due = due
			}
			c.Category = cmd.Category
		}
		c.AssignedTo = cmd.To
		return map[string]string{"to": cmd.To}, nil
	})
}

// AnswerComplaint is documented at Service.
func (s *service) AnswerComplaint(ctx context.Context, cmd AnswerComplaint) (Complaint, error) {
	content := s.said(cmd, cmd.Answer)
	return s.change(ctx, MethodAnswerComplaint, cmd.By, cmd.Key, cmd.ID, content, func(tx Tx, c *Complaint) (map[string]string, error) {
		if err := checkText("answer", cmd.Answer, 1); err != nil {
			return nil, err
		}
		w, err := s.wordsOf(tx, *c)
		if err != nil {
			return nil, err
		}
		w.Answer = cmd.Answer
		digest, err := s.putWords(tx, c.ID, w)
		if err != nil {
			return nil, err
		}
		c.AnsweredBy, c.Answered = cmd.By.Pseudonym, tx.Now()
		return map[string]string{"words": digest}, nil
	})
}

// CloseComplaint is documented at Service.
func (s *service) CloseComplaint(ctx context.Context, cmd CloseComplaint) (Complaint, error) {
	return s.change(ctx, MethodCloseComplaint, cmd.By, cmd.Key, cmd.ID, cmd, func(tx Tx, c *Complaint) (map[string]string, error) {
		switch {
		case !slices.Contains([]Outcome{Upheld, Unfounded, Referred, Withdrawn}, cmd.Outcome):
			return nil, ErrComplaint.At("outcome", "upheld, unfounded, referred or withdrawn")
		case c.Answered.IsZero() && cmd.Outcome != Withdrawn:
			return nil, ErrComplaintState.At("complaint", "its author has no answer yet")
		}
		c.Outcome, c.ClosedBy, c.Closed = cmd.Outcome, cmd.By.Pseudonym, tx.Now()
		return map[string]string{"outcome": string(cmd.Outcome)}, nil
	})
}

// ReadComplaint asks for one complaint with what was said.
type ReadComplaint struct {
	By access.Actor
	ID string
}

// ComplaintView is a complaint with its words.
type ComplaintView struct {
	Complaint
	Text     string // "" once erased
	Answer   string
	Overdue  bool
	Evidence []Evidence // on the cards that it names, in the order of arrival
}

// Evidence is a sales record on a card that a complaint names.
type Evidence struct {
	Serial  voucher.Serial
	Receipt voucher.Hash
	Vendor  vendors.ID
	State   voucher.ReceiptState
	Reason  string
	At      voucher.Interval
	// After says that it arrived after the complaint. On a card that somebody
	// else keeps, it is his.
	After bool
}

// Complaint is documented at Service.
func (s *service) Complaint(ctx context.Context, q ReadComplaint) (ComplaintView, error) {
	v, err := read(ctx, s, MethodComplaint, q.By, func(tx Tx) (ComplaintView, error) {
		c, err := complaintOf(tx, q.By, q.ID)
		if err != nil {
			return ComplaintView{}, err
		}
		v := ComplaintView{Complaint: c, Overdue: c.Overdue(tx.Now())}
		if c.Erased.IsZero() {
			w, err := s.wordsOf(tx, c)
			if err != nil && !errors.Is(err, ErrErased) {
				return ComplaintView{}, err
			}
			v.Text, v.Answer = w.Text, w.Answer
		}
		v.Evidence, err = evidenceOf(tx, c)
		return v, err
	})
	if err != nil {
		return ComplaintView{}, err
	}
	actor, err := acting(MethodComplaint, q.By)
	if err != nil {
		return ComplaintView{}, err
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		_, err := ledger.Decide(tx, actor, "", "read-complaint", v.ID, nil)
		return err
	})
	if err == nil {
		s.reads.Count(actor.Role, "complaint", 1)
	}
	return v, err
}

// evidenceMax bounds the sales records that a view shows.
const evidenceMax = 100

func evidenceOf(tx Tx, c Complaint) ([]Evidence, error) {
	var out []Evidence
	for _, serial := range c.Serials {
		v, err := tx.VoucherBySerial(serial)
		if err != nil {
			return nil, err
		}
		for r, err := range tx.ReceiptsFor(v.Number) {
			if err != nil {
				return nil, err
			}
			if r.Kind == voucher.RecordReceipt && len(out) < evidenceMax {
				out = append(out, Evidence{serial, r.Hash, r.Vendor, r.State, r.Reason, r.At, !r.At.To.Before(c.Recorded)})
			}
		}
	}
	return out, nil
}

// ListComplaints asks for a page of complaints.
type ListComplaints struct {
	By      access.Actor
	Overdue bool   // only those
	Round   string // of one round; all where ""
	After   string
	Limit   int // 1 to 1,000; 100 where 0
}

// ComplaintPage is a page of complaints. Next is "" at the end of the list.
type ComplaintPage struct {
	Items []Complaint
	Now   time.Time // by which they are overdue or not
	Next  string
}

// Complaints is documented at Service.
func (s *service) Complaints(ctx context.Context, q ListComplaints) (ComplaintPage, error) {
	if q.Limit < 1 || q.Limit > 1000 {
		q.Limit = 100
	}
	return read(ctx, s, MethodComplaints, q.By, func(tx Tx) (ComplaintPage, error) {
		page := ComplaintPage{Now: tx.Now()}
		for c, err := range tx.Complaints(q.By.Programme, q.After) {
			switch {
			case err != nil:
				return page, err
			case !c.seen(q.By) || q.Overdue && !c.Overdue(page.Now) || q.Round != "" && c.Round != q.Round:
				continue
			}
			if len(page.Items) == q.Limit {
				page.Next = page.Items[q.Limit-1].ID
				break
			}
			page.Items = append(page.Items, c)
		}
		return page, nil
	})
}

// Ask asks for a complaint by its author's code. Nobody has to say who he is.
type Ask struct{ Code string }

// Progress is all that an author learns.
type Progress struct {
	State State
	// Answer is what he is told. Of a complaint about exploitation or abuse it
	// stays away: a slip of paper may be in other hands.
	Answer string
}

// Ask is documented at Service. It writes nothing, so that it can fill nothing;
// the transport bounds how often one address may try.
func (s *service) Ask(ctx context.Context, q Ask) (Progress, error) {
	bare, err := bareCode(q.Code)
	if err != nil {
		return Progress{}, err
	}
	var p Progress
	err = s.store.View(ctx, func(tx Tx) error {
		c, err := tx.ComplaintByCode(s.digest(bare))
		if err != nil {
			return err
		}
		p.State = c.State()
		if c.Answered.IsZero() || c.Category == Safeguarding || !c.Erased.IsZero() {
			return nil
		}
		w, err := s.wordsOf(tx, c)
		p.Answer = w.Answer
		return err
	})
	return p, err
}

// sweepMax bounds what one sweep erases.
const sweepMax = 1000

// Sweep is documented at Service.
func (s *service) Sweep(ctx context.Context) (int, error) {
	var due []Complaint
	err := s.store.View(ctx, func(tx Tx) error {
		for p, err := range tx.Programmes() {
			if err != nil {
				return err
			}
			for c, err := range tx.Complaints(p.ID, "") {
				if err != nil {
					return err
				}
				if c.expired(tx.Now()) && len(due) < sweepMax {
					due = append(due, c)
				}
			}
		}
		return nil
	})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	erased := 0
	err = s.store.Update(ctx, func(tx Tx) error {
		erased = 0
		for _, was := range due {
			c, err := tx.Complaint(was.ID)
			if err != nil {
				return err
			}
			if !c.expired(tx.Now()) {
				continue
			}
			c.Erased = tx.Now()
			if err := tx.DeleteComplaintText(c.ID); err != nil {
				return err
			}
			if err := tx.PutComplaint(c); err != nil {
				return err
			}
			erased++
		}
		_, err := ledger.Decide(tx, ledger.Actor{Role: "server", Name: "rules"}, "", "erase-complaints", "", map[string]string{"count": strconv.Itoa(erased)})
		return err
	})
	return erased, err
}

// expired reports whether its words have outlived their retention.
func (c Complaint) expired(now time.Time) bool {
	return c.Erased.IsZero() && !c.Closed.IsZero() && now.Sub(c.Closed) >= RetentionDays*24*time.Hour
}
