// What the browser can do is asked at run time, here and nowhere else. The syntax is that of Chrome 87; what came later
// has a substitute:
//
//	Ed25519 in WebCrypto (Chrome 137)     @noble/curves; the key is kept wrapped by a non-extractable AES key
//	X25519 in WebCrypto (Chrome 133)      @noble/curves
//	Web Locks (Chrome 69)                 the journal's own check in each transaction
//	CompressionStream (Chrome 80)         uploads go as they are
//	BroadcastChannel (Chrome 54)          other tabs see a change when they next look
//	storage.persist (Chrome 55)           the browser may evict the journal when space is short
//
// WebCrypto with SHA-256, HMAC, PBKDF2 and AES-GCM, IndexedDB, and DecompressionStream are in every Chrome 87 that shows
// a page over https or from localhost; without them the core does not open.

import type { Bytes } from './bytes';
import * as faults from './faults';

/** Returns WebCrypto, or throws browser_too_old: it is missing on pages without https. */
export function subtle(): SubtleCrypto {
  const s = globalThis.crypto?.subtle;
  if (!s) throw faults.platform.at('crypto', 'no WebCrypto on this page');
  return s;
}

/** Throws browser_too_old where something is missing that has no substitute. */
export function requirePlatform(): void {
  subtle();
  if (typeof DecompressionStream === 'undefined') throw faults.platform.at('zlib', 'no DecompressionStream');
  if (typeof indexedDB === 'undefined') throw faults.platform.at('storage', 'no IndexedDB');
}

/** Draws random bytes, fit for keys. */
export function random(n: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(n));
}

const found = new Map<string, Promise<boolean>>();

function probe(name: 'Ed25519' | 'X25519', uses: KeyUsage[]): Promise<boolean> {
  let known = found.get(name);
  if (!known) {
    known = (async () => {
      try {
        await subtle().generateKey({ name }, false, uses);
        return true;
      } catch {
        return false; // NotSupportedError, or what else an old browser throws
      }
    })();
    found.set(name, known);
  }
  return known;
}

/** Whether WebCrypto signs with Ed25519. */
export function nativeEd25519(): Promise<boolean> {
  return probe('Ed25519', ['sign', 'verify']);
}

/** Whether WebCrypto agrees on keys with X25519. */
export function nativeX25519(): Promise<boolean> {
  return probe('X25519', ['deriveBits']);
}

/** Forgets what was found; for tests that take something away. */
export function forgetPlatform(): void {
  found.clear();
}

/** Runs fn while no other tab runs one of the same name; where there are no locks, at once. */
export async function locked<T>(name: string, fn: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return fn();
  return (await locks.request(name, fn)) as T;
}

/** A word to other tabs; one that does nothing where there is no BroadcastChannel. */
export interface Bell {
  ring(): void;
  close(): void;
}

/** Calls fn when another tab rings the bell of this name. */
export function openBell(name: string, fn: () => void): Bell {
  if (typeof BroadcastChannel === 'undefined') return { ring: () => undefined, close: () => undefined };
  const channel = new BroadcastChannel(name);
  channel.onmessage = fn;
  // In node an open channel keeps the process alive.
  (channel as { unref?: () => void }).unref?.();
  return { ring: () => channel.postMessage(''), close: () => channel.close() };
}

/** Asks the browser to keep the storage for good. It may ask the person, and answers false where it will not. */
export async function persistStorage(): Promise<boolean> {
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}

/** Whether the browser has promised to keep the storage. */
export async function isPersisted(): Promise<boolean> {
  try {
    return (await navigator.storage?.persisted?.()) ?? false;
  } catch {
    return false;
  }
}
