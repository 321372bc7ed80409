// Selling, cancelling and activating (voucher/handheld/sell.go, factor.go). The order of the rules is part of them.

import type { CancelReason, Factor, HandoverCard, Risk, Sale, Seconds, Serial, Sold, Taker, TakerReason } from './api';
import { equal, fromBase64, toBase64 } from './bytes';
import type { Lot } from './bundle';
import { type Judged, look, readCard, triesMax } from './card';
import { pinHint, pinLen, verifier } from './factor';
import type { Fault } from './fault';
import * as faults from './faults';
import { checkGoods } from './goods';
import { assetText } from './money';
import { sealFactor } from './seal';
import { readSerial } from './serial';
import type { State } from './state';
import { listRedeemed, listVoid } from './status_list';
import { verifySignature } from './token';

const day = 86_400;

/** Sells a card; with reserved, one that the server holds for this handheld. The rules, in order:
 *
 *  1. the handheld sells, has lost nothing and is in no quarantine; the card's code reads, and its signature is that of a
 *     lot in the bundle;
 *  2. the time is within the card's dates;
 *  3. the bundle is not too old, the card is in no list of stopped cards, is the very one that was issued, and was not
 *     sold on or locked here;
 *  4. the card is of this zone; of another shop only below the zone's floor and with a fresh bundle; and the sales since
 *     the last sync are within limits;
 *  5. the goods are on the price list and in the card's basket, at no more than the ceiling price, and add up;
 *  6. the factor is right; three wrong tries lock the card here.
 *
 * Then the factor is sealed into a receipt; the promise is resolved when that is durable. */
export async function sell(s: State, sale: Sale, reserved: boolean): Promise<Sold> {
  const { now } = s;
  const judged = await look(s, sale.scan, now, reserved);
  const { card } = judged;
  const bundle = s.usable();
  checkGoods(bundle, card, sale);
  const risk = await checkFactor(s, judged, sale.factor);
  const { serial, value } = card;
  const sealed = await sealFactor(bundle.seal, sale.factor, s.id.handheld, serial, s.chain.end().seq + 1);
  const lines = sale.lines.map((l) => ({ item: l.item, qty: l.quantity, price: l.price }));
  const body = { jti: serial, amt: value.minor, lines, cash: sale.cash, short: sale.shortfall, ev: toBase64(sealed), risk };
  const own = await s.record({ kind: 'receipt', body }, now, assetText(value));
  return { seq: own.made.body.seq, hash: own.hash, serial, value, at: now, risk };
}

/** Judges what the household showed, as far as a handheld can: a secret wholly, a PIN of a home voucher by its hint. A
 * wrong one is counted durably before anybody hears of it, so that closing the program gains no tries. Returns the risks
 * of the sale. */
async function checkFactor(s: State, { card, claims, lot, hint }: Judged, f: Factor): Promise<readonly Risk[]> {
  if (card.secret && f.secret === '') throw faults.secretNeeded;
  if (card.pin && f.pin === '') throw faults.pinNeeded;
  if (f.pin !== '' && f.pin.length !== pinLen) throw faults.factorForm;
  let right = true;
  let risk = card.risk;
  if (f.secret !== '' && claims.h !== undefined) {
    right = equal(await verifier(f.secret, card.serial), fromBase64(claims.h) ?? new Uint8Array());
  }
  if (card.pin && card.home) {
    right = (await pinHint(lot.hints, card.serial, f.pin)) === hint && right;
  } else if (f.pin !== '') {
    risk = [...new Set<Risk>([...risk, 'no-hint'])].sort();
  }
  if (right) return risk;
  await s.commit({ kind: 'T', text: card.serial });
  const left = triesMax - (s.chain.tries.get(card.serial) ?? 0);
  throw left > 0 ? faults.factorWrong.at('factor', `tries left: ${left}`, String(left)) : faults.tries;
}

/** Undoes the sale with the number, on its own day. The card can be sold on again. */
export async function cancel(s: State, seq: number, reason: CancelReason): Promise<string> {
  s.requireFit();
  const sale = s.chain.records[seq - 1];
  if (!sale || sale.made.kind !== 'receipt') throw faults.noReceipt;
  const { now } = s;
  if (s.chain.undone.has(sale.hash)) throw faults.cancelled;
  if (Math.floor(sale.made.body.t / day) !== Math.floor(now / day)) throw faults.cancelLate;
  const state = s.chain.outcomes.get(sale.hash)?.state;
  if (state !== undefined && state !== 'payable' && state !== 'waiting') throw faults.cancelState;
  return (await s.record({ kind: 'cancellation', body: { of: sale.hash, reason } }, now, '-')).hash;
}

/** Records that cards were handed over, and to whom. */
export async function activate(s: State, cards: readonly string[], by: Taker, reason: TakerReason): Promise<string> {
  if (s.id.purpose !== 'distribution') throw faults.purpose;
  s.requireFit();
  const { now } = s;
  const jtis: Serial[] = [];
  for (const [i, text] of cards.entries()) {
    try {
      jtis.push((await handed(s, text, now)).serial);
    } catch (err) {
      throw (err as Fault).at?.('cards', `card ${i + 1}`, String(i + 1)) ?? err;
    }
  }
  const body = reason ? { jtis, by, reason } : { jtis, by };
  return (await s.record({ kind: 'activation', body }, now, '-')).hash;
}

/** Judges a card that is handed over. A scanned one must be genuine, in time, and neither stopped nor used; a suspended
 * one passes, because a spare is bound at the hand-over and no bundle tells so soon. */
export async function handed(s: State, text: string, now: Seconds): Promise<HandoverCard> {
  const number = readSerial(text);
  if (number !== undefined) return { serial: number, lot: '', again: s.chain.handed.has(number) };
  const token = readCard(text);
  const bundle = s.usable();
  const { kid, claims } = await verifySignature(token, bundle.lots);
  if (now >= claims.exp) throw faults.tokenExpired;
  const lot = bundle.lots.get(kid) as Lot;
  switch (lot.status.at(claims.x)) {
    case listVoid:
      throw faults.cardVoid;
    case listRedeemed:
      throw faults.cardRedeemed;
  }
  const asset = lot.manifest.assets.get(claims.p);
  const value = { minor: claims.v, code: asset?.code ?? '', digits: asset?.digits ?? 0 };
  return { serial: claims.jti, value, lot: lot.manifest.lot, again: s.chain.handed.has(claims.jti) };
}
