import { receiptsOf, redeemed, verify } from './books';
import { expect, test } from './base';
import type { PrintedCard } from './office';
import type { Trader } from './trader';

/** A sale is stopped at each of these: on the screen with that title, or so many milliseconds after it was confirmed. */
const steps: (string | number)[] = process.env['JATE_LONG']
  ? ['scan', 'card', 'goods', 'secret', 'ask', 'review', ...Array.from({ length: 40 }, (_, i) => i * 3)]
  : ['secret', 0, 10, 40];

/** Sells a card until something stops it; whether the screen was green before. */
async function until(trader: Trader, card: PrintedCard, step: string | number, stop: () => Promise<void>): Promise<boolean> {
  if (typeof step === 'string') {
    await trader.prepare(card, step);
    await stop();
    return false;
  }
  await trader.prepare(card);
  await trader.touch('review.confirm');
  await new Promise((done) => setTimeout(done, step));
  const green = await trader.page.locator('main.green').count();
  await stop();
  return green > 0;
}

/** Sells what was not sold, and expects each card in the books once. */
async function settle(trader: Trader, tries: { card: PrintedCard; green: boolean }[]): Promise<void> {
  const { office } = trader;
  await office.start();
  for (const { card, green } of tries) {
    const sold = await trader.offer(card);
    expect(sold || !green, `card ${card.serial} was green and is not sold`).toBe(true);
    if (!sold) {
      await trader.sell(card);
      await trader.goHome();
    }
  }
  await trader.sync();
  for (const { card } of tries) {
    expect(await receiptsOf(office, card)).toEqual(['payable']);
  }
  expect(await redeemed(office)).toBe(1000 * tries.length);
  expect(await verify(office)).toMatch(/^ok /);
}

// A sale happened or it did not, wherever the page is lost; what was green happened.
test('a reload at any step: sold once or not at all', async ({ office, come }) => {
  test.setTimeout(120_000 + steps.length * 10_000);
  const trader = await come();
  await trader.begin();
  await office.stop('SIGKILL');
  const tries: { card: PrintedCard; green: boolean }[] = [];
  for (const [i, step] of steps.entries()) {
    const card = office.facts.cards[i]!;
    const green = await until(trader, card, step, async () => void (await trader.page.reload()));
    await trader.sees('home');
    tries.push({ card, green });
  }
  await settle(trader, tries);
});

// The phone's battery falls out: every process of the browser is killed at once.
test('a kill at any step: sold once or not at all', async ({ office, come }) => {
  test.setTimeout(120_000 + steps.length * 12_000);
  let trader = await come();
  await trader.begin();
  await office.stop('SIGKILL');
  const tries: { card: PrintedCard; green: boolean }[] = [];
  for (const [i, step] of steps.entries()) {
    const card = office.facts.cards[i]!;
    const { profile } = trader.phone;
    const green = await until(trader, card, step, () => trader.phone.kill());
    trader = await come({ profile });
    await trader.sees('home');
    tries.push({ card, green });
  }
  await settle(trader, tries);
});
