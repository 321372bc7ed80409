// Judging goods against price list, basket and value (voucher/handheld/goods.go).

import type { Card, Line, Sale, Weighed } from './api';
import type { Bundle } from './bundle';
import { Fault } from './fault';
import * as faults from './faults';
import { fits, isFrancs, minorText, parseMinor } from './money';

/** How many digits after the point a quantity may have. */
const goodsDigits = 3;
/** Thousandths in one unit. */
const thousand = 1000n;

/** What lines come to: francs, and a quantity in thousandths. */
interface Sum {
  readonly francs: bigint;
  readonly quantity: bigint;
}

/** Judges the goods of a sale. For a card in francs, goods and shortfall are worth the card and the cash together, and
 * only one of cash and shortfall can be. A card in kind is handed over to its last unit, for no cash. */
export function checkGoods(bundle: Bundle, card: Card, s: Sale): void {
  const sum = add(bundle, card, s.lines);
  const { value } = card;
  const cash = whole(s.cash);
  const shortfall = whole(s.shortfall);
  const said = `cash ${s.cash}, shortfall ${s.shortfall}`;
  if (!isFrancs(value)) {
    if (cash !== 0n || shortfall !== 0n || !isAll(card, sum)) {
      throw faults.total.at('lines', `goods ${quantityText(sum.quantity)}, card ${value.minor}, ${said}`);
    }
    return;
  }
  const exclusive = cash >= 0n && shortfall >= 0n && !(cash > 0n && shortfall > 0n);
  if (!exclusive || BigInt(value.minor) + cash !== sum.francs + shortfall) {
    throw faults.total.at('lines', `goods ${sum.francs}, card ${value.minor}, ${said}`);
  }
}

function whole(n: number): bigint {
  if (!Number.isSafeInteger(n)) throw faults.total.at('cash', 'not a whole number of francs');
  return BigInt(n);
}

/** Whether a quantity is all of what a card in kind is for. */
function isAll({ value }: Card, { quantity }: Sum): boolean {
  return quantity * 10n ** BigInt(value.digits) === BigInt(value.minor) * thousand;
}

function add(bundle: Bundle, card: Card, lines: readonly Line[]): Sum {
  if (lines.length === 0) throw faults.lines;
  let francs = 0n;
  let quantity = 0n;
  for (const [i, l] of lines.entries()) {
    checkLine(bundle, card, l);
    const q = parseMinor(l.quantity, goodsDigits);
    if (q === undefined || q <= 0n) throw faults.lines.at('quantity', `none in line ${i + 1}`);
    const worth = q * BigInt(l.price);
    if (worth % thousand !== 0n) throw faults.fraction.at('quantity', `${l.quantity} at ${l.price}`);
    francs += worth / thousand;
    quantity += q;
    if (!fits(francs) || !fits(quantity)) throw new Fault('internal', 'internal').at('lines', 'beyond 64 bits');
  }
  return { francs, quantity };
}

/** Looks a line up in the price list. */
function checkLine(bundle: Bundle, card: Card, l: Line): void {
  const item = bundle.items.get(l.item);
  if (!item) throw faults.item.at('item', 'not on the list', l.item.slice(0, 40));
  if (!Number.isSafeInteger(l.price) || l.price < 0 || l.price > item.max) {
    throw faults.ceiling.at('price', `at most ${item.max}`, String(item.max));
  }
  const { items, categories } = card;
  if (items.length + categories.length > 0 && !items.includes(item.code) && !categories.includes(item.cat)) {
    throw faults.basket.at('item', 'not in the basket', l.item.slice(0, 40));
  }
}

/** Says what lines come to against a card, and the cash or shortfall with which they fit. */
export function weigh(bundle: Bundle, card: Card, lines: readonly Line[]): Weighed {
  const sum = add(bundle, card, lines);
  if (!isFrancs(card.value)) {
    return { goods: 0, quantity: quantityText(sum.quantity), cash: 0, shortfall: 0, fits: isAll(card, sum) };
  }
  const goods = Number(sum.francs);
  if (!Number.isSafeInteger(goods)) throw faults.total.at('lines', 'too much');
  const more = goods - card.value.minor;
  return { goods, quantity: '', cash: Math.max(more, 0), shortfall: Math.max(-more, 0), fits: true };
}

/** Writes thousandths without needless zeros: "12.5". */
function quantityText(thousandths: bigint): string {
  return minorText(thousandths, goodsDigits).replace(/\.?0+$/, '');
}
