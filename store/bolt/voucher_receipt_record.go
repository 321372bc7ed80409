package bolt

import (
	"strconv"
	"time"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// receiptRecord is in "receipt" by arrival. What its signed text says is not
// said twice.
type receiptRecord struct{ voucher.StoredReceipt }

// The marks of a receipt's record.
const (
	hasFull = 1 << iota
	hasHome
	hasKeptRules
	hasEntry
	hasLoss
	wasTyped    // by two people
	hasHash     // other than that of its text
	receiptBits // one above the highest
)

func (r receiptRecord) marks() uint64 {
	marks := uint64(0)
	for bit, is := range [...]bool{r.Full, r.Home, r.KeptRules, r.HasEntry, r.HasLoss,
		r.TypedBy != [2]string{}, r.Hash != voucher.HashOf(r.JWS)} {
		if is {
			marks |= 1 << bit
		}
	}
	return marks
}

// said are what the signed text probably repeats.
func (r receiptRecord) said() [5]string {
	return [5]string{string(r.Handheld), string(r.Serial), strconv.FormatUint(r.Seq, 10),
		strconv.FormatInt(r.Value.Minor(), 10), strconv.FormatInt(int64(instantOf(r.Said)), 10)}
}

func (r receiptRecord) pack(p *packer) {
	marks := r.marks()
	p.u64(marks)
	p.word(string(r.Kind))
	p.text(string(r.Handheld))
	p.text(string(r.Vendor))
	p.u64(r.Seq)
	p.serial(string(r.Serial))
	p.u64(uint64(r.Number))
	p.text(r.Round)
	p.amount(r.Value)
	p.since(time.Time{}, r.At.To)
	p.since(r.At.To, r.At.From)
	p.since(r.At.To, r.Said)
	p.word(string(r.State))
	p.word(r.Reason)
	p.u64(r.Entry)
	p.u64(r.LossEntry)
	p.word(r.Channel)
	if marks&wasTyped != 0 {
		p.text(r.TypedBy[0])
		p.text(r.TypedBy[1])
	}
	if marks&hasHash != 0 {
		p.fixed(r.Hash[:])
	}
	said := r.said()
	p.signedText(r.JWS, said[:]...)
}

func (r *receiptRecord) unpack(u *unpacker) {
	marks := u.upTo(receiptBits - 1)
	r.Full, r.Home, r.KeptRules = marks&hasFull != 0, marks&hasHome != 0, marks&hasKeptRules != 0
	r.HasEntry, r.HasLoss = marks&hasEntry != 0, marks&hasLoss != 0
	r.Kind = voucher.RecordKind(u.word())
	r.Handheld, r.Vendor = vendors.HandheldID(u.text()), vendors.ID(u.text())
	r.Seq, r.Serial = u.u64(), voucher.Serial(u.serial())
	r.Number, r.Round = voucher.Number(u.u64()), u.text()
	r.Value = u.amount()
	r.At.To = u.since(time.Time{})
	r.At.From, r.Said = u.since(r.At.To), u.since(r.At.To)
	r.State, r.Reason = voucher.ReceiptState(u.word()), u.word()
	r.Entry, r.LossEntry = u.u64(), u.u64()
	r.Channel = u.word()
	if marks&wasTyped != 0 {
		r.TypedBy = [2]string{u.text(), u.text()}
	}
	if marks&hasHash != 0 {
		u.fixed(r.Hash[:])
	}
	said := r.said()
	r.JWS = u.signedText(said[:]...)
	if marks&hasHash == 0 {
		r.Hash = voucher.HashOf(r.JWS)
	}
}

func (r receiptRecord) receipt() voucher.StoredReceipt { return r.StoredReceipt }

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
