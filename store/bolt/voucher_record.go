package bolt

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// The buckets of package voucher. Receipts are known by the order of their
// arrival, from 0, which every index of them leads to. Vouchers come in order,
// but grow to twice their size in their lives: pages left half full are right.
var (
	voucherTable = table[voucher.Number, voucherRecord]{newBucket("voucher"), 2, numberKey[voucher.Number]()}
	serialTable  = table[voucher.Serial, ordinal]{newBucket("voucher-serial"), 2, serialKey}
	holderTable  = table[string, numbers]{newBucket("voucher-of"), 2, textKey[string]()}
	tokenTable   = table[voucher.Number, jws]{growing(newBucket("token")), 2, numberKey[voucher.Number]()}
	issueTable   = newOwnedOf[string, issueRecord]("issue", 2)
	embargoTable = table[string, embargoRecord]{newBucket("embargo"), 2, textKey[string]()}

	receiptTable = table[uint64, receiptRecord]{growing(newBucket("receipt")), 2, numberKey[uint64]()}
	arrivalTable = table[voucher.Hash, numbers]{newBucket("receipt-hash"), 2, shortHashKey}
	namedTable   = table[receiptFor, none]{newBucket("receipt-for"), 1, receiptForKey}
	chainTable   = table[receiptFrom, none]{growing(newBucket("receipt-from")), 1, receiptFromKey}
	roundTable   = table[numbered[string], members]{growing(newBucket("receipt-round")), 2, numberedKey[string]()}
	waitingTable = table[uint64, none]{newBucket("receipt-waiting"), 1, numberKey[uint64]()}

	proposalTable = table[string, proposalRecord]{newBucket("proposal"), 1, textKey[string]()}
	beaconTable   = table[voucher.Hash, instant]{newBucket("beacon"), 1, hashKey[voucher.Hash]()}
)

// serialKey is a byte and a serial: 10 bytes after a 1, or any other text after
// a 0.
var serialKey = keyCodec[voucher.Serial]{
	encode: func(to key, s voucher.Serial) key {
		if b, ok := serialBytes(string(s)); ok {
			return to.u8(1).fixed(b[:])
		}
		return to.u8(0).str(string(s))
	},
	decode: func(r *keyReader) voucher.Serial {
		if r.u8() == 1 {
			return voucher.Serial(serialText([serialSize]byte(r.take(serialSize))))
		}
		return voucher.Serial(r.str())
	},
}

// shortHashKey is the first half of a SHA-256, which leads to all records of
// this half.
var shortHashKey = keyCodec[voucher.Hash]{
	encode: func(to key, h voucher.Hash) key { return to.fixed(h[:16]) },
	decode: func(r *keyReader) (h voucher.Hash) {
		copy(h[:], r.take(16))
		return h
	},
}

// ordinal is a record of one number.
type ordinal uint64

func (c ordinal) pack(p *packer) { p.u64(uint64(c)) }

func (c *ordinal) unpack(u *unpacker) { *c = ordinal(u.u64()) }

// numbers are a record of few numbers, ascending, each once: as runs, the
// distance from the end of the last one and the length of each.
type numbers []uint64

// numbersMax bounds what one record holds.
const numbersMax = 1 << 20

func (ns numbers) pack(p *packer) {
	next := uint64(0)
	for len(ns) > 0 {
		run := 1
		for run < len(ns) && ns[run] == ns[0]+uint64(run) {
			run++
		}
		p.u64(ns[0] - next)
		p.u64(uint64(run))
		next = ns[0] + uint64(run)
		ns = ns[run:]
	}
}

func (ns *numbers) unpack(u *unpacker) {
	next := uint64(0)
	for len(u.b) > 0 {
		first := next + u.u64()
		run := u.upTo(uint64(numbersMax - len(*ns)))
		if first < next || run == 0 || first+run-1 < first {
			u.fail()
			return
		}
		for i := range run {
			*ns = append(*ns, first+i)
		}
		next = first + run
	}
}

// with returns ns and n, which may be in it.
func (ns numbers) with(n uint64) numbers {
	at, found := slices.BinarySearch(ns, n)
	if found {
		return ns
	}
	return slices.Insert(ns, at, n)
}

// members says which of the 64 numbers from 64 times the key on are there.
type members uint64

const membersEach = 64

func (m members) pack(p *packer) { p.b = binary.BigEndian.AppendUint64(p.b, uint64(m)) }

func (m *members) unpack(u *unpacker) {
	var b [8]byte
	u.fixed(b[:])
	*m = members(binary.BigEndian.Uint64(b[:]))
}

// receiptFor is the key of a record under the voucher that it names.
type receiptFor struct {
	number  voucher.Number
	arrival uint64
}

func (k receiptFor) appendTo(to key) key { return to.u64(uint64(k.number)).u64(k.arrival) }

var receiptForKey = keyCodec[receiptFor]{
	encode: func(to key, k receiptFor) key { return k.appendTo(to) },
	decode: func(r *keyReader) receiptFor { return receiptFor{voucher.Number(r.u64()), r.u64()} },
}

// receiptFrom is the key of a record in the chain of its handheld.
type receiptFrom struct {
	handheld     vendors.HandheldID
	seq, arrival uint64
}

func (k receiptFrom) appendTo(to key) key {
	return to.str(string(k.handheld)).u64(k.seq).u64(k.arrival)
}

var receiptFromKey = keyCodec[receiptFrom]{
	encode: func(to key, k receiptFrom) key { return k.appendTo(to) },
	decode: func(r *keyReader) receiptFrom {
		return receiptFrom{vendors.HandheldID(r.str()), r.u64(), r.u64()}
	},
}

// voucherRecord is in "voucher" by number, which it does not repeat. It begins
// with which of its later parts are there, since most of a voucher's life is
// still to come when it is stored first.
type voucherRecord struct {
	voucher.Voucher
	first uint64 // 1 + arrival of the record that named it first; 0 for none
}

// The parts of a voucher's record that may be missing: all zero then.
const (
	hasSecretMAC = 1 << iota
	hasPINMAC
	isSpare
	wasActivated
	wasHeld
	wasVoided
	hasExpired
	wasReplaced
	wasRedeemed
	hadWrongPINs
	wasReserved
	wasNamed
	voucherParts // one above the highest
)

func (r voucherRecord) parts() uint64 {
	v, parts := &r.Voucher, uint64(0)
	for bit, is := range [...]bool{
		v.SecretMAC != [16]byte{}, v.PINMAC != [16]byte{}, v.Spare,
		v.ActivatedAt != voucher.Interval{} || v.ActivatedBy != "",
		!v.HeldAt.IsZero(), !v.VoidAt.IsZero() || v.VoidReason != "", !v.ExpiredAt.IsZero(), v.ReplacedBy != "",
		!v.ReceiptHash.IsZero() || !v.RedeemedAt.IsZero() || v.RedeemEntry != 0,
		v.WrongPINs != 0, v.ReservedFor != "" || !v.ReservedTo.IsZero(), r.first != 0,
	} {
		if is {
			parts |= 1 << bit
		}
	}
	return parts
}

func (r voucherRecord) pack(p *packer) {
	v, parts := &r.Voucher, r.parts()
	p.u64(parts)
	p.serial(string(v.Serial))
	for _, s := range [...]string{v.Programme, v.Round, v.Lot, v.Beneficiary, v.Point, v.Zone, string(v.Home)} {
		p.text(s)
	}
	p.word(string(v.Mode))
	p.u64(uint64(v.Index))
	p.i64(int64(v.Profile))
	p.amount(v.Value)
	p.since(time.Time{}, v.NotBefore)
	p.since(v.NotBefore, v.Expires)
	p.u64(uint64(v.PINHint))
	p.u64(uint64(v.Tag))
	if parts&hasSecretMAC != 0 {
		p.fixed(v.SecretMAC[:])
	}
	if parts&hasPINMAC != 0 {
		p.fixed(v.PINMAC[:])
	}
	if parts&wasActivated != 0 {
		p.since(v.NotBefore, v.ActivatedAt.From)
		p.since(v.NotBefore, v.ActivatedAt.To)
		p.text(string(v.ActivatedBy))
	}
	if parts&wasHeld != 0 {
		p.since(v.NotBefore, v.HeldAt)
	}
	if parts&wasVoided != 0 {
		p.since(v.NotBefore, v.VoidAt)
		p.word(v.VoidReason)
	}
	if parts&hasExpired != 0 {
		p.since(v.NotBefore, v.ExpiredAt)
	}
	if parts&wasReplaced != 0 {
		p.serial(string(v.ReplacedBy))
	}
	if parts&wasRedeemed != 0 {
		p.fixed(v.ReceiptHash[:])
		p.since(v.NotBefore, v.RedeemedAt)
		p.u64(v.RedeemEntry)
	}
	if parts&hadWrongPINs != 0 {
		p.i64(int64(v.WrongPINs))
	}
	if parts&wasReserved != 0 {
		p.text(string(v.ReservedFor))
		p.since(v.NotBefore, v.ReservedTo)
	}
	if parts&wasNamed != 0 {
		p.u64(r.first)
	}
}

func (r *voucherRecord) unpack(u *unpacker) {
	v, parts := &r.Voucher, u.upTo(voucherParts-1)
	v.Serial = voucher.Serial(u.serial())
	v.Programme, v.Round, v.Lot, v.Beneficiary = u.text(), u.text(), u.text(), u.text()
	v.Point, v.Zone, v.Home = u.text(), u.text(), vendors.HandheldID(u.text())
	v.Mode = voucher.Mode(u.word())
	v.Index = uint32(u.upTo(math.MaxUint32))
	v.Profile = int(u.i64())
	v.Value = u.amount()
	v.NotBefore = u.since(time.Time{})
	v.Expires = u.since(v.NotBefore)
	v.PINHint, v.Tag = uint16(u.upTo(math.MaxUint16)), uint16(u.upTo(math.MaxUint16))
	v.Spare = parts&isSpare != 0
	if parts&hasSecretMAC != 0 {
		u.fixed(v.SecretMAC[:])
	}
	if parts&hasPINMAC != 0 {
		u.fixed(v.PINMAC[:])
	}
	if parts&wasActivated != 0 {
		v.ActivatedAt = voucher.Interval{From: u.since(v.NotBefore), To: u.since(v.NotBefore)}
		v.ActivatedBy = vendors.HandheldID(u.text())
	}
	if parts&wasHeld != 0 {
		v.HeldAt = u.since(v.NotBefore)
	}
	if parts&wasVoided != 0 {
		v.VoidAt, v.VoidReason = u.since(v.NotBefore), u.word()
	}
	if parts&hasExpired != 0 {
		v.ExpiredAt = u.since(v.NotBefore)
	}
	if parts&wasReplaced != 0 {
		v.ReplacedBy = voucher.Serial(u.serial())
	}
	if parts&wasRedeemed != 0 {
		u.fixed(v.ReceiptHash[:])
		v.RedeemedAt, v.RedeemEntry = u.since(v.NotBefore), u.u64()
	}
	if parts&hadWrongPINs != 0 {
		v.WrongPINs = int(u.i64())
	}
	if parts&wasReserved != 0 {
		v.ReservedFor, v.ReservedTo = vendors.HandheldID(u.text()), u.since(v.NotBefore)
	}
	if parts&wasNamed != 0 {
		r.first = u.u64()
	}
	if r.parts() != parts {
		u.fail()
	}
}

func (r voucherRecord) voucher(n voucher.Number) voucher.Voucher {
	r.Number = n
	return r.Voucher
}

// issueRecord is in "issue" by lot, its owner the programme. Version 2 added the
// box.
type issueRecord struct {
	Lot        string
	Round      string
	Programme  string
	KID        string
	Manifest   string
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
	Sealed     []byte `cbor:",omitempty"`
}

func (issueRecord) oldest() byte { return 1 }

func (r *issueRecord) boxes(lot string) []box {
	return []box{{owner: ownerIssue + lot, bytes: []*[]byte{&r.FactorKey, &r.HintSecret}, to: &r.Sealed}}
}

// embargoRecord is in "embargo" by lot. Version 2 added the box.
type embargoRecord struct {
	Lot    string
	Until  instant
	Code   []byte
	Sealed []byte `cbor:",omitempty"`
}

func (embargoRecord) oldest() byte { return 1 }

func (r *embargoRecord) boxes(lot string) []box {
	return []box{{owner: ownerEmbargo + lot, bytes: []*[]byte{&r.Code}, to: &r.Sealed}}
}

func (r embargoRecord) embargo() voucher.Embargo {
	return voucher.Embargo{Lot: r.Lot, Until: r.Until.time(), Code: r.Code}
}

type profileRecord struct {
	Number             int
	Asset              asset
	Basket, Categories []string
	Cap                int64
}

func issueRecordOf(i voucher.Issue) issueRecord {
	r := issueRecord{
		Lot: i.Lot, Round: i.Round, Programme: i.Programme, KID: i.KID, Manifest: i.Manifest,
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
		Lot: r.Lot, Round: r.Round, Programme: r.Programme, KID: r.KID, Manifest: r.Manifest,
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
