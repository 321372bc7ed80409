package bolt

import (
	"errors"
	"fmt"

	"github.com/jate-cva/jate/vendors"
)

// The buckets of vendors' terms and what they came to, and of what advances
// have besides.
var (
	termsTable        = table[numbered[vendors.ID], termsRecord]{newBucket("terms"), 1, numberedKey[vendors.ID]()}
	chargedTable      = table[ownedKey[string], chargedRecord]{newBucket("charged"), 1, ownedKeys[string]()}
	advancePlanTable  = table[string, []installmentRecord]{newBucket("advance-plan"), 1, textKey[string]()}
	advanceLimitTable = table[string, advanceLimitsRecord]{newBucket("advance-limits"), 1, textKey[string]()}
	claimChargesTable = table[vendors.ClaimID, []chargeLineRecord]{newBucket("claim-charges"), 1, textKey[vendors.ClaimID]()}
)

// termsRecord is in "terms" by vendor and version, which it does not repeat.
type termsRecord struct {
	From       instant
	Km         int
	Lines      []termRecord
	Digest     sum32
	SetBy      string
	ApprovedBy string
}

type termRecord struct {
	Name        string
	Kind        string
	BasisPoints int
	On          string
	PerSale     amount
	PerRound    amount
	Bands       []bandRecord
}

type bandRecord struct {
	UpToKm int
	Amount amount
}

// chargedRecord is in "charged" by vendor and round, which it does not repeat.
type chargedRecord struct {
	Version int
	Sales   int
	Sum     int64
	Fees    int64
	Lines   []int64
	Hauled  bool
}

// chargeLineRecord is in "claim-charges" by claim.
type chargeLineRecord struct {
	Name   string
	Kind   string
	Base   amount
	Amount amount
}

// Terms returns a version of a vendor's terms, the latest for 0.
func (tx *Tx) Terms(vendor vendors.ID, version int) (vendors.Terms, error) {
	if version == 0 {
		latest, err := tx.termsOf(vendor)
		if err != nil {
			return vendors.Terms{}, err
		}
		version = latest
	}
	r, err := termsTable.get(tx, numbered[vendors.ID]{vendor, uint64(version)}, vendors.ErrNotFound)
	if err != nil {
		return vendors.Terms{}, err
	}
	return vendors.Terms{Vendor: vendor, Version: version, From: r.From.time(), Km: r.Km, Digest: r.Digest, SetBy: r.SetBy, ApprovedBy: r.ApprovedBy,
		Lines: each(r.Lines, func(r termRecord) vendors.Term {
			return vendors.Term{Name: r.Name, Kind: vendors.TermKind(r.Kind), BasisPoints: r.BasisPoints, On: vendors.Base(r.On),
				PerSale: r.PerSale.amount(), PerRound: r.PerRound.amount(), Bands: each(r.Bands, func(b bandRecord) vendors.Band {
					return vendors.Band{UpToKm: b.UpToKm, Amount: b.Amount.amount()}
				})}
		})}, nil
}

// PutTerms stores a version: the latest anew, or the next.
func (tx *Tx) PutTerms(t vendors.Terms) error {
	latest, err := tx.termsOf(t.Vendor)
	if err != nil {
		return err
	}
	if t.Version != latest+1 && (t.Version != latest || latest == 0) {
		return fmt.Errorf("terms %d after %d", t.Version, latest)
	}
	return termsTable.put(tx, numbered[vendors.ID]{t.Vendor, uint64(t.Version)}, termsRecord{
		From: instantOf(t.From), Km: t.Km, Digest: t.Digest, SetBy: t.SetBy, ApprovedBy: t.ApprovedBy,
		Lines: each(t.Lines, func(t vendors.Term) termRecord {
			return termRecord{Name: t.Name, Kind: string(t.Kind), BasisPoints: t.BasisPoints, On: string(t.On), PerSale: amount(t.PerSale),
				PerRound: amount(t.PerRound), Bands: each(t.Bands, func(b vendors.Band) bandRecord { return bandRecord{b.UpToKm, amount(b.Amount)} })}
		})})
}

// termsOf returns the vendor's latest version, 0 where there is none.
func (tx *Tx) termsOf(vendor vendors.ID) (int, error) {
	last, _, err := termsTable.last(tx, under(key{}.str(string(vendor))))
	return int(last.key.n), err
}

// Charged returns how far a vendor's charges have come in a round.
func (tx *Tx) Charged(vendor vendors.ID, round string) (vendors.Charged, error) {
	r, err := chargedTable.get(tx, ownedKey[string]{string(vendor), round}, vendors.ErrNotFound)
	if err != nil {
		return vendors.Charged{}, err
	}
	return vendors.Charged{Vendor: vendor, Round: round, Version: r.Version, Sales: r.Sales, Sum: r.Sum, Fees: r.Fees, Lines: r.Lines, Hauled: r.Hauled}, nil
}

// PutCharged stores it.
func (tx *Tx) PutCharged(c vendors.Charged) error {
	return chargedTable.put(tx, ownedKey[string]{string(c.Vendor), c.Round}, chargedRecord{c.Version, c.Sales, c.Sum, c.Fees, c.Lines, c.Hauled})
}

// ClaimCharges returns the lines that terms added to a claim.
func (tx *Tx) ClaimCharges(id vendors.ClaimID) ([]vendors.ChargeLine, error) {
	rs, err := claimChargesTable.get(tx, id, vendors.ErrNotFound)
	if errors.Is(err, vendors.ErrNotFound) {
		return nil, nil
	}
	return each(rs, func(r chargeLineRecord) vendors.ChargeLine {
		return vendors.ChargeLine{Name: r.Name, Kind: vendors.TermKind(r.Kind), Base: r.Base.amount(), Amount: r.Amount.amount()}
	}), err
}

// PutClaimCharges stores them.
func (tx *Tx) PutClaimCharges(id vendors.ClaimID, lines []vendors.ChargeLine) error {
	return claimChargesTable.put(tx, id, each(lines, func(l vendors.ChargeLine) chargeLineRecord {
		return chargeLineRecord{l.Name, string(l.Kind), amount(l.Base), amount(l.Amount)}
	}))
}

// installmentRecord is in "advance-plan" by advance; one without days has none.
type installmentRecord struct {
	Due    instant
	Amount amount
}

// advanceLimitsRecord is in "advance-limits" by programme.
type advanceLimitsRecord struct{ Vendor, Programme amount }

// planned returns the advance with its plan.
func (tx *Tx) planned(a vendors.AdvanceLine) (vendors.AdvanceLine, error) {
	rs, err := advancePlanTable.get(tx, a.ID, vendors.ErrNotFound)
	if errors.Is(err, vendors.ErrNotFound) {
		return a, nil
	}
	a.Plan = each(rs, func(r installmentRecord) vendors.Installment {
		return vendors.Installment{Due: r.Due.time(), Amount: r.Amount.amount()}
	})
	return a, err
}

func (tx *Tx) putPlan(a vendors.AdvanceLine) error {
	if a.Plan == nil {
		return advancePlanTable.delete(tx, a.ID)
	}
	return advancePlanTable.put(tx, a.ID, each(a.Plan, func(p vendors.Installment) installmentRecord {
		return installmentRecord{instantOf(p.Due), amount(p.Amount)}
	}))
}

// AdvanceLimits returns a programme's.
func (tx *Tx) AdvanceLimits(programme string) (vendors.AdvanceLimits, error) {
	r, err := advanceLimitTable.get(tx, programme, vendors.ErrNotFound)
	if errors.Is(err, vendors.ErrNotFound) {
		return vendors.AdvanceLimits{}, nil
	}
	return vendors.AdvanceLimits{Vendor: r.Vendor.amount(), Programme: r.Programme.amount()}, err
}

// PutAdvanceLimits stores a programme's.
func (tx *Tx) PutAdvanceLimits(programme string, l vendors.AdvanceLimits) error {
	return advanceLimitTable.put(tx, programme, advanceLimitsRecord{amount(l.Vendor), amount(l.Programme)})
}
