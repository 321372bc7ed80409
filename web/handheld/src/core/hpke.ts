// HPKE (RFC 9180) as far as a handheld needs it: base mode, one message, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and
// AES-128-GCM, put together from what WebCrypto has. @hpke/core does the same in five times the bytes, and brings a
// second X25519 for older browsers; the tests hold this to it, to the RFC's vector and to Go's.

import { type Bytes, concat, utf8 } from './bytes';
import { hmac } from './hash';
import { nativeX25519, subtle } from './platform';

/** A key pair for one agreement. */
export interface Ephemeral {
  readonly publicKey: Bytes;
  agree(other: Bytes): Promise<Bytes> | Bytes;
}

const none = new Uint8Array();
// KEM 0x0020, KDF 0x0001, AEAD 0x0001.
const kemSuite = concat(utf8('KEM'), new Uint8Array([0, 0x20]));
const suite = concat(utf8('HPKE'), new Uint8Array([0, 0x20, 0, 1, 0, 1]));

function extract(id: Bytes, salt: Bytes, label: string, ikm: Bytes): Promise<Bytes> {
  return hmac(salt, concat(utf8('HPKE-v1'), id, utf8(label), ikm));
}

/** Expands to at most 32 bytes, which is one block. */
async function expand(id: Bytes, prk: Bytes, label: string, info: Bytes, length: number): Promise<Bytes> {
  const block = concat(new Uint8Array([0, length]), utf8('HPKE-v1'), id, utf8(label), info, new Uint8Array([1]));
  return (await hmac(prk, block)).slice(0, length);
}

/** Draws a key pair, by WebCrypto where it knows X25519. */
async function draw(): Promise<Ephemeral> {
  if (!(await nativeX25519())) return (await import('./curves_fallback')).ephemeral();
  const name = 'X25519';
  const pair = (await subtle().generateKey({ name }, false, ['deriveBits'])) as CryptoKeyPair;
  return {
    publicKey: new Uint8Array(await subtle().exportKey('raw', pair.publicKey)),
    async agree(other) {
      const their = await subtle().importKey('raw', other, name, true, []);
      return new Uint8Array(await subtle().deriveBits({ name, public: their }, pair.privateKey, 256));
    },
  };
}

/** Seals a message to a public key; returns the encapsulated key and then the ciphertext with its tag. Rejected for a
 * public key of small order. */
export async function sealBase(to: Bytes, info: Bytes, aad: Bytes, plain: Bytes, own?: Ephemeral): Promise<Bytes> {
  const pair = own ?? (await draw());
  const prk = await extract(kemSuite, none, 'eae_prk', await pair.agree(to));
  const shared = await expand(kemSuite, prk, 'shared_secret', concat(pair.publicKey, to), 32);

  const pskID = await extract(suite, none, 'psk_id_hash', none);
  const context = concat(new Uint8Array([0]), pskID, await extract(suite, none, 'info_hash', info));
  const secret = await extract(suite, shared, 'secret', none);
  const raw = await expand(suite, secret, 'key', context, 16);
  const iv = await expand(suite, secret, 'base_nonce', context, 12);

  const key = await subtle().importKey('raw', raw, 'AES-GCM', false, ['encrypt']);
  const box = await subtle().encrypt({ name: 'AES-GCM', iv, additionalData: aad }, key, plain);
  return concat(pair.publicKey, new Uint8Array(box));
}
