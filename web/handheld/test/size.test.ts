import { parse } from 'acorn';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Listed, Precache } from '../src/precache';

const dist = join(import.meta.dirname, '../../dist/handheld');
const kilobyte = 1024;

/** Scripts that a sale does without on a phone that has curves of its own; e2e/camera.spec.ts watches that it does. */
const notToSell = /^assets\/(curves_fallback|carrier|enrol|en|rare)-/;

/** The list that the build wrote into the service worker. */
function listed(): Precache {
  const worker = readFileSync(join(dist, 'sw.js'), 'utf8');
  const text = /JSON\.parse\(("(?:[^"\\]|\\.)*")\)/.exec(worker);
  if (!text) {
    throw new Error('the service worker has no list');
  }
  return JSON.parse(JSON.parse(text[1]!) as string) as Precache;
}

function packed(path: string): number {
  return gzipSync(readFileSync(join(dist, path)), { level: 9 }).length;
}

function total(files: Listed[], which: RegExp): number {
  return files.filter(([path]) => which.test(path)).reduce((sum, [path]) => sum + packed(path), 0);
}

// A trader's line carries 2 kB a second on a bad day, and his phone has an old Chrome.
describe('the build', () => {
  if (!existsSync(join(dist, 'index.html'))) {
    throw new Error('the handheld is not built: run make web');
  }
  const list = listed();

  test('needs at most 60 KB of JavaScript to sell', () => {
    const sell = total(list.shell.filter(([path]) => !notToSell.test(path)), /\.js$/);
    const old = total(list.shell.filter(([path]) => path.includes('curves_fallback')), /\.js$/);
    const reader = total(list.later, /\.js$/);
    console.log(`JavaScript to sell: ${sell} bytes, and ${old} on old phones, and ${reader} that read codes`);
    expect(sell).toBeGreaterThan(kilobyte);
    expect(sell).toBeLessThanOrEqual(60 * kilobyte);
  });

  test('needs at most 100 KB to load first', () => {
    const first = total(list.shell, /\.(js|css|html)$/) + packed('sw.js');
    const icons = total(list.shell, /\.(png|webmanifest|svg|ogg|mp3|wav)$/);
    console.log(`first load: ${first} bytes, and ${icons} of icons and manifest`);
    expect(first + icons).toBeLessThanOrEqual(100 * kilobyte);
  });

  test('lists each of its files once, with its hash', () => {
    const all = [...list.shell, ...list.later, ...list.onUse];
    const files = readdirSync(dist, { recursive: true, withFileTypes: true })
      .filter((f) => f.isFile()).map((f) => join(f.parentPath, f.name).slice(dist.length + 1)).filter((f) => f !== 'sw.js');
    expect(all.map(([path]) => path).sort()).toEqual(files.sort());
    for (const [path, hash] of all) {
      expect([path, createHash('sha256').update(readFileSync(join(dist, path))).digest('base64')]).toEqual([path, hash]);
    }
    expect(list.shell.map(([path]) => path)).toContain('index.html');
    expect(list.later.some(([path]) => path.endsWith('.wasm'))).toBe(true);
    expect(list.shell.some(([path]) => path.endsWith('.wasm'))).toBe(false);
  });

  // Chrome 87 reads more than ES2020; this is what can be checked without it.
  test('is of a syntax that Chrome 87 reads', () => {
    const scripts = ['sw.js', ...[...list.shell, ...list.later].map(([path]) => path).filter((path) => path.endsWith('.js'))];
    expect(scripts.length).toBeGreaterThanOrEqual(3);
    for (const path of scripts) {
      const text = readFileSync(join(dist, path), 'utf8');
      expect(() => parse(text, { ecmaVersion: 2020, sourceType: path === 'sw.js' ? 'script' : 'module' }), path).not.toThrow();
    }
    expect(() => parse('class A { static { } }', { ecmaVersion: 2020 })).toThrow();
  });

  test('has nothing inline', () => {
    const page = readFileSync(join(dist, 'index.html'), 'utf8');
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?:\/\//);
  });
});
