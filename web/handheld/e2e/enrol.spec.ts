import { stateOf } from './books';
import { expect, test } from './base';

// Nobody sells with a phone that one person alone let in.
test('a phone enrols by QR code, and sells once a second person has activated it', async ({ office, come }) => {
  const trader = await come();
  const name = await trader.enrol();
  expect(await stateOf(office, name)).toBe('enrolled');
  await trader.touch('inactive.again');
  await trader.sees('inactive');
  await expect(office.api('awa', 'POST', `/handhelds/${name}/activation`, {})).rejects.toThrow(/40[39]/); // she invited it
  await trader.activated(name);
  await expect(trader.button('home.sell')).toBeEnabled();
});

test('a phone enrols by typing the code, with the dashes that people put', async ({ office, come }) => {
  const trader = await come();
  const code = await office.invite();
  await trader.touch('enrol.type');
  await trader.page.getByRole('textbox').fill('AAAAAAAAAAAAAAAAAAAAAAAAAA');
  await trader.touch('next');
  await expect(trader.page.getByRole('alert')).toHaveText(trader.says('fault.enrolment_code')); // the server knows no such code
  await trader.touch('enrol.type');
  await trader.page.getByRole('textbox').fill(code.toLowerCase().replace(/(.{5})/g, '$1-'));
  await trader.touch('next');
  await trader.sees('inactive');
});

test("a phone's own camera app opens the code", async ({ office, come }) => {
  const trader = await come({}, office.enrolment(await office.invite()));
  await trader.sees('inactive');
  expect(trader.page.url()).toBe(office.handheldURL); // the code is gone from the address
});

test('a code is good for one phone', async ({ office, come }) => {
  const code = office.enrolment(await office.invite());
  const first = await come({}, code);
  await first.sees('inactive');
  const second = await come({}, code);
  await second.sees('fault.enrolment_code');
});
