package bolt

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// The ledger's buckets.
var (
	journalTable = table[uint64, entryRecord]{growing(newBucket("journal")), 1, numberKey[uint64]()}
	hashTable    = table[uint64, []byte]{growing(newBucket("log-hash")), 1, numberKey[uint64]()}
	accountTable = table[ledger.Account, accountRecord]{newBucket("account"), 1, textKey[ledger.Account]()}
	postingTable = table[numbered[ledger.Account], none]{growing(newBucket("posting")), 1, numberedKey[ledger.Account]()}
	outcomeTable = table[ledger.CommandKey, outcomeRecord]{newBucket("outcome"), 1, commandKey}

	ledgerBucket    = newBucket("ledger")
	closedTable     = table[string, instant]{ledgerBucket, 1, textKey[string]()}
	checkpointTable = table[string, checkpointRecord]{ledgerBucket, 1, textKey[string]()}
)

// The keys of the bucket "ledger".
const (
	closedKey     = "closed-through"
	checkpointKey = "checkpoint"
)

// commandKey tells two keys apart whatever bytes a client put into them.
var commandKey = keyCodec[ledger.CommandKey]{
	encode: func(k ledger.CommandKey) key {
		return key{}.u64(uint64(len(k.Actor))).fixed([]byte(k.Actor)).fixed([]byte(k.Key))
	},
	decode: func(r *keyReader) ledger.CommandKey {
		n := r.u64()
		if n > keyBytesMax {
			r.broken = true
			return ledger.CommandKey{}
		}
		actor := r.take(int(n))
		return ledger.CommandKey{Actor: string(actor), Key: string(r.take(len(r.b)))}
	},
}

// entryRecord, in "journal" by sequence, is the leaf byte for byte and what it
// hides: the vouchers' accounts in the order of postings, debit before credit,
// each without "beneficiary:".
type entryRecord struct {
	_        struct{} `cbor:",toarray"`
	Leaf     []byte
	Vouchers []string
}

const (
	voucherPrefix   = string(ledger.ClassVoucher) + ":"
	pseudonymPrefix = "voucher:"
)

func entryRecordOf(e ledger.Entry, leaf []byte) entryRecord {
	r := entryRecord{Leaf: leaf}
	for _, p := range e.Postings {
		for _, a := range []ledger.Account{p.Debit, p.Credit} {
			if a.IsVoucher() {
				r.Vouchers = append(r.Vouchers, strings.TrimPrefix(string(a), voucherPrefix))
			}
		}
	}
	return r
}

// entry reads the leaf and puts the vouchers' accounts back.
func (r entryRecord) entry() (ledger.Entry, error) {
	e, err := ledger.ParseLeaf(r.Leaf)
	if err != nil {
		return ledger.Entry{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	hidden := r.Vouchers
	for i := range e.Postings {
		for _, a := range []*ledger.Account{&e.Postings[i].Debit, &e.Postings[i].Credit} {
			if !strings.HasPrefix(string(*a), pseudonymPrefix) {
				continue
			}
			if len(hidden) == 0 {
				return ledger.Entry{}, fmt.Errorf("a voucher's account is missing: %w", ErrRecord)
			}
			*a, hidden = ledger.Account(voucherPrefix+hidden[0]), hidden[1:]
		}
	}
	if len(hidden) > 0 {
		return ledger.Entry{}, fmt.Errorf("%d vouchers' accounts too many: %w", len(hidden), ErrRecord)
	}
	return e, nil
}

// accountRecord, in "account" by path, is what is known of one account. A
// voucher has few postings: they stand here, so that redeeming it touches one
// record. Those of other accounts are keys of the bucket "posting".
type accountRecord struct {
	_        struct{} `cbor:",toarray"`
	Balances []amount // in the order of assets
	Salt     []byte   // of a voucher's pseudonym; nil where none was put
	Postings []uint64 // sequences of a voucher's entries, ascending
}

// balance returns where the asset's balance is, or belongs.
func (r accountRecord) balance(asset money.Asset) (int, bool) {
	return slices.BinarySearchFunc(r.Balances, asset.String(), func(a amount, asset string) int {
		return strings.Compare(a.amount().Asset().String(), asset)
	})
}

// outcomeRecord is in "outcome" by the length of the actor, the actor and the
// key.
type outcomeRecord struct {
	_       struct{} `cbor:",toarray"`
	Request sum32
	Result  []byte
	Refusal []byte
	At      instant
}

func outcomeRecordOf(o ledger.Outcome) outcomeRecord {
	return outcomeRecord{Request: o.Request, Result: o.Result, Refusal: o.Refusal, At: instantOf(o.At)}
}

func (r outcomeRecord) outcome() ledger.Outcome {
	return ledger.Outcome{Request: r.Request, Result: r.Result, Refusal: r.Refusal, At: r.At.time()}
}

// checkpointRecord is in "ledger" by checkpointKey, beside the instant by
// closedKey.
type checkpointRecord struct {
	Size uint64
	Root sum32
	Note string
}

func checkpointRecordOf(c ledger.Checkpoint) checkpointRecord {
	return checkpointRecord{Size: c.Size, Root: sum32(c.Root), Note: c.Note}
}

func (r checkpointRecord) checkpoint() ledger.Checkpoint {
	return ledger.Checkpoint{Size: r.Size, Root: tlog.Hash(r.Root), Note: r.Note}
}
