// A voucher's token: what is believed of a scanned card, and why (voucher/token.go, token_claims.go). The steps and their
// codes are those of voucher/testdata/vectors/README.md.

import { type Bytes, fromBase64, fromUTF8 } from './bytes';
import { read, schema } from './canon';
import { Fault } from './fault';
import * as faults from './faults';
import { signedBy, split } from './jws';
import { isCode, isTokenKID, type Manifest } from './manifest';
import { secondsMax, secondsMin, valueMax } from './names';
import { isSerial } from './serial';

const tokenMax = 1024;
const payloadMax = 150;
const typ = 'ev+jwt';
const audience = 'rd';
const profileMax = 99;

/** What a voucher says about itself. */
export interface Claims {
  readonly iss: string;
  readonly aud: string;
  readonly jti: string;
  readonly nbf: number;
  readonly exp: number;
  readonly v: number;
  readonly b: string;
  readonly x: number;
  /** Verifier of the scratched secret, base64url; undefined without one. */
  readonly h?: string;
  readonly p: number;
}

const members = schema({
  iss: 'text',
  aud: 'text',
  jti: 'text',
  nbf: 'int',
  exp: 'int',
  v: 'int',
  b: 'text',
  x: 'uint32',
  'h?': 'text',
  p: 'int',
});

function wrong(where: string): Fault {
  return faults.tokenClaims.at(where);
}

function parseClaims(payload: Bytes): Claims {
  if (payload.length > payloadMax) throw wrong('payload');
  let c: Claims;
  try {
    c = read<Claims>(members, fromUTF8(payload) ?? '');
  } catch {
    throw wrong('payload');
  }
  if (c.aud === '') throw wrong('aud');
  if (c.h !== undefined && fromBase64(c.h)?.length !== 16) throw wrong('h');
  if (!isCode(c.iss)) throw wrong('iss');
  if (!isSerial(c.jti)) throw wrong('jti');
  if (c.nbf < secondsMin || c.exp > secondsMax || c.nbf >= c.exp) throw wrong('nbf');
  if (c.v < 1 || c.v > valueMax) throw wrong('v');
  if (!/^[A-Za-z0-9-]{1,8}$/.test(c.b)) throw wrong('b');
  if (c.p < 1 || c.p > profileMax) throw wrong('p');
  return c;
}

/** Refuses a voucher that its lot cannot hold. */
function admits(m: Manifest, c: Claims): void {
  const profile = m.profiles.find((p) => p.p === c.p);
  if (!profile) throw faults.tokenManifest.at('p');
  if (c.v > profile.cap) throw faults.tokenManifest.at('v');
  if (c.x >= m.n + m.spares) throw faults.tokenManifest.at('x');
  if (c.nbf < m.nbf || c.exp > m.exp) throw faults.tokenManifest.at('nbf');
}

/** A token whose signature was verified. */
export interface Genuine {
  readonly kid: string;
  readonly claims: Claims;
}

/** Verifies all of a token but its dates, against manifests by kid. Throws the faults of signed texts and tokens. */
export async function verifySignature(token: string, lots: ReadonlyMap<string, { readonly manifest: Manifest }>): Promise<Genuine> {
  const c = split(token, tokenMax);
  if (c.typ !== typ || !isTokenKID(c.kid)) throw faults.signedHeader.at('header', `want typ ${typ}`);
  const m = lots.get(c.kid)?.manifest;
  if (!m) throw faults.tokenKey;
  const claims = parseClaims(c.payload);
  await signedBy(c, m.key);
  if (claims.iss !== m.iss) throw faults.tokenIssuer;
  if (claims.aud !== audience) throw faults.tokenAudience;
  admits(m, claims);
  return { kid: c.kid, claims };
}

/** Verifies a token as of now: nbf ≤ now < exp, without leeway. */
export async function verify(token: string, lots: ReadonlyMap<string, { readonly manifest: Manifest }>, now: number): Promise<Genuine> {
  const g = await verifySignature(token, lots);
  if (now >= g.claims.exp) throw faults.tokenExpired;
  if (now < g.claims.nbf) throw faults.tokenNotYet;
  return g;
}

/** Returns the name of the key that a token says signed it; undefined for what is no token. */
export function tokenKID(token: string): string | undefined {
  try {
    const c = split(token, tokenMax);
    return c.typ === typ && isTokenKID(c.kid) ? c.kid : undefined;
  } catch {
    return undefined;
  }
}
