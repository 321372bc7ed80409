// The zone bundle: what a handheld carries to redeem without a network, one signed file (voucher/bundle.go,
// voucher/handheld/bundle.go).

import type { Freshness, Policy, Purpose } from './api';
import { type Beacon, parseBeacon } from './ack';
import { type Bytes, fromBase64 } from './bytes';
import { read, schema } from './canon';
import { Fault } from './fault';
import * as faults from './faults';
import { hashOf } from './hash';
import { type DocType, keyID, parse } from './jws';
import type { Trusted } from './keys';
import { type Manifest, parseManifest } from './manifest';
import { handheldMax, isName } from './names';
import { sealPublicLen } from './seal';
import { type StatusList, decodeStatusList } from './status_list';

/** One line of the vendor's price list. */
export interface BundleItem {
  readonly code: string;
  readonly cat: string;
  readonly en: string;
  readonly fr: string;
  readonly max: number;
  readonly pic: string;
}

interface WireLot {
  readonly manifest: string;
  readonly status: string;
  readonly hints: string;
  readonly home: string;
  /** All of a lot under embargo; the rest is then empty. */
  readonly sealed?: string;
}

interface Wire {
  readonly snap: number;
  readonly dev: string;
  readonly vendor: string;
  readonly purpose: Purpose;
  readonly zone: string;
  readonly policy: Policy;
  readonly beacon: string;
  readonly seal: string;
  readonly items: readonly BundleItem[];
  readonly lots: readonly WireLot[];
}

/** A voucher that this handheld is home for. */
export interface HomeVoucher {
  readonly tag: number;
  readonly hint: number;
  readonly secret: boolean;
  readonly pin: boolean;
}

/** What the bundle says about one lot. */
export interface Lot {
  readonly manifest: Manifest;
  readonly status: StatusList;
  readonly homes: ReadonlyMap<number, HomeVoucher>;
  readonly hints: Bytes;
}

/** A bundle that was verified, ready to judge cards with. */
export interface Bundle {
  readonly snap: number;
  readonly vendor: string;
  readonly zone: string;
  readonly policy: Policy;
  readonly seal: Bytes;
  readonly items: ReadonlyMap<string, BundleItem>;
  /** By kid. */
  readonly lots: ReadonlyMap<string, Lot>;
  readonly beacon: string;
  readonly beaconHash: string;
  readonly word: Beacon;
  /** How many lots are under embargo, and not opened by a code. */
  readonly sealed: number;
}

const homeLen = 8;

const item = schema({ code: 'text', cat: 'text', en: 'text', fr: 'text', max: 'int', pic: 'text' });
const lot = schema({ manifest: 'text', status: 'bytes', hints: 'bytes', home: 'bytes', 'sealed?': 'bytes' });

function checkLot(l: WireLot): void {
  if ((fromBase64(l.home)?.length ?? 1) % homeLen !== 0) throw faults.signedContent.at('home');
  if (l.sealed && (l.manifest || l.status || l.hints || l.home)) throw faults.signedContent.at('sealed');
}

const bundle: DocType<Wire> = {
  typ: 'evz+jwt',
  max: 32 << 20,
  members: schema({
    snap: 'uint',
    dev: 'text',
    vendor: 'text',
    purpose: 'text',
    zone: 'text',
    policy: { object: schema({ fresh: 'int', degraded: 'int', floor: 'int', count: 'int', sum: 'int' }) },
    beacon: 'text',
    seal: 'bytes',
    items: { list: { object: item } },
    lots: { list: { object: lot } },
  }),
  check(b) {
    if (!isName(b.dev, handheldMax)) throw faults.signedContent.at('dev');
    if (b.snap < 1) throw faults.signedContent.at('snap');
    if (!b.items || !b.lots) throw faults.signedContent.at('lots');
    b.lots.forEach(checkLot);
  },
};

/** Reads the vouchers that a handheld is home for: index (32 bits), tag (16), hint (10), PIN, secret, four zero bits. */
function homesOf(bytes: Bytes): Map<number, HomeVoucher> {
  const homes = new Map<number, HomeVoucher>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + homeLen <= bytes.length; at += homeLen) {
    const rest = view.getUint16(at + 6);
    const home = { tag: view.getUint16(at + 4), hint: rest >> 6, pin: (rest & 32) !== 0, secret: (rest & 16) !== 0 };
    homes.set(view.getUint32(at), home);
  }
  return homes;
}

/** Opens a lot with the first code that does; undefined where none does. */
async function unseal(l: WireLot, codes: readonly Bytes[]): Promise<WireLot | undefined> {
  if (!l.sealed) return l;
  const { openLot } = await import('./embargo'); // only a distribution's handheld has such lots
  for (const code of codes) {
    const text = await openLot(code, fromBase64(l.sealed) as Bytes);
    if (text === undefined) continue;
    const open = read<WireLot>(lot, text);
    if (open.sealed) throw faults.signedContent.at('sealed');
    checkLot(open);
    return open;
  }
  return undefined;
}

async function readLot(wire: WireLot, made: number, trust: Trusted, codes: readonly Bytes[]): Promise<Lot | undefined> {
  const l = await unseal(wire, codes);
  if (!l) return undefined;
  const manifest = await parseManifest(l.manifest, await trust.rootOf(l.manifest, made));
  const status = await decodeStatusList(fromBase64(l.status) as Bytes, manifest.n + manifest.spares);
  return { manifest, status, homes: homesOf(fromBase64(l.home) as Bytes), hints: fromBase64(l.hints) as Bytes };
}

function sameManifest(a: Manifest, b: Manifest): boolean {
  return a === b || JSON.stringify({ ...a, key: 0, assets: 0 }) === JSON.stringify({ ...b, key: 0, assets: 0 });
}

async function fill(w: Wire, trust: Trusted, beaconKey: Bytes, codes: readonly Bytes[]): Promise<Bundle> {
  const lots = new Map<string, Lot>();
  const all = await Promise.all(w.lots.map((l) => readLot(l, w.snap, trust, codes)));
  for (const l of all) {
    if (!l) continue;
    const other = lots.get(l.manifest.kid);
    if (other && !sameManifest(other.manifest, l.manifest)) throw faults.keyTwice;
    lots.set(l.manifest.kid, l);
  }
  const seal = fromBase64(w.seal) as Bytes;
  if (seal.length !== sealPublicLen) throw faults.bundle.at('seal', 'not a key');
  const word = await parseBeacon(w.beacon, beaconKey);
  const items = new Map(w.items.map((i) => [i.code, i]));
  const { snap, vendor, zone, policy, beacon } = w;
  const sealed = all.filter((l) => !l).length;
  return { snap, vendor, zone, policy, beacon, seal, items, lots, word, sealed, beaconHash: await hashOf(beacon) };
}

/** Whose bundle. */
export interface Owner {
  readonly handheld: string;
  readonly purpose: Purpose;
}

/** Verifies a bundle with the beacon key given and the roots that are believed, everything in it included; lots under
 * embargo where a code opens them. Throws bundle_invalid and bundle_other_handheld. */
export async function readBundle(jws: string, o: Owner, trust: Trusted, key: Bytes, codes: readonly Bytes[]): Promise<Bundle> {
  try {
    const w = await parse(bundle, await keyID(key), key, jws);
    if (w.dev !== o.handheld) throw faults.bundleOther;
    const b = await fill(w, trust, key, codes);
    if (b.word.dev !== o.handheld || w.purpose !== o.purpose) throw faults.bundleOther;
    return b;
  } catch (err) {
    if (!(err instanceof Fault) || err.code === faults.bundleOther.code) throw err;
    throw faults.bundle.at(err.code, err.message);
  }
}

const hour = 3600;

/** Judges a bundle's age as the server will: to the hour's end. */
export function freshness(b: Bundle, now: number): Freshness {
  const age = now - b.snap;
  if (age <= b.policy.fresh * hour) return 'fresh';
  return age <= b.policy.degraded * hour ? 'degraded' : 'stale';
}
