import { createServer, type Server } from 'node:http';
import { expect, test } from './base';

/** A server before ours that serves another version of the application once it is told to: its page has a mark. */
function newer(target: () => string): { server: Server; on: boolean } {
  const state = { server: null as unknown as Server, on: false };
  state.server = createServer((req, res) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const c of req) chunks.push(c as Buffer);
      const body = Buffer.concat(chunks);
      const headers = Object.fromEntries(Object.entries(req.headers).filter(([k]) => !['host', 'connection', 'accept-encoding', 'if-none-match', 'content-length'].includes(k)));
      const answer = await fetch(target() + req.url, { method: req.method!, headers: headers as Record<string, string>, ...(body.length ? { body } : {}) });
      let bytes = Buffer.from(await answer.arrayBuffer());
      if (state.on && /\/handheld\/(index\.html|sw\.js)?$/.test(req.url!)) {
        bytes = Buffer.from(await changed(bytes, req.url!.endsWith('sw.js'), target()));
      }
      const out = Object.fromEntries([...answer.headers].filter(([k]) => !['content-encoding', 'content-length', 'transfer-encoding', 'etag', 'connection'].includes(k)));
      res.writeHead(answer.status, out).end(bytes);
    })().catch(() => res.destroy());
  });
  return state;
}

const marked = (page: string) => page.replace('<title>', '<meta name="newer"><title>');

/** The page with a mark, or the worker with the hash of that page and a version of its own. */
async function changed(bytes: Buffer, worker: boolean, target: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  const hash = (text: string) => createHash('sha256').update(text).digest('base64');
  if (!worker) {
    return marked(bytes.toString());
  }
  const page = await (await fetch(`${target}/handheld/`)).text();
  return bytes.toString().replace(hash(page), hash(marked(page))).replace(/\\"version\\":\\".{16}/, '\\"version\\":\\"newer-0123456789');
}

// In one of some twelve runs Chromium never answers update(), nor fetches anything: another browser is tried then.
test.describe.configure({ retries: 2, timeout: 60_000 });

// A new version is fetched in the background, waits, and takes over when the trader asks for it: never during a sale.
test('a newer program waits until it is asked for', async ({ office, come }) => {
  const front = newer(() => office.url);
  await new Promise<void>((done) => front.server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(front.server.address() as { port: number }).port}/handheld/`;
  const trader = await come({}, url);
  await trader.begin();
  front.on = true;
  await trader.touch('home.more');
  await trader.page.evaluate(() => { void navigator.serviceWorker.ready.then((r) => r.update()); });
  await expect(trader.button('more.update')).toBeVisible({ timeout: 30_000 });
  await trader.page.reload();
  await trader.sees('home');
  await expect(trader.page.locator('meta[name=newer]')).toHaveCount(0); // still the old one
  await trader.touch('home.more');
  await trader.touch('more.update');
  await expect(trader.page.locator('meta[name=newer]')).toHaveCount(1, { timeout: 30_000 });
  await trader.sees('home');
  expect(await trader.page.evaluate(() => caches.keys())).toHaveLength(1); // the old version's files are gone
  await trader.sell(office.facts.cards[0]!);
  front.server.closeAllConnections();
  front.server.close();
});
