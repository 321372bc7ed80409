// What the offline root key says about one lot: the key that signed its vouchers, and what they may be
// (voucher/manifest.go).

import { type Bytes, fromBase64 } from './bytes';
import { schema } from './canon';
import * as faults from './faults';
import { noHash } from './hash';
import { type DocType, keyID, parse } from './jws';
import { isName, nameMax, secondsMax, secondsMin, valueMax } from './names';
import { type Asset, minorText, parseAsset, parseMinor } from './money';

const profilesMax = 16;
const basketMax = 64;
const profileMax = 99;
/** The most vouchers of one lot, spares included. */
export const lotMax = 1 << 21;

interface Profile {
  readonly p: number;
  readonly asset: string;
  readonly basket: readonly string[];
  readonly cat: readonly string[];
  readonly cap: number;
}

interface Wire {
  readonly iss: string;
  readonly prog: string;
  readonly round: string;
  readonly lot: string;
  readonly kid: string;
  readonly x: string;
  readonly profiles: readonly Profile[];
  readonly n: number;
  readonly spares: number;
  readonly total: readonly { readonly amount: string; readonly asset: string }[];
  readonly nbf: number;
  readonly exp: number;
  readonly dig: string;
}

/** A manifest that the root key signed. */
export interface Manifest extends Wire {
  readonly key: Bytes;
  /** What the profiles' values count, by the profile's number. */
  readonly assets: ReadonlyMap<number, Asset>;
}

/** Whether kid is the name of a lot's key: 2 to 4 letters and digits. */
export function isTokenKID(kid: string): boolean {
  return /^[A-Za-z0-9]{2,4}$/.test(kid);
}

/** Whether s is 1 to 8 letters and digits. */
export function isCode(s: string): boolean {
  return /^[A-Za-z0-9]{1,8}$/.test(s);
}

function isCodeSet(list: readonly string[]): boolean {
  return list.length <= basketMax && list.every((c, i) => isName(c, nameMax) && (i === 0 || (list[i - 1] as string) < c));
}

function wrong(where: string) {
  return faults.manifest.at(where);
}

function checkProfile(p: Profile, last: number): void {
  const where = `profiles[${p.p}]`;
  if (p.p <= last || p.p > profileMax) throw wrong(where);
  if (!parseAsset(p.asset)) throw wrong(where);
  if (p.cap < 1 || p.cap > valueMax) throw wrong(where);
  if (!p.basket || !p.cat) throw wrong(where);
  if (!isCodeSet(p.basket) || !isCodeSet(p.cat)) throw wrong(where);
}

function check(m: Wire): void {
  if (!isCode(m.iss)) throw wrong('iss');
  if (![m.prog, m.round, m.lot].every((n) => isName(n, nameMax))) throw wrong('lot');
  if (!isTokenKID(m.kid)) throw wrong('kid');
  if (fromBase64(m.x)?.length !== 32) throw wrong('x');
  if (m.n < 0 || m.spares < 0 || m.n + m.spares > lotMax || m.n + m.spares === 0) throw wrong('n');
  if (m.nbf < secondsMin || m.exp > secondsMax || m.nbf >= m.exp) throw wrong('nbf');
  if (!m.profiles || m.profiles.length === 0 || m.profiles.length > profilesMax) throw wrong('profiles');
  m.profiles.reduce((last, p) => (checkProfile(p, last), p.p), 0);
  if (!m.total) throw wrong('total');
  if (m.dig === noHash) throw wrong('dig');
  for (const [i, t] of m.total.entries()) {
    const asset = parseAsset(t.asset);
    const minor = asset && parseMinor(t.amount, asset.digits);
    if (minor !== undefined && minorText(minor, asset?.digits ?? 0) !== t.amount) throw faults.signedForm;
    if (minor === undefined || minor <= 0n || minor > BigInt(Number.MAX_SAFE_INTEGER)) throw wrong('total');
    if (!m.profiles.some((p) => p.asset === t.asset)) throw wrong('total');
    if (i > 0 && (m.total[i - 1]?.asset ?? '') >= t.asset) throw wrong('total');
  }
  if ((m.n === 0) !== (m.total.length === 0)) throw wrong('total');
}

const profile = schema({ p: 'int', asset: 'text', basket: { list: 'text' }, cat: { list: 'text' }, cap: 'int' });
const manifest: DocType<Wire> = {
  typ: 'evm+jwt',
  max: 96 << 10,
  members: schema({
    iss: 'text',
    prog: 'text',
    round: 'text',
    lot: 'text',
    kid: 'text',
    x: 'bytes',
    profiles: { list: { object: profile } },
    n: 'int',
    spares: 'int',
    total: { list: { object: schema({ amount: 'text', asset: 'text' }) } },
    nbf: 'int',
    exp: 'int',
    dig: 'hash',
  }),
  check,
};

/** Reads a manifest that the root key signed. Throws the faults of signed texts and manifest_invalid. */
export async function parseManifest(jws: string, root: Bytes): Promise<Manifest> {
  const w = await parse(manifest, await keyID(root), root, jws);
  const assets = new Map(w.profiles.map((p) => [p.p, parseAsset(p.asset) as Asset])); // check has seen to it
  return { ...w, key: fromBase64(w.x) as Bytes, assets };
}
