// Which keys are believed: those pinned at enrolment, moved on by the root key's word (voucher/succession.go,
// voucher/handheld/keys.go).

import { type Bytes, fromBase64, toBase64 } from './bytes';
import { schema } from './canon';
import * as faults from './faults';
import { type DocType, keyID, parse, split } from './jws';
import { inRange, isName } from './names';
import type { Trust } from './api';

/** The root key's word on which keys count from now on. */
export interface Succession {
  readonly at: number;
  /** KeyID of the beacon key that it ends. */
  readonly was: string;
  readonly beacon: string;
  readonly root: string;
  /** Manifests of the signer count in bundles made before. */
  readonly until: number;
}

const idMax = 43;

const succession: DocType<Succession> = {
  typ: 'evs+jwt',
  max: 1 << 10,
  members: schema({ at: 'int', was: 'text', beacon: 'bytes', root: 'bytes', until: 'int' }),
  check(s) {
    if (!inRange(s.at)) throw faults.signedContent.at('at');
    if (!isName(s.was, idMax)) throw faults.signedContent.at('was');
    if (fromBase64(s.beacon)?.length !== 32) throw faults.signedContent.at('beacon');
    if (fromBase64(s.root)?.length !== 32) throw faults.signedContent.at('root');
    if (!inRange(s.until) || s.until < s.at) throw faults.signedContent.at('until');
  },
};

/** Returns the kid of a signed text, about which nothing else is verified, or "". */
export function keyIDOf(jws: string): string {
  try {
    return split(jws, 32 << 20).kid;
  } catch {
    return '';
  }
}

interface Root {
  readonly key: Bytes;
  /** Manifests count in bundles made before; undefined while the key is in use. */
  until?: number;
}

/** The keys that are believed, those that were believed before included. */
export class Trusted {
  /** The last one is in use. */
  private readonly beacons: Bytes[];
  private readonly roots: Root[];

  constructor(root: Bytes, beacon: Bytes) {
    this.beacons = [beacon];
    this.roots = [{ key: root }];
  }

  get beacon(): Bytes {
    return this.beacons[this.beacons.length - 1] as Bytes;
  }

  get root(): Bytes {
    return (this.roots[this.roots.length - 1] as Root).key;
  }

  get trust(): Trust {
    return { root: toBase64(this.root), beacon: toBase64(this.beacon) };
  }

  /** The key that signed a text of our own storage, which came there when that key was in use. */
  async beaconOf(jws: string): Promise<Bytes> {
    const kid = keyIDOf(jws);
    for (const k of this.beacons) if ((await keyID(k)) === kid) return k;
    return this.beacon;
  }

  /** The root key by which a manifest in a bundle made then counts. */
  async rootOf(manifest: string, made: number): Promise<Bytes> {
    const kid = keyIDOf(manifest);
    for (const r of this.roots) if ((await keyID(r.key)) === kid && (r.until === undefined || made < r.until)) return r.key;
    return this.root;
  }

  /** Reads a succession; undefined for one that begins from keys that are not in use. Throws the faults of signed texts. */
  async read(jws: string): Promise<Succession | undefined> {
    const kid = await keyID(this.root);
    if (keyIDOf(jws) !== kid) return undefined;
    const s = await parse(succession, kid, this.root, jws);
    if (s.root === toBase64(this.root) && (await keyID(fromBase64(s.beacon) as Bytes)) === s.was) throw faults.signedContent.at('beacon');
    return s.was === (await keyID(this.beacon)) ? s : undefined;
  }

  succeed(s: Succession): void {
    const root = fromBase64(s.root) as Bytes;
    this.beacons.push(fromBase64(s.beacon) as Bytes);
    if (s.root === toBase64(this.root)) return;
    (this.roots[this.roots.length - 1] as Root).until = s.until;
    this.roots.push({ key: root });
  }
}
