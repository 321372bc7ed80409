// The core against the real server over HTTP. The Go test TestBrowser (voucher/handheld/browser_test.go) starts the
// server and a control address for what people of the programme do, and runs this file; alone it is skipped.

import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';

import type { Sale } from '../../src/core/api';
import { carry } from '../../src/core/carrier';
import { HTTPServer } from '../../src/core/client';
import { enrol } from '../../src/core/enrol';
import { Handheld } from '../../src/core/handheld';
import { printSerial } from '../../src/core/serial';
import { Store } from '../../src/core/store';
import { codeOf, copyDatabase, withoutCurves } from './kit';

const village = process.env['JATE_VILLAGE'] ?? '';
const address = process.env['JATE_SERVER'] ?? '';
const server = new HTTPServer(address, () => 'en');

interface Printed {
  scan: string;
  serial: string;
  secret: string;
}

async function order<T>(name: string, o: object = {}): Promise<T> {
  const res = await fetch(`${village}/${name}`, { method: 'POST', body: JSON.stringify(o) });
  if (!res.ok) throw new Error(`${name}: ${await res.text()}`);
  return (await res.json()) as T;
}

let clock = 0;
const cfg = { now: () => clock * 1000, server };
let lots = 0;
const lot = () => `live${++lots}`;

/** Enrols a browser's handheld, which somebody activates. */
async function shop(name: string, vendor = 'v1'): Promise<Handheld> {
  clock = await order<number>('clock', { n: 1 });
  const store = await Store.open(name);
  const e = { code: await order<string>('invite', { vendor }), trust: await order<{ root: string; beacon: string }>('trust'), server: address };
  await enrol(store, server, e);
  const h = await Handheld.open(store, cfg);
  await order('activate', { handheld: h.identity.handheld });
  return h;
}

async function cards(h: Handheld, n: number): Promise<Printed[]> {
  const list = await order<Printed[]>('issue', { lot: lot(), n, handheld: h.identity.handheld });
  await order('handover', { serials: list.map((p) => p.serial) });
  await h.fetchBundle();
  return list;
}

function sale(p: Printed, scan = p.scan): Sale {
  return { scan, factor: { secret: p.secret, pin: '' }, lines: [{ item: 'rice', quantity: '2', price: 500 }], cash: 0, shortfall: 0 };
}

const owed = (vendor: string) => order<number>('owed', { vendor });
const tick = async (n: number) => {
  clock = await order<number>('clock', { n });
};

describe.skipIf(village === '')('against the server', { timeout: 60_000 }, () => {
  it('goes from the code to the money, over a line that loses answers', async () => {
    clock = await order<number>('clock', { n: 1 });
    const trust = await order<{ root: string; beacon: string }>('trust');
    const e = { code: await order<string>('invite', { vendor: 'v1' }), trust, server: address };
    const store = await Store.open('life');
    expect(await codeOf(() => Handheld.open(store, cfg))).toBe('handheld_not_enrolled');
    expect(await codeOf(() => enrol(store, server, { ...e, code: 'AAAAA-BBBBB-CCCCC-DDDDD-EEEEE-F' }))).toBe('enrolment_code');
    await order('cut', { n: 2 });
    expect(await codeOf(() => enrol(store, server, e))).toBe('no_network');
    await enrol(store, server, { ...e, code: e.code.toLowerCase() });
    expect(await codeOf(() => enrol(store, server, e))).toBe('handheld_enrolled');
    const h = await Handheld.open(store, cfg);
    expect(await codeOf(() => h.fetchBundle())).not.toBe('');
    await order('activate', { handheld: h.identity.handheld });
    const list = await cards(h, 3);
    const before = await owed('v1');
    for (const p of list) {
      expect((await h.look(p.scan)).home).toBe(true);
      await h.sell(sale(p));
    }
    expect((await h.status()).unsynced).toBe(3);
    await order('cut', { n: 2 });
    expect(await h.sync()).toEqual({ sent: 3, settled: 3, pending: 0 });
    expect((await h.entries()).map((x) => x.state)).toEqual(['payable', 'payable', 'payable']);
    expect(await owed('v1')).toBe(before + 3000);
    await order('cut', { n: 1 });
    expect(await codeOf(() => h.fetchBundle())).toBe('no_network');
    await h.fetchBundle();
    const { secret } = list[0] as Printed;
    expect(JSON.stringify([await h.logs(), await h.exportJournal(true)])).not.toContain(secret);
    h.close();
  });

  it('sends 130 sales exactly once over a line that breaks again and again', async () => {
    const h = await shop('many');
    const list = await cards(h, 130);
    const before = await owed('v1');
    // The zone allows 50 sales without a sync.
    for (const [i, p] of list.entries()) {
      await h.sell(sale(p));
      if (i % 43 !== 42) continue;
      await order('cut', { n: 1 + (i % 2) });
      await h.sync();
    }
    const seen: number[] = [];
    await order('cut', { n: 2 });
    const done = await h.sync((p) => seen.push(p.sent));
    expect(done.pending).toBe(0);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect(await owed('v1')).toBe(before + 130_000);
    expect(await h.sync()).toEqual({ sent: 0, settled: 0, pending: 0 });
    expect(await owed('v1')).toBe(before + 130_000);
    h.close();
  });

  it('sells on a typed number with a network, and not without', async () => {
    const h = await shop('typed');
    const [a, b] = (await cards(h, 2)) as [Printed, Printed];
    const number = printSerial(a.serial).toLowerCase();
    expect(await codeOf(() => h.look(number))).toBe('card_number_only');
    await order('cut', { n: 1 });
    expect(await codeOf(() => h.fetchCard(number))).toBe('card_number_only');
    expect(await codeOf(() => h.fetchCard('0123-4567-89AB-CDEF-41'))).toBe('voucher_not_found');
    const card = await h.fetchCard(number);
    expect(card).toMatchObject({ serial: a.serial, home: true, secret: true, value: { minor: 1000, code: 'XOF' } });
    await h.sellOnline(sale(a, card.scan));
    expect(await codeOf(() => h.fetchCard(number))).toBe('card_spent_here');
    expect(await codeOf(() => h.sellOnline({ ...sale(b), factor: { secret: '0'.repeat(16), pin: '' } }))).toBe('factor_wrong');
    await h.sellOnline(sale(b));
    expect((await h.sync()).settled).toBe(2);
    expect((await h.entries()).map((e) => e.state)).toEqual(['payable', 'payable']);
    h.close();
  });

  it('notices that it was cloned, or put back to what it was', async () => {
    const h = await shop('original');
    const list = (await cards(h, 4)) as [Printed, Printed, Printed, Printed];
    await h.sell(sale(list[0]));
    await h.sync();
    await copyDatabase('original', 'clone');
    await copyDatabase('original', 'rolled-back');
    await h.sell(sale(list[1]));
    expect((await h.sync()).pending).toBe(0);

    // The clone makes its own second record: both cannot be.
    const clone = await Handheld.open(await Store.open('clone'), cfg);
    await clone.sell(sale(list[2]));
    expect(await codeOf(() => clone.sync())).toBe('handheld_state_lost');
    expect(await codeOf(() => clone.sell(sale(list[3])))).toBe('handheld_state_lost');
    expect((await clone.status()).warnings[0]?.code).toBe('handheld_state_lost');

    // The old copy has made nothing; the server tells it that it is old.
    const old = await Handheld.open(await Store.open('rolled-back'), cfg);
    expect(await codeOf(() => old.sync())).toBe('handheld_state_lost');
    old.close();
    const again = await Handheld.open(await Store.open('rolled-back'), cfg);
    expect(await codeOf(() => again.look(list[3].scan))).toBe('handheld_state_lost');
    again.close();

    // A fork is proven: the server has put the handheld into quarantine.
    await h.sell(sale(list[3]));
    expect(await codeOf(() => h.sync())).toBe('handheld_quarantined');
    h.close();
    clone.close();
  });

  it('exchanges carriers’ files with the Go handheld, both ways', async () => {
    const h = await shop('carried');
    const list = await cards(h, 3);
    for (const p of list) await h.sell(sale(p));
    const before = await owed('v1');
    const mine = await h.exportJournal();
    expect(mine.records).toBe(3);
    const answers = await order<string>('carry', { text: mine.text });
    expect(await h.importAnswers(answers)).toBe(2);
    expect(await h.importAnswers(answers)).toBe(2);
    expect((await h.status()).unsynced).toBe(0);
    expect(await owed('v1')).toBe(before + 3000);

    await order('phone', { phone: 'go', vendor: 'v2', lot: lot(), n: 5 });
    const theirs = await carry(server, await order<string>('export', { phone: 'go' }));
    expect(theirs.refused).toEqual([]);
    expect(await order('import', { phone: 'go', text: theirs.text })).toBe(0);
    for (const wrong of ['{"acks":"x"}', 'x', '{"ack":"a.b.c","bundle":"a.b.c"}', '[]']) {
      expect(await codeOf(() => h.importAnswers(wrong)), wrong).toBe('carrier_file');
      expect(await codeOf(() => carry(server, wrong)), wrong).toBe('carrier_file');
    }
    expect(await codeOf(() => h.importAnswers('{"ack":"a.b.c"}'))).toBe('server_answer');
    h.close();
  });

  it('activates cards at a hand-over', async () => {
    const trader = await shop('buyer');
    const list = await order<Printed[]>('issue', { lot: lot(), n: 2, handheld: trader.identity.handheld });
    await trader.fetchBundle();
    const officer = await shop('officer', '');
    await officer.fetchBundle();
    const [a, b] = list as [Printed, Printed];
    expect(await officer.lookHandover(a.scan)).toMatchObject({ serial: a.serial, again: false });
    await officer.activate([a.scan, printSerial(b.serial)], 'third-party', 'health');
    expect((await officer.lookHandover(b.scan)).again).toBe(true);
    expect((await officer.handover()).handed).toBe(2);
    await trader.sell(sale(a));
    await trader.sync();
    expect((await trader.entries())[0]?.state).toBe('waiting');
    await officer.sync();
    await trader.sync();
    expect((await trader.entries())[0]?.state).toBe('payable');
    expect(await codeOf(() => officer.sell(sale(a)))).toBe('handheld_purpose');
    trader.close();
    officer.close();
  });

  it('knows of a lot under embargo only with the officer’s code', async () => {
    const trader = await shop('early-trader');
    const officer = await shop('early-officer', '');
    await officer.fetchBundle();
    await trader.fetchBundle();
    const before = (await officer.handover()).lots.length;
    const { code, scan } = await order<{ code: string; scan: string }>('hide', { lot: lot(), n: 3600 });
    await officer.fetchBundle();
    await trader.fetchBundle();
    expect(await codeOf(() => trader.look(scan))).toBe('token_key_unknown');
    expect(await codeOf(() => officer.lookHandover(scan))).toBe('token_key_unknown');
    expect(await officer.handover()).toMatchObject({ sealed: 1 });
    expect((await officer.handover()).lots.length).toBe(before);
    expect(await codeOf(() => officer.openLots('AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-A'))).toBe('officer_code');
    const tab = await Handheld.open(await Store.open('early-officer'), cfg);
    expect(await officer.openLots(code.toLowerCase())).toBe(1);
    expect(await tab.handover()).toMatchObject({ sealed: 0 });
    tab.close();
    await officer.activate([scan], 'head');
    await officer.fetchBundle();
    expect((await officer.handover()).lots.length).toBe(before + 1);
    officer.close();
    const again = await Handheld.open(await Store.open('early-officer'), cfg);
    expect((await again.lookHandover(scan)).again).toBe(true);
    await tick(3600);
    await trader.fetchBundle();
    expect((await trader.look(scan)).secret).toBe(true);
    again.close();
    trader.close();
  });

  it('does not make the journal longer by asking again', async () => {
    const h = await shop('waiting');
    const [p] = await order<Printed[]>('issue', { lot: lot(), n: 1, handheld: h.identity.handheld });
    await h.fetchBundle();
    await h.sell(sale(p as Printed));
    await h.sync();
    const lines = async () => ((await (await Store.open('waiting')).head()).lines);
    await h.syncWith({ bundleAfter: 3600 });
    const before = await lines();
    for (let i = 0; i < 3; i++) await h.syncWith({ bundleAfter: 3600 });
    expect(await lines()).toBe(before);
    await tick(2 * 3600);
    await h.syncWith({ bundleAfter: 36_000 });
    expect(await lines()).toBeGreaterThan(before);
    h.close();
  });

  it('works on a browser without Ed25519 and X25519', async () => {
    const restore = withoutCurves();
    try {
      const h = await shop('old-phone');
      const list = await cards(h, 2);
      for (const p of list) await h.sell(sale(p));
      expect(await h.sync()).toMatchObject({ settled: 2, pending: 0 });
      h.close();
      const again = await Handheld.open(await Store.open('old-phone'), cfg);
      expect((await again.entries()).map((e) => e.state)).toEqual(['payable', 'payable']);
      again.close();
    } finally {
      restore();
    }
  });
});
