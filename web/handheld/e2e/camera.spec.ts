import { join } from 'node:path';
import { receiptsOf } from './books';
import { expect, test } from './base';
import { film, framesASecond } from './camera';
import { pictureOfCard, pictureOfLabel } from './printed';

// The whole way of a card: printed as PDF, drawn, filmed a little askew and out of focus, read by the camera of a real browser,
// sold, and owed. Then the seconds that it takes are measured on a processor six times slower, and printed.
test('sells what a camera sees of a printed card', async ({ office, come }) => {
  test.setTimeout(120_000);
  const n = 7;
  const card = office.facts.cards[n]!;
  const path = join(office.folder, 'film.y4m');
  film(path, [
    { picture: null, frames: 2 },
    { picture: pictureOfCard(office.folder, 'r1', card), frames: 2 * framesASecond },
    { picture: null, frames: 2 },
    { picture: pictureOfLabel(office.folder, 'r1', n), frames: 2 * framesASecond, shot: { fill: 1, tilt: 4 } },
  ]);
  const trader = await come({ film: path });
  const name = await trader.enrolByTyping();
  await trader.activated(name);
  await trader.page.reload(); // from what the service worker keeps
  await trader.sees('home');
  const cdp = await trader.phone.context.newCDPSession(trader.page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 6 });
  const began = Date.now();
  await trader.touch('home.sell');
  await trader.sees('card', 40_000);
  const scanned = Date.now();
  await trader.touch('card.goods');
  await trader.page.locator('.goods .item').filter({ hasText: 'Riz' }).locator('button.row').click();
  await trader.page.getByRole('button', { name: trader.say('goods.more') }).first().click();
  await trader.touch('next');
  await trader.sees('secret');
  const secret = Date.now();
  await expect(trader.button('ask.no').or(trader.button('review.confirm'))).toBeVisible({ timeout: 40_000 });
  if (await trader.button('ask.no').isVisible()) {
    await trader.touch('ask.no');
  }
  const factor = Date.now();
  await trader.touch('review.confirm');
  await trader.sold();
  const green = Date.now();
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  console.log(`at a sixth of this processor: touch to card ${scanned - began} ms, label ${factor - secret} ms, ` +
    `confirmed to green ${green - factor} ms, touch to green ${green - began} ms; the film shows nothing of either for part of it`);
  await expect.poll(() => receiptsOf(office, card), { timeout: 30_000 }).toEqual(['payable']);
  // What the size test counts as needed to sell is what was loaded.
  const scripts = await trader.page.evaluate(() => performance.getEntriesByType('resource').map((e) => e.name).filter((u) => u.endsWith('.js')));
  expect(scripts.filter((u) => /assets\/(curves_fallback|carrier|enrol|en)-/.test(u))).toEqual([]);
});
