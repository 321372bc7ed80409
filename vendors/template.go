package vendors

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/jate-cva/jate/fault"
)

// ErrTemplate refuses a payment file that nobody has described.
var ErrTemplate = fault.New(fault.Invalid, "payment_template",
	"There is no such form of payment file.",
	"Il n'existe pas de fichier de paiement de cette forme.")

// Template describes a payment file, as a bank or operator reads it.
type Template struct {
	Name      string // by which it is asked for
	Separator rune   // comma, semicolon or tab
	Columns   []TemplateColumn
	Phone     PhoneForm
}

// TemplateColumn is one column: its title and what stands below it.
type TemplateColumn struct {
	Title string
	Value TemplateValue
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
)

var templateValues = []TemplateValue{ValueReference, ValueName, ValueVendor, ValueProvider, ValueAlias, ValueAmount,
	ValueCurrency, ValueRound}

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
// none: "generic", "mobile-money" and "bank".
func DefaultTemplates() []Template {
	return []Template{
		{"generic", ',', []TemplateColumn{{"reference", ValueReference}, {"vendor", ValueVendor}, {"name", ValueName},
			{"provider", ValueProvider}, {"alias", ValueAlias}, {"amount", ValueAmount}, {"currency", ValueCurrency}}, ""},
		{"mobile-money", ';', []TemplateColumn{{"Numéro", ValueAlias}, {"Montant", ValueAmount}, {"Référence", ValueReference},
			{"Nom", ValueName}}, PhoneInternational},
		{"bank", ';', []TemplateColumn{{"Référence", ValueReference}, {"Bénéficiaire", ValueName}, {"Banque", ValueProvider},
			{"Compte", ValueAlias}, {"Montant", ValueAmount}, {"Devise", ValueCurrency}}, ""},
	}
}

// check refuses a template that would lose payments or that no reader takes.
func (t Template) check() error {
	has := func(v TemplateValue) bool {
		return slices.ContainsFunc(t.Columns, func(c TemplateColumn) bool { return c.Value == v })
	}
	switch {
	case t.Separator != ',' && t.Separator != ';' && t.Separator != '\t':
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
	w.Comma, w.UseCRLF = t.Separator, true
	var titles []string
	for _, c := range t.Columns {
		titles = append(titles, c.Title)
	}
	if err := w.Write(titles); err != nil {
		return nil, err
	}
	for _, p := range payments {
		var cells []string
		for _, c := range t.Columns {
			cells = append(cells, inert(t.value(c.Value, p)))
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

func (t Template) value(v TemplateValue, p payment) string {
	switch v {
	case ValueReference:
		return p.Reference
	case ValueName:
		return p.name
	case ValueVendor:
		return string(p.Vendor)
	case ValueProvider:
		return p.To.Provider
	case ValueAlias:
		if p.To.Method == "mobile-money" {
			return t.Phone.write(p.To.Alias)
		}
		return p.To.Alias
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
