package bolt

import (
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// roundRecord is in "round" by id.
type roundRecord struct {
	ID            string
	Programme     string
	Name          string
	Kind          string
	Asset         asset
	Ceiling       amount
	Categories    []string
	Basket        []string
	Rule          ruleRecord
	Mode          string
	PINAbove      amount
	Opens         instant
	SalesEnd      instant
	GraceUntil    instant
	SparePermille int
	ThirdAbove    amount
	EmbargoUntil  instant
	State         string
	Return        returnRecord
	PreparedBy    string
	Created       instant
	// Since version 2.
	AnswerOverlaps bool
}

func (roundRecord) oldest() byte { return 1 }

type ruleRecord struct {
	PerHousehold  amount
	PerMember     amount
	PerUnit       amount
	Min, Cap      amount
	Denominations []amount
	VouchersMax   int
}

func roundRecordOf(r distribution.Round) roundRecord {
	return roundRecord{
		ID: r.ID, Programme: r.Programme, Name: r.Name, Kind: string(r.Kind), Asset: asset(r.Asset), Ceiling: amount(r.Ceiling),
		Categories: r.Categories, Basket: r.Basket, Rule: ruleRecordOf(r.Rule), Mode: string(r.Mode), PINAbove: amount(r.PINAbove),
		Opens: instantOf(r.Opens), SalesEnd: instantOf(r.SalesEnd), GraceUntil: instantOf(r.GraceUntil),
		SparePermille: r.SparePermille, ThirdAbove: amount(r.ThirdAbove), EmbargoUntil: instantOf(r.EmbargoUntil),
		State: string(r.State), Return: returnRecordOf(r.Return), PreparedBy: r.PreparedBy, Created: instantOf(r.Created),
		AnswerOverlaps: r.AnswerOverlaps,
	}
}

func (r roundRecord) round() distribution.Round {
	return distribution.Round{
		ID: r.ID, Programme: r.Programme, Name: r.Name, Kind: distribution.RoundKind(r.Kind), Asset: money.Asset(r.Asset),
		Ceiling: r.Ceiling.amount(), Categories: r.Categories, Basket: r.Basket, Rule: r.Rule.rule(),
		Mode: voucher.Mode(r.Mode), PINAbove: r.PINAbove.amount(),
		Opens: r.Opens.time(), SalesEnd: r.SalesEnd.time(), GraceUntil: r.GraceUntil.time(),
		SparePermille: r.SparePermille, ThirdAbove: r.ThirdAbove.amount(), EmbargoUntil: r.EmbargoUntil.time(),
		State: distribution.RoundState(r.State), Return: r.Return.asReturn(), PreparedBy: r.PreparedBy, Created: r.Created.time(),
		AnswerOverlaps: r.AnswerOverlaps,
	}
}

func ruleRecordOf(r distribution.Rule) ruleRecord {
	return ruleRecord{
		PerHousehold: amount(r.PerHousehold), PerMember: amount(r.PerMember), PerUnit: amount(r.PerUnit),
		Min: amount(r.Min), Cap: amount(r.Cap), Denominations: each(r.Denominations, amountOf), VouchersMax: r.VouchersMax,
	}
}

func (r ruleRecord) rule() distribution.Rule {
	return distribution.Rule{
		PerHousehold: r.PerHousehold.amount(), PerMember: r.PerMember.amount(), PerUnit: r.PerUnit.amount(),
		Min: r.Min.amount(), Cap: r.Cap.amount(), Denominations: each(r.Denominations, amount.amount), VouchersMax: r.VouchersMax,
	}
}

// lotRecord is in "lot" by id.
type lotRecord struct {
	ID         string
	Round      string
	Programme  string
	Points     []string
	State      string
	Digest     sum32
	Households int
	Vouchers   int
	Total      amount
	Exposure   amount
	Warnings   []warningRecord
	PreparedBy string
	PreparedAt instant
	Approvals  []approvalRecord
	Prints     map[string]int
	IssuedAt   instant
	// Since version 2.
	Lists        []string
	Overlaps     []overlapRecord
	OverlapsMore int
	Coordination string
}

func (lotRecord) oldest() byte { return 1 }

type warningRecord struct {
	Code   string
	Text   string
	Texte  string
	Metres int
}

func lotRecordOf(l distribution.Lot) lotRecord {
	return lotRecord{
		ID: l.ID, Round: l.Round, Programme: l.Programme, Points: l.Points, State: string(l.State), Digest: l.Digest,
		Households: l.Households, Vouchers: l.Vouchers, Total: amount(l.Total), Exposure: amount(l.Exposure),
		Warnings:   each(l.Warnings, func(w distribution.Warning) warningRecord { return warningRecord(w) }),
		PreparedBy: l.PreparedBy, PreparedAt: instantOf(l.PreparedAt), Approvals: each(l.Approvals, approvalRecordOf),
		Prints: l.Prints, IssuedAt: instantOf(l.IssuedAt),
		Lists: l.Lists, Overlaps: each(l.Overlaps, overlapRecordOf), OverlapsMore: l.OverlapsMore, Coordination: l.Coordination,
	}
}

func (r lotRecord) lot() distribution.Lot {
	return distribution.Lot{
		ID: r.ID, Round: r.Round, Programme: r.Programme, Points: r.Points, State: distribution.LotState(r.State), Digest: r.Digest,
		Households: r.Households, Vouchers: r.Vouchers, Total: r.Total.amount(), Exposure: r.Exposure.amount(),
		Warnings:   each(r.Warnings, func(r warningRecord) distribution.Warning { return distribution.Warning(r) }),
		PreparedBy: r.PreparedBy, PreparedAt: r.PreparedAt.time(), Approvals: each(r.Approvals, approvalRecord.approval),
		Prints: r.Prints, IssuedAt: r.IssuedAt.time(),
		Lists: r.Lists, Overlaps: each(r.Overlaps, overlapRecord.overlap), OverlapsMore: r.OverlapsMore, Coordination: r.Coordination,
	}
}

// entitlementRecord is in "entitlement" by lot and line, which it does not
// repeat.
type entitlementRecord struct {
	_           struct{} `cbor:",toarray"`
	Beneficiary string
	Point       string
	Amounts     []amount
	Homes       []string
}

func entitlementRecordOf(e distribution.Entitlement) entitlementRecord {
	return entitlementRecord{Beneficiary: string(e.Beneficiary), Point: e.Point,
		Amounts: each(e.Amounts, amountOf), Homes: texts[string](e.Homes)}
}

func entitlement(r row[numbered[string], entitlementRecord]) distribution.Entitlement {
	v := r.value
	return distribution.Entitlement{Lot: r.key.of, N: int(r.key.n), Beneficiary: distribution.BeneficiaryID(v.Beneficiary),
		Point: v.Point, Amounts: each(v.Amounts, amount.amount), Homes: texts[vendors.HandheldID](v.Homes)}
}
