// How the handheld stands, and what it did (voucher/handheld/status.go).

import type { Amount, Entry, Freshness, Handover, Item, RecordState, Seconds, Serial, Status } from './api';
import { freshness } from './bundle';
import { triesMax } from './card';
import type { Chain, Own } from './chain';
import type { Fault } from './fault';
import * as faults from './faults';
import { parseAsset } from './money';
import { fromWire } from './record';
import type { State } from './state';

/** How long records may wait before the screen says so. */
const warnAfter = 24 * 3600;

/** Returns how the handheld stands. */
export function statusOf(s: State): Status {
  const { chain, bundle, now } = s;
  const waiting = chain.pending();
  const unsyncedSince = waiting[0]?.made.body.t ?? 0;
  const fresh: Freshness = bundle ? freshness(bundle, now) : 'missing';
  const { trust: _, ...identity } = s.id;
  return {
    identity,
    time: now,
    records: chain.records.length,
    unsynced: waiting.length,
    unsyncedSince,
    snapshot: bundle?.snap ?? 0,
    freshness: fresh,
    ...(bundle ? { policy: bundle.policy } : {}),
    zone: bundle?.zone ?? '',
    exposure: chain.exposure(),
    totals: totals(chain),
    locked: lockedCards(chain),
    warnings: warnings(s, fresh, waiting.length > 0 ? now - unsyncedSince : 0),
    fit: !s.broken && !chain.unfit(),
  };
}

/** Returns the cards with three wrong tries, ascending. */
function lockedCards(chain: Chain): Serial[] {
  return [...chain.tries].filter(([, n]) => n >= triesMax).map(([serial]) => serial).sort();
}

function warnings(s: State, fresh: Freshness, waited: Seconds): Fault[] {
  const { chain } = s;
  const list: [boolean, Fault][] = [
    [s.broken, faults.storage],
    [chain.lost, faults.stateLost],
    [chain.quarantined, faults.quarantined],
    [!s.bundle, s.unfit],
    [fresh === 'stale', faults.bundleStale],
    [waited >= warnAfter, faults.warnUnsynced],
    [nearLimit(s), faults.warnLimit],
    [fresh === 'degraded', faults.bundleDegraded],
  ];
  return list.filter(([when]) => when).map(([, what]) => what);
}

/** Whether four fifths of a limit are used. */
function nearLimit({ bundle, chain }: State): boolean {
  if (!bundle) return false;
  const { count, sum } = bundle.policy;
  const sold = chain.exposure();
  return sold.count >= count - Math.trunc(count / 5) || sold.francs >= sum - Math.trunc(sum / 5);
}

/** Returns the handheld's own records in their order. */
export function entriesOf(chain: Chain): Entry[] {
  return chain.records.map((m) => entryOf(chain, m));
}

function stateOf(chain: Chain, m: Own): { state: RecordState; reason: string } {
  if (chain.undone.has(m.hash)) return { state: 'cancelled', reason: '' };
  const o = chain.outcomes.get(m.hash);
  return { state: o?.state ?? 'pending', reason: o?.reason ?? '' };
}

function valueOf(m: Own): Amount | undefined {
  const asset = parseAsset(m.asset);
  return m.made.kind === 'receipt' && asset ? { minor: m.made.body.amt, ...asset } : undefined;
}

function entryOf(chain: Chain, m: Own): Entry {
  const { made, hash } = m;
  const { seq, t: at } = made.body;
  const common = { seq, hash, kind: made.kind, at, ...stateOf(chain, m), sent: seq <= chain.acked };
  const none = { serial: '', lines: [], cash: 0, shortfall: 0, risk: [], of: 0, serials: [] };
  switch (made.kind) {
    case 'receipt': {
      const { jti: serial, lines, cash, short: shortfall, risk } = made.body;
      return { ...common, ...none, serial, value: valueOf(m) as Amount, lines: fromWire(lines), cash, shortfall, risk };
    }
    case 'cancellation':
      return { ...common, ...none, of: (chain.at.get(made.body.of) ?? -1) + 1, cancelReason: made.body.reason };
    case 'activation':
      return { ...common, ...none, serials: made.body.jtis, taker: made.body.by, takerReason: made.body.reason ?? '' };
  }
}

/** Adds up the sales of each state, an amount for each asset in ascending order of its text. */
function totals(chain: Chain): Partial<Record<RecordState, Amount[]>> {
  const sums = new Map<RecordState, Map<string, number>>();
  for (const m of chain.records) {
    if (m.made.kind !== 'receipt') continue;
    const { state } = stateOf(chain, m);
    const assets = sums.get(state) ?? new Map<string, number>();
    assets.set(m.asset, (assets.get(m.asset) ?? 0) + m.made.body.amt);
    sums.set(state, assets);
  }
  const out: Partial<Record<RecordState, Amount[]>> = {};
  for (const [state, assets] of sums) {
    out[state] = [...assets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([text, minor]) => amountOf(text, minor));
  }
  return out;
}

function amountOf(asset: string, minor: number): Amount {
  if (!Number.isSafeInteger(minor)) throw faults.journal.at('totals', 'beyond 53 bits');
  return { minor, ...(parseAsset(asset) ?? { code: asset, digits: 0 }) };
}

/** Returns the price list with the trader's own marks. */
export function itemsOf(s: State, out: readonly string[]): Item[] {
  return [...(s.bundle?.items.values() ?? [])].map((i) => ({
    code: i.code,
    category: i.cat,
    en: i.en,
    fr: i.fr,
    ceiling: i.max,
    picture: i.pic,
    out: out.includes(i.code),
  }));
}

/** Returns what a distribution handheld knows about the hand-over. */
export function handoverOf(s: State): Handover {
  const lots = [...(s.bundle?.lots.values() ?? [])].map(({ manifest: m }) => ({
    lot: m.lot,
    round: m.round,
    count: m.n,
    spares: m.spares,
    notBefore: m.nbf,
    expires: m.exp,
  }));
  return { handed: s.chain.handed.size, sealed: s.bundle?.sealed ?? 0, lots };
}
