package reconcile

import (
	"errors"
	"maps"
	"slices"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	engine "github.com/jate-cva/jate/reconcile/match"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// claims reads claims that were not refused, with lines where their round is
// reconciled. Those whose lines were read before, and not written since, keep
// them.
func (l *loader) claims() error {
	f := l.facts
	was := make(map[vendors.ClaimID]ClaimFacts, len(f.Claims))
	for _, c := range f.Claims {
		was[c.ID] = c
	}
	f.Claims = make([]ClaimFacts, 0, len(f.Claims))
	for c, err := range l.tx.Claims(l.programme, "") {
		if err != nil {
			return err
		}
		if _, ours := f.Zones[c.Vendor]; !ours || c.State == vendors.ClaimRefused {
			continue
		}
		now := ClaimFacts{Claim: c}
		if before, ok := was[c.ID]; ok && !l.written[c.ID] {
			now.lines, now.Readings = before.lines, before.Readings
		} else if f.Rounds[c.Round] {
			if err := l.lines(&now); err != nil {
				return err
			}
		}
		if l.read.lines += len(now.lines); l.read.lines > factsMax {
			return ErrTooLarge
		}
		f.Claims = append(f.Claims, now)
	}
	return nil
}

func (l *loader) lines(c *ClaimFacts) error {
	c.lines = make([]claimRow, 0, c.Claim.Lines)
	for line, err := range l.tx.ClaimLines(c.ID, 0) {
		if err != nil {
			return err
		}
		c.lines = append(c.lines, l.facts.claimRow(line))
		l.progress.within(atClaims, atPeople, l.read.lines+len(c.lines), len(l.facts.sales))
	}
	for r, err := range l.tx.Readings(c.ID) {
		if err != nil {
			return err
		}
		if c.Readings == nil {
			c.Readings = map[int]vendors.Reading{}
		}
		c.Readings[r.N] = r
	}
	return nil
}

// settlements reads what was paid, and what the ledger says of it.
func (l *loader) settlements() error {
	l.facts.Settlements = nil
	clear(l.facts.books.transit)
	clear(l.facts.books.paid)
	for st, err := range l.tx.Settlements(l.programme) {
		if err != nil {
			return err
		}
		if st.State == vendors.SettlementRefused {
			continue
		}
		l.facts.Settlements = append(l.facts.Settlements, st)
		account := ledger.Transit(st.ID)
		held, err := l.tx.Balance(account, money.XOF)
		if err != nil {
			return err
		}
		l.facts.books.transit[st.ID] = held.Minor()
		if err := l.confirmed(st.ID, account); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) confirmed(id string, account ledger.Account) error {
	for from := uint64(0); ; {
		page, err := l.tx.PostingsOf(account, from, scanStep)
		if err != nil {
			return err
		}
		for _, seq := range page {
			from = seq + 1
			e, err := l.tx.Entry(seq)
			if err != nil {
				return err
			}
			if e.Kind != ledger.KindConfirm {
				continue
			}
			for _, p := range e.Postings {
				sum, ok := money.AddMinor(l.facts.books.paid[id], p.Amount.Minor())
				if !ok {
					return money.ErrRange
				}
				l.facts.books.paid[id] = sum
			}
		}
		if len(page) < scanStep {
			return nil
		}
	}
}

// vouchers reads what is known of vouchers that lines name without a sale of
// their vendor that stands: few, where claims are honest.
func (l *loader) vouchers() error {
	f := l.facts
	f.file()
	if f.orphans == nil {
		f.orphans = []orphan{}
		for i := range f.Claims {
			c := &f.Claims[i]
			vendor, round := f.sellers.known(string(c.Vendor)), f.rounds.known(c.Round)
			for j := range c.lines {
				if serial, ok := f.readSerial(c.lines[j].serial); ok && !f.engine.Stands(serial, vendor, round) {
					f.orphans = append(f.orphans, orphan{serial, vendor, round})
				}
			}
		}
	}
	f.Vouchers = map[voucher.Serial]VoucherFacts{}
	for _, o := range f.orphans {
		name := o.serial.Voucher()
		if _, known := f.Vouchers[name]; known || f.engine.Stands(o.serial, o.vendor, o.round) {
			continue
		}
		v, err := l.voucher(name)
		if errors.Is(err, voucher.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		f.Vouchers[name] = v
	}
	return nil
}

func (l *loader) voucher(serial voucher.Serial) (VoucherFacts, error) {
	v, err := l.tx.VoucherBySerial(serial)
	if err != nil {
		return VoucherFacts{}, err
	}
	if v.Programme != l.facts.Programme || v.Beneficiary == "" {
		return VoucherFacts{}, voucher.ErrNotFound // another's, or a spare that is nobody's
	}
	f := VoucherFacts{Voucher: v}
	for r, err := range l.tx.ReceiptsFor(v.Number) {
		if err != nil {
			return VoucherFacts{}, err
		}
		if r.Kind != voucher.RecordReceipt {
			continue
		}
		if !v.RedeemedAt.IsZero() && r.Hash == v.ReceiptHash {
			f.Holder = r.Vendor
		}
		f.Receipts = append(f.Receipts, receiptFacts(r))
	}
	return f, nil
}

// CanonicalSerial returns a voucher's serial in the form of the ledger from what
// an invoice says: printed, with or without dashes, or canonical already. It is
// what vendors.Config.Serial needs. It reports false for what is no serial.
func CanonicalSerial(typed string) (string, bool) {
	s, err := engine.Parse(typed)
	if err != nil {
		return "", false
	}
	return string(s.Voucher()), true
}

// readSerial reads a serial in a row.
func (f *Facts) readSerial(s serialText) (engine.Serial, bool) {
	if !s.packed.IsZero() {
		return s.packed, true
	}
	serial, err := engine.Parse(f.words.text(s.other))
	return serial, err == nil
}

// forks reads the chains of handhelds that have records in quarantine.
func (l *loader) forks() error {
	for h, err := range l.tx.Handhelds(l.programme, "") {
		if err != nil {
			return err
		}
		if _, ours := l.facts.Zones[h.Vendor]; !ours || h.Purpose != vendors.ForSales || !stopped(h) {
			continue
		}
		first, err := l.firstQuarantined(h.ID)
		if err != nil {
			return err
		}
		if first == 0 {
			continue
		}
		f, err := l.fork(h, first)
		if err != nil {
			return err
		}
		l.facts.Forks = append(l.facts.Forks, f)
	}
	return nil
}

// stopped reports whether the handheld may have records in quarantine: it is
// there, or was revoked or replaced since.
func stopped(h vendors.Handheld) bool {
	return h.State == vendors.Quarantined || h.State == vendors.Revoked || h.State == vendors.Replaced
}

// firstQuarantined returns the lowest sequence of a handheld's records in
// quarantine, 0 where there is none.
func (l *loader) firstQuarantined(id vendors.HandheldID) (uint64, error) {
	for r, err := range l.tx.ReceiptsFrom(id, 0) {
		if err != nil {
			return 0, err
		}
		if r.State == voucher.InQuarantine {
			return max(r.Seq, 1), nil
		}
	}
	return 0, nil
}

// fork gathers the records from a sequence on: those that share a place, and
// those that came after.
func (l *loader) fork(h vendors.Handheld, from uint64) (Fork, error) {
	f := Fork{Handheld: h.ID, Vendor: h.Vendor, From: from}
	bySeq := map[uint64][]ReceiptFacts{}
	for r, err := range l.tx.ReceiptsFrom(h.ID, from) {
		if err != nil {
			return Fork{}, err
		}
		if err := l.count(&l.read.records); err != nil {
			return Fork{}, err
		}
		bySeq[r.Seq] = append(bySeq[r.Seq], receiptFacts(r))
	}
	for _, seq := range slices.Sorted(maps.Keys(bySeq)) {
		rs := bySeq[seq]
		switch {
		case len(rs) > 1:
			f.Twins = append(f.Twins, rs...)
		case rs[0].State == voucher.InQuarantine:
			f.Later = append(f.Later, rs...)
		}
	}
	return f, nil
}
