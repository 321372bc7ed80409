// What the journal says, line after line (voucher/handheld/chain.go).

import type { RecordState, Seconds, Serial } from './api';
import { type Ack, type Beacon, type Outcome, parseAck, parseBeacon } from './ack';
import type { Bytes } from './bytes';
import type { Fault } from './fault';
import * as faults from './faults';
import { hashOf, noHash } from './hash';
import type { JournalLine } from './journal';
import type { Trusted } from './keys';
import { parseAsset, xof } from './money';
import { type Made, parseRecord } from './record';
import { isSerial } from './serial';

/** One of the handheld's own records. */
export interface Own {
  readonly made: Made;
  readonly hash: string;
  readonly jws: string;
  /** Of a receipt's amount, such as "XOF/0"; "-" for other records. */
  readonly asset: string;
}

/** The server's latest answer to a record. */
export interface Answered {
  readonly state: RecordState;
  readonly reason: string;
  /** Which acknowledgement it was in, from 1. */
  ack: number;
}

/** What a line changes in the set of cards that were sold. */
export interface Spending {
  readonly add: readonly (readonly [Serial, string])[];
  readonly remove: readonly Serial[];
}

/** A line that was read: what it changes, and how to let it count. */
export interface Reading {
  readonly spending: Spending;
  /** Number and hash of the last record once it counts. */
  readonly seq: number;
  readonly hash: string;
  apply(): void;
}

const nothing: Spending = { add: [], remove: [] };

/** Everything that the journal says. */
export class Chain {
  /** records[i] has number i + 1. */
  readonly records: Own[] = [];
  readonly at = new Map<string, number>();
  /** Sold and not cancelled. */
  readonly spent = new Map<Serial, string>();
  /** Cancelled receipts. */
  readonly undone = new Set<string>();
  /** Wrong secrets and PINs. */
  readonly tries = new Map<Serial, number>();
  readonly outcomes = new Map<string, Answered>();
  /** Cards that were handed over. */
  readonly handed = new Set<Serial>();
  /** How many lines were read. */
  lines = 0;
  acks = 0;
  /** The last record that the server is known to have. */
  acked = 0;
  /** The server's latest word on the time. */
  word: Seconds = 0;
  beaconHash = noHash;
  /** Of the latest record made since the server's last word. */
  since: Seconds = 0;
  /** The server knows records that are not ours. */
  lost = false;
  quarantined = false;

  constructor(
    readonly id: string,
    readonly key: Bytes,
    readonly trust: Trusted,
  ) {}

  /** Checks a line against the chain so far. With trusted, signatures are not looked at again: see open.ts. Throws
   * handheld_journal for a line that this handheld cannot have written here. */
  async read(l: JournalLine, trusted: boolean): Promise<Reading> {
    try {
      return await this.readAs(l, trusted);
    } catch (err) {
      throw faults.journal.at(`line ${this.lines + 1}`, err instanceof Error ? err.message : 'unreadable');
    }
  }

  private async readAs(l: JournalLine, trusted: boolean): Promise<Reading> {
    const { seq, hash } = this.end();
    switch (l.kind) {
      case 'R':
        return this.readRecord(l.text, trusted);
      case 'A': {
        const a = await parseAck(l.text, this.trust.beacon, trusted);
        if (a.dev !== this.id) throw faults.answer;
        return { spending: this.redone(a), seq, hash, apply: () => this.counted(() => this.answered(a)) };
      }
      case 'B': {
        const b = await parseBeacon(l.text, this.trust.beacon, trusted);
        if (b.dev !== this.id) throw faults.bundleOther;
        const name = await hashOf(l.text);
        return { spending: nothing, seq, hash, apply: () => this.counted(() => this.heard(b, name)) };
      }
      case 'K': {
        const s = await this.trust.read(l.text);
        if (!s) throw faults.answer.at('keys', 'not from the keys in use');
        return { spending: nothing, seq, hash, apply: () => this.counted(() => this.trust.succeed(s)) };
      }
      case 'T': {
        if (!isSerial(l.text)) throw faults.serialForm;
        const count = () => this.tries.set(l.text, (this.tries.get(l.text) ?? 0) + 1);
        return { spending: nothing, seq, hash, apply: () => this.counted(count) };
      }
    }
  }

  private counted(effect: () => void): void {
    effect();
    this.lines++;
  }

  private async readRecord(text: string, trusted: boolean): Promise<Reading> {
    const space = text.indexOf(' ');
    const asset = text.slice(0, space);
    const jws = text.slice(space + 1);
    if (space < 0 || (asset !== '-' && !parseAsset(asset))) throw faults.journal.at('asset', 'none');
    const made = await parseRecord(jws, trusted ? undefined : this.key);
    const hash = await hashOf(jws);
    const end = this.end();
    const { dev, seq, prev } = made.body;
    if (dev !== this.id || seq !== end.seq + 1 || prev !== end.hash) {
      throw faults.journal.at('seq', `record ${seq} after ${end.seq}`);
    }
    return { spending: this.spends(made, hash), seq, hash, apply: () => this.counted(() => this.add({ made, hash, jws, asset })) };
  }

  private spends(made: Made, hash: string): Spending {
    if (made.kind === 'receipt') return { add: [[made.body.jti, hash]], remove: [] };
    const freed = made.kind === 'cancellation' ? this.freed(made.body.of) : undefined;
    return freed === undefined ? nothing : { add: [], remove: [freed] };
  }

  /** The card that a cancellation of this receipt lets be sold again. */
  private freed(of: string): Serial | undefined {
    const serial = this.sale(of)?.jti;
    return serial !== undefined && this.spent.get(serial) === of ? serial : undefined;
  }

  /** Returns number and hash of the last record. */
  end(): { seq: number; hash: string } {
    return { seq: this.records.length, hash: this.records[this.records.length - 1]?.hash ?? noHash };
  }

  private add(m: Own): void {
    this.at.set(m.hash, this.records.length);
    this.records.push(m);
    this.since = Math.max(this.since, m.made.body.t);
    switch (m.made.kind) {
      case 'receipt':
        this.spent.set(m.made.body.jti, m.hash);
        break;
      case 'cancellation': {
        const freed = this.freed(m.made.body.of);
        this.undone.add(m.made.body.of);
        if (freed !== undefined) this.spent.delete(freed);
        break;
      }
      case 'activation':
        for (const s of m.made.body.jtis) this.handed.add(s);
    }
  }

  /** Returns the receipt with the hash. */
  sale(hash: string) {
    const m = this.records[this.at.get(hash) ?? -1]?.made;
    return m?.kind === 'receipt' ? m.body : undefined;
  }

  /** The outcomes of an acknowledgement that say something about a record of ours. One about a record that the server
   * did not keep, because an earlier one is missing, says nothing. */
  private ours(a: Ack): Outcome[] {
    return a.outcomes.filter((o) => this.at.has(o.hash) && !(o.state === 'waiting' && o.reason === 'gap'));
  }

  /** Takes back the cancellations that the server refused. */
  private redone(a: Ack): Spending {
    const add = new Map<Serial, string>();
    for (const [of, serial] of this.refusedCancellations(a)) {
      if (serial && !this.spent.has(serial) && !add.has(serial)) add.set(serial, of);
    }
    return { add: [...add], remove: [] };
  }

  private refusedCancellations(a: Ack): [string, Serial][] {
    const list: [string, Serial][] = [];
    for (const o of this.ours(a)) {
      const m = this.records[this.at.get(o.hash) as number]?.made;
      if (m?.kind !== 'cancellation' || o.state !== 'rejected') continue;
      list.push([m.body.of, this.sale(m.body.of)?.jti ?? '']);
    }
    return list;
  }

  private answered(a: Ack): void {
    this.acks++;
    const { add } = this.redone(a);
    for (const [of] of this.refusedCancellations(a)) this.undone.delete(of);
    for (const [serial, of] of add) this.spent.set(serial, of);
    for (const o of this.ours(a)) {
      this.outcomes.set(o.hash, { state: o.state, reason: o.reason, ack: this.acks });
      this.quarantined ||= o.state === 'quarantined';
    }
    this.compare(a);
    if (!this.lost) this.acked = a.seq;
    this.told(a.t);
  }

  private heard(b: Beacon, hash: string): void {
    this.compare(b);
    if (!this.lost) this.acked = Math.max(this.acked, b.seq);
    this.beaconHash = hash;
    this.told(b.t);
  }

  /** Looks whether the server's head is one of our records. If not, this state is a copy that another has gone beyond. */
  private compare(b: Beacon): void {
    if (b.seq > 0 && this.records[b.seq - 1]?.hash !== b.head) this.lost = true;
  }

  private told(t: Seconds): void {
    this.word = Math.max(this.word, t);
    this.since = 0;
  }

  /** Whether an acknowledgement says anything new about records, or about where the server stands. */
  isNews(a: Ack): boolean {
    if (a.seq !== this.acked || this.lost) return true;
    return this.ours(a).some((o) => {
      const known = this.outcomes.get(o.hash);
      return known?.state !== o.state || known.reason !== o.reason;
    });
  }

  /** Remembers that records were asked about, where the answer was no news: the others are asked about first next time. */
  askedAgain(a: Ack): void {
    this.acks++;
    for (const o of this.ours(a)) {
      const known = this.outcomes.get(o.hash);
      if (known) known.ack = this.acks;
    }
  }

  /** Returns the time to judge and to record by. */
  floor(clock: Seconds): Seconds {
    return Math.max(clock, this.word, this.since);
  }

  /** Returns the records that the server is not known to have. */
  pending(): Own[] {
    return this.records.slice(this.acked);
  }

  /** Number, and value in francs, of the sales that the server is not known to have; cancelled ones count, or selling and
   * cancelling would go on for ever. */
  exposure(): { count: number; francs: number } {
    let count = 0;
    let francs = 0;
    for (const m of this.pending()) {
      if (m.made.kind !== 'receipt') continue;
      count++;
      if (m.asset === xof) francs += m.made.body.amt;
    }
    return { count, francs };
  }

  /** Why the handheld must not make another record, if so. */
  unfit(): Fault | undefined {
    if (this.lost) return faults.stateLost;
    return this.quarantined ? faults.quarantined : undefined;
  }
}
