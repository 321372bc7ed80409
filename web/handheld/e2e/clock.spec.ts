import { receiptsOf } from './books';
import { expect, test } from './base';

// Cheap phones lose the date with their battery. What the server last said is the floor of the clock; a clock that runs ahead
// is put right at the next sync.
for (const [what, days] of [['a year slow', -365], ['a year fast', 365]] as const) {
  test(`a clock ${what}`, async ({ office, come }) => {
    const trader = await come();
    await trader.begin();
    await trader.phone.context.addInitScript((ms) => {
      const real = Date.now.bind(Date);
      const Real = Date;
      class Shifted extends Real {
        constructor(...args: unknown[]) {
          // @ts-expect-error any form of the constructor
          super(...(args.length ? args : [real() + ms]));
        }
        static override now(): number { return real() + ms; }
      }
      (globalThis as { Date: unknown }).Date = Shifted;
    }, days * 86_400_000);
    await trader.page.reload();
    const card = office.facts.cards[0]!;
    if (days < 0) {
      await trader.sees('home');
      await trader.sell(card); // the floor is the bundle's day
      await expect.poll(() => receiptsOf(office, card), { timeout: 30_000 }).toEqual(['payable']);
      return;
    }
    await office.stop();
    await trader.page.reload();
    await trader.sees('home'); // the bundle seems a year old, and the cards over
    await expect(trader.page.getByText(trader.says('fault.bundle_too_old')).first()).toBeVisible();
    await expect(trader.page.locator('main.green')).toHaveCount(0);
  });
}
