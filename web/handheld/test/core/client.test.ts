// The way to the server: how long is waited, what is believed, and what becomes of problems.

import { gunzipSync } from 'node:zlib';

import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { HTTPServer, serverAddress } from '../../src/core/client';
import { enrolmentText, fingerprint, parseEnrolment } from '../../src/core/enrol';
import * as faults from '../../src/core/faults';
import { codeOf } from './kit';
import { Office, saleOf, shop } from './office';

const server = new HTTPServer('https://jate.example', () => 'en');
const record = ['a.b.c'];

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  const body = { code, title: 'A sentence.', errors: [{ location: 'x', message: 'y', value: 'z' }] };
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/problem+json; charset=utf-8', ...headers } });
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('HTTPServer', () => {
  it('sends records in gzip, and as they are where they are few or the browser cannot', async () => {
    vi.useRealTimers();
    const sent: RequestInit[] = [];
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
      sent.push(init);
      return new Response('{"ack":"a.b.c"}', { headers: { 'Content-Type': 'application/json' } });
    });
    const many = Array.from({ length: 50 }, (_, i) => `header.${'payload'.repeat(20)}${i}.signature`);
    await server.redeem('h1', many, 'https');
    const [packed] = sent as [RequestInit];
    expect(packed.headers).toMatchObject({ 'Content-Encoding': 'gzip', 'Content-Type': 'application/json' });
    const body = JSON.stringify({ records: many, channel: 'https' });
    expect(gunzipSync(packed.body as Uint8Array).toString()).toBe(body);
    expect((packed.body as Uint8Array).length).toBeLessThan(body.length / 2);
    await server.redeem('h1', record, 'https');
    vi.stubGlobal('CompressionStream', undefined);
    await server.redeem('h1', many, 'https');
    for (const [i, records] of [record, many].entries()) {
      expect(sent[i + 1]?.headers).not.toHaveProperty('Content-Encoding');
      expect(sent[i + 1]?.body).toBe(JSON.stringify({ records, channel: 'https' }));
    }
  });

  it('turns a problem into the fault that it was', async () => {
    vi.stubGlobal('fetch', async () => problem(409, 'voucher_life'));
    await expect(server.redeem('h1', record, 'https')).rejects.toMatchObject({
      kind: 'conflict',
      code: 'voucher_life',
      title: 'A sentence.',
      fields: [{ location: 'x', message: 'y', value: 'z' }],
    });
  });

  it('believes nothing else', async () => {
    for (const res of [
      () => new Response('<html>', { status: 200 }),
      () => new Response('null', { status: 200 }),
      () => new Response('{"ack":5}', { status: 200 }),
      () => new Response('{"code":"x"}', { status: 500, headers: { 'Content-Type': 'application/json' } }),
      () => new Response('', { status: 502 }),
    ]) {
      vi.stubGlobal('fetch', async () => res());
      expect(await codeOf(() => server.redeem('h1', record, 'https'))).toBe('server_answer');
    }
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('Failed to fetch')));
    expect(await codeOf(() => server.redeem('h1', record, 'https'))).toBe('no_network');
  });

  it('comes back when a busy server says, four times at most', async () => {
    const calls: number[] = [];
    vi.stubGlobal('fetch', async () => {
      calls.push(Date.now());
      return problem(503, 'busy', { 'Retry-After': '7' });
    });
    const refused = codeOf(() => server.redeem('h1', record, 'https'));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await refused).toBe('busy');
    expect(calls.map((t) => t - (calls[0] as number))).toEqual([0, 7_000, 14_000, 21_000]);
    for (const later of ['61', 'Wed, 21 Oct 2026 07:28:00 GMT', '0', '-1', '1e3']) {
      const fetched = vi.fn(async () => problem(429, 'too_many_calls', { 'Retry-After': later }));
      vi.stubGlobal('fetch', fetched);
      expect(await codeOf(() => server.redeem('h1', record, 'https'))).toBe('too_many_calls');
      expect(fetched).toHaveBeenCalledTimes(1);
    }
  });

  it('waits as long as something arrives, and not where nothing does', async () => {
    const text = JSON.stringify({ bundle: 'x'.repeat(400) });
    const slow = (pause: number) => async (_: string, init: RequestInit) => {
      let at = 0;
      const body = new ReadableStream({
        async pull(c) {
          await new Promise((resolve, reject) => {
            setTimeout(resolve, pause);
            init.signal?.addEventListener('abort', () => reject(new DOMException('over', 'AbortError')));
          });
          c.enqueue(new TextEncoder().encode(text.slice(at, (at += 100))));
          if (at >= text.length) c.close();
        },
      });
      return new Response(body, { status: 200 });
    };
    vi.stubGlobal('fetch', slow(50_000));
    const got = server.bundle('/api/v1/handhelds/h1/bundle', 'p.p.p');
    await vi.advanceTimersByTimeAsync(300_000);
    expect(await got).toHaveLength(400);
    vi.stubGlobal('fetch', slow(61_000));
    const lost = codeOf(() => server.bundle('/api/v1/handhelds/h1/bundle', 'p.p.p'));
    await vi.advanceTimersByTimeAsync(70_000);
    expect(await lost).toBe('no_network');
  });

  it('asks nothing of another address than the server’s own', async () => {
    for (const path of ['https://other.example/api/v1/x', '//other.example/x', '/x']) {
      expect(await codeOf(() => server.bundle(path, 'p.p.p'))).toBe('server_address');
    }
    for (const address of ['ftp://x', 'https://u:p@x', 'https://x/y', 'https://x?y', 'x', 'https://x#y']) {
      expect(await codeOf(() => serverAddress(address)), address).toBe('server_address');
    }
    expect(serverAddress('https://jate.example/')).toBe('https://jate.example');
    expect(serverAddress('')).toBe('');
  });
});

describe('a sync over a bad line', () => {
  it('sends fewer records after each loss, and gives up in the end', async () => {
    vi.useRealTimers();
    const sizes: number[] = [];
    const office = new Office();
    office.redeem = async (_, records) => {
      sizes.push(records.length);
      throw faults.noNetwork;
    };
    const h = await shop('lossy', office);
    for (let i = 0; i < 22; i++) await h.sell(saleOf(i));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const code = codeOf(() => h.sync());
    for (let i = 0; i < 100 && sizes.length < 5; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(await code).toBe('no_network');
    expect(sizes).toEqual([22, 12, 10, 10, 10]);
    expect((await h.status()).unsynced).toBe(22);
    h.close();
  });
});

describe('an enrolment’s code', () => {
  const trust = { root: 'A'.repeat(43), beacon: `${'B'.repeat(42)}A` };
  const code = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  it('is read as it is written', () => {
    const e = { code, trust, server: 'https://jate.example' };
    expect(parseEnrolment(enrolmentText(e))).toEqual(e);
    expect(parseEnrolment(' abcde-fghij-klmno-pqrst-uvwxy-z ')).toEqual({ code: 'abcde-fghij-klmno-pqrst-uvwxy-z', server: '' });
  });
  it('is refused where it is none', async () => {
    const good = enrolmentText({ code, trust, server: 'https://jate.example' });
    for (const text of ['', 'ABC', good.slice(0, -1), good.replace('https', 'ftp'), good.replace('#e=', '?e='), `${good}A`, '1'.repeat(26)]) {
      expect(await codeOf(() => parseEnrolment(text)), text).toBe('carrier_file');
    }
  });
  it('has a fingerprint that people compare', async () => {
    expect(await fingerprint(trust)).toMatch(/^[0-9]{4} [0-9]{4}$/);
    expect(await fingerprint(trust)).not.toBe(await fingerprint({ ...trust, root: trust.beacon }));
  });
});
