package sim

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"iter"
	"math"
	mrand "math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/vouchertest"
)

const (
	sellers = 6
	cards   = 48 // of one round of the test
	perCard = 24 // operations, on average
	wanted  = 1_000
)

// crowd is many people who use the same vouchers at once.
type crowd struct {
	*vouchertest.World
	db      *bolt.DB
	clock   atomic.Int64 // instants are numbers: who returned before another called has a lower one
	serials []voucher.Serial
	spares  []voucher.Serial
	first   int // number of the first voucher of this round of the test

	mu       sync.Mutex
	history  []porcupine.Operation
	receipts []int // how many of each voucher were signed
	commands []int
	proposed [][]string // the ids of each voucher's proposals
	sent     []sent     // what may be sent again
	given    []given
	failed   error
}

// sent is a receipt that somebody may send again.
type sent struct {
	in    []asked
	phone vendors.HandheldID
	jws   []string
}

// given is a command that somebody may give again.
type given struct {
	in asked
	do func(context.Context) (told, error)
}

func phoneName(i int) vendors.HandheldID { return vendors.HandheldID(fmt.Sprintf("p%d", i)) }

func newCrowd(t *testing.T) *crowd {
	c := &crowd{}
	c.World = vouchertest.NewWorld(t, func(now func() time.Time) voucher.Store {
		var err error
		c.db, err = bolt.Open(filepath.Join(t.TempDir(), "jate.db"), bolt.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.db.Close() })
		return c.db.Vouchers()
	})
	c.Update(func(tx voucher.Tx) error {
		if err := tx.PutVendor(vendors.Vendor{ID: "v3", Programme: "mopti", Zone: "z1",
			Contract: vendors.Contract{From: vouchertest.Opens.AddDate(-1, 0, 0), Until: vouchertest.Opens.AddDate(1, 0, 0)}}); err != nil {
			return err
		}
		return tx.PutZone(vendors.Zone{Code: "z1", Programme: "mopti", Policy: vendors.Policy{Floor: money.Francs(0)}})
	})
	for i := range sellers {
		c.Handheld(phoneName(i), vendors.ID(fmt.Sprintf("v%d", 1+vendorOf(i))), vendors.ForSales)
	}
	c.Clock.Now = vouchertest.Opens.Add(time.Hour)
	for i := range sellers {
		c.Refresh(phoneName(i))
	}
	c.Clock.Now = c.Clock.Now.Add(time.Hour) // and stands still
	return c
}

// deal issues and hands over the vouchers of one round of the test.
func (c *crowd) deal(t *testing.T, round int) {
	finance := ledger.Actor{Role: "finance-preparer", Name: "p9"}
	c.Update(func(tx voucher.Tx) error {
		for _, e := range []ledger.Entry{
			{Kind: ledger.KindFund, Postings: []ledger.Posting{{Debit: ledger.Bank("b1"), Credit: ledger.Fund("f1"), Amount: money.Francs(1_000_000)}}},
			{Kind: ledger.KindAllocate, Round: "r1", Postings: []ledger.Posting{
				{Debit: ledger.Fund("f1"), Credit: ledger.Round("r1"), Amount: money.Francs(500_000)},
				{Debit: ledger.Fund("f1"), Credit: ledger.Contingency("r1"), Amount: money.Francs(500_000)}}},
		} {
			e.Actor = finance
			if _, err := ledger.Post(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	lot := vouchertest.Lot(fmt.Sprintf("lot%d", round), cards, cards, voucher.ModeSecret)
	lot.Items = func(list iter.Seq2[voucher.Item, error]) iter.Seq2[voucher.Item, error] {
		return func(yield func(voucher.Item, error) bool) {
			i := 0
			for it, err := range list {
				it.Home = phoneName(i % sellers)
				it.Beneficiary = fmt.Sprintf("b%d-%d", round, i)
				i++
				if !yield(it, err) {
					return
				}
			}
		}
	}(lot.Items)
	before := len(c.Room.Order)
	if _, err := c.Service.IssueLot(t.Context(), lot); err != nil {
		t.Fatal(err)
	}
	all := c.Room.Order[before:]
	c.serials, c.spares = all[:cards], all[cards:]
	c.Activate(c.serials...)
	c.first = round * cards
	c.receipts, c.commands, c.proposed = make([]int, cards), make([]int, cards), make([][]string, cards)
	c.sent, c.given = nil, nil
}

func (c *crowd) now() int64 { return c.clock.Add(1) }

// note adds operations that began and ended together to the history.
func (c *crowd) note(client int, in []asked, call int64, out []told, err error) {
	end := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, a := range in {
		op := porcupine.Operation{ClientId: client, Call: call, Return: end}
		switch {
		case errors.Is(err, context.Canceled):
			a.unknown = true
			op.Output, op.Return = told("?"), math.MaxInt64
		case err != nil:
			op.Output = codeOf(err)
		default:
			op.Output = out[i]
		}
		op.Input = a
		c.history = append(c.history, op)
	}
}

// impatient returns a context that sometimes ends before the answer comes.
func impatient(rnd *mrand.Rand) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	if rnd.IntN(12) == 0 {
		wait := time.Duration(rnd.IntN(3000)) * time.Microsecond
		timer := time.AfterFunc(wait, cancel)
		return ctx, func() { timer.Stop(); cancel() }
	}
	return ctx, cancel
}

// near returns a voucher that others use now too.
func (c *crowd) near(rnd *mrand.Rand, progress float64) int {
	return min(int(progress*(cards-6))+rnd.IntN(6), cards-1)
}

// redeem uploads records and reads the answers.
func (c *crowd) redeem(ctx context.Context, phone vendors.HandheldID, jws []string) ([]told, error) {
	got, err := c.Service.Redeem(ctx, voucher.Redeem{Handheld: phone, Records: jws, Channel: "https"})
	if err != nil {
		return nil, err
	}
	ack, err := voucher.ParseAck(got.Ack, c.Beacon.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	out := make([]told, len(ack.Outcomes))
	for i, o := range ack.Outcomes {
		out[i] = told(answer{o.State, o.Reason}.String())
	}
	return out, nil
}

// shop is a handheld: it reserves cards, sells one to three at a time, and
// sends the same upload until it has an answer.
func (c *crowd) shop(i int, rnd *mrand.Rand, progress func() (float64, bool)) error {
	p := c.Phones[phoneName(i)]
	nonce, err := c.nonce(p.ID)
	if err != nil {
		return err
	}
	counter := uint64(1_000_000 * (1 + c.first/cards))
	for {
		at, more := progress()
		if !more {
			return nil
		}
		var in []asked
		var jws []string
		for range 1 + rnd.IntN(3) {
			v := c.near(rnd, at)
			if rnd.IntN(2) == 0 {
				counter++
				if nonce, err = c.reserve(i, v, nonce, counter, rnd); err != nil {
					return err
				}
			}
			c.mu.Lock()
			n := c.receipts[v]
			c.receipts[v]++
			c.mu.Unlock()
			if n >= receiptsMax {
				continue
			}
			text, err := c.sale(p, c.serials[v])
			if err != nil {
				return err
			}
			in = append(in, asked{voucher: c.first + v, kind: doRedeem, phone: i, receipt: n, home: v % sellers})
			jws = append(jws, text)
		}
		if len(in) == 0 {
			continue
		}
		c.mu.Lock()
		c.sent = append(c.sent, sent{in, p.ID, jws})
		c.mu.Unlock()
		for answered := false; !answered; {
			ctx, cancel := impatient(rnd)
			call := c.now()
			out, err := c.redeem(ctx, p.ID, jws)
			cancel()
			c.note(i, in, call, out, err)
			if answered = err == nil; err != nil && !errors.Is(err, context.Canceled) {
				return err
			}
		}
	}
}

func (c *crowd) nonce(id vendors.HandheldID) (nonce string, err error) {
	err = c.Store.View(context.Background(), func(tx voucher.Tx) error {
		h, err := tx.Handheld(id)
		nonce = h.Nonce
		return err
	})
	return nonce, err
}

func (c *crowd) sale(p *vouchertest.Phone, s voucher.Serial) (string, error) {
	sealed, err := voucher.SealFactor(c.Seal.PublicKey(), voucher.Factor{Secret: c.Room.Lines[s].Secret}, p.ID, s, p.Seq+1)
	if err != nil {
		return "", err
	}
	jws, err := voucher.SignRecord(voucher.Record{Head: voucher.Head{Handheld: p.ID, Seq: p.Seq + 1, Prev: p.Prev,
		Time: voucher.UnixOf(c.Clock.Now), Beacon: p.Beacon, Bundle: p.Bundle},
		Body: voucher.Receipt{Serial: s, Amount: 1_000, Lines: goods(1_000), Factor: sealed}}, p.Key)
	p.Seq, p.Prev = p.Seq+1, voucher.HashOf(jws)
	return jws, err
}

// reserve sets a card aside for the shop, and returns the next nonce.
func (c *crowd) reserve(i, v int, nonce string, counter uint64, rnd *mrand.Rand) (string, error) {
	p, body := c.Phones[phoneName(i)], []byte(c.serials[v])
	path := "/api/v1/handhelds/" + string(p.ID) + "/reservations"
	proof, err := voucher.SignRequest(voucher.Request{Handheld: p.ID, Method: "POST", Path: path, Body: voucher.HashOf(string(body)),
		Nonce: nonce, Counter: counter}, p.Key)
	if err != nil {
		return "", err
	}
	ctx, cancel := impatient(rnd)
	defer cancel()
	call := c.now()
	got, err := c.Service.Reserve(ctx, voucher.AskReserve{Body: body, AskBundle: voucher.AskBundle{Proof: proof, Method: "POST", Path: path}})
	c.note(i, []asked{{voucher: c.first + v, kind: doReserve, phone: i, home: v % sellers}}, call, []told{yes}, err)
	switch {
	case err == nil:
		return got.Nonce, nil
	case errors.Is(err, context.Canceled):
		return c.nonce(p.ID)
	case codeOf(err) == refusedLife:
		return nonce, nil
	}
	return "", err
}

// again sends old uploads and gives old commands again, also while they are
// under way for the first time.
func (c *crowd) again(client int, rnd *mrand.Rand, progress func() (float64, bool)) error {
	for {
		if _, more := progress(); !more {
			return nil
		}
		c.mu.Lock()
		var s sent
		var g given
		if n := len(c.sent); n > 0 {
			s = c.sent[max(0, n-1-rnd.IntN(12))]
		}
		if n := len(c.given); n > 0 {
			g = c.given[max(0, n-1-rnd.IntN(12))]
		}
		c.mu.Unlock()
		ctx, cancel := impatient(rnd)
		call := c.now()
		switch {
		case rnd.IntN(2) == 0 && g.do != nil:
			out, err := g.do(ctx)
			c.note(client, []asked{g.in}, call, []told{out}, err)
		case s.jws != nil:
			out, err := c.redeem(ctx, s.phone, s.jws)
			c.note(client, s.in, call, out, err)
			if err != nil && !errors.Is(err, context.Canceled) {
				cancel()
				return err
			}
		}
		cancel()
	}
}

// office voids, holds, releases, reissues and looks vouchers up.
func (c *crowd) office(client int, rnd *mrand.Rand, progress func() (float64, bool)) error {
	for {
		at, more := progress()
		if !more {
			return nil
		}
		v := c.near(rnd, at)
		if rnd.IntN(3) == 0 {
			ctx, cancel := impatient(rnd)
			call := c.now()
			out, err := c.lookup(ctx, v)
			cancel()
			c.note(client, []asked{{voucher: c.first + v, kind: doLookup}}, call, []told{out}, err)
			continue
		}
		in, do := c.commandFor(v, rnd)
		if do == nil {
			continue
		}
		c.mu.Lock()
		c.given = append(c.given, given{in, do})
		c.mu.Unlock()
		ctx, cancel := impatient(rnd)
		call := c.now()
		out, err := do(ctx)
		cancel()
		c.note(client, []asked{in}, call, []told{out}, err)
	}
}

// lookup reads a voucher: its life, and which of its receipts it was spent with.
func (c *crowd) lookup(ctx context.Context, v int) (told, error) {
	got, err := c.Service.Lookup(ctx, voucher.Query{By: vouchertest.Issuer, Serial: c.serials[v]})
	if err != nil {
		return "", err
	}
	holder := 0
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sent {
		for i, jws := range s.jws {
			if voucher.HashOf(jws) == got.ReceiptHash {
				holder = s.in[i].receipt + 1
			}
		}
	}
	return told(fmt.Sprintf("%s %d", got.Life(), holder)), nil
}

// commandFor draws a command for a voucher, and how to give it; nil where the
// voucher has had its share.
func (c *crowd) commandFor(v int, rnd *mrand.Rand) (asked, func(context.Context) (told, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.commands[v]
	if n >= commandsMax {
		return asked{}, nil
	}
	in := asked{voucher: c.first + v, command: n, home: v % sellers}
	key := fmt.Sprintf("%d-%d", in.voucher, n)
	change := voucher.Change{By: vouchertest.Issuer, Key: key, Serial: c.serials[v], Reason: "lost"}
	plain := func(kind deedKind, do func(context.Context, voucher.Change) (voucher.Voucher, error)) func(context.Context) (told, error) {
		in.kind = kind
		return func(ctx context.Context) (told, error) {
			_, err := do(ctx, change)
			return yes, err
		}
	}
	c.commands[v]++
	switch r := rnd.IntN(16); {
	case r < 1:
		return in, plain(doVoid, c.Service.Void)
	case r < 6:
		return in, plain(doHold, c.Service.Hold)
	case r < 11:
		return in, plain(doRelease, c.Service.Release)
	case r < 13 || len(c.proposed[v]) == 0:
		made := len(c.proposed[v])
		if made == proposalsMax {
			return asked{}, nil
		}
		in.kind, in.proposal = doPropose, made
		c.proposed[v] = append(c.proposed[v], "")
		cmd := voucher.Propose{By: vouchertest.Issuer, Key: key, Kind: voucher.ProposeReissue, Serial: c.serials[v], Spare: c.spares[v]}
		return in, func(ctx context.Context) (told, error) {
			p, err := c.Service.Propose(ctx, cmd)
			if err == nil {
				c.mu.Lock()
				c.proposed[v][made] = p.ID
				c.mu.Unlock()
			}
			return yes, err
		}
	}
	i := rnd.IntN(len(c.proposed[v]))
	id := c.proposed[v][i]
	if id == "" {
		return asked{}, nil
	}
	in.kind, in.proposal = doAgree, i
	cmd := voucher.Agree{By: vouchertest.Second, Key: key, Proposal: id}
	return in, func(ctx context.Context) (told, error) {
		_, err := c.Service.Agree(ctx, cmd)
		return yes, err
	}
}

// play lets everybody work until ops operations are noted.
func (c *crowd) play(seed uint64, ops int) error {
	from := len(c.history)
	progress := func() (float64, bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		n := len(c.history) - from
		return float64(n) / float64(ops), n < ops && c.failed == nil
	}
	var wg sync.WaitGroup
	begin := func(client int, work func(int, *mrand.Rand, func() (float64, bool)) error) {
		wg.Go(func() {
			if err := work(client, mrand.New(mrand.NewPCG(seed, uint64(client))), progress); err != nil {
				c.mu.Lock()
				c.failed = errors.Join(c.failed, fmt.Errorf("client %d: %w", client, err))
				c.mu.Unlock()
			}
		})
	}
	for i := range sellers {
		begin(i, c.shop)
	}
	for i := range 4 {
		begin(sellers+i, c.office)
	}
	for i := range 3 {
		begin(sellers+4+i, c.again)
	}
	wg.Wait()
	return c.failed
}

// TestLinearizable lets 13 goroutines use the same vouchers at once, OPS
// operations in all, on the real store: what they saw must be what one after
// the other would have seen.
func TestLinearizable(t *testing.T) {
	ops := number(t, "OPS", wanted)
	c := newCrowd(t)
	seed := mrand.Uint64()
	t.Logf("seed %d", seed)
	for round := 0; len(c.history) < ops; round++ {
		c.deal(t, round)
		if err := c.play(seed+uint64(round), cards*perCard); err != nil {
			t.Fatal(err)
		}
	}
	result, info := porcupine.CheckOperationsVerbose(linear, c.history, 10*time.Minute)
	if result != porcupine.Ok {
		path := filepath.Join(os.TempDir(), "jate-linear.html")
		t.Errorf("%d operations: %s; see %s (%v)", len(c.history), result, path, porcupine.VisualizePath(linear, info, path))
	}
	counts := map[string]int{}
	for _, op := range c.history {
		a := op.Input.(asked)
		if a.unknown {
			counts["unknown "+string(a.kind)]++
			continue
		}
		out := string(op.Output.(told))
		if a.kind == doLookup {
			out = "seen"
		}
		counts[string(a.kind)+" "+out]++
	}
	report(t, counts)
	for _, kind := range []string{"redeem payable", "redeem payable/loss-accepted", "redeem contested/already-redeemed", "redeem contested/held",
		"redeem contested/not-home", "unknown redeem", "hold ", "release ", "void ", "propose ", "agree ", "reserve ", "reserve voucher_life", "lookup seen"} {
		if counts[kind] == 0 {
			t.Errorf("%q never happened", kind)
		}
	}
	// The books agree with the answers: nobody got more than he was told.
	c.Update(func(tx voucher.Tx) error {
		_, err := ledger.Verify(tx, ledger.Proofs{}, voucher.CheckEntry)
		return err
	})
}

// The model flags what must never be: a history in which a voucher pays two,
// or a repeated command is done twice.
func TestLinearizable_bites(t *testing.T) {
	op := func(call int64, a asked, out told) porcupine.Operation {
		return porcupine.Operation{Input: a, Output: out, Call: call, Return: call + 1}
	}
	sale := func(phone, receipt int) asked { return asked{kind: doRedeem, phone: phone, receipt: receipt, home: 0} }
	for name, history := range map[string][]porcupine.Operation{
		"two handhelds of one shop are paid": {op(1, sale(0, 0), toldPayable), op(3, sale(1, 1), toldPayable)},
		"home and a visitor are paid, and nothing was reversed": {
			op(1, asked{kind: doReserve, phone: 2}, yes), op(3, sale(2, 0), toldPayable), op(5, sale(0, 1), toldPayable), op(7, sale(2, 0), toldPayable)},
		"a resend is answered otherwise":          {op(1, sale(0, 0), toldPayable), op(3, sale(0, 0), toldLoss)},
		"a void voucher is paid":                  {op(1, asked{kind: doVoid}, yes), op(3, sale(0, 0), toldPayable)},
		"a voucher is void after it was redeemed": {op(1, sale(0, 0), toldPayable), op(3, asked{kind: doVoid}, yes)},
		"a reader sees what is no more":           {op(1, asked{kind: doHold}, yes), op(3, asked{kind: doLookup}, "active 0")},
		"one key is done twice":                   {op(1, asked{kind: doHold}, yes), op(3, asked{kind: doRelease, command: 1}, yes), op(5, asked{kind: doHold}, yes), op(7, asked{kind: doLookup}, "held 0")},
		"two proposals give two spares": {op(1, asked{kind: doPropose}, yes), op(3, asked{kind: doPropose, command: 1, proposal: 1}, yes),
			op(5, asked{kind: doAgree, command: 2}, yes), op(7, asked{kind: doAgree, command: 3, proposal: 1}, yes)},
	} {
		if porcupine.CheckOperations(linear, history) {
			t.Errorf("not flagged: %s", name)
		}
	}
	unknown := sale(0, 0)
	unknown.unknown = true
	lost := porcupine.Operation{Input: unknown, Output: told("?"), Call: 1, Return: math.MaxInt64}
	for _, seen := range []told{"active 0", "redeemed 1"} {
		if !porcupine.CheckOperations(linear, []porcupine.Operation{lost, op(3, asked{kind: doLookup}, seen)}) {
			t.Errorf("an unknown outcome cannot have been %q", seen)
		}
	}
}
