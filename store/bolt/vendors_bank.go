package bolt

import (
	"iter"

	"github.com/jate-cva/jate/vendors"
)

// The buckets of bank statements. The owner of a statement is its bank account.
var (
	bankStatementTable = newOwned[string, bankStatementRecord]("bank-statement")
	bankLineTable      = table[numbered[string], bankLineRecord]{newBucket("bank-line"), 2, numberedKey[string]()}
)

// bankStatementRecord is in "bank-statement" by id.
type bankStatementRecord struct {
	ID         string
	Programme  string
	Bank       string
	From, To   instant
	Opening    amount
	Closing    amount
	Lines      int
	Hash       sum32
	ImportedBy string
	Created    instant
}

func (r bankStatementRecord) statement() vendors.BankStatement {
	return vendors.BankStatement{ID: r.ID, Programme: r.Programme, Bank: r.Bank, From: r.From.time(), To: r.To.time(), Opening: r.Opening.amount(),
		Closing: r.Closing.amount(), Lines: r.Lines, Hash: r.Hash, ImportedBy: r.ImportedBy, Created: r.Created.time()}
}

// bankLineRecord is in "bank-line" by bank account and number, which the record
// leaves to its key. Version 2 added the box: a bank's words have names and
// account numbers.
type bankLineRecord struct {
	Programme  string
	Statement  string
	Booked     instant
	Amount     amount
	Reference  string
	Batch      string
	BankRef    string
	Cheque     string
	Code       string
	Returned   bool
	Text       string
	State      string
	What       string
	Round      string
	Payment    string
	To         string
	Note       string
	By         string
	ApprovedBy string
	Named      []uint64
	Entries    []uint64
	Sealed     []byte `cbor:",omitempty"`
}

func (bankLineRecord) oldest() byte { return 1 }

func (r *bankLineRecord) boxes(k numbered[string]) []box {
	return []box{{owner: ownerBank + k.of, texts: []*string{&r.Text, &r.Note}, to: &r.Sealed}}
}

func bankLineRecordOf(l vendors.BankLine) bankLineRecord {
	return bankLineRecord{Programme: l.Programme, Statement: l.Statement, Booked: instantOf(l.Booked), Amount: amount(l.Amount),
		Reference: l.Reference, Batch: l.Batch, BankRef: l.BankRef, Cheque: l.Cheque, Code: l.Code, Returned: l.Returned, Text: l.Text,
		State: string(l.State), What: string(l.What), Round: l.Round, Payment: l.Payment, To: l.To, Note: l.Note, By: l.By,
		ApprovedBy: l.ApprovedBy, Named: l.Named, Entries: l.Entries}
}

func (r bankLineRecord) line(k numbered[string]) vendors.BankLine {
	return vendors.BankLine{Bank: k.of, N: int(k.n), Programme: r.Programme, Statement: r.Statement, Booked: r.Booked.time(), Amount: r.Amount.amount(),
		Reference: r.Reference, Batch: r.Batch, BankRef: r.BankRef, Cheque: r.Cheque, Code: r.Code, Returned: r.Returned, Text: r.Text,
		State: vendors.LineState(r.State), What: vendors.Explanation(r.What), Round: r.Round, Payment: r.Payment, To: r.To, Note: r.Note, By: r.By,
		ApprovedBy: r.ApprovedBy, Named: r.Named, Entries: r.Entries}
}

// PutBankStatement stores a bank's statement.
func (tx *Tx) PutBankStatement(s vendors.BankStatement) error {
	return bankStatementTable.put(tx, s.Bank, s.ID, bankStatementRecord{ID: s.ID, Programme: s.Programme, Bank: s.Bank, From: instantOf(s.From), To: instantOf(s.To),
		Opening: amount(s.Opening), Closing: amount(s.Closing), Lines: s.Lines, Hash: s.Hash, ImportedBy: s.ImportedBy, Created: instantOf(s.Created)})
}

// BankStatements yields a bank account's statements in the order of their ids.
func (tx *Tx) BankStatements(bank string) iter.Seq2[vendors.BankStatement, error] {
	return convert(bankStatementTable.of(tx, bank, ""), bankStatementRecord.statement)
}

// BankLine returns a line of a bank's statement.
func (tx *Tx) BankLine(bank string, n int) (vendors.BankLine, error) {
	k := numbered[string]{bank, uint64(n)}
	r, err := bankLineTable.get(tx, k, vendors.ErrNotFound)
	if err != nil {
		return vendors.BankLine{}, err
	}
	return r.line(k), nil
}

// PutBankLine stores a line of a bank's statement.
func (tx *Tx) PutBankLine(l vendors.BankLine) error {
	return bankLineTable.put(tx, numbered[string]{l.Bank, uint64(l.N)}, bankLineRecordOf(l))
}

// BankLines yields a bank account's lines in order.
func (tx *Tx) BankLines(bank string, after int) iter.Seq2[vendors.BankLine, error] {
	s := under(key{}.str(bank)).after(numbered[string]{bank, uint64(after)}.key())
	return convert(bankLineTable.scan(tx, s), func(r row[numbered[string], bankLineRecord]) vendors.BankLine { return r.value.line(r.key) })
}
