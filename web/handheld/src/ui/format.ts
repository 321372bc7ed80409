/**
 * How amounts, quantities, dates and ages are written. Our own, because Intl
 * writes francs and gaps differently in each browser; everything here is exact
 * on integers.
 */

import { printSerial } from '../core/serial';

/** The gap between thousands, and before a unit: narrow, and never broken at. */
export const gap = '\u202f';

/** group puts gaps between the thousands of a string of digits. */
export function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, gap);
}

/**
 * decimal writes an integer of the smallest unit with the given number of digits
 * after the sign, without needless zeros: decimal(1250, 2, ',') is "12,5".
 */
export function decimal(minor: number, digits: number, sign: string): string {
  const all = String(Math.abs(minor)).padStart(digits + 1, '0');
  const whole = group(all.slice(0, all.length - digits));
  const rest = digits > 0 ? all.slice(-digits).replace(/0+$/, '') : '';
  return (minor < 0 ? '\u2212' : '') + whole + (rest ? sign + rest : '');
}

/** francs writes whole francs: "12 500 F". */
export function francs(n: number): string {
  return decimal(n, 0, '') + gap + 'F';
}

/** How a language writes numbers and dates. */
export interface Writing {
  /** between a number's whole and its parts */
  point: string;
  /** the months, short */
  months: string;
  /** the order of day and month: "{d} {m}" */
  day: string;
}

/** day writes day and month, by the phone's own time zone. */
export function day(at: Date, w: Writing): string {
  return w.day.replace('{d}', String(at.getDate())).replace('{m}', w.months.split(' ')[at.getMonth()]!);
}

/** clock writes hours and minutes, by the phone's own time zone. */
export function clock(at: Date): string {
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
}

/** sameDay reports whether two instants are on one day of the phone's time zone. */
export function sameDay(a: Date, b: Date): boolean {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();
}

/** An age, in the one unit that says most about it. */
export interface Age {
  unit: 'now' | 'minutes' | 'hours' | 'days';
  n: number;
}

/** age rounds what has passed between two instants down; what lies ahead is now. */
export function age(from: Date, to: Date): Age {
  const minutes = Math.floor((to.getTime() - from.getTime()) / 60_000);
  if (!(minutes >= 1)) return { unit: 'now', n: 0 };
  if (minutes < 60) return { unit: 'minutes', n: minutes };
  if (minutes < 48 * 60) return { unit: 'hours', n: Math.floor(minutes / 60) };
  return { unit: 'days', n: Math.floor(minutes / (24 * 60)) };
}

/** grouped shows digits in groups of four, as they are printed on a label. */
export function grouped(text: string): string {
  return text.replace(/(.{4})(?=.)/g, `$1${gap}`);
}

/** shortSerial is the end of a card's number as it is printed, enough to tell two cards apart at the counter. */
export function shortSerial(serial: string): string {
  return '\u2026' + printSerial(serial).slice(-7);
}
