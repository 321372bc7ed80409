package bolt

import (
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// receiptRecord is in "receipt" by arrival.
type receiptRecord struct {
	_         struct{} `cbor:",toarray"`
	Hash      *sum32   // nil where it is that of JWS
	JWS       jws
	Kind      string
	Handheld  string
	Vendor    string
	Seq       uint64
	Serial    string
	Number    uint64
	Round     string
	Value     amount
	At        intervalRecord
	Said      instant
	State     string
	Reason    string
	Full      bool
	Home      bool
	KeptRules bool
	Entry     uint64
	HasEntry  bool
	LossEntry uint64
	HasLoss   bool
	TypedBy   [2]string
	Channel   string
}

func receiptRecordOf(s voucher.StoredReceipt) receiptRecord {
	r := receiptRecord{
		JWS: jws(s.JWS), Kind: string(s.Kind), Handheld: string(s.Handheld), Vendor: string(s.Vendor), Seq: s.Seq,
		Serial: string(s.Serial), Number: uint64(s.Number), Round: s.Round, Value: amount(s.Value),
		At: intervalRecordOf(s.At), Said: instantOf(s.Said), State: string(s.State), Reason: s.Reason,
		Full: s.Full, Home: s.Home, KeptRules: s.KeptRules, Entry: s.Entry, HasEntry: s.HasEntry,
		LossEntry: s.LossEntry, HasLoss: s.HasLoss, TypedBy: s.TypedBy, Channel: s.Channel,
	}
	if s.Hash != voucher.HashOf(s.JWS) {
		r.Hash = (*sum32)(&s.Hash)
	}
	return r
}

func (r receiptRecord) receipt() voucher.StoredReceipt {
	s := voucher.StoredReceipt{
		JWS: string(r.JWS), Kind: voucher.RecordKind(r.Kind), Handheld: vendors.HandheldID(r.Handheld),
		Vendor: vendors.ID(r.Vendor), Seq: r.Seq,
		Serial: voucher.Serial(r.Serial), Number: voucher.Number(r.Number), Round: r.Round, Value: r.Value.amount(),
		At: r.At.interval(), Said: r.Said.time(), State: voucher.ReceiptState(r.State), Reason: r.Reason,
		Full: r.Full, Home: r.Home, KeptRules: r.KeptRules, Entry: r.Entry, HasEntry: r.HasEntry,
		LossEntry: r.LossEntry, HasLoss: r.HasLoss, TypedBy: r.TypedBy, Channel: r.Channel,
	}
	if r.Hash == nil {
		s.Hash = voucher.HashOf(s.JWS)
	} else {
		s.Hash = voucher.Hash(*r.Hash)
	}
	return s
}

// proposalRecord is in "proposal" by id.
type proposalRecord struct {
	ID          string
	Programme   string
	Kind        string
	Serial      string
	Spare       string
	Beneficiary string
	Home        string
	Vendor      string
	SoldOn      instant
	By          string
	Pseudonym   string
	At          instant
	Done        bool
}

func proposalRecordOf(p voucher.Proposal) proposalRecord {
	return proposalRecord{
		ID: p.ID, Programme: p.Programme, Kind: string(p.Kind), Serial: string(p.Serial), Spare: string(p.Spare),
		Beneficiary: p.Beneficiary, Home: string(p.Home), Vendor: string(p.Vendor), SoldOn: instantOf(p.SoldOn),
		By: p.By, Pseudonym: p.Pseudonym, At: instantOf(p.At), Done: p.Done,
	}
}

func (r proposalRecord) proposal() voucher.Proposal {
	return voucher.Proposal{
		ID: r.ID, Programme: r.Programme, Kind: voucher.ProposalKind(r.Kind), Serial: voucher.Serial(r.Serial), Spare: voucher.Serial(r.Spare),
		Beneficiary: r.Beneficiary, Home: vendors.HandheldID(r.Home), Vendor: vendors.ID(r.Vendor), SoldOn: r.SoldOn.time(),
		By: r.By, Pseudonym: r.Pseudonym, At: r.At.time(), Done: r.Done,
	}
}
