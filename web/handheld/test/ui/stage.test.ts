// A sale and a hand-over, led through the screens in a browser without a server. What each screen looks like is tried by
// stage/shots.mjs.

import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue, openStage, type Stage } from './stage/browser.mjs';

let stage: Stage;
const say = catalogue('fr');

beforeAll(async () => {
  stage = await openStage();
}, 60_000);
afterAll(() => stage.close());

/** Waits for the heading with the sentence of a key. */
const seen = (page: Page, key: string) =>
  page.getByRole('heading', { level: 1, name: say[key]!.replace(/\{.*/, '').trim() }).waitFor({ timeout: 5000 });
const touch = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click({ timeout: 5000 });

/** Touches a button twice before the screen could change. */
const twice = (page: Page, name: string) =>
  page.getByRole('button', { name }).evaluate((b) => {
    (b as HTMLElement).click();
    (b as HTMLElement).click();
  });

/** Holds a code before the camera, once there is one. */
async function hold(page: Page, text: string): Promise<void> {
  await page.waitForFunction(() => 'read' in globalThis, undefined, { timeout: 5000 });
  await page.evaluate((t) => (globalThis as unknown as { read(t: string): void }).read(t), text);
}

const focused = (page: Page) => page.evaluate(() => document.activeElement?.tagName);

describe('a sale', () => {
  let page: Page;
  beforeAll(async () => {
    page = await stage.page('360x740', () => undefined);
  });

  /** From the home screen to the confirmation, on a card of 12,500 francs. */
  async function toReview(scene: string): Promise<void> {
    await stage.show(page, scene, 'fr');
    await touch(page, say['home.sell']!);
    await seen(page, 'scan');
    expect(await focused(page)).toBe('H1');
    await hold(page, '1234567890123456'); // the label of a scratched card, too early
    await hold(page, 'card');
    await seen(page, 'card');
    await touch(page, say['card.goods']!);
    await seen(page, 'goods');
    await touch(page, /^Riz/);
    await touch(page, /changer/);
    await touch(page, /Compléter/);
    await page.getByText('12\u202f500\u202fF').last().waitFor();
    await touch(page, say['next']!);
    await seen(page, 'secret');
    expect(await focused(page)).toBe('H1');
    await hold(page, 'card'); // still in sight, beside the label
    await hold(page, '1234567890123456');
    await seen(page, 'review');
  }
  /** What the fake handheld was asked to record. */
  const sales = () => page.evaluate(() => (globalThis as unknown as { sales: unknown[] }).sales);

  it('is green only once it is durable, and counts once however often it is confirmed', async () => {
    await toReview('home-slow');
    await twice(page, say['review.confirm']!);
    await seen(page, 'saving');
    expect(await page.locator('main.green').count()).toBe(0);
    expect(await page.getByRole('button', { name: say['back']! }).count()).toBe(0);
    await page.goBack(); // the phone's own Back changes nothing while it is being saved
    await seen(page, 'saving');
    await page.evaluate(() => (globalThis as unknown as { durable(): void }).durable());
    await seen(page, 'sold');
    expect(await page.locator('main.green').getAttribute('data-sold')).toBe('9');
    expect(await sales()).toEqual([
      {
        scan: 'card',
        factor: { secret: '1234567890123456', pin: '' },
        lines: [{ item: 'rice', quantity: '25', price: 500 }],
        cash: 0,
        shortfall: 0,
      },
    ]);
    await page.goBack();
    await seen(page, 'home');
  });

  it('whose digits were wrong asks for them again, with the goods kept', async () => {
    await toReview('home-wrong');
    await touch(page, say['review.confirm']!);
    await seen(page, 'fault.factor_wrong');
    expect(await page.locator('main').textContent()).toContain('Encore 2 essais');
    await touch(page, say['refused.back']!);
    await seen(page, 'secret');
    await touch(page, say['secret.type']!);
    // Nothing of the first try is left.
    expect(await page.locator('.groups').textContent()).toBe('');
    await page.keyboard.type('6543210987654321');
    await touch(page, say['next']!);
    await seen(page, 'review');
    expect(await page.locator('main').textContent()).toContain('25 × Riz');
  });

  it('goes on in the other language after one touch', async () => {
    await toReview('home');
    await touch(page, /English/);
    await page.getByRole('heading', { name: catalogue('en')['review']! }).waitFor();
    expect(await page.locator('main').textContent()).toContain('25 × Rice');
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
  });

  it('shows nothing of the secret once it was read', async () => {
    await toReview('home');
    expect(await page.content()).not.toContain('1234567890123456');
    expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, history.state]))).not.toContain('123456');
  });

  it('that goods and card do not fit asks who bears the difference', async () => {
    await stage.show(page, 'goods', 'fr');
    await touch(page, say['next']!);
    await seen(page, 'rest.less');
    await page.getByText('2\u202f400\u202fF').first().waitFor();
    await touch(page, say['rest.change']!);
    await seen(page, 'goods');
  });

  it('of a price above the ceiling cannot go on', async () => {
    await stage.show(page, 'item', 'fr');
    await touch(page, /Prix/);
    await page.keyboard.type('501');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('button', { name: /^OK/ }).isDisabled()).toBe(true);
  });
});

describe('a hand-over', () => {
  it('is recorded with who took the cards and why, each card once', async () => {
    const page = await stage.page('360x740', () => undefined);
    await stage.show(page, 'give', 'fr');
    await touch(page, say['home.give']!);
    await seen(page, 'take.scan');
    await hold(page, 'AAAA');
    await touch(page, /Donner 1/);
    await seen(page, 'taker');
    await page.goBack();
    await seen(page, 'take.scan');
    await hold(page, 'AAAA');
    await page.getByText(say['take.again']!.split('{')[0]!).waitFor();
    await hold(page, 'BBBB');
    await touch(page, /Donner 2/);
    await touch(page, say['taker.third-party']!);
    await touch(page, say['why.health']!);
    await twice(page, say['review.confirm']!);
    await seen(page, 'taken');
    expect(await page.evaluate(() => (globalThis as unknown as { activations: unknown[] }).activations)).toEqual([
      [['AAAA', 'BBBB'], 'third-party', 'health'],
    ]);
  });
});
