package reconcile

import (
	"errors"
	"maps"
	"slices"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// claims reads claims that were not refused, with lines where their round is
// reconciled.
func (l *loader) claims() error {
	for c, err := range l.tx.Claims(l.programme, "") {
		if err != nil {
			return err
		}
		if c.State == vendors.ClaimRefused || !slices.Contains(l.facts.Vendors, c.Vendor) {
			continue
		}
		f := ClaimFacts{Claim: c}
		if l.facts.Rounds[c.Round] {
			for line, err := range l.tx.ClaimLines(c.ID, 0) {
				if err != nil {
					return err
				}
				if err := l.count(); err != nil {
					return err
				}
				f.Lines = append(f.Lines, line)
			}
			for r, err := range l.tx.Readings(c.ID) {
				if err != nil {
					return err
				}
				if f.Readings == nil {
					f.Readings = map[int]vendors.Reading{}
				}
				f.Readings[r.N] = r
			}
		}
		l.facts.Claims = append(l.facts.Claims, f)
	}
	return nil
}

// settlements reads what was paid, and what the ledger says of it.
func (l *loader) settlements() error {
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
	for _, c := range l.facts.Claims {
		for _, line := range c.Lines {
			serial, err := readSerial(line.Serial)
			if err != nil || l.bySerial[saleKey{c.Vendor, c.Round, serial}] {
				continue
			}
			if _, known := l.facts.Vouchers[serial]; known {
				continue
			}
			f, err := l.voucher(serial)
			if errors.Is(err, voucher.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			l.facts.Vouchers[serial] = f
		}
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
	s, err := readSerial(typed)
	return string(s), err == nil
}

// readSerial reads a serial as the ledger writes it or as people type it.
func readSerial(text string) (voucher.Serial, error) {
	if s := voucher.Serial(text); s.Valid() {
		return s, nil
	}
	return voucher.ParseSerial(text)
}

// forks reads the chains of handhelds that have records in quarantine.
func (l *loader) forks() error {
	for h, err := range l.tx.Handhelds(l.programme, "") {
		if err != nil {
			return err
		}
		if h.Purpose != vendors.ForSales || !slices.Contains(l.facts.Vendors, h.Vendor) || !stopped(h) {
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
		if err := l.count(); err != nil {
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
