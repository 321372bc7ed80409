// What an enrolled handheld has in memory, and how it keeps that the same as what the database holds: one at a time, each
// time after having looked whether another tab wrote something (voucher/handheld/handheld.go).

import type { Identity, Seconds, Trust } from './api';
import { signRequest } from './ack';
import { type Bundle, type Owner, readBundle } from './bundle';
import { type Bytes, fromBase64 } from './bytes';
import { Chain, type Own } from './chain';
import { type StoredKey, isStoredKey, works } from './ed25519';
import { Fault } from './fault';
import * as faults from './faults';
import { hashOf } from './hash';
import { type JournalLine, decodeLine, encodeLine } from './journal';
import { Trusted } from './keys';
import { type Bell, locked, openBell } from './platform';
import { type Activation, type Cancellation, type Head, type Made, type Receipt, signRecord } from './record';
import { type Change, type HeadDoc, Moved, Store } from './store';

/** Who the handheld is, with the keys that it believes. */
export interface IdentityDoc extends Identity {
  readonly trust: Trust;
}

/** The freshness of signed requests. */
export interface Session {
  readonly nonce: string;
  readonly counter: number;
}

/** A record's content without what all have in common. */
export type Content =
  | { readonly kind: 'receipt'; readonly body: Omit<Receipt, keyof Head> }
  | { readonly kind: 'cancellation'; readonly body: Omit<Cancellation, keyof Head> }
  | { readonly kind: 'activation'; readonly body: Omit<Activation, keyof Head> };

/** How often an operation begins anew because another tab was faster. */
const movedMax = 5;
/** Lines are read from the database in such portions, so that a long journal does not stand in memory twice. */
const portion = 500;

/** The state of an open handheld. */
export class State {
  bundle: Bundle | undefined;
  /** Why there is no bundle. */
  unfit: Fault = faults.noBundle;
  /** The storage failed: what it holds is unknown until it is opened again. */
  broken = false;
  private readonly bell: Bell;
  private readonly listeners = new Set<() => void>();
  private tail: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly store: Store,
    readonly id: IdentityDoc,
    private readonly key: StoredKey,
    readonly owner: Owner,
    readonly chain: Chain,
    private head: HeadDoc,
    private readonly clock: () => number,
  ) {
    this.bell = openBell(store.name, () => this.tell());
  }

  /** Reads and checks what the database holds: the key works, the lines are whole, the records are one chain that our key
   * signed to its end, and what was sold is what they say. A bundle that does not verify is refused when it is needed,
   * so that records can still be sent. Throws handheld_not_enrolled, handheld_journal and handheld_storage. */
  static async open(store: Store, clock: () => number): Promise<State> {
    const id = (await store.get('identity')) as IdentityDoc | undefined;
    if (!id) throw faults.notEnrolled;
    const root = fromBase64(id.trust?.root ?? '');
    const beacon = fromBase64(id.trust?.beacon ?? '');
    if (root?.length !== 32 || beacon?.length !== 32) throw faults.journal.at('identity', 'not an identity');
    const key = await store.get('key');
    if (!isStoredKey(key) || !(await works(key))) throw faults.journal.at('key', 'missing, or does not sign');
    const owner = { handheld: id.handheld, purpose: id.purpose };
    const chain = new Chain(id.handheld, key.publicKey, new Trusted(root, beacon));
    const head = await store.head();
    const s = new State(store, id, key, owner, chain, head, clock);
    await s.readLines(head);
    await s.checkSpent();
    await s.loadBundle();
    return s;
  }

  /** Reads the lines that are not in the chain yet. The hash of each record is in the next one, so the signature of the
   * last one vouches for all of them; and acknowledgements and beacons were verified before they came into the journal:
   * the last of each is verified again, in case that the keys or the journal are not ours. The root key's word on new
   * keys always is. */
  private async readLines(head: HeadDoc): Promise<void> {
    const { chain } = this;
    if (head.lines < chain.lines) throw faults.journal.at('journal', 'shorter than it was');
    const lines: JournalLine[] = [];
    for (let from = chain.lines + 1; from <= head.lines; from += portion) {
      for (const text of await this.store.lines(from, Math.min(from + portion - 1, head.lines))) {
        const l = decodeLine(text);
        if (!l) throw faults.journal.at('journal', `line ${chain.lines + lines.length + 1} is damaged`);
        lines.push(l);
      }
    }
    const last = new Map(lines.map((l, i) => [l.kind, i]));
    for (const [i, l] of lines.entries()) (await chain.read(l, l.kind !== 'K' && last.get(l.kind) !== i)).apply();
    const end = chain.end();
    if (end.seq !== head.seq || end.hash !== head.hash) throw faults.journal.at('head', "not the journal's end");
    this.head = head;
  }

  private async checkSpent(): Promise<void> {
    if ((await this.store.lastLine()) !== this.head.lines) throw faults.journal.at('head', 'lines behind the end');
    const there = await this.store.spent();
    const { spent } = this.chain;
    if (there.length !== spent.size || there.some(([serial, hash]) => spent.get(serial) !== hash)) {
      throw faults.journal.at('spent', 'not what the records say');
    }
  }

  /** The officers' codes that opened lots, the oldest first. */
  async codes(): Promise<readonly Bytes[]> {
    const list: unknown = await this.store.get('codes');
    return Array.isArray(list) ? (list as Bytes[]) : [];
  }

  private async loadBundle(): Promise<void> {
    const jws = await this.store.get('bundle');
    if (typeof jws !== 'string') return;
    try {
      this.bundle = await readBundle(jws, this.owner, this.chain.trust, await this.chain.trust.beaconOf(jws), await this.codes());
    } catch (err) {
      if (!(err instanceof Fault)) throw err;
      this.bundle = undefined;
      this.unfit = err;
    }
  }

  /** The clock, in whole seconds. */
  get seconds(): Seconds {
    return Math.floor(this.clock() / 1000);
  }

  /** The time to judge and to record by. */
  get now(): Seconds {
    return this.chain.floor(this.seconds);
  }

  /** Runs fn alone, in this tab and in all others, on what the database holds now. */
  exclusive<T>(fn: () => Promise<T>): Promise<T> {
    const run = this.tail.then(() => locked(this.store.name, () => this.tried(fn)));
    this.tail = run.catch(() => undefined);
    return run;
  }

  private async tried<T>(fn: () => Promise<T>): Promise<T> {
    for (let moved = 0; ; moved++) {
      await this.refresh();
      try {
        return await fn();
      } catch (err) {
        if (!(err instanceof Moved)) throw err;
        if (moved === movedMax) throw faults.storage.at('journal', 'other tabs are always faster');
      }
    }
  }

  private async refresh(): Promise<void> {
    if (this.broken) return;
    if (this.store.closed) {
      this.broken = true;
      return;
    }
    try {
      const head = await this.store.head();
      const { snap, opened } = this.head;
      if (head.lines !== this.head.lines) await this.readLines(head);
      if (head.snap !== snap || head.opened !== opened) await this.loadBundle();
      this.head = head;
    } catch (err) {
      this.broken = true;
      throw err instanceof Fault ? err : faults.storage.at('read', String(err));
    }
  }

  /** Does something to the storage. After a failure nobody knows what it holds, so the handheld stops. */
  private async safely<T>(fn: () => Promise<T>): Promise<T> {
    if (this.broken) throw faults.storage;
    try {
      return await fn();
    } catch (err) {
      if (err instanceof Moved) throw err;
      this.broken = true;
      throw faults.storage.at('write', err instanceof Error ? err.name : String(err));
    }
  }

  /** Makes a line durable, with documents in the same transaction, and only then lets it count. */
  async commit(l: JournalLine, docs: Change['docs'] = [], snap = this.head.snap): Promise<void> {
    if (this.broken) throw faults.storage;
    const r = await this.chain.read(l, false);
    const next = { ...this.head, lines: this.chain.lines + 1, seq: r.seq, hash: r.hash, snap };
    await this.safely(() => this.store.append(this.head, next, { line: encodeLine(l), spending: r.spending, docs }));
    r.apply();
    this.head = next;
    this.changed();
  }

  /** How often lots under embargo were opened. */
  get opened(): number {
    return this.head.opened;
  }

  /** Replaces documents, and says so in the head. */
  async save(docs: NonNullable<Change['docs']>, change: Partial<Pick<HeadDoc, 'snap' | 'opened'>> = {}): Promise<void> {
    const next = { ...this.head, ...change };
    await this.safely(() => this.store.append(this.head, next, { docs }));
    this.head = next;
    this.changed();
  }

  /** Signs what happened as the next record, and returns it once it is durable. */
  async record(c: Content, now: Seconds, asset: string): Promise<Own> {
    const { seq, hash } = this.chain.end();
    const { handheld: dev } = this.id;
    const head: Head = { dev, seq: seq + 1, prev: hash, t: now, bcn: this.chain.beaconHash, snap: this.bundle?.snap ?? 0 };
    const made = { kind: c.kind, body: { ...head, ...c.body } } as Made;
    await this.commit({ kind: 'R', text: `${asset} ${await signRecord(made, this.key)}` });
    return this.chain.records[seq] as Own;
  }

  /** Signs a request under the next counter, which is saved before. */
  async request(method: string, path: string, body: string): Promise<string> {
    const next = (old: Session | undefined) => ({ nonce: old?.nonce ?? '', counter: (old?.counter ?? 0) + 1 });
    const s = await this.safely(() => this.store.update<Session>('session', next));
    const sha = await hashOf(body);
    return signRequest({ dev: this.id.handheld, m: method, u: path, sha, nonce: s.nonce, n: s.counter }, this.key);
  }

  /** Takes the nonce for the next request; returns whether it is another. */
  async keepNonce(nonce: string): Promise<boolean> {
    let other = false;
    await this.safely(() =>
      this.store.update<Session>('session', (old) => {
        other = old?.nonce !== nonce;
        return { nonce, counter: old?.counter ?? 0 };
      }),
    );
    return other;
  }

  /** The key that signs acknowledgements, beacons and bundles. */
  get beaconKey(): Bytes {
    return this.chain.trust.beacon;
  }

  /** The path of one of the handheld's own addresses. */
  path(what: string): string {
    return `/api/v1/handhelds/${encodeURIComponent(this.id.handheld)}/${what}`;
  }

  /** Returns the bundle, or throws why there is none. */
  usable(): Bundle {
    if (!this.bundle) throw this.unfit;
    return this.bundle;
  }

  /** Throws why the handheld must not make another record, if so. */
  requireFit(): void {
    const unfit = this.chain.unfit();
    if (unfit) throw unfit;
  }

  /** Keeps a note for the office: codes and numbers, nothing secret or personal. */
  note(text: string): void {
    const at = new Date(this.seconds * 1000).toISOString();
    this.store.note(`${at} ${text}`.slice(0, 200)).catch(() => undefined); // a note is worth no sale
  }

  /** Calls fn after anything changed; returns what ends that. */
  onChange(fn: () => void): () => void {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  private changed(): void {
    this.bell.ring();
    this.tell();
  }

  private tell(): void {
    for (const fn of [...this.listeners]) fn();
  }

  close(): void {
    this.bell.close();
    this.store.close();
  }
}
