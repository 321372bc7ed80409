package leaving

import (
	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/reconcile"
)

// Kind says what an item is.
type Kind string

// The kinds.
const (
	Role      Kind = "role"      // held; What is the role
	Deputy    Kind = "deputy"    // another's, standing in for the member; ID is the other
	Proposal  Kind = "proposal"  // of a role, by the member or about him
	Session   Kind = "session"   // alive
	Factor    Kind = "factor"    // What is its kind
	Order     Kind = "order"     // waits for a second person; What is the content's kind
	Case      Kind = "case"      // he looks into it
	Complaint Kind = "complaint" // he answers it
	Import    Kind = "import"    // of a list, not finished
	Sample    Kind = "sample"    // committed or frozen, not drawn
)

// Outcome says what became of an item.
type Outcome string

// The outcomes; "" in a list of work.
const (
	HandedOver Outcome = "handed-over" // to the successor
	Withdrawn  Outcome = "withdrawn"   // nobody approves it any more
	Unassigned Outcome = "unassigned"  // for anybody of the role
	Ended      Outcome = "ended"
	Stays      Outcome = "stays" // others of the role go on with it
)

// Item is one thing in a member's name.
type Item struct {
	Kind      Kind
	What      string
	ID        string
	Programme string
	Outcome   Outcome
}

// itemsMost bounds what an answer lists.
const itemsMost = 1000

// thing is an item, and how it is ended.
type thing struct {
	Item
	roles []access.Role // of a successor; none where nothing is handed over
	end   func(l *leaver, to string) (Outcome, error)
}

// find returns what is open in a member's name.
func (s *service) find(tx Tx, m staff.Member) ([]thing, grant.Holdings, error) {
	held, err := grant.HoldingsOf(tx, m.ID)
	if err != nil {
		return nil, held, err
	}
	var all []thing
	for _, g := range held.Grants {
		all = append(all, thing{Item: Item{Kind: Role, What: string(g.Role), ID: string(g.Role), Programme: g.Programme}})
	}
	for _, p := range held.Deputies {
		all = append(all, thing{Item: Item{Kind: Deputy, What: string(p.Content.Role), ID: p.Member, Programme: p.Content.Programme}})
	}
	for _, p := range held.Proposals {
		all = append(all, thing{Item: Item{Kind: Proposal, What: string(p.Content.Role), ID: p.ID, Programme: p.Content.Programme}})
	}
	for x, err := range tx.Sessions(m.ID) {
		if err != nil {
			return nil, held, err
		}
		if x.Ended.IsZero() && tx.Now().Sub(x.Created) < staff.SessionLife {
			all = append(all, thing{Item: Item{Kind: Session, ID: x.ID}})
		}
	}
	for c, err := range tx.Credentials(m.ID) {
		if err != nil {
			return nil, held, err
		}
		all = append(all, thing{Item: Item{Kind: Factor, What: string(c.Kind), ID: c.ID}})
	}
	for p, err := range tx.Programmes() {
		if err != nil {
			return nil, held, err
		}
		more, err := s.findIn(tx, m.ID, p.ID)
		if err != nil {
			return nil, held, err
		}
		all = append(all, more...)
	}
	return all, held, nil
}

// findIn returns what is open in one programme.
func (s *service) findIn(tx Tx, member, programme string) ([]thing, error) {
	name := s.names.Pseudonym(programme, member)
	var all []thing
	for p, err := range tx.PreparedContents(programme) {
		if err != nil {
			return nil, err
		}
		if p.By != member {
			continue
		}
		c, o, waits, err := waiting(tx, p)
		if err != nil {
			return nil, err
		}
		if waits {
			all = append(all, thing{Item{Kind: Order, What: c.What, ID: c.ID, Programme: programme}, o.roles,
				func(l *leaver, to string) (Outcome, error) { return l.order(p, c, o, to) }})
		}
	}
	for c, err := range tx.Cases(programme) {
		if err != nil {
			return nil, err
		}
		if c.Assigned.To == name && c.Undecided() {
			all = append(all, thing{Item{Kind: Case, ID: c.ID, Programme: programme}, reconcile.Roles[reconcile.MethodAssignCase],
				func(l *leaver, to string) (Outcome, error) { return l.handCase(c.ID, to) }})
		}
	}
	for c, err := range tx.Complaints(programme, "") {
		if err != nil {
			return nil, err
		}
		if c.AssignedTo == name && c.State() == feedback.Assigned {
			all = append(all, thing{Item{Kind: Complaint, ID: c.ID, Programme: programme}, c.Handlers(),
				func(l *leaver, to string) (Outcome, error) { return l.handComplaint(c.ID, to) }})
		}
	}
	for i, err := range tx.Imports(programme) {
		if err != nil {
			return nil, err
		}
		if i.By == member && !i.Done {
			all = append(all, thing{Item: Item{Kind: Import, ID: i.ID, Programme: programme}})
		}
	}
	for m, err := range tx.Samples(programme) {
		if err != nil {
			return nil, err
		}
		if m.Drawn.IsZero() && (m.CommittedBy == name || m.FrozenBy == name) {
			all = append(all, thing{Item: Item{Kind: Sample, ID: m.ID, Programme: programme}})
		}
	}
	return all, nil
}
