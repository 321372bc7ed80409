// A browser before the stage: opens scenes, and says what is wrong with what it sees.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from '@playwright/test';
import { createServer } from 'vite';

/** Opens the stage; font is the browser's own size of text, 16 unless somebody needs it larger. */
export async function openStage({ font = '' } = {}) {
  const server = await createServer({ server: { port: 0, host: '127.0.0.1', watch: null }, logLevel: 'error' });
  await server.listen();
  const base = `http://127.0.0.1:${server.httpServer.address().port}/handheld/test/ui/stage/index.html`;
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', ...(font ? [`--blink-settings=defaultFontSize=${font}`] : [])],
  });
  const { scenes } = await server.ssrLoadModule('/test/ui/stage/scenes.ts');
  return {
    scenes,
    /** A page of a size such as 360x740; what it complains about goes to say. */
    async page(size, say) {
      const [width, height] = size.split('x').map(Number);
      const context = await browser.newContext({ viewport: { width, height }, timezoneId: 'UTC', reducedMotion: 'reduce' });
      const page = await context.newPage();
      page.on('console', (m) => ['error', 'warning'].includes(m.type()) && say(`console: ${m.text()}`));
      page.on('pageerror', (e) => say(`error: ${e}`));
      return page;
    },
    /** Shows a scene, touched and read as it asks for. */
    async show(page, scene, lang, dir = '') {
      const { touch, read } = scenes[scene];
      await page.goto(`${base}?scene=${scene}&lang=${lang}`);
      await page.locator('h1').first().waitFor();
      if (dir) await page.evaluate((d) => (document.documentElement.dir = d), dir);
      const words = catalogue(lang);
      for (const key of touch ?? []) await page.getByRole('button', { name: words[key], exact: true }).click();
      if (read) {
        await page.waitForFunction(() => 'read' in globalThis);
        await page.evaluate((text) => globalThis.read(text), read);
      }
      await page.waitForFunction((opening) => document.querySelector('h1')?.textContent !== opening, words.opening);
      await page.waitForTimeout(60);
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** The sentences of a language. */
export function catalogue(lang) {
  return JSON.parse(readFileSync(`src/i18n/${lang}.json`, 'utf8'));
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Says what is wrong with the page: targets below 56 px, text that is cut off, and what axe-core finds. */
export async function wrongWith(page) {
  const found = await page.evaluate(() => {
    const list = [];
    for (const el of document.querySelectorAll('button, a, textarea, input:not(.unseen)')) {
      const r = el.getBoundingClientRect();
      if (r.width < 55.5 || r.height < 55.5) {
        list.push(`target ${Math.round(r.width)}x${Math.round(r.height)}: ${el.textContent || el.getAttribute('aria-label')}`);
      }
    }
    const width = document.documentElement.scrollWidth;
    if (width > innerWidth) list.push(`wider than the screen: ${width}`);
    for (const el of document.querySelectorAll('button, h1, p, b, dt, dd, span')) {
      if (el.closest('.unseen') || getComputedStyle(el).display === 'inline') continue;
      if (el.clientWidth > 0 && el.scrollWidth > el.clientWidth + 1) list.push(`cut off: ${el.className} ${el.textContent}`);
    }
    return list;
  });
  await page.evaluate(axe);
  const result = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      // Read in the sun: 7 to 1. This rule looks at what is above 4.5 to 1 and leaves the rest to its sister.
      rules: { 'color-contrast-enhanced': { enabled: true } },
    }),
  );
  return [...found, ...result.violations.map((v) => `axe ${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`)];
}
