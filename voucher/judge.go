package voucher

import (
	"time"

	"github.com/jate-cva/jate/vendors"
)

// Reasons why a record is not simply payable. They are part of the API:
// handhelds show a sentence for each.
const (
	ReasonUnknown       = "unknown-serial"
	ReasonAmount        = "amount"
	ReasonPurpose       = "handheld-purpose"
	ReasonRevoked       = "handheld-revoked"
	ReasonZone          = "zone"
	ReasonExpired       = "expired"
	ReasonEarly         = "not-yet-valid"
	ReasonVoid          = "void"
	ReasonHeld          = "held"
	ReasonFactorMissing = "factor-missing"
	ReasonFactorWrong   = "factor-wrong"
	ReasonNotHome       = "not-home"
	ReasonStale         = "bundle-too-old"
	ReasonNotActivated  = "not-activated"
	ReasonBefore        = "before-activation"
	ReasonDouble        = "already-redeemed"
	ReasonLoss          = "loss-accepted"     // payable, though another receipt holds the voucher
	ReasonNoActivation  = "activation-missed" // payable, because waiting took too long
	ReasonFork          = "chain-broken"
	ReasonGap           = "gap" // an earlier record is missing; not stored
	ReasonLate          = "after-close"
	ReasonSecondPerson  = "second-person"
	ReasonNotCancelled  = "not-cancellable"
	ReasonContract      = "contract"
	ReasonRecord        = "record-invalid"
)

// factorCheck says how much of the factor a receipt proved.
type factorCheck uint8

const (
	factorMissing factorCheck = iota
	factorWrong
	factorWrongPIN // the rest was right
	factorFull
)

// evidence is all that the rules of redemption may look at.
type evidence struct {
	voucher  Voucher
	known    bool // the voucher exists in the handheld's programme
	issue    Issue
	handheld vendors.Handheld
	vendor   vendors.Vendor
	policy   vendors.Policy
	amount   int64
	at       Interval  // [last beacon, arrival]
	said     time.Time // the handheld's clock, clamped into at
	snapshot time.Time // when its bundle was made
	factor   factorCheck
	home     bool
	reserved bool // on line, for this handheld
}

// keptRules reports whether the vendor did all that the zone's policy asks of
// one who cannot ask the server. What happened elsewhere is not his to know.
func (e evidence) keptRules() bool {
	if e.factor != factorFull {
		return false
	}
	age := e.said.Sub(e.snapshot)
	if age > hours(e.policy.DegradedHours) {
		return false
	}
	if e.reserved || e.home {
		return true
	}
	return e.withinFloor() && age <= hours(e.policy.FreshHours)
}

func (e evidence) withinFloor() bool {
	v, floor := e.voucher.Value, e.policy.Floor
	return v.Asset() == floor.Asset() && v.Minor() <= floor.Minor()
}

func hours(n int) time.Duration { return time.Duration(n) * time.Hour }

// verdict is what the rules say of a receipt taken alone; a conflict with
// another receipt comes after.
type verdict struct {
	state  ReceiptState
	reason string
	// lost says that the voucher's value is no longer there (void after the
	// vendor's snapshot, or returned at close) though he kept the rules: the
	// programme bears it.
	lost bool
}

// judge applies the rules in order. It is total: the same evidence always gets
// the same verdict.
func judge(e evidence) verdict {
	if v, done := e.judgeSeller(); done {
		return v
	}
	v := e.voucher
	if v.Zone != e.handheld.Zone && !e.reserved {
		return verdict{state: Rejected, reason: ReasonZone}
	}
	switch e.factor {
	case factorMissing:
		return verdict{state: Contested, reason: ReasonFactorMissing}
	case factorWrong, factorWrongPIN:
		return verdict{state: Rejected, reason: ReasonFactorWrong}
	}
	if e.at.To.Before(v.NotBefore) {
		return verdict{state: Rejected, reason: ReasonEarly}
	}
	if !e.at.From.Before(v.Expires) {
		return verdict{state: Rejected, reason: ReasonExpired}
	}
	if v, done := e.judgeStopped(); done {
		return v
	}
	if !e.keptRules() {
		reason := ReasonNotHome
		if e.said.Sub(e.snapshot) > hours(e.policy.DegradedHours) {
			reason = ReasonStale
		}
		return verdict{state: Contested, reason: reason}
	}
	if !v.ExpiredAt.IsZero() {
		return verdict{state: Contested, reason: ReasonLate, lost: !v.ActivatedAt.IsZero()}
	}
	return e.judgeActivation()
}

// judgeSeller looks at who sold what for how much.
func (e evidence) judgeSeller() (verdict, bool) {
	switch {
	case e.handheld.Purpose != vendors.ForSales:
		return verdict{state: Rejected, reason: ReasonPurpose}, true
	case !e.handheld.Believes(e.at.From):
		return verdict{state: Rejected, reason: ReasonRevoked}, true
	case e.handheld.State == vendors.Revoked:
		// It may be from before the loss; only people can tell.
		return verdict{state: Contested, reason: ReasonRevoked}, true
	case !e.known, e.issue.Manifest == "", e.voucher.Beneficiary == "":
		return verdict{state: Rejected, reason: ReasonUnknown}, true
	case e.amount != e.voucher.Value.Minor():
		return verdict{state: Rejected, reason: ReasonAmount}, true
	case e.vendor.Suspended, !e.at.From.Before(e.vendor.Contract.Until), e.at.To.Before(e.vendor.Contract.From):
		return verdict{state: Contested, reason: ReasonContract}, true
	}
	return verdict{}, false
}

// told reports whether the vendor's bundle said what happened to the voucher
// at the instant, if it did. Of two things in one second nobody knows which
// came first, and a vendor is not blamed for what he could not know.
func (e evidence) told(at time.Time) bool { return !at.IsZero() && e.snapshot.After(at) }

// judgeStopped looks at vouchers that were void, replaced, held or redeemed.
// What the vendor's own bundle said he had to respect. A card that ended while
// it was held stood in bundles as suspended from then on.
func (e evidence) judgeStopped() (verdict, bool) {
	v := e.voucher
	switch {
	case !v.VoidAt.IsZero() && (e.told(v.VoidAt) || e.told(v.HeldAt)):
		return verdict{state: Rejected, reason: ReasonVoid}, true
	case !v.VoidAt.IsZero():
		// A card that was never handed over is nobody's loss.
		return verdict{state: Contested, reason: ReasonVoid, lost: e.keptRules() && !v.ActivatedAt.IsZero()}, true
	case e.told(v.HeldAt):
		return verdict{state: Rejected, reason: ReasonHeld}, true
	case !v.HeldAt.IsZero():
		return verdict{state: Contested, reason: ReasonHeld}, true
	case e.told(v.RedeemedAt):
		return verdict{state: Rejected, reason: ReasonDouble}, true
	}
	return verdict{}, false
}

func (e evidence) judgeActivation() verdict {
	active := e.voucher.ActivatedAt
	switch {
	case active.IsZero():
		return verdict{state: Waiting, reason: ReasonNotActivated}
	case e.at.To.Before(active.From):
		return verdict{state: Contested, reason: ReasonBefore}
	}
	return verdict{state: Payable}
}

// beats reports whether a new receipt takes the voucher from the one that
// holds it: the full factor first (only full ones ever hold a voucher), then
// the home handheld; otherwise the first to arrive keeps it.
func beats(newHome, heldByHome bool) bool { return newHome && !heldByHome }

// clamp moves t into the interval.
func (i Interval) clamp(t time.Time) time.Time {
	if t.Before(i.From) {
		return i.From
	}
	if t.After(i.To) {
		return i.To
	}
	return t
}
