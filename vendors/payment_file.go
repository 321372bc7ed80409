package vendors

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/vendors/bankfile"
)

// FilePain001 is the form of payment file that is no template of columns:
// ISO 20022 pain.001.001.03, of the payments that go to bank accounts.
const FilePain001 = "pain.001"

// ErrBankAccount refuses an order on an account that nobody has described.
var ErrBankAccount = fault.New(fault.Conflict, "bank_account_unknown",
	"The holder and number of the bank account that pays are not in the settings.",
	"Le titulaire et le numéro du compte bancaire qui paie ne sont pas dans les paramètres.")

// ErrPaymentLost refuses to order a payment to an address that cannot be read.
var ErrPaymentLost = fault.New(fault.Conflict, "payment_address_lost",
	"The trader's payment address cannot be read: a backup was restored without its key file. Refuse the settlement, and set the address again.",
	"L'adresse de paiement du commerçant est illisible : une sauvegarde a été restaurée sans son fichier de clés. Refusez le règlement et saisissez de nouveau l'adresse.")

// BankAccount is an account of the programme at a bank.
type BankAccount struct {
	Holder  string // in whose name it is
	Account string // IBAN, RIB or number
	Agent   string // the bank's BIC, or its name
}

func (b BankAccount) check(id string) error {
	account, ok := bankfile.ParseAccount(b.Account)
	if !idForm.MatchString(id) || !ok || bankfile.Latin(b.Holder, textMax) == "" {
		return fmt.Errorf("bank %q: needs a holder, and an account whose check digits are right (%s)", id, account)
	}
	return nil
}

// PaymentFile asks for a settlement's payments in the form of a template, or as
// FilePain001; "generic" where empty.
type PaymentFile struct {
	By         access.Actor
	Settlement string
	Template   string
}

// File is a file for a bank.
type File struct {
	Name    string
	Type    string // of media
	Content []byte

	Settlement string // whose payments it orders
	Form       string // name of its template, or FilePain001
}

func (s *service) PaymentFile(ctx context.Context, q PaymentFile) (File, error) {
	if q.Template == "" {
		q.Template = "generic"
	}
	i := slices.IndexFunc(s.templates, func(t Template) bool { return t.Name == q.Template })
	if i < 0 && q.Template != FilePain001 {
		return File{}, ErrTemplate
	}
	return read(ctx, s, MethodPaymentFile, q.By, func(tx Tx) (File, error) {
		st, err := ownSettlement(tx, q.Settlement, q.By)
		if err != nil {
			return File{}, err
		}
		if st.State != SettlementOrdered && st.State != SettlementDone {
			return File{}, ErrSettlementState.At("state", "it is %s: another person must approve it first", st.State)
		}
		due, err := st.unanswered(tx)
		if err != nil {
			return File{}, err
		}
		if q.Template == FilePain001 {
			return s.order(tx, st, due)
		}
		t := s.templates[i]
		if t.Method != "" {
			due = slices.DeleteFunc(due, func(p payment) bool { return p.To.channel() != t.Method })
			if len(due) == 0 {
				return File{}, ErrNothingToPay
			}
		}
		content, err := t.write(due)
		return File{st.ID + "-" + t.Name + ".csv", "text/csv; charset=utf-8", content, st.ID, t.Name}, err
	})
}

// unanswered returns the payments that have no result: paying another again
// would be paying twice.
func (s Settlement) unanswered(tx Tx) ([]payment, error) {
	var due []payment
	for _, p := range s.Payments {
		if p.Result != "" {
			continue
		}
		if !p.To.whole() {
			return nil, ErrPaymentLost.At("payment", "%s", p.Reference)
		}
		name, err := p.payee(tx)
		if err != nil {
			return nil, err
		}
		due = append(due, payment{p, name})
	}
	return due, nil
}

// payee returns in whose name a payment is made: the shop's where the contract
// names nobody else.
func (p PaymentLine) payee(tx Tx) (string, error) {
	if p.To.Payee != "" {
		return p.To.Payee, nil
	}
	v, err := tx.Vendor(p.Vendor)
	return v.Name, err
}

// order writes the payments that go to bank accounts as one pain.001. Its
// message has the settlement's id, so that a bank refuses it a second time.
func (s *service) order(tx Tx, st Settlement, due []payment) (File, error) {
	from, ok := s.banks[st.Bank]
	if !ok {
		return File{}, ErrBankAccount.At("bank", "%s", st.Bank)
	}
	account, _ := bankfile.ParseAccount(from.Account)
	o := bankfile.Order{ID: st.ID, Created: st.Approval.Proof.At, Execute: tx.Now(),
		Debtor: bankfile.Party{Name: from.Holder, Account: account, Bank: from.Agent}}
	for _, p := range due {
		if p.To.channel() != MethodBank {
			continue
		}
		account, _ := bankfile.ParseAccount(p.To.Alias)
		o.Transfers = append(o.Transfers, bankfile.Transfer{Reference: p.Reference, Amount: p.Amount,
			Creditor: bankfile.Party{Name: p.name, Account: account, Bank: p.To.Provider},
			Purpose:  fmt.Sprintf("Bons %s %s %s", p.Round, p.Claim, p.Vendor)})
	}
	if len(o.Transfers) == 0 {
		return File{}, ErrNothingToPay
	}
	if o.Created.IsZero() {
		o.Created = st.Created
	}
	o.Created, o.Execute = o.Created.UTC(), o.Execute.UTC().Truncate(24*time.Hour)
	var b bytes.Buffer
	err := bankfile.WritePain001(&b, o)
	return File{st.ID + ".pain.001.xml", "application/xml", b.Bytes(), st.ID, FilePain001}, err
}
