package bolt

import (
	"iter"

	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/vendors"
)

var _ finance.Tx = (*Tx)(nil)

var movementTable = newOwned[string, movementRecord]("movement")

// Finance returns the store of package finance.
func (db *DB) Finance() finance.Store {
	return store[finance.Tx]{db, func(tx *Tx) finance.Tx { return tx }}
}

// movementRecord is in "movement" by id.
type movementRecord struct {
	ID         string
	Programme  string
	Kind       string
	Vendor     string
	Amount     amount
	Bank       string
	Fund       string
	Reason     string
	State      string
	Digest     sum32
	PreparedBy string
	Approval   approvalRecord
	RefusedBy  string
	Created    instant
	Entry      uint64
}

// Movement returns a movement.
func (tx *Tx) Movement(id string) (finance.Movement, error) {
	return read(tx, movementTable.rows, id, finance.ErrNotFound, movementRecord.movement)
}

// PutMovement stores a movement.
func (tx *Tx) PutMovement(m finance.Movement) error {
	return movementTable.put(tx, m.Programme, m.ID, movementRecord{m.ID, m.Programme, string(m.Kind), string(m.Vendor), amount(m.Amount), m.Bank, m.Fund,
		m.Reason, string(m.State), m.Digest, m.PreparedBy, approvalRecordOf(m.Approval), m.RefusedBy, instantOf(m.Created), m.Entry})
}

// Movements yields a programme's movements in order.
func (tx *Tx) Movements(programme, after string) iter.Seq2[finance.Movement, error] {
	return convert(movementTable.of(tx, programme, after), movementRecord.movement)
}

func (r movementRecord) movement() finance.Movement {
	return finance.Movement{ID: r.ID, Programme: r.Programme, Kind: finance.MovementKind(r.Kind), Vendor: vendors.ID(r.Vendor), Amount: r.Amount.amount(),
		Bank: r.Bank, Fund: r.Fund, Reason: r.Reason, State: finance.MovementState(r.State), Digest: r.Digest, PreparedBy: r.PreparedBy,
		Approval: r.Approval.approval(), RefusedBy: r.RefusedBy, Created: r.Created.time(), Entry: r.Entry}
}

// periodTable has months by their names.
var periodTable = table[string, periodRecord]{newBucket("period"), 1, textKey[string]()}

// periodRecord is in "period" by month, which it does not repeat.
type periodRecord struct {
	State    string
	Digest   sum32
	Proposed proposedRecord
	Before   instant
	Approval approvalRecord
	Entry    uint64
}

type proposedRecord struct {
	State      string
	Digest     sum32
	Reason     string
	Programme  string
	PreparedBy string
	At         instant
}

// Period returns a month.
func (tx *Tx) Period(month string) (finance.Period, error) {
	r, err := periodTable.get(tx, month, finance.ErrNotFound)
	if err != nil {
		return finance.Period{}, err
	}
	n := r.Proposed
	return finance.Period{Month: month, State: finance.PeriodState(r.State), Digest: r.Digest, Before: r.Before.time(), Approval: r.Approval.approval(), Entry: r.Entry,
		Proposed: finance.Proposed{State: finance.PeriodState(n.State), Digest: n.Digest, Reason: n.Reason, Programme: n.Programme,
			PreparedBy: n.PreparedBy, At: n.At.time()}}, nil
}

// PutPeriod stores a month.
func (tx *Tx) PutPeriod(p finance.Period) error {
	n := p.Proposed
	return periodTable.put(tx, p.Month, periodRecord{string(p.State), p.Digest, proposedRecord{string(n.State), n.Digest, n.Reason, n.Programme,
		n.PreparedBy, instantOf(n.At)}, instantOf(p.Before), approvalRecordOf(p.Approval), p.Entry})
}
