// Takes a picture of every scene, in each language and size, and lets axe-core look at it:
//   node test/ui/stage/shots.mjs [--out DIR] [--only scene,scene] [--sizes 360x740,320x568] [--langs fr,en] [--font 32] [--dir rtl]
// --font sets the browser's own size of text, which is 16 unless somebody needs it larger.
// It starts Vite by itself and ends with 1 if anything is wrong: a violation, a small target, text that is cut off, a key
// that was shown instead of its sentence, or a message on the console.

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'vite';
import { chromium } from '@playwright/test';

const arg = (name, otherwise) => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? otherwise : process.argv[i + 1];
};
const out = arg('out', 'test-results/screens');
const sizes = arg('sizes', '360x740,320x568,740x360').split(',');
const langs = arg('langs', 'fr,en').split(',');
const only = arg('only', '')?.split(',').filter(Boolean);
const font = arg('font', '');
const dir = arg('dir', '');
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

mkdirSync(out, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const server = await createServer({ server: { port: 0, host: '127.0.0.1' }, logLevel: 'error' });
await server.listen();
const base = `http://127.0.0.1:${server.httpServer.address().port}/handheld/test/ui/stage/index.html`;
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', ...(font ? [`--blink-settings=defaultFontSize=${font}`] : [])] });
const wrong = [];

const { scenes } = await server.ssrLoadModule('/test/ui/stage/scenes.ts');
const catalogues = Object.fromEntries(langs.map((l) => [l, JSON.parse(readFileSync(`src/i18n/${l}.json`, 'utf8'))]));

/** What is wrong with the page as it stands: targets below 56 px, and text wider than its place. */
const measure = () => {
  const found = [];
  for (const el of document.querySelectorAll('button, a, textarea, input:not(.unseen)')) {
    const r = el.getBoundingClientRect();
    if (r.width < 55.5 || r.height < 55.5) {
      found.push(`target ${Math.round(r.width)}x${Math.round(r.height)}: ${el.textContent || el.getAttribute('aria-label')}`);
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push(`wider than the screen: ${document.documentElement.scrollWidth}`);
  for (const el of document.querySelectorAll('button, h1, p, b, dt, dd, span')) {
    if (el.closest('.unseen')) continue;
    if (el.scrollWidth > el.clientWidth + 1 && el.clientWidth > 0 && getComputedStyle(el).display !== 'inline') {
      found.push(`cut off: ${el.className} ${el.textContent}`);
    }
  }
  return found;
};

for (const size of sizes) {
  const [width, height] = size.split('x').map(Number);
  for (const lang of langs) {
    const context = await browser.newContext({ viewport: { width, height }, timezoneId: 'UTC', reducedMotion: 'reduce' });
    const page = await context.newPage();
    const say = (message) => wrong.push(`${size} ${lang} ${name}: ${message}`);
    let name = '';
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && say(`console: ${m.text()}`));
    page.on('pageerror', (e) => say(`error: ${e}`));
    for (const [scene, { touch, read }] of Object.entries(scenes)) {
      if (only.length && !only.includes(scene)) continue;
      name = scene;
      await page.goto(`${base}?scene=${scene}&lang=${lang}`);
      await page.locator('h1').first().waitFor();
      if (dir) await page.evaluate((d) => (document.documentElement.dir = d), dir);
      for (const key of touch ?? []) await page.getByRole('button', { name: catalogues[lang][key], exact: true }).click();
      if (read) await page.evaluate((text) => globalThis.read(text), read);
      await page.waitForTimeout(60);
      for (const problem of await page.evaluate(measure)) say(problem);
      await page.evaluate(axe);
      const result = await page.evaluate(() =>
        axe.run(document, {
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
          // Read in the sun: 7 to 1. This rule looks at what is above 4.5 to 1 and leaves the rest to its sister.
          rules: { 'color-contrast-enhanced': { enabled: true } },
        }),
      );
      for (const v of result.violations) say(`axe ${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
      await page.screenshot({ path: `${out}/${scene}-${lang}-${size}${font && `-${font}`}${dir && `-${dir}`}.png` });
    }
    await context.close();
  }
}
await browser.close();
await server.close();
for (const w of wrong) console.log(w);
console.log(`${wrong.length} wrong`);
process.exit(wrong.length ? 1 : 0);
