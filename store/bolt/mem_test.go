package bolt

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/store/mem"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// anyTx is what both stores' transactions can do. A transaction that is given
// as one package's is every package's.
type anyTx interface {
	feedback.Tx
	Case(id string) (reconcile.Case, error)
	PutCase(c reconcile.Case) error
	Period(month string) (finance.Period, error)
	PutPeriod(p finance.Period) error
	Movement(id string) (finance.Movement, error)
	PutMovement(m finance.Movement) error
	Movements(programme, after string) iter.Seq2[finance.Movement, error]
	Cases(programme string) iter.Seq2[reconcile.Case, error]
}

// call is one use of a transaction. What it answers on one store it must
// answer on the other.
type call struct {
	name string
	do   func(anyTx) (any, error)
}

func asks[V any](name string, ask func(anyTx) (V, error)) call {
	return call{name, func(tx anyTx) (any, error) { return ask(tx) }}
}

func puts(name string, put func(anyTx) error) call {
	return call{name, func(tx anyTx) (any, error) { return nil, put(tx) }}
}

func walks[V any](name string, walk func(anyTx) iter.Seq2[V, error]) call {
	return call{name, func(tx anyTx) (any, error) {
		all := []V{}
		for v, err := range walk(tx) {
			if err != nil {
				return nil, err
			}
			all = append(all, v)
		}
		return all, nil
	}}
}

// answer is what a call answered. Of an error only the kind is compared: the
// words are each store's own.
type answer struct {
	Call  string
	Value any
	Error string
}

var errStop = errors.New("stop")

// run runs the calls in one transaction, which fails with the first write that
// does, or at the end where it is told to.
func run(tx anyTx, calls []call, stop bool) (answers []answer, err error) {
	for _, c := range calls {
		v, err := c.do(tx)
		a := answer{Call: c.name, Value: v}
		if err != nil {
			a.Value, a.Error = nil, fmt.Sprint(fault.KindOf(err))
		}
		answers = append(answers, a)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return answers, err
		}
	}
	if stop {
		return answers, errStop
	}
	return answers, nil
}

// twins are a store and the model that it must agree with.
type twins struct {
	db    *DB
	model feedback.Store
	path  string
	clock time.Time
}

func newTwins(t *rapid.T, path string) *twins {
	tw := &twins{path: path, clock: time.Date(2025, 3, 1, 8, 30, 0, 7, time.UTC)}
	tw.model = mem.Open(tw.now).Feedback()
	tw.open(t)
	tw.update(t, foundations, false)
	return tw
}

func (tw *twins) now() time.Time { return tw.clock }

func (tw *twins) open(t *rapid.T) {
	db, err := Open(tw.path, Options{Now: tw.now})
	if err != nil {
		t.Fatal(err)
	}
	tw.db = db
}

func (tw *twins) close(t *rapid.T) {
	if err := tw.db.Close(); err != nil {
		t.Fatal(err)
	}
}

func (tw *twins) update(t *rapid.T, calls []call, stop bool) {
	t.Helper()
	tw.clock = tw.clock.Add(time.Minute)
	tw.compare(t, calls, stop, tw.db.Feedback().Update, tw.model.Update)
}

func (tw *twins) view(t *rapid.T, calls []call) {
	t.Helper()
	tw.compare(t, calls, false, tw.db.Feedback().View, tw.model.View)
}

type transact = func(context.Context, func(feedback.Tx) error) error

// compare runs the calls on both, and fails the test where an answer differs.
func (tw *twins) compare(t *rapid.T, calls []call, stop bool, store, model transact) {
	t.Helper()
	var got, want []answer
	gotErr := store(t.Context(), func(tx feedback.Tx) (err error) { got, err = run(tx.(anyTx), calls, stop); return err })
	wantErr := model(t.Context(), func(tx feedback.Tx) (err error) { want, err = run(tx.(anyTx), calls, stop); return err })
	diff := cmp.Diff(want, got, cmpopts.EquateComparable(money.Asset{}))
	if diff != "" || (gotErr == nil) != (wantErr == nil) {
		t.Fatalf("bolt: %v, mem: %v (-mem +bolt)\n%s", gotErr, wantErr, diff)
	}
}

// Whatever is put into the store, taken out, walked over, refused and undone,
// it answers as the reference model does, after being opened again too.
func TestSameAsModel(t *testing.T) {
	dir, stores := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		stores++
		tw := newTwins(t, fmt.Sprintf("%s/%d", dir, stores))
		defer func() { tw.close(t) }()
		t.Repeat(map[string]func(*rapid.T){
			"update": func(t *rapid.T) {
				tw.update(t, drawCalls(t), rapid.IntRange(0, 3).Draw(t, "stop") == 1)
			},
			"view": func(t *rapid.T) { tw.view(t, drawCalls(t)) },
			"reopen": func(t *rapid.T) {
				tw.close(t)
				tw.open(t)
			},
		})
		tw.view(t, everything)
	})
}

// foundations are money and a salt, without which few entries can be posted.
var foundations = []call{puts("found", func(tx anyTx) error {
	for _, e := range []ledger.Entry{
		{Kind: ledger.KindFund, Postings: []ledger.Posting{{Debit: ledger.Bank("b"), Credit: ledger.Fund("f"), Amount: money.Francs(9_000)}}},
		{Kind: ledger.KindAllocate, Round: "r", Postings: []ledger.Posting{{Debit: ledger.Fund("f"), Credit: ledger.Round("r"), Amount: money.Francs(900)}}},
	} {
		e.Actor = ledger.Actor{Role: "server", Name: "server"}
		if _, err := ledger.Post(tx, e); err != nil {
			return err
		}
	}
	return tx.PutVoucherSalt("beneficiary:h1:S1", []byte("salt"))
})}

// everything lists all that the calls below can have put.
var everything = listEverything()

func listEverything() []call {
	calls := []call{
		walks("Balances", func(tx anyTx) iter.Seq2[ledger.Balance, error] { return tx.Balances("") }),
		walks("Vouchers", func(tx anyTx) iter.Seq2[voucher.Voucher, error] { return tx.Vouchers(0) }),
		walks("WaitingSince", func(tx anyTx) iter.Seq2[voucher.StoredReceipt, error] { return tx.WaitingSince(afterAll) }),
		asks("Entries", entries),
	}
	for _, a := range someAccounts {
		calls = append(calls, asks("PostingsOf", func(tx anyTx) (string, error) {
			seqs, err := tx.PostingsOf(ledger.Account(a), 0, 1_000)
			return fmt.Sprint(seqs), err
		}))
	}
	for _, n := range someNumbers {
		calls = append(calls, walks("ReceiptsFor", func(tx anyTx) iter.Seq2[voucher.StoredReceipt, error] { return tx.ReceiptsFor(voucher.Number(n)) }))
	}
	for _, id := range someIDs {
		calls = append(calls,
			walks("ReceiptsFrom", func(tx anyTx) iter.Seq2[voucher.StoredReceipt, error] {
				return tx.ReceiptsFrom(vendors.HandheldID(id), 0)
			}),
			walks("ReceiptsByRound", func(tx anyTx) iter.Seq2[voucher.StoredReceipt, error] { return tx.ReceiptsByRound(id) }),
			walks("ClaimLines", func(tx anyTx) iter.Seq2[vendors.ClaimLine, error] { return tx.ClaimLines(vendors.ClaimID(id), 0) }),
			walks("Readings", func(tx anyTx) iter.Seq2[vendors.Reading, error] { return tx.Readings(vendors.ClaimID(id)) }),
			walks("Entitlements", func(tx anyTx) iter.Seq2[distribution.Entitlement, error] { return tx.Entitlements(id, 0) }))
	}
	for _, b := range someHolders {
		calls = append(calls, walks("VouchersOf", func(tx anyTx) iter.Seq2[voucher.Voucher, error] { return tx.VouchersOf(b) }))
	}
	for _, p := range someOwners {
		calls = append(calls,
			walks("Vendors", func(tx anyTx) iter.Seq2[vendors.Vendor, error] { return tx.Vendors(p, "") }),
			walks("Handhelds", func(tx anyTx) iter.Seq2[vendors.Handheld, error] { return tx.Handhelds(p, "") }),
			walks("Claims", func(tx anyTx) iter.Seq2[vendors.Claim, error] { return tx.Claims(p, "") }),
			walks("Settlements", func(tx anyTx) iter.Seq2[vendors.Settlement, error] { return tx.Settlements(p) }),
			walks("Issues", func(tx anyTx) iter.Seq2[voucher.Issue, error] { return tx.Issues(p) }),
			walks("Beneficiaries", func(tx anyTx) iter.Seq2[distribution.Beneficiary, error] { return tx.Beneficiaries(p, "") }),
			walks("Rounds", func(tx anyTx) iter.Seq2[distribution.Round, error] { return tx.Rounds(p) }),
			walks("Lots", func(tx anyTx) iter.Seq2[distribution.Lot, error] { return tx.Lots(p) }),
			walks("Complaints", func(tx anyTx) iter.Seq2[feedback.Complaint, error] { return tx.Complaints(p, "") }),
			walks("Cases", func(tx anyTx) iter.Seq2[reconcile.Case, error] { return tx.Cases(p) }))
	}
	return calls
}

// entries returns the whole journal and its root.
func entries(tx anyTx) (any, error) {
	size, err := tx.Size()
	if err != nil {
		return nil, err
	}
	all := []any{}
	for seq := range size {
		e, errEntry := tx.Entry(seq)
		leaf, errLeaf := tx.Leaf(seq)
		if err := errors.Join(errEntry, errLeaf); err != nil {
			return nil, err
		}
		all = append(all, e, string(leaf))
	}
	root, err := ledger.Root(tx, size)
	return append(all, root), err
}

// someCalls draw every use of a transaction, those of a package together, so
// that they meet.
var someCalls = [][]func(draw) call{ledgerCalls, documentCalls, vendorCalls, voucherCalls, receiptCalls, distributionCalls, feedbackCalls, caseCalls}

// draw draws the arguments of calls, from so few that they meet.
type draw struct{ *rapid.T }

func drawCalls(t *rapid.T) []call {
	d := draw{t}
	var calls []call
	of := rapid.SampledFrom(someCalls).Draw(t, "package")
	for range rapid.IntRange(1, 5).Draw(t, "calls") {
		some := rapid.SampledFrom(of).Draw(t, "call")
		calls = append(calls, some(d))
	}
	return calls
}

func (d draw) of(name string, texts ...string) string {
	return rapid.SampledFrom(texts).Draw(d.T, name)
}

var (
	someIDs      = []string{"a", "ab", "b", ""}
	someOwners   = []string{"p", "p1"}
	someHolders  = []string{"", "h1", "h11"}
	someNumbers  = []int{0, 1, 2, 256}
	someAccounts = []string{"bank:b", "fund:f", "round:r", "vendor:v:redeemed", "beneficiary:h1:S1", "beneficiary:h1:S2", "beneficiary:h11:S3"}
)

func (d draw) id() string    { return d.of("id", someIDs...) }
func (d draw) owner() string { return d.of("owner", someOwners...) }
func (d draw) n() int        { return rapid.SampledFrom(someNumbers).Draw(d.T, "number") }

func (d draw) hash() [32]byte {
	return [32]byte{31: byte(rapid.IntRange(0, 3).Draw(d.T, "hash"))}
}

// random returns a V with some fields set and others zero.
func random[V any](d draw) V {
	var v V
	f := &filler{n: rapid.IntRange(0, 1000).Draw(d.T, "fill"), some: func() bool { return rapid.Bool().Draw(d.T, "set") }}
	f.fill(reflect.ValueOf(&v).Elem())
	return v
}
