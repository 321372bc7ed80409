package ledger_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"reflect"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gowebpki/jcs"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/ledgertest"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
)

// The invariants of the package's comment, after each step of a random life:
//
//  1. debits equal credits: all balances of an asset sum to nothing;
//  2. no account is below zero on its normal side, and what would bring one
//     there is refused and changes nothing;
//  3. no gap, no entry or leaf ever changes, the root is that of the leaves;
//  4. a repeated command is answered again, other content is refused;
//  5. balances are the fold of the entries;
//  6. what a round was given is in it, in its vouchers, or was spent.
func TestLedger_model(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		t.Repeat(map[string]func(*rapid.T){
			"":       m.check,
			"post":   m.post,
			"claim":  m.claim,
			"repeat": m.repeat,
		})
		m.verify(t)
	})
}

// model predicts the ledger. It knows accounts as texts and what was credited
// to each less what was debited.
type model struct {
	store   ledger.Store
	net     map[holding]int64
	given   map[holding]int64       // by round: received from funds and pledges, less returned and spent
	spent   map[ledger.Account]bool // vouchers redeemed and not reversed: the rules above the ledger redeem none again
	entries []ledger.Entry
	leaves  []string
	done    []command
	n       int // commands so far
}

type holding struct {
	account string
	asset   money.Asset
}

// command is one that was accepted.
type command struct {
	key   ledger.CommandKey
	entry ledger.Entry // as it was asked for
	seq   uint64
}

func newModel(t *rapid.T) *model {
	m := &model{store: mem.Open(ledgertest.Clock()).Ledger(), net: map[holding]int64{}, given: map[holding]int64{},
		spent: map[ledger.Account]bool{}}
	for _, e := range []ledger.Entry{
		{Kind: ledger.KindFund, Postings: []ledger.Posting{{Debit: ledger.Bank("a"), Credit: ledger.Fund("a"), Amount: money.Francs(5000)}}},
		{Kind: ledger.KindAllocate, Round: "r1", Postings: []ledger.Posting{
			{Debit: ledger.Fund("a"), Credit: ledger.Round("r1"), Amount: money.Francs(900)},
			{Debit: ledger.Fund("a"), Credit: ledger.Contingency("r1"), Amount: money.Francs(100)},
			{Debit: ledger.Pledge("r1"), Credit: ledger.Round("r1"), Amount: money.FromMinor(900, rice)}}},
		{Kind: ledger.KindIssue, Round: "r1", Postings: []ledger.Posting{
			{Debit: ledger.Round("r1"), Credit: accounts(ledger.ClassVoucher, "r1")[0], Amount: money.Francs(200)},
			{Debit: ledger.Round("r1"), Credit: accounts(ledger.ClassVoucher, "r1")[1], Amount: money.FromMinor(400, rice)}}},
	} {
		e.Actor = clerk
		m.send(t, e)
	}
	return m
}

var (
	rounds = []string{"r1", "r2"}
	ids    = []string{"a", "b.1"}
)

// accounts returns those of a class that an entry of the round may post to.
func accounts(c ledger.Class, round string) []ledger.Account {
	var out []ledger.Account
	for _, id := range ids {
		switch c {
		case ledger.ClassRound, ledger.ClassContingency, ledger.ClassFees, ledger.ClassPledge, ledger.ClassRecoverable:
			return []ledger.Account{ledger.Account(string(c) + ":" + round)}
		case ledger.ClassRedeemed, ledger.ClassClaimed, ledger.ClassContested:
			out = append(out, ledger.Account("vendor:"+id+":"+string(c)))
		case ledger.ClassVoucher:
			out = append(out, ledger.Voucher("household-"+id, "SERIAL-"+round+"-"+id))
		default:
			out = append(out, ledger.Account(string(c)+":"+id))
		}
	}
	return out
}

// possible lists the postings that a kind may make in a round, each with the
// most that it can move: nothing where an account that it lowers is empty.
func (m *model) possible(k ledger.Kind, round string) (all, now []ledger.Posting) {
	for f, assets := range moves[k] {
		for _, debit := range accounts(f.debit, round) {
			for _, credit := range accounts(f.credit, round) {
				for _, asset := range assets {
					p := ledger.Posting{Debit: debit, Credit: credit, Amount: money.FromMinor(m.most(debit, credit, asset), asset)}
					if debit == credit || k == ledger.KindRedeem && m.spent[debit] {
						continue
					}
					if all = append(all, p); p.Amount.Sign() > 0 {
						now = append(now, p)
					}
				}
			}
		}
	}
	order := func(a, b ledger.Posting) int {
		return cmp.Or(cmp.Compare(a.Debit, b.Debit), cmp.Compare(a.Credit, b.Credit), cmp.Compare(a.Amount.Asset().Code(), b.Amount.Asset().Code()))
	}
	slices.SortFunc(all, order)
	slices.SortFunc(now, order)
	return all, now
}

// most is the most that can be debited here and credited there.
func (m *model) most(debit, credit ledger.Account, asset money.Asset) int64 {
	most := int64(1000)
	if !debitNormal(string(debit)) {
		most = min(most, m.net[holding{string(debit), asset}])
	}
	if debitNormal(string(credit)) {
		most = min(most, -m.net[holding{string(credit), asset}])
	}
	return most
}

// lateFirst orders kinds so that those late in a franc's life come first: they
// are seldom possible, and rapid prefers what comes first.
var lateFirst = []ledger.Kind{ledger.KindSuspend, ledger.KindCharge, ledger.KindTransfer, ledger.KindConfirm, ledger.KindRelease, ledger.KindRecover, ledger.KindSettle, ledger.KindFreeze,
	ledger.KindReverse, ledger.KindClaim, ledger.KindRedeem, ledger.KindReissue, ledger.KindExpire, ledger.KindVoid, ledger.KindIssue,
	ledger.KindAcceptLoss, ledger.KindAdvance, ledger.KindReturn, ledger.KindAllocate, ledger.KindDecision, ledger.KindFund, ledger.KindPledgeFund}

// post tries an entry of any kind of up to three postings: mostly such as can
// be made, at times more than there is.
func (m *model) post(t *rapid.T) {
	e := ledger.Entry{Actor: clerk, Round: rapid.SampledFrom(rounds).Draw(t, "round"),
		Ref: rapid.StringMatching(`[ -~é]{0,12}`).Draw(t, "ref")}
	if rapid.Bool().Draw(t, "with facts") {
		e.Facts = rapid.MapOfN(rapid.StringMatching(`[A-Za-z._-]{1,4}`), rapid.StringMatching(`[ -~<>&é€😀]{0,12}`), 0, 4).Draw(t, "facts")
	}
	daring := rapid.IntRange(0, 7).Draw(t, "daring") == 7
	choices := map[ledger.Kind][]ledger.Posting{ledger.KindDecision: nil}
	for k := range permitted {
		if all, now := m.possible(k, e.Round); daring && len(all) > 0 {
			choices[k] = all
		} else if len(now) > 0 {
			choices[k] = now
		}
	}
	kinds := slices.SortedFunc(maps.Keys(choices), func(a, b ledger.Kind) int {
		return cmp.Compare(slices.Index(lateFirst, a), slices.Index(lateFirst, b))
	})
	e.Kind = rapid.SampledFrom(kinds).Draw(t, "kind")
	if e.Kind != ledger.KindDecision {
		for range rapid.IntRange(1, 3).Draw(t, "postings") {
			p := rapid.SampledFrom(choices[e.Kind]).Draw(t, "posting")
			p.Amount = money.FromMinor(rapid.Int64Range(1, max(1, p.Amount.Minor())).Draw(t, "amount"), p.Amount.Asset())
			e.Postings = append(e.Postings, p)
		}
	}
	m.send(t, e)
}

// claim moves kilos back to the pledge and francs to the vendor in one entry
// that names the price.
func (m *model) claim(t *rapid.T) {
	vendor, round := rapid.SampledFrom(ids).Draw(t, "vendor"), rapid.SampledFrom(rounds).Draw(t, "round")
	there := m.most(ledger.Redeemed(vendor), ledger.Pledge(round), rice)
	if there < 1 && rapid.IntRange(0, 7).Draw(t, "daring") != 7 {
		t.Skip("nothing to claim")
	}
	kilos := money.FromMinor(rapid.Int64Range(1, max(1, there)).Draw(t, "kilos"), rice)
	price := money.Francs(100 * rapid.Int64Range(1, 3).Draw(t, "price"))
	francs, err := kilos.Price(price)
	if err != nil {
		t.Fatal(err)
	}
	m.send(t, ledger.Entry{Kind: ledger.KindClaim, Actor: clerk, Round: round, Facts: map[string]string{"price": price.String()},
		Postings: []ledger.Posting{
			{Debit: ledger.Redeemed(vendor), Credit: ledger.Pledge(round), Amount: kilos},
			{Debit: ledger.Round(round), Credit: ledger.Claimed(vendor), Amount: francs}}})
}

// send gives a new command, predicts its answer and follows it.
func (m *model) send(t *rapid.T, e ledger.Entry) {
	m.n++
	c := command{key: ledger.CommandKey{Actor: "staff", Key: fmt.Sprint("k", m.n)}, entry: e}
	net, given := m.after(e)
	var overdrawn bool
	for k, v := range net {
		if debitNormal(k.account) {
			v = -v
		}
		overdrawn = overdrawn || v < 0
	}
	seq, err := m.run(c.key, e)
	if overdrawn {
		if !errors.Is(err, ledger.ErrOverdrawn) {
			t.Fatalf("%+v\n%v, want ErrOverdrawn", e, err)
		}
		return
	}
	if err != nil || seq != uint64(len(m.entries)) {
		t.Fatalf("%+v\nentry %d, %v, want entry %d", e, seq, err, len(m.entries))
	}
	c.seq, m.net, m.given = seq, net, given
	for _, p := range e.Postings {
		switch e.Kind {
		case ledger.KindRedeem:
			m.spent[p.Debit] = true
		case ledger.KindReverse:
			delete(m.spent, p.Credit)
		}
	}
	m.done = append(m.done, c)
	m.keep(t, seq, e)
}

// debitNormal says again which accounts debits increase.
func debitNormal(account string) bool {
	root, _, _ := strings.Cut(account, ":")
	return slices.Contains([]string{"bank", "receivable", "pledge", "advance", "debt", "unexplained"}, root)
}

func (m *model) run(k ledger.CommandKey, e ledger.Entry) (uint64, error) {
	return ledger.Once(context.Background(), m.store.Update, k, e, func(tx ledger.Tx) (uint64, error) {
		for _, p := range e.Postings {
			for _, a := range []ledger.Account{p.Debit, p.Credit} {
				if _, err := tx.VoucherSalt(a); a.IsVoucher() && errors.Is(err, ledger.ErrNotFound) {
					if err := tx.PutVoucherSalt(a, []byte("salt of "+a.Serial())); err != nil {
						return 0, err
					}
				}
			}
		}
		posted, err := ledger.Post(tx, e)
		return posted.Seq, err
	})
}

// after returns what the entry would leave.
func (m *model) after(e ledger.Entry) (net, given map[holding]int64) {
	net, given = maps.Clone(m.net), maps.Clone(m.given)
	inside := func(a ledger.Account) bool {
		return strings.HasPrefix(string(a), "beneficiary:") || a == ledger.Round(e.Round) ||
			a == ledger.Contingency(e.Round) || a == ledger.Fees(e.Round)
	}
	for _, p := range e.Postings {
		n, asset := p.Amount.Minor(), p.Amount.Asset()
		net[holding{string(p.Debit), asset}] -= n
		net[holding{string(p.Credit), asset}] += n
		if inside(p.Credit) && !inside(p.Debit) {
			given[holding{e.Round, asset}] += n
		}
		if inside(p.Debit) && !inside(p.Credit) {
			given[holding{e.Round, asset}] -= n
		}
	}
	return net, given
}

// keep remembers the entry and its leaf, and checks the leaf.
func (m *model) keep(t *rapid.T, seq uint64, want ledger.Entry) {
	m.view(t, func(tx ledger.Tx) error {
		e, err := tx.Entry(seq)
		if err != nil {
			return err
		}
		leaf, err := tx.Leaf(seq)
		if err != nil {
			return err
		}
		want.Seq, want.Posted, want.From, want.To = seq, e.Posted, e.Posted, e.Posted
		if diff := gocmp.Diff(want, e, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("the entry differs from the command (-want +got):\n%s", diff)
		}
		canonical, err := jcs.Transform(leaf)
		if err != nil || string(canonical) != string(leaf) {
			t.Fatalf("not canonical: %v\nleaf %s\njcs  %s", err, leaf, canonical)
		}
		for _, secret := range []string{"household-", "SERIAL-", "beneficiary:"} {
			if strings.Contains(string(leaf), secret) {
				t.Fatalf("the leaf shows %q: %s", secret, leaf)
			}
		}
		m.entries, m.leaves = append(m.entries, e), append(m.leaves, string(leaf))
		return nil
	})
}

// repeat sends an old command again, as it was or with other content.
func (m *model) repeat(t *rapid.T) {
	c := rapid.SampledFrom(m.done).Draw(t, "command")
	if seq, err := m.run(c.key, c.entry); err != nil || seq != c.seq {
		t.Fatalf("%v again: entry %d, %v, want %d", c.key, seq, err, c.seq)
	}
	other := c.entry
	other.Ref += "x"
	if _, err := m.run(c.key, other); !errors.Is(err, ledger.ErrKeyReused) {
		t.Fatalf("%v with other content: %v", c.key, err)
	}
}

func (m *model) view(t *rapid.T, fn func(ledger.Tx) error) {
	if err := m.store.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// check holds the whole ledger against the model.
func (m *model) check(t *rapid.T) {
	m.view(t, func(tx ledger.Tx) error {
		m.checkBalances(t, tx)
		m.checkJournal(t, tx)
		return nil
	})
}

func (m *model) checkBalances(t *rapid.T, tx ledger.Tx) {
	want, sums, inRound := map[holding]int64{}, map[money.Asset]int64{}, map[holding]int64{}
	for k, v := range m.net {
		sums[k.asset] += v
		if debitNormal(k.account) {
			v = -v
		}
		want[k] += v
		class, rest, _ := strings.Cut(k.account, ":")
		switch class {
		case "beneficiary":
			round := strings.Split(rest, "-")[2] // household-ID:SERIAL-ROUND-ID
			want[holding{"vouchers:" + round, k.asset}] += v
			inRound[holding{round, k.asset}] += v
		case "round", "contingency", "fees":
			inRound[holding{rest, k.asset}] += v
		}
	}
	for asset, sum := range sums {
		if sum != 0 {
			t.Fatalf("debits and credits of %s differ by %d", asset, sum)
		}
	}
	if diff := gocmp.Diff(m.given, inRound, nonzero); diff != "" {
		t.Fatalf("what rounds were given, and what they have (-given +has):\n%s", diff)
	}
	got := map[holding]int64{}
	for b, err := range tx.Balances("") {
		if err != nil {
			t.Fatal(err)
		}
		if b.Amount.Sign() < 0 {
			t.Fatalf("%s holds %s", b.Account, b.Amount)
		}
		got[holding{string(b.Account), b.Amount.Asset()}] = b.Amount.Minor()
	}
	if diff := gocmp.Diff(want, got, nonzero); diff != "" {
		t.Fatalf("balances (-model +ledger):\n%s", diff)
	}
}

// nonzero compares what is held, whether or not nothing is mentioned.
var nonzero = gocmp.Options{cmpopts.IgnoreMapEntries(func(_ holding, n int64) bool { return n == 0 }),
	cmpopts.EquateEmpty(), cmpopts.EquateComparable(holding{})}

func (m *model) checkJournal(t *rapid.T, tx ledger.Tx) {
	if size, err := tx.Size(); err != nil || size != uint64(len(m.entries)) {
		t.Fatalf("the journal has %d entries, %v, want %d", size, err, len(m.entries))
	}
	var hashes []tlog.Hash
	for seq, want := range m.entries {
		if e, err := tx.Entry(uint64(seq)); err != nil || !reflect.DeepEqual(want, e) {
			t.Fatalf("entry %d became %+v, %v", seq, e, err)
		}
		if leaf, err := tx.Leaf(uint64(seq)); err != nil || string(leaf) != m.leaves[seq] {
			t.Fatalf("leaf %d became %s, %v", seq, leaf, err)
		}
		hashes = append(hashes, tlog.RecordHash([]byte(m.leaves[seq])))
	}
	if root, err := ledger.Root(tx, uint64(len(hashes))); err != nil || root != merkle(hashes) {
		t.Fatalf("root %s, %v, want %s", root, err, merkle(hashes))
	}
}

// merkle is the tree hash of RFC 6962, section 2.1, of at least one leaf.
func merkle(leaves []tlog.Hash) tlog.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1 << (bits.Len(uint(len(leaves)-1)) - 1)
	return tlog.NodeHash(merkle(leaves[:k]), merkle(leaves[k:]))
}

// verify ends a life: Verify finds nothing wrong with it.
func (m *model) verify(t *rapid.T) {
	m.view(t, func(tx ledger.Tx) error {
		r, err := ledger.Verify(tx, ledger.Proofs{}, nil)
		if err == nil && r.Size != uint64(len(m.entries)) {
			t.Fatalf("verified %d entries of %d", r.Size, len(m.entries))
		}
		return err
	})
}
