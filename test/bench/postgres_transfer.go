package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// The schema that somebody would write by hand for redeeming vouchers, and no
// more: balances that cannot fall below zero, and a transfer that happens once.
// It keeps no journal that can be proved, no hashes, no receipt and no index
// of an account's postings, all of which ours has.
const schema = `
drop table if exists account, transfer;
create table account (id uuid not null, balance bigint not null check (balance >= 0));
create table transfer (id uuid primary key, debit uuid not null, credit uuid not null,
  amount bigint not null check (amount > 0), posted timestamptz not null default now());

-- one transfer; the row that many want is locked last and for the shortest time
create or replace function move(i uuid, d uuid, c uuid, a bigint) returns boolean language plpgsql as $$
begin
  insert into transfer (id, debit, credit, amount) values (i, d, c, a) on conflict (id) do nothing;
  if not found then return false; end if;
  update account set balance = balance - a where id = d;
  if not found then raise exception 'no account %', d; end if;
  update account set balance = balance + a where id = c;
  if not found then raise exception 'no account %', c; end if;
  return true;
end $$;

-- a group of transfers; each account is written once, vendors in one order
create or replace function move_many(ids uuid[], ds uuid[], cs uuid[], ams bigint[]) returns integer language plpgsql as $$
declare n integer; debits uuid[]; credits uuid[]; amounts bigint[];
begin
  with fresh as (
    insert into transfer (id, debit, credit, amount) select * from unnest(ids, ds, cs, ams)
    on conflict (id) do nothing returning debit, credit, amount)
  select count(*), array_agg(debit), array_agg(credit), array_agg(amount) into n, debits, credits, amounts from fresh;
  update account set balance = balance - s.sum
    from (select d, sum(a)::bigint from unnest(debits, amounts) as t(d, a) group by d) as s where account.id = s.d;
  perform 1 from account where id = any (credits) order by id for update;
  update account set balance = balance + s.sum
    from (select c, sum(a)::bigint from unnest(credits, amounts) as t(c, a) group by c) as s where account.id = s.c;
  return n;
end $$;`

const (
	peerSingle = "PostgreSQL, one a transaction"
	peerGroup  = "PostgreSQL, group commit in the application"

	face     = 1000 // francs of each voucher
	shops    = 50   // vendors
	together = 64   // callers and connections
	groupMax = 1024 // transfers in one call, as many as ours may put in a group
)

// load makes the tables anew, with so many vouchers and the vendors.
func (p *postgres) load(ctx context.Context, vouchers int) error {
	c, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, schema); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	i := 0
	rows := pgx.CopyFromFunc(func() ([]any, error) {
		defer func() { i++ }()
		switch {
		case i < vouchers:
			return []any{accountID(i), int64(face)}, nil
		case i < vouchers+shops:
			return []any{vendorID(i - vouchers), int64(0)}, nil
		}
		return nil, nil
	})
	if _, err := c.CopyFrom(ctx, pgx.Identifier{"account"}, []string{"id", "balance"}, rows); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	// The index is best made when the rows are there.
	for _, sql := range []string{"alter table account add primary key (id)", "vacuum analyze account"} {
		if _, err := c.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	if p.accounts != vouchers {
		p.accounts, p.order = vouchers, shuffled(vouchers)
	}
	p.next = 0
	return nil
}

// unload drops the tables, so that nothing has to be vacuumed or written back
// while something else is measured.
func (p *postgres) unload(ctx context.Context) error {
	c, err := p.connect(ctx)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, "drop table account, transfer")
	return errors.Join(err, c.Close(ctx))
}

// identifier is a random UUID that can be made again from its number.
func identifier(kind, n int) pgtype.UUID {
	u := pgtype.UUID{Valid: true}
	binary.BigEndian.PutUint64(u.Bytes[:], mix(uint64(kind)<<56|uint64(n)))
	binary.BigEndian.PutUint64(u.Bytes[8:], mix(uint64(kind)<<56|1<<55|uint64(n)))
	return u
}

func accountID(n int) pgtype.UUID  { return identifier(1, n) }
func vendorID(n int) pgtype.UUID   { return identifier(2, n%shops) }
func transferID(n int) pgtype.UUID { return identifier(3, n) }

// open gives as many connections as asked for, each with the statements that
// will be called.
func (p *postgres) open(ctx context.Context, n int) ([]*pgx.Conn, func() error, error) {
	conns := make([]*pgx.Conn, n)
	closeAll := func() error {
		return each(n, func(i int) error {
			if conns[i] == nil {
				return nil
			}
			return conns[i].Close(context.WithoutCancel(ctx))
		})
	}
	for i := range conns {
		c, err := p.connect(ctx)
		if err != nil {
			return nil, nil, errors.Join(err, closeAll())
		}
		conns[i] = c
		for name, sql := range map[string]string{"move": "select move($1,$2,$3,$4)", "move_many": "select move_many($1,$2,$3,$4)"} {
			if _, err := c.Prepare(ctx, name, sql); err != nil {
				return nil, nil, errors.Join(err, closeAll())
			}
		}
	}
	return conns, closeAll, nil
}

// single redeems vouchers one a transaction on 64 connections for the time
// given, and returns how many a second were durable.
func (p *postgres) single(ctx context.Context, within time.Duration) (float64, error) {
	conns, done, err := p.open(ctx, together)
	if err != nil {
		return 0, err
	}
	return p.timed(ctx, within, done, func(caller, voucher int) error {
		var moved bool
		err := conns[caller].QueryRow(ctx, "move", transferID(voucher), accountID(voucher), vendorID(voucher), int64(face)).Scan(&moved)
		if err == nil && !moved {
			err = fmt.Errorf("transfer %d was there already", voucher)
		}
		return err
	})
}

// wish is a caller's transfer that waits for its group.
type wish struct {
	voucher int
	done    chan error
}

// group redeems vouchers as single does, through so many writers that each
// take all that waits and make it one call. There is no timer.
func (p *postgres) group(ctx context.Context, writers int, within time.Duration) (float64, error) {
	conns, done, err := p.open(ctx, writers)
	if err != nil {
		return 0, err
	}
	queue := make(chan wish, groupMax)
	var wg sync.WaitGroup
	for _, c := range conns {
		wg.Go(func() { writeGroups(ctx, c, queue) })
	}
	answers := make([]chan error, together)
	for i := range answers {
		answers[i] = make(chan error, 1)
	}
	finish := func() error {
		close(queue)
		wg.Wait()
		return done()
	}
	return p.timed(ctx, within, finish, func(caller, voucher int) error {
		queue <- wish{voucher, answers[caller]}
		return <-answers[caller]
	})
}

// writeGroups answers wishes, all that wait in one transaction.
func writeGroups(ctx context.Context, c *pgx.Conn, queue <-chan wish) {
	for first := range queue {
		group := []wish{first}
		for more := true; more && len(group) < groupMax; {
			select {
			case w, ok := <-queue:
				if more = ok; ok {
					group = append(group, w)
				}
			default:
				more = false
			}
		}
		err := writeGroup(ctx, c, group)
		for _, w := range group {
			w.done <- err
		}
	}
}

func writeGroup(ctx context.Context, c *pgx.Conn, group []wish) error {
	n := len(group)
	ids, debits, credits := make(pgtype.FlatArray[pgtype.UUID], n), make(pgtype.FlatArray[pgtype.UUID], n), make(pgtype.FlatArray[pgtype.UUID], n)
	amounts := make(pgtype.FlatArray[int64], n)
	for i, w := range group {
		ids[i], debits[i], credits[i], amounts[i] = transferID(w.voucher), accountID(w.voucher), vendorID(w.voucher), face
	}
	var moved int
	err := c.QueryRow(ctx, "move_many", ids, debits, credits, amounts).Scan(&moved)
	if err == nil && moved != n {
		err = fmt.Errorf("%d of %d transfers were there already", n-moved, n)
	}
	return err
}

// timed lets 64 callers redeem the next vouchers in random order, checks that
// the vendors hold what was redeemed, and returns the rate.
func (p *postgres) timed(ctx context.Context, within time.Duration, done func() error, redeem func(caller, voucher int) error) (float64, error) {
	before, err := p.held(ctx)
	if err != nil {
		return 0, errors.Join(err, done())
	}
	w := newWork(p.next, p.accounts, within)
	began := time.Now()
	err = each(together, func(caller int) error {
		for {
			n, ok := w.take()
			if !ok || ctx.Err() != nil {
				return ctx.Err()
			}
			if err := redeem(caller, int(p.order[n])); err != nil {
				return err
			}
		}
	})
	n := w.taken() - p.next
	rate := perSecond(n, began)
	if err := errors.Join(err, done()); err != nil {
		return 0, err
	}
	p.next += n
	after, err := p.held(ctx)
	if err == nil && after-before != int64(n)*face {
		err = fmt.Errorf("PostgreSQL: %d transfers, and vendors hold %d more", n, after-before)
	}
	return rate, err
}

// held returns what the vendors hold.
func (p *postgres) held(ctx context.Context) (int64, error) {
	c, err := p.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close(ctx)
	ids := make(pgtype.FlatArray[pgtype.UUID], shops)
	for i := range ids {
		ids[i] = vendorID(i)
	}
	var sum int64
	err = c.QueryRow(ctx, "select coalesce(sum(balance), 0)::bigint from account where id = any ($1)", ids).Scan(&sum)
	return sum, err
}
