// A handheld's records: receipts, cancellations and activations, signed, numbered from 1 and chained
// (voucher/record.go). The members have their names in the JSON.

import type { CancelReason, Line, RecordKind, Risk, Serial, Taker, TakerReason } from './api';
import { type Bytes, fromBase64 } from './bytes';
import { schema } from './canon';
import type { StoredKey } from './ed25519';
import * as faults from './faults';
import { noHash } from './hash';
import { type DocType, parsePayload, sign, signedBy, split } from './jws';
import { handheldMax, inRange, isName, isQuantity, nameMax, valueMax } from './names';
import { sealedLen } from './seal';
import { isSerial } from './serial';

/** Common to all records. */
export interface Head {
  readonly dev: string;
  readonly seq: number;
  /** Hash of the record before; noHash for the first. */
  readonly prev: string;
  readonly t: number;
  /** Hash of the last beacon; noHash for none. */
  readonly bcn: string;
  /** Number of the bundle in use; 0 for none. */
  readonly snap: number;
}

/** One redemption. */
export interface Receipt extends Head {
  readonly jti: Serial;
  readonly amt: number;
  readonly lines: readonly WireLine[];
  readonly cash: number;
  readonly short: number;
  /** The sealed factor, base64url. */
  readonly ev: string;
  readonly risk: readonly Risk[];
}

/** A line of goods as a receipt has it. */
export interface WireLine {
  readonly item: string;
  readonly qty: string;
  readonly price: number;
}

export interface Cancellation extends Head {
  readonly of: string;
  readonly reason: CancelReason;
}

export interface Activation extends Head {
  readonly jtis: readonly Serial[];
  readonly by: Taker;
  readonly reason?: TakerReason;
}

/** A record with its kind. */
export type Made =
  | { readonly kind: 'receipt'; readonly body: Receipt }
  | { readonly kind: 'cancellation'; readonly body: Cancellation }
  | { readonly kind: 'activation'; readonly body: Activation };

const recordMax = 8 << 10;
const linesMax = 32;
const activationMax = 64;
const risks: readonly string[] = ['degraded', 'no-hint', 'not-home', 'pace'];
const cancelReasons: readonly string[] = ['mistake', 'goods-returned', 'goods-missing'];
const takerReasons: readonly string[] = ['distance', 'health', 'care', 'away', 'safety', 'other'];

const head = { dev: 'text', seq: 'uint', prev: 'hash', t: 'int', bcn: 'hash', snap: 'uint' } as const;
const line = schema({ item: 'text', qty: 'text', price: 'int' });

function checkHead(r: Head): void {
  if (!isName(r.dev, handheldMax)) throw faults.signedContent.at('dev');
  if (r.seq < 1) throw faults.signedContent.at('seq');
  if ((r.prev === noHash) !== (r.seq === 1)) {
    throw faults.signedContent.at('prev');
  }
  if (!inRange(r.t)) throw faults.signedContent.at('t');
}

function checkReceipt(r: Receipt): void {
  checkHead(r);
  const amount = (n: number) => n >= 0 && n <= valueMax;
  if (!isSerial(r.jti)) throw faults.signedContent.at('jti');
  if (r.amt < 1 || r.amt > valueMax) throw faults.signedContent.at('amt');
  if (!r.lines || r.lines.length > linesMax) throw faults.signedContent.at('lines');
  if (!amount(r.cash)) throw faults.signedContent.at('cash');
  if (!amount(r.short)) throw faults.signedContent.at('short');
  const sealed = fromBase64(r.ev)?.length;
  if (sealed !== 0 && sealed !== sealedLen) throw faults.signedContent.at('ev');
  if (!r.risk || r.risk.some((k, i) => i > 0 && (r.risk[i - 1] as string) >= k)) {
    throw faults.signedContent.at('risk');
  }
  for (const [i, l] of r.lines.entries()) {
    if (!isName(l.item, nameMax) || !isQuantity(l.qty) || !amount(l.price)) {
      throw faults.signedContent.at(`lines[${i}]`);
    }
  }
  if (r.risk.some((k) => !risks.includes(k))) throw faults.signedContent.at('risk');
}

function checkCancellation(c: Cancellation): void {
  checkHead(c);
  if (c.of === noHash) throw faults.signedContent.at('of');
  if (!cancelReasons.includes(c.reason)) throw faults.signedContent.at('reason');
}

function checkActivation(a: Activation): void {
  checkHead(a);
  if (!a.jtis || a.jtis.length < 1 || a.jtis.length > activationMax) {
    throw faults.signedContent.at('jtis');
  }
  if (!a.jtis.every(isSerial) || new Set(a.jtis).size !== a.jtis.length) {
    throw faults.signedContent.at('jtis');
  }
  switch (a.by) {
    case 'head':
    case 'alternate':
      if (a.reason) throw faults.signedContent.at('reason');
      break;
    case 'third-party':
      if (!takerReasons.includes(a.reason ?? '')) throw faults.signedContent.at('reason');
      break;
    default:
      throw faults.signedContent.at('by');
  }
}

const receipt: DocType<Receipt> = {
  typ: 'evr+jwt',
  max: recordMax,
  members: schema({
    ...head,
    jti: 'text',
    amt: 'int',
    lines: { list: { object: line } },
    cash: 'int',
    short: 'int',
    ev: 'bytes',
    risk: { list: 'text' },
  }),
  check: checkReceipt,
};
const cancellation: DocType<Cancellation> = {
  typ: 'evc+jwt',
  max: recordMax,
  members: schema({ ...head, of: 'hash', reason: 'text' }),
  check: checkCancellation,
};
const activation: DocType<Activation> = {
  typ: 'eva+jwt',
  max: recordMax,
  members: schema({ ...head, jtis: { list: 'text' }, by: 'text', 'reason?': 'text' }),
  check: checkActivation,
};

/** Returns the record as a JWS of at most 8 KiB. Throws signed_content, with the member, for what no record may say. */
export async function signRecord(r: Made, key: StoredKey): Promise<string> {
  switch (r.kind) {
    case 'receipt':
      return sign(receipt, r.body.dev, key, r.body);
    case 'cancellation':
      return sign(cancellation, r.body.dev, key, r.body);
    case 'activation':
      return sign(activation, r.body.dev, key, r.body);
  }
}

/** Reads a record that the key signed, with the faults of signed texts. Without a key the signature is not looked at:
 * for a chain whose later records, which name it, are verified. */
export async function parseRecord(jws: string, key: Bytes | undefined): Promise<Made> {
  const c = split(jws, recordMax);
  const kind = kindOf(c.typ);
  if (key) await signedBy(c, key);
  const made = parseAs(kind, c.payload);
  if (c.kid !== made.body.dev) throw faults.signedHeader.at('header', 'kid is not dev');
  return made;
}

function kindOf(typ: string): RecordKind {
  switch (typ) {
    case receipt.typ:
      return 'receipt';
    case cancellation.typ:
      return 'cancellation';
    case activation.typ:
      return 'activation';
  }
  throw faults.signedHeader;
}

function parseAs(kind: RecordKind, payload: Bytes): Made {
  switch (kind) {
    case 'receipt':
      return { kind, body: parsePayload(receipt, payload) };
    case 'cancellation':
      return { kind, body: parsePayload(cancellation, payload) };
    case 'activation':
      return { kind, body: parsePayload(activation, payload) };
  }
}

/** Returns the handheld that a record says it is from; nothing is verified. Throws the faults of signed texts. */
export function peekHandheld(jws: string): string {
  const c = split(jws, recordMax);
  if (c.typ !== 'evreq+jwt') kindOf(c.typ);
  if (!isName(c.kid, handheldMax)) throw faults.signedHeader;
  return c.kid;
}

/** Lines as the screens have them. */
export function fromWire(lines: readonly WireLine[]): Line[] {
  return lines.map((l) => ({ item: l.item, quantity: l.qty, price: l.price }));
}
