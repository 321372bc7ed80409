package bolt

import (
	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// The buckets of package vendors. Owners are programmes, and of advances
// vendors.
var (
	vendorTable     = newOwnedOf[vendors.ID, vendorRecord]("vendor", 3)
	zoneTable       = table[ownedKey[string], zoneRecord]{newBucket("zone"), 1, ownedKeys[string]()}
	priceTable      = table[numbered[vendors.ID], priceListRecord]{newBucket("price-list"), 1, numberedKey[vendors.ID]()}
	handheldTable   = newOwned[vendors.HandheldID, handheldRecord]("handheld")
	codeTable       = table[[32]byte, vendors.HandheldID]{newBucket("handheld-code"), 1, hashKey[[32]byte]()}
	claimTable      = newOwned[vendors.ClaimID, claimRecord]("claim")
	claimLineTable  = table[numbered[vendors.ClaimID], claimLineRecord]{newBucket("claim-line"), 1, numberedKey[vendors.ClaimID]()}
	readingTable    = table[numbered[vendors.ClaimID], readingRecord]{newBucket("claim-reading"), 1, numberedKey[vendors.ClaimID]()}
	claimOfTable    = table[uint64, vendors.ClaimID]{newBucket("claim-of-entry"), 1, numberKey[uint64]()}
	settlementTable = newOwnedOf[string, settlementRecord]("settlement", 3)
	advanceTable    = newOwned[string, advanceRecord]("advance")
)

// vendorRecord is in "vendor" by id. Version 2 added to how he is paid, version
// 3 the box of it.
type vendorRecord struct {
	ID        string
	Programme string
	Name      string
	Zone      string
	Village   string
	PlaceCode string
	Suspended bool
	Contract  contractRecord
	Created   instant
}

func (vendorRecord) oldest() byte { return 1 }

func (r *vendorRecord) boxes(vendors.ID) []box { return []box{r.Contract.Payment.box(r.ID)} }

type contractRecord struct {
	From, Until instant
	Categories  []string
	DayMax      amount
	Charges     []chargeRecord
	Payment     paymentRecord
	Screening   screeningRecord
	Conflict    string
	DeclaredOn  instant
}

type chargeRecord struct {
	Name     string
	Permille int
}

// paymentRecord has a box of what of it is somebody's.
type paymentRecord struct {
	Method, Provider, Alias, Payee, Via, Consent string
	Sealed                                       []byte `cbor:",omitempty"`
}

func paymentRecordOf(p vendors.Payment) paymentRecord {
	return paymentRecord{p.Method, p.Provider, p.Alias, p.Payee, p.Via, p.Consent, nil}
}

func (r paymentRecord) payment() vendors.Payment {
	return vendors.Payment{Method: r.Method, Provider: r.Provider, Alias: r.Alias, Payee: r.Payee, Via: r.Via, Consent: r.Consent}
}

// box is that of the number and the name, and of more that goes with them.
func (r *paymentRecord) box(vendor string, more ...*string) box {
	return box{owner: ownerVendor + vendor, texts: append([]*string{&r.Alias, &r.Payee}, more...), to: &r.Sealed}
}

type screeningRecord struct {
	On     instant
	By     string
	Result string
}

func vendorRecordOf(v vendors.Vendor) vendorRecord {
	c := v.Contract
	return vendorRecord{
		ID: string(v.ID), Programme: v.Programme, Name: v.Name, Zone: v.Zone, Village: v.Village,
		PlaceCode: v.PlaceCode, Suspended: v.Suspended, Created: instantOf(v.Created),
		Contract: contractRecord{
			From: instantOf(c.From), Until: instantOf(c.Until), Categories: c.Categories, DayMax: amount(c.DayMax),
			Charges: each(c.Charges, func(c vendors.Charge) chargeRecord { return chargeRecord(c) }),
			Payment: paymentRecordOf(c.Payment), Conflict: c.Conflict, DeclaredOn: instantOf(c.DeclaredOn),
			Screening: screeningRecord{On: instantOf(c.Screening.On), By: c.Screening.By, Result: c.Screening.Result},
		},
	}
}

func (r vendorRecord) vendor() vendors.Vendor {
	c := r.Contract
	return vendors.Vendor{
		ID: vendors.ID(r.ID), Programme: r.Programme, Name: r.Name, Zone: r.Zone, Village: r.Village,
		PlaceCode: r.PlaceCode, Suspended: r.Suspended, Created: r.Created.time(),
		Contract: vendors.Contract{
			From: c.From.time(), Until: c.Until.time(), Categories: c.Categories, DayMax: c.DayMax.amount(),
			Charges: each(c.Charges, func(r chargeRecord) vendors.Charge { return vendors.Charge(r) }),
			Payment: c.Payment.payment(), Conflict: c.Conflict, DeclaredOn: c.DeclaredOn.time(),
			Screening: vendors.Screening{On: c.Screening.On.time(), By: c.Screening.By, Result: c.Screening.Result},
		},
	}
}

// zoneRecord is in "zone" by programme and code.
type zoneRecord struct {
	Code      string
	Programme string
	Policy    policyRecord
}

type policyRecord struct {
	FreshHours    int
	DegradedHours int
	Floor         amount
	CountMax      int
	SumMax        amount
	WaitingDays   int
}

func zoneRecordOf(z vendors.Zone) zoneRecord {
	p := z.Policy
	return zoneRecord{Code: z.Code, Programme: z.Programme, Policy: policyRecord{
		FreshHours: p.FreshHours, DegradedHours: p.DegradedHours, Floor: amount(p.Floor),
		CountMax: p.CountMax, SumMax: amount(p.SumMax), WaitingDays: p.WaitingDays,
	}}
}

func (r zoneRecord) zone() vendors.Zone {
	p := r.Policy
	return vendors.Zone{Code: r.Code, Programme: r.Programme, Policy: vendors.Policy{
		FreshHours: p.FreshHours, DegradedHours: p.DegradedHours, Floor: p.Floor.amount(),
		CountMax: p.CountMax, SumMax: p.SumMax.amount(), WaitingDays: p.WaitingDays,
	}}
}

// priceListRecord is in "price-list" by vendor and version.
type priceListRecord struct {
	Vendor  string
	Version int
	From    instant
	Items   []itemRecord
	SetBy   string
}

type itemRecord struct {
	Code     string
	Category string
	NameEN   string
	NameFR   string
	Unit     asset
	Ceiling  amount
	Picture  string
}

func priceListRecordOf(l vendors.PriceList) priceListRecord {
	return priceListRecord{Vendor: string(l.Vendor), Version: l.Version, From: instantOf(l.From), SetBy: l.SetBy,
		Items: each(l.Items, func(i vendors.Item) itemRecord {
			return itemRecord{Code: i.Code, Category: i.Category, NameEN: i.NameEN, NameFR: i.NameFR,
				Unit: asset(i.Unit), Ceiling: amount(i.Ceiling), Picture: i.Picture}
		})}
}

func (r priceListRecord) priceList() vendors.PriceList {
	return vendors.PriceList{Vendor: vendors.ID(r.Vendor), Version: r.Version, From: r.From.time(), SetBy: r.SetBy,
		Items: each(r.Items, func(r itemRecord) vendors.Item {
			return vendors.Item{Code: r.Code, Category: r.Category, NameEN: r.NameEN, NameFR: r.NameFR,
				Unit: money.Asset(r.Unit), Ceiling: r.Ceiling.amount(), Picture: r.Picture}
		})}
}

// handheldRecord is in "handheld" by id. It is written with every batch of
// records that the handheld sends.
type handheldRecord struct {
	_           struct{} `cbor:",toarray"`
	ID          string
	Programme   string
	Vendor      string
	Zone        string
	Purpose     string
	State       string
	CodeHash    sum32
	CodeExpires instant
	InvitedBy   string
	ActivatedBy string
	Key         []byte
	Seq         uint64
	Head        sum32
	BeaconAt    instant
	BeaconHash  sum32
	Snapshot    uint64
	TopBundle   uint64
	TopFrom     instant
	NonceKey    []byte
	Nonce       string
	Counter     uint64
	LostAt      instant
	ReplacedBy  string
	Created     instant
}

func handheldRecordOf(h vendors.Handheld) handheldRecord {
	return handheldRecord{
		ID: string(h.ID), Programme: h.Programme, Vendor: string(h.Vendor), Zone: h.Zone,
		Purpose: string(h.Purpose), State: string(h.State),
		CodeHash: h.CodeHash, CodeExpires: instantOf(h.CodeExpires), InvitedBy: h.InvitedBy, ActivatedBy: h.ActivatedBy,
		Key: h.Key, Seq: h.Seq, Head: h.Head, BeaconAt: instantOf(h.BeaconAt), BeaconHash: h.BeaconHash,
		Snapshot: h.Snapshot, TopBundle: h.TopBundle, TopFrom: instantOf(h.TopFrom), NonceKey: h.NonceKey, Nonce: h.Nonce, Counter: h.Counter,
		LostAt: instantOf(h.LostAt), ReplacedBy: string(h.ReplacedBy), Created: instantOf(h.Created),
	}
}

func (r handheldRecord) handheld() vendors.Handheld {
	return vendors.Handheld{
		ID: vendors.HandheldID(r.ID), Programme: r.Programme, Vendor: vendors.ID(r.Vendor), Zone: r.Zone,
		Purpose: vendors.Purpose(r.Purpose), State: vendors.HandheldState(r.State),
		CodeHash: r.CodeHash, CodeExpires: r.CodeExpires.time(), InvitedBy: r.InvitedBy, ActivatedBy: r.ActivatedBy,
		Key: r.Key, Seq: r.Seq, Head: r.Head, BeaconAt: r.BeaconAt.time(), BeaconHash: r.BeaconHash,
		Snapshot: r.Snapshot, TopBundle: r.TopBundle, TopFrom: r.TopFrom.time(), NonceKey: r.NonceKey, Nonce: r.Nonce, Counter: r.Counter,
		LostAt: r.LostAt.time(), ReplacedBy: vendors.HandheldID(r.ReplacedBy), Created: r.Created.time(),
	}
}

// approvalRecord is one person's agreement.
type approvalRecord struct {
	Role  string
	Proof proofRecord
}

type proofRecord struct {
	Kind      string
	ID        string
	Pseudonym string
	Digest    sum32
	At        instant
	Reference string
}

func approvalRecordOf(a access.Approval) approvalRecord {
	p := a.Proof
	return approvalRecord{Role: string(a.Role), Proof: proofRecord{Kind: p.Kind, ID: p.ID, Pseudonym: p.Pseudonym,
		Digest: p.Digest, At: instantOf(p.At), Reference: p.Reference}}
}

func (r approvalRecord) approval() access.Approval {
	p := r.Proof
	return access.Approval{Role: access.Role(r.Role), Proof: access.Proof{Kind: p.Kind, ID: p.ID, Pseudonym: p.Pseudonym,
		Digest: p.Digest, At: p.At.time(), Reference: p.Reference}}
}
