package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/voucher"
)

const ours = "ours"

// books are the ledger alone: a store with so many funded vouchers, and
// nothing above package ledger.
type books struct {
	dir      string
	db       *bolt.DB
	counters *counters
	accounts int
	order    []int32
	next     int // in order: vouchers before it are spent
}

// openBooks opens the store in a folder and funds vouchers there if it is new.
func openBooks(ctx context.Context, dir string, accounts int) (*books, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	db, err := bolt.Open(filepath.Join(dir, "jate.db"), bolt.Options{Registerer: registry})
	if err != nil {
		return nil, err
	}
	b := &books{dir: dir, db: db, counters: countersOf(registry), accounts: accounts, order: shuffled(accounts)}
	var size uint64
	err = db.Ledger().View(ctx, func(tx ledger.Tx) (err error) {
		size, err = tx.Size()
		return err
	})
	if err == nil && size == 0 {
		err = b.fund(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return b, nil
}

// The actors of a round's entries.
var (
	treasurer = ledger.Actor{Role: "finance-preparer", Name: "p9"}
	rules     = ledger.Actor{Role: "server", Name: "rules"}
)

const round = "r1"

// allocate gives a round what its vouchers will hold.
func allocate(tx ledger.Tx, worth money.Amount) error {
	for _, e := range []ledger.Entry{
		{Kind: ledger.KindFund, Postings: []ledger.Posting{{Debit: ledger.Bank("b1"), Credit: ledger.Fund("f1"), Amount: worth}}},
		{Kind: ledger.KindAllocate, Round: round, Postings: []ledger.Posting{{Debit: ledger.Fund("f1"), Credit: ledger.Round(round), Amount: worth}}},
	} {
		e.Actor = treasurer
		if _, err := ledger.Post(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// fund issues the vouchers in bulk: 100 to an entry, 5,000 to a transaction.
func (b *books) fund(ctx context.Context) error {
	const perEntry, perUpdate = 100, 5_000
	s := b.db.Ledger()
	err := s.Update(ctx, func(tx ledger.Tx) error { return allocate(tx, money.Francs(int64(b.accounts)*face)) })
	if err != nil {
		return err
	}
	w := newWork(0, (b.accounts+perUpdate-1)/perUpdate, 0)
	return each(2, func(int) error {
		for {
			n, ok := w.take()
			if !ok || ctx.Err() != nil {
				return ctx.Err()
			}
			from, to := n*perUpdate, min((n+1)*perUpdate, b.accounts)
			err := s.Update(ctx, func(tx ledger.Tx) error {
				for ; from < to; from += perEntry {
					if err := fundSome(tx, "l1", from, min(from+perEntry, to)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("fund vouchers: %w", err)
			}
			if n%100 == 99 {
				say("  %d of %d vouchers funded", to, b.accounts)
			}
		}
	})
}

// fundSome issues vouchers of a lot with one entry.
func fundSome(tx ledger.Tx, lot string, from, to int) error {
	e := ledger.Entry{Kind: ledger.KindIssue, Actor: rules, Round: round, Ref: lot}
	for i := from; i < to; i++ {
		salt := binary.BigEndian.AppendUint64(make([]byte, 8), mix(uint64(i)))
		if err := tx.PutVoucherSalt(voucherAccount(i), salt); err != nil {
			return err
		}
		e.Postings = append(e.Postings, ledger.Posting{Debit: ledger.Round(round), Credit: voucherAccount(i), Amount: money.Francs(face)})
	}
	_, err := ledger.Post(tx, e)
	return err
}

// voucherAccount is one household's one voucher: households are numbered as
// they were registered, serials are random.
func voucherAccount(i int) ledger.Account {
	drawn := binary.BigEndian.AppendUint64(make([]byte, 0, 16), mix(uint64(i)))
	drawn = binary.BigEndian.AppendUint64(drawn, mix(mix(uint64(i))))
	serial, err := voucher.NewSerial(bytes.NewReader(drawn))
	if err != nil {
		panic(err) // ten of sixteen bytes are there
	}
	return ledger.Voucher(numbered("h", i+1), string(serial))
}

func shopAccount(i int) ledger.Account { return ledger.Redeemed(numbered("v", i%shops+1)) }

func numbered(of string, n int) string { return of + strconv.Itoa(n) }

// redemption is the entry by which voucher i is redeemed, with the facts that
// the service gives it.
func redemption(i int) ledger.Entry {
	var hash [32]byte
	binary.BigEndian.PutUint64(hash[:], mix(uint64(i)))
	return ledger.Entry{Kind: ledger.KindRedeem, Actor: rules, Round: round,
		Ref:      base64.RawURLEncoding.EncodeToString(hash[:]),
		Facts:    map[string]string{"handheld": numbered("h", i%together+1)},
		Postings: []ledger.Posting{{Debit: voucherAccount(i), Credit: shopAccount(i), Amount: money.Francs(face)}}}
}

// redeem posts so many redemptions, each its own durable transaction, from 64
// callers in random order. It returns how many a second.
func (b *books) redeem(ctx context.Context, postings int) (float64, error) {
	if b.next+postings > b.accounts {
		return 0, fmt.Errorf("%d vouchers are left, %d are wanted", b.accounts-b.next, postings)
	}
	s := b.db.Ledger()
	before, err := b.held(ctx)
	if err != nil {
		return 0, err
	}
	w := newWork(b.next, b.next+postings, 0)
	b.next += postings
	b.counters.start()
	began := time.Now()
	err = each(together, func(int) error {
		for {
			n, ok := w.take()
			if !ok || ctx.Err() != nil {
				return ctx.Err()
			}
			e := redemption(int(b.order[n]))
			err := s.Update(ctx, func(tx ledger.Tx) error {
				_, err := ledger.Post(tx, e)
				return err
			})
			if err != nil {
				return err
			}
		}
	})
	rate := perSecond(postings, began)
	if err == nil {
		err = b.counters.stop(postings)
	}
	if err != nil {
		return 0, err
	}
	after, err := b.held(ctx)
	if err == nil && after-before != int64(postings)*face {
		err = fmt.Errorf("%d redemptions, and vendors hold %d more", postings, after-before)
	}
	return rate, err
}

// held returns what the vendors hold.
func (b *books) held(ctx context.Context) (int64, error) {
	var sum int64
	err := b.db.Ledger().View(ctx, func(tx ledger.Tx) error {
		sum = 0
		for i := range shops {
			m, err := tx.Balance(shopAccount(i), money.XOF)
			if err != nil {
				return err
			}
			sum += m.Minor()
		}
		return nil
	})
	return sum, err
}

// ledgerLines measures the ledger alone: in a folder that is made anew for each
// repetition, as PostgreSQL's tables are.
func (b *bench) ledgerLines(ctx context.Context) error {
	s := series{}
	var seen *counters
	for i := range b.reps {
		if err := b.pg.load(ctx, b.postings); err != nil {
			return err
		}
		dir := filepath.Join(b.dir, fmt.Sprintf("ledger-%d", i))
		own, err := openBooks(ctx, dir, b.postings)
		if err != nil {
			return err
		}
		reload := func() error { return b.pg.load(ctx, b.postings) }
		err = b.repeatLedger(ctx, s, own, reload, i)
		seen = own.counters
		began := time.Now()
		err = errors.Join(err, own.db.Close())
		s.add("close", time.Since(began).Seconds())
		if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
			return err
		}
	}
	b.report.add(
		s.against("ledger alone, 64 callers", ours, peerSingle, 5).
			noted("%s redemptions in each repetition; closing the store took %.1f s more", figure(float64(b.postings), ""), median(s["close"])),
		s.against("ledger alone, 64 callers", ours, peerGroup, 1.5),
		s.against("ledger alone, 64 callers", ours, peerAppend, 0.5).noted("%d bytes each, as many as ours appends", b.appended.Load()))
	b.report.count("ledger alone: %s", seen)
	return b.pg.unload(ctx)
}

// largeLines measures the same with many vouchers in the folder, which last
// for all repetitions.
func (b *bench) largeLines(ctx context.Context) error {
	dir, err := b.largeFolder(ctx)
	if err != nil {
		return err
	}
	own, err := openBooks(ctx, dir, b.accounts)
	if err != nil {
		return err
	}
	err = b.pg.load(ctx, b.accounts)
	s := series{}
	for i := 0; i < b.reps && err == nil; i++ {
		err = b.repeatLedger(ctx, s, own, func() error { return nil }, i)
	}
	if err := errors.Join(err, own.db.Close()); err != nil {
		return err
	}
	name := fmt.Sprintf("ledger alone, %s vouchers in the folder", figure(float64(b.accounts), ""))
	b.report.add(s.against(name, ours, peerSingle, 3), s.against(name, ours, peerGroup, 1.2))
	b.report.count("%s: %s", name, own.counters)
	return errors.Join(b.pg.unload(ctx), os.RemoveAll(dir))
}

// repeatLedger runs each of the competitors once.
func (b *bench) repeatLedger(ctx context.Context, s series, own *books, reload func() error, i int) error {
	unix.Sync() // what was prepared is nobody's burden
	single, err := b.pg.single(ctx, b.seconds)
	if err != nil {
		return err
	}
	unix.Sync()
	mine, err := own.redeem(ctx, b.postings)
	if err != nil {
		return err
	}
	// The better of one writer and two is the peer.
	group := 0.0
	for writers := range 2 {
		if err := reload(); err != nil {
			return err
		}
		unix.Sync()
		rate, err := b.pg.group(ctx, writers+1, b.seconds)
		if err != nil {
			return err
		}
		group = max(group, rate)
	}
	if n := own.counters.walBytesEach(); n > 0 {
		b.appended.Store(n)
	}
	alone, err := appendAlone(b.dir, int(b.appended.Load()), b.seconds)
	if err != nil {
		return err
	}
	s.add(ours, mine)
	s.add(peerSingle, single)
	s.add(peerGroup, group)
	s.add(peerAppend, alone)
	say("  %d of %d: ours %.0f/s, PostgreSQL %.0f/s and in groups %.0f/s, append alone %.0f/s", i+1, b.reps, mine, single, group, alone)
	return nil
}

// largeFolder returns a folder with many vouchers: a copy of the one that is
// kept between runs, or one that is made now.
func (b *bench) largeFolder(ctx context.Context) (string, error) {
	dir := filepath.Join(b.dir, "large")
	if b.cache == "" {
		return dir, nil
	}
	kept := filepath.Join(b.cache, fmt.Sprintf("vouchers-2-%d", b.accounts))
	if _, err := os.Stat(kept); errors.Is(err, os.ErrNotExist) {
		made := kept + ".part"
		if err := os.RemoveAll(made); err != nil {
			return "", err
		}
		own, err := openBooks(ctx, made, b.accounts)
		if err != nil {
			return "", err
		}
		if err := errors.Join(own.db.Close(), os.Rename(made, kept)); err != nil {
			return "", err
		}
	}
	return dir, os.CopyFS(dir, os.DirFS(kept))
}

// appended is how many bytes ours appends for one redemption, as last counted.
type appended = atomic.Int64
