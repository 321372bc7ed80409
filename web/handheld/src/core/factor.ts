// The redemption factor: the secret under the scratch label and the PIN (voucher/factor.go).

import { type Bytes, concat, utf8 } from './bytes';
import * as faults from './faults';
import { hmac, pbkdf2 } from './hash';
import { isDigits } from './names';
import { isSerial } from './serial';

export const secretLen = 16;
export const pinLen = 6;
const verifierLen = 16;
const iterations = 1000;

/** Returns the claim h that a scratched secret is checked with. Throws factor_malformed and serial_malformed. */
export async function verifier(secret: string, serial: string): Promise<Bytes> {
  if (!isDigits(secret, secretLen)) throw faults.factorForm;
  if (!isSerial(serial)) throw faults.serialForm;
  return pbkdf2(utf8(secret), utf8(`ev1${serial}`), iterations, verifierLen);
}

/** Returns the 10 bits by which most mistyped PINs are caught. One that fits proves nothing. */
export async function pinHint(bundleSecret: Bytes, serial: string, pin: string): Promise<number> {
  const mac = await hmac(bundleSecret, utf8(`hint1${serial}${pin}`));
  return (((mac[0] as number) << 8) | (mac[1] as number)) >> 6;
}

/** Packs secret and PIN for the seal: what is there, then their digits in BCD. Throws factor_malformed. */
export function packFactor(secret: string, pin: string): Bytes {
  const has = (secret ? 1 : 0) + (pin ? 2 : 0);
  if (has === 0 || (secret && !isDigits(secret, secretLen)) || (pin && !isDigits(pin, pinLen))) throw faults.factorForm;
  const digits = secret.padStart(secretLen, '0') + pin.padStart(pinLen, '0');
  const bcd = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bcd.length; i++) bcd[i] = (Number(digits[2 * i]) << 4) | Number(digits[2 * i + 1]);
  return concat(new Uint8Array([has]), bcd);
}
