// Ed25519 and X25519 for browsers whose WebCrypto does not know them. This file is loaded only there.

import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';

import { type Bytes, concat, equal } from './bytes';
import { random } from './platform';

const { Point } = ed25519;
const order = Point.Fn.ORDER;

function littleEndian(bytes: Uint8Array): bigint {
  let n = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) n = (n << 8n) | BigInt(bytes[i] as number);
  return n;
}

/**
 * Verifies as Go's crypto/ed25519 and browsers do. noble's own verify multiplies by the cofactor whatever it is told, so
 * that it would take a few signatures that the server refuses. What its zip215: false refuses, keys of small order, is
 * refused here too.
 */
export function verify(key: Bytes, message: Bytes, sig: Bytes): boolean {
  const r = sig.subarray(0, 32);
  const s = littleEndian(sig.subarray(32));
  if (s >= order) return false;
  let a: InstanceType<typeof Point>;
  try {
    a = Point.fromBytes(key, true); // like Go, a y above the field's prime is taken modulo it
  } catch {
    return false;
  }
  if (a.isSmallOrder()) return false;
  const k = littleEndian(sha512(concat(r, key, message))) % order;
  const sb = s === 0n ? Point.ZERO : Point.BASE.multiplyUnsafe(s);
  const ka = k === 0n ? Point.ZERO : a.negate().multiplyUnsafe(k);
  return equal(sb.add(ka).toBytes(), r);
}

/** Returns the public key to 32 secret bytes. */
export function publicKey(seed: Bytes): Bytes {
  return ed25519.getPublicKey(seed) as Bytes;
}

/** Signs a message with 32 secret bytes. */
export function sign(seed: Bytes, message: Bytes): Bytes {
  return ed25519.sign(message, seed) as Bytes;
}

/** Draws a key pair for one agreement: its public half, and the secret that it has in common with another's. */
export function ephemeral(): { publicKey: Bytes; agree(other: Bytes): Bytes } {
  const secret = random(32);
  return {
    publicKey: x25519.getPublicKey(secret) as Bytes,
    agree: (other) => x25519.getSharedSecret(secret, other) as Bytes,
  };
}
