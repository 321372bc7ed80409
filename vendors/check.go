package vendors

import (
	"fmt"
	"regexp"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors/bankfile"
)

var (
	// idForm is that of vendors, rounds, banks and categories: what an account
	// of the ledger can hold.
	idForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	zoneForm  = regexp.MustCompile(`^[A-Za-z0-9-]{1,8}$`)
	phoneForm = regexp.MustCompile(`^\+?[0-9][0-9 ]{6,17}$`)
)

// Bounds on what a person gives us.
const (
	textMax       = 128 // bytes of a name or reason
	categoriesMax = 50
	chargesMax    = 10
	itemsMax      = 500
)

// The ways to be paid. Mobile money and banks fail in many places, so there are
// ways on paper, and one that brings the vendor goods instead of money: his
// wholesaler is paid.
const (
	MethodMobileMoney = "mobile-money"
	MethodBank        = "bank"
	MethodCheque      = "cheque"
	MethodCash        = "cash"
	MethodWholesaler  = "wholesaler"
)

// methods are the ways to be paid, and whether each needs an address.
var methods = map[string]bool{MethodMobileMoney: true, MethodBank: true, MethodCheque: false, MethodCash: false, MethodWholesaler: false}

// documentForm is how a signed paper is referred to: by the hash of its scan.
var documentForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// findings gathers what is wrong with a command, to name it all at once.
type findings []fault.Field

func (f *findings) add(ok bool, location, format string, args ...any) {
	if !ok {
		*f = append(*f, fault.Field{Location: location, Message: fmt.Sprintf(format, args...)})
	}
}

func (f *findings) text(s, location string, required bool) {
	f.add(plain(s) && (s != "" || !required), location, "1 to %d bytes of text on one line", textMax)
}

func (f findings) err() error {
	if len(f) == 0 {
		return nil
	}
	return ErrVendor.With(f...)
}

func plain(s string) bool {
	return len(s) <= textMax && utf8.ValidString(s) && !hasControl(s)
}

func hasControl(s string) bool {
	for _, r := range s {
		if unicode.IsControl(r) {
			return true
		}
	}
	return false
}

// francs reports whether m is a sum of XOF, of at least the least.
func francs(m money.Amount, least int64) bool {
	return m.Asset() == money.XOF && m.Minor() >= least
}

func (c Contract) check(f *findings) {
	f.add(!c.From.IsZero() && c.From.Before(c.Until), "contract.from", "must be before until")
	f.add(len(c.Categories) > 0 && len(c.Categories) <= categoriesMax, "contract.categories", "1 to %d", categoriesMax)
	for i, k := range c.Categories {
		f.add(idForm.MatchString(k), fmt.Sprintf("contract.categories[%d]", i), "lower-case letters, digits and -")
	}
	f.add(c.DayMax.Asset().IsZero() || francs(c.DayMax, 0), "contract.day_max", "XOF, not below zero")
	f.add(len(c.Charges) <= chargesMax, "contract.charges", "at most %d", chargesMax)
	for i, k := range c.Charges {
		f.text(k.Name, fmt.Sprintf("contract.charges[%d].name", i), true)
		f.add(k.Permille >= -1000 && k.Permille <= 1000, fmt.Sprintf("contract.charges[%d].permille", i), "-1000 to 1000")
	}
	total := c.permille()
	f.add(total >= -1000 && total <= 1000, "contract.charges", "together -1000 to 1000 permille, not %d", total)
	c.Payment.check(f)
	f.add(!c.Screening.On.IsZero(), "contract.screening.on", "the day on which sanctions lists were looked at")
	f.text(c.Screening.Result, "contract.screening.result", true)
	f.text(c.Conflict, "contract.conflict", false)
	f.add(!c.DeclaredOn.IsZero(), "contract.declared_on", "the day on which conflicts of interest were declared")
}

// whole reports whether it says whom to pay and where. What was sealed is missing
// where a backup was restored without its key file.
func (p Payment) whole() bool {
	return (p.Alias != "" || !methods[p.channel()]) && (p.Payee != "" || p.Method != MethodWholesaler)
}

func (p Payment) check(f *findings) {
	_, known := methods[p.Method]
	f.add(known, "contract.payment.method", "mobile-money, bank, cheque, cash or wholesaler")
	through := p.channel()
	addressed := methods[through]
	f.text(p.Provider, "contract.payment.provider", addressed)
	f.text(p.Alias, "contract.payment.alias", addressed)
	f.text(p.Payee, "contract.payment.payee", p.Method == MethodWholesaler)
	f.add(through != MethodMobileMoney || phoneForm.MatchString(p.Alias), "contract.payment.alias", "a telephone number")
	_, account := bankfile.ParseAccount(p.Alias)
	f.add(through != MethodBank || account, "contract.payment.alias", "an IBAN with right check digits, a RIB of 24 characters, or another account of 5 to 34 letters and digits")
	if p.Method != MethodWholesaler {
		f.add(p.Via == "" && p.Consent == "", "contract.payment.via", "for a wholesaler only, as consent is")
		return
	}
	f.add(p.Via == MethodBank || p.Via == MethodMobileMoney || p.Via == MethodCheque, "contract.payment.via", "how the wholesaler is paid: bank, mobile-money or cheque")
	f.add(documentForm.MatchString(p.Consent), "contract.payment.consent", "sha256: and the 64 digits of the hash of the trader's signed consent")
}

// permille is what all the contract's charges come to.
func (c Contract) permille() int64 {
	var total int64
	for _, k := range c.Charges {
		total += int64(k.Permille)
	}
	return total
}

func (p Policy) check(f *findings) {
	p = p.WithDefaults()
	f.add(p.FreshHours >= 1 && p.FreshHours <= p.DegradedHours, "policy.fresh_hours", "1 to degraded_hours")
	f.add(p.DegradedHours <= 1080, "policy.degraded_hours", "at most 1080 (45 days)")
	f.add(francs(p.Floor, 0), "policy.floor", "XOF, not below zero")
	f.add(p.CountMax >= 1 && p.CountMax <= 10_000, "policy.count_max", "1 to 10000")
	f.add(francs(p.SumMax, 0), "policy.sum_max", "XOF, not below zero")
	f.add(p.WaitingDays >= 1 && p.WaitingDays <= 90, "policy.waiting_days", "1 to 90")
}

func checkItems(items []Item, f *findings) {
	f.add(len(items) > 0 && len(items) <= itemsMax, "items", "1 to %d", itemsMax)
	var codes []string
	for i, it := range items {
		at := fmt.Sprintf("items[%d].", i)
		f.add(idForm.MatchString(it.Code), at+"code", "lower-case letters, digits and -, at most 32")
		f.add(!slices.Contains(codes, it.Code), at+"code", "given twice")
		f.add(idForm.MatchString(it.Category), at+"category", "lower-case letters, digits and -, at most 32")
		f.text(it.NameEN, at+"name_en", true)
		f.text(it.NameFR, at+"name_fr", true)
		f.text(it.Picture, at+"picture", false)
		f.add(!it.Unit.IsCurrency(), at+"unit", "a commodity, or nothing")
		f.add(francs(it.Ceiling, 1), at+"ceiling", "XOF, more than zero")
		codes = append(codes, it.Code)
	}
}
