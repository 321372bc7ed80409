package bolt

import "github.com/jate-cva/jate/vendors"

// claimRecord is in "claim" by id.
type claimRecord struct {
	ID          string
	Programme   string
	Vendor      string
	Round       string
	Kind        string
	State       string
	Lines       int
	Claimed     amount
	Accepted    amount
	Charges     amount
	Recovered   amount
	InvoiceRef  string
	InvoiceHash sum32
	PreparedBy  string
	AcceptedBy  string
	RefusedBy   string
	Reason      string
	VendorProof string
	Entry       uint64
	Settlement  string
	Created     instant
}

func claimRecordOf(c vendors.Claim) claimRecord {
	return claimRecord{
		ID: string(c.ID), Programme: c.Programme, Vendor: string(c.Vendor), Round: c.Round,
		Kind: string(c.Kind), State: string(c.State), Lines: c.Lines,
		Claimed: amount(c.Claimed), Accepted: amount(c.Accepted), Charges: amount(c.Charges), Recovered: amount(c.Recovered),
		InvoiceRef: c.InvoiceRef, InvoiceHash: c.InvoiceHash,
		PreparedBy: c.PreparedBy, AcceptedBy: c.AcceptedBy, RefusedBy: c.RefusedBy, Reason: c.Reason,
		VendorProof: c.VendorProof, Entry: c.Entry, Settlement: c.Settlement, Created: instantOf(c.Created),
	}
}

func (r claimRecord) claim() vendors.Claim {
	return vendors.Claim{
		ID: vendors.ClaimID(r.ID), Programme: r.Programme, Vendor: vendors.ID(r.Vendor), Round: r.Round,
		Kind: vendors.ClaimKind(r.Kind), State: vendors.ClaimState(r.State), Lines: r.Lines,
		Claimed: r.Claimed.amount(), Accepted: r.Accepted.amount(), Charges: r.Charges.amount(), Recovered: r.Recovered.amount(),
		InvoiceRef: r.InvoiceRef, InvoiceHash: r.InvoiceHash,
		PreparedBy: r.PreparedBy, AcceptedBy: r.AcceptedBy, RefusedBy: r.RefusedBy, Reason: r.Reason,
		VendorProof: r.VendorProof, Entry: r.Entry, Settlement: r.Settlement, Created: r.Created.time(),
	}
}

// claimLineRecord is in "claim-line" by claim and number, which the record
// does not repeat.
type claimLineRecord struct {
	_        struct{} `cbor:",toarray"`
	Serial   string
	Date     instant
	Amount   amount
	Quantity amount
	Price    amount
	Entry    uint64
	Matched  bool
	Reversed bool
	Problem  string
}

func claimLineRecordOf(l vendors.ClaimLine) claimLineRecord {
	return claimLineRecord{
		Serial: l.Serial, Date: instantOf(l.Date), Amount: amount(l.Amount), Quantity: amount(l.Quantity), Price: amount(l.Price),
		Entry: l.Entry, Matched: l.Matched, Reversed: l.Reversed, Problem: l.Problem,
	}
}

func claimLine(r row[numbered[vendors.ClaimID], claimLineRecord]) vendors.ClaimLine {
	v := r.value
	return vendors.ClaimLine{
		Claim: r.key.of, N: int(r.key.n),
		Serial: v.Serial, Date: v.Date.time(), Amount: v.Amount.amount(), Quantity: v.Quantity.amount(), Price: v.Price.amount(),
		Entry: v.Entry, Matched: v.Matched, Reversed: v.Reversed, Problem: v.Problem,
	}
}

// readingRecord is in "claim-reading" by claim and number, as the line that it
// is about is in "claim-line".
type readingRecord struct {
	Row   int
	Typed string
	Asked amount
	By    string
	At    instant
	Entry uint64
}

func readingRecordOf(r vendors.Reading) readingRecord {
	return readingRecord{Row: r.Row, Typed: r.Typed, Asked: amount(r.Asked), By: r.By, At: instantOf(r.At), Entry: r.Entry}
}

func reading(r row[numbered[vendors.ClaimID], readingRecord]) vendors.Reading {
	v := r.value
	return vendors.Reading{Claim: r.key.of, N: int(r.key.n), Row: v.Row, Typed: v.Typed, Asked: v.Asked.amount(), By: v.By, At: v.At.time(), Entry: v.Entry}
}

// settlementRecord is in "settlement" by id. Version 2 added to how vendors are
// paid, version 3 a box of it in each payment.
type settlementRecord struct {
	ID         string
	Programme  string
	Method     string
	Bank       string
	State      string
	Payments   []paymentLineRecord
	Total      amount
	Digest     sum32
	PreparedBy string
	Approval   approvalRecord
	RefusedBy  string
	Created    instant
}

func (settlementRecord) oldest() byte { return 1 }

func (r *settlementRecord) boxes(string) []box {
	boxes := make([]box, len(r.Payments))
	for i := range r.Payments {
		p := &r.Payments[i]
		boxes[i] = p.To.box(p.Vendor, &p.Reported)
	}
	return boxes
}

type paymentLineRecord struct {
	_         struct{} `cbor:",toarray"`
	Reference string
	Claim     string
	Vendor    string
	Round     string
	Amount    amount
	Recover   amount
	To        paymentRecord
	Entry     uint64
	Result    string
	BankRef   string
	Reported  string
}

func settlementRecordOf(s vendors.Settlement) settlementRecord {
	return settlementRecord{
		ID: s.ID, Programme: s.Programme, Method: s.Method, Bank: s.Bank, State: string(s.State),
		Payments: each(s.Payments, paymentLineRecordOf), Total: amount(s.Total), Digest: s.Digest,
		PreparedBy: s.PreparedBy, Approval: approvalRecordOf(s.Approval), RefusedBy: s.RefusedBy, Created: instantOf(s.Created),
	}
}

func (r settlementRecord) settlement() vendors.Settlement {
	return vendors.Settlement{
		ID: r.ID, Programme: r.Programme, Method: r.Method, Bank: r.Bank, State: vendors.SettlementState(r.State),
		Payments: each(r.Payments, paymentLineRecord.paymentLine), Total: r.Total.amount(), Digest: r.Digest,
		PreparedBy: r.PreparedBy, Approval: r.Approval.approval(), RefusedBy: r.RefusedBy, Created: r.Created.time(),
	}
}

func paymentLineRecordOf(p vendors.PaymentLine) paymentLineRecord {
	return paymentLineRecord{
		Reference: p.Reference, Claim: string(p.Claim), Vendor: string(p.Vendor), Round: p.Round,
		Amount: amount(p.Amount), Recover: amount(p.Recover), To: paymentRecordOf(p.To), Entry: p.Entry,
		Result: string(p.Result), BankRef: p.BankRef, Reported: p.Reported,
	}
}

func (r paymentLineRecord) paymentLine() vendors.PaymentLine {
	return vendors.PaymentLine{
		Reference: r.Reference, Claim: vendors.ClaimID(r.Claim), Vendor: vendors.ID(r.Vendor), Round: r.Round,
		Amount: r.Amount.amount(), Recover: r.Recover.amount(), To: r.To.payment(), Entry: r.Entry,
		Result: vendors.Outcome(r.Result), BankRef: r.BankRef, Reported: r.Reported,
	}
}

// advanceRecord is in "advance" by id.
type advanceRecord struct {
	ID         string
	Programme  string
	Vendor     string
	Bank       string
	Amount     amount
	Permille   int
	State      string
	Created    instant
	Given      instant
	By         string
	ApprovedBy string
	Entry      uint64
}

func advanceRecordOf(a vendors.AdvanceLine) advanceRecord {
	return advanceRecord{
		ID: a.ID, Programme: a.Programme, Vendor: string(a.Vendor), Bank: a.Bank, Amount: amount(a.Amount),
		Permille: a.Permille, State: string(a.State), Created: instantOf(a.Created), Given: instantOf(a.Given),
		By: a.By, ApprovedBy: a.ApprovedBy, Entry: a.Entry,
	}
}

func (r advanceRecord) advance() vendors.AdvanceLine {
	return vendors.AdvanceLine{
		ID: r.ID, Programme: r.Programme, Vendor: vendors.ID(r.Vendor), Bank: r.Bank, Amount: r.Amount.amount(),
		Permille: r.Permille, State: vendors.AdvanceState(r.State), Created: r.Created.time(), Given: r.Given.time(),
		By: r.By, ApprovedBy: r.ApprovedBy, Entry: r.Entry,
	}
}
