// What the screens compute: sums, numbers, the keypad, choices that are kept.

import { describe, expect, it } from 'vitest';
import { age, clock, day, decimal, francs, group, grouped, sameDay } from '../../src/ui/format';
import { isSecret } from '../../src/ui/factor';
import { offered, pictureOf } from '../../src/ui/goods';
import { press, shuffle } from '../../src/ui/keypad';
import { defaults, readPrefs } from '../../src/ui/prefs';
import { inFives, isCode } from '../../src/ui/parts';
import { bare, inGroups } from '../../src/ui/sell';
import { fill, quantities, readFrancs, readQuantity, rest, total, worth, writeQuantity } from '../../src/ui/sums';
import { because, dayOf, ofSales } from '../../src/ui/day';
import { refusalOf } from '../../src/ui/refusal';
import { Fault } from '../../src/core/fault';
import { Text } from '../../src/ui/text';
import fr from '../../src/i18n/fr.json';
import { card, entries, items } from './stage/fake';

describe('numbers', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1\u202f000'],
    [12_500, '12\u202f500'],
    [1_234_567, '1\u202f234\u202f567'],
  ])('%d has its gaps', (n, want) => {
    expect(group(String(n))).toBe(want);
    expect(francs(n)).toBe(`${want}\u202fF`);
  });

  it('have no needless zeros and no lost ones', () => {
    expect(decimal(5, 2, ',')).toBe('0,05');
    expect(decimal(1200, 2, ',')).toBe('12');
    expect(decimal(-1250, 2, '.')).toBe('\u221212.5');
    expect(decimal(123_456_789, 3, ',')).toBe('123\u202f456,789');
  });

  it('of a label stand in fours', () => {
    expect(grouped('1234567890123456')).toBe('1234\u202f5678\u202f9012\u202f3456');
  });
});

describe('ages', () => {
  const at = new Date(2026, 10, 27, 12, 0, 0);
  const ago = (s: number) => age(new Date(at.getTime() - s * 1000), at);
  it.each([
    [-5000, 'now', 0],
    [0, 'now', 0],
    [59, 'now', 0],
    [60, 'minutes', 1],
    [3599, 'minutes', 59],
    [3600, 'hours', 1],
    [47 * 3600, 'hours', 47],
    [48 * 3600, 'days', 2],
  ])('%d seconds are %s', (s, unit, n) => {
    expect(ago(s)).toEqual({ unit, n });
  });

  it('of what never was are now', () => {
    expect(age(new Date(NaN), at)).toEqual({ unit: 'now', n: 0 });
  });

  it('stand beside days and hours', () => {
    expect(clock(new Date(2026, 0, 2, 7, 5))).toBe('07:05');
    expect(day(new Date(2026, 0, 2), { point: '', months: 'a b c d e f g h i j k l', day: '{m} {d}' })).toBe('a 2');
    expect(sameDay(at, new Date(2026, 10, 27, 23, 59))).toBe(true);
    expect(sameDay(at, new Date(2026, 10, 28))).toBe(false);
  });
});

describe('sums', () => {
  const line = (quantity: number, price: number) => ({ item: 'x', quantity, price });

  it('of a line are whole francs or nothing', () => {
    expect(worth(line(2500, 240))).toBe(600);
    expect(worth(line(2500, 241))).toBeNull();
    expect(worth(line(999_999_000, 999_999_999))).toBeNull();
  });

  it('of a basket are nothing as soon as one line is', () => {
    expect(total([])).toBe(0);
    expect(total([line(1000, 500), line(2000, 250)])).toBe(1000);
    expect(total([line(1000, 500), line(1, 1)])).toBeNull();
  });

  it('stand against the card as cash or as what is lost, never both', () => {
    expect(rest(12_500, 12_500)).toEqual({ cash: 0, shortfall: 0 });
    expect(rest(12_500, 14_000)).toEqual({ cash: 1500, shortfall: 0 });
    expect(rest(12_500, 10_000)).toEqual({ cash: 0, shortfall: 2500 });
  });

  it('never fill up beyond what is left', () => {
    expect(fill(12_500, 500)).toBe(25_000);
    expect(fill(499, 500)).toBe(0);
    expect(fill(12_499, 500)).toBe(24_000);
    expect(fill(100, 0)).toBe(0);
    expect(fill(-1, 500)).toBe(0);
  });

  it('of quantities are exact', () => {
    expect(quantities([line(100, 1), line(200, 1)])).toBe(300);
  });

  it.each([
    ['15', 15_000],
    ['2,5', 2500],
    ['2.', 2000],
    ['0,125', 125],
    ['', null],
    ['1,2345', null],
    ['1234567', null],
    ['-1', null],
    ['1e3', null],
  ])('%s typed is %s thousandths', (text, want) => {
    expect(readQuantity(text)).toBe(want);
  });

  it.each([
    [15_000, '15'],
    [2500, '2.5'],
    [125, '0.125'],
    [1010, '1.01'],
  ])('%d thousandths are written %s', (q, want) => {
    expect(writeQuantity(q)).toBe(want);
    expect(readQuantity(want)).toBe(q);
  });

  it('of prices have at most nine digits', () => {
    expect(readFrancs('500')).toBe(500);
    expect(readFrancs('')).toBeNull();
    expect(readFrancs('1234567890')).toBeNull();
  });
});

describe('the keypad', () => {
  it('types, erases and stops at its end', () => {
    expect(press('', '5', 3)).toBe('5');
    expect(press('0', '5', 3)).toBe('5');
    expect(press('12', '3', 3)).toBe('123');
    expect(press('123', '4', 3)).toBe('123');
    expect(press('123', 'erase', 3)).toBe('12');
    expect(press('', 'erase', 3)).toBe('');
  });

  it('has one comma, and never first', () => {
    expect(press('', ',', 5)).toBe('');
    expect(press('2', ',', 5)).toBe('2,');
    expect(press('2,', ',', 5)).toBe('2,');
    expect(press('0', ',', 5)).toBe('0,');
    expect(press('0,', '5', 5)).toBe('0,5');
  });

  it('shuffles all ten digits', () => {
    expect([...shuffle()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const orders = new Set(Array.from({ length: 20 }, () => shuffle().join('')));
    expect(orders.size).toBeGreaterThan(10);
  });
});

describe("a card's number", () => {
  it('gets its groups while it is typed', () => {
    expect(inGroups('7q2m')).toBe('7Q2M');
    expect(inGroups('7q2mx')).toBe('7Q2M-X');
    expect(inGroups('7Q2M-XK4R-B9TD-VW3C-42-and more')).toBe('7Q2M-XK4R-B9TD-VW3C-42');
    expect(bare('7Q2M-XK4R B9TD')).toBe('7Q2MXK4RB9TD');
  });

  it('is no code of the office, which stands in fives', () => {
    const code = 'ABCDE-FGHIJ-KLMNO-PQRST-UVWXY-Z';
    expect(inFives('abcdefg')).toBe('ABCDE-FG');
    expect(inFives('abcde fghij klmno pqrst uvwxy z')).toBe(code);
    expect(isCode(code)).toBe(true);
    expect(isCode(code.slice(0, -1))).toBe(false);
    // The address in the office's QR code, pasted, stays what it is.
    expect(inFives('https://x.org/handheld/#e=A.b.c')).toBe('https://x.org/handheld/#e=A.b.c');
  });

  it('is no secret, and 16 digits are', () => {
    expect(isSecret('1234567890123456')).toBe(true);
    expect(isSecret('123456789012345')).toBe(false);
    expect(isSecret('7Q2MXK4RB9TDVW3C')).toBe(false);
    expect(isSecret('1234567890123456\n')).toBe(false);
  });
});

describe('goods', () => {
  it('are those that the card buys, what is out of stock last', () => {
    expect(offered(items, card).map((i) => i.code)).toEqual(['rice', 'millet', 'oil', 'beans', 'soap', 'sugar']);
    expect(offered(items, { ...card, categories: [], items: [] })).toHaveLength(items.length);
    expect(offered(items, { ...card, categories: [], items: ['soap'] }).map((i) => i.code)).toEqual(['soap']);
  });

  it('have a picture, whatever the office named', () => {
    expect(pictureOf({ picture: 'oil', category: 'food' })).toEqual({ colour: 'food', name: 'oil' });
    expect(pictureOf({ picture: 'tool', category: 'tools' }).name).toBe('hoe');
    expect(pictureOf({ picture: '', category: 'hygiene' }).name).toBe('soap');
    expect(pictureOf({ picture: 'constructor', category: 'toString' })).toEqual({ colour: 'other', name: 'basket' });
    // A drawing of ours that is no goods, such as that of a refusal, is not for the office to name.
    expect(pictureOf({ picture: 'stop', category: 'food' }).name).toBe('bag');
  });
});

describe('choices', () => {
  it('are read as they were kept', () => {
    expect(readPrefs(JSON.stringify({ lang: 'en', pad: 'pictures', sound: false, was: 'hb2n6xk' }))).toEqual({
      lang: 'en',
      pad: 'pictures',
      sound: false,
      was: 'hb2n6xk',
    });
  });

  it.each([null, '', 'x', '[]', '7', 'null', '{"pad":"x","sound":1,"lang":3,"was":{}}'])('%s is the default', (text) => {
    expect(readPrefs(text)).toEqual(defaults);
  });
});

describe('the day', () => {
  it('is that of Mali, which is UTC', () => {
    expect(dayOf(Date.UTC(2026, 10, 27, 23, 59) / 1000)).toBe(dayOf(Date.UTC(2026, 10, 27) / 1000));
    expect(dayOf(Date.UTC(2026, 10, 28) / 1000)).toBe(dayOf(Date.UTC(2026, 10, 27) / 1000) + 1);
  });

  it('adds up sales of the states asked for, each asset apart', () => {
    const kind = { ...entries[6]!, value: { minor: 1250, code: 'RICE-KG', digits: 2 } };
    expect(ofSales([...entries, kind], ['pending'])).toEqual([
      { minor: 17_500, code: 'XOF', digits: 0 },
      { minor: 1250, code: 'RICE-KG', digits: 2 },
    ]);
    expect(ofSales(entries, ['cancelled', 'rejected'])[0]!.minor).toBe(15_000);
    expect(ofSales(entries, ['quarantined'])).toEqual([]);
    expect(ofSales([{ ...entries[0]!, kind: 'activation' }], ['payable'])).toEqual([]);
  });

  it('explains what the server answered', () => {
    const text = new Text('fr', fr);
    expect(because('', text)).toBe('');
    expect(because('expired', text)).toBe(fr['reason.expired']);
    expect(because('card_void', text)).toBe(fr['fault.card_void']);
    expect(because('something-new', text)).toContain('something-new');
  });
});

describe('a refusal', () => {
  it('says how many tries are left', () => {
    const wrong = new Fault('denied', 'factor_wrong').at('factor', 'tries left: 2');
    expect(refusalOf(wrong)).toEqual({ code: 'factor_wrong', title: '', triesLeft: 2 });
    expect(refusalOf(new Fault('gone', 'card_void'))).toEqual({ code: 'card_void', title: '' });
  });

  it('keeps what the server says of a code that is new', () => {
    expect(refusalOf(new Fault('conflict', 'brand_new', [], 'Une phrase.'))).toEqual({ code: 'brand_new', title: 'Une phrase.' });
  });
});
