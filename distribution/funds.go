package distribution

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// CreateFund records what a donor promises. PledgedXOF, where it is stated, is
// entered as a receivable, and rounds may draw on it before it arrives.
type CreateFund struct {
	By         access.Actor `json:"-"`
	Key        string       `json:"-"`
	ID         string       // lower-case letters, digits and "-", at most 24
	Name       string
	Donor      string
	Pledged    money.Amount // in the donor's currency
	PledgedXOF money.Amount // zero: nothing is entered yet
}

func (c CreateFund) check() error {
	if err := checkID("id", c.ID); err != nil {
		return err
	}
	for _, f := range []struct{ field, text string }{{"name", c.Name}, {"donor", c.Donor}} {
		if err := checkText(f.field, f.text, 1); err != nil {
			return err
		}
	}
	switch {
	case !c.Pledged.Asset().IsCurrency() || c.Pledged.Sign() < 0:
		return ErrCommand.At("pledged", "an amount of the donor's currency, not negative")
	case c.PledgedXOF.Sign() < 0 || !c.PledgedXOF.IsZero() && c.PledgedXOF.Asset() != money.XOF:
		return ErrCommand.At("pledged_xof", "an amount in XOF, not negative")
	}
	return nil
}

// CreateFund is documented at Service.
func (s *service) CreateFund(ctx context.Context, cmd CreateFund) (Fund, error) {
	return once(ctx, s, MethodCreateFund, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Fund, error) {
		if err := cmd.check(); err != nil {
			return Fund{}, err
		}
		_, err := tx.DonorFund(cmd.ID)
		if err := free("id", err); err != nil {
			return Fund{}, err
		}
		f := Fund{ID: cmd.ID, Programme: cmd.By.Programme, Name: cmd.Name, Donor: cmd.Donor,
			Currency: cmd.Pledged.Asset(), Pledged: cmd.Pledged, Created: tx.Now()}
		facts := map[string]string{"pledged": cmd.Pledged.String()}
		if cmd.PledgedXOF.IsZero() {
			_, err = ledger.Decide(tx, actor, "", "create-fund", f.ID, facts)
		} else {
			_, err = ledger.Post(tx, ledger.Entry{Kind: ledger.KindPledgeFund, Actor: actor, Ref: f.ID, Facts: facts,
				Postings: []ledger.Posting{{Debit: ledger.Receivable(f.ID), Credit: ledger.Fund(f.ID), Amount: cmd.PledgedXOF}}})
		}
		if err != nil {
			return Fund{}, err
		}
		return f, tx.PutDonorFund(f)
	})
}

// ReceiveFund records money that arrived: what the donor sent and what the
// bank credited. Their ratio is the actual rate.
type ReceiveFund struct {
	By      access.Actor `json:"-"`
	Key     string       `json:"-"`
	Fund    string
	Donor   money.Amount // in the fund's currency
	XOF     money.Amount
	Bank    string // bank account id
	On      time.Time
	BankRef string
}

// ReceiveFund is documented at Service.
func (s *service) ReceiveFund(ctx context.Context, cmd ReceiveFund) (FundReceipt, error) {
	return once(ctx, s, MethodReceiveFund, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (FundReceipt, error) {
		f, err := fundOf(tx, cmd.By, cmd.Fund)
		if err != nil {
			return FundReceipt{}, err
		}
		switch {
		case cmd.Donor.Asset() != f.Currency || cmd.Donor.Sign() <= 0:
			return FundReceipt{}, ErrCommand.At("donor", "an amount of %s above zero", f.Currency.Code())
		case cmd.XOF.Asset() != money.XOF || cmd.XOF.Sign() <= 0:
			return FundReceipt{}, ErrCommand.At("xof", "an amount of XOF above zero")
		case f.Currency == money.XOF && !cmd.Donor.Equal(cmd.XOF):
			return FundReceipt{}, ErrCommand.At("xof", "francs are not exchanged: both amounts are the same")
		case cmd.On.IsZero() || cmd.On.After(tx.Now()):
			return FundReceipt{}, ErrCommand.At("on", "the day of the bank's credit, not in the future")
		}
		if err := checkText("bank_reference", cmd.BankRef, 0); err != nil {
			return FundReceipt{}, err
		}
		if err := checkCode("bank", cmd.Bank, idMax); err != nil {
			return FundReceipt{}, err
		}
		return receive(tx, actor, cmd)
	})
}

// receive posts the money: first against what the donor still owes.
func receive(tx Tx, actor ledger.Actor, cmd ReceiveFund) (FundReceipt, error) {
	before, err := collect(tx.FundReceipts(cmd.Fund))
	if err != nil {
		return FundReceipt{}, err
	}
	owed, err := tx.Balance(ledger.Receivable(cmd.Fund), money.XOF)
	if err != nil {
		return FundReceipt{}, err
	}
	e := ledger.Entry{Kind: ledger.KindFund, Actor: actor, Ref: cmd.Fund, From: cmd.On, To: cmd.On,
		Facts: map[string]string{"donor": cmd.Donor.String(), "bank-ref": cmd.BankRef}}
	promised := money.Francs(min(owed.Minor(), cmd.XOF.Minor()))
	extra := money.Francs(cmd.XOF.Minor() - promised.Minor())
	for _, p := range []ledger.Posting{
		{Debit: ledger.Bank(cmd.Bank), Credit: ledger.Receivable(cmd.Fund), Amount: promised},
		{Debit: ledger.Bank(cmd.Bank), Credit: ledger.Fund(cmd.Fund), Amount: extra},
	} {
		if p.Amount.Sign() > 0 {
			e.Postings = append(e.Postings, p)
		}
	}
	posted, err := ledger.Post(tx, e)
	if err != nil {
		return FundReceipt{}, err
	}
	r := FundReceipt{Fund: cmd.Fund, N: len(before) + 1, Donor: cmd.Donor, XOF: cmd.XOF, Bank: cmd.Bank,
		On: cmd.On.UTC(), BankRef: cmd.BankRef, Entry: posted.Seq}
	return r, tx.PutFundReceipt(r)
}

// FundView is a fund with what has become of it.
type FundView struct {
	Fund
	Receipts      []FundReceipt
	ReceivedDonor money.Amount // in the donor's currency
	Received      money.Amount // in XOF
	Readers       []string     // staff identifiers of the donor's people who take its reports
	Receivable    money.Amount // promised in XOF and not received
	Available     money.Amount // in XOF, not drawn on
	// Rate is the weighted actual rate, XOF for one unit of the donor's
	// currency, as an exact fraction such as "655957/1000"; "" before the
	// first receipt.
	Rate string
}

// Funds is documented at Service.
func (s *service) Funds(ctx context.Context, q Query) ([]FundView, error) {
	return read(ctx, s, MethodFunds, q.By, func(tx Tx) ([]FundView, error) {
		funds, err := collect(tx.DonorFunds(q.By.Programme))
		if err != nil {
			return nil, err
		}
		views := make([]FundView, len(funds))
		for i, f := range funds {
			if views[i], err = viewFund(tx, f); err != nil {
				return nil, fmt.Errorf("fund %s: %w", f.ID, err)
			}
		}
		return views, nil
	})
}

func viewFund(tx Tx, f Fund) (FundView, error) {
	v := FundView{Fund: f, ReceivedDonor: money.FromMinor(0, f.Currency), Received: money.Francs(0)}
	var err error
	if v.Receipts, err = collect(tx.FundReceipts(f.ID)); err != nil {
		return v, err
	}
	for _, r := range v.Receipts {
		if v.ReceivedDonor, err = v.ReceivedDonor.Add(r.Donor); err != nil {
			return v, err
		}
		if v.Received, err = v.Received.Add(r.XOF); err != nil {
			return v, err
		}
	}
	if v.ReceivedDonor.Sign() > 0 {
		v.Rate = new(big.Rat).Quo(v.Received.Decimal().Rat(), v.ReceivedDonor.Decimal().Rat()).RatString()
	}
	if v.Readers, err = tx.Named(f.readers()); err != nil {
		return v, err
	}
	if v.Receivable, err = tx.Balance(ledger.Receivable(f.ID), money.XOF); err != nil {
		return v, err
	}
	v.Available, err = tx.Balance(ledger.Fund(f.ID), money.XOF)
	return v, err
}

// PrepareGiveBack begins the return of a fund's money to its donor.
type PrepareGiveBack struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Fund   string
	Amount money.Amount // in XOF
	Bank   string       // bank account id that it leaves from
}

// PrepareGiveBack is documented at Service.
func (s *service) PrepareGiveBack(ctx context.Context, cmd PrepareGiveBack) (Fund, error) {
	return once(ctx, s, MethodPrepareGiveBack, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Fund, error) {
		f, err := fundOf(tx, cmd.By, cmd.Fund)
		if err != nil {
			return Fund{}, err
		}
		if err := checkCode("bank", cmd.Bank, idMax); err != nil {
			return Fund{}, err
		}
		if cmd.Amount.Asset() != money.XOF || cmd.Amount.Sign() <= 0 {
			return Fund{}, ErrCommand.At("amount", "an amount of XOF above zero")
		}
		parts := []ReturnPart{{From: ledger.Fund(f.ID), To: ledger.Bank(cmd.Bank), Amount: cmd.Amount}}
		if err := covered(tx, parts); err != nil {
			return Fund{}, err
		}
		if f.Return, err = newReturn(tx, f.ID, parts, cmd.By, MethodApproveGiveBack); err != nil {
			return Fund{}, err
		}
		if err := decideReturn(tx, actor, "", "prepare-give-back", f.ID, f.Return); err != nil {
			return Fund{}, err
		}
		return f, tx.PutDonorFund(f)
	})
}

// ApproveGiveBack is documented at Service.
func (s *service) ApproveGiveBack(ctx context.Context, cmd ApproveReturn) (Fund, error) {
	proof, err := s.prove(ctx, cmd.By, MethodApproveGiveBack, cmd.Digest)
	if err != nil {
		return Fund{}, err
	}
	return once(ctx, s, MethodApproveGiveBack, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Fund, error) {
		f, err := fundOf(tx, cmd.By, cmd.ID)
		if err != nil {
			return Fund{}, err
		}
		if err := f.Return.approve(tx, cmd, MethodApproveGiveBack, proof); err != nil {
			return Fund{}, err
		}
		if err := f.Return.post(tx, actor, "", f.ID, proof); err != nil {
			return Fund{}, err
		}
		f.Return = Return{}
		return f, tx.PutDonorFund(f)
	})
}
