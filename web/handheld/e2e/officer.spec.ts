import { join } from 'node:path';
import { receiptsOf } from './books';
import { expect, test } from './base';
import { keptBack } from './office';

// The officer's phone hands cards over without a network; a card that was sold before its hand-over was known is paid then.
test('an officer hands cards over, offline', async ({ office, come }) => {
  const officer = await come();
  await officer.begin('distribution');
  const trader = await come();
  await trader.begin();
  const [first, second] = keptBack(office.facts);
  await trader.sell(first!);
  await trader.goHome();
  await trader.sync();
  expect(await receiptsOf(office, first!)).toEqual(['waiting']);
  await office.stop('SIGKILL');
  await officer.touch('home.give');
  await officer.sees('take.scan');
  for (const [i, card] of [first!, second!].entries()) {
    await officer.hold(card.digits);
    await expect(officer.page.getByText(new RegExp(`^${i + 1} carte`)).first()).toBeVisible({ timeout: 30_000 });
  }
  await officer.hold(null);
  await officer.page.getByRole('button', { name: /Donner 2 cartes/ }).click();
  await officer.sees('taker');
  await officer.touch('taker.head');
  await officer.sees('review.take');
  await officer.touch('review.confirm');
  await officer.sees('taken');
  await officer.page.reload();
  await officer.sees('home.officer');
  await officer.touch('home.left');
  await expect(officer.page.getByText(/\b2 \/ \d+/)).toBeVisible();
  await office.start();
  await officer.touch('back');
  await officer.touch('home.send');
  await expect(async () => {
    await officer.button('send.now').click({ timeout: 1000 }).catch(() => undefined);
    await expect(officer.page.getByText(officer.says('send.done'))).toBeVisible({ timeout: 3000 });
  }).toPass({ timeout: 30_000 });
  await expect.poll(() => receiptsOf(office, first!), { timeout: 30_000 }).toEqual(['payable']);
});

// A trader whom no network reaches gives a file to somebody who goes to town, and takes the answer back.
test("a field officer carries a trader's sales as a file", async ({ office, come }) => {
  const trader = await come();
  await trader.begin();
  const card = office.facts.cards[0]!;
  await trader.phone.context.setOffline(true);
  await trader.sell(card);
  await trader.goHome();
  await trader.touch('home.send');
  await trader.touch('send.file');
  await trader.sees('files');
  const download = trader.page.waitForEvent('download');
  await trader.touch('files.give');
  const carried = join(office.folder, 'carried.txt');
  await (await download).saveAs(carried);
  office.run('handheld', 'carry', '--server', office.url, '--in', 'carried.txt', '--out', 'answers.txt');
  expect(await receiptsOf(office, card)).toEqual(['payable']);
  const choosing = trader.page.waitForEvent('filechooser');
  await trader.touch('files.take');
  await (await choosing).setFiles(join(office.folder, 'answers.txt'));
  await expect(trader.page.getByText(/réponses? reçue/).first()).toBeVisible();
  await trader.touch('back'); // to the office's screen, home, and the day's sales
  await trader.page.reload();
  await trader.sees('home');
  await trader.touch('home.today');
  await expect(trader.page.getByText(trader.says('state.payable')).first()).toBeVisible();
});

// Where money moves must not be known before it does. The officer's phone carries the lot without knowing it, and opens it with the
// code that the office tells him.
test('an officer opens a lot under embargo with his code', async ({ office, come }) => {
  const officer = await come();
  await officer.begin('distribution');
  const card = office.facts.hidden[0]!;
  await office.stop('SIGKILL');
  await officer.touch('home.give');
  await officer.sees('take.scan');
  await officer.hold(card.digits);
  await officer.sees('fault.token_key_unknown');
  await officer.hold(null);
  await office.start();
  const { code } = await office.api<{ code: string }>('ben', 'POST', '/issues/r3.001/officer-code');
  await office.stop('SIGKILL');
  await officer.page.reload();
  await officer.sees('home.officer');
  await officer.touch('home.left');
  for (const [typed, then] of [['AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-A', 'fault.officer_code'], [code, 'home.left']] as const) {
    await officer.touch('left.open');
    await officer.page.getByRole('textbox').fill(typed);
    await officer.touch('openLot.yes');
    await officer.sees(then);
    if (then !== 'home.left') {
      await officer.page.reload();
      await officer.sees('home.officer');
      await officer.touch('home.left');
    }
  }
  await expect(officer.page.getByText(/r3\.001/)).toBeVisible();
  await officer.page.reload();
  await officer.sees('home.officer');
  await officer.touch('home.give');
  await officer.hold(card.digits);
  await expect(officer.page.getByText(/^1 carte/).first()).toBeVisible({ timeout: 30_000 });
});
