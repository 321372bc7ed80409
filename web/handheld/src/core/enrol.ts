// Enrolment: the handheld makes its key, proves to the server that it holds it, and keeps what it learns about itself
// (voucher/handheld/enrol.go). Somebody else must then activate it at the office.

import type { Enrolment, Trust } from './api';
import { fromBase64, toBase64, utf8 } from './bytes';
import { HTTPServer, type Server } from './client';
import { type StoredKey, isStoredKey, makeKey, sign } from './ed25519';
import * as faults from './faults';
import type { Config } from './handheld';
import { hashOf } from './hash';
import { locked } from './platform';
import type { IdentityDoc, Session } from './state';
import type { Store } from './store';

const codeMax = 40;

/** Enrols; after a failure the same call may be repeated, and uses the same key. Throws handheld_enrolled,
 * enrolment_code, no_network, handheld_storage and the server's faults. */
export async function enrol(store: Store, server: Server, e: Enrolment): Promise<void> {
  if (fromBase64(e.trust.root)?.length !== 32 || fromBase64(e.trust.beacon)?.length !== 32) {
    throw faults.file.at('trust', 'not two Ed25519 keys');
  }
  await locked(store.name, async () => {
    if ((await store.get('identity')) !== undefined) throw faults.enrolled;
    const key = await keyOf(store);
    const publicKey = toBase64(key.publicKey);
    const text = `jate-enrolment/1\n${bareCode(e.code)}\n${publicKey}\n`;
    const got = await server.enrol(e.code, publicKey, toBase64(await sign(key, utf8(text))));
    const { handheld, programme, purpose, nonce } = got;
    const vendor = got.vendor ?? ''; // a distribution's handheld has none
    if (![handheld, programme, nonce].every((t) => typeof t === 'string' && t !== '') || typeof vendor !== 'string') {
      throw faults.answer.at('body', 'not an enrolment');
    }
    if (purpose !== 'sales' && purpose !== 'distribution') throw faults.answer.at('purpose', 'unknown');
    const identity: IdentityDoc = { handheld, programme, vendor, purpose, server: e.server, trust: e.trust };
    const session: Session = { nonce, counter: 0 };
    try {
      await store.save([['session', session], ['identity', identity]]);
    } catch {
      throw faults.storage.at('write', 'identity');
    }
  });
}

/** Returns the key of an earlier try, or makes one and keeps it. */
async function keyOf(store: Store): Promise<StoredKey> {
  const known = await store.get('key');
  if (isStoredKey(known)) return known;
  const key = await makeKey();
  try {
    await store.save([['key', key]]);
  } catch {
    throw faults.storage.at('write', 'key');
  }
  return key;
}

/** Undoes what people do to a code when they copy it. */
export function bareCode(code: string): string {
  return code.replace(/[- ]/g, '').toUpperCase();
}

/** What an enrolment code in a QR says: all of an Enrolment, or a code alone, which needs fetchTrust. */
export interface Scanned {
  readonly code: string;
  readonly trust?: Trust;
  readonly server: string;
}

/**
 * Reads the text of the office's QR code, which is an address that opens this program, or a typed code:
 *
 *	https://<server>/handheld/#e=<code>.<root key>.<beacon key>
 *
 * Throws carrier_file for what is neither.
 */
export function parseEnrolment(text: string): Scanned {
  const plain = text.trim();
  const m = /^(https?:\/\/[^/?#\s]+)\/handheld\/(?:index\.html)?#e=([A-Za-z0-9-]+)\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/.exec(plain);
  if (m) {
    const server = m[1] === globalThis.location?.origin ? '' : (m[1] as string);
    return { code: code(m[2] as string), trust: { root: m[3] as string, beacon: m[4] as string }, server };
  }
  return { code: code(plain), server: '' };
}

function code(text: string): string {
  const bare = bareCode(text);
  // 128 bits in base 32 are 26 characters.
  if (text.length > codeMax || !/^[A-Z2-7]{26}$/.test(bare)) throw faults.file.at('code', 'not an enrolment code');
  return text;
}

/** Writes what parseEnrolment reads, for a screen or a printer of the office. */
export function enrolmentText(e: Enrolment): string {
  return `${e.server}/handheld/#e=${bareCode(e.code)}.${e.trust.root}.${e.trust.beacon}`;
}

/** Returns the server at an address, or the one that the surroundings give. */
export function serverFor(address: string, cfg: Config): Server {
  return cfg.server ?? new HTTPServer(address, cfg.language);
}

/** Reads a code, and asks the page's own server for the keys where the code does not bring them along. */
export async function readCode(text: string, cfg: Config): Promise<Enrolment> {
  const { code, server, trust } = parseEnrolment(text);
  return { code, server, trust: trust ?? (await fetchTrust(new HTTPServer(server, cfg.language))) };
}

/**
 * Asks the server for the keys that a typed code does not bring along. Only for the server that this program came from:
 * whoever could give a wrong key there could as well have given a wrong program. The person compares fingerprint with
 * what the office shows.
 */
export function fetchTrust(server: HTTPServer): Promise<Trust> {
  return server.keys();
}

/** Returns eight digits by which two people compare keys over the telephone. */
export async function fingerprint(t: Trust): Promise<string> {
  const hash = fromBase64(await hashOf(`${t.root}.${t.beacon}`)) as Uint8Array;
  const n = hash.slice(0, 6).reduce((sum, b) => sum * 256 + b, 0) % 100_000_000;
  return String(n).padStart(8, '0').replace(/(....)(....)/, '$1 $2');
}
