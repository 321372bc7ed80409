// The service worker: after the first visit the handheld starts without a network. It keeps the files of one version,
// checks each against the hash that the build wrote, and never answers for anything but these files: what is said to the
// server goes past it. A new version waits until the screen asks for it, so that no sale changes programs half-way.

import type { Listed, Precache } from './precache';

// The worker's global scope is in no library that pages can be compiled with too.
interface Extendable { waitUntil(p: Promise<unknown>): void }
interface Fetching extends Extendable { request: Request; respondWith(p: Promise<Response>): void }
interface Messaging extends Extendable { data: unknown }
interface Scope {
  registration: { scope: string };
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', fn: (e: Extendable) => void): void;
  addEventListener(type: 'fetch', fn: (e: Fetching) => void): void;
  addEventListener(type: 'message', fn: (e: Messaging) => void): void;
}
const scope = self as unknown as Scope;

const list: Precache = JSON.parse('__PRECACHE__');
const prefix = 'handheld-';
const name = prefix + list.version;
const base = scope.registration.scope; // ends with a slash
const hashes = new Map([...list.shell, ...list.later, ...list.onUse].map(([path, hash]) => [base + path, hash]));

async function hashOf(r: Response): Promise<string> {
  const sum = await crypto.subtle.digest('SHA-256', await r.arrayBuffer());
  return btoa(String.fromCharCode(...new Uint8Array(sum)));
}

/** Fetches a file of this version and keeps it. It throws when the network gives anything else: the server may have a newer
 * version already, and the portal of a public network answers for everybody. */
async function fetchAndKeep(cache: Cache, url: string): Promise<Response> {
  const answer = await fetch(url, { cache: 'no-cache', credentials: 'omit', redirect: 'error' });
  if (!answer.ok || (await hashOf(answer.clone())) !== hashes.get(url)) {
    throw new Error('not a file of this version');
  }
  await cache.put(url, answer.clone());
  return answer;
}

/** Sees to it that the files are kept: those that an older version has are copied and not fetched again. A line that breaks
 * loses one file, and the next attempt goes on from there. */
async function keep(files: Listed[]): Promise<void> {
  const cache = await caches.open(name);
  for (const [path, hash] of files) {
    const url = base + path;
    if (await cache.match(url)) {
      continue;
    }
    const old = await caches.match(url);
    if (old && (await hashOf(old.clone())) === hash) {
      await cache.put(url, old);
    } else {
      await fetchAndKeep(cache, url);
    }
  }
}

/** Copies what an older version kept because it was used. */
async function keepUsed(): Promise<void> {
  const cache = await caches.open(name);
  for (const [path, hash] of [...list.later, ...list.onUse]) {
    const old = await caches.match(base + path);
    if (old && (await hashOf(old.clone())) === hash) {
      await cache.put(base + path, old);
    }
  }
}

async function forgetOthers(): Promise<void> {
  for (const other of await caches.keys()) {
    if (other.startsWith(prefix) && other !== name) {
      await caches.delete(other);
    }
  }
}

async function answer(url: string): Promise<Response> {
  const cache = await caches.open(name);
  return (await cache.match(url, { ignoreVary: true })) ?? fetchAndKeep(cache, url);
}

scope.addEventListener('install', (e) => e.waitUntil(keep(list.shell).then(keepUsed)));
scope.addEventListener('activate', (e) => e.waitUntil(forgetOthers().then(() => scope.clients.claim())));

scope.addEventListener('fetch', (e) => {
  if (e.request.method !== 'GET') {
    return;
  }
  const url = e.request.url.replace(/[?#].*$/, '');
  if (hashes.has(url)) {
    e.respondWith(answer(url).catch(() => fetch(e.request)));
  } else if (e.request.mode === 'navigate' && url.startsWith(base)) {
    // Every screen is one page. When the kept one was evicted and the server has a newer one, that is better than none.
    e.respondWith(answer(`${base}index.html`).catch(() => fetch(e.request)));
  }
});

scope.addEventListener('message', (e) => {
  if (e.data === 'update') {
    e.waitUntil(scope.skipWaiting());
  } else if (e.data === 'later') {
    // For want of a network it is asked again at the next start.
    e.waitUntil(keep(list.later).catch(() => {}));
  }
});
