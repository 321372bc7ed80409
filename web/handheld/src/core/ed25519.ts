// Ed25519 (RFC 8032), by WebCrypto where it knows it and else by @noble/curves, which is only then loaded. Both verify as
// Go does: s below the group's order, and [s]B - [k]A compared with R byte for byte, without a cofactor.

import { type Bytes, equal, toBase64 } from './bytes';
import * as faults from './faults';
import { nativeEd25519, random, subtle } from './platform';

const name = 'Ed25519';
export const publicLen = 32;
export const signatureLen = 64;

/** The handheld's key as the database holds it: a key that cannot be exported, or a seed that such a key wraps. */
export type StoredKey =
  | { readonly kind: 'native'; readonly publicKey: Bytes; readonly key: CryptoKey }
  | { readonly kind: 'wrapped'; readonly publicKey: Bytes; readonly wrap: CryptoKey; readonly iv: Bytes; readonly seed: Bytes };

const fallback = () => import('./curves_fallback');

const imported = new Map<string, Promise<CryptoKey>>();
const importedMax = 256; // a bundle has that many lots at most, far from it

async function importPublic(key: Bytes): Promise<CryptoKey> {
  const id = toBase64(key);
  let k = imported.get(id);
  if (!k) {
    if (imported.size >= importedMax) imported.clear();
    k = subtle().importKey('raw', key, name, true, ['verify']);
    imported.set(id, k);
  }
  return k;
}

/** Reports whether sig is the key's signature of the message. */
export async function verify(key: Bytes, message: Bytes, sig: Bytes): Promise<boolean> {
  if (key.length !== publicLen || sig.length !== signatureLen) return false;
  if (!(await nativeEd25519())) return (await fallback()).verify(key, message, sig);
  try {
    return await subtle().verify(name, await importPublic(key), sig, message);
  } catch {
    return false; // not a point
  }
}

/** Makes a key that this browser can sign with and nobody can take out of it. */
export async function makeKey(): Promise<StoredKey> {
  if (await nativeEd25519()) {
    const pair = (await subtle().generateKey({ name }, false, ['sign', 'verify'])) as CryptoKeyPair;
    return { kind: 'native', publicKey: new Uint8Array(await subtle().exportKey('raw', pair.publicKey)), key: pair.privateKey };
  }
  const seed = random(32);
  const publicKey = (await fallback()).publicKey(seed);
  const wrap = (await subtle().generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])) as CryptoKey;
  const iv = random(12);
  const sealed = await subtle().encrypt({ name: 'AES-GCM', iv, additionalData: publicKey }, wrap, seed);
  seed.fill(0);
  return { kind: 'wrapped', publicKey, wrap, iv, seed: new Uint8Array(sealed) };
}

/** Signs a message with the handheld's key. Throws handheld_journal where the key does not open. */
export async function sign(key: StoredKey, message: Bytes): Promise<Bytes> {
  if (key.kind === 'native') return new Uint8Array(await subtle().sign(name, key.key, message));
  let seed: Bytes;
  try {
    const aes = { name: 'AES-GCM', iv: key.iv, additionalData: key.publicKey };
    seed = new Uint8Array(await subtle().decrypt(aes, key.wrap, key.seed));
  } catch {
    throw faults.journal.at('key', 'does not open');
  }
  try {
    return (await fallback()).sign(seed, message);
  } finally {
    seed.fill(0);
  }
}

/** Reports whether the key signs and is the one that its public half says. */
export async function works(key: StoredKey): Promise<boolean> {
  try {
    const message = random(32);
    return await verify(key.publicKey, message, await sign(key, message));
  } catch {
    return false;
  }
}

/** Whether v is what makeKey returned. */
export function isStoredKey(v: unknown): v is StoredKey {
  const k = v as StoredKey | undefined;
  return !!k && (k.kind === 'native' || k.kind === 'wrapped') && k.publicKey instanceof Uint8Array && k.publicKey.length === publicLen;
}

/** Whether two keys are one. */
export function sameKey(a: StoredKey, b: StoredKey): boolean {
  return equal(a.publicKey, b.publicKey);
}
