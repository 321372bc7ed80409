// Amounts are whole numbers of an asset's smallest unit; quantities of goods are counted in thousandths. Nothing is ever
// rounded (package money).

import type { Amount } from './api';

const int64Max = (1n << 63n) - 1n;
const int64Min = -(1n << 63n);
const textMax = 24;

/** An asset: "XOF" and its digits, or a commodity's. */
export interface Asset {
  readonly code: string;
  readonly digits: number;
}

/** The franc, which has no smaller unit. */
export const xof = 'XOF/0';

/** Reads "XOF/0" or "RICE-KG/2"; undefined for anything else. */
export function parseAsset(text: string): Asset | undefined {
  const m = /^([A-Z][A-Z0-9-]{1,15})\/([0-6])$/.exec(text);
  return m ? { code: m[1] as string, digits: Number(m[2]) } : undefined;
}

/** Writes what parseAsset reads. */
export function assetText(a: Asset): string {
  return `${a.code}/${a.digits}`;
}

/** Whether a is francs. */
export function isFrancs(a: Asset): boolean {
  return a.code === 'XOF' && a.digits === 0;
}

/** Reads plain decimal notation with at most so many digits after the point, in smallest units; undefined where it is
 * none, or does not fit in 64 bits. */
export function parseMinor(text: string, digits: number): bigint | undefined {
  if (text.length > textMax) return undefined;
  const m = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(text);
  if (!m || (m[3] ?? '').length > digits) return undefined;
  const minor = BigInt(`${m[2]}${(m[3] ?? '').padEnd(digits, '0')}`) * (m[1] ? -1n : 1n);
  return minor > int64Max || minor < int64Min ? undefined : minor;
}

/** Writes a number of smallest units in decimal notation with all its digits: "12.50". */
export function minorText(minor: bigint, digits: number): string {
  const text = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return `${minor < 0n ? '-' : ''}${digits > 0 ? `${whole}.${text.slice(text.length - digits)}` : whole}`;
}

/** Whether n fits in 64 bits. */
export function fits(n: bigint): boolean {
  return n <= int64Max && n >= int64Min;
}

/** Returns an amount's decimal notation without its asset: "12.50", "5000". */
export function amountText(a: Amount): string {
  return minorText(BigInt(a.minor), a.digits);
}
