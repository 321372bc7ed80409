package ledger

import (
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
)

const (
	// statementMax bounds the entries of one page of a statement.
	statementMax = 1000
	// membersMax bounds the accounts that one statement joins.
	membersMax = 10_000
)

// StatementLine is what one entry does to one account, summed per other side.
type StatementLine struct {
	Seq     uint64
	Posted  time.Time
	From    time.Time // when it happened, as an interval
	To      time.Time
	Kind    Kind
	Round   string
	Ref     string
	Account Account
	Other   Account      // the other side; vouchers appear as vouchers:<round>
	Amount  money.Amount // below zero where it lowers the account
	Balance money.Amount // the account's own, after this line
	Total   money.Amount // of all the statement's accounts of the asset: credit-normal less debit-normal ones
}

// Statement is a page of the postings under some accounts, in order. Next is
// the sequence to go on from, and More says whether there is anything there.
type Statement struct {
	Lines []StatementLine
	Next  uint64
	More  bool
}

// StatementOf returns the postings to accounts, from a sequence on, with
// running balances; at most limit entries (1 to 1000). An account that ends in
// ":" stands for all that begin with it: "beneficiary:h17:" is the statement of
// a household. A posting between two of the accounts gives two lines. The work
// grows with the length of the statement before from, as opening balances are
// recomputed from the journal.
func StatementOf(tx Tx, accounts []Account, from uint64, limit int) (Statement, error) {
	if limit < 1 || limit > statementMax {
		return Statement{}, ErrQuery.At("limit", "from 1 to %d", statementMax)
	}
	members, err := expand(tx, accounts)
	if err != nil {
		return Statement{}, err
	}
	run := running{members: members, own: map[balanceKey]money.Amount{}, total: map[money.Asset]money.Amount{}}
	for next := uint64(0); next < from; {
		seqs, err := merged(tx, members, next, statementMax)
		if err != nil {
			return Statement{}, err
		}
		if len(seqs) == 0 {
			break
		}
		for _, seq := range seqs {
			if next = seq + 1; seq >= from {
				break
			}
			if _, err := run.lines(tx, seq); err != nil {
				return Statement{}, err
			}
		}
	}
	seqs, err := merged(tx, members, from, limit+1)
	if err != nil {
		return Statement{}, err
	}
	var s Statement
	if len(seqs) > limit {
		s.Next, s.More = seqs[limit], true
		seqs = seqs[:limit]
	}
	for _, seq := range seqs {
		lines, err := run.lines(tx, seq)
		if err != nil {
			return Statement{}, err
		}
		s.Lines = append(s.Lines, lines...)
	}
	return s, nil
}

// expand resolves accounts that end in ":" and returns all in order.
func expand(tx Tx, accounts []Account) ([]Account, error) {
	var members []Account
	for _, a := range accounts {
		if !strings.HasSuffix(string(a), ":") {
			if _, err := a.Class(); err != nil {
				return nil, err
			}
			members = append(members, a)
			continue
		}
		for b, err := range tx.Balances(string(a)) {
			if err != nil {
				return nil, err
			}
			if members = append(members, b.Account); len(members) > membersMax {
				return nil, ErrQuery.At("accounts", "more than %d in one statement", membersMax)
			}
		}
	}
	slices.Sort(members)
	return slices.Compact(members), nil
}

// merged returns the sequences of entries that post to any of the accounts.
func merged(tx Tx, members []Account, from uint64, limit int) ([]uint64, error) {
	var all []uint64
	for _, a := range members {
		seqs, err := tx.PostingsOf(a, from, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, seqs...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), limit)], nil
}

// running is a statement's balances up to some entry.
type running struct {
	members []Account // sorted
	own     map[balanceKey]money.Amount
	total   map[money.Asset]money.Amount
}

// lines folds the entry in and returns its lines.
func (r running) lines(tx Tx, seq uint64) ([]StatementLine, error) {
	e, err := tx.Entry(seq)
	if err != nil {
		return nil, err
	}
	var out []StatementLine
	for _, p := range e.Postings {
		for _, side := range [][2]Account{{p.Debit, p.Credit}, {p.Credit, p.Debit}} {
			if _, ok := slices.BinarySearch(r.members, side[0]); !ok {
				continue
			}
			l := StatementLine{Seq: e.Seq, Posted: e.Posted, From: e.From, To: e.To, Kind: e.Kind, Round: e.Round, Ref: e.Ref,
				Account: side[0], Other: Collapsed(side[1], e.Round)}
			if err := r.fold(&l, p.Amount, side[0] == p.Debit); err != nil {
				return nil, err
			}
			if out, err = joined(out, l); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// fold fills in what the line does and the balances after it.
func (r running) fold(l *StatementLine, m money.Amount, debit bool) error {
	zero := money.FromMinor(0, m.Asset())
	none := func(Account, money.Asset) (money.Amount, error) { return zero, nil }
	if err := apply(r.own, l.Account, m, debit, none); err != nil {
		return err
	}
	l.Balance = r.own[balanceKey{l.Account, m.Asset()}]
	if debit {
		m = negative(m)
	}
	total, err := money.FromMinor(r.total[m.Asset()].Minor(), m.Asset()).Add(m)
	if err != nil {
		return err
	}
	r.total[m.Asset()] = total
	if l.Amount, l.Total = m, total; debitNormal(l.Account) {
		l.Amount = negative(m)
	}
	return nil
}

func negative(m money.Amount) money.Amount { return money.FromMinor(-m.Minor(), m.Asset()) }

// joined adds the line to those of its entry: to one between the same accounts
// in the same asset, where there is one.
func joined(lines []StatementLine, l StatementLine) ([]StatementLine, error) {
	for i, o := range lines {
		if o.Account != l.Account || o.Other != l.Other || o.Amount.Asset() != l.Amount.Asset() {
			continue
		}
		sum, err := o.Amount.Add(l.Amount)
		if err != nil {
			return nil, err
		}
		lines[i].Amount, lines[i].Balance, lines[i].Total = sum, l.Balance, l.Total
		return lines, nil
	}
	return append(lines, l), nil
}

// Collapsed returns the account as those may see it who may not see households:
// a voucher of the round is vouchers:<round>, others are what they are.
func Collapsed(a Account, round string) Account {
	if a.IsVoucher() {
		return Control(round)
	}
	return a
}

// OfBeneficiary names the accounts of a household's statement.
func OfBeneficiary(id string) []Account { return []Account{Account("beneficiary:" + id + ":")} }

// OfVendor names the accounts of a vendor's statement.
func OfVendor(id string) []Account {
	return []Account{Redeemed(id), Claimed(id), Contested(id), Advance(id)}
}

// OfRound names the accounts of a round's statement; SumsOf adds its vouchers.
func OfRound(id string) []Account {
	return []Account{Round(id), Contingency(id), Fees(id), Pledge(id)}
}

// OfFund names the accounts of a fund's statement.
func OfFund(id string) []Account { return []Account{Fund(id), Receivable(id)} }
