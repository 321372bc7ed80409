package bolt

import (
	"iter"
	"time"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

func (d draw) account() ledger.Account {
	return ledger.Account(d.of("account", someAccounts...))
}

func (d draw) asset() money.Asset {
	return must(money.NewAsset(d.of("asset", "XOF", "RICE-KG", "MIL-KG"), 0))
}

func (d draw) command() ledger.CommandKey {
	return ledger.CommandKey{Actor: d.of("actor", "", "s", "s1"), Key: d.of("key", "", "1", "11", "\x00")}
}

// entry is what Post may or may not take, by what the accounts hold.
func (d draw) entry() ledger.Entry {
	e := ledger.Entry{Round: "r", Actor: ledger.Actor{Role: "server", Name: "server"}, Ref: d.of("ref", "", "x")}
	if d.n() == 1 {
		e.Facts = map[string]string{"k": d.of("fact", "", "é", "v")}
	}
	pay := func(k ledger.Kind, debit, credit ledger.Account, amounts ...int64) {
		e.Kind = k
		for _, a := range amounts {
			e.Postings = append(e.Postings, ledger.Posting{Debit: debit, Credit: credit, Amount: money.Francs(a)})
		}
	}
	card := ledger.Account(d.of("card", "beneficiary:h1:S1", "beneficiary:h1:S1", "beneficiary:h11:S3"))
	switch d.of("entry", "fund", "allocate", "issue", "redeem", "decision") {
	case "fund":
		pay(ledger.KindFund, ledger.Bank("b"), ledger.Fund("f"), 1_000)
	case "allocate":
		pay(ledger.KindAllocate, ledger.Fund("f"), ledger.Round("r"), 500)
	case "issue":
		pay(ledger.KindIssue, ledger.Round("r"), card, 10, 20)
	case "redeem":
		pay(ledger.KindRedeem, card, ledger.Redeemed("v"), 30)
	default:
		e.Kind = ledger.KindDecision
	}
	return e
}

var ledgerCalls = []func(draw) call{
	func(d draw) call {
		e := d.entry()
		return asks("Post", func(tx anyTx) (ledger.Entry, error) { return ledger.Post(tx, e) })
	},
	func(d draw) call { return asks("Size", func(tx anyTx) (uint64, error) { return tx.Size() }) },
	func(d draw) call {
		n := uint64(d.n())
		return asks("Entry", func(tx anyTx) (ledger.Entry, error) { return tx.Entry(n) })
	},
	func(d draw) call {
		n := uint64(d.n())
		return asks("Leaf", func(tx anyTx) ([]byte, error) { return tx.Leaf(n) })
	},
	func(d draw) call {
		return asks("Root", func(tx anyTx) ([32]byte, error) {
			size, err := tx.Size()
			if err != nil {
				return [32]byte{}, err
			}
			root, err := ledger.Root(tx, size)
			return root, err
		})
	},
	func(d draw) call {
		n := int64(d.n())
		return asks("ReadHashes", func(tx anyTx) (any, error) { return tx.ReadHashes([]int64{n, 0}) })
	},
	func(d draw) call {
		a, from, limit := d.account(), uint64(d.n()), d.n()
		return asks("PostingsOf", func(tx anyTx) (any, error) {
			seqs, err := tx.PostingsOf(a, from, limit)
			return append([]uint64{}, seqs...), err
		})
	},
	func(d draw) call {
		a, asset := d.account(), d.asset()
		return asks("Balance", func(tx anyTx) (money.Amount, error) { return tx.Balance(a, asset) })
	},
	func(d draw) call {
		a, m := d.account(), money.FromMinor(int64(d.n()), d.asset())
		return puts("PutBalance", func(tx anyTx) error { return tx.PutBalance(a, m) })
	},
	func(d draw) call {
		prefix := d.of("prefix", "", "b", "beneficiary:h1", "beneficiary:h1:", "vendor:", "z")
		return walks("Balances", func(tx anyTx) iter.Seq2[ledger.Balance, error] { return tx.Balances(prefix) })
	},
	func(d draw) call {
		a := d.account()
		return asks("VoucherSalt", func(tx anyTx) ([]byte, error) { return tx.VoucherSalt(a) })
	},
	func(d draw) call {
		a, salt := d.account(), []byte(d.of("salt", "", "salt"))
		return puts("PutVoucherSalt", func(tx anyTx) error { return tx.PutVoucherSalt(a, salt) })
	},
	func(d draw) call {
		k := d.command()
		return asks("Outcome", func(tx anyTx) (ledger.Outcome, error) { return tx.Outcome(k) })
	},
	func(d draw) call {
		k, o := d.command(), random[ledger.Outcome](d)
		return puts("PutOutcome", func(tx anyTx) error { return tx.PutOutcome(k, o) })
	},
	func(d draw) call {
		return asks("ClosedThrough", func(tx anyTx) (time.Time, error) { return tx.ClosedThrough() })
	},
	func(d draw) call {
		at := random[time.Time](d)
		return puts("PutClosedThrough", func(tx anyTx) error { return tx.PutClosedThrough(at) })
	},
	func(d draw) call {
		return asks("Checkpoint", func(tx anyTx) (ledger.Checkpoint, error) { return tx.Checkpoint() })
	},
	func(d draw) call {
		c := random[ledger.Checkpoint](d)
		return puts("PutCheckpoint", func(tx anyTx) error { return tx.PutCheckpoint(c) })
	},
}
