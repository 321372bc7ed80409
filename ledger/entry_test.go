package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/ledgertest"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/mem"
)

var (
	clerk = ledger.Actor{Role: "finance", Name: "p7"}
	rice  = mustAsset("RICE-KG", 2)
)

func mustAsset(code string, digits int) money.Asset {
	a, err := money.NewAsset(code, digits)
	if err != nil {
		panic(err)
	}
	return a
}

// permitted says again, in words of its own, what each kind may do: "from" is
// debited, "to" is credited; k stands for kilos, f for francs.
var permitted = map[ledger.Kind]string{
	ledger.KindPledgeFund: "receivable fund f",
	ledger.KindFund:       "bank receivable f, bank fund f",
	ledger.KindAllocate:   "fund round f, fund contingency f, fund fees f, pledge round k, pledge contingency k",
	ledger.KindIssue:      "round beneficiary fk",
	ledger.KindRedeem:     "beneficiary redeemed fk",
	ledger.KindVoid:       "beneficiary round fk",
	ledger.KindExpire:     "beneficiary round fk",
	ledger.KindReissue:    "beneficiary beneficiary fk",
	ledger.KindAcceptLoss: "contingency redeemed fk",
	ledger.KindClaim: "redeemed claimed f, redeemed pledge k, round claimed f, contingency claimed f, fees claimed f, claimed fees f, " +
		"claimed withheld f, withheld claimed f",
	ledger.KindFreeze:   "redeemed contested fk, claimed contested f",
	ledger.KindRelease:  "contested redeemed fk, contested claimed f",
	ledger.KindSettle:   "claimed transit f",
	ledger.KindConfirm:  "transit bank f",
	ledger.KindAdvance:  "advance bank f",
	ledger.KindRecover:  "claimed advance f, claimed debt f, recoverable round f",
	ledger.KindOwe:      "debt recoverable f",
	ledger.KindRepay:    "bank advance f, bank debt f",
	ledger.KindWriteOff: "fund advance f, recoverable debt f",
	ledger.KindRemit:    "withheld bank f",
	ledger.KindReturn: "round fund f, contingency fund f, fees fund f, round pledge k, contingency pledge k, " +
		"fund bank f",
	ledger.KindReverse: "redeemed beneficiary fk, claimed beneficiary f, contested beneficiary fk, " +
		"redeemed contingency fk, claimed contingency f, contested contingency fk, transit claimed f, bank claimed f, bank unexplained f, suspense bank f",
	ledger.KindTransfer: "bank bank f",
	ledger.KindCharge:   "fees bank f, bank fees f, fees claimed f",
	ledger.KindSuspend:  "unexplained bank f, bank suspense f",
	ledger.KindDecision: "",
}

// move is one of the movements that permitted lists.
type move struct{ debit, credit ledger.Class }

// moves is permitted, read: what may move where, and of which assets.
var moves = func() map[ledger.Kind]map[move][]money.Asset {
	all := map[ledger.Kind]map[move][]money.Asset{}
	for k, text := range permitted {
		all[k] = map[move][]money.Asset{}
		for line := range strings.SplitSeq(text, ", ") {
			if w := strings.Fields(line); len(w) == 3 {
				for _, c := range w[2] {
					m := move{ledger.Class(w[0]), ledger.Class(w[1])}
					all[k][m] = append(all[k][m], map[rune]money.Asset{'f': money.XOF, 'k': rice}[c])
				}
			}
		}
	}
	return all
}()

// pair returns two accounts of each class, of round r1 where they have one.
func pair(c ledger.Class) [2]ledger.Account {
	two := func(f func(string) ledger.Account) [2]ledger.Account { return [2]ledger.Account{f("x1"), f("x2")} }
	same := func(a ledger.Account) [2]ledger.Account { return [2]ledger.Account{a, a} }
	switch c {
	case ledger.ClassRedeemed:
		return two(ledger.Redeemed)
	case ledger.ClassClaimed:
		return two(ledger.Claimed)
	case ledger.ClassContested:
		return two(ledger.Contested)
	case ledger.ClassVoucher:
		return [2]ledger.Account{ledger.Voucher("hh-1", "SER1"), ledger.Voucher("hh-2", "SER2")}
	case ledger.ClassRound, ledger.ClassContingency, ledger.ClassFees, ledger.ClassPledge, ledger.ClassRecoverable, ledger.ClassControl:
		return same(ledger.Account(string(c) + ":r1"))
	}
	return two(func(id string) ledger.Account { return ledger.Account(string(c) + ":" + id) })
}

var classes = []ledger.Class{ledger.ClassBank, ledger.ClassReceivable, ledger.ClassFund, ledger.ClassRound,
	ledger.ClassContingency, ledger.ClassFees, ledger.ClassVoucher, ledger.ClassPledge, ledger.ClassRedeemed,
	ledger.ClassClaimed, ledger.ClassContested, ledger.ClassTransit, ledger.ClassAdvance, ledger.ClassWithheld,
	ledger.ClassSuspense, ledger.ClassUnexplained, ledger.ClassDebt, ledger.ClassRecoverable, ledger.ClassControl}

var errTried = errors.New("tried")

// try reports what Post says of the entry, and leaves nothing.
func try(t testing.TB, s ledger.Store, e ledger.Entry) (posted ledger.Entry, refused error) {
	t.Helper()
	err := s.Update(t.Context(), func(tx ledger.Tx) error {
		posted, refused = ledger.Post(tx, e)
		return errTried
	})
	if !errors.Is(err, errTried) {
		t.Fatal(err)
	}
	return posted, refused
}

// rich returns a store in which every account holds a thousand of each asset.
func rich(t testing.TB) ledger.Store {
	t.Helper()
	s := mem.Open(ledgertest.Clock()).Ledger()
	if err := s.Update(t.Context(), func(tx ledger.Tx) error {
		var errs []error
		for _, c := range classes {
			for _, a := range pair(c) {
				if a.IsVoucher() {
					errs = append(errs, tx.PutVoucherSalt(a, []byte("salt of "+a)))
				}
				for _, asset := range []money.Asset{money.XOF, rice} {
					errs = append(errs, tx.PutBalance(a, money.FromMinor(1000, asset)))
				}
			}
		}
		return errors.Join(errs...)
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// Each kind moves value along its own flows, of the assets that both sides may
// hold, and along no other.
func TestPost_flows(t *testing.T) {
	s := rich(t)
	for kind := range permitted {
		allowed := moves[kind]
		for _, debit := range classes {
			for _, credit := range classes {
				for _, asset := range []money.Asset{money.XOF, rice} {
					_, err := try(t, s, ledger.Entry{Kind: kind, Actor: clerk, Round: "r1", Postings: []ledger.Posting{
						{Debit: pair(debit)[0], Credit: pair(credit)[1], Amount: money.FromMinor(1, asset)}}})
					want := error(ledger.ErrFlow)
					if kind == ledger.KindDecision {
						want = ledger.ErrEntry
					}
					if slices.Contains(allowed[move{debit, credit}], asset) {
						want = nil
					}
					if !errors.Is(err, want) {
						t.Errorf("%s: %s -> %s of %s: %v, want %v", kind, debit, credit, asset, err, want)
					}
				}
			}
		}
	}
}

func TestPost_refuses(t *testing.T) {
	s := rich(t)
	redeem := func(edit func(*ledger.Entry)) ledger.Entry {
		e := ledger.Entry{Kind: ledger.KindRedeem, Actor: clerk, Round: "r1", Ref: "receipt", Postings: []ledger.Posting{
			{Debit: pair(ledger.ClassVoucher)[0], Credit: ledger.Redeemed("x1"), Amount: money.Francs(1000)}}}
		edit(&e)
		return e
	}
	if _, err := try(t, s, redeem(func(*ledger.Entry) {})); err != nil {
		t.Fatalf("the entry that the others vary is refused: %v", err)
	}
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		edit func(*ledger.Entry)
		want *fault.Error
	}{
		"more than there is":    {func(e *ledger.Entry) { e.Postings[0].Amount = money.Francs(1001) }, ledger.ErrOverdrawn},
		"more in two steps":     {func(e *ledger.Entry) { e.Postings = append(e.Postings, e.Postings[0]) }, ledger.ErrOverdrawn},
		"nothing":               {func(e *ledger.Entry) { e.Postings[0].Amount = money.Francs(0) }, ledger.ErrEntry},
		"less than nothing":     {func(e *ledger.Entry) { e.Postings[0].Amount = money.Francs(-1) }, ledger.ErrEntry},
		"an amount of no asset": {func(e *ledger.Entry) { e.Postings[0].Amount = money.Amount{} }, ledger.ErrEntry},
		"no postings":           {func(e *ledger.Entry) { e.Postings = nil }, ledger.ErrEntry},
		"too many postings":     {func(e *ledger.Entry) { e.Postings = slices.Repeat(e.Postings, 2001) }, ledger.ErrEntry},
		"an unknown kind":       {func(e *ledger.Entry) { e.Kind = "gift" }, ledger.ErrEntry},
		"no round":              {func(e *ledger.Entry) { e.Round = "" }, ledger.ErrEntry},
		"a malformed round":     {func(e *ledger.Entry) { e.Round = "r 1" }, ledger.ErrEntry},
		"another round's money": {func(e *ledger.Entry) {
			e.Kind, e.Round, e.Postings[0].Credit = ledger.KindVoid, "r2", ledger.Round("r1")
		}, ledger.ErrFlow},
		"a voucher reversed without its round": {func(e *ledger.Entry) {
			*e = ledger.Entry{Kind: ledger.KindReverse, Actor: clerk, Postings: ledger.Reversal(e.Postings)}
		}, ledger.ErrFlow},
		"a voucher to itself": {func(e *ledger.Entry) {
			e.Kind, e.Postings[0].Credit = ledger.KindReissue, e.Postings[0].Debit
		}, ledger.ErrFlow},
		"a pseudonym":              {func(e *ledger.Entry) { e.Postings[0].Debit = ledger.Pseudonym([]byte("s"), "SER1") }, ledger.ErrAccount},
		"an account of no class":   {func(e *ledger.Entry) { e.Postings[0].Credit = "vendor:x1:lost" }, ledger.ErrAccount},
		"an empty part":            {func(e *ledger.Entry) { e.Postings[0].Credit = "vendor::redeemed" }, ledger.ErrAccount},
		"a space in an account":    {func(e *ledger.Entry) { e.Postings[0].Credit = "vendor:x 1:redeemed" }, ledger.ErrAccount},
		"a long account":           {func(e *ledger.Entry) { e.Postings[0].Credit = ledger.Redeemed(strings.Repeat("v", 120)) }, ledger.ErrAccount},
		"no actor":                 {func(e *ledger.Entry) { e.Actor.Name = "" }, ledger.ErrEntry},
		"a control character":      {func(e *ledger.Entry) { e.Ref = "a\nb" }, ledger.ErrEntry},
		"a line separator":         {func(e *ledger.Entry) { e.Facts = map[string]string{"a": "\u2028"} }, ledger.ErrEntry},
		"broken UTF-8":             {func(e *ledger.Entry) { e.Actor.Name = "\xff" }, ledger.ErrEntry},
		"a fact's name with space": {func(e *ledger.Entry) { e.Facts = map[string]string{"a b": ""} }, ledger.ErrEntry},
		"a long fact":              {func(e *ledger.Entry) { e.Facts = map[string]string{"a": strings.Repeat("x", 513)} }, ledger.ErrEntry},
		"seventeen facts": {func(e *ledger.Entry) {
			e.Facts = map[string]string{}
			for i := range 17 {
				e.Facts[fmt.Sprint(i)] = ""
			}
		}, ledger.ErrEntry},
		"an interval backwards": {func(e *ledger.Entry) { e.From, e.To = at, at.Add(-time.Hour) }, ledger.ErrEntry},
		"a year of five digits": {func(e *ledger.Entry) { e.From, e.To = at, at.AddDate(8000, 0, 0) }, ledger.ErrEntry},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := try(t, s, redeem(c.edit)); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestPost(t *testing.T) {
	s := rich(t)
	t.Run("times are kept in UTC seconds", func(t *testing.T) {
		from := time.Date(2025, 1, 31, 23, 59, 59, 999, time.FixedZone("", 3600))
		e, err := try(t, s, ledger.Entry{Kind: ledger.KindDecision, Actor: clerk, From: from, To: from})
		if want := time.Date(2025, 1, 31, 22, 59, 59, 0, time.UTC); err != nil || e.From != want || e.To != want {
			t.Errorf("%s to %s, %v; want %s", e.From, e.To, err, want)
		}
	})
	t.Run("what happened at an unknown time happened when it was posted", func(t *testing.T) {
		e, err := try(t, s, ledger.Entry{Kind: ledger.KindDecision, Actor: clerk})
		if err != nil || e.Posted.IsZero() || e.From != e.Posted || e.To != e.Posted {
			t.Errorf("%+v, %v", e, err)
		}
	})
	t.Run("an account may fall below zero inside an entry, not after it", func(t *testing.T) {
		x1, x2 := pair(ledger.ClassVoucher)[0], pair(ledger.ClassVoucher)[1]
		_, err := try(t, s, ledger.Entry{Kind: ledger.KindReissue, Actor: clerk, Round: "r1", Postings: []ledger.Posting{
			{Debit: x1, Credit: x2, Amount: money.Francs(1500)}, {Debit: x2, Credit: x1, Amount: money.Francs(600)}}})
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("a closed period takes nothing more", func(t *testing.T) {
		err := s.Update(t.Context(), func(tx ledger.Tx) error {
			if err := tx.PutClosedThrough(tx.Now()); err != nil {
				return err
			}
			_, err := ledger.Post(tx, ledger.Entry{Kind: ledger.KindDecision, Actor: clerk})
			return err
		})
		if !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("%v, want ErrClosed", err)
		}
	})
	t.Run("the entry given is not touched", func(t *testing.T) {
		facts := map[string]string{"a": "b"}
		e, err := try(t, s, ledger.Entry{Kind: ledger.KindDecision, Actor: clerk, Facts: facts})
		if err != nil {
			t.Fatal(err)
		}
		e.Facts["a"] = "c"
		if !maps.Equal(facts, map[string]string{"a": "b"}) {
			t.Errorf("the caller's facts became %v", facts)
		}
	})
}

// Had a refused command a result meanwhile, under the same key, that one is the
// answer: one key, one effect.
func TestOnce_overtaken(t *testing.T) {
	s := mem.Open(ledgertest.Clock()).Ledger()
	k := ledger.CommandKey{Actor: "staff", Key: "k"}
	give := func(update func(func(ledger.Tx) error) error, fn func(ledger.Tx) (int, error)) (int, error) {
		return ledger.Once(t.Context(), func(_ context.Context, f func(ledger.Tx) error) error { return update(f) }, k, "command", fn)
	}
	plain := func(f func(ledger.Tx) error) error { return s.Update(t.Context(), f) }
	first := true
	got, err := give(func(f func(ledger.Tx) error) error {
		err := plain(f)
		if first {
			first = false
			if n, err := give(plain, func(ledger.Tx) (int, error) { return 7, nil }); n != 7 || err != nil {
				t.Fatal(n, err)
			}
		}
		return err
	}, func(ledger.Tx) (int, error) { return 0, ledger.ErrOverdrawn })
	if got != 7 || err != nil {
		t.Errorf("answered %d, %v; the stored result is 7", got, err)
	}
}
