// Card numbers: 16 characters of Crockford's base 32 and two check digits (voucher/serial.go).

import * as faults from './faults';
import { isDigits } from './names';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const textMax = 40;

/** Whether s is a serial in canonical form. */
export function isSerial(s: string): boolean {
  return /^[0-9A-HJKMNP-TV-Z]{16}$/.test(s);
}

/** The number from 2 to 98 that makes number·100 + check ≡ 1 modulo 97 (ISO 7064). */
function check(serial: string): string {
  let r = 0;
  for (const c of serial) r = (r * 32 + alphabet.indexOf(c)) % 97;
  return String(98 - ((r * 100) % 97)).padStart(2, '0');
}

/** Returns the form for people, "XXXX-XXXX-XXXX-XXXX-CC". */
export function printSerial(serial: string): string {
  return `${serial.replace(/.{4}/g, '$&-')}${check(serial)}`;
}

/** Reads the printed form as a person types it. Throws serial_malformed, or serial_check where a character is wrong. */
export function parseSerial(text: string): string {
  if (text.length > textMax) throw faults.serialForm;
  const plain = text.toUpperCase().replace(/[- ]/g, '').replace(/[IL]/g, '1').replace(/O/g, '0');
  const serial = plain.slice(0, 16);
  const digits = plain.slice(16);
  if (!isSerial(serial) || !isDigits(digits, 2)) throw faults.serialForm;
  if (check(serial) !== digits) throw faults.serialCheck;
  return serial;
}

/** Reads a card's number, as printed or in canonical form; undefined where it is none. */
export function readSerial(text: string): string | undefined {
  if (isSerial(text)) return text;
  try {
    return parseSerial(text);
  } catch {
    return undefined;
  }
}
