// Judging a scanned card: everything but goods and factor (voucher/handheld/card.go).

import type { Card, Risk, Seconds } from './api';
import { type Bundle, type Lot, freshness } from './bundle';
import { utf8 } from './bytes';
import * as faults from './faults';
import { sha256 } from './hash';
import { isDigits } from './names';
import { isFrancs } from './money';
import { readSerial } from './serial';
import type { State } from './state';
import { listRedeemed, listSuspended, listVoid } from './status_list';
import { type Claims, type Genuine, verify } from './token';
import { parseDigits, parseWire } from './wire';

/** How many wrong secrets or PINs a handheld takes for one card. */
export const triesMax = 3;
const paceMax = 20;
const paceWithin = 600;

/** A card with what is needed to sell on it. */
export interface Judged {
  readonly card: Card;
  readonly claims: Claims;
  readonly lot: Lot;
  /** Of the PIN, at home. */
  readonly hint: number;
}

/** Reads a scanned code as a token. A card's number alone is no card. Throws card_number_only and wire_malformed. */
export function readCard(scan: string): string {
  if (scan.length > 40 && isDigits(scan, scan.length)) return parseDigits(scan);
  if (readSerial(scan) !== undefined) throw faults.cardNumber;
  return parseWire(scan);
}

/** Throws why the handheld must not sell, whatever the card. */
export function fit(s: State): void {
  if (s.broken) throw faults.storage;
  if (s.id.purpose !== 'sales') throw faults.purpose;
  s.requireFit();
}

/** Judges a card as of now. Reserved says that the server holds it for this handheld. */
export async function look(s: State, scan: string, now: Seconds, reserved: boolean): Promise<Judged> {
  fit(s);
  const bundle = s.usable();
  const token = readCard(scan);
  const genuine = await verify(token, bundle.lots, now);
  const known = describe(s, bundle, genuine, scan);
  const risk: Risk[] = await standing(s, bundle, known, token, now);
  if (!reserved) binding(s, bundle, known, now);
  if (!known.card.home) risk.push('not-home');
  if (pace(s, now)) risk.push('pace');
  return { ...known, card: { ...known.card, risk: risk.sort() } };
}

/** Gathers what the bundle says about a genuine voucher. A home voucher's factor is known; of another, only whether its
 * token has a verifier. */
function describe(s: State, bundle: Bundle, { kid, claims }: Genuine, scan: string): Judged {
  const lot = bundle.lots.get(kid) as Lot;
  const profile = lot.manifest.profiles.find((p) => p.p === claims.p);
  const asset = lot.manifest.assets.get(claims.p);
  const home = lot.homes.get(claims.x);
  const scratch = claims.h !== undefined;
  const card: Card = {
    serial: claims.jti,
    value: { minor: claims.v, code: asset?.code ?? '', digits: asset?.digits ?? 0 },
    expires: claims.exp,
    home: home !== undefined,
    secret: scratch || (home?.secret ?? false),
    pin: home ? home.pin : !scratch,
    askPIN: !home && scratch,
    risk: [],
    categories: profile?.cat ?? [],
    items: profile?.basket ?? [],
    triesLeft: triesMax - (s.chain.tries.get(claims.jti) ?? 0),
    scan,
  };
  return { card, claims, lot, hint: home?.hint ?? 0 };
}

/** Refuses a card that is not to be redeemed by anybody, or was here. */
async function standing(s: State, bundle: Bundle, { card, claims, lot }: Judged, token: string, now: Seconds): Promise<Risk[]> {
  const fresh = freshness(bundle, now);
  if (fresh === 'stale') throw faults.bundleStale;
  switch (lot.status.at(claims.x)) {
    case listVoid:
      throw faults.cardVoid;
    case listSuspended:
      throw faults.cardSuspended;
    case listRedeemed:
      throw faults.cardRedeemed;
  }
  if (card.home && lot.homes.get(claims.x)?.tag !== (await issuanceTag(token))) throw faults.cardTag;
  const sold = s.chain.spent.get(card.serial);
  if (sold !== undefined) {
    throw faults.cardSpent.at('receipt', `number ${(s.chain.at.get(sold) ?? -1) + 1}`, String((s.chain.at.get(sold) ?? -1) + 1));
  }
  if (card.triesLeft <= 0) throw faults.tries;
  return fresh === 'degraded' ? ['degraded'] : [];
}

/** The first 16 bits of a token's hash: even a stolen signing key has to guess them offline. */
async function issuanceTag(token: string): Promise<number> {
  const hash = await sha256(utf8(token));
  return ((hash[0] as number) << 8) | (hash[1] as number);
}

/** Refuses a card that may not be sold on without a network: of another zone; of another shop above the floor, or once
 * the bundle is not fresh; and any beyond the limits since the last sync. Floor and sum are francs, so of commodities
 * only the number counts. */
function binding(s: State, bundle: Bundle, { card, claims }: Judged, now: Seconds): void {
  const { policy } = bundle;
  const francs = isFrancs(card.value);
  if (claims.b !== bundle.zone) throw faults.zone;
  if (!card.home && freshness(bundle, now) !== 'fresh') throw faults.bundleDegraded;
  if (!card.home && (!francs || card.value.minor > policy.floor)) {
    throw faults.floor.at('value', `at most ${policy.floor}`, String(policy.floor));
  }
  const sold = s.chain.exposure();
  if (sold.count + 1 > policy.count) throw faults.countLimit.at('sales', `at most ${policy.count}`, String(policy.count));
  if (francs && sold.francs + card.value.minor > policy.sum) {
    throw faults.sumLimit.at('value', `at most ${policy.sum}`, String(policy.sum));
  }
}

/** Whether many sales were made in the last minutes. */
function pace(s: State, now: Seconds): boolean {
  const { records } = s.chain;
  let n = 0;
  for (let i = records.length - 1; i >= 0; i--) {
    const m = records[i]?.made;
    if (!m || now - m.body.t >= paceWithin) break;
    if (m.kind === 'receipt') n++;
  }
  return n >= paceMax;
}
