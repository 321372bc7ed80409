package ledger

import (
	"strings"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
)

// Account is a path such as "round:r7" or "vendor:v3:redeemed". It holds one
// balance per asset, which never falls below zero on the account's normal side.
type Account string

// ErrAccount refuses a path that names no account of ours.
var ErrAccount = fault.New(fault.Invalid, "account_invalid",
	"The account does not exist in the chart of accounts.",
	"Le compte n'existe pas dans le plan de comptes.")

// Class is what an account is for: its path without the identifiers.
type Class string

// The chart of accounts. Credit-normal unless said.
const (
	ClassBank        Class = "bank"        // debit-normal: money the programme holds
	ClassReceivable  Class = "receivable"  // debit-normal: promised by a donor, not yet received
	ClassFund        Class = "fund"        // given by a donor
	ClassRound       Class = "round"       // allocated to a round, not issued
	ClassContingency Class = "contingency" // set aside for accepted offline losses
	ClassFees        Class = "fees"        // set aside for commissions and transfer fees
	ClassVoucher     Class = "beneficiary" // one voucher of one beneficiary
	ClassPledge      Class = "pledge"      // debit-normal, commodities: promised, not yet bought
	ClassRedeemed    Class = "redeemed"    // vendor: goods handed over, not yet claimed
	ClassClaimed     Class = "claimed"     // vendor: in an accepted claim, not yet paid
	ClassContested   Class = "contested"   // vendor: frozen by a case
	ClassTransit     Class = "transit"     // paid out, not yet confirmed
	ClassAdvance     Class = "advance"     // debit-normal: pre-financing given to a vendor
	ClassWithheld    Class = "withheld"    // kept from vendors at source, owed to the treasury
	ClassSuspense    Class = "suspense"    // came into a bank account, and nobody knows yet what it is
	ClassUnexplained Class = "unexplained" // debit-normal: left a bank account, and nobody knows yet what for
	ClassDebt        Class = "debt"        // debit-normal: what a vendor has to pay back by a decided case
	ClassRecoverable Class = "recoverable" // the other side of it: comes back to a round once it is paid
	ClassControl     Class = "vouchers"    // all vouchers of a round; derived, never posted to
)

// Classes returns every class, in the order of the chart of accounts. A beneficiary's
// vouchers are the class vouchers wherever books leave the office.
func Classes() []Class {
	return []Class{ClassBank, ClassReceivable, ClassFund, ClassRound, ClassContingency, ClassFees, ClassVoucher, ClassPledge,
		ClassRedeemed, ClassClaimed, ClassContested, ClassTransit, ClassAdvance, ClassDebt, ClassRecoverable, ClassWithheld, ClassSuspense, ClassUnexplained, ClassControl}
}

const accountMax = 120

// Bank returns the account of money the programme holds at one place.
func Bank(id string) Account { return join(ClassBank, id) }

// Receivable returns the account of what a donor still owes a fund.
func Receivable(fund string) Account { return join(ClassReceivable, fund) }

// Fund returns a fund's account.
func Fund(id string) Account { return join(ClassFund, id) }

// Round returns the account of what a round has and has not issued.
func Round(id string) Account { return join(ClassRound, id) }

// Contingency returns the account that pays a round's accepted losses.
func Contingency(round string) Account { return join(ClassContingency, round) }

// Fees returns the account that pays a round's commissions and fees.
func Fees(round string) Account { return join(ClassFees, round) }

// Voucher returns the account of one voucher of one beneficiary.
func Voucher(beneficiary, serial string) Account {
	return Account(string(ClassVoucher) + ":" + beneficiary + ":" + serial)
}

// Control returns the derived account of all a round's vouchers together.
func Control(round string) Account { return join(ClassControl, round) }

// Pledge returns the account of commodities a round has promised.
func Pledge(round string) Account { return join(ClassPledge, round) }

// Redeemed returns what a vendor handed over and has not claimed.
func Redeemed(vendor string) Account { return vendorAccount(vendor, ClassRedeemed) }

// Claimed returns what a vendor is owed by accepted claims.
func Claimed(vendor string) Account { return vendorAccount(vendor, ClassClaimed) }

// Contested returns what a case has frozen of a vendor's money.
func Contested(vendor string) Account { return vendorAccount(vendor, ClassContested) }

// Transit returns the account of a payment batch on its way.
func Transit(batch string) Account { return join(ClassTransit, batch) }

// Advance returns what a vendor was given beforehand and has not worked off.
func Advance(vendor string) Account { return join(ClassAdvance, vendor) }

// Withheld returns what a programme kept from vendors at source and owes the
// treasury.
func Withheld(programme string) Account { return join(ClassWithheld, programme) }

// Suspense returns the account of what came into a bank account unexplained.
func Suspense(bank string) Account { return join(ClassSuspense, bank) }

// Unexplained returns the account of what left a bank account unexplained.
func Unexplained(bank string) Account { return join(ClassUnexplained, bank) }

// Debt returns what a vendor has to pay back by decided cases.
func Debt(vendor string) Account { return join(ClassDebt, vendor) }

// Recoverable returns what comes back to a round once vendors have paid it back.
func Recoverable(round string) Account { return join(ClassRecoverable, round) }

func join(c Class, id string) Account { return Account(string(c) + ":" + id) }

func vendorAccount(id string, c Class) Account {
	return Account("vendor:" + id + ":" + string(c))
}

// Class returns what the account is for, or ErrAccount.
func (a Account) Class() (Class, error) {
	if len(a) > accountMax {
		return "", ErrAccount.At("account", "longer than %d bytes", accountMax)
	}
	first, rest, _ := strings.Cut(string(a), ":")
	id, last, three := strings.Cut(rest, ":")
	if !identifier(first) || !identifier(id) || three && !identifier(last) {
		return "", ErrAccount.At("account", "%q has a missing, empty or malformed part", string(a))
	}
	switch c := Class(first); {
	case first == "vendor" && three:
		switch c := Class(last); c {
		case ClassRedeemed, ClassClaimed, ClassContested:
			return c, nil
		}
	case c == ClassVoucher && three, !three && c.oneID():
		return c, nil
	}
	return "", ErrAccount.At("account", "%q is in no class", string(a))
}

// oneID reports whether an account of the class is the class and one
// identifier.
func (c Class) oneID() bool {
	switch c {
	case ClassBank, ClassReceivable, ClassFund, ClassRound, ClassContingency, ClassFees, ClassPledge,
		ClassTransit, ClassAdvance, ClassDebt, ClassRecoverable, ClassWithheld, ClassSuspense, ClassUnexplained, ClassControl:
		return true
	}
	return false
}

// DebitNormal reports whether debits increase the account.
func (c Class) DebitNormal() bool {
	switch c {
	case ClassBank, ClassReceivable, ClassPledge, ClassAdvance, ClassUnexplained, ClassDebt:
		return true
	}
	return false
}

// holds reports whether accounts of the class may hold the asset. Commodities
// are promised, issued and handed over; they are never banked, owed or paid.
// Only commodities are pledged: a currency that is pledged would be made of
// nothing.
func (c Class) holds(a money.Asset) bool {
	switch c {
	case ClassPledge:
		return !a.IsCurrency()
	case ClassRound, ClassContingency, ClassVoucher, ClassControl, ClassRedeemed, ClassContested:
		return true
	}
	return a.IsCurrency()
}

// ofRound reports whether accounts of the class belong to the round they name.
func (c Class) ofRound() bool {
	switch c {
	case ClassRound, ClassContingency, ClassFees, ClassPledge, ClassRecoverable:
		return true
	}
	return false
}

// IsVoucher reports whether the account is one voucher's.
func (a Account) IsVoucher() bool { return strings.HasPrefix(string(a), "beneficiary:") }

// ID returns the account's first identifier: the fund, round, vendor or
// beneficiary it belongs to.
func (a Account) ID() string {
	_, rest, _ := strings.Cut(string(a), ":")
	id, _, _ := strings.Cut(rest, ":")
	return id
}

// Serial returns the serial of a voucher's account, or "".
func (a Account) Serial() string {
	if !a.IsVoucher() {
		return ""
	}
	return string(a[strings.LastIndexByte(string(a), ':')+1:])
}

// identifier allows what every export dialect, key and leaf can hold as it is.
func identifier(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		if !identifierBytes[s[i]] {
			return false
		}
	}
	return true
}

var identifierBytes = func() (ok [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") {
		ok[c] = true
	}
	return ok
}()
