// The card form of a token, "1<kid>.<payload>.<signature>", and its digits in the QR code (voucher/wire.go).

import { toBase64, utf8 } from './bytes';
import * as faults from './faults';
import { header } from './jws';
import { isTokenKID } from './manifest';
import { isDigits } from './names';
import { tokenKID } from './token';

const format = '1';
/** The most digits of a scanned code. */
export const digitsMax = 620;
const digitBase = 45;
const digitTop = 77;
const payloadCharsMax = 200;
const sigChars = 86;

/** Rebuilds the token from its card form. Whether it is genuine is for verify. Throws wire_malformed. */
export function parseWire(text: string): string {
  if (text.length > digitsMax / 2) throw faults.wire.at('text', 'too long');
  const [head = '', payload, ...rest] = text.split('.');
  const sig = rest.join('.');
  const kid = head.slice(1);
  if (payload === undefined || rest.length === 0 || !head.startsWith(format) || !isTokenKID(kid)) throw faults.wire;
  if (payload.length > payloadCharsMax || sig.length !== sigChars) throw faults.wire;
  const token = `${toBase64(utf8(header(kid, 'ev+jwt')))}.${payload}.${sig}`;
  if (tokenKID(token) !== kid) throw faults.wire;
  return token;
}

/** Rebuilds the token from the digits of a scanned code. Throws wire_malformed. */
export function parseDigits(digits: string): string {
  if (digits.length > digitsMax || digits.length % 2 !== 0 || !isDigits(digits, digits.length)) {
    throw faults.wire.at('text', 'not an even number of digits');
  }
  let text = '';
  for (let i = 0; i < digits.length; i += 2) {
    const n = Number(digits.slice(i, i + 2));
    if (n > digitTop) throw faults.wire.at('text', `no character is ${n}`);
    text += String.fromCharCode(digitBase + n);
  }
  return parseWire(text);
}

/** Returns a token's card form; "" for what is no token. */
export function wireOf(token: string): string {
  const kid = tokenKID(token);
  return kid ? `${format}${kid}${token.slice(token.indexOf('.'))}` : '';
}

/** Returns a token's digits. */
export function digitsOf(token: string): string {
  return [...wireOf(token)].map((c) => String(c.charCodeAt(0) - digitBase).padStart(2, '0')).join('');
}
