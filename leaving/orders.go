package leaving

import (
	"slices"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/vendors"
)

// order is what is known of one kind of content that two people agree to.
type order struct {
	roles []access.Role // who may prepare it, and so take it over
	// stays is for what nobody could prepare again: another may approve it still.
	stays bool
	waits func(tx Tx, id string, p access.Prepared) (bool, error)
}

// orders has every kind of content but grants, which grant.HoldingsOf knows.
var orders = map[string]order{
	"lot": {roles: distribution.Roles[distribution.MethodPrepareLot], waits: func(tx Tx, id string, p access.Prepared) (bool, error) {
		l, err := tx.Lot(id)
		return l.State == distribution.LotPrepared && l.Digest == p.Digest, err
	}},
	"export": {roles: distribution.Roles[distribution.MethodPrepareExport], waits: func(tx Tx, id string, p access.Prepared) (bool, error) {
		e, err := tx.Export(p.Programme, id)
		return len(e.Approvals) == 0, err
	}},
	"return": {roles: distribution.Roles[distribution.MethodPrepareReturn], waits: func(tx Tx, id string, p access.Prepared) (bool, error) {
		if r, err := tx.Round(id); err == nil && r.Return.Digest == p.Digest {
			return true, nil
		}
		f, err := tx.DonorFund(id)
		return f.Return.Digest == p.Digest, err
	}},
	"spare": {roles: distribution.Roles[distribution.MethodInclude], waits: func(tx Tx, id string, _ access.Prepared) (bool, error) {
		s, err := tx.Proposal(id)
		return !s.Done && tx.Now().Sub(s.At) < access.ApprovalLife, err
	}},
	"settlement": {roles: vendors.Roles[vendors.MethodPrepareSettlement], waits: func(tx Tx, id string, p access.Prepared) (bool, error) {
		s, err := tx.Settlement(id)
		return s.State == vendors.SettlementPrepared && s.Digest == p.Digest, err
	}},
	"payment-change": {roles: vendors.Roles[vendors.MethodChangePayment], waits: func(tx Tx, id string, p access.Prepared) (bool, error) {
		c, err := tx.PaymentChange(vendors.ID(id))
		return c.Digest == p.Digest && c.State(tx.Now()) == "proposed", err
	}},
	"terms": {roles: vendors.Roles[vendors.MethodSetTerms], waits: func(tx Tx, id string, p access.Prepared) (bool, error) {
		t, err := tx.Terms(vendors.ID(id), 0)
		return t.Digest == p.Digest && t.ApprovedBy == "", err
	}},
	"advance": {roles: vendors.Roles[vendors.MethodPrepareAdvance], waits: func(tx Tx, id string, _ access.Prepared) (bool, error) {
		a, err := tx.Advance(id)
		return a.State == vendors.AdvancePrepared, err
	}},
	"cheque": {roles: vendors.Roles[vendors.MethodSayCheque], waits: func(tx Tx, id string, p access.Prepared) (bool, error) {
		bank, n := numbered(id)
		c, err := tx.Cheque(bank, n)
		if err != nil || c.Said == "" || c.AgreedBy != "" {
			return false, err
		}
		d, err := c.Digest()
		return d == p.Digest, err
	}},
	"bank-line": {roles: vendors.Roles[vendors.MethodExplainLine], waits: func(tx Tx, id string, p access.Prepared) (bool, error) {
		bank, n := numbered(id)
		l, err := tx.BankLine(bank, int(min(n, 1<<31-1)))
		if err != nil || l.State != vendors.LineProposed {
			return false, err
		}
		d, err := l.Digest()
		return d == p.Digest, err
	}},
	"movement": {roles: finance.Roles[finance.MethodPrepareMovement], waits: func(tx Tx, id string, p access.Prepared) (bool, error) {
		m, err := tx.Movement(id)
		return m.State == finance.MovementPrepared && m.Digest == p.Digest, err
	}},
	"period": {roles: finance.Roles[finance.MethodPreparePeriod], waits: func(tx Tx, id string, p access.Prepared) (bool, error) {
		m, err := tx.Period(id)
		return m.Proposed.PreparedBy != "" && m.Proposed.Digest == p.Digest, err
	}},
	"case": {roles: reconcile.Roles[reconcile.MethodFreeze], stays: true, waits: func(tx Tx, id string, p access.Prepared) (bool, error) {
		c, err := tx.Case(id)
		return c.State == reconcile.CaseFrozen && c.Digest == p.Digest, err
	}},
	"give-up": {roles: reconcile.Roles[reconcile.MethodProposeGiveUp], waits: func(tx Tx, id string, p access.Prepared) (bool, error) {
		c, err := tx.Case(id)
		if err != nil || c.Debt.GiveUpBy == "" {
			return false, err
		}
		d, err := c.GiveUpDigest()
		return d == p.Digest, err
	}},
}

// Kinds returns what may be handed over or withdrawn, as contents name it.
func Kinds() []string {
	var all []string
	for k := range orders {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// numbered cuts "<bank>-<number>".
func numbered(id string) (bank string, n uint64) {
	i := strings.LastIndexByte(id, '-')
	if i < 0 {
		return id, 0
	}
	n, _ = strconv.ParseUint(id[i+1:], 10, 64) // none has number 0
	return id[:i], n
}

// waiting reports of what kind content is, and whether it waits for somebody.
func waiting(tx Tx, p access.Prepared) (access.Content, order, bool, error) {
	c, err := access.ParseContent(p.Text)
	if err != nil {
		return c, order{}, false, err
	}
	o, known := orders[c.What]
	if !known {
		return c, o, false, nil
	}
	waits, err := o.waits(tx, c.ID, p)
	if fault.KindOf(err) == fault.NotFound {
		return c, o, false, nil
	}
	return c, o, waits, err
}
