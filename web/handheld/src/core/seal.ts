// The factor is sealed to the server with HPKE and bound to handheld, serial and number, so that a carrier can neither
// read nor move it (voucher/seal.go).

import { type Bytes, utf8 } from './bytes';
import { packFactor } from './factor';
import { sealBase } from './hpke';

export const sealPublicLen = 32;
/** The length of every sealed factor: encapsulated key, ciphertext and tag. */
export const sealedLen = 32 + 12 + 16;

const info = utf8('jate ev1 factor');

/** Seals a factor into receipt seq of a handheld for a voucher. Throws factor_malformed. */
export async function sealFactor(
  to: Bytes,
  factor: { readonly secret: string; readonly pin: string },
  handheld: string,
  serial: string,
  seq: number,
): Promise<Bytes> {
  const plain = packFactor(factor.secret, factor.pin);
  return sealBase(to, info, utf8(`${handheld}|${serial}|${seq}`), plain);
}
