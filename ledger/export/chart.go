package export

import (
	"fmt"
	"strings"

	"github.com/jate-cva/jate/ledger"
)

// Chart gives classes of accounts their numbers in an accountant's chart. A
// class without one keeps its plain name.
type Chart map[ledger.Class]string

// SYCEBNL numbers the classes by the OHADA chart for non-profit entities, in
// force since 2024-01-01, as the program's own mapping has them.
var SYCEBNL = DefaultMapping().Chart()

const numberMax = 12

// check refuses numbers that no dialect could hold.
func (c Chart) check() error {
	for class, n := range c {
		if n == "" || len(n) > numberMax || strings.Trim(n, "0123456789") != "" {
			return fmt.Errorf("number %q of %s: at most %d digits", n, class, numberMax)
		}
	}
	return nil
}

// titles names each class under its root.
var titles = map[ledger.Class]string{
	ledger.ClassBank: "Bank", ledger.ClassReceivable: "Receivable", ledger.ClassAdvance: "Advance", ledger.ClassDebt: "Debt", ledger.ClassPledge: "Pledge",
	ledger.ClassFund: "Fund", ledger.ClassRound: "Round", ledger.ClassContingency: "Contingency", ledger.ClassFees: "Fees",
	ledger.ClassControl: "Vouchers", ledger.ClassRedeemed: "Redeemed", ledger.ClassClaimed: "Claimed",
	ledger.ClassContested: "Contested", ledger.ClassWithheld: "Withheld", ledger.ClassTransit: "Transit",
	ledger.ClassSuspense: "Suspense", ledger.ClassUnexplained: "Unexplained",
	ledger.ClassRecoverable: "Recoverable",
}

// name returns the account's name, its identifier written by id.
func (c Chart) name(a ledger.Account, id func(string) string) (string, error) {
	class, err := a.Class()
	if err != nil {
		return "", err
	}
	title, ok := titles[class]
	if !ok {
		return "", fmt.Errorf("accounts of class %s are not exported", class)
	}
	parts := []string{"Liabilities"}
	if class.DebitNormal() {
		parts[0] = "Assets"
	}
	if n, ok := c[class]; ok {
		parts = append(parts, n)
	}
	return strings.Join(append(parts, title, id(a.ID())), ":"), nil
}
