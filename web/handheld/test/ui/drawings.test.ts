// The drawings: those that are printed are the same on the screen, and none leaves its square.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digitNames, drawings, goodsPictures, type Drawing } from '../../src/ui/drawings';
import { table } from '../../src/ui/faults';

const cards = join(new URL('.', import.meta.url).pathname, '../../../../voucher/cards');
const go = ['picture.go', 'pictogram.go'].map((f) => readFileSync(join(cards, f), 'utf8')).join('\n');

/** Every number of a drawing, in order. */
const numbers = (name: Drawing) => drawings[name].match(/-?\d+(\.\d+)?/g)!.map(Number);

/** Every number of a function of the Go package that is a call of the pen with nothing but numbers. */
function printed(fn: string): number[] {
  const body = new RegExp(`^func ${fn}\\(p pen\\) \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(go)![1]!;
  return body
    .split('\n')
    .filter((l) => /^\tp\.\w+\(/.test(l))
    .flatMap((l) => (/\(([^)]*)\)/.exec(l)![1]!.match(/-?\d+(\.\d+)?/g) ?? []).map(Number));
}

describe('the drawings on paper and on the screen', () => {
  it('stand for the same digits', () => {
    const order = [...go.matchAll(/\{"[^"]+", "(\w+)", draw\w+\}/g)].map((m) => m[1]);
    expect(order).toEqual([...digitNames]);
  });

  // Those whose Go code calls the pen in a loop are compared by the calls outside of it.
  it.each([
    ['tree', 'drawTree'],
    ['fish', 'drawFish'],
    ['house', 'drawHouse'],
    ['key', 'drawKey'],
    ['drum', 'drawDrum'],
    ['pot', 'drawPot'],
    ['hoe', 'drawHoe'],
    ['boat', 'drawBoat'],
    ['oil', 'drawOil'],
    ['soap', 'drawSoap'],
    ['phone', 'drawPhone'],
  ] as const)('%s is the same', (name, fn) => {
    expect(printed(fn).length).toBeGreaterThan(8);
    expect(numbers(name)).toEqual(printed(fn));
  });

  it.each([
    ['sun', 'drawSun'],
    ['ladder', 'drawLadder'],
    ['coin', 'drawCoin'],
    ['bag', 'drawBag'],
    ['rice', 'drawRice'],
    ['scan', 'drawScan'],
  ] as const)('%s has every number of the printed one', (name, fn) => {
    const here = numbers(name);
    const there = printed(fn);
    expect(there.length).toBeGreaterThan(2);
    for (const n of there) expect(here).toContain(n);
  });

  it('have a picture for every name that a card can bear', () => {
    const names = [...go.matchAll(/^\t\w+:\s+\{"(\w+)", draw/gm)].map((m) => m[1]!);
    expect(names.length).toBe(8);
    for (const n of names.filter((x) => x !== 'phone' && x !== 'scan')) expect(Object.keys(goodsPictures)).toContain(n);
  });
});

describe('every drawing', () => {
  const arity: Record<string, (n: number) => boolean> = {
    D: (n) => n === 3,
    R: (n) => n === 4,
    O: (n) => n === 4,
    C: (n) => n === 7,
    B: (n) => n === 5,
    A: (n) => n >= 6 && n % 2 === 0,
    L: (n) => n >= 5 && n % 2 === 1,
  };

  it.each(Object.keys(drawings) as Drawing[])('%s is well formed and within its square', (name) => {
    for (const s of drawings[name].split(' ')) {
      if (s === 'I' || s === 'P') continue;
      const n = s.slice(1).split(',').map(Number);
      expect(arity[s[0]!]?.(n.length), s).toBe(true);
      expect(n.every(Number.isFinite), s).toBe(true);
      const points = s[0] === 'A' ? n : s[0] === 'L' ? n.slice(1) : n.slice(0, 2);
      for (const p of points) expect(p >= 0 && p <= 24, s).toBe(true);
    }
  });

  it('that a refusal names is one', () => {
    for (const [picture] of Object.values(table)) expect(Object.keys(drawings)).toContain(picture);
  });
});
