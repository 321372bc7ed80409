import { gunzipSync } from 'node:zlib';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './base';
import { Line } from './line';
import { households } from './people';

/** What must not be found: each household's name, telephone and village, and telephones without their spaces. A word of less
 * than five letters would be found in anything. */
const words = [...new Set(households.flatMap((h) => [h.family, ...h.first.split(' '), h.phone, h.phone.replace(/ /g, ''), h.village, h.site]))]
  .filter((w) => w.length >= 5);

/** Every way in which a text may stand in bytes: as it is, in the letters of JSON, without accents, in two bytes a letter. */
function spellings(word: string): Buffer[] {
  const escaped = word.replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const bare = word.normalize('NFD').replace(/\p{M}/gu, '');
  return [...new Set([word, escaped, bare, bare.toUpperCase(), word.toUpperCase()])].flatMap((w) => [Buffer.from(w), Buffer.from(w, 'utf16le'), Buffer.from(w, 'latin1')]);
}

function found(where: Buffer): string[] {
  return words.filter((w) => spellings(w).some((s) => where.includes(s)));
}

/** The texts inside signed ones: each part of a JWS and each long base64url text, decoded. */
function inside(text: string): Buffer {
  return Buffer.concat((text.match(/[A-Za-z0-9_-]{24,}/g) ?? []).map((t) => Buffer.from(t, 'base64url')));
}

/** All that was said, and every body of it decompressed and every signed text opened. */
function opened(said: Buffer[]): Buffer {
  const all = Buffer.concat(said);
  const parts = [all, inside(all.toString('latin1'))];
  for (let at = all.indexOf(Buffer.from([0x1f, 0x8b, 8])); at >= 0; at = all.indexOf(Buffer.from([0x1f, 0x8b, 8]), at + 1)) {
    try {
      const body = gunzipSync(all.subarray(at), { finishFlush: 2 });
      parts.push(body, inside(body.toString('latin1')));
    } catch {
      // not the beginning of a body
    }
  }
  return Buffer.concat(parts);
}

function filesIn(folder: string): Buffer[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((f) => f.isFile()).map((f) => readFileSync(join(f.parentPath, f.name)));
}

// No household's name, telephone or village ever reaches a handheld: not on the line, not in its storage, not in its files.
test('the handheld learns of no household', async ({ office, come }) => {
  expect(found(readFileSync(join(import.meta.dirname, 'people.ts'))).length).toBeGreaterThan(10); // the search finds what is there
  expect(found(opened([Buffer.from(`x.${Buffer.from(JSON.stringify({ n: 'Aminata Traoré' })).toString('base64url')}.y`)]))).not.toEqual([]);
  const line = new Line(() => office.port);
  await line.open();
  const trader = await come({}, `${line.url}/handheld/`);
  await trader.begin();
  for (const card of [office.facts.cards[0]!, office.facts.pinned[0]!]) {
    await trader.sell(card);
    await trader.goHome();
  }
  await trader.sync();
  const kept = await trader.page.evaluate(async () => {
    const out: Record<string, unknown> = { local: { ...localStorage }, session: { ...sessionStorage }, cookie: document.cookie };
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((done, failed) => {
        const r = indexedDB.open(name!);
        r.onsuccess = () => done(r.result);
        r.onerror = () => failed(r.error);
      });
      for (const store of Array.from(db.objectStoreNames)) {
        out[`${name} ${store}`] = await new Promise((done) => {
          const r = db.transaction(store).objectStore(store).getAll();
          r.onsuccess = () => done(r.result);
        });
      }
      db.close();
    }
    const cached: string[] = [];
    for (const name of await caches.keys()) {
      for (const request of await (await caches.open(name)).keys()) {
        cached.push(request.url);
      }
    }
    return { text: JSON.stringify(out), cached };
  });
  const stores = Buffer.from(kept.text);
  expect(kept.text).toContain('jate-handheld journal');
  expect(kept.text.length).toBeGreaterThan(5000);
  expect(found(Buffer.concat([stores, inside(kept.text)]))).toEqual([]);
  expect(kept.cached.length).toBeGreaterThan(5);
  expect(kept.cached.filter((u) => u.includes('/api/'))).toEqual([]);
  const { profile } = trader.phone;
  await trader.phone.off();
  const said = opened(line.said);
  expect(said.includes('/api/v1/handhelds/')).toBe(true);
  expect(said.includes('"records"')).toBe(true);
  expect(found(said)).toEqual([]);
  expect(found(Buffer.concat(filesIn(profile)))).toEqual([]);
  for (const card of [office.facts.cards[0]!, office.facts.pinned[0]!]) {
    const secret = card.secret || card.pin;
    expect(stores.includes(secret)).toBe(false);
    if (card.secret) expect(said.includes(secret)).toBe(false);
  }
  await line.close();
});
