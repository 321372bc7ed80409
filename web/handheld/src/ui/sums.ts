/**
 * What a sale adds up to, in integers. The core judges again and has the last
 * word; this is so that the screen says the same while goods are chosen.
 */

/** Quantities are counted in thousandths of an item's unit. */
export const thousandths = 1000;

/** The most of one item in one sale: six digits, as a receipt can hold. */
export const quantityMax = 999_999 * thousandths;

/** What one line of a basket holds: an item's code, how much of it in thousandths, and the price of one unit in francs. */
export interface Line {
  item: string;
  quantity: number;
  price: number;
}

/** worth is what a line costs in francs, or null where that is no whole number of them or too large to count exactly. */
export function worth(l: Line): number | null {
  const product = l.quantity * l.price;
  return Number.isSafeInteger(product) && product % thousandths === 0 ? product / thousandths : null;
}

/** total adds lines up; null as soon as one of them has no worth. */
export function total(lines: readonly Line[]): number | null {
  let sum = 0;
  for (const l of lines) {
    const w = worth(l);
    if (w === null || !Number.isSafeInteger(sum + w)) return null;
    sum += w;
  }
  return sum;
}

/** quantities adds up how much was chosen, in thousandths; for cards that are worth goods. */
export function quantities(lines: readonly Line[]): number {
  return lines.reduce((n, l) => n + l.quantity, 0);
}

/** How goods stand against a card: what is missing of its value, or what the household adds. */
export interface Rest {
  cash: number;
  shortfall: number;
}

/** rest compares goods with a card's value, both in francs. */
export function rest(value: number, goods: number): Rest {
  return { cash: Math.max(0, goods - value), shortfall: Math.max(0, value - goods) };
}

/**
 * fill returns how much of an item uses up what is left of a card, in whole
 * units and never more than that; 0 where not even one fits.
 */
export function fill(left: number, price: number): number {
  if (price <= 0 || left <= 0) return 0;
  return Math.min(quantityMax, Math.floor(left / price) * thousandths);
}

/** readQuantity reads what was typed: at most six digits, and three after comma or point; null for anything else or nothing. */
export function readQuantity(text: string): number | null {
  const m = /^(\d{1,6})(?:[.,](\d{0,3}))?$/.exec(text);
  if (!m) return null;
  return Number(m[1]) * thousandths + Number((m[2] ?? '').padEnd(3, '0'));
}

/** writeQuantity is how a receipt writes a quantity: "2.5", without needless zeros. */
export function writeQuantity(q: number): string {
  const rest = String(q % thousandths).padStart(3, '0').replace(/0+$/, '');
  return `${Math.floor(q / thousandths)}${rest ? `.${rest}` : ''}`;
}

/** readFrancs reads a price or sum that was typed: at most nine digits; null for nothing. */
export function readFrancs(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
