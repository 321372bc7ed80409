// Stories that the Go handheld told (voucher/handheld/stories_test.go): the same calls must end the same way here, rule
// by rule and code by code, and leave the same records.

import 'fake-indexeddb/auto';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';

import type { RecordState, Sale, Status, Taker, TakerReason, CancelReason } from '../../src/core/api';
import { makeKey } from '../../src/core/ed25519';
import { isFault } from '../../src/core/fault';
import { Handheld } from '../../src/core/handheld';
import { amountText } from '../../src/core/money';
import { Store } from '../../src/core/store';
import { withoutCurves } from './kit';
import { signAck } from './office';

interface Step {
  Do: 'take' | 'keys' | 'open' | 'ack' | 'look' | 'sell' | 'cancel' | 'activate' | 'reopen';
  Now: number;
  Bundle?: string;
  Keys?: string[];
  Ack?: { Seq: number; Head?: string; Time: number; Outcomes: { Seq: number; State: RecordState; Reason: string }[] };
  Sale?: {
    Scan: string;
    Factor: { Secret: string; PIN: string };
    Lines: { item: string; qty: string; price: number }[] | null;
    Cash: number;
    Shortfall: number;
  };
  Cards?: string[];
  By?: Taker;
  Seq?: number;
  Reason?: string;
  Code: string;
  Card?: Record<string, unknown>;
  Record?: Record<string, unknown>;
}

interface Story {
  Name: string;
  Purpose: 'sales' | 'distribution';
  Steps: Step[];
  End: {
    Now: number;
    Floor: number;
    Records: number;
    Unsynced: number;
    Since: number;
    Freshness: string;
    Locked: string[];
    Warnings: string[];
    Totals: Record<string, string[]>;
    Entries: string[];
  };
}

const told = JSON.parse(
  readFileSync(new URL('../../../../voucher/handheld/testdata/handheld.json', import.meta.url), 'utf8'),
) as { Root: string; Beacon: string; Stories: Story[] };

let n = 0;

/** Replays a story on a new handheld. */
class Replay {
  private readonly name = `story-${++n}`;
  private now = 0;
  private h!: Handheld;

  async begin(purpose: string): Promise<void> {
    const store = await Store.open(this.name);
    const trust = { root: told.Root, beacon: told.Beacon };
    await store.save([
      ['key', await makeKey()],
      ['session', { nonce: 'n0', counter: 0 }],
      ['identity', { handheld: 'h1', programme: 'mopti', vendor: 'v1', purpose, server: '', trust }],
    ]);
    await this.open(store);
  }

  private async open(store: Store): Promise<void> {
    const server = { enrol: never, redeem: never, bundle: never, reserve: never, successions: never };
    this.h = await Handheld.open(store, { now: () => this.now * 1000, server });
  }

  async step(s: Step): Promise<unknown> {
    this.now = s.Now;
    const { h } = this;
    switch (s.Do) {
      case 'take':
        return h.takeBundle(s.Bundle as string);
      case 'keys':
        return h.importAnswers(JSON.stringify({ keys: s.Keys }));
      case 'ack':
        return h.importAnswers(JSON.stringify({ ack: await this.ack(s.Ack as NonNullable<Step['Ack']>) }));
      case 'open':
        return h.openLots(s.Cards?.[0] ?? '');
      case 'look':
        return h.look(s.Cards?.[0] ?? '');
      case 'sell':
        return h.sell(saleOf(s.Sale as NonNullable<Step['Sale']>));
      case 'cancel':
        return h.cancel(s.Seq ?? 0, s.Reason as CancelReason);
      case 'activate':
        return h.activate(s.Cards ?? [], s.By as Taker, (s.Reason ?? '') as TakerReason);
      case 'reopen':
        h.close();
        return this.open(await Store.open(this.name));
    }
  }

  private async ack(a: NonNullable<Step['Ack']>): Promise<string> {
    const entries = await this.h.entries();
    const hash = (seq: number) => entries[seq - 1]?.hash ?? 'A'.repeat(43);
    const outcomes = a.Outcomes.map((o) => ({ seq: o.Seq, hash: hash(o.Seq), state: o.State, reason: o.Reason, leaf: null }));
    return signAck({ dev: 'h1', seq: a.Seq, head: a.Head ?? hash(a.Seq), t: a.Time, nonce: 'n2', outcomes, checkpoint: '' });
  }

  /** The payload of the last record, without what no two runs have alike. */
  async last(): Promise<Record<string, unknown>> {
    const { text } = await this.h.exportJournal(true);
    const jws = text.split('\n').filter((l) => l.includes('"records"')).flatMap((l) => (JSON.parse(l) as { records: string[] }).records);
    const payload = JSON.parse(Buffer.from(jws[jws.length - 1]?.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
    for (const name of ['ev', 'prev', 'of']) delete payload[name];
    return payload;
  }

  status(now: number): Promise<Status> {
    this.now = now;
    return this.h.status();
  }

  async states(): Promise<string[]> {
    return (await this.h.entries()).map((e) => e.state);
  }

  close(): void {
    this.h.close();
  }
}

const never = () => Promise.reject(new Error('no server in a story'));

function saleOf(s: NonNullable<Step['Sale']>): Sale {
  const lines = (s.Lines ?? []).map((l) => ({ item: l.item, quantity: l.qty, price: l.price }));
  return { scan: s.Scan, factor: { secret: s.Factor.Secret, pin: s.Factor.PIN }, lines, cash: s.Cash, shortfall: s.Shortfall };
}

async function replay(story: Story): Promise<void> {
  const r = new Replay();
  await r.begin(story.Purpose);
  for (const [i, s] of story.Steps.entries()) {
    const where = `step ${i + 1}, ${s.Do}`;
    let code = '';
    let got: unknown;
    try {
      got = await r.step(s);
    } catch (err) {
      if (!isFault(err)) throw err;
      ({ code } = err);
    }
    expect(code, where).toBe(s.Code);
    if (s.Card) expect(cardShape(got as never), where).toEqual(s.Card);
    if (s.Record) expect(await r.last(), where).toEqual(s.Record);
  }
  const status = await r.status(story.End.Now);
  const totals = Object.entries(status.totals).map(([k, list]) => [k, list.map((a) => `${amountText(a)} ${a.code}`)]);
  expect({
    Now: story.End.Now,
    Floor: status.time,
    Records: status.records,
    Unsynced: status.unsynced,
    Since: status.unsyncedSince,
    Freshness: status.freshness,
    Locked: status.locked,
    Warnings: status.warnings.map((f) => f.code),
    Totals: Object.fromEntries(totals) as unknown,
    Entries: await r.states(),
  }).toEqual(story.End);
  r.close();
}

function cardShape(c: Awaited<ReturnType<Handheld['look']>>): Record<string, unknown> {
  return {
    Serial: c.serial,
    Value: c.value.minor,
    Asset: `${c.value.code}/${c.value.digits}`,
    Expires: c.expires,
    Home: c.home,
    Secret: c.secret,
    PIN: c.pin,
    AskPIN: c.askPIN,
    Risk: c.risk,
    Categories: c.categories,
    Items: c.items,
  };
}

describe('stories told by the Go handheld', () => {
  it('there are some', () => {
    expect(told.Stories.length).toBeGreaterThan(40);
    const codes = new Set(told.Stories.flatMap((s) => s.Steps.filter((x) => x.Do === 'sell').map((x) => x.Code)));
    expect(codes.size).toBeGreaterThan(30);
  });
  it.each(told.Stories)('$Name', replay);
});

describe('the same without Ed25519 and X25519 in the browser', () => {
  let restore = () => {};
  afterEach(() => restore());
  const some = ['a day in the shop', 'three wrong tries', 'a hand-over', 'bundles good and bad', "a forger's signature"];
  it.each(told.Stories.filter((s) => some.includes(s.Name)))('$Name', async (story) => {
    restore = withoutCurves();
    await replay(story);
  });
});
