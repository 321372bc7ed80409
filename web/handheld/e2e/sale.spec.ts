import { receiptsOf, redeemed, verify } from './books';
import { expect, test } from './base';

// The green screen is worth money: what it said is in the books, once, whatever the server did meanwhile.
test('sells while the server is down, and syncs by itself when it is back', async ({ office, come }) => {
  const trader = await come();
  await trader.begin();
  await office.stop('SIGKILL');
  const [first, second] = office.facts.cards;
  expect(await trader.sell(first!)).toBe(1);
  await trader.goHome();
  expect(await trader.sell(second!)).toBe(2);
  await trader.goHome();
  await trader.page.reload(); // without a server
  await trader.sees('home');
  await office.start();
  await trader.touch('home.send');
  await trader.touch('send.now');
  await expect(trader.page.getByText(trader.says('send.done'))).toBeVisible({ timeout: 30_000 });
  expect(await receiptsOf(office, first!)).toEqual(['payable']);
  expect(await receiptsOf(office, second!)).toEqual(['payable']);
  expect(await redeemed(office)).toBe(2000);
  expect(await verify(office)).toMatch(/^ok /);
});

test('a card is sold once, and a wrong secret not at all', async ({ office, come }) => {
  const trader = await come();
  await trader.begin();
  const [card, other] = office.facts.cards;
  await trader.sell(card!);
  await trader.goHome();
  await trader.touch('home.sell');
  await trader.hold(card!.digits);
  await trader.sees('fault.card_spent_here');
  await trader.page.reload();
  await trader.sees('home');
  await trader.prepare({ ...other!, secret: card!.secret });
  await trader.touch('review.confirm');
  await trader.sees('fault.factor_wrong');
  await expect(trader.page.locator('main.green')).toHaveCount(0);
});

test('a household with a PIN types it', async ({ office, come }) => {
  const trader = await come();
  await trader.begin();
  const card = office.facts.pinned[0]!;
  await trader.sell(card);
  await expect.poll(() => receiptsOf(office, card), { timeout: 30_000 }).toEqual(['payable']); // by itself
});

test('a sale is cancelled on its day', async ({ office, come }) => {
  const trader = await come();
  await trader.begin();
  const card = office.facts.cards[0]!;
  await office.stop('SIGKILL');
  await trader.sell(card);
  await trader.goHome();
  await trader.touch('home.today');
  await trader.page.locator('main').getByRole('button', { name: /1[\s\u202f\u00a0]?000/ }).first().click();
  await trader.touch('entry.undo');
  await trader.touch('undo.mistake');
  await trader.touch('undo.yes');
  await trader.sees('undone');
  await office.start();
  await trader.page.reload();
  await expect.poll(() => receiptsOf(office, card), { timeout: 30_000 }).toEqual(['cancelled']);
  expect(await redeemed(office)).toBe(0);
});
