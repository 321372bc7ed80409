// What a handheld must not lose, in one IndexedDB database:
//
//	docs     key, identity, session, bundle, head, out (of stock), codes (of officers): each replaced as a whole
//	journal  number of a line, from 1 -> the line (journal.ts); it only grows
//	spent    serial -> hash of the receipt that it was sold with, unless that was cancelled
//	log      what happened, for the office; the last 500 notes
//
// A line is appended in one readwrite transaction with strict durability, which compares the head with what the caller
// believes it to be. So two tabs can never write two lines, or two records, under one number, and a card is in spent at
// most once. Every promise of a write is resolved after the transaction's complete event, and not before.

import * as faults from './faults';
import { noHash } from './hash';
import type { Spending } from './chain';

/** Where the journal ends, and which bundle is carried. */
export interface HeadDoc {
  readonly lines: number;
  readonly seq: number;
  readonly hash: string;
  /** Number of the bundle; 0 for none. */
  readonly snap: number;
  /** How often lots under embargo were opened. */
  readonly opened: number;
}

export const emptyHead: HeadDoc = { lines: 0, seq: 0, hash: noHash, snap: 0, opened: 0 };

export type DocName = 'key' | 'identity' | 'session' | 'bundle' | 'head' | 'out' | 'codes';

/** Thrown where another tab has written since; nothing was written, and the caller looks again. */
export class Moved extends Error {
  constructor() {
    super('another tab has written to the journal');
    this.name = 'Moved';
  }
}

/** What append writes, all of it or nothing. */
export interface Change {
  readonly line?: string;
  readonly spending?: Spending;
  readonly docs?: readonly (readonly [DocName, unknown])[];
}

const version = 1;
const logMax = 500;
const strict: IDBTransactionOptions = { durability: 'strict' };

function asked<T>(r: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    r.onsuccess = () => resolve(r.result);
    r.onerror = () => reject(r.error ?? new Error('refused'));
  });
}

function completed(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error ?? new Error('aborted'));
  });
}

function sameHead(a: HeadDoc, b: HeadDoc): boolean {
  return a.lines === b.lines && a.seq === b.seq && a.hash === b.hash && a.snap === b.snap && a.opened === b.opened;
}

/** The database of one handheld. */
export class Store {
  /** Set once the browser has closed the connection, as it does when somebody clears the site's data. */
  closed = false;

  private constructor(
    readonly name: string,
    private readonly db: IDBDatabase,
  ) {
    db.onclose = () => {
      this.closed = true;
    };
    // A newer program in another tab must not wait for this one.
    db.onversionchange = () => this.close();
  }

  /** Opens the database, and makes it where there is none. Throws handheld_storage. */
  static async open(name = 'jate-handheld'): Promise<Store> {
    try {
      const r = indexedDB.open(name, version);
      r.onupgradeneeded = () => {
        for (const s of ['docs', 'journal', 'spent']) r.result.createObjectStore(s);
        r.result.createObjectStore('log', { autoIncrement: true });
      };
      return new Store(name, await asked(r));
    } catch (err) {
      throw faults.storage.at('open', err instanceof Error ? err.name : 'refused');
    }
  }

  /** Returns a document, or undefined where none was saved. */
  get(name: DocName): Promise<unknown> {
    return asked(this.db.transaction('docs').objectStore('docs').get(name));
  }

  /** Returns where the journal ends. */
  async head(): Promise<HeadDoc> {
    return ((await this.get('head')) as HeadDoc | undefined) ?? emptyHead;
  }

  /** Returns lines from a number on, and fails where a number is missing. */
  async lines(from: number, to: number): Promise<unknown[]> {
    if (to < from) return [];
    const range = IDBKeyRange.bound(from, to);
    const list = await asked(this.db.transaction('journal').objectStore('journal').getAll(range));
    if (list.length !== to - from + 1) throw faults.journal.at('journal', `${list.length} lines from ${from} to ${to}`);
    return list;
  }

  /** Returns all lines that are there, whatever the head says. */
  allLines(): Promise<unknown[]> {
    return asked(this.db.transaction('journal').objectStore('journal').getAll());
  }

  /** Returns the number of the last line that is there, whatever the head says; 0 for none. */
  async lastLine(): Promise<number> {
    const cursor = await asked(this.db.transaction('journal').objectStore('journal').openKeyCursor(null, 'prev'));
    return cursor ? (cursor.key as number) : 0;
  }

  /** Returns the cards that were sold, ascending, with their receipts. */
  async spent(): Promise<[string, string][]> {
    const s = this.db.transaction('spent').objectStore('spent');
    const [keys, values] = await Promise.all([asked(s.getAllKeys()), asked(s.getAll())]);
    return keys.map((k, i) => [k as string, values[i] as string]);
  }

  /** Replaces documents, as a whole or not at all. */
  async save(docs: readonly (readonly [DocName, unknown])[]): Promise<void> {
    const tx = this.db.transaction('docs', 'readwrite', strict);
    const done = completed(tx);
    for (const [name, value] of docs) tx.objectStore('docs').put(value, name);
    await done;
  }

  /** Replaces a document by what fn makes of it, in one transaction. Returns the new one. */
  async update<T>(name: DocName, fn: (old: T | undefined) => T): Promise<T> {
    const tx = this.db.transaction('docs', 'readwrite', strict);
    const done = completed(tx);
    done.catch(() => undefined); // what is awaited below fails first
    const docs = tx.objectStore('docs');
    const next = fn((await asked(docs.get(name))) as T | undefined);
    docs.put(next, name);
    await done;
    return next;
  }

  /**
   * Writes a change and moves the head from what the caller knows to next, in one transaction. Throws Moved where the
   * head is another; then nothing was written. After any other failure the caller cannot know.
   */
  async append(known: HeadDoc, next: HeadDoc, c: Change): Promise<void> {
    const tx = this.db.transaction(['docs', 'journal', 'spent'], 'readwrite', strict);
    const done = completed(tx);
    done.catch(() => undefined);
    const docs = tx.objectStore('docs');
    const there = ((await asked(docs.get('head'))) as HeadDoc | undefined) ?? emptyHead;
    if (!sameHead(there, known)) {
      tx.abort();
      throw new Moved();
    }
    // add refuses a number or a card that is there already, and so aborts all of it.
    if (c.line !== undefined) tx.objectStore('journal').add(c.line, next.lines);
    for (const serial of c.spending?.remove ?? []) tx.objectStore('spent').delete(serial);
    for (const [serial, hash] of c.spending?.add ?? []) tx.objectStore('spent').add(hash, serial);
    for (const [name, value] of c.docs ?? []) docs.put(value, name);
    docs.put(next, 'head');
    await done;
  }

  /** Keeps a note; the oldest make room. A note may be lost in a crash. */
  async note(text: string): Promise<void> {
    const tx = this.db.transaction('log', 'readwrite');
    const done = completed(tx);
    done.catch(() => undefined);
    const log = tx.objectStore('log');
    const n = (await asked(log.add(text))) as number;
    if (n > logMax) log.delete(IDBKeyRange.upperBound(n - logMax));
    await done;
  }

  /** Returns the notes, oldest first. */
  notes(): Promise<string[]> {
    return asked(this.db.transaction('log').objectStore('log').getAll());
  }

  /** Closes the database. */
  close(): void {
    this.closed = true;
    this.db.close();
  }
}
