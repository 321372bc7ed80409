// The factor is sealed to the server with HPKE (RFC 9180: X25519, HKDF-SHA256, AES-128-GCM) and bound to handheld,
// serial and number, so that a carrier can neither read nor move it (voucher/seal.go).

import type { KemInterface } from '@hpke/core';

import { type Bytes, concat, utf8 } from './bytes';
import { packFactor } from './factor';
import { nativeX25519 } from './platform';

export const sealPublicLen = 32;
/** The length of every sealed factor: encapsulated key, ciphertext and tag. */
export const sealedLen = 32 + 12 + 16;

const info = utf8('jate ev1 factor');

async function suite() {
  const core = await import('@hpke/core');
  const kem: KemInterface = (await nativeX25519())
    ? new core.DhkemX25519HkdfSha256()
    : new (await import('@hpke/dhkem-x25519')).DhkemX25519HkdfSha256();
  return new core.CipherSuite({ kem, kdf: new core.HkdfSha256(), aead: new core.Aes128Gcm() });
}

/** Loads what sealFactor needs, so that the first sale does not wait for it. */
export async function warmSeal(): Promise<void> {
  await suite();
}

/** Seals a factor into receipt seq of a handheld for a voucher. Throws factor_malformed. */
export async function sealFactor(
  to: Bytes,
  factor: { readonly secret: string; readonly pin: string },
  handheld: string,
  serial: string,
  seq: number,
): Promise<Bytes> {
  const plain = packFactor(factor.secret, factor.pin);
  const hpke = await suite();
  const recipientPublicKey = await hpke.kem.importKey('raw', to.slice().buffer, true);
  const sender = await hpke.createSenderContext({ recipientPublicKey, info });
  const box = await sender.seal(plain, utf8(`${handheld}|${serial}|${seq}`));
  return concat(new Uint8Array(sender.enc), new Uint8Array(box));
}
