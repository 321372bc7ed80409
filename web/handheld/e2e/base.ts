// What every test has: an office of its own whose server runs, and traders that go away in the end.

import { test as bare } from '@playwright/test';
import { Office } from './office';
import type { PhoneOptions } from './phone';
import { Trader } from './trader';

export { expect } from '@playwright/test';

interface Fixtures {
  office: Office;
  /** A trader with a new phone; complaints of its pages fail the test. */
  come: (o?: PhoneOptions, url?: string) => Promise<Trader>;
}

export const test = bare.extend<Fixtures>({
  office: async ({}, use) => {
    const office = Office.copy();
    await office.start();
    await use(office);
    await office.close();
  },
  come: async ({ office }, use) => {
    const all: Trader[] = [];
    await use(async (o, url) => {
      const trader = await Trader.come(office, o, url);
      all.push(trader);
      return trader;
    });
    const phones = all.map((trader) => trader.phone);
    for (const phone of phones) {
      await phone.off();
    }
    phones.forEach((phone) => phone.forget()); // when none of them runs: several may have had one profile, one after the other
    const complaints = phones.flatMap((phone) => phone.complaints);
    if (complaints.length > 0) {
      throw new Error(`a page complained:\n${complaints.join('\n')}`);
    }
  },
});
