package voucher

import (
	"crypto/hmac"
	"errors"
	"fmt"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
)

// takeReceipt judges a receipt and stores it with what follows from it.
func (s *service) takeReceipt(tx Tx, h vendors.Handheld, r *StoredReceipt, a arrival, b Receipt) error {
	r.Serial = b.Serial
	e, err := s.gather(tx, h, r, a, b)
	if err != nil {
		return err
	}
	if e.known {
		r.Number, r.Round, r.Value = e.voucher.Number, e.voucher.Round, e.voucher.Value
	}
	r.Full, r.Home, r.KeptRules = e.factor == factorFull, e.home, e.keptRules()
	d := judge(e)
	if e.factor == factorWrongPIN && d.reason == ReasonFactorWrong {
		if err := s.countWrongPIN(tx, e.voucher); err != nil {
			return err
		}
	}
	return s.settle(tx, r, e.voucher, d)
}

// gather reads all that the rules may look at.
func (s *service) gather(tx Tx, h vendors.Handheld, r *StoredReceipt, a arrival, b Receipt) (evidence, error) {
	e := evidence{handheld: h, amount: b.Amount, at: r.At, said: r.Said}
	// A bundle number above the last one given out is a lie: no bundle at all.
	// Below the highest that the chain has named it is one too: he had that one.
	if a.record.Bundle <= h.Snapshot {
		e.snapshot = time.Unix(int64(h.TopBundle), 0).UTC()
	}
	v, err := tx.VoucherBySerial(b.Serial)
	if ok, err := found(err); err != nil || !ok {
		return e, err
	}
	if v.Programme != h.Programme {
		return e, nil
	}
	e.voucher, e.known = v, true
	if e.issue, err = tx.Issue(v.Lot); err != nil {
		return e, err
	}
	if h.Vendor != "" {
		if e.vendor, err = tx.Vendor(h.Vendor); err != nil {
			return e, err
		}
	}
	zone, err := tx.Zone(h.Programme, h.Zone)
	if err != nil && !errors.Is(err, vendors.ErrNotFound) {
		return e, err
	}
	e.policy = zone.Policy.WithDefaults()
	if e.factor, err = s.checkFactor(tx, v, e.issue, a); err != nil {
		return e, err
	}
	e.reserved = v.ReservedFor == h.ID && !r.At.To.After(v.ReservedTo)
	e.home, err = isHome(tx, v, h)
	return e, err
}

// checkFactor compares what the handheld sealed with the digests kept at
// issue.
func (s *service) checkFactor(tx Tx, v Voucher, is Issue, a arrival) (factorCheck, error) {
	if !a.opened {
		return factorMissing, nil
	}
	if len(is.FactorKey) == 0 {
		return s.checkLateFactor(tx, v, is, a)
	}
	worst := factorFull
	for _, part := range []struct {
		needed bool
		digits string
		kept   [16]byte
		wrong  factorCheck
	}{{v.Mode.Secret(), a.factor.Secret, v.SecretMAC, factorWrong}, {v.Mode.PIN(), a.factor.PIN, v.PINMAC, factorWrongPIN}} {
		switch {
		case !part.needed:
		case part.digits == "":
			worst = min(worst, factorMissing)
		default:
			mac := FactorMAC(is.FactorKey, v.Serial, part.digits)
			if !hmac.Equal(mac[:16], part.kept[:]) {
				return part.wrong, nil
			}
		}
	}
	return worst, nil
}

// checkLateFactor checks a scratch secret after the lot was closed and its
// factor key destroyed: by the verifier that the token itself carries. A PIN
// has none, so a voucher that needs one is for people to judge.
func (s *service) checkLateFactor(tx Tx, v Voucher, is Issue, a arrival) (factorCheck, error) {
	if v.Mode != ModeSecret || a.factor.Secret == "" {
		return factorMissing, nil
	}
	t, err := tx.Token(v.Number)
	if err != nil {
		return factorMissing, err
	}
	m, err := ParseManifest(is.Manifest, s.cfg.RootPublic)
	if err != nil {
		return factorMissing, err
	}
	keys, err := NewKeySet(m)
	if err != nil {
		return factorMissing, err
	}
	c, err := VerifySignature(string(t), keys)
	if err != nil {
		return factorMissing, err
	}
	h, err := Verifier(a.factor.Secret, v.Serial)
	if err != nil || !hmac.Equal(h[:], c.Verifier[:]) {
		return factorWrong, nil
	}
	return factorFull, nil
}

// isHome reports whether the handheld is the voucher's home, or took over the
// shop of the one that was.
func isHome(tx Tx, v Voucher, h vendors.Handheld) (bool, error) {
	home := v.Home
	for range 16 { // replacements in a row; a longer chain is nobody's home
		if home == h.ID {
			return true, nil
		}
		if home == "" {
			return false, nil
		}
		old, err := tx.Handheld(home)
		if errors.Is(err, vendors.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		home = old.ReplacedBy
	}
	return false, nil
}

// countWrongPIN holds a voucher that bore as many wrong PINs as it may.
func (s *service) countWrongPIN(tx Tx, v Voucher) error {
	v.WrongPINs++
	if v.WrongPINs >= pinTriesMax && v.HeldAt.IsZero() && v.RedeemedAt.IsZero() {
		v.HeldAt = tx.Now()
		if _, err := ledger.Decide(tx, theServer, v.Round, "hold", "wrong-pin", nil); err != nil {
			return err
		}
	}
	return tx.PutVoucher(v)
}

// settle carries out a verdict.
func (s *service) settle(tx Tx, r *StoredReceipt, v Voucher, d verdict) error {
	r.State, r.Reason = d.state, d.reason
	if d.lost || d.state == Payable {
		paid, err := paidBefore(tx, r)
		if err != nil {
			return err
		}
		if paid {
			r.State, r.Reason = Contested, ReasonDouble
			return s.refuse(tx, r)
		}
	}
	switch {
	case d.state == Waiting:
		return tx.PutReceipt(*r)
	case d.lost:
		return s.bearLoss(tx, r, v)
	case d.state != Payable:
		return s.refuse(tx, r)
	case v.RedeemedAt.IsZero():
		return s.redeem(tx, r, v)
	}
	return s.conflict(tx, r, v)
}

// paidBefore reports whether another receipt of the same vendor is paid for the
// voucher, from its own account or as a loss: nobody is paid twice for one card,
// whichever of his handhelds sends what.
func paidBefore(tx Tx, r *StoredReceipt) (bool, error) {
	for other, err := range tx.ReceiptsFor(r.Number) {
		if err != nil {
			return false, err
		}
		if other.Kind == RecordReceipt && other.Hash != r.Hash && other.Vendor == r.Vendor && other.State == Payable {
			return true, nil
		}
	}
	return false, nil
}

// refuse journals that a receipt moves nothing, and why.
func (s *service) refuse(tx Tx, r *StoredReceipt) error {
	e, err := ledger.Decide(tx, theServer, r.Round, "receipt-"+string(r.State), r.Hash.String(),
		map[string]string{"reason": r.Reason, "handheld": string(r.Handheld)})
	if err != nil {
		return err
	}
	r.Entry, r.HasEntry = e.Seq, true
	return tx.PutReceipt(*r)
}

// redeem moves the voucher's value to the vendor.
func (s *service) redeem(tx Tx, r *StoredReceipt, v Voucher) error {
	facts, err := saleFacts(tx, r, v)
	if err != nil {
		return err
	}
	e, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindRedeem, Actor: theServer, Round: v.Round,
		Ref: r.Hash.String(), From: r.At.From, To: r.At.To, Facts: facts,
		Postings: []ledger.Posting{{Debit: v.Account(), Credit: ledger.Redeemed(string(r.Vendor)), Amount: v.Value}}})
	if err != nil {
		return err
	}
	r.State, r.Entry, r.HasEntry = Payable, e.Seq, true
	v.ReceiptHash, v.RedeemedAt, v.RedeemEntry = r.Hash, tx.Now(), e.Seq
	v.ReservedFor, v.ReservedTo = "", time.Time{}
	return errors.Join(tx.PutReceipt(*r), tx.PutVoucher(v))
}

// bearLoss pays a vendor who kept every rule although the voucher's value is
// no longer there, from the round's contingency while it lasts.
func (s *service) bearLoss(tx Tx, r *StoredReceipt, v Voucher) error {
	facts, err := saleFacts(tx, r, v)
	if err != nil {
		return err
	}
	facts["reason"] = r.Reason
	e, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindAcceptLoss, Actor: theServer, Round: v.Round,
		Ref: r.Hash.String(), From: r.At.From, To: r.At.To, Facts: facts,
		Postings: []ledger.Posting{{Debit: ledger.Contingency(v.Round), Credit: ledger.Redeemed(string(r.Vendor)), Amount: v.Value}}})
	switch {
	case errors.Is(err, ledger.ErrOverdrawn):
		// The cap is used up: people decide.
		r.State = Contested
		return s.refuse(tx, r)
	case err != nil:
		return err
	}
	r.State, r.Reason = Payable, ReasonLoss
	r.LossEntry, r.HasLoss = e.Seq, true
	return tx.PutReceipt(*r)
}

// saleFacts names what a claim must know of a sale: the handheld and, for a
// commodity, the price of one unit at the time.
func saleFacts(tx Tx, r *StoredReceipt, v Voucher) (map[string]string, error) {
	facts := map[string]string{"handheld": string(r.Handheld)}
	if r.Handheld == "" {
		facts["handheld"] = "stub"
	}
	if v.Value.Asset().IsCurrency() {
		return facts, nil
	}
	price, err := unitPrice(tx, r, v)
	if err != nil {
		return nil, err
	}
	facts["price"] = fmt.Sprint(price.Minor())
	return facts, nil
}

// unitPrice returns the contract price in force at the sale: the vendor's list
// where it names the commodity, never above the round's ceiling.
func unitPrice(tx Tx, r *StoredReceipt, v Voucher) (money.Amount, error) {
	is, err := tx.Issue(v.Lot)
	if err != nil {
		return money.Amount{}, err
	}
	ceiling := is.Ceilings[v.Profile]
	for version := 0; ; {
		l, err := tx.PriceList(r.Vendor, version)
		if errors.Is(err, vendors.ErrNotFound) {
			return ceiling, nil
		}
		if err != nil {
			return money.Amount{}, err
		}
		if l.From.After(r.Said) && l.Version > 1 {
			version = l.Version - 1
			continue
		}
		for _, it := range l.Items {
			if it.Unit == v.Value.Asset() && it.Ceiling.Minor() < ceiling.Minor() {
				return it.Ceiling, nil
			}
		}
		return ceiling, nil
	}
}

// conflict decides between a new receipt and the one that holds the voucher.
func (s *service) conflict(tx Tx, r *StoredReceipt, v Voucher) error {
	holder, err := tx.Receipt(v.ReceiptHash)
	if err != nil {
		return fmt.Errorf("receipt of a redeemed voucher: %w", err)
	}
	r.State, r.Reason = Contested, ReasonDouble
	if !beats(r.Home, holder.Home) {
		return s.lose(tx, r, v)
	}
	undone, err := s.undo(tx, v, holder, "conflict")
	if err != nil {
		return err
	}
	if !undone {
		// The first was paid already: that payment stands, the winner is paid
		// from the contingency, and the first is a case.
		holder.Reason = ReasonDouble
		return errors.Join(tx.PutReceipt(holder), s.bearLoss(tx, r, v))
	}
	holder.State, holder.Reason = Contested, ReasonDouble
	if err := s.lose(tx, &holder, v); err != nil {
		return err
	}
	if v, err = tx.Voucher(v.Number); err != nil {
		return err
	}
	r.Reason = ""
	return s.redeem(tx, r, v)
}

// lose settles the receipt that does not get the voucher.
func (s *service) lose(tx Tx, r *StoredReceipt, v Voucher) error {
	if r.KeptRules {
		return s.bearLoss(tx, r, v)
	}
	return s.refuse(tx, r)
}

// undo moves a redemption's value back to the voucher, from wherever it is on
// its way to the vendor. It reports false, having changed nothing, where a
// payment was ordered already.
func (s *service) undo(tx Tx, v Voucher, r StoredReceipt, why string) (bool, error) {
	at, err := vendors.ReverseInClaim(tx, r.Entry)
	if err != nil || at == "" {
		return false, err
	}
	if _, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindReverse, Actor: theServer, Round: v.Round,
		Ref: fmt.Sprintf("entry:%d", r.Entry), Facts: map[string]string{"reason": why},
		Postings: []ledger.Posting{{Debit: at, Credit: v.Account(), Amount: v.Value}}}); err != nil {
		return false, err
	}
	v.ReceiptHash, v.RedeemedAt, v.RedeemEntry = Hash{}, time.Time{}, 0
	return true, tx.PutVoucher(v)
}

// waitingRule says what becomes of a waiting receipt.
type waitingRule func(Voucher, StoredReceipt) verdict

// judgeWaiting applies when the voucher was activated. What happened to it in
// the meantime counts as if the receipt had just come, but not against a
// vendor who kept the rules.
func judgeWaiting(v Voucher, r StoredReceipt) verdict {
	if d, stopped := stoppedSince(v, r); stopped {
		return d
	}
	if r.At.To.Before(v.ActivatedAt.From) {
		return verdict{state: Contested, reason: ReasonBefore}
	}
	return verdict{state: Payable}
}

// judgeOverdue applies when the activation did not come in time.
func judgeOverdue(v Voucher, r StoredReceipt) verdict {
	if d, stopped := stoppedSince(v, r); stopped {
		return d
	}
	return verdict{state: Payable, reason: ReasonNoActivation}
}

func stoppedSince(v Voucher, r StoredReceipt) (verdict, bool) {
	switch {
	case !v.VoidAt.IsZero():
		return verdict{state: Contested, reason: ReasonVoid, lost: r.KeptRules}, true
	case !v.ExpiredAt.IsZero():
		return verdict{state: Contested, reason: ReasonLate, lost: r.KeptRules}, true
	case !v.HeldAt.IsZero():
		return verdict{state: Contested, reason: ReasonHeld}, true
	}
	return verdict{}, false
}

// settleWaiting settles a voucher's waiting receipts in the order they came.
func (s *service) settleWaiting(tx Tx, n Number, rule waitingRule) error {
	rs, err := collect(tx.ReceiptsFor(n))
	if err != nil {
		return err
	}
	for _, r := range rs {
		if r.State != Waiting || r.Kind != RecordReceipt {
			continue
		}
		v, err := tx.Voucher(n)
		if err != nil {
			return err
		}
		if err := s.settle(tx, &r, v, rule(v, r)); err != nil {
			return err
		}
	}
	return nil
}
