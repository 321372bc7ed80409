// A server of a test's own: it knows records, answers with acknowledgements that the stories' beacon key signs, and can be
// put back to an older state or busy.

import { createHash, createPrivateKey, createPublicKey, sign as edSign } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { Sale } from '../../src/core/api';
import { type Bytes, fromBase64, toBase64, utf8 } from '../../src/core/bytes';
import type { Server } from '../../src/core/client';
import { makeKey } from '../../src/core/ed25519';
import * as faults from '../../src/core/faults';
import { Handheld } from '../../src/core/handheld';
import { hashOf } from '../../src/core/hash';
import { keyID } from '../../src/core/jws';
import { parseRecord } from '../../src/core/record';
import { Store } from '../../src/core/store';

interface ToldSale {
  Scan: string;
  Factor: { Secret: string };
}

const told = JSON.parse(readFileSync(new URL('../../../../voucher/handheld/testdata/handheld.json', import.meta.url), 'utf8')) as {
  Root: string;
  Beacon: string;
  BeaconSeed: string;
  Stories: { Name: string; Steps: { Do: string; Now: number; Bundle?: string; Keys?: string[]; Sale?: ToldSale }[] }[];
};
const steps = told.Stories.find((s) => s.Name === 'limits and pace')?.Steps ?? [];
export const bundle = steps[0]?.Bundle as string;
export const noon = steps[0]?.Now as number;
const cards = steps.filter((s) => s.Do === 'sell').slice(1).map((s) => s.Sale as ToldSale);

/** A sale on one of 24 cards of 1,000 francs. */
export function saleOf(i: number): Sale {
  const c = cards[i] as ToldSale;
  const lines = [{ item: 'soap', quantity: '4', price: 250 }];
  return { scan: c.Scan, factor: { secret: c.Factor.Secret, pin: '' }, lines, cash: 0, shortfall: 0 };
}

const first = fromBase64(told.BeaconSeed) as Bytes;
/** The root key's word on its second beacon key, and the seed of that key. */
export const secondKeys = told.Stories.find((s) => s.Name === 'new keys')?.Steps.filter((s) => s.Do === 'keys')[2]?.Keys as string[];
export const secondSeed: Bytes = new Uint8Array(createHash('sha256').update('second beacon').digest());

/** Signs an acknowledgement as the server would. */
export async function signAck(ack: object, seed: Bytes = first): Promise<string> {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const kid = await keyID(new Uint8Array(spki.subarray(spki.length - 32)));
  const covered = `${toBase64(utf8(`{"alg":"EdDSA","kid":"${kid}","typ":"evk+jwt"}`))}.${toBase64(utf8(JSON.stringify(ack)))}`;
  return `${covered}.${toBase64(edSign(null, Buffer.from(covered), key))}`;
}

/** The server's side. */
export class Office implements Server {
  records: string[] = [];
  uploads: number[] = [];
  down = false;
  time = noon;
  keys: string[] = [];
  seed: Bytes | undefined;
  enrol = () => Promise.reject(faults.noNetwork);
  reserve = () => Promise.reject(faults.noNetwork);
  bundle = async () => bundle;
  successions = async () => this.keys;

  async redeem(_: string, records: readonly string[]): Promise<string> {
    if (this.down) throw faults.noNetwork;
    this.uploads.push(records.length);
    const outcomes = [];
    for (const jws of records) {
      const { body } = await parseRecord(jws, undefined);
      if (body.seq === this.records.length + 1) this.records.push(jws);
      const gap = body.seq > this.records.length;
      outcomes.push({ seq: body.seq, hash: await hashOf(jws), state: gap ? 'waiting' : 'payable', reason: gap ? 'gap' : '', leaf: null });
    }
    const seq = this.records.length;
    const head = seq > 0 ? await hashOf(this.records[seq - 1] as string) : 'A'.repeat(43);
    return signAck({ dev: 'h1', seq, head, t: this.time, nonce: `n${this.uploads.length}`, outcomes, checkpoint: '' }, this.seed);
  }
}

/** Makes a handheld that is enrolled and carries the bundle. */
export async function shop(name: string, server: Server, now: () => number = () => noon * 1000): Promise<Handheld> {
  const store = await Store.open(name);
  const trust = { root: told.Root, beacon: told.Beacon };
  await store.save([
    ['key', await makeKey()],
    ['session', { nonce: 'n0', counter: 0 }],
    ['identity', { handheld: 'h1', programme: 'mopti', vendor: 'v1', purpose: 'sales', server: '', trust }],
  ]);
  const h = await Handheld.open(store, { now, server });
  await h.takeBundle(bundle);
  return h;
}
