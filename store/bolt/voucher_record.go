package bolt

import (
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// The buckets of package voucher. Receipts are known by the order of their
// arrival, from 0, which every index of them ends in.
var (
	voucherTable = table[voucher.Number, voucherRecord]{newBucket("voucher"), 1, numberKey[voucher.Number]()}
	serialTable  = table[voucher.Serial, voucher.Number]{newBucket("voucher-serial"), 1, textKey[voucher.Serial]()}
	holderTable  = table[numbered[string], none]{growing(newBucket("voucher-of")), 1, numberedKey[string]()}
	tokenTable   = table[voucher.Number, jws]{growing(newBucket("token")), 1, numberKey[voucher.Number]()}
	issueTable   = newOwned[string, issueRecord]("issue")

	receiptTable = table[uint64, receiptRecord]{growing(newBucket("receipt")), 1, numberKey[uint64]()}
	arrivalTable = table[voucher.Hash, uint64]{newBucket("receipt-hash"), 1, hashKey[voucher.Hash]()}
	namedTable   = table[receiptFor, none]{newBucket("receipt-for"), 1, receiptForKey}
	chainTable   = table[receiptFrom, none]{growing(newBucket("receipt-from")), 1, receiptFromKey}
	roundTable   = table[numbered[string], none]{growing(newBucket("receipt-round")), 1, numberedKey[string]()}
	waitingTable = table[uint64, none]{newBucket("receipt-waiting"), 1, numberKey[uint64]()}

	proposalTable = table[string, proposalRecord]{newBucket("proposal"), 1, textKey[string]()}
	beaconTable   = table[voucher.Hash, instant]{newBucket("beacon"), 1, hashKey[voucher.Hash]()}
)

// receiptFor is the key of a record under the voucher that it names.
type receiptFor struct {
	number  voucher.Number
	arrival uint64
}

func (k receiptFor) key() key { return key{}.u64(uint64(k.number)).u64(k.arrival) }

var receiptForKey = keyCodec[receiptFor]{
	encode: receiptFor.key,
	decode: func(r *keyReader) receiptFor { return receiptFor{voucher.Number(r.u64()), r.u64()} },
}

// receiptFrom is the key of a record in the chain of its handheld.
type receiptFrom struct {
	handheld     vendors.HandheldID
	seq, arrival uint64
}

func (k receiptFrom) key() key { return key{}.str(string(k.handheld)).u64(k.seq).u64(k.arrival) }

var receiptFromKey = keyCodec[receiptFrom]{
	encode: receiptFrom.key,
	decode: func(r *keyReader) receiptFrom {
		return receiptFrom{vendors.HandheldID(r.str()), r.u64(), r.u64()}
	},
}

// intervalRecord bounds when something happened.
type intervalRecord struct {
	_        struct{} `cbor:",toarray"`
	From, To instant
}

func intervalRecordOf(i voucher.Interval) intervalRecord {
	return intervalRecord{From: instantOf(i.From), To: instantOf(i.To)}
}

func (r intervalRecord) interval() voucher.Interval {
	return voucher.Interval{From: r.From.time(), To: r.To.time()}
}

// voucherRecord is in "voucher" by number, which it does not repeat.
type voucherRecord struct {
	_           struct{} `cbor:",toarray"`
	Serial      string
	Programme   string
	Round       string
	Lot         string
	Beneficiary string
	Index       uint32
	Profile     int
	Value       amount
	NotBefore   instant
	Expires     instant
	Point       string
	Zone        string
	Home        string
	Mode        string
	SecretMAC   sum16
	PINMAC      sum16
	PINHint     uint16
	Tag         uint16
	Spare       bool
	ActivatedAt intervalRecord
	ActivatedBy string
	HeldAt      instant
	VoidAt      instant
	VoidReason  string
	ExpiredAt   instant
	ReplacedBy  string
	ReceiptHash sum32
	RedeemedAt  instant
	RedeemEntry uint64
	WrongPINs   int
	ReservedFor string
	ReservedTo  instant
}

func voucherRecordOf(v voucher.Voucher) voucherRecord {
	return voucherRecord{
		Serial: string(v.Serial), Programme: v.Programme, Round: v.Round, Lot: v.Lot, Beneficiary: v.Beneficiary,
		Index: v.Index, Profile: v.Profile, Value: amount(v.Value),
		NotBefore: instantOf(v.NotBefore), Expires: instantOf(v.Expires),
		Point: v.Point, Zone: v.Zone, Home: string(v.Home), Mode: string(v.Mode),
		SecretMAC: v.SecretMAC, PINMAC: v.PINMAC, PINHint: v.PINHint, Tag: v.Tag, Spare: v.Spare,
		ActivatedAt: intervalRecordOf(v.ActivatedAt), ActivatedBy: string(v.ActivatedBy),
		HeldAt: instantOf(v.HeldAt), VoidAt: instantOf(v.VoidAt), VoidReason: v.VoidReason,
		ExpiredAt: instantOf(v.ExpiredAt), ReplacedBy: string(v.ReplacedBy),
		ReceiptHash: sum32(v.ReceiptHash), RedeemedAt: instantOf(v.RedeemedAt), RedeemEntry: v.RedeemEntry,
		WrongPINs: v.WrongPINs, ReservedFor: string(v.ReservedFor), ReservedTo: instantOf(v.ReservedTo),
	}
}

func (r voucherRecord) voucher(n voucher.Number) voucher.Voucher {
	return voucher.Voucher{
		Number: n,
		Serial: voucher.Serial(r.Serial), Programme: r.Programme, Round: r.Round, Lot: r.Lot, Beneficiary: r.Beneficiary,
		Index: r.Index, Profile: r.Profile, Value: r.Value.amount(),
		NotBefore: r.NotBefore.time(), Expires: r.Expires.time(),
		Point: r.Point, Zone: r.Zone, Home: vendors.HandheldID(r.Home), Mode: voucher.Mode(r.Mode),
		SecretMAC: r.SecretMAC, PINMAC: r.PINMAC, PINHint: r.PINHint, Tag: r.Tag, Spare: r.Spare,
		ActivatedAt: r.ActivatedAt.interval(), ActivatedBy: vendors.HandheldID(r.ActivatedBy),
		HeldAt: r.HeldAt.time(), VoidAt: r.VoidAt.time(), VoidReason: r.VoidReason,
		ExpiredAt: r.ExpiredAt.time(), ReplacedBy: voucher.Serial(r.ReplacedBy),
		ReceiptHash: voucher.Hash(r.ReceiptHash), RedeemedAt: r.RedeemedAt.time(), RedeemEntry: r.RedeemEntry,
		WrongPINs: r.WrongPINs, ReservedFor: vendors.HandheldID(r.ReservedFor), ReservedTo: r.ReservedTo.time(),
	}
}

// issueRecord is in "issue" by lot, its owner the programme.
type issueRecord struct {
	Lot        string
	Round      string
	Programme  string
	KID        string
	Manifest   jws
	Profiles   []profileRecord
	Ceilings   map[int]amount
	Count      int
	Spares     int
	First      uint64
	Last       uint64
	Zones      []string
	FactorKey  []byte
	HintSecret []byte
	NotBefore  instant
	Expires    instant
	GraceUntil instant
	ClosedAt   instant
	IssuedAt   instant
}

type profileRecord struct {
	Number             int
	Asset              asset
	Basket, Categories []string
	Cap                int64
}

func issueRecordOf(i voucher.Issue) issueRecord {
	r := issueRecord{
		Lot: i.Lot, Round: i.Round, Programme: i.Programme, KID: i.KID, Manifest: jws(i.Manifest),
		Profiles: each(i.Profiles, func(p voucher.Profile) profileRecord {
			return profileRecord{Number: p.Number, Asset: asset(p.Asset), Basket: p.Basket, Categories: p.Categories, Cap: p.Cap}
		}),
		Count: i.Count, Spares: i.Spares, First: uint64(i.First), Last: uint64(i.Last), Zones: i.Zones,
		FactorKey: i.FactorKey, HintSecret: i.HintSecret,
		NotBefore: instantOf(i.NotBefore), Expires: instantOf(i.Expires), GraceUntil: instantOf(i.GraceUntil),
		ClosedAt: instantOf(i.ClosedAt), IssuedAt: instantOf(i.IssuedAt),
	}
	if i.Ceilings != nil {
		r.Ceilings = make(map[int]amount, len(i.Ceilings))
	}
	for profile, m := range i.Ceilings {
		r.Ceilings[profile] = amount(m)
	}
	return r
}

func (r issueRecord) issue() voucher.Issue {
	i := voucher.Issue{
		Lot: r.Lot, Round: r.Round, Programme: r.Programme, KID: r.KID, Manifest: string(r.Manifest),
		Profiles: each(r.Profiles, func(r profileRecord) voucher.Profile {
			return voucher.Profile{Number: r.Number, Asset: money.Asset(r.Asset), Basket: r.Basket, Categories: r.Categories, Cap: r.Cap}
		}),
		Count: r.Count, Spares: r.Spares, First: voucher.Number(r.First), Last: voucher.Number(r.Last), Zones: r.Zones,
		FactorKey: r.FactorKey, HintSecret: r.HintSecret,
		NotBefore: r.NotBefore.time(), Expires: r.Expires.time(), GraceUntil: r.GraceUntil.time(),
		ClosedAt: r.ClosedAt.time(), IssuedAt: r.IssuedAt.time(),
	}
	if r.Ceilings != nil {
		i.Ceilings = make(map[int]money.Amount, len(r.Ceilings))
	}
	for profile, a := range r.Ceilings {
		i.Ceilings[profile] = a.amount()
	}
	return i
}
