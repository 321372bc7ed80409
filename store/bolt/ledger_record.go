package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/jate-cva/jate/ledger"
)

// The ledger's buckets.
var (
	journalTable = table[uint64, entryRecord]{growing(newBucket("journal")), 2, numberKey[uint64]()}
	hashTable    = table[uint64, hashPack]{growing(newBucket("log-hash")), 2, numberKey[uint64]()}
	accountTable = table[ledger.Account, accountRecord]{newBucket("account"), 2, textKey[ledger.Account]()}
	postingTable = table[numbered[ledger.Account], none]{growing(newBucket("posting")), 1, numberedKey[ledger.Account]()}
	outcomeTable = table[ledger.CommandKey, outcomeRecord]{newBucket("outcome"), 2, commandKey}

	ledgerBucket    = newBucket("ledger")
	closedTable     = table[string, instant]{ledgerBucket, 1, textKey[string]()}
	sizeTable       = table[string, sizeRecord]{ledgerBucket, 1, textKey[string]()}
	checkpointTable = table[string, checkpointRecord]{ledgerBucket, 1, textKey[string]()}
)

// The keys of the bucket "ledger".
const (
	closedKey     = "closed-through"
	sizeKey       = "size"
	checkpointKey = "checkpoint"
)

// commandKey tells two keys apart whatever bytes a client put into them.
var commandKey = keyCodec[ledger.CommandKey]{
	encode: func(to key, k ledger.CommandKey) key {
		return to.u64(uint64(len(k.Actor))).fixed([]byte(k.Actor)).fixed([]byte(k.Key))
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

// entryRecord, in "journal" by sequence, is an entry with its vouchers' real
// accounts and their pseudonyms. The leaf is not stored: ledger.AppendLeaf
// writes it again from these, byte for byte. A voucher's parts and hashes are
// bytes, not text, and what an entry repeats is said once.
type entryRecord struct{ ledger.Record }

// The first byte of an account: what it is, in accountForms, and whether its
// identifier is one that was said before.
const (
	accountText    = 0    // none of the forms: a text
	accountVoucher = 1    // household, serial and pseudonym
	accountKnown   = 0x80 // of the entry's round, or of the household of the voucher before
)

// accountForms are what stands before and after an account's one identifier.
// Stores hold their places: forms are added at the end and none is ever changed.
var accountForms = [][2]string{2: {"round:"}, 3: {"vendor:", ":redeemed"}, 4: {"vendor:", ":claimed"}, 5: {"vendor:", ":contested"},
	6: {"fund:"}, 7: {"contingency:"}, 8: {"fees:"}, 9: {"pledge:"}, 10: {"transit:"}, 11: {"advance:"}, 12: {"bank:"}, 13: {"receivable:"}}

const (
	voucherPrefix   = string(ledger.ClassVoucher) + ":"
	pseudonymPrefix = "voucher:"

	factsMax    = 1 << 8  // no entry has more
	postingsMax = 1 << 16 // no entry has more
)

func (r entryRecord) pack(p *packer) {
	e := r.Entry
	p.u64(e.Seq)
	p.since(time.Time{}, e.Posted)
	p.since(e.Posted, e.From)
	p.since(e.From, e.To)
	p.word(string(e.Kind))
	p.word(e.Actor.Role)
	p.word(e.Actor.Name)
	p.text(e.Round)
	p.hash(e.Ref)
	p.u64(uint64(len(e.Facts)))
	if len(e.Facts) > 0 {
		for _, k := range slices.Sorted(maps.Keys(e.Facts)) {
			p.text(k)
			p.hash(e.Facts[k])
		}
	}
	p.u64(uint64(len(e.Postings)))
	a := accountPacker{packer: p, round: e.Round, hidden: r.Hidden}
	for _, posting := range e.Postings {
		p.amount(posting.Amount)
		a.account(posting.Debit)
		a.account(posting.Credit)
	}
}

// accountPacker adds the accounts of one entry.
type accountPacker struct {
	*packer
	round, household string
	hidden           []ledger.Account // not added yet
}

func (p *accountPacker) account(a ledger.Account) {
	if a.IsVoucher() && len(p.hidden) > 0 {
		household, serial, _ := strings.Cut(string(a)[len(voucherPrefix):], ":")
		if household == p.household {
			p.u8(accountVoucher | accountKnown)
		} else {
			p.u8(accountVoucher)
			p.text(household)
		}
		p.serial(serial)
		p.hash(strings.TrimPrefix(string(p.hidden[0]), pseudonymPrefix))
		p.household, p.hidden = household, p.hidden[1:]
		return
	}
	for form, around := range accountForms {
		if around[0] == "" || !strings.HasPrefix(string(a), around[0]) || !strings.HasSuffix(string(a), around[1]) ||
			len(a) < len(around[0])+len(around[1]) {
			continue
		}
		id := string(a)[len(around[0]) : len(a)-len(around[1])]
		if id == p.round {
			p.u8(byte(form) | accountKnown)
			return
		}
		p.u8(byte(form))
		p.text(id)
		return
	}
	p.u8(accountText)
	p.text(string(a))
}

func (r *entryRecord) unpack(u *unpacker) {
	e := &r.Entry
	e.Seq = u.u64()
	e.Posted = u.since(time.Time{})
	e.From = u.since(e.Posted)
	e.To = u.since(e.From)
	e.Kind = ledger.Kind(u.word())
	e.Actor.Role = u.word()
	e.Actor.Name = u.word()
	e.Round = u.text()
	e.Ref = u.hash()
	if n := u.upTo(factsMax); n > 0 {
		e.Facts = make(map[string]string, n)
		for range n {
			k := u.text()
			e.Facts[k] = u.hash()
		}
	}
	n := u.upTo(postingsMax)
	if n == 0 {
		return
	}
	e.Postings = cut(u.cut, postingsOf, int(min(n, uint64(len(u.b)))))
	a := accountUnpacker{unpacker: u, record: r}
	for range n {
		amount := u.amount()
		debit, credit := a.account(), a.account()
		if u.broken {
			return
		}
		e.Postings = append(e.Postings, ledger.Posting{Debit: debit, Credit: credit, Amount: amount})
	}
}

// accountUnpacker reads the accounts of one entry.
type accountUnpacker struct {
	*unpacker
	record    *entryRecord
	household []byte
}

func (u *accountUnpacker) account() ledger.Account {
	code := u.u8()
	form, known := code&^accountKnown, code&accountKnown != 0
	switch {
	case form == accountVoucher:
		if !known {
			u.household = u.take(u.u64())
		}
		b := append(append(u.room[:0], voucherPrefix...), u.household...)
		u.room = u.appendSerial(append(b, ':'))
		a := ledger.Account(u.cut.text(u.room))
		u.room = u.appendHash(append(u.room[:0], pseudonymPrefix...))
		hidden := &u.record.Hidden
		if *hidden == nil {
			*hidden = cut(u.cut, accountsOf, 1)
		}
		*hidden = append(*hidden, ledger.Account(u.cut.text(u.room)))
		return a
	case code == accountText:
		return ledger.Account(u.text())
	case int(form) >= len(accountForms) || form == accountText:
		u.fail()
		return ""
	}
	around := accountForms[form]
	b := append(u.room[:0], around[0]...)
	if known {
		b = append(b, u.record.Entry.Round...)
	} else {
		b = append(b, u.take(u.u64())...)
	}
	u.room = append(b, around[1]...)
	return ledger.Account(u.cut.text(u.room))
}

// hash adds a text that is probably a SHA-256 in base64url.
func (p *packer) hash(s string) {
	if len(s) == base64.RawURLEncoding.EncodedLen(sha256.Size) && !strings.ContainsAny(s, "\r\n") {
		var h [sha256.Size]byte
		if _, err := strictHash.Decode(h[:], []byte(s)); err == nil {
			p.u8(hashBytes)
			p.fixed(h[:])
			return
		}
	}
	p.u8(hashText)
	p.text(s)
}

func (u *unpacker) hash() string {
	u.room = u.appendHash(u.room[:0])
	return u.cut.text(u.room)
}

func (u *unpacker) appendHash(to []byte) []byte {
	switch u.u8() {
	case hashText:
		return append(to, u.take(u.u64())...)
	case hashBytes:
		return base64.RawURLEncoding.AppendEncode(to, u.take(sha256.Size))
	}
	u.fail()
	return to
}

// How a text that is probably a hash is stored.
const (
	hashText = iota
	hashBytes
)

var strictHash = base64.RawURLEncoding.Strict()

// entry returns the entry that the key says.
func (r entryRecord) entry(seq uint64) (ledger.Entry, error) {
	err := r.Entry.Check()
	if err == nil {
		err = r.under(seq)
	}
	if err != nil {
		return ledger.Entry{}, fmt.Errorf("journal entry %d: %w: %w", seq, ErrRecord, err)
	}
	return r.Entry, nil
}

// under reports whether the record is that of the key.
func (r entryRecord) under(seq uint64) error {
	if r.Entry.Seq != seq {
		return fmt.Errorf("it says that it is entry %d", r.Entry.Seq)
	}
	return nil
}

// appendLeaf appends the leaf of the entry that the key says.
func (r entryRecord) appendLeaf(b []byte, seq uint64) ([]byte, error) {
	b, err := ledger.AppendLeaf(b, r.Entry, r.Hidden)
	if err == nil {
		err = r.under(seq)
	}
	if err != nil {
		return nil, fmt.Errorf("journal entry %d: %w: %w", seq, ErrRecord, err)
	}
	return b, nil
}

// accountRecord, in "account" by path, is what is known of one account, but its
// path. A voucher has few postings: they stand here, so that redeeming it
// touches one record. Those of other accounts are keys of the bucket "posting".
type accountRecord struct{ ledger.Held }

func (r accountRecord) pack(p *packer) {
	p.u64(uint64(len(r.Balances)))
	for _, m := range r.Balances {
		p.amount(m)
	}
	if r.Salt == nil {
		p.u64(0)
	} else {
		p.u64(uint64(len(r.Salt)) + 1)
		p.fixed(r.Salt)
	}
	last := uint64(0)
	p.u64(uint64(len(r.Entries)))
	for _, seq := range r.Entries {
		p.u64(seq - last)
		last = seq
	}
}

func (r *accountRecord) unpack(u *unpacker) {
	if n := u.upTo(uint64(len(u.b))); n > 0 {
		r.Balances = cut(u.cut, amountsOf, int(n))[:n]
		for i := range r.Balances {
			r.Balances[i] = u.amount()
		}
	}
	if n := u.u64(); n > 0 {
		r.Salt = append(cut(u.cut, bytesOf, int(min(n-1, uint64(len(u.b))))), u.take(n-1)...)
	}
	if n := u.upTo(uint64(len(u.b))); n > 0 {
		r.Entries = cut(u.cut, numbersOf, int(n))[:n]
		last := uint64(0)
		for i := range r.Entries {
			last += u.u64()
			r.Entries[i] = last
		}
	}
}

// hashPack, in "log-hash" by number, is up to hashesPerRecord of the log's
// hashes, one after the other.
type hashPack []byte

func (r hashPack) pack(p *packer) { p.fixed(r) }

func (r *hashPack) unpack(u *unpacker) { *r = bytes.Clone(u.rest()) }

// sizeRecord, in "ledger" by sizeKey, is the number of entries.
type sizeRecord uint64

func (r sizeRecord) pack(p *packer) { p.u64(uint64(r)) }

func (r *sizeRecord) unpack(u *unpacker) { *r = sizeRecord(u.u64()) }

// outcomeRecord is in "outcome" by the length of the actor, the actor and the
// key. Version 2 added the box: a result repeats what the command was about.
type outcomeRecord struct {
	_       struct{} `cbor:",toarray"`
	Request sum32
	Result  []byte
	Refusal []byte
	At      instant
	Sealed  []byte
}

func (outcomeRecord) oldest() byte { return 1 }

func (r *outcomeRecord) boxes(ledger.CommandKey) []box {
	return []box{{owner: ownerOutcome, bytes: []*[]byte{&r.Result, &r.Refusal}, to: &r.Sealed}}
}

// UnmarshalCBOR reads what either version wrote: arrays of five parts, and of
// the first four.
func (r *outcomeRecord) UnmarshalCBOR(p []byte) error {
	const four = cborArray<<5 | 4
	if len(p) > 0 && p[0] == four {
		var first struct {
			_       struct{} `cbor:",toarray"`
			Request sum32
			Result  []byte
			Refusal []byte
			At      instant
		}
		err := recordDec.Unmarshal(p, &first)
		*r = outcomeRecord{Request: first.Request, Result: first.Result, Refusal: first.Refusal, At: first.At}
		return err
	}
	type plain outcomeRecord
	return recordDec.Unmarshal(p, (*plain)(r))
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
