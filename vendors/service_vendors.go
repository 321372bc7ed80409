package vendors

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// In every command By is the caller and Key the idempotency key. Neither is
// part of the content that a repeat must equal, which the tags say.

// RegisterVendor is the command to record a trader. Screening.By is the caller.
type RegisterVendor struct {
	By        access.Actor `json:"-"`
	Key       string       `json:"-"`
	ID        ID
	Name      string
	Zone      string
	Village   string
	PlaceCode string
	Contract  Contract
}

// SuspendVendor is the command to suspend a contract, or to put it back in
// force.
type SuspendVendor struct {
	By        access.Actor `json:"-"`
	Key       string       `json:"-"`
	Vendor    ID
	Suspended bool
	Reason    string
}

// SetPrices is the command to give a vendor a price list from an instant on;
// the zero instant is now.
type SetPrices struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Vendor ID
	From   time.Time
	Items  []Item
}

// SetZone is the command to make a zone or change its policy.
type SetZone struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Code   string
	Policy Policy
}

// Summary is how a vendor stands: what each of his accounts holds of each
// asset.
type Summary struct {
	Vendor    ID
	Redeemed  []money.Amount // handed over and not claimed
	Claimed   []money.Amount // accepted and not paid
	Contested []money.Amount // frozen by a case
	Advance   money.Amount   // given beforehand and not worked off
}

func (s *service) RegisterVendor(ctx context.Context, cmd RegisterVendor) (Vendor, error) {
	return once(ctx, s, MethodRegisterVendor, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Vendor, error) {
		v := Vendor{ID: cmd.ID, Programme: cmd.By.Programme, Name: cmd.Name, Zone: cmd.Zone, Village: cmd.Village,
			PlaceCode: cmd.PlaceCode, Contract: cmd.Contract, Created: tx.Now()}
		v.Contract.Screening.By = cmd.By.Pseudonym
		if err := v.check(); err != nil {
			return Vendor{}, err
		}
		if _, err := tx.Zone(v.Programme, v.Zone); err != nil {
			return Vendor{}, err
		}
		if _, err := tx.Vendor(v.ID); !errors.Is(err, ErrNotFound) {
			return Vendor{}, errors.Join(err, taken(err))
		}
		// The journal is published: the trader's id and terms, nothing of a person.
		_, err := ledger.Decide(tx, as, "", "vendor-registered", string(v.ID), map[string]string{
			"from": v.Contract.From.UTC().Format(time.DateOnly), "until": v.Contract.Until.UTC().Format(time.DateOnly),
			"permille": strconv.FormatInt(v.Contract.permille(), 10), "zone": v.Zone, "screened": v.Contract.Screening.On.UTC().Format(time.DateOnly),
			"clear": strconv.FormatBool(v.Contract.Screening.Result == "clear")})
		if err != nil {
			return Vendor{}, err
		}
		return v, tx.PutVendor(v)
	})
}

// taken is ErrTaken where the id was found, and nothing where the store failed.
func taken(found error) error {
	if found == nil {
		return ErrTaken
	}
	return nil
}

func (v Vendor) check() error {
	var f findings
	f.add(idForm.MatchString(string(v.ID)), "id", "lower-case letters, digits and -, at most 32")
	f.text(v.Name, "name", true)
	f.add(zoneForm.MatchString(v.Zone), "zone", "1 to 8 letters, digits and -")
	f.text(v.Village, "village", false)
	f.text(v.PlaceCode, "place_code", false)
	v.Contract.check(&f)
	return f.err()
}

func (s *service) SuspendVendor(ctx context.Context, cmd SuspendVendor) (Vendor, error) {
	return once(ctx, s, MethodSuspendVendor, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Vendor, error) {
		v, err := ownVendor(tx, cmd.Vendor, cmd.By)
		if err != nil {
			return Vendor{}, err
		}
		var f findings
		f.text(cmd.Reason, "reason", true)
		if err := f.err(); err != nil {
			return Vendor{}, err
		}
		what := "vendor-resumed"
		if cmd.Suspended {
			what = "vendor-suspended"
		}
		if _, err := ledger.Decide(tx, as, "", what, string(v.ID), nil); err != nil {
			return Vendor{}, err
		}
		v.Suspended = cmd.Suspended
		return v.withoutAddress(), tx.PutVendor(v)
	})
}

func (s *service) Vendor(ctx context.Context, q ByID) (Vendor, error) {
	return read(ctx, s, MethodVendor, q.By, func(tx Tx) (Vendor, error) {
		v, err := ownVendor(tx, ID(q.ID), q.By)
		if err == nil {
			v, _, err = v.payable(tx)
		}
		return v.shownTo(q.By), err
	})
}

func (s *service) Vendors(ctx context.Context, q List) (Page[Vendor], error) {
	return read(ctx, s, MethodVendors, q.By, func(tx Tx) (Page[Vendor], error) {
		p, err := page(tx.Vendors(q.By.Programme, ID(q.After)), q.Limit, func(v Vendor) string { return string(v.ID) })
		for i, v := range p.Items {
			if v, _, err = v.payable(tx); err != nil {
				return Page[Vendor]{}, err
			}
			p.Items[i] = v.shownTo(q.By)
		}
		return p, err
	})
}

// shownTo returns the vendor without the address he is paid at, unless the
// caller has to do with money.
func (v Vendor) shownTo(by access.Actor) Vendor {
	if !by.Has(bookReaders...) {
		return v.withoutAddress()
	}
	return v
}

func (v Vendor) withoutAddress() Vendor {
	v.Contract.Payment.Alias, v.Contract.Payment.Payee = "", ""
	return v
}

func (s *service) Summary(ctx context.Context, q ByID) (Summary, error) {
	return read(ctx, s, MethodSummary, q.By, func(tx Tx) (Summary, error) {
		v, err := ownVendor(tx, ID(q.ID), q.By)
		if err != nil {
			return Summary{}, err
		}
		sum := Summary{Vendor: v.ID}
		to := map[ledger.Account]*[]money.Amount{
			ledger.Redeemed(string(v.ID)):  &sum.Redeemed,
			ledger.Claimed(string(v.ID)):   &sum.Claimed,
			ledger.Contested(string(v.ID)): &sum.Contested,
		}
		for b, err := range tx.Balances("vendor:" + string(v.ID) + ":") {
			if err != nil {
				return Summary{}, err
			}
			if amounts := to[b.Account]; amounts != nil {
				*amounts = append(*amounts, b.Amount)
			}
		}
		sum.Advance, err = tx.Balance(ledger.Advance(string(v.ID)), money.XOF)
		return sum, err
	})
}

func (s *service) SetPrices(ctx context.Context, cmd SetPrices) (PriceList, error) {
	return once(ctx, s, MethodSetPrices, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (PriceList, error) {
		var f findings
		checkItems(cmd.Items, &f)
		if err := f.err(); err != nil {
			return PriceList{}, err
		}
		v, err := ownVendor(tx, cmd.Vendor, cmd.By)
		if err != nil {
			return PriceList{}, err
		}
		last, err := tx.PriceList(v.ID, 0)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return PriceList{}, err
		}
		l := PriceList{Vendor: v.ID, Version: last.Version + 1, From: cmd.From.UTC(), Items: cmd.Items, SetBy: cmd.By.ID}
		if cmd.From.IsZero() {
			l.From = tx.Now()
		}
		// What was sold is paid at the price that was in force: a list must not
		// reach back.
		if l.From.Before(tx.Now()) || l.From.Before(last.From) {
			return PriceList{}, ErrVendor.At("from", "not before now, nor before the list it follows")
		}
		items, err := digest(l.Items)
		if err != nil {
			return PriceList{}, err
		}
		_, err = ledger.Decide(tx, as, "", "prices-set", string(v.ID), map[string]string{
			"version": strconv.Itoa(l.Version), "from": l.From.Format(time.RFC3339), "digest": fmt.Sprintf("%x", items)})
		if err != nil {
			return PriceList{}, err
		}
		return l, tx.PutPriceList(l)
	})
}

func (s *service) Prices(ctx context.Context, q ByID) (PriceList, error) {
	return read(ctx, s, MethodPrices, q.By, func(tx Tx) (PriceList, error) {
		if _, err := ownVendor(tx, ID(q.ID), q.By); err != nil {
			return PriceList{}, err
		}
		return tx.PriceList(ID(q.ID), 0)
	})
}

// PricesAt returns the price list that was in force at the instant, or
// ErrNotFound where none was yet.
func PricesAt(tx Tx, vendor ID, at time.Time) (PriceList, error) {
	l, err := tx.PriceList(vendor, 0)
	for err == nil && l.From.After(at) {
		if l.Version == 1 {
			return PriceList{}, ErrNotFound
		}
		l, err = tx.PriceList(vendor, l.Version-1)
	}
	return l, err
}

func (s *service) SetZone(ctx context.Context, cmd SetZone) (Zone, error) {
	return once(ctx, s, MethodSetZone, cmd.By, cmd.Key, cmd, func(tx Tx, as ledger.Actor) (Zone, error) {
		var f findings
		f.add(zoneForm.MatchString(cmd.Code), "code", "1 to 8 letters, digits and -")
		cmd.Policy.check(&f)
		if err := f.err(); err != nil {
			return Zone{}, err
		}
		z := Zone{Code: cmd.Code, Programme: cmd.By.Programme, Policy: cmd.Policy.WithDefaults()}
		_, err := ledger.Decide(tx, as, "", "zone-set", z.Code, map[string]string{
			"fresh-hours": strconv.Itoa(z.Policy.FreshHours), "degraded-hours": strconv.Itoa(z.Policy.DegradedHours),
			"floor": z.Policy.Floor.Text(), "count-max": strconv.Itoa(z.Policy.CountMax), "sum-max": z.Policy.SumMax.Text(),
			"waiting-days": strconv.Itoa(z.Policy.WaitingDays)})
		if err != nil {
			return Zone{}, err
		}
		return z, tx.PutZone(z)
	})
}

func (s *service) Zone(ctx context.Context, q ByID) (Zone, error) {
	return read(ctx, s, MethodZone, q.By, func(tx Tx) (Zone, error) {
		z, err := tx.Zone(q.By.Programme, q.ID)
		z.Policy = z.Policy.WithDefaults()
		return z, err
	})
}
