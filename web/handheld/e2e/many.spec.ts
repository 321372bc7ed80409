import { build } from 'vite';
import { join } from 'node:path';
import { receiptsOf, redeemed, verify } from './books';
import { expect, test } from './base';
import { Line } from './line';
import type { Trader } from './trader';

interface Core {
  openHandheld(): Promise<{
    sell(sale: unknown): Promise<unknown>;
    status(): Promise<{ unsynced: number; records: number }>;
    entries(): Promise<{ state: string }[]>;
    close(): void;
  }>;
}

/** The core as one file, which a page can import beside the application: the same database, without its screens. */
async function coreAlone(): Promise<string> {
  const out = await build({
    configFile: false, logLevel: 'error', root: join(import.meta.dirname, '..'),
    build: { write: false, minify: false, target: 'es2020', lib: { entry: 'src/core/index.ts', formats: ['es'], fileName: 'core' },
      rolldownOptions: { output: { codeSplitting: false } } },
  });
  const first = (Array.isArray(out) ? out[0] : out) as { output: { code: string }[] };
  return first.output[0]!.code;
}

const sales = 200;

/** Makes so many sales without a network and without screens, in the application's database; milliseconds. */
async function sellMany(trader: Trader): Promise<number> {
  const code = await coreAlone();
  await trader.page.route('**/handheld/assets/core-alone.js', (route) => route.fulfill({ contentType: 'text/javascript', body: code }));
  const cards = trader.office.facts.cards.slice(0, sales).map((c) => ({ scan: c.digits, factor: { secret: c.secret, pin: '' },
    lines: [{ item: 'rice', quantity: '2', price: 500 }], cash: 0, shortfall: 0 }));
  const took = await trader.page.evaluate(async (list) => {
    const at = '/handheld/assets/core-alone.js';
    const core = (await import(/* @vite-ignore */ at)) as Core;
    const h = await core.openHandheld();
    const began = performance.now();
    for (const sale of list) {
      await h.sell(sale);
    }
    const { records } = await h.status();
    h.close();
    return { records, ms: performance.now() - began };
  }, cards);
  expect(took.records).toBe(sales);
  return took.ms;
}

/** Touches send until everything is sent. */
async function sendAll(trader: Trader, timeout: number): Promise<void> {
  await expect(async () => {
    await trader.button('send.now').click({ timeout: 500 }).catch(() => undefined);
    await expect(trader.page.getByText(trader.says('send.done'))).toBeVisible({ timeout: 4000 });
  }).toPass({ timeout });
}

// Two hundred sales without a network, sent over a line that is cut and with a server that is killed: each is in the books once.
test('two hundred offline sales are synced exactly once', async ({ office, come }) => {
  test.setTimeout(240_000);
  const line = new Line(() => office.port);
  await line.open();
  const trader = await come({}, `${line.url}/handheld/`);
  await trader.begin();
  await office.stop('SIGKILL');
  console.log(`${sales} sales in ${Math.round(await sellMany(trader))} ms`);
  line.set({ resetAfterBytes: 60_000 }); // less than a batch of a hundred, and than its answer
  await office.start();
  await trader.page.reload();
  await trader.sees('home');
  await trader.touch('home.send');
  // While it sends, the server is killed twice.
  for (let i = 0; i < 2; i++) {
    await trader.button('send.now').click({ timeout: 500 }).catch(() => undefined);
    await new Promise((done) => setTimeout(done, 300));
    await office.stop('SIGKILL');
    await office.start();
  }
  line.set({});
  await sendAll(trader, 120_000);
  expect(line.resets).toBeGreaterThan(0);
  for (const c of [office.facts.cards[0]!, office.facts.cards[sales - 1]!]) {
    expect(await receiptsOf(office, c)).toEqual(['payable']);
  }
  expect(await redeemed(office)).toBe(1000 * sales);
  expect(await verify(office)).toMatch(/^ok /);
  await line.close();
});

// 2 kB a second with resets: the application arrives, a sale leaves, and both go on where they were cut.
test('a slow line that is cut again and again', async ({ office, come }) => {
  test.setTimeout(180_000);
  const line = new Line(() => office.port);
  await line.open();
  const trader = await come({}, `${line.url}/handheld/`);
  await trader.begin();
  await trader.page.reload();
  await trader.sees('home');
  const before = line.resets;
  line.set({ bytesASecond: 2000, resetAfterBytes: 12_000 });
  const began = Date.now();
  const cards = office.facts.cards.slice(0, 3);
  for (const card of cards) {
    await trader.sell(card);
    await trader.goHome();
  }
  await trader.touch('home.send');
  await sendAll(trader, 120_000);
  for (const card of cards) {
    await expect.poll(() => receiptsOf(office, card)).toEqual(['payable']);
  }
  console.log(`three sales over 2 kB/s: in the books after ${Math.round((Date.now() - began) / 1000)} s, ${line.resets - before} resets`);
  await line.close();
});

// A week without a network, then a bad line: measured, for docs/handheld.md.
test('two hundred sales over a slow line that is cut', async ({ office, come }) => {
  test.skip(!process.env['JATE_LONG'], 'takes minutes; make weblong has it');
  test.setTimeout(900_000);
  const line = new Line(() => office.port);
  await line.open();
  const trader = await come({}, `${line.url}/handheld/`);
  await trader.begin();
  await office.stop('SIGKILL');
  await sellMany(trader);
  await office.start();
  line.set({ bytesASecond: 2000, resetAfterBytes: 30_000 });
  const [resets, said, began] = [line.resets, line.said.length, Date.now()];
  await trader.page.reload();
  await trader.sees('home', 60_000);
  await trader.touch('home.send');
  await sendAll(trader, 800_000);
  const bytes = line.said.slice(said).reduce((sum, b) => sum + b.length, 0);
  console.log(`${sales} sales over 2 kB/s cut after each 30 kB: ${Math.round((Date.now() - began) / 1000)} s, ${bytes} bytes, ${line.resets - resets} resets`);
  expect(await redeemed(office)).toBe(1000 * sales);
  await line.close();
});
