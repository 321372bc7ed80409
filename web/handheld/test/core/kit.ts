// What several tests of the core share.

import { readFileSync } from 'node:fs';
import { vi } from 'vitest';

import { isFault } from '../../src/core/fault';
import { forgetPlatform } from '../../src/core/platform';

/** Reads a file of the Go tests' vectors. */
export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../../voucher/testdata/vectors/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** Takes curves away from WebCrypto, as browsers before Chrome 133 and 137 lack them; returns what gives them back. */
export function withoutCurves(): () => void {
  const { subtle } = globalThis.crypto;
  const lacking = (name: unknown) => /^(Ed|X)25519$/.test(typeof name === 'string' ? name : (name as { name: string }).name);
  const spies = (['generateKey', 'importKey', 'sign', 'verify', 'deriveBits'] as const).map((method) => {
    const own = subtle[method].bind(subtle) as (...args: unknown[]) => unknown;
    return vi.spyOn(subtle, method).mockImplementation((async (...args: unknown[]) => {
      const algorithm = method === 'importKey' ? args[2] : args[0];
      if (lacking(algorithm)) throw new DOMException('Unrecognized name.', 'NotSupportedError');
      return own(...args);
    }) as never);
  });
  forgetPlatform();
  return () => {
    for (const s of spies) s.mockRestore();
    forgetPlatform();
  };
}

/** Returns the code of the fault that fn ends with, or "" where it ends well. */
export async function codeOf(fn: () => unknown): Promise<string> {
  try {
    await fn();
    return '';
  } catch (err) {
    if (isFault(err)) return err.code;
    throw err;
  }
}

/** Copies a database as whoever copies a browser's profile would. */
export async function copyDatabase(from: string, to: string): Promise<void> {
  const open = (name: string) =>
    new Promise<IDBDatabase>((resolve, reject) => {
      const r = indexedDB.open(name);
      r.onsuccess = () => resolve(r.result);
      r.onerror = () => reject(r.error);
    });
  const { Store } = await import('../../src/core/store');
  (await Store.open(to)).close();
  const [a, b] = [await open(from), await open(to)];
  for (const name of a.objectStoreNames) {
    const rows = await new Promise<[IDBValidKey, unknown][]>((resolve) => {
      const list: [IDBValidKey, unknown][] = [];
      const r = a.transaction(name).objectStore(name).openCursor();
      r.onsuccess = () => {
        if (!r.result) return resolve(list);
        list.push([r.result.key, r.result.value]);
        r.result.continue();
      };
    });
    const tx = b.transaction(name, 'readwrite');
    for (const [key, value] of rows) tx.objectStore(name).put(value, key);
    await new Promise((resolve) => {
      tx.oncomplete = resolve;
    });
  }
  a.close();
  b.close();
}
