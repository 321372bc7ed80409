// Lots under embargo: until it ends a distribution's handheld carries them sealed, and opens them with the officer's code
// (voucher/embargo.go).

import { type Bytes, fromUTF8, utf8 } from './bytes';
import * as faults from './faults';
import { subtle } from './platform';

const info = utf8('jate ev1 embargo');
const codeLen = 16;
const nonceLen = 12;
const textMax = 40;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Reads an officer's code as a person types it; small letters, spaces and dashes do not matter. Throws officer_code. */
export function parseOfficerCode(text: string): Bytes {
  const plain = text.replace(/[- ]/g, '').toUpperCase();
  if (text.length > textMax || !/^[A-Z2-7]{26}$/.test(plain)) throw faults.officerCode;
  let bits = 0n;
  for (const c of plain) bits = (bits << 5n) | BigInt(alphabet.indexOf(c));
  bits >>= 2n; // 26 characters have two bits more than the code; Go passes over them too
  const code = new Uint8Array(codeLen);
  for (let i = codeLen - 1; i >= 0; i--, bits >>= 8n) code[i] = Number(bits & 255n);
  return code;
}

/** Opens a sealed lot and returns its JSON; undefined where the code is not its own. */
export async function openLot(code: Bytes, sealed: Bytes): Promise<string | undefined> {
  const ikm = await subtle().importKey('raw', code, 'HKDF', false, ['deriveKey']);
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
  const key = await subtle().deriveKey(hkdf, ikm, { name: 'AES-GCM', length: 256 }, false, ['decrypt']);
  let plain: Bytes;
  try {
    const iv = sealed.slice(0, nonceLen);
    plain = new Uint8Array(await subtle().decrypt({ name: 'AES-GCM', iv }, key, sealed.slice(nonceLen)));
  } catch {
    return undefined;
  }
  if (plain.length < 4) return undefined;
  const n = new DataView(plain.buffer).getUint32(0);
  return n > plain.length - 4 ? undefined : fromUTF8(plain.subarray(4, 4 + n));
}
