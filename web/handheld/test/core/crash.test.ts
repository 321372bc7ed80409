// What must hold whatever happens: a sale is there once or not at all, a wrong try is counted before anybody hears of it,
// two tabs never write two records under one number, and a damaged journal is not sold on.

import 'fake-indexeddb/auto';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { salvage } from '../../src/core/carrier';
import { makeKey } from '../../src/core/ed25519';
import { isFault } from '../../src/core/fault';
import { Handheld } from '../../src/core/handheld';
import { Store, emptyHead } from '../../src/core/store';
import { codeOf, copyDatabase, withoutCurves } from './kit';
import { Office, bundle, noon, saleOf, shop } from './office';

const cfg = { now: () => noon * 1000, server: new Office() };
const open = async (name: string) => Handheld.open(await Store.open(name), cfg);

beforeAll(async () => {
  const h = await shop('base', cfg.server);
  await h.sell(saleOf(9));
  h.close();
});

afterEach(() => vi.restoreAllMocks());

/** Kills at the n-th call of the storage or of WebCrypto: it and all after it throw. Returns how many were made. */
function killAt(n: number): { calls: () => number; revive(): void } {
  let calls = 0;
  const spies: { mockRestore(): void }[] = [];
  const guard = (o: object, method: string) => {
    const target = o as Record<string, (...args: unknown[]) => unknown>;
    const own = target[method] as (...args: unknown[]) => unknown;
    const spy = vi.spyOn(target, method).mockImplementation(function (this: unknown, ...args: unknown[]) {
      if (++calls >= n) {
        // A killed tab's transactions are never committed.
        const tx = this instanceof IDBObjectStore ? this.transaction : undefined;
        if (tx) queueMicrotask(() => abort(tx));
        throw new Error('killed');
      }
      return own.apply(this, args);
    });
    spies.push(spy);
  };
  for (const m of ['add', 'put', 'get', 'delete']) guard(IDBObjectStore.prototype, m);
  guard(IDBDatabase.prototype, 'transaction');
  for (const m of ['digest', 'sign', 'verify', 'importKey', 'deriveBits', 'encrypt', 'generateKey', 'exportKey']) {
    guard(Object.getPrototypeOf(crypto.subtle) as object, m);
  }
  return { calls: () => calls, revive: () => spies.forEach((s) => s.mockRestore()) };
}

function abort(tx: IDBTransaction): void {
  try {
    tx.abort();
  } catch {
    // over already
  }
}

/** Kills fn at each of its steps in turn, on a copy each time, and hands each copy to check. */
async function killEverywhere(
  name: string,
  fn: (h: Handheld) => Promise<unknown>,
  check: (h: Handheld, done: boolean, at: string) => Promise<void>,
): Promise<number> {
  for (let n = 1; ; n++) {
    const copy = `${name}-${n}`;
    await copyDatabase('base', copy);
    const h = await open(copy);
    await h.status();
    const killer = killAt(n);
    let done = true;
    try {
      await fn(h);
    } catch {
      done = false;
    }
    killer.revive();
    const survived = killer.calls() < n;
    h.close();
    const again = await open(copy);
    await check(again, done, `killed at step ${n}`);
    again.close();
    if (survived) return n - 1;
  }
}

describe('killed at each step', () => {
  it('a sale happened once or not at all', async () => {
    const outcomes = new Set<string>();
    const steps = await killEverywhere('sale', (h) => h.sell(saleOf(0)), async (h, done, at) => {
      const receipts = (await h.entries()).slice(1);
      expect(receipts.length, at).toBeLessThanOrEqual(1);
      if (done) expect(receipts.length, at).toBe(1);
      outcomes.add(`${done} ${receipts.length}`);
      // What is there stays, and what is not can be sold still.
      expect(await codeOf(() => h.sell(saleOf(0))), at).toBe(receipts.length === 1 ? 'card_spent_here' : '');
      expect((await h.entries()).map((e) => e.seq), at).toEqual([1, 2]);
    });
    expect(steps).toBeGreaterThan(15);
    expect(outcomes).toEqual(new Set(['false 0', 'true 1']));
  });

  it('a wrong try is counted before anybody hears of it', async () => {
    const counted = new Set<string>();
    const wrong = (h: Handheld) =>
      h.sell({ ...saleOf(0), factor: { secret: '0'.repeat(16), pin: '' } }).catch((err: unknown) => {
        if (isFault(err, 'factor_wrong')) return;
        throw err;
      });
    await killEverywhere('try', wrong, async (h, heard, at) => {
      const left = (await h.look(saleOf(0).scan)).triesLeft;
      if (heard) expect(left, at).toBe(2);
      counted.add(`${heard} ${left}`);
    });
    expect(counted).toEqual(new Set(['false 3', 'true 2']));
  });

  it('a cancellation happened once or not at all', async () => {
    await killEverywhere('cancel', (h) => h.cancel(1, 'mistake'), async (h, done, at) => {
      const [sale] = await h.entries();
      if (done) expect(sale?.state, at).toBe('cancelled');
      expect(await codeOf(() => h.sell(saleOf(9))), at).toBe(sale?.state === 'cancelled' ? '' : 'card_spent_here');
    });
  });

  it('a bundle is there whole or not at all', async () => {
    await killEverywhere('bundle', (h) => h.takeBundle(bundle), async (h, _, at) => {
      expect((await h.status()).freshness, at).toBe('fresh');
    });
  });
});

describe('a storage that fails', () => {
  it('stops the handheld until it is opened again', async () => {
    await copyDatabase('base', 'failing');
    const h = await open('failing');
    const put = vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(function (this: IDBObjectStore) {
      this.transaction.abort();
      throw new DOMException('full', 'QuotaExceededError');
    });
    expect(await codeOf(() => h.sell(saleOf(0)))).toBe('handheld_storage');
    put.mockRestore();
    expect(await codeOf(() => h.sell(saleOf(1)))).toBe('handheld_storage');
    expect(await codeOf(() => h.look(saleOf(1).scan))).toBe('handheld_storage');
    expect((await h.status()).warnings[0]?.code).toBe('handheld_storage');
    h.close();
    const again = await open('failing');
    await again.sell(saleOf(0));
    again.close();
  });

  it('is noticed when the database is cleared under an open handheld', async () => {
    await copyDatabase('base', 'cleared');
    const h = await open('cleared');
    const other = await Store.open('cleared');
    await other.save([['head', emptyHead]]);
    other.close();
    expect(await codeOf(() => h.sell(saleOf(0)))).toBe('handheld_journal');
    expect(await codeOf(() => h.sell(saleOf(0)))).toBe('handheld_storage');
    h.close();
  });
});

/** Web Locks as a browser has them, as far as the core uses them. */
function fakeLocks(): { request<T>(name: string, fn: () => Promise<T>): Promise<T> } {
  const tails = new Map<string, Promise<unknown>>();
  return {
    request(name, fn) {
      const run = (tails.get(name) ?? Promise.resolve()).then(fn);
      tails.set(name, run.catch(() => undefined));
      return run;
    },
  };
}

describe.each([['with Web Locks'], ['without']])('two tabs %s', (kind) => {
  it('write no number twice and sell no card twice', async () => {
    if (kind === 'with Web Locks') vi.stubGlobal('navigator', { ...globalThis.navigator, locks: fakeLocks() });
    try {
      const name = `tabs-${kind}`;
      await copyDatabase('base', name);
      const [a, b] = [await open(name), await open(name)];
      const codes = await Promise.all(
        [0, 1, 2, 3, 4].flatMap((i) => [codeOf(() => a.sell(saleOf(i))), codeOf(() => b.sell(saleOf(i))), codeOf(() => b.sell(saleOf(10 + i)))]),
      );
      expect(codes.filter((c) => c === '').length).toBe(10);
      expect(codes.filter((c) => c === 'card_spent_here').length).toBe(5);
      const [ea, eb] = [await a.entries(), await b.entries()];
      expect(ea).toEqual(eb);
      expect(ea.map((e) => e.seq)).toEqual(ea.map((_, i) => i + 1));
      expect(new Set(ea.map((e) => e.serial)).size).toBe(11);
      a.close();
      b.close();
      (await open(name)).close();
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('hear of each other', async () => {
    const name = `bell-${kind}`;
    await copyDatabase('base', name);
    const [a, b] = [await open(name), await open(name)];
    const heard = new Promise<void>((resolve) => b.onChange(resolve));
    await a.sell(saleOf(0));
    await heard;
    expect((await b.status()).records).toBe(2);
    a.close();
    b.close();
  });
});

/** Changes a copy of the database by hand. */
async function meddle(name: string, fn: (stores: (s: string) => IDBObjectStore) => void): Promise<string> {
  await copyDatabase('base', name);
  const db = await new Promise<IDBDatabase>((resolve) => {
    const r = indexedDB.open(name);
    r.onsuccess = () => resolve(r.result);
  });
  const tx = db.transaction(['docs', 'journal', 'spent'], 'readwrite');
  fn((s) => tx.objectStore(s));
  await new Promise((resolve) => {
    tx.oncomplete = resolve;
  });
  db.close();
  return codeOf(async () => (await open(name)).close());
}

describe('at its start', () => {
  it('knows a journal that is whole', async () => {
    expect(await meddle('whole', () => undefined)).toBe('');
  });
  it.each<[string, (s: (name: string) => IDBObjectStore) => void]>([
    ['without its last line', (s) => s('journal').delete(2)],
    ['without its first line', (s) => s('journal').delete(1)],
    ['with a line too many', (s) => s('journal').put('x', 3)],
    ['with a damaged line', (s) => s('journal').put('00000000 R - x', 2)],
    ['of another record', (s) => s('docs').put({ ...emptyHead, lines: 2, seq: 1, hash: 'B'.repeat(43) }, 'head')],
    ['without its head', (s) => s('docs').delete('head')],
    ['without what was sold', (s) => s('spent').clear()],
    ['with more sold', (s) => s('spent').put('A'.repeat(43), '0123456789ABCDEF')],
    ['without its key', (s) => s('docs').delete('key')],
    ['with half an identity', (s) => s('docs').put({ handheld: 'h1' }, 'identity')],
  ])('refuses one %s', async (name, fn) => {
    expect(await meddle(`meddled ${name}`, fn)).toBe('handheld_journal');
  });
  it('refuses one of another key', async () => {
    const key = await makeKey();
    expect(await meddle('other-key', (s) => s('docs').put(key, 'key'))).toBe('handheld_journal');
  });
  it('gives the office what can still be read', async () => {
    await copyDatabase('base', 'salvaged');
    const h = await open('salvaged');
    for (const i of [0, 1, 2]) await h.sell(saleOf(i));
    const sent = (await h.exportJournal(true)).text.split('\n')[0] ?? '';
    h.close();
    await copyDatabase('salvaged', 'broken');
    const store = await Store.open('broken');
    const head = await store.head();
    store.close();
    const db = await new Promise<IDBDatabase>((resolve) => {
      const r = indexedDB.open('broken');
      r.onsuccess = () => resolve(r.result);
    });
    const tx = db.transaction('journal', 'readwrite');
    tx.objectStore('journal').put('scratched', head.lines - 1);
    await new Promise((resolve) => {
      tx.oncomplete = resolve;
    });
    db.close();
    expect(await codeOf(() => open('broken'))).toBe('handheld_journal');
    const { records } = JSON.parse(sent) as { records: string[] };
    const rest = await salvage('broken');
    expect(rest.records).toBe(3);
    expect(JSON.parse(rest.text)).toEqual({ records: [records[0], records[1], records[3]], channel: 'file' });
    expect(await codeOf(() => salvage('evicted-too'))).toBe('carrier_file');
  });
  it('is not enrolled where nothing is left', async () => {
    expect(await codeOf(async () => open('evicted'))).toBe('handheld_not_enrolled');
  });
});

describe.each([['native'], ['substitute']])('what is kept, with %s curves', (kind) => {
  it('is nobody’s name and no secret, and no key that can be taken out', async () => {
    const restore = kind === 'native' ? () => undefined : withoutCurves();
    const name = `kept-${kind}`;
    const store = await Store.open(name);
    const key = await makeKey();
    restore();
    expect(key.kind).toBe(kind === 'native' ? 'native' : 'wrapped');
    const inside = key.kind === 'native' ? key.key : key.wrap;
    expect(inside.extractable).toBe(false);
    await expect(crypto.subtle.exportKey(key.kind === 'native' ? 'pkcs8' : 'raw', inside)).rejects.toThrow();
    await store.save([['key', key]]);
    expect(await store.get('key')).toMatchObject({ kind: key.kind });
    store.close();

    const copy = `sold-${kind}`;
    await copyDatabase('base', copy);
    const h = await open(copy);
    await h.sell(saleOf(0));
    await codeOf(() => h.sell({ ...saleOf(1), factor: { secret: '1234567812345678', pin: '' } }));
    await codeOf(() => h.look('Aminata Traoré 76 12 34 56'));
    const s = await Store.open(copy);
    const head = await s.head();
    const all = JSON.stringify([await s.lines(1, head.lines), await s.spent(), await s.notes(), await s.get('identity'), await s.get('session')]);
    for (const secret of [saleOf(0).factor.secret, '1234567812345678', 'Aminata', '76 12']) expect(all).not.toContain(secret);
    s.close();
    h.close();
  });
});
