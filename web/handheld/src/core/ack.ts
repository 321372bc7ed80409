// The server's signed words: acknowledgements and beacons; and the handheld's signed requests (voucher/ack.go,
// ack_request.go).

import type { RecordState } from './api';
import type { Bytes } from './bytes';
import { schema } from './canon';
import type { StoredKey } from './ed25519';
import * as faults from './faults';
import { noHash } from './hash';
import { type DocType, keyID, parse, parsePayload, sign, split } from './jws';
import { handheldMax, inRange, isName } from './names';

/** The server's word on the time and on how far it knows the handheld's chain. */
export interface Beacon {
  readonly dev: string;
  readonly seq: number;
  readonly head: string;
  readonly t: number;
  readonly nonce: string;
  readonly checkpoint: string;
}

/** What became of one record. */
export interface Outcome {
  readonly seq: number;
  readonly hash: string;
  readonly state: RecordState;
  readonly reason: string;
  readonly leaf: string | null;
}

/** The server's answer to an upload. */
export interface Ack extends Beacon {
  readonly outcomes: readonly Outcome[];
}

/** Binds one HTTP request to the handheld. */
export interface SignedRequest {
  readonly dev: string;
  readonly m: string;
  readonly u: string;
  readonly sha: string;
  readonly nonce: string;
  readonly n: number;
}

const outcomesMax = 1000;
const checkpointMax = 2048;
const reasonMax = 40;
const nonceMax = 43;
const pathMax = 1024;
const states: readonly string[] = ['payable', 'waiting', 'contested', 'rejected', 'quarantined', 'cancelled', 'accepted'];

const word = { dev: 'text', seq: 'uint', head: 'hash', t: 'int', nonce: 'text' } as const;
const outcome = schema({ seq: 'uint', hash: 'hash', state: 'text', reason: 'text', leaf: 'leaf' });

function checkBeacon(b: Beacon): void {
  if (!isName(b.dev, handheldMax)) throw faults.signedContent.at('dev');
  if ((b.head === noHash) !== (b.seq === 0)) throw faults.signedContent.at('seq');
  if (!inRange(b.t)) throw faults.signedContent.at('t');
  if (!isName(b.nonce, nonceMax)) throw faults.signedContent.at('nonce');
  if (new TextEncoder().encode(b.checkpoint).length > checkpointMax) throw faults.signedContent.at('checkpoint');
}

function checkOutcome(o: Outcome): void {
  if (!states.includes(o.state)) throw faults.signedContent.at('state');
  if (o.seq < 1 || o.hash === noHash) throw faults.signedContent.at('seq');
  if (o.reason !== '' && !isName(o.reason, reasonMax)) throw faults.signedContent.at('reason');
}

const beacon: DocType<Beacon> = {
  typ: 'evb+jwt',
  max: 8 << 10,
  members: schema({ ...word, checkpoint: 'text' }),
  check: checkBeacon,
};
const ack: DocType<Ack> = {
  typ: 'evk+jwt',
  max: 256 << 10,
  members: schema({ ...word, outcomes: { list: { object: outcome } }, checkpoint: 'text' }),
  check(a) {
    checkBeacon(a);
    if (!a.outcomes || a.outcomes.length > outcomesMax) throw faults.signedContent.at('outcomes');
    a.outcomes.forEach(checkOutcome);
  },
};
const request: DocType<SignedRequest> = {
  typ: 'evreq+jwt',
  max: 4 << 10,
  members: schema({ dev: 'text', m: 'text', u: 'text', sha: 'hash', nonce: 'text', n: 'uint' }),
  check(r) {
    if (!isName(r.dev, handheldMax)) throw faults.signedContent.at('dev');
    if (!/^[A-Z]{1,8}$/.test(r.m)) throw faults.signedContent.at('m');
    if (!r.u.startsWith('/') || r.u.length > pathMax) throw faults.signedContent.at('u');
    if (!isName(r.nonce, nonceMax)) throw faults.signedContent.at('nonce');
    if (r.n < 1) throw faults.signedContent.at('n');
  },
};

/** Reads an acknowledgement that the beacon key signed. Throws the faults of signed texts. With trusted the signature is
 * not looked at again: for a text of our own journal, into which it only came verified. */
export async function parseAck(jws: string, key: Bytes, trusted = false): Promise<Ack> {
  return trusted ? parsePayload(ack, split(jws, ack.max).payload) : parse(ack, await keyID(key), key, jws);
}

/** Reads a beacon that the beacon key signed, as parseAck does an acknowledgement. */
export async function parseBeacon(jws: string, key: Bytes, trusted = false): Promise<Beacon> {
  return trusted ? parsePayload(beacon, split(jws, beacon.max).payload) : parse(beacon, await keyID(key), key, jws);
}

/** Signs a request. Throws signed_content for what no request may say. */
export async function signRequest(r: SignedRequest, key: StoredKey): Promise<string> {
  return sign(request, r.dev, key, r);
}
