// The catalogues: complete, used, and the only place where a sentence stands.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, it } from 'vitest';
import en from '../../src/i18n/en.json';
import fr from '../../src/i18n/fr.json';
import { languages } from '../../src/i18n/languages';
import { digitNames } from '../../src/ui/drawings';
import { deeds, explain, reasons, table } from '../../src/ui/faults';
import { Text } from '../../src/ui/text';

const here = new URL('.', import.meta.url).pathname;
const root = join(here, '../../../..');
const uiDir = join(here, '../../src/ui');
const sources = readdirSync(uiDir)
  .filter((f) => /\.tsx?$/.test(f))
  .map((f) => ({ name: f, text: readFileSync(join(uiDir, f), 'utf8') }));
const catalogues = Object.fromEntries(
  readdirSync(join(here, '../../src/i18n'))
    .filter((f) => f.endsWith('.json'))
    .map((f) => [f.slice(0, -5), JSON.parse(readFileSync(join(here, '../../src/i18n', f), 'utf8')) as Record<string, string>]),
);
/** The languages that the handheld promises to speak without a gap; others may borrow from French until they are done. */
const complete = ['en', 'fr'];

/** A sentence's places, such as {n}, in alphabetical order. */
const places = (s: string) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

/** The codes that fault.New declares in a Go package, with those of its files that a handheld meets. */
function codesOf(folder: string, files?: RegExp): string[] {
  const list = readdirSync(join(root, folder)).filter((f) => f.endsWith('.go') && !f.endsWith('_test.go') && (!files || files.test(f)));
  return list.flatMap((f) =>
    [...readFileSync(join(root, folder, f), 'utf8').matchAll(/fault\.New\(fault\.\w+,\s*"([\w-]+)"/g)].map((m) => m[1]!),
  );
}

describe('every language', () => {
  it('has a catalogue of its own', () => {
    expect(Object.keys(languages).sort()).toEqual(Object.keys(catalogues).sort());
    expect(Object.keys(catalogues)).toEqual(expect.arrayContaining(complete));
  });

  for (const [lang, catalogue] of Object.entries(catalogues)) {
    it(`${lang} has the keys of French, and their places`, () => {
      if (complete.includes(lang)) expect(Object.keys(catalogue).sort()).toEqual(Object.keys(fr).sort());
      for (const key of Object.keys(catalogue)) expect(Object.keys(fr)).toContain(key);
      for (const [key, sentence] of Object.entries(catalogue)) {
        expect(sentence.trim(), key).not.toBe('');
        expect(places(sentence), key).toEqual(places((fr as Record<string, string>)[key]!));
      }
    });

    it(`${lang} has every plural form that it needs`, () => {
      const forms = new Intl.PluralRules(lang).resolvedOptions().pluralCategories;
      for (const key of Object.keys(catalogue).filter((k) => k.endsWith('.other') && `${k.slice(0, -6)}.one` in catalogue)) {
        for (const form of forms) expect(Object.keys(catalogue)).toContain(`${key.slice(0, -6)}.${form}`);
      }
    });

    it(`${lang} has twelve months`, () => {
      expect((catalogue['write.months'] ?? fr['write.months']).split(' ')).toHaveLength(12);
    });
  }
});

it('French keeps its signs with their words', () => {
  for (const [key, sentence] of Object.entries(fr)) expect(sentence, key).not.toMatch(/ [?!;:»]|« |n° /);
});

describe('every code', () => {
  const go = [
    ...codesOf('voucher/handheld'),
    ...codesOf('voucher', /^(embargo|token|wire|wire_jws|serial|factor|manifest|status|redeem|bundle|voucher|seal)\.go$/),
    ...codesOf('vendors', /^handheld\.go$/),
    ...codesOf('internal/httpkit', /^problem\.go$/),
  ];
  // What only the office or the issuing machine meets.
  const elsewhere = new Set(['no_spare_left', 'lot_issued']);

  it('is found in the Go packages', () => {
    expect(go.length).toBeGreaterThan(80);
  });

  it.each(go.filter((c) => !elsewhere.has(c)))('%s has a sentence and something to do', (code) => {
    const e = explain(code);
    expect(e.key).not.toBe('unknown');
    for (const catalogue of complete.map((l) => catalogues[l]!)) {
      expect(catalogue[`fault.${e.key}`]).toBeTruthy();
      expect(catalogue[`do.${e.deed}`]).toBeTruthy();
    }
  });

  it('of the core is one of the table', () => {
    const core = readFileSync(join(here, '../../src/core/faults.ts'), 'utf8');
    const codes = [...core.matchAll(/declared\('\w+', '([\w-]+)'\)/g)].map((m) => m[1]!);
    expect(codes.length).toBeGreaterThan(50);
    expect(codes.filter((c) => !(c in table))).toEqual([]);
  });

  it('that nobody knows is a matter for the office', () => {
    expect(explain('toString')).toEqual({ key: 'unknown', picture: 'warning', tone: 'red', deed: 'office' });
  });

  it("of the server's answers has a sentence", () => {
    const judge = readFileSync(join(root, 'voucher/judge.go'), 'utf8');
    const known = [...judge.matchAll(/^\tReason\w+\s+= "([\w-]+)"/gm)].map((m) => m[1]!);
    expect([...reasons].sort()).toEqual(known.sort());
    for (const catalogue of complete.map((l) => catalogues[l]!)) for (const r of reasons) expect(catalogue[`reason.${r}`]).toBeTruthy();
  });
});

describe('every key', () => {
  // Keys that are put together from a stem and a name, and the names that there are.
  const composed: Record<string, readonly string[]> = {
    fault: [...new Set(Object.entries(table).map(([code, row]) => row[3] ?? code)), 'unknown', 'code'],
    do: deeds,
    reason: reasons,
    digit: digitNames,
    age: ['now', 'minutes', 'hours', 'days'],
    unit: ['KG', 'L', 'PCS'],
    camera: ['torch', 'denied', 'missing', 'busy', 'insecure', 'failed'],
    state: ['pending', 'waiting', 'payable', 'accepted', 'contested', 'rejected', 'quarantined', 'cancelled'],
    means: ['pending', 'waiting', 'payable', 'accepted', 'contested', 'rejected', 'quarantined', 'cancelled'],
    taker: ['head', 'alternate', 'third-party'],
    why: ['distance', 'health', 'care', 'away', 'safety', 'other'],
  };
  const all = sources.map((s) => s.text).join('\n');

  it('is used by a screen', () => {
    const unused = Object.keys(fr).filter((key) => {
      const stem = key.replace(/\.(zero|one|two|few|many|other)$/, '');
      if ([`'${key}'`, `'${stem}'`, `"${key}"`].some((written) => all.includes(written))) return false;
      const [family, ...name] = key.split('.');
      return !composed[family!]?.includes(name.join('.')) && !/^(undo|send)\.(mistake|goods-returned|goods-missing|sending|asking|bundle)$/.test(key);
    });
    expect(unused).toEqual([]);
  });

  it('that is composed has its sentence', () => {
    for (const [family, names] of Object.entries(composed)) {
      for (const name of names) expect(Object.keys(fr)).toContain(`${family}.${name}`);
    }
  });
});

describe('a screen', () => {
  /** Attributes that somebody reads or hears. */
  const heard = new Set(['aria-label', 'title', 'alt', 'placeholder', 'label', 'heading']);
  interface Node {
    type: string;
    [key: string]: unknown;
  }
  /** Sentences that stand in a source instead of a catalogue. */
  function literals(node: unknown, found: string[] = []): string[] {
    if (Array.isArray(node)) node.forEach((n) => literals(n, found));
    else if (node && typeof node === 'object') {
      const n = node as Node;
      if (n.type === 'JSXText' && /\p{L}/u.test(String(n['value']))) found.push(String(n['value']).trim());
      if (n.type === 'JSXAttribute') {
        const name = String((n['name'] as Node)['name']);
        const value = n['value'] as Node | null;
        const written = value?.type === 'Literal' && /\p{L}/u.test(String(value['value']));
        // A frame's title is a key, not a sentence.
        if (heard.has(name) && written && !(String(value!['value']) in fr)) found.push(`${name}=${String(value!['value'])}`);
      }
      for (const v of Object.values(n)) literals(v, found);
    }
    return found;
  }

  it('is found', () => {
    expect(sources.filter((s) => s.name.endsWith('.tsx')).length).toBeGreaterThan(15);
    expect(literals(parseSync('x.tsx', 'const a = <p title="Hello">Good {x} day</p>').program)).toEqual(['title=Hello', 'Good', 'day']);
  });

  // The name of the program is the same in every language.
  it.each(sources.filter((s) => s.name.endsWith('.tsx')))('$name holds no sentence', ({ name, text }) => {
    expect(literals(parseSync(name, text).program).filter((l) => l !== 'Jate')).toEqual([]);
  });
});

describe('Text', () => {
  const french = new Text('fr', fr);
  const english = new Text('en', en);

  it('fills places and chooses the plural', () => {
    expect(french.count('today.sales', 0)).toBe("0 vente aujourd'hui");
    expect(english.count('today.sales', 0)).toBe('0 sales today');
    expect(french.count('today.sales', 2)).toBe("2 ventes aujourd'hui");
    expect(english.count('take.cards', 1)).toBe('1 card');
    expect(french.say('entry', { n: 3 })).toBe('Vente n°\u00a03');
  });

  it('speaks French where a language has no sentence yet', () => {
    const bambara = new Text('bm', { ok: 'Ayiwa' });
    expect(bambara.say('ok')).toBe('Ayiwa');
    expect(bambara.say('back')).toBe('Retour');
    expect(bambara.count('take.cards', 2)).toBe('2 cartes');
  });

  it('writes money, goods and days as people do', () => {
    expect(french.money(12_500)).toBe('12\u202f500\u202fF');
    expect(english.money(1250, 'RICE-KG', 2)).toBe('12.5\u202fkg');
    expect(french.money(1250, 'RICE-KG', 2)).toBe('12,5\u202fkg');
    expect(french.quantity(2500)).toBe('2,5');
    expect(french.day(new Date(2026, 10, 27))).toBe('27 nov.');
    expect(english.day(new Date(2026, 10, 27))).toBe('27 Nov');
  });

  it('finds no key in what every object has', () => {
    expect(french.find('toString')).toBeUndefined();
  });
});
