package vendors

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/vendors/bankfile"
)

// ErrTemplate refuses a payment file that nobody has described.
var ErrTemplate = fault.New(fault.Invalid, "payment_template",
	"There is no such form of payment file.",
	"Il n'existe pas de fichier de paiement de cette forme.")

// Template describes a payment file, as a bank or operator reads it.
type Template struct {
	Name      string // by which it is asked for
	Separator string // comma, semicolon or tab
	Columns   []TemplateColumn
	Phone     PhoneForm
	Method    string // which payments it is for: mobile-money, bank, cheque or cash; all where empty
}

// TemplateColumn is one column: its title and what stands below it.
type TemplateColumn struct {
	Title string
	Value TemplateValue
	Text  string // for ValueText: what stands in every row
}

// TemplateValue names what stands in a column.
type TemplateValue string

// The values of a column.
const (
	ValueReference TemplateValue = "reference" // ours, to be repeated in the answer
	ValueName      TemplateValue = "name"      // of the shop
	ValueVendor    TemplateValue = "vendor"    // its id
	ValueProvider  TemplateValue = "provider"
	ValueAlias     TemplateValue = "alias" // phone number, account or wholesaler
	ValueAmount    TemplateValue = "amount"
	ValueCurrency  TemplateValue = "currency"
	ValueRound     TemplateValue = "round"
	ValueNumber    TemplateValue = "number"    // of the row, from 1
	ValueBankCode  TemplateValue = "bank-code" // of a RIB or of an IBAN of Mali; "" where the account has none
	ValueText      TemplateValue = "text"      // the column's own
)

var templateValues = []TemplateValue{ValueReference, ValueName, ValueVendor, ValueProvider, ValueAlias, ValueAmount,
	ValueCurrency, ValueRound, ValueNumber, ValueBankCode, ValueText}

// PhoneForm says how an operator wants a telephone number. No form begins with
// a plus sign: a spreadsheet would take the number for a formula.
type PhoneForm string

// The forms of the number 70 00 00 01 in Mali; without a form it stays as it
// was given.
const (
	PhoneLocal         PhoneForm = "local"         // 70000001
	PhoneInternational PhoneForm = "international" // 22370000001
	PhoneDialled       PhoneForm = "dialled"       // 0022370000001
)

// callingCode and phoneDigits are those of Mali.
const (
	callingCode = "223"
	phoneDigits = 8
)

// DefaultTemplates returns the forms on offer where the configuration names
// none. The operators and banks of Mali publish none, and give each customer his
// own: those that name one are what such forms usually hold, for the programme to
// set right in its settings.
func DefaultTemplates() []Template {
	col := func(title string, v TemplateValue) TemplateColumn { return TemplateColumn{Title: title, Value: v} }
	return []Template{
		{Name: "generic", Separator: ",", Columns: []TemplateColumn{col("reference", ValueReference), col("vendor", ValueVendor),
			col("name", ValueName), col("provider", ValueProvider), col("alias", ValueAlias), col("amount", ValueAmount), col("currency", ValueCurrency)}},
		{Name: "mobile-money", Separator: ";", Method: MethodMobileMoney, Phone: PhoneInternational, Columns: []TemplateColumn{
			col("Numéro", ValueAlias), col("Montant", ValueAmount), col("Référence", ValueReference), col("Nom", ValueName)}},
		{Name: "orange-money-ml", Separator: ";", Method: MethodMobileMoney, Phone: PhoneLocal, Columns: []TemplateColumn{
			col("N°", ValueNumber), col("Numéro bénéficiaire", ValueAlias), col("Nom bénéficiaire", ValueName), col("Montant", ValueAmount),
			{"Motif", ValueText, "Paiement bons"}, col("Référence externe", ValueReference)}},
		{Name: "moov-money-ml", Separator: ",", Method: MethodMobileMoney, Phone: PhoneInternational, Columns: []TemplateColumn{
			col("MSISDN", ValueAlias), col("AMOUNT", ValueAmount), col("CURRENCY", ValueCurrency), col("NAME", ValueName), col("EXTERNAL_ID", ValueReference)}},
		{Name: "bank", Separator: ";", Method: MethodBank, Columns: []TemplateColumn{col("Référence", ValueReference), col("Bénéficiaire", ValueName),
			col("Banque", ValueProvider), col("Compte", ValueAlias), col("Montant", ValueAmount), col("Devise", ValueCurrency)}},
		{Name: "bank-rib", Separator: ";", Method: MethodBank, Columns: []TemplateColumn{col("N°", ValueNumber), col("Nom du bénéficiaire", ValueName),
			col("Code banque", ValueBankCode), col("RIB", ValueAlias), col("Montant", ValueAmount), col("Devise", ValueCurrency),
			{"Motif", ValueText, "Remboursement de bons"}, col("Référence donneur d'ordre", ValueReference)}},
		// On paper: the numbers of cheques and the signatures are written by hand.
		{Name: "cheques", Separator: ";", Method: MethodCheque, Columns: []TemplateColumn{col("N°", ValueNumber), col("À l'ordre de", ValueName),
			col("Montant", ValueAmount), {"N° du chèque", ValueText, ""}, col("Référence", ValueReference)}},
		{Name: "cash-receipts", Separator: ";", Method: MethodCash, Columns: []TemplateColumn{col("N°", ValueNumber), col("Nom", ValueName),
			col("Commerçant", ValueVendor), col("Montant reçu (FCFA)", ValueAmount), {"Date", ValueText, ""}, {"Signature", ValueText, ""}, col("Référence", ValueReference)}},
	}
}

// check refuses a template that would lose payments or that no reader takes.
func (t Template) check() error {
	has := func(v TemplateValue) bool {
		return slices.ContainsFunc(t.Columns, func(c TemplateColumn) bool { return c.Value == v })
	}
	switch {
	case t.Name == FilePain001 || !idForm.MatchString(t.Name):
		return fmt.Errorf("template %q: its name is not of lower-case letters, digits and -", t.Name)
	case t.Method != "" && t.Method != MethodMobileMoney && t.Method != MethodBank && t.Method != MethodCheque && t.Method != MethodCash:
		return fmt.Errorf("template %s: method %q", t.Name, t.Method)
	case t.Separator != "," && t.Separator != ";" && t.Separator != "\t":
		return fmt.Errorf("template %s: separator %q", t.Name, t.Separator)
	case !has(ValueReference) || !has(ValueAmount):
		return fmt.Errorf("template %s: without reference or amount", t.Name)
	case t.Phone != "" && t.Phone != PhoneLocal && t.Phone != PhoneInternational && t.Phone != PhoneDialled:
		return fmt.Errorf("template %s: phone form %q", t.Name, t.Phone)
	}
	for _, c := range t.Columns {
		if !slices.Contains(templateValues, c.Value) {
			return fmt.Errorf("template %s: value %q", t.Name, c.Value)
		}
	}
	return nil
}

// payment is a line of a settlement with the name to write beside it.
type payment struct {
	PaymentLine
	name string
}

// write returns the payments as CSV (RFC 4180) in UTF-8.
func (t Template) write(payments []payment) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = rune(t.Separator[0]), true
	var titles []string
	for _, c := range t.Columns {
		titles = append(titles, c.Title)
	}
	if err := w.Write(titles); err != nil {
		return nil, err
	}
	for n, p := range payments {
		var cells []string
		for _, c := range t.Columns {
			cells = append(cells, inert(t.value(c, p, n+1)))
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

func (t Template) value(c TemplateColumn, p payment, n int) string {
	switch c.Value {
	case ValueReference:
		return p.Reference
	case ValueName:
		return p.name
	case ValueVendor:
		return string(p.Vendor)
	case ValueProvider:
		return p.To.Provider
	case ValueAlias:
		if p.To.channel() == MethodMobileMoney {
			return t.Phone.write(p.To.Alias)
		}
		return p.To.Alias
	case ValueNumber:
		return strconv.Itoa(n)
	case ValueBankCode:
		account, _ := bankfile.ParseAccount(p.To.Alias)
		return account.BankCode()
	case ValueText:
		return c.Text
	case ValueAmount:
		return p.Amount.Text()
	case ValueCurrency:
		return p.Amount.Asset().Code()
	case ValueRound:
		return p.Round
	}
	return ""
}

// write puts a number of Mali into the form; any other stays as it was given,
// for the operator to refuse.
func (f PhoneForm) write(number string) string {
	digits := strings.TrimPrefix(strings.ReplaceAll(number, " ", ""), "+")
	digits = strings.TrimPrefix(digits, "00")
	if len(digits) == phoneDigits+len(callingCode) {
		digits = strings.TrimPrefix(digits, callingCode)
	}
	if len(digits) != phoneDigits {
		return number
	}
	switch f {
	case PhoneLocal:
		return digits
	case PhoneInternational:
		return callingCode + digits
	case PhoneDialled:
		return "00" + callingCode + digits
	}
	return number
}

// inert keeps a spreadsheet from taking a cell for a formula: an apostrophe
// before the characters that begin one.
func inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
