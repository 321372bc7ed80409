// Sending what was made and taking in the answers (voucher/handheld/sync.go). An interrupted sync goes on where it was:
// answers are kept before the next upload, and the server takes each record once.

import type { Synced, SyncProgress } from './api';
import { type Ack, parseAck } from './ack';
import { type Bundle, readBundle } from './bundle';
import type { Own } from './chain';
import { type Server, sleep } from './client';
import { isFault } from './fault';
import { keyIDOf } from './keys';
import { keyID } from './jws';
import * as faults from './faults';
import type { State } from './state';

/** The most records of one upload, and the fewest that a bad line is given. */
const batchMax = 100;
const batchLeast = 10;
const batchFirst = 25;
/** How often, within one sync, the server may turn out to know less than it said before. */
const setbacksMax = 3;
/** How often in a row an upload may get no answer, and how long is waited before the next, in milliseconds. */
const lossesMax = 4;
const pause = 1_000;
/** An upload that took longer makes the next one smaller, and one that took much less, larger; in milliseconds. */
const slow = 30_000;
/** An acknowledgement that says nothing new is kept only if the last word on the time is so old, in seconds. */
const wordMax = 3600;

/** What goes with a sync. */
export interface SyncOptions {
  readonly progress?: ((p: SyncProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Fetch the bundle only where the one carried is so many seconds old; 0 for always. */
  readonly bundleAfter?: number;
}

interface Run {
  readonly s: State;
  readonly server: Server;
  readonly o: SyncOptions;
  /** Records that waited when the sync began, and the number of the last that the server had then. */
  readonly of: number;
  readonly from: number;
  size: number;
  sent: number;
  settled: number;
}

/** Sends the records that the server is not known to have, oldest first, asks again about those without a final answer,
 * and fetches the bundle. Answers count only if signed by the server. Throws handheld_quarantined, handheld_state_lost,
 * sync_stuck, server_answer, handheld_storage, no_network and the server's faults. */
export async function sync(s: State, server: Server, o: SyncOptions): Promise<Synced> {
  const { open, of, from } = await s.exclusive(async () => ({
    open: unsettled(s),
    of: s.chain.pending().length,
    from: s.chain.acked,
  }));
  const run: Run = { s, server, o, of, from, size: batchFirst, sent: 0, settled: 0 };
  await sendPending(run);
  if (open.length > 0) {
    tell(run, 'asking');
    await send(run, open.slice(0, run.size));
  }
  const pending = await s.exclusive(async () => {
    s.requireFit();
    return s.chain.pending().length;
  });
  if (bundleDue(s, o.bundleAfter ?? 0)) {
    tell(run, 'bundle');
    await fetchBundle(s, server, o.signal);
  }
  return { sent: run.sent, settled: run.settled, pending };
}

function bundleDue(s: State, after: number): boolean {
  return !s.bundle || s.seconds - s.bundle.snap >= after || s.bundle.snap > s.seconds;
}

function tell(r: Run, phase: SyncProgress['phase']): void {
  r.o.progress?.({ phase, sent: Math.min(Math.max(r.s.chain.acked - r.from, 0), r.of), of: r.of });
}

/** Uploads until the server has everything. It begins even with nothing to send, because the answer tells where the
 * server stands. */
async function sendPending(r: Run): Promise<void> {
  const { chain } = r.s;
  let from = chain.acked;
  let setbacks = 0;
  for (let first = true; ; first = false) {
    tell(r, 'sending');
    const batch = chain.records.slice(from, from + r.size);
    if (batch.length === 0 && !first) return;
    const sent = await send(r, batch);
    const now = chain.acked;
    if (chain.unfit()) {
      from += sent; // the rest is evidence: it is sent once, and nothing moves on
    } else if (now > from) {
      from = now;
    } else if (now === from && batch.length === 0) {
      return;
    } else if (now === from || setbacks === setbacksMax) {
      throw faults.stuck.at('seq', String(from + 1));
    } else {
      from = now;
      setbacks++;
    }
  }
}

/** Uploads records and takes the answer in; fewer of them after each time that no answer came. Returns how many went. */
async function send(r: Run, records: readonly Own[]): Promise<number> {
  for (let losses = 0; ; ) {
    const batch = records.slice(0, r.size).map((m) => m.jws);
    const began = Date.now();
    try {
      const ack = await r.server.redeem(r.s.id.handheld, batch, 'https', r.o.signal);
      await learn(r.s, r.server, ack, r.o.signal);
      r.settled += await r.s.exclusive(() => takeAck(r.s, ack));
      r.sent += batch.length;
      const took = Date.now() - began;
      r.size = took > slow ? smaller(r.size) : took < slow / 4 ? Math.min(r.size * 2, batchMax) : r.size;
      return batch.length;
    } catch (err) {
      if (!isFault(err, faults.noNetwork.code) || r.o.signal?.aborted || losses === lossesMax || offline()) throw err;
      r.size = smaller(r.size);
      await sleep(pause << losses++, r.o.signal);
    }
  }
}

function smaller(size: number): number {
  return Math.max(size >> 1, batchLeast);
}

function offline(): boolean {
  return globalThis.navigator?.onLine === false;
}

/** Returns records whose answer may have changed since: 100 at most, those asked about longest ago first. */
function unsettled(s: State): Own[] {
  const { records, outcomes, acked } = s.chain;
  const askedIn = (m: Own) => outcomes.get(m.hash)?.ack ?? 0;
  return records
    .slice(0, acked)
    .filter((m) => ['', 'waiting', 'contested'].includes(outcomes.get(m.hash)?.state ?? ''))
    .sort((a, b) => askedIn(a) - askedIn(b))
    .slice(0, batchMax);
}

/** Takes a signed acknowledgement in, however it came, and returns how many records have another answer now. Throws
 * server_answer and handheld_storage. */
export async function takeAck(s: State, jws: string): Promise<number> {
  let a: Ack;
  try {
    a = await parseAck(jws, s.beaconKey);
    if (a.dev !== s.id.handheld) throw faults.answer;
  } catch {
    throw faults.answer.at('ack', "not the server's answer to this handheld");
  }
  const { outcomes, at } = s.chain;
  const settled = a.outcomes.filter((o) => at.has(o.hash) && (outcomes.get(o.hash)?.state ?? '') !== o.state).length;
  if (s.chain.isNews(a) || a.t - s.chain.word >= wordMax || s.chain.since > s.chain.word) {
    await s.commit({ kind: 'A', text: jws });
  } else {
    s.chain.askedAgain(a); // it would only make the journal longer
  }
  await s.keepNonce(a.nonce);
  return settled;
}

/** Gets a new bundle from the server and carries it from now on. */
export async function fetchBundle(s: State, server: Server, signal?: AbortSignal): Promise<void> {
  const path = s.path('bundle');
  const jws = await signed(s, 'GET', path, '', (proof) => server.bundle(path, proof, signal));
  await learn(s, server, jws, signal);
  await s.exclusive(() => takeBundle(s, jws));
}

/** Takes the root key's word on new keys in, however it came, and returns how much of it changed what is believed. What was
 * taken before, or begins elsewhere, is passed over. What a former beacon key signs counts no longer, but for the bundle in
 * use. Throws server_answer and handheld_storage. */
export async function takeKeys(s: State, list: readonly string[]): Promise<number> {
  let n = 0;
  for (const text of list) {
    try {
      if (!(await s.chain.trust.read(text))) continue;
    } catch {
      throw faults.answer.at('keys', "not the root key's word");
    }
    await s.commit({ kind: 'K', text });
    n++;
  }
  return n;
}

/** Asks the server for new keys where an answer is signed by one that is not in use. */
async function learn(s: State, server: Server, jws: string, signal?: AbortSignal): Promise<void> {
  const kid = keyIDOf(jws);
  if (kid === '' || kid === (await keyID(s.beaconKey))) return;
  const list = await server.successions(signal);
  await s.exclusive(() => takeKeys(s, list));
}

/** Carries a bundle from now on, however it came. Throws bundle_invalid, bundle_other_handheld, bundle_older and
 * handheld_storage. */
export async function takeBundle(s: State, jws: string): Promise<void> {
  const next: Bundle = await readBundle(jws, s.owner, s.chain.trust, s.beaconKey, await s.codes());
  if (s.bundle && next.snap < s.bundle.snap) throw faults.bundleOlder;
  if (next.beaconHash !== s.chain.beaconHash) {
    await s.commit({ kind: 'B', text: next.beacon }, [['bundle', jws]], next.snap);
  } else {
    await s.save([['bundle', jws]], { snap: next.snap });
  }
  s.bundle = next;
  await s.keepNonce(next.word.nonce);
}

/** How many officers' codes are kept; the oldest make room. */
const codesMax = 32;

/** Opens the lots under embargo that the officer's code is for, in the bundle in use and in later ones, and returns how
 * many. Throws officer_code. */
export async function openLots(s: State, text: string): Promise<number> {
  const bundle = s.usable();
  const { parseOfficerCode } = await import('./embargo');
  const codes = [...(await s.codes()).slice(1 - codesMax), parseOfficerCode(text)];
  const held = String(await s.store.get('bundle'));
  const next = await readBundle(held, s.owner, s.chain.trust, await s.chain.trust.beaconOf(held), codes);
  if (next.sealed >= bundle.sealed) throw faults.officerCode;
  await s.save([['codes', codes]], { opened: s.opened + 1 });
  s.bundle = next;
  return bundle.sealed - next.sealed;
}

/** Makes a request with a fresh proof, twice where the first was signed over an old nonce. */
export async function signed<T>(
  s: State,
  method: string,
  path: string,
  body: string,
  send: (proof: string) => Promise<T>,
): Promise<T> {
  for (let again = false; ; again = true) {
    const proof = await s.exclusive(() => s.request(method, path, body));
    try {
      return await send(proof);
    } catch (err) {
      const nonce = isFault(err, 'handheld_nonce') ? err.fields.find((f) => f.location === 'nonce')?.value : undefined;
      if (again || !nonce || !(await s.exclusive(() => s.keepNonce(nonce)))) throw err;
    }
  }
}
