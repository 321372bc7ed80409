// The handheld as the screens see it; see api.ts. Each method takes its turn among all tabs (State.exclusive).

import type {
  CancelReason,
  Card,
  Entry,
  Exported,
  HandheldAPI,
  Handover,
  HandoverCard,
  Identity,
  Item,
  Line,
  Sale,
  Sold,
  Status,
  Synced,
  SyncProgress,
  Taker,
  TakerReason,
  Weighed,
} from './api';
import { fit, look, readCard } from './card';
import { HTTPServer, type Server } from './client';
import { isFault } from './fault';
import * as faults from './faults';
import { checkGoods, weigh } from './goods';
import { locked } from './platform';
import { activate, cancel, handed, sell } from './sell';
import { readSerial } from './serial';
import { State } from './state';
import { entriesOf, handoverOf, itemsOf, statusOf } from './status';
import type { Store } from './store';
import { type SyncOptions, fetchBundle, openLots, signed, sync, takeBundle } from './sync';
import { verifySignature } from './token';
import { wireOf } from './wire';

/** What a Handheld takes from its surroundings; nothing is required. */
export interface Config {
  /** Milliseconds since 1970; the device's clock by default. */
  readonly now?: () => number;
  /** The server; by default that of the enrolment, over HTTP. */
  readonly server?: Server;
  /** The language of the server's sentences. */
  readonly language?: () => string;
}

/** How long the server holds a card, less what a slow line may take of it; in milliseconds. */
const reservedFor = 12 * 60_000;
const noteMax = 40;
const outMax = 200;

/** An enrolled handheld. */
export class Handheld implements HandheldAPI {
  readonly identity: Identity;
  private readonly reserved = new Map<string, number>();
  private syncing: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly s: State,
    readonly server: Server,
  ) {
    this.identity = statusOf(s).identity;
  }

  /** Opens the handheld that the store holds. Throws handheld_not_enrolled, handheld_journal and handheld_storage. */
  static async open(store: Store, cfg: Config = {}): Promise<Handheld> {
    const s = await State.open(store, cfg.now ?? Date.now);
    return new Handheld(s, cfg.server ?? new HTTPServer(s.id.server, cfg.language));
  }

  look(scan: string, online = false): Promise<Card> {
    return this.noted('look', () => this.s.exclusive(async () => (await look(this.s, scan, this.s.now, online)).card));
  }

  fetchCard(number: string): Promise<Card> {
    return this.noted('fetch-card', async () => {
      const serial = readSerial(number);
      if (serial === undefined) throw faults.serialForm;
      await this.s.exclusive(async () => fit(this.s));
      const token = await this.reserve(serial).catch((err: unknown) => {
        throw isFault(err, faults.noNetwork.code) ? faults.cardNumber : err;
      });
      return this.s.exclusive(async () => {
        const { claims } = await verifySignature(token, this.s.usable().lots);
        if (claims.jti !== serial) throw faults.answer.at('token', 'of another card');
        return (await look(this.s, wireOf(token), this.s.now, true)).card;
      });
    });
  }

  weigh(card: Card, lines: readonly Line[]): Promise<Weighed> {
    return this.s.exclusive(async () => weigh(this.s.usable(), card, lines));
  }

  sell(sale: Sale): Promise<Sold> {
    return this.noted('sell', () => this.s.exclusive(() => sell(this.s, sale, false)));
  }

  sellOnline(sale: Sale): Promise<Sold> {
    return this.noted('sell-online', async () => {
      const { s } = this;
      const { serial } = await s.exclusive(async () => {
        const { card } = await look(s, sale.scan, s.now, true);
        checkGoods(s.usable(), card, sale);
        return card;
      });
      if ((this.reserved.get(serial) ?? 0) <= Date.now()) await this.reserve(serial);
      const sold = await s.exclusive(() => sell(s, sale, true));
      this.reserved.delete(serial);
      return sold;
    });
  }

  /** Has the server hold a card, and returns its token, which is not verified. */
  private async reserve(serial: string): Promise<string> {
    const path = this.s.path('reservations');
    const began = Date.now();
    const got = await signed(this.s, 'POST', path, serial, (proof) => this.server.reserve(path, proof, serial));
    if (got.serial !== serial || got.nonce === '') throw faults.answer;
    await this.s.exclusive(() => this.s.keepNonce(got.nonce));
    this.reserved.set(serial, began + reservedFor);
    return got.token;
  }

  cancel(seq: number, reason: CancelReason): Promise<string> {
    return this.noted('cancel', () => this.s.exclusive(() => cancel(this.s, seq, reason)));
  }

  lookHandover(scan: string): Promise<HandoverCard> {
    return this.s.exclusive(async () => {
      if (this.identity.purpose !== 'distribution') throw faults.purpose;
      this.s.requireFit();
      return handed(this.s, scan, this.s.now);
    });
  }

  activate(scans: readonly string[], by: Taker, reason: TakerReason = ''): Promise<string> {
    return this.noted('activate', () => this.s.exclusive(() => activate(this.s, scans, by, reason)));
  }

  openLots(code: string): Promise<number> {
    return this.noted('open-lots', () => this.s.exclusive(() => openLots(this.s, code)));
  }

  handover(): Promise<Handover> {
    return this.s.exclusive(async () => handoverOf(this.s));
  }

  async status(): Promise<Status> {
    // A storage that fails is no reason to show nothing: the status says so.
    return this.s.exclusive(async () => undefined).then(
      () => statusOf(this.s),
      () => statusOf(this.s),
    );
  }

  entries(): Promise<Entry[]> {
    return this.s.exclusive(async () => entriesOf(this.s.chain));
  }

  prices(): Promise<Item[]> {
    return this.s.exclusive(async () => itemsOf(this.s, await this.out()));
  }

  private async out(): Promise<readonly string[]> {
    const list: unknown = await this.s.store.get('out');
    return Array.isArray(list) ? (list as string[]) : [];
  }

  markStock(item: string, out: boolean): Promise<void> {
    return this.s.exclusive(async () => {
      const known = this.s.usable().items;
      if (!known.has(item)) throw faults.item.at('item', 'not on the list', item.slice(0, 40));
      const others = (await this.out()).filter((c) => c !== item && known.has(c)).slice(0, outMax);
      await this.s.save([['out', out ? [...others, item] : others]]);
    });
  }

  sync(progress?: (p: SyncProgress) => void, signal?: AbortSignal): Promise<Synced> {
    return this.syncWith({ progress, signal });
  }

  /** Is sync, with options. One sync at a time runs, in all tabs. */
  syncWith(o: SyncOptions): Promise<Synced> {
    const one = () => locked(`${this.s.store.name}-sync`, () => sync(this.s, this.server, o));
    const run = this.syncing.then(() => this.noted('sync', one));
    this.syncing = run.catch(() => undefined);
    return run;
  }

  fetchBundle(signal?: AbortSignal): Promise<void> {
    return this.noted('bundle', () => fetchBundle(this.s, this.server, signal));
  }

  takeBundle(jws: string): Promise<void> {
    return this.noted('bundle', () => this.s.exclusive(() => takeBundle(this.s, jws)));
  }

  exportJournal(all = false): Promise<Exported> {
    return this.noted('export', async () => {
      const { exportJournal } = await import('./carrier');
      return this.s.exclusive(() => exportJournal(this.s, all));
    });
  }

  importAnswers(text: string): Promise<number> {
    return this.noted('import', async () => (await import('./carrier')).importAnswers(this.s, text));
  }

  async fingerprint(): Promise<string> {
    return (await import('./enrol')).fingerprint(this.s.chain.trust.trust);
  }

  note(event: string, ms: number): void {
    this.s.note(`${event.replace(/[^a-z0-9_-]/g, '').slice(0, noteMax)} ${Math.round(ms)} ms`);
  }

  logs(): Promise<string[]> {
    return this.s.store.notes();
  }

  onChange(fn: () => void): () => void {
    return this.s.onChange(fn);
  }

  close(): void {
    this.s.close();
  }

  /** Runs fn and notes how it ended, for the office: a fault's code, never its fields, which may hold what was typed. */
  private async noted<T>(what: string, fn: () => Promise<T>): Promise<T> {
    try {
      const v = await fn();
      if (what !== 'look') this.s.note(`${what} ok`);
      return v;
    } catch (err) {
      this.s.note(`${what} ${isFault(err) ? err.code : `mistake ${err instanceof Error ? err.name : ''}`}`);
      throw err;
    }
  }
}

/** Whether a scan could be a card, a factor or neither, without judging it: for a scanner that sees several codes. */
export function kindOfScan(text: string): 'card' | 'secret' | 'number' | 'other' {
  if (/^[0-9]{16}$/.test(text)) return 'secret';
  try {
    readCard(text);
    return 'card';
  } catch (err) {
    return isFault(err, faults.cardNumber.code) ? 'number' : 'other';
  }
}
