import { receiptsOf } from './books';
import { expect, test } from './base';
import { selfTestDigits } from '../src/scan/protocol';
import type { Trader } from './trader';

/** Takes from the page, before it runs, what phones of some years ago do not have. Returns nothing; runs in the page and, as far
 * as these things are there, in its workers. */
function takeAway(what: string): void {
  const subtle = globalThis.crypto?.subtle;
  const refuse = (name: string) => Promise.reject(new DOMException(`${name} is missing`, 'NotSupportedError'));
  const without = (algorithm: RegExp) => {
    for (const method of ['generateKey', 'importKey', 'sign', 'verify', 'deriveBits', 'deriveKey'] as const) {
      const real = subtle[method].bind(subtle) as (...args: unknown[]) => Promise<unknown>;
      const named = (args: unknown[]) => args.map((a) => (typeof a === 'string' ? a : (a as { name?: string } | null)?.name ?? '')).join(' ');
      (subtle as unknown as Record<string, unknown>)[method] = (...args: unknown[]) => (algorithm.test(named(args)) ? refuse(method) : real(...args));
    }
  };
  const gone = (of: object | undefined, name: string) => {
    if (of) Object.defineProperty(of, name, { value: undefined, configurable: true });
  };
  switch (what) {
    case 'curves':
      return without(/Ed25519|X25519/);
    case 'locks':
      return gone(navigator, 'locks');
    case 'vibrate':
      gone(navigator, 'vibrate');
      return gone(globalThis, 'AudioContext');
    case 'detector':
      return gone(globalThis, 'BarcodeDetector');
    case 'storage':
      gone(navigator.storage, 'persist');
      return gone(navigator.storage, 'persisted');
    case 'broadcast':
      return gone(globalThis, 'BroadcastChannel');
    case 'frames':
      return gone(HTMLVideoElement.prototype, 'requestVideoFrameCallback');
  }
}

async function everything(t: Trader, what: string[]): Promise<void> {
  for (const w of what) {
    await t.phone.context.addInitScript(takeAway, w);
  }
  await t.page.reload();
}

// A phone of 2020 has no curves in WebCrypto, no detector, and less; it sells like any other, with a key that is wrapped.
test('sells without Ed25519, X25519, BarcodeDetector, locks, vibration, sound, persistence and BroadcastChannel', async ({ office, come }) => {
  const trader = await come();
  await everything(trader, ['curves', 'detector', 'locks', 'vibrate', 'storage', 'broadcast', 'frames']);
  await trader.begin();
  await office.stop('SIGKILL');
  const card = office.facts.cards[0]!;
  await trader.sell(card);
  await trader.page.reload();
  await trader.sees('home');
  expect(await trader.offer(card)).toBe(true);
  await office.start();
  await trader.sync();
  expect(await receiptsOf(office, card)).toEqual(['payable']);
  const scripts = await trader.page.evaluate(() => performance.getEntriesByType('resource').map((e) => e.name));
  expect(scripts.some((u) => u.includes('curves_fallback'))).toBe(true); // or nothing was taken away
});

// Where the page may not run WebAssembly, or it has not come yet, the small reader reads what is held well.
test('reads codes without WebAssembly', async ({ office, come }) => {
  const trader = await come();
  await trader.phone.context.route('**/*.wasm', (route) => route.abort());
  await trader.page.evaluate(async () => {
    for (const r of await navigator.serviceWorker.getRegistrations()) await r.unregister();
    for (const name of await caches.keys()) await caches.delete(name);
  });
  await trader.phone.context.addInitScript(() => Object.defineProperty(navigator, 'serviceWorker', { value: undefined }));
  await trader.page.reload();
  const kept = trader.page.waitForRequest('**/*.wasm');
  await trader.begin();
  await kept;
  await trader.sell(office.facts.cards[0]!);
});

// Without a camera a card's number is typed, the server holds the card, and the digits under the label are typed.
test('sells without a camera, over the network', async ({ office, come }) => {
  const trader = await come();
  await trader.phone.context.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'));
  });
  await trader.page.reload();
  const name = await trader.enrolByTyping();
  await trader.activated(name);
  const card = office.facts.cards[0]!;
  await trader.touch('home.sell');
  await expect(trader.page.getByText(trader.says('camera.missing'))).toBeVisible();
  await trader.touch('scan.type');
  await trader.page.getByRole('textbox').fill(card.printed);
  await trader.touch('next');
  await trader.sees('card');
  await trader.touch('card.goods');
  await trader.page.locator('.goods .item').filter({ hasText: 'Riz' }).locator('button.row').click();
  await trader.page.getByRole('button', { name: trader.say('goods.more') }).first().click();
  await trader.touch('next');
  await trader.sees('secret');
  await trader.touch('secret.type');
  await trader.page.keyboard.type(card.secret);
  await trader.touch('next');
  if (await trader.button('ask.no').or(trader.button('review.confirm')).first().textContent().then((t) => trader.says('ask.no').test(t ?? ''))) {
    await trader.touch('ask.no');
  }
  await trader.touch('review.confirm');
  await trader.sold();
  await expect.poll(() => receiptsOf(office, card), { timeout: 30_000 }).toEqual(['payable']);
});

// The handheld never opens a camera that it was not given, and says so.
test('says that the camera is forbidden', async ({ come }) => {
  const trader = await come();
  await trader.phone.context.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
  });
  await trader.page.reload();
  await trader.touch('enrol.scan');
  await expect(trader.page.getByText(trader.says('camera.denied'))).toBeVisible();
});

/** Gives the worker that reads codes a BarcodeDetector that finds these in every picture. */
async function withDetector(trader: Trader, finds: string): Promise<void> {
  await trader.phone.context.addInitScript(() => Object.defineProperty(navigator, 'serviceWorker', { value: undefined }));
  await trader.phone.context.route('**/assets/reader-*.js', async (route) => {
    const answer = await route.fetch();
    const detector = `self.BarcodeDetector = class { async detect() { return ${finds}; } };`;
    await route.fulfill({ response: answer, body: `${detector}\n${await answer.text()}` });
  });
  await trader.page.evaluate(async () => {
    for (const r of await navigator.serviceWorker.getRegistrations()) await r.unregister();
    for (const name of await caches.keys()) await caches.delete(name);
  });
  await trader.page.reload();
}

// Some phones have a detector that answers and reads nothing, or the wrong thing: it is believed after it has read the self-test.
test("a phone's own detector is used only after it has read the self-test", async ({ office, come }) => {
  const blind = await come();
  await withDetector(blind, '[{ rawValue: "0431208420156762967" }]');
  await blind.begin();
  await blind.touch('home.sell');
  await blind.hold(office.facts.cards[0]!.digits);
  await blind.sees('card'); // what ZXing read
  const able = await come();
  await able.begin();
  await withDetector(able, `[{ rawValue: ${JSON.stringify(selfTestDigits())} }]`);
  await able.sees('home');
  await able.touch('home.sell');
  await able.sees('fault.wire_malformed'); // without any code before the camera: it is believed now
});
