// Bytes and their texts. base64url has one spelling only: no padding, no other alphabet, unused bits zero.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const values = new Int8Array(128).fill(-1);
for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i;

/** Bytes that are not shared between threads: what WebCrypto takes. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Writes bytes as base64url without padding. */
export function toBase64(bytes: Uint8Array): string {
  let out = '';
  let bits = 0;
  let held = 0;
  for (const b of bytes) {
    held = (held << 8) | b;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      out += alphabet.charAt((held >> bits) & 63);
    }
    held &= 63;
  }
  return bits > 0 ? out + alphabet.charAt((held << (6 - bits)) & 63) : out;
}

/** Reads what toBase64 writes, and only that; undefined for anything else. */
export function fromBase64(text: string): Bytes | undefined {
  if (text.length % 4 === 1) return undefined;
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let at = 0;
  let bits = 0;
  let held = 0;
  for (let i = 0; i < text.length; i++) {
    const v = values[text.charCodeAt(i)] ?? -1;
    if (v < 0) return undefined;
    held = (held << 6) | v;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (held >> bits) & 255;
      held &= (1 << bits) - 1;
    }
  }
  return held === 0 ? out : undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Returns a text's UTF-8. */
export function utf8(text: string): Bytes {
  return encoder.encode(text) as Bytes;
}

/** Reads UTF-8; undefined where it is none. */
export function fromUTF8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns the parts one after the other. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/** Compares without saying by its time where they differ. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let diff = 0;
  for (let i = 0; i < a.length; i++) diff |= (a[i] as number) ^ (b[i] as number);
  return diff === 0;
}

const crcTable = new Uint32Array(256);
for (let n = 0; n < 256; n++) {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  crcTable[n] = c;
}

/** Returns the CRC-32C (Castagnoli) of an ASCII text as 8 hex digits. */
export function crc32c(text: string): string {
  let c = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    c = (c >>> 8) ^ (crcTable[(c ^ text.charCodeAt(i)) & 255] as number);
  }
  return ((c ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}
