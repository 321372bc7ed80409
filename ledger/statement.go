package ledger

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
)

// statementMax bounds the lines of one page of a statement.
const statementMax = 1000

// StatementLine is one posting as one account sees it.
type StatementLine struct {
	Seq     uint64
	Posted  time.Time
	From    time.Time // when it happened, as an interval
	To      time.Time
	Kind    Kind
	Round   string
	Ref     string
	Account Account
	Other   Account      // the other side
	Amount  money.Amount // below zero where it lowers the account
	Balance money.Amount // of all the statement's accounts of the asset together, after this line
}

// Statement is a page of the postings under some accounts, in order. Next is
// the sequence to go on from, and More says whether there is anything there.
type Statement struct {
	Lines []StatementLine
	Next  uint64
	More  bool
}

// StatementOf returns the postings to accounts, from a sequence on, with their
// running balance per asset; at most limit entries (1 to 1000). An account that
// ends in ":" stands for all that begin with it: "beneficiary:h17:" is the
// statement of a household. A posting between two of the accounts gives two
// lines.
func StatementOf(tx Tx, accounts []Account, from uint64, limit int) (Statement, error) {
	if limit < 1 || limit > statementMax {
		return Statement{}, ErrEntry.At("limit", "from 1 to %d", statementMax)
	}
	members, err := expand(tx, accounts)
	if err != nil {
		return Statement{}, err
	}
	running, err := balancesBefore(tx, members, from)
	if err != nil {
		return Statement{}, err
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
		e, err := tx.Entry(seq)
		if err != nil {
			return Statement{}, err
		}
		lines, err := linesOf(e, members, running)
		if err != nil {
			return Statement{}, err
		}
		s.Lines = append(s.Lines, lines...)
	}
	return s, nil
}

// expand resolves accounts that end in ":".
func expand(tx Tx, accounts []Account) (map[Account]bool, error) {
	members := map[Account]bool{}
	for _, a := range accounts {
		if !strings.HasSuffix(string(a), ":") {
			if _, err := a.Class(); err != nil {
				return nil, err
			}
			members[a] = true
			continue
		}
		for b, err := range tx.Balances(string(a)) {
			if err != nil {
				return nil, err
			}
			members[b.Account] = true
		}
	}
	return members, nil
}

// merged returns the sequences of entries that post to any of the accounts.
func merged(tx Tx, members map[Account]bool, from uint64, limit int) ([]uint64, error) {
	var all []uint64
	for a := range members {
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

// balancesBefore sums what the accounts held before an entry: what they hold
// now less all that came since.
func balancesBefore(tx Tx, members map[Account]bool, from uint64) (map[money.Asset]int64, error) {
	running := map[money.Asset]int64{}
	if from == 0 {
		return running, nil
	}
	for a := range members {
		for seq := uint64(0); seq < from; {
			seqs, err := tx.PostingsOf(a, seq, statementMax)
			if err != nil {
				return nil, err
			}
			if len(seqs) == 0 {
				break
			}
			for _, n := range seqs {
				if n >= from {
					break
				}
				e, err := tx.Entry(n)
				if err != nil {
					return nil, err
				}
				for _, p := range e.Postings {
					if d := effect(p, a); d != 0 {
						running[p.Amount.Asset()] += d
					}
				}
			}
			seq = seqs[len(seqs)-1] + 1
		}
	}
	return running, nil
}

// effect is what the posting does to the account, on its normal side.
func effect(p Posting, a Account) int64 {
	n := int64(0)
	if p.Debit == a {
		n -= p.Amount.Minor()
	}
	if p.Credit == a {
		n += p.Amount.Minor()
	}
	if debitNormal(a) {
		n = -n
	}
	return n
}

func linesOf(e Entry, members map[Account]bool, running map[money.Asset]int64) ([]StatementLine, error) {
	var out []StatementLine
	for _, p := range e.Postings {
		for _, side := range [][2]Account{{p.Debit, p.Credit}, {p.Credit, p.Debit}} {
			if !members[side[0]] {
				continue
			}
			asset := p.Amount.Asset()
			d := effect(p, side[0])
			sum, ok := money.AddMinor(running[asset], d)
			if !ok {
				return nil, ErrEntry.At("amount", "a statement's balance does not fit")
			}
			running[asset] = sum
			out = append(out, StatementLine{Seq: e.Seq, Posted: e.Posted, From: e.From, To: e.To, Kind: e.Kind,
				Round: e.Round, Ref: e.Ref, Account: side[0], Other: side[1],
				Amount: money.FromMinor(d, asset), Balance: money.FromMinor(sum, asset)})
		}
	}
	return out, nil
}

// OfBeneficiary names the accounts of a household's statement.
func OfBeneficiary(id string) []Account { return []Account{Account("beneficiary:" + id + ":")} }

// OfVendor names the accounts of a vendor's statement.
func OfVendor(id string) []Account {
	return []Account{Redeemed(id), Claimed(id), Contested(id), Advance(id)}
}

// OfRound names the accounts of a round's statement; its vouchers are those of
// beneficiaries.
func OfRound(id string) []Account {
	return []Account{Round(id), Contingency(id), Fees(id), Pledge(id)}
}

// OfFund names the accounts of a fund's statement.
func OfFund(id string) []Account { return []Account{Fund(id), Receivable(id)} }

// TrialLine is one account in the trial balance.
type TrialLine struct {
	Account Account
	Debit   money.Amount // its balance, if it is debit-normal
	Credit  money.Amount // its balance, if it is credit-normal
}

// TrialBalance lists what every account holds, vouchers together by round. For
// each asset the debits equal the credits. Accounts that hold nothing are left
// out.
func TrialBalance(tx Tx) ([]TrialLine, error) {
	var lines []TrialLine
	for b, err := range tx.Balances("") {
		if err != nil {
			return nil, err
		}
		if b.Account.IsVoucher() || b.Amount.IsZero() {
			continue
		}
		zero := money.FromMinor(0, b.Amount.Asset())
		l := TrialLine{Account: b.Account, Debit: zero, Credit: b.Amount}
		if debitNormal(b.Account) {
			l.Debit, l.Credit = b.Amount, zero
		}
		lines = append(lines, l)
	}
	slices.SortStableFunc(lines, func(a, b TrialLine) int { return cmp.Compare(a.Account, b.Account) })
	return lines, nil
}
