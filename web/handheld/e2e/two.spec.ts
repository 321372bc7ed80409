import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { receiptsOf, redeemed, stateOf, verify } from './books';
import { expect, test } from './base';

// A trader opens the application twice. It is one journal, and one card is sold once.
test('two tabs sell one card once, and two cards in one chain', async ({ office, come }) => {
  const trader = await come();
  const name = await trader.begin();
  const page = await trader.phone.context.newPage();
  await page.goto(office.handheldURL);
  const other = trader.at(page);
  await other.sees('home');
  await office.stop('SIGKILL');
  const [card, second, third] = office.facts.cards;
  await trader.page.bringToFront();
  await trader.prepare(card!);
  await page.bringToFront();
  await other.prepare(card!);
  await Promise.all([trader.touch('review.confirm'), other.touch('review.confirm')]);
  const green = [trader.page, page].map((p) => p.locator('main.green'));
  const refused = (t: typeof trader) => t.page.getByRole('heading', { level: 1, name: t.say('fault.card_spent_here') });
  await expect.poll(async () => (await green[0]!.count()) + (await green[1]!.count())).toBe(1);
  await expect.poll(async () => (await refused(trader).count()) + (await refused(other).count())).toBe(1);
  for (const t of [trader, other]) {
    await t.page.bringToFront();
    await t.page.reload();
    await t.sees('home');
  }
  await page.bringToFront();
  await other.prepare(second!);
  await trader.page.bringToFront();
  await trader.prepare(third!);
  await Promise.all([trader.touch('review.confirm'), other.touch('review.confirm')]);
  expect([await trader.sold(), await other.sold()].sort()).toEqual([2, 3]);
  await office.start();
  await trader.goHome();
  await trader.sync();
  for (const c of [card, second, third]) {
    expect(await receiptsOf(office, c!)).toEqual(['payable']);
  }
  expect(await stateOf(office, name)).toBe('active');
  expect(await redeemed(office)).toBe(3000);
});

// Whoever copies the phone's memory has two phones with one key. The first that syncs is believed; the second shows the copy.
test('a cloned profile is found out, and nothing is paid twice', async ({ office, come }) => {
  let trader = await come();
  const name = await trader.begin();
  await trader.sell(office.facts.cards[0]!);
  await trader.goHome();
  await trader.sync();
  await trader.phone.off();
  const copy = mkdtempSync(join(tmpdir(), 'jate-phone-'));
  cpSync(trader.phone.profile, copy, { recursive: true });
  await office.stop();
  trader = await come({ profile: trader.phone.profile });
  let clone = await come({ profile: copy });
  const [, second, third] = office.facts.cards;
  await trader.sell(second!);
  await clone.sell(third!);
  await clone.phone.off(); // or it might be the first
  await office.start();
  await trader.goHome();
  await trader.sync();
  clone = await come({ profile: copy });
  await expect.poll(() => stateOf(office, name), { timeout: 30_000 }).toBe('quarantined');
  await clone.page.reload();
  // It is told that it is blocked, or that others have its sales.
  const why = new RegExp(`${clone.says('fault.handheld_quarantined').source}|${clone.says('fault.handheld_state_lost').source}`);
  await expect(clone.page.getByText(why).first()).toBeVisible({ timeout: 30_000 });
  await expect(clone.button('home.sell')).toBeDisabled();
  expect(await redeemed(office)).toBe(2000);
  expect(await verify(office)).toMatch(/^ok /);
});

// A phone whose memory is put back to an older day learns from the server that it lost sales, and sells no more.
test('a phone that lost sales sells no more', async ({ office, come }) => {
  let trader = await come();
  await trader.begin();
  await trader.phone.off();
  const older = mkdtempSync(join(tmpdir(), 'jate-phone-'));
  cpSync(trader.phone.profile, older, { recursive: true });
  trader = await come({ profile: trader.phone.profile });
  await trader.sell(office.facts.cards[0]!);
  await trader.goHome();
  await trader.sync();
  await trader.phone.off();
  const restored = await come({ profile: older });
  await expect(restored.page.getByText(restored.says('fault.handheld_state_lost')).first()).toBeVisible({ timeout: 30_000 });
  await expect(restored.button('home.sell')).toBeDisabled();
});

// A browser that is short of space may drop all that a site keeps. Then there is no key, and nothing can be sold.
test('a phone whose storage was evicted sells nothing until it is enrolled anew', async ({ office, come }) => {
  const trader = await come();
  const name = await trader.begin();
  await trader.sell(office.facts.cards[0]!);
  await trader.goHome();
  await trader.sync();
  await trader.page.goto('about:blank');
  const cdp = await trader.phone.context.newCDPSession(trader.page);
  await cdp.send('Storage.clearDataForOrigin', { origin: office.url, storageTypes: 'all' });
  await trader.page.goto(office.handheldURL);
  await trader.sees('enrol');
  await expect(trader.button('home.sell')).toHaveCount(0);
  const next = await trader.begin();
  expect(next).not.toBe(name);
  await office.api('awa', 'POST', `/handhelds/${name}/replacement`, { by: next });
  expect(await stateOf(office, name)).toBe('replaced');
  await trader.touch('home.sell');
  await trader.hold(office.facts.cards[0]!.digits);
  await trader.sees('fault.card_redeemed');
});
