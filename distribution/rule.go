package distribution

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

const (
	vouchersDefault  = 20 // of one household
	vouchersMost     = 24 // that one line of a hand-over sheet holds
	denominationsMax = 8
	sizeMost         = 40 // people in a household; package intake takes no more
)

// Reasons why a rule gives a household nothing that can be printed. Lots leave
// such households out and say so.
var (
	errSizeUnknown     = fault.New(fault.Invalid, "size-unknown", "The rule counts people and the list gives no size.", "La règle compte les personnes et la liste ne donne pas la taille.")
	errQuantityUnknown = fault.New(fault.Invalid, "quantity-unknown", "The rule counts a quantity and the list gives none.", "La règle compte une quantité et la liste n'en donne pas.")
	errIndivisible     = fault.New(fault.Invalid, "amount-indivisible", "The amount is not a sum of the denominations.", "Le montant n'est pas une somme des coupures.")
	errVouchers        = fault.New(fault.Invalid, "too-many-vouchers", "The amount needs more vouchers than one household may have.", "Le montant demande plus de coupons qu'un ménage ne peut en avoir.")
)

func (r Rule) vouchersMax() int {
	if r.VouchersMax == 0 {
		return vouchersDefault
	}
	return r.VouchersMax
}

// amounts returns every amount of the rule by its field.
func (r Rule) amounts() []struct {
	field  string
	amount money.Amount
} {
	return []struct {
		field  string
		amount money.Amount
	}{{"per_household", r.PerHousehold}, {"per_member", r.PerMember}, {"per_unit", r.PerUnit}, {"min", r.Min}, {"cap", r.Cap}}
}

// check refuses a rule that cannot work in the asset: ErrRule, with the field.
// Without a quantity in it, every household of 1 to 40 people must come out.
func (r Rule) check(asset money.Asset) error {
	for _, a := range r.amounts() {
		if a.amount.Sign() < 0 || !a.amount.IsZero() && a.amount.Asset() != asset {
			return ErrRule.At("rule."+a.field, "an amount of %s, not negative", asset.Code())
		}
	}
	if r.PerHousehold.IsZero() && r.PerMember.IsZero() && r.PerUnit.IsZero() {
		return ErrRule.At("rule", "it gives nobody anything")
	}
	if r.VouchersMax < 0 || r.VouchersMax > vouchersMost {
		return ErrRule.At("rule.vouchers_max", "1 to %d", vouchersMost)
	}
	if n := len(r.Denominations); n < 1 || n > denominationsMax {
		return ErrRule.At("rule.denominations", "1 to %d", denominationsMax)
	}
	for i, d := range r.Denominations {
		if d.Asset() != asset || d.Sign() <= 0 || i > 0 && d.Minor() >= r.Denominations[i-1].Minor() {
			return ErrRule.At(where("rule.denominations", i), "amounts of %s above zero, the largest first", asset.Code())
		}
	}
	if !r.PerUnit.IsZero() {
		for _, a := range []money.Amount{r.Min, r.Cap} {
			if _, err := r.split(a, asset); err != nil {
				return ErrRule.At("rule", "%s: %s", a, fault.Of(err).EN)
			}
		}
		return nil
	}
	for size := 1; size <= sizeMost; size++ {
		if _, err := r.entitlement(Person{Size: size}, asset); err != nil {
			return ErrRule.At("rule", "a household of %d: %s", size, reasonOf(err))
		}
	}
	return nil
}

func reasonOf(err error) string {
	if f := fault.Of(err); f != nil {
		return f.EN
	}
	return err.Error()
}

// entitlement returns the vouchers of a household, the largest first; none
// where the rule comes to nothing.
func (r Rule) entitlement(p Person, asset money.Asset) ([]money.Amount, error) {
	sum := money.FromMinor(r.PerHousehold.Minor(), asset)
	if !r.PerMember.IsZero() {
		if p.Size == 0 {
			return nil, errSizeUnknown
		}
		members, err := r.PerMember.Mul(int64(p.Size))
		if err != nil {
			return nil, err
		}
		if sum, err = sum.Add(members); err != nil {
			return nil, err
		}
	}
	if !r.PerUnit.IsZero() {
		units, err := times(r.PerUnit, p.Quantity)
		if err != nil {
			return nil, err
		}
		if sum, err = sum.Add(units); err != nil {
			return nil, err
		}
	}
	if sum.Minor() < r.Min.Minor() {
		sum = r.Min
	}
	if !r.Cap.IsZero() && sum.Minor() > r.Cap.Minor() {
		sum = r.Cap
	}
	return r.split(sum, asset)
}

// times returns a rate times a quantity, never rounded.
func times(rate money.Amount, quantity string) (money.Amount, error) {
	if quantity == "" {
		return money.Amount{}, errQuantityUnknown
	}
	q, err := decimal.NewFromString(quantity)
	if err != nil || q.IsNegative() {
		return money.Amount{}, errQuantityUnknown
	}
	total := q.Mul(decimal.NewFromInt(rate.Minor()))
	if !total.IsInteger() {
		return money.Amount{}, errIndivisible
	}
	if n := total.BigInt(); n.IsInt64() {
		return money.FromMinor(n.Int64(), rate.Asset()), nil
	}
	return money.Amount{}, fmt.Errorf("%s x %s: %w", rate, quantity, money.ErrRange)
}

// split takes the largest denominations first. It returns errIndivisible
// where something is left, and errVouchers.
func (r Rule) split(m money.Amount, asset money.Asset) ([]money.Amount, error) {
	var parts []money.Amount
	left := m.Minor()
	for _, d := range r.Denominations {
		n := left / d.Minor()
		if n > int64(r.vouchersMax()-len(parts)) {
			return nil, errVouchers
		}
		for range n {
			parts = append(parts, money.FromMinor(d.Minor(), asset))
		}
		left -= n * d.Minor()
	}
	if left != 0 {
		return nil, errIndivisible
	}
	return parts, nil
}
