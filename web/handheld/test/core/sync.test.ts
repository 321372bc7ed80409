// Syncing: what is sent when, and by itself.

import 'fake-indexeddb/auto';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { AutoSync } from '../../src/core/auto_sync';
import { Handheld } from '../../src/core/handheld';
import { Store } from '../../src/core/store';
import { codeOf } from './kit';
import { Office, noon, saleOf, secondKeys, secondSeed, shop } from './office';

afterEach(() => vi.useRealTimers());

describe('sync', () => {
  it('sends again what a restored server lost', async () => {
    const office = new Office();
    const h = await shop('restored', office);
    for (let i = 0; i < 20; i++) await h.sell(saleOf(i));
    expect(await h.sync()).toEqual({ sent: 20, settled: 20, pending: 0 });
    office.records = office.records.slice(0, 4); // last night's backup
    await h.sell(saleOf(20));
    expect((await h.sync()).pending).toBe(0);
    expect(office.records.length).toBe(21);
    expect((await h.entries()).every((e) => e.state === 'payable' && e.sent)).toBe(true);
    office.records = [];
    expect((await h.sync()).pending).toBe(0);
    expect(office.records.length).toBe(21);
    h.close();
    const again = await Handheld.open(await Store.open('restored'), { now: () => noon * 1000, server: office });
    expect((await again.status()).unsynced).toBe(0);
    again.close();
  });

  it('learns new keys from the root key where an answer is signed by one that it does not know', async () => {
    const office = new Office();
    const h = await shop('new-keys', office);
    const before = await h.fingerprint();
    await h.sell(saleOf(0));
    office.seed = secondSeed;
    expect(await codeOf(() => h.syncWith({ bundleAfter: 3600 }))).toBe('server_answer');
    office.keys = [secondKeys[0] as string, ...secondKeys];
    expect((await h.syncWith({ bundleAfter: 3600 })).pending).toBe(0);
    expect(await h.fingerprint()).not.toBe(before);
    await h.sell(saleOf(1)); // with the bundle that the former key signed
    expect(await codeOf(() => h.fetchBundle())).toBe('bundle_invalid');
    h.close();
    const again = await Handheld.open(await Store.open('new-keys'), { now: () => noon * 1000, server: office });
    await again.sell(saleOf(2));
    office.seed = undefined;
    expect(await codeOf(() => again.syncWith({ bundleAfter: 3600 }))).toBe('server_answer');
    office.seed = secondSeed;
    expect((await again.syncWith({ bundleAfter: 3600 })).pending).toBe(0);
    again.close();
  });

  it('stops at a record that the server does not take', async () => {
    const office = new Office();
    const h = await shop('stuck', office);
    await h.sell(saleOf(0));
    const redeem = office.redeem.bind(office);
    office.redeem = (dev, records) => redeem(dev, records.slice(1));
    expect(await codeOf(() => h.sync())).toBe('sync_stuck');
    expect((await h.status()).unsynced).toBe(1);
    h.close();
  });

  it('keeps what was answered before the line broke', async () => {
    const office = new Office();
    const h = await shop('broken', office);
    for (let i = 0; i < 22; i++) await h.sell(saleOf(i));
    const redeem = office.redeem.bind(office);
    const stop = new AbortController();
    office.redeem = (dev, records) => {
      if (office.uploads.length === 1) stop.abort();
      return redeem(dev, stop.signal.aborted ? [] : records.slice(0, 10));
    };
    await codeOf(() => h.sync(undefined, stop.signal));
    expect((await h.status()).unsynced).toBe(12);
    h.close();
  });

  it('refuses an answer that is not the server’s, and one for another handheld', async () => {
    const office = new Office();
    const h = await shop('liar', office);
    await h.sell(saleOf(0));
    const redeem = office.redeem.bind(office);
    for (const lie of [(jws: string) => `${jws.slice(0, -4)}wwww`, () => '', () => 'a.b.c']) {
      office.redeem = async (dev, records) => lie(await redeem(dev, records));
      expect(await codeOf(() => h.sync())).toBe('server_answer');
    }
    expect((await h.entries())[0]?.state).toBe('pending');
    h.close();
  });
});

describe('AutoSync', () => {
  const really = setTimeout;
  const settle = async (ms: number) => {
    for (let at = 0; at < ms; at += 1_000) {
      await vi.advanceTimersByTimeAsync(1_000);
      await new Promise((resolve) => really(resolve, 8)); // for the database and WebCrypto, which keep their own time
    }
  };

  it('sends a sale soon after it was made, and waits longer after each failure', async () => {
    const office = new Office();
    const h = await shop('auto', office);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const auto = new AutoSync(h);
    auto.start();
    await settle(10_000);
    expect(auto.state).toMatchObject({ running: false });
    expect(auto.state.doneAt).toBeGreaterThan(0);
    await h.sell(saleOf(0));
    await h.sell(saleOf(1));
    expect(office.records.length).toBe(0);
    await settle(15_000);
    expect(office.records.length).toBe(2);
    office.down = true;
    let tries = 0;
    const redeem = office.redeem.bind(office);
    office.redeem = (dev, records) => {
      tries++;
      return redeem(dev, records);
    };
    await h.sell(saleOf(2));
    await settle(60_000);
    expect(auto.state.problem?.code).toBe('no_network');
    expect(tries).toBeLessThan(12);
    office.down = false;
    await auto.now();
    expect(office.records.length).toBe(3);
    expect(auto.state.problem).toBeUndefined();
    auto.stop();
    h.close();
  });
});
