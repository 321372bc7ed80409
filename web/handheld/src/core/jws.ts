// Everything signed is a JWS in compact form with Ed25519 whose header is fixed byte for byte,
// {"alg":"EdDSA","kid":"…","typ":"…"}, and whose payload has one form only (voucher/wire_jws.go).

import { type Bytes, fromBase64, fromUTF8, toBase64, utf8 } from './bytes';
import { type Schema, read, write } from './canon';
import * as ed25519 from './ed25519';
import * as faults from './faults';
import { hashOf } from './hash';
import { isName } from './names';

const headerStart = '{"alg":"EdDSA","kid":"';
const headerTyp = '","typ":"';
const headerEnd = '"}';
const kidMax = 43;

/** A kind of signed text: its typ header, the most characters it may have, its members, and what it may not say. */
export interface DocType<T> {
  readonly typ: string;
  readonly max: number;
  readonly members: Schema;
  check(v: T): void;
}

/** A JWS taken apart; nothing about it is verified yet but its form. */
export interface Compact {
  readonly kid: string;
  readonly typ: string;
  readonly payload: Bytes;
  /** Header and payload: what the signature covers. */
  readonly covered: string;
  readonly sig: Bytes;
}

/** Writes a header. */
export function header(kid: string, typ: string): string {
  return headerStart + kid + headerTyp + typ + headerEnd;
}

/** Reads what header writes; a header with crit, b64, jku or anything else does not fit. */
function parseHeader(text: string | undefined): { kid: string; typ: string } | undefined {
  const m = text && /^\{"alg":"EdDSA","kid":"([A-Za-z0-9._-]{1,43})","typ":"([A-Za-z0-9._-]{1,8}\+jwt)"\}$/.exec(text);
  return m ? { kid: m[1] as string, typ: m[2] as string } : undefined;
}

/** Takes a compact JWS of at most limit characters apart. Throws the faults of signed texts. */
export function split(jws: string, limit: number): Compact {
  if (jws.length > limit) throw faults.signedTooLong.at('text', `at most ${limit} bytes`);
  const wrong = /[^A-Za-z0-9._-]/.exec(jws);
  // The bound is one of bytes of UTF-8, and only a text with wrong characters has more of them than characters.
  if (wrong && utf8(jws).length > limit) throw faults.signedTooLong.at('text', `at most ${limit} bytes`);
  if (wrong) throw faults.signedAlphabet.at('text', `at character ${wrong.index}`);
  const parts = jws.split('.');
  const [first, second, third] = parts;
  if (parts.length !== 3 || !first || !second || !third) throw faults.signedSegments;
  const head = fromBase64(first);
  if (!head) throw faults.signedEncoding;
  const names = parseHeader(fromUTF8(head));
  if (!names) throw faults.signedHeader;
  const payload = fromBase64(second);
  const sig = fromBase64(third);
  if (!payload || !sig || sig.length !== ed25519.signatureLen) throw faults.signedEncoding;
  return { ...names, payload, sig, covered: `${first}.${second}` };
}

/** Throws signed_signature where the signature is not the key's. */
export async function signedBy(c: Compact, key: Bytes): Promise<void> {
  if (!(await ed25519.verify(key, utf8(c.covered), c.sig))) throw faults.signature;
}

/** Reads a payload, whose signature was checked. */
export function parsePayload<T>(d: DocType<T>, payload: Bytes): T {
  const text = fromUTF8(payload);
  if (text === undefined) throw faults.signedForm;
  const v = read<T>(d.members, text);
  d.check(v);
  return v;
}

/** Accepts exactly what the key's holder signs as this kind of text under this kid, and nothing else. */
export async function parse<T>(d: DocType<T>, kid: string, key: Bytes, jws: string): Promise<T> {
  return parseCompact(d, kid, key, split(jws, d.max));
}

/** Is parse of a text that is taken apart already. */
export async function parseCompact<T>(d: DocType<T>, kid: string, key: Bytes, c: Compact): Promise<T> {
  if (c.kid !== kid || c.typ !== d.typ) throw faults.signedHeader.at('header', `want typ ${d.typ}`);
  await signedBy(c, key);
  return parsePayload(d, c.payload);
}

/** Checks v and signs it with the handheld's key. */
export async function sign<T>(d: DocType<T>, kid: string, key: ed25519.StoredKey, v: T): Promise<string> {
  if (!isName(kid, kidMax)) throw faults.signedHeader;
  d.check(v);
  const covered = `${toBase64(utf8(header(kid, d.typ)))}.${toBase64(utf8(write(d.members, v)))}`;
  const jws = `${covered}.${toBase64(await ed25519.sign(key, utf8(covered)))}`;
  if (jws.length > d.max) throw faults.signedTooLong.at('text', `${jws.length} bytes, at most ${d.max}`);
  return jws;
}

const ids = new Map<string, Promise<string>>();

/** Returns the thumbprint of an Ed25519 key (RFC 7638, RFC 8037 A.3): the kid of root and beacon keys. */
export function keyID(key: Bytes): Promise<string> {
  const x = toBase64(key);
  let id = ids.get(x);
  if (!id) {
    id = hashOf(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`);
    ids.set(x, id); // of the two pinned keys
  }
  return id;
}
