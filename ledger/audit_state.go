package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/money"
)

// auditState is an Auditor as it is kept between two audits.
type auditState struct {
	Version  int
	Size     uint64
	Roots    []tlog.Hash // of complete subtrees
	Rounds   []string
	Assets   []string
	Vouchers []byte // purseLen bytes each
	More     []moreState
	Accounts map[Account][]int64
	Totals   []totalState
}

type moreState struct {
	Voucher [sha256.Size]byte
	Asset   uint32
	Held    int64
}

type totalState struct {
	Round, Asset uint32
	Vouchers     int
	Sums         []int64 // in the order of RoundTotals.kept
}

const (
	auditVersion = 1
	purseLen     = sha256.Size + 8 + 8 + 4 + 4 + 1
)

// kept are the sums of a round that are not derived from balances.
func (t *RoundTotals) kept() []*money.Amount {
	return []*money.Amount{&t.Allocated, &t.Returned, &t.Issued, &t.Voided, &t.Expired, &t.Spent, &t.Redeemed, &t.Losses}
}

// MarshalBinary returns all that the auditor knows, about 57 bytes for each
// voucher. It fails once a violation was found: nothing follows one.
func (a *Auditor) MarshalBinary() ([]byte, error) {
	if a.broken != nil {
		return nil, a.broken
	}
	s := auditState{Version: auditVersion, Size: a.tree.size, Roots: a.tree.roots, Rounds: a.rounds.values,
		Accounts: map[Account][]int64{}, Vouchers: make([]byte, 0, len(a.vouchers)*purseLen)}
	for _, asset := range a.assets.values {
		s.Assets = append(s.Assets, asset.String())
	}
	for hash, n := range a.vouchers {
		v := a.purses.at(n)
		b := append(s.Vouchers, hash[:]...)
		b = binary.BigEndian.AppendUint64(b, uint64(v.held))
		b = binary.BigEndian.AppendUint64(b, v.redeemed)
		b = binary.BigEndian.AppendUint32(b, uint32(v.asset))
		b = binary.BigEndian.AppendUint32(b, v.round)
		s.Vouchers = append(b, 0)
		if v.issued {
			s.Vouchers[len(s.Vouchers)-1] = 1
		}
	}
	for k, held := range a.more {
		s.More = append(s.More, moreState{k.voucher, uint32(k.asset), held})
	}
	for account, o := range a.accounts {
		s.Accounts[account] = o.held
	}
	for k, t := range a.totals {
		ts := totalState{Round: k.round, Asset: uint32(k.asset), Vouchers: t.Vouchers}
		for _, m := range t.kept() {
			ts.Sums = append(ts.Sums, m.Minor())
		}
		s.Totals = append(s.Totals, ts)
	}
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(s)
	return b.Bytes(), err
}

// UnmarshalBinary makes the auditor the one that was marshalled. The bytes
// must be believed: they are the caller's own.
func (a *Auditor) UnmarshalBinary(b []byte) error {
	var s auditState
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(&s); err != nil {
		return fmt.Errorf("state of an audit: %w", err)
	}
	if s.Version != auditVersion || len(s.Vouchers)%purseLen != 0 {
		return fmt.Errorf("state of an audit: version %d", s.Version)
	}
	*a = *NewAuditor()
	a.tree.size, a.tree.roots = s.Size, s.Roots
	for _, round := range s.Rounds {
		a.rounds.of(round)
	}
	for _, text := range s.Assets {
		asset, err := money.ParseAsset(text)
		if err != nil {
			return err
		}
		a.assets.of(asset)
	}
	for rest := s.Vouchers; len(rest) > 0; rest = rest[purseLen:] {
		at := rest[sha256.Size:]
		n, _ := a.purses.add(purse{held: int64(binary.BigEndian.Uint64(at)), redeemed: binary.BigEndian.Uint64(at[8:]),
			asset: uint16(binary.BigEndian.Uint32(at[16:])), round: binary.BigEndian.Uint32(at[20:]), issued: at[24] == 1})
		a.vouchers[pseudonym(rest[:sha256.Size])] = n
	}
	for _, m := range s.More {
		a.more[purseKey{m.Voucher, uint16(m.Asset)}] = m.Held
	}
	for account, held := range s.Accounts {
		o, err := a.account(account)
		if err != nil {
			return err
		}
		o.held = held
	}
	for _, ts := range s.Totals {
		if int(ts.Round) >= len(a.rounds.values) || int(ts.Asset) >= len(a.assets.values) {
			return errors.New("state of an audit: a sum of no round or asset")
		}
		t := a.totalsOf(ts.Round, uint16(ts.Asset))
		t.Vouchers = ts.Vouchers
		kept := t.kept()
		if len(ts.Sums) != len(kept) {
			return errors.New("state of an audit: sums are missing")
		}
		for i, m := range kept {
			*m = money.FromMinor(ts.Sums[i], m.Asset())
		}
	}
	return nil
}
