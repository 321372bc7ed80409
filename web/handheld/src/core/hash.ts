// SHA-256, HMAC and PBKDF2, all by WebCrypto.

import { type Bytes, toBase64, utf8 } from './bytes';
import { subtle } from './platform';

/** Returns the SHA-256 of bytes. */
export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await subtle().digest('SHA-256', bytes));
}

/** Returns the name by which a signed text is referred to: its SHA-256 in base64url. */
export async function hashOf(text: string): Promise<string> {
  return toBase64(await sha256(utf8(text)));
}

/** 32 zero bytes: no hash at all. */
export const noHash = 'A'.repeat(43);

/** Returns the HMAC-SHA-256 of bytes. WebCrypto refuses an empty key, HMAC pads it with zeros. */
export async function hmac(key: Bytes, bytes: Bytes): Promise<Bytes> {
  const raw = key.length > 0 ? key : new Uint8Array(1);
  const k = await subtle().importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await subtle().sign('HMAC', k, bytes));
}

/** Returns length bytes of PBKDF2-HMAC-SHA256. */
export async function pbkdf2(password: Bytes, salt: Bytes, iterations: number, length: number): Promise<Bytes> {
  const k = await subtle().importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
  const derive = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
  return new Uint8Array(await subtle().deriveBits(derive, k, length * 8));
}
