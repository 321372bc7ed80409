// What travels with a field officer is lines of JSON, as the Go package's carrier.go writes and reads them. To the server
// go uploads of at most 100 records and one request for a bundle, signed in advance:
//
//	{"records":["<JWS>",…],"channel":"file"}
//	{"proof":"<JWS>","path":"/api/v1/handhelds/…/bundle"}
//
// Back come the server's answers:
//
//	{"keys":["<JWS>",…]}    {"ack":"<JWS>"}    {"bundle":"<JWS>"}
//
// Everything in them is signed, and what must be secret is sealed: a carrier can lose a file, but neither read nor
// change it.

import type { Exported } from './api';
import type { Server } from './client';
import { isFault } from './fault';
import * as faults from './faults';
import { decodeLine } from './journal';
import { peekHandheld } from './record';
import type { State } from './state';
import { Store } from './store';
import { takeAck, takeBundle, takeKeys } from './sync';

const batchMax = 100;
/** Bounds a line of a carrier's file: a bundle has at most 32 MiB. */
const lineMax = 34 << 20;

/** Writes, for a carrier, what the server is not known to have, or with all the whole journal; and a request for a
 * bundle. */
export async function exportJournal(s: State, all: boolean): Promise<Exported> {
  const records = all ? s.chain.records : s.chain.pending();
  const path = s.path('bundle');
  const proof = await s.request('GET', path, '');
  const lines = [...uploads(records.map((m) => m.jws)), JSON.stringify({ proof, path })];
  const day = new Date(s.now * 1000).toISOString().slice(0, 10);
  return { text: `${lines.join('\n')}\n`, records: records.length, name: `jate-${s.id.handheld}-${day}-${s.chain.end().seq}.jsonl` };
}

function uploads(records: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < records.length; i += batchMax) {
    lines.push(JSON.stringify({ records: records.slice(i, i + batchMax), channel: 'file' }));
  }
  return lines;
}

/**
 * Writes, for the office, every record that can still be read in a journal that no longer opens (handheld_journal). Each
 * is signed, so the server judges them as if the handheld had sent them. Throws carrier_file where there is none.
 */
export async function salvage(name?: string): Promise<Exported> {
  const store = await Store.open(name);
  try {
    const lines = (await store.allLines()).map(decodeLine);
    const records = lines.flatMap((l) => (l?.kind === 'R' ? [l.text.slice(l.text.indexOf(' ') + 1)] : []));
    if (records.length === 0) throw faults.file.at('journal', 'no record in it');
    return { text: `${uploads(records).join('\n')}\n`, records: records.length, name: `jate-${peekHandheld(records[0] as string)}-rest.jsonl` };
  } finally {
    store.close();
  }
}

/** What carry has done. */
export interface Carried {
  /** For the handheld that the file came from. */
  readonly text: string;
  /** Why the server refused lines, the others notwithstanding. */
  readonly refused: readonly unknown[];
}

/** Hands what exportJournal wrote to the server, for a carrier who holds no key. Throws carrier_file for what it did not
 * write. */
export async function carry(server: Server, text: string, signal?: AbortSignal): Promise<Carried> {
  const refused: unknown[] = [];
  const keys = await server.successions(signal).catch((err: unknown) => {
    refused.push(err); // records matter more
    return [];
  });
  const answers: string[] = keys.length > 0 ? [JSON.stringify({ keys })] : [];
  for (const line of eachLine(text)) {
    try {
      answers.push(JSON.stringify(await carryLine(server, line, signal)));
    } catch (err) {
      if (isFault(err, faults.file.code) || signal?.aborted) throw err;
      refused.push(err);
    }
  }
  return { text: answers.map((a) => `${a}\n`).join(''), refused };
}

async function carryLine(server: Server, line: string, signal?: AbortSignal): Promise<{ ack: string } | { bundle: string }> {
  const l = strictly(line, ['records', 'channel', 'proof', 'path']);
  if (typeof l['proof'] === 'string' && typeof l['path'] === 'string') {
    if (!/^\/api\/v1\/handhelds\/[^/?#]+\/bundle$/.test(l['path'])) throw faults.file.at('path', 'not a bundle');
    return { bundle: await server.bundle(l['path'], l['proof'], signal) };
  }
  const records = l['records'];
  if (!Array.isArray(records) || records.length === 0 || l['channel'] !== 'file' || !records.every((r) => typeof r === 'string')) {
    throw faults.file.at('line', 'neither records nor a request');
  }
  let handheld: string;
  try {
    handheld = peekHandheld(records[0] as string);
  } catch {
    throw faults.file.at('line', 'not records');
  }
  return { ack: await server.redeem(handheld, records as string[], 'file', signal) };
}

/** Takes in what carry wrote, or a bundle alone: new keys, acknowledgements first to last, and a newer bundle. A bundle no newer
 * than the one in use is passed over. Returns how many lines it used. */
export async function importAnswers(s: State, text: string): Promise<number> {
  let n = 0;
  for (const line of eachLine(text)) {
    const { keys, ack, bundle } = strictly(line, ['keys', 'ack', 'bundle']);
    if (Array.isArray(keys) && ack === undefined && bundle === undefined) {
      await s.exclusive(() => takeKeys(s, keys.map(String)));
    } else if (keys !== undefined) {
      throw faults.file.at('line', 'more than one answer');
    } else if (typeof ack === 'string' && bundle === undefined) {
      await s.exclusive(() => takeAck(s, ack));
    } else if (typeof bundle === 'string' && ack === undefined) {
      if (!(await tookNewer(s, bundle))) continue;
    } else {
      throw faults.file.at('line', 'neither an answer nor a bundle');
    }
    n++;
  }
  return n;
}

async function tookNewer(s: State, jws: string): Promise<boolean> {
  try {
    await s.exclusive(() => takeBundle(s, jws));
    return true;
  } catch (err) {
    if (isFault(err, faults.bundleOlder.code)) return false;
    throw err;
  }
}

function* eachLine(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const lf = text.indexOf('\n', at);
    const end = lf < 0 ? text.length : lf;
    if (end - at > lineMax) throw faults.file.at('line', `more than ${lineMax} bytes`);
    const line = text.slice(at, end).trim();
    at = end + 1;
    if (line !== '') yield line;
  }
}

/** Reads one line without a member that is not named. Nothing in it is believed unless its signature is verified. */
function strictly(line: string, names: readonly string[]): Record<string, unknown> {
  try {
    const v: unknown = JSON.parse(line);
    if (typeof v === 'object' && v !== null && !Array.isArray(v) && Object.keys(v).every((k) => names.includes(k))) {
      return v as Record<string, unknown>;
    }
  } catch {
    // said below
  }
  throw faults.file.at('line', 'not one JSON object of such a file');
}
