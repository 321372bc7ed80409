package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
)

// A stored entry that was damaged, or moved, is not read as if it were whole.
func TestTx_Entry_damaged(t *testing.T) {
	db := newDB(t, Options{})
	update(t, db, goldenJournal)
	k := func(seq uint64) []byte { return key{}.u64(seq).b }
	for name, damage := range map[string]func(p []byte) []byte{
		"nothing":           func([]byte) []byte { return nil },
		"another version":   func(p []byte) []byte { p[0]++; return p },
		"a byte is missing": func(p []byte) []byte { return p[:len(p)-1] },
		"a byte too many":   func(p []byte) []byte { return append(p, 0) },
		"another entry":     func(p []byte) []byte { p[1]--; return p },
		"no such kind":      func(p []byte) []byte { return bytes.Replace(p, []byte{wordCodes["issue"]}, []byte{200}, 1) },
		"another kind": func(p []byte) []byte {
			return bytes.Replace(p, []byte{wordCodes["issue"]}, []byte{wordCodes["settle"]}, 1)
		},
		"an earlier form of account": func(p []byte) []byte { // round, known
			return bytes.Replace(p, []byte{2 | accountKnown}, []byte{accountKnown}, 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := db.Update(t.Context(), func(tx *Tx) error {
				was := tx.get(journalTable.bucket, k(2))
				now := damage(bytes.Clone(was))
				if bytes.Equal(was, now) {
					t.Fatal("the damage does nothing")
				}
				if err := tx.put(journalTable.bucket, k(2), now); err != nil {
					return err
				}
				_, err := tx.Entry(2)
				return err
			})
			if !errors.Is(err, ErrRecord) {
				t.Error(err)
			}
		})
	}
	for name, damage := range map[string]func(*entryRecord){
		"a pseudonym is missing":   func(r *entryRecord) { r.Hidden = nil },
		"another entry's sequence": func(r *entryRecord) { r.Entry.Seq-- },
	} {
		t.Run(name, func(t *testing.T) {
			err := db.Update(t.Context(), func(tx *Tx) error {
				r, err := journalTable.get(tx, 2, errMissing)
				if err != nil {
					return err
				}
				damage(&r)
				if err := journalTable.put(tx, 2, r); err != nil {
					return err
				}
				_, err = tx.Leaf(2)
				return err
			})
			if !errors.Is(err, ErrRecord) {
				t.Error(err)
			}
		})
	}
}

// anEntry draws an entry that a journal could have, of any kind: what the store
// does not know of it, it must not lose.
func anEntry(t *rapid.T) ledger.Record {
	text := rapid.OneOf(rapid.StringMatching(`[ -~é]{0,20}`), rapid.SampledFrom(words),
		rapid.Custom(func(t *rapid.T) string {
			return base64.RawURLEncoding.EncodeToString(rapid.SliceOfN(rapid.Byte(), 30, 33).Draw(t, "hash"))
		}), rapid.StringMatching(`[A-Za-z0-9_-]{43}`))
	id := rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9._-]{1,12}`), rapid.Just("r1"), rapid.StringMatching(`[0-9A-HJKMNP-TV-Z]{16}`))
	instants := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "unix"), 0).UTC()
	}).Filter(func(t time.Time) bool { return t.Unix() != 0 })
	r := ledger.Record{Entry: ledger.Entry{Seq: rapid.Uint64().Draw(t, "seq"), Posted: instants.Draw(t, "posted"),
		From: instants.Draw(t, "from"), To: instants.Draw(t, "to"), Kind: ledger.Kind(text.Draw(t, "kind")),
		Actor: ledger.Actor{Role: text.Draw(t, "role"), Name: text.Draw(t, "name")},
		Round: id.Draw(t, "round"), Ref: text.Draw(t, "ref")}}
	if rapid.Bool().Draw(t, "with facts") {
		r.Entry.Facts = rapid.MapOfN(id, text, 1, 16).Draw(t, "facts")
	}
	account := func(name string) ledger.Account {
		if rapid.Bool().Draw(t, "a voucher") {
			r.Hidden = append(r.Hidden, ledger.Pseudonym([]byte(text.Draw(t, "salt")), "S"))
			return ledger.Voucher(id.Draw(t, "household"), id.Draw(t, "serial"))
		}
		return rapid.OneOf(
			rapid.Map(id, func(s string) ledger.Account { return ledger.Round(s) }),
			rapid.Map(id, func(s string) ledger.Account { return ledger.Redeemed(s) }),
			rapid.Map(id, func(s string) ledger.Account { return ledger.Claimed(s) }),
			rapid.Map(id, func(s string) ledger.Account { return ledger.Account("new:" + s) }),
			rapid.SampledFrom([]ledger.Account{"vendor:redeemed", "vendor:", "round:", ledger.Bank("b"), ledger.Receivable("f"), ledger.Fund("f"),
				ledger.Contingency("r1"), ledger.Fees("r1"), ledger.Pledge("r1"), ledger.Transit("t"), ledger.Advance("v"), ledger.Contested("v")}),
		).Draw(t, name)
	}
	for range rapid.IntRange(0, 4).Draw(t, "postings") {
		asset := rapid.SampledFrom([]money.Asset{money.XOF, must(money.NewAsset("RICE-KG", 2))}).Draw(t, "asset")
		debit := account("debit")
		r.Entry.Postings = append(r.Entry.Postings, ledger.Posting{Debit: debit, Credit: account("credit"),
			Amount: money.FromMinor(rapid.Int64().Draw(t, "amount"), asset)})
	}
	return r
}

// Of what is stored of an entry its leaf comes back byte for byte, and all
// else.
func TestEntryRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anEntry(t)
		p, err := encode(2, entryRecord{want})
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode[entryRecord](2, p)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Record, cmpopts.EquateComparable(money.Asset{})); diff != "" {
			t.Fatal(diff)
		}
		leaf, err := ledger.AppendLeaf(nil, want.Entry, want.Hidden)
		if err != nil {
			t.Fatal(err)
		}
		again, err := got.appendLeaf(nil, want.Entry.Seq)
		if err != nil || !bytes.Equal(leaf, again) {
			t.Fatalf("%v\nleaf %s\nagain %s", err, leaf, again)
		}
	})
}

// A real entry of every kind comes back with its leaf, also after the salts of
// its vouchers were erased.
func TestTx_Leaf_erased(t *testing.T) {
	db := newDB(t, Options{})
	var want []string
	cards := []ledger.Account{ledger.Voucher("h0000000001", "0123456789ABCDEF"), ledger.Voucher("h0000000001", "S2")}
	update(t, db, func(tx *Tx) error {
		for _, a := range cards {
			if err := tx.PutVoucherSalt(a, []byte("salt of "+a)); err != nil {
				return err
			}
		}
		for _, e := range everyKind(cards[0], cards[1]) {
			e.Actor = ledger.Actor{Role: "finance-preparer", Name: "p1"}
			if e.Round == "" && e.Kind != ledger.KindPledgeFund && e.Kind != ledger.KindFund {
				e.Round = "r1"
			}
			posted, err := ledger.Post(tx, e)
			if err != nil {
				return fmt.Errorf("%s: %w", e.Kind, err)
			}
			leaf, err := tx.Leaf(posted.Seq)
			if err != nil {
				return err
			}
			is(t, posted)(tx.Entry(posted.Seq))
			want = append(want, string(leaf))
		}
		for _, a := range cards {
			if err := tx.editAccount(a, func(h *ledger.Held) { h.Salt = nil }); err != nil {
				return err
			}
		}
		return nil
	})
	var got []string
	if err := db.View(t.Context(), func(tx *Tx) error {
		for r, err := range tx.Journal(0) {
			if err != nil {
				return err
			}
			got = append(got, string(r.Leaf))
		}
		_, err := ledger.Verify(ledger.Tx(tx), ledger.Proofs{}, nil)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) || len(want) < 19 {
		t.Errorf("%d leaves, %d differ or are missing", len(got), len(want))
	}
}

// everyKind returns entries of every kind that can follow each other.
func everyKind(card, spare ledger.Account) []ledger.Entry {
	entry := func(k ledger.Kind, debit, credit ledger.Account, francs int64) ledger.Entry {
		return ledger.Entry{Kind: k, Ref: "ref of " + string(k),
			Postings: []ledger.Posting{{Debit: debit, Credit: credit, Amount: money.Francs(francs)}}}
	}
	fund, round, vendor := ledger.Fund("f1"), ledger.Round("r1"), ledger.Redeemed("v1")
	redeem := entry(ledger.KindRedeem, spare, vendor, 90)
	redeem.Ref, redeem.Facts = base64.RawURLEncoding.EncodeToString(make([]byte, 32)), map[string]string{"a": "b", "handheld": "h1"}
	return []ledger.Entry{
		entry(ledger.KindPledgeFund, ledger.Receivable("f1"), fund, 10),
		entry(ledger.KindFund, ledger.Bank("b1"), fund, 9_000),
		entry(ledger.KindAllocate, fund, round, 5_000),
		entry(ledger.KindAllocate, fund, ledger.Contingency("r1"), 1_000),
		entry(ledger.KindAllocate, fund, ledger.Fees("r1"), 100),
		entry(ledger.KindIssue, round, card, 100),
		entry(ledger.KindReissue, card, spare, 90),
		entry(ledger.KindVoid, card, round, 4),
		entry(ledger.KindExpire, card, round, 6),
		redeem,
		entry(ledger.KindReverse, vendor, spare, 90),
		entry(ledger.KindRedeem, spare, vendor, 90),
		entry(ledger.KindAcceptLoss, ledger.Contingency("r1"), vendor, 10),
		entry(ledger.KindFreeze, vendor, ledger.Contested("v1"), 20),
		entry(ledger.KindRelease, ledger.Contested("v1"), vendor, 20),
		entry(ledger.KindClaim, vendor, ledger.Claimed("v1"), 100),
		entry(ledger.KindAdvance, ledger.Advance("v1"), ledger.Bank("b1"), 30),
		entry(ledger.KindRecover, ledger.Claimed("v1"), ledger.Advance("v1"), 30),
		entry(ledger.KindSettle, ledger.Claimed("v1"), ledger.Transit("t1"), 70),
		entry(ledger.KindConfirm, ledger.Transit("t1"), ledger.Bank("b1"), 70),
		entry(ledger.KindReturn, round, fund, 10),
		{Kind: ledger.KindDecision, Facts: map[string]string{"what": "closed"}},
	}
}

func FuzzEntryRecord(f *testing.F) {
	card := ledger.Voucher("h1", "0123456789ABCDEF")
	for _, e := range everyKind(card, ledger.Voucher("h1", "S2")) {
		r := ledger.Record{Entry: e}
		for _, p := range e.Postings {
			for _, a := range []ledger.Account{p.Debit, p.Credit} {
				if a.IsVoucher() {
					r.Hidden = append(r.Hidden, ledger.Pseudonym(nil, a.Serial()))
				}
			}
		}
		p, err := encode(2, entryRecord{r})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p)
		f.Add(p[:len(p)/2])
	}
	f.Fuzz(func(t *testing.T, p []byte) { again[entryRecord](t, 2, p) })
}

func FuzzAccountRecord(f *testing.F) {
	h := filled[ledger.Held]()
	h.Account = ""
	p, err := encode(2, accountRecord{h})
	if err != nil {
		f.Fatal(err)
	}
	for n := range p {
		f.Add(p[:n])
	}
	f.Add(p)
	f.Fuzz(func(t *testing.T, p []byte) { again[accountRecord](t, 2, p) })
}

// Stores hold places among the forms, so that what stands there must never
// change. Add at the end, and then the new digest here.
func TestAccountForms(t *testing.T) {
	var flat []string
	for _, f := range accountForms {
		flat = append(flat, f[0], f[1])
	}
	sum := sha256.Sum256([]byte(strings.Join(flat, "\x00")))
	if got := hex.EncodeToString(sum[:8]); got != "13cab10ced159da2" || len(accountForms) > accountKnown {
		t.Errorf("%d forms with digest %s", len(accountForms), got)
	}
}
