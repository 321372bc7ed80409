import { expect, test } from '@playwright/test';
import { Office } from './office';
import { Phone } from './phone';

let office: Office;
let phone: Phone;

test.beforeEach(async () => {
  office = Office.copy();
  await office.start();
  phone = await Phone.open();
});

test.afterEach(async () => {
  await phone.off();
  phone.forget();
  await office.close();
});

/** Waits until the service worker keeps every file, what comes after the shell too. */
async function keptAll(): Promise<void> {
  await expect.poll(() => phone.page.evaluate(async () => {
    const names = await caches.keys();
    const kept = await Promise.all(names.map(async (n) => (await (await caches.open(n)).keys()).map((r) => r.url)));
    return kept.flat().some((u) => u.endsWith('.wasm'));
  }), { timeout: 30_000 }).toBe(true);
}

// After one visit nothing but the phone is needed to start, and nothing of it breaks the page's policy.
test('starts without a server', async () => {
  await phone.page.goto(office.handheldURL);
  await keptAll();
  await office.stop('SIGKILL');
  await phone.page.reload();
  await expect(phone.page.locator('#app')).not.toBeEmpty();
  const worker = await phone.page.evaluate(() => navigator.serviceWorker.controller?.scriptURL);
  expect(worker).toBe(`${office.handheldURL}sw.js`);
  await phone.page.goto(`${office.handheldURL}any/screen?with=query`);
  await expect(phone.page.locator('#app')).not.toBeEmpty();
  expect(phone.complaints).toEqual([]);
});

// The program says what it may do; a browser that is told keeps it.
test('runs no script that is not a file of the build', async () => {
  await phone.page.goto(office.handheldURL);
  const broke = phone.page.evaluate(() => new Promise<string>((done) => {
    document.addEventListener('securitypolicyviolation', (e) => done(e.effectiveDirective), { once: true });
    const script = document.createElement('script');
    script.textContent = 'window.broken = true';
    document.body.append(script);
  }));
  expect(await broke).toMatch(/^script-src/);
  expect(await phone.page.evaluate(() => 'broken' in window)).toBe(false);
  await expect(phone.page.evaluate(() => fetch('https://example.org/'))).rejects.toThrow();
});
