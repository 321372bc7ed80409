// A handheld that is none: it answers the screens from a script, so that each of them can be looked at and tested
// without keys, cards or a server. Nothing of this is shipped.

import type {
  AutoSyncAPI,
  AutoSyncState,
  Card,
  Entry,
  HandheldAPI,
  Item,
  Line,
  RecordState,
  Sale,
  Status,
  Sold,
} from '../../../src/core/api';
import { Fault } from '../../../src/core/fault';
import type { Scanner, Scanning } from '../../../src/ui/camera';
import type { Door } from '../../../src/ui/door';

/** 27 November 2026, 11:20 UTC: the moment at which all pictures are taken. */
export const now = Date.UTC(2026, 10, 27, 11, 20) / 1000;
const francs = (minor: number) => ({ minor, code: 'XOF', digits: 0 });

export const items: Item[] = [
  { code: 'rice', category: 'food', en: 'Rice, 1 kg', fr: 'Riz, 1 kg', ceiling: 500, picture: 'rice', out: false },
  { code: 'millet', category: 'food', en: 'Millet, 1 kg', fr: 'Mil, 1 kg', ceiling: 250, picture: 'bag', out: false },
  { code: 'oil', category: 'food', en: 'Oil, 1 l', fr: 'Huile, 1 l', ceiling: 1000, picture: 'oil', out: false },
  { code: 'beans', category: 'food', en: 'Beans, 1 kg', fr: 'Niébé, 1 kg', ceiling: 600, picture: 'beans', out: false },
  { code: 'sugar', category: 'food', en: 'Sugar, 1 kg', fr: 'Sucre, 1 kg', ceiling: 700, picture: 'sugar', out: true },
  { code: 'soap', category: 'hygiene', en: 'Soap, 400 g', fr: 'Savon, 400 g', ceiling: 350, picture: 'soap', out: false },
  { code: 'bucket', category: 'shelter', en: 'Bucket, 15 l', fr: 'Seau, 15 l', ceiling: 2000, picture: 'bucket', out: false },
];

export const card: Card = {
  serial: '7Q2MXK4RB9TDVW3C',
  value: francs(12_500),
  expires: Date.UTC(2026, 11, 31) / 1000,
  home: true,
  secret: true,
  pin: false,
  askPIN: false,
  risk: [],
  categories: ['food', 'hygiene'],
  items: [],
  triesLeft: 3,
  scan: 'card',
};

/** What a scenario may set. */
export interface Scenario {
  purpose?: 'sales' | 'distribution';
  status?: Partial<Status>;
  sync?: Partial<AutoSyncState>;
  /** the code that look, sell, cancel and activate refuse with */
  refuse?: string;
  /** sell waits until the test calls window.durable */
  slow?: boolean;
  /** sell refuses the digits */
  wrong?: boolean;
  /** the code that open refuses with */
  shut?: string;
  card?: Partial<Card>;
  entries?: Entry[];
  /** what the camera reads, one after the other, when it is asked */
  reads?: string[];
}

const states: [RecordState, string, number, number][] = [
  ['payable', '', 10_000, 26],
  ['contested', 'not-home', 5000, 25],
  ['rejected', 'expired', 5000, 25],
  ['payable', '', 12_500, 3],
  ['waiting', 'not-activated', 5000, 2.5],
  ['cancelled', '', 10_000, 2],
  ['pending', '', 12_500, 1],
  ['pending', '', 5000, 0.2],
];

export const entries: Entry[] = states.map(([state, reason, value, hours], i) => ({
  seq: i + 1,
  hash: String(i).repeat(43),
  kind: 'receipt',
  at: now - hours * 3600,
  state,
  reason,
  sent: state !== 'pending',
  serial: `7Q2MXK4RB9TDV${i}3C`,
  value: francs(value),
  lines: [
    { item: 'rice', quantity: String(Math.floor(value / 500) - 2), price: 500 },
    { item: 'oil', quantity: '1', price: 1000 },
  ],
  cash: 0,
  shortfall: 0,
  risk: [],
  of: 0,
  serials: [],
}));

export function statusOf(s: Scenario): Status {
  const officer = s.purpose === 'distribution';
  return {
    identity: {
      handheld: officer ? 'hk3vq7d' : 'hb2n6xk',
      programme: 'mopti-2026',
      vendor: officer ? '' : 'boutique-amadou',
      purpose: s.purpose ?? 'sales',
      server: '',
    },
    time: now,
    records: 8,
    unsynced: 2,
    unsyncedSince: now - 3600,
    snapshot: now - 30 * 3600,
    freshness: 'fresh',
    policy: { fresh: 72, degraded: 168, floor: 5000, count: 40, sum: 400_000 },
    zone: 'MOPTI-SUD',
    exposure: { count: 2, francs: 17_500 },
    totals: {
      payable: [francs(22_500)],
      pending: [francs(17_500)],
      waiting: [francs(5000)],
      contested: [francs(5000)],
      rejected: [francs(5000)],
    },
    locked: [],
    warnings: [],
    fit: true,
    ...s.status,
  };
}

/** refusal is the fault of a code. */
export function refusal(code: string): Fault {
  return new Fault('denied', code, code === 'factor_wrong' ? [{ location: 'factor', message: 'tries left: 2' }] : []);
}

/** fakeDoor opens a handheld that plays a scenario. */
export function fakeDoor(s: Scenario): Door {
  const list = [...(s.entries ?? entries)];
  const stock = items.map((i) => ({ ...i }));
  const listeners = new Set<() => void>();
  let status = statusOf(s);
  const changed = () => listeners.forEach((fn) => fn());
  const judged = async <T>(value: T): Promise<T> => {
    if (s.refuse) throw refusal(s.refuse);
    return value;
  };
  const cost = (lines: readonly Line[]) => lines.reduce((n, l) => n + Math.round(Number(l.quantity) * l.price), 0);
  const sold = (): Sold => {
    const seq = list.length + 1;
    status = { ...status, records: seq, unsynced: status.unsynced + 1 };
    changed();
    return { seq, hash: 'h'.repeat(43), serial: card.serial, value: { ...card, ...s.card }.value, at: now, risk: [] };
  };
  // What was to be recorded, for the test that looks on.
  const asked = { sales: [] as unknown[], activations: [] as unknown[] };
  Object.assign(globalThis, asked);
  const sell = async (sale: Sale): Promise<Sold> => {
    asked.sales.push(sale);
    if (s.slow) await new Promise<void>((durable) => Object.assign(globalThis, { durable }));
    if (s.wrong) throw refusal('factor_wrong');
    return judged(sold());
  };
  const h: HandheldAPI = {
    identity: status.identity,
    look: async (scan, online) => {
      if (online) return { ...card, ...s.card, scan };
      return judged({ ...card, ...s.card, scan });
    },
    fetchCard: async () => judged({ ...card, ...s.card }),
    weigh: async (c, lines) => {
      const goods = cost(lines);
      return {
        goods,
        quantity: '',
        cash: Math.max(0, goods - c.value.minor),
        shortfall: Math.max(0, c.value.minor - goods),
        fits: true,
      };
    },
    sell: (sale) => sell(sale),
    sellOnline: (sale) => sell(sale),
    cancel: async () => judged('h'.repeat(43)),
    lookHandover: async (scan) =>
      judged({ serial: scan.padEnd(16, '7').slice(0, 16).toUpperCase(), value: francs(12_500), lot: 'L1', again: false }),
    activate: async (scans, by, reason) => {
      asked.activations.push([scans, by, reason]);
      return judged('h'.repeat(43));
    },
    openLots: async () => judged(1),
    handover: async () => ({
      handed: 132,
      sealed: 1,
      lots: [
        { lot: 'LOT-SEVARE', round: 'nov-2026', count: 410, spares: 8, notBefore: now, expires: now + 4e6 },
        { lot: 'LOT-FATOMA', round: 'nov-2026', count: 96, spares: 2, notBefore: now, expires: now + 4e6 },
      ],
    }),
    status: async () => status,
    entries: async () => list,
    prices: async () => stock.map((i) => ({ ...i })),
    markStock: async (code, out) => {
      const i = stock.findIndex((x) => x.code === code);
      stock[i] = { ...stock[i]!, out };
      changed();
    },
    sync: async () => ({ sent: 2, settled: 2, pending: 0 }),
    fetchBundle: async () => undefined,
    takeBundle: async () => undefined,
    exportJournal: async () => ({ text: '{}\n', records: 2, name: 'jate-hb2n6xk-20261127.jsonl' }),
    importAnswers: async () => judged(2),
    logs: async () => ['2026-11-27T09:02:11Z open 8 records', '2026-11-27T10:20:00Z sell 7', '2026-11-27T10:21:03Z sync no_network'],
    onChange: (fn) => {
      listeners.add(fn);
      return () => listeners.delete(fn);
    },
    fingerprint: async () => '4821 0973',
    note: () => undefined,
    close: () => undefined,
  };
  let state: AutoSyncState = { running: false, doneAt: now - 5400, ...s.sync };
  const watching = new Set<(x: AutoSyncState) => void>();
  const auto: AutoSyncAPI = {
    get state() {
      return state;
    },
    start: () => undefined,
    now: async () => {
      if (!navigator.onLine) {
        state = { ...state, running: false, problem: refusal('no_network') };
      } else {
        status = { ...status, unsynced: 0, unsyncedSince: 0 };
        state = { running: false, doneAt: now };
      }
      watching.forEach((fn) => fn(state));
      changed();
    },
    onChange: (fn) => {
      watching.add(fn);
      return () => watching.delete(fn);
    },
    stop: () => undefined,
  };
  return {
    open: async () => {
      if (s.shut) throw refusal(s.shut);
      return h;
    },
    enrol: async () => judged(h),
    auto: () => auto,
    carry: async () => ({ text: '{}\n', answers: 2 }),
  };
}

/** fakeScanning is a camera that shows nothing and reads what the test hands to window.read. */
export function fakeScanning(): Scanning {
  return {
    warmUp: () => undefined,
    open: async (_video, options) => {
      const waiting: string[] = [];
      let wake: (() => void) | undefined;
      let open = true;
      const looking = globalThis as { read?: (text: string) => void };
      const read = (text: string) => {
        waiting.push(text);
        wake?.();
      };
      const close = () => {
        open = false;
        if (looking.read === read) delete looking.read;
        wake?.();
      };
      options?.signal?.addEventListener('abort', close);
      looking.read = read;
      const scanner: Scanner = {
        hasTorch: true,
        torch: async () => undefined,
        close,
        again: () => undefined,
        async *[Symbol.asyncIterator]() {
          while (open) {
            const next = waiting.shift();
            if (next !== undefined) yield next;
            else await new Promise<void>((done) => (wake = done));
          }
        },
      };
      return scanner;
    },
  };
}
