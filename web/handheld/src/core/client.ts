// The server over HTTP (voucher/handheld/transport_http.go). Problems that it answers with come back as the faults they
// were. What counts in an answer is signed; the rest is not believed.
//
// Lines are slow: 2 kB/s, and reset at times. A request may take as long as its size needs at a quarter of that, and an
// answer as long as something of it still arrives.

import type { Bytes } from './bytes';
import { Fault, type Field, type Kind } from './fault';
import * as faults from './faults';
import type { Purpose } from './api';

/** What a handheld learns about itself when it enrols. */
export interface Enrolled {
  readonly handheld: string;
  readonly programme: string;
  readonly vendor?: string;
  readonly zone: string;
  readonly purpose: Purpose;
  readonly state: string;
  readonly nonce: string;
}

/** A card that the server holds for this handheld. */
export interface Reservation {
  readonly serial: string;
  readonly until: string;
  readonly nonce: string;
  /** The card's token, which is verified like a scanned one. */
  readonly token: string;
}

/** What a handheld asks of the server. */
export interface Server {
  enrol(code: string, publicKey: string, signature: string): Promise<Enrolled>;
  /** Uploads records and returns the acknowledgement. */
  redeem(handheld: string, records: readonly string[], channel: 'https' | 'file', signal?: AbortSignal): Promise<string>;
  bundle(path: string, proof: string, signal?: AbortSignal): Promise<string>;
  reserve(path: string, proof: string, serial: string, signal?: AbortSignal): Promise<Reservation>;
  /** The root key's word on new keys, the oldest first. */
  successions(signal?: AbortSignal): Promise<string[]>;
}

const answerMax = 34 << 20;
const attemptsMax = 4;
/** The longest that a busy server is waited for, in seconds. */
const patience = 60;
/** How long nothing may arrive, in milliseconds, before a connection counts as lost. */
const silenceMax = 60_000;
/** The slowest upload that is waited for, in bytes a second. */
const uploadLeast = 500;
/** From where a body is sent in gzip, in bytes: records are text that shrinks by half. */
const packedMin = 1024;

const kinds: Readonly<Record<number, Kind>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'denied',
  404: 'not_found',
  409: 'conflict',
  410: 'gone',
  429: 'limited',
  500: 'internal',
  503: 'unavailable',
};

function kindOf(status: number): Kind {
  return kinds[status] ?? (status < 500 ? 'invalid' : 'unavailable');
}

/** Returns an address without its path; throws server_address for what is none. "" stays: the page's own server. */
export function serverAddress(text: string): string {
  if (text === '') return '';
  let u: URL;
  try {
    u = new URL(text);
  } catch {
    throw faults.address;
  }
  const plain = /^\/*$/.test(u.pathname) && u.search === '' && u.hash === '' && u.username === '' && u.password === '';
  if ((u.protocol !== 'http:' && u.protocol !== 'https:') || !plain) throw faults.address;
  return u.origin;
}

/** A watch over one request: it ends it where the caller does, or where nothing happens for too long. */
class Watch {
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly end = () => this.controller.abort();

  constructor(private readonly outer: AbortSignal | undefined) {
    if (outer?.aborted) this.end();
    outer?.addEventListener('abort', this.end);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Gives the request so many milliseconds from now. */
  allow(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.end, ms);
  }

  close(): void {
    clearTimeout(this.timer);
    this.outer?.removeEventListener('abort', this.end);
  }
}

async function readBounded(res: Response, watch: Watch): Promise<string> {
  const reader = res.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (;;) {
    watch.allow(silenceMax);
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    if (size > answerMax) {
      await reader.cancel();
      throw faults.answer.at('body', 'too long');
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** How long a busy server asks to be left alone, in seconds; 0 where it does not say. Dates are not read: the handheld's
 * clock is not believed. */
function retryAfter(res: Response): number {
  if (res.status !== 429 && res.status !== 503) return 0;
  const text = res.headers.get('Retry-After') ?? '';
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
}

/** Returns the fault that a problem document stands for. */
function refusal(res: Response, text: string): Fault {
  const media = (res.headers.get('Content-Type') ?? '').split(';')[0]?.trim().toLowerCase();
  try {
    const p = JSON.parse(text) as { code?: unknown; title?: unknown; errors?: unknown };
    if (media === 'application/problem+json' && typeof p.code === 'string' && p.code !== '') {
      return new Fault(kindOf(res.status), p.code, fieldsOf(p.errors), String(p.title ?? ''));
    }
  } catch {
    // not JSON
  }
  return faults.answer.at('status', String(res.status));
}

function fieldsOf(errors: unknown): Field[] {
  if (!Array.isArray(errors)) return [];
  return errors.slice(0, 100).map((e: Record<string, unknown>) => {
    const field = { location: String(e['location'] ?? ''), message: String(e['message'] ?? '') };
    return e['value'] === undefined ? field : { ...field, value: String(e['value']) };
  });
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  readonly proof?: string;
  readonly signal?: AbortSignal | undefined;
}

/** A Server over HTTP. Where it is busy (429 or 503) and says in Retry-After when to come back, a request is sent again
 * then, up to four times in all; each may be sent twice, as records are recognised and a proof counts once. */
export class HTTPServer implements Server {
  private readonly base: string;

  /** address is the server's, or "" for the page's own; language is asked for sentences in. Throws server_address. */
  constructor(
    address: string,
    readonly language: () => string = () => 'fr',
  ) {
    this.base = serverAddress(address);
  }

  enrol(code: string, publicKey: string, signature: string): Promise<Enrolled> {
    const body = JSON.stringify({ code, public_key: publicKey, signature });
    return this.call<Enrolled>({ method: 'POST', path: '/api/v1/enrolments', body });
  }

  async redeem(handheld: string, records: readonly string[], channel: 'https' | 'file', signal?: AbortSignal): Promise<string> {
    const path = `/api/v1/handhelds/${encodeURIComponent(handheld)}/records`;
    const body = JSON.stringify({ records, channel });
    return textOf((await this.call<{ ack: unknown }>({ method: 'POST', path, body, signal })).ack);
  }

  async bundle(path: string, proof: string, signal?: AbortSignal): Promise<string> {
    return textOf((await this.call<{ bundle: unknown }>({ method: 'GET', path, proof, signal })).bundle);
  }

  async reserve(path: string, proof: string, serial: string, signal?: AbortSignal): Promise<Reservation> {
    const r = await this.call<Reservation>({ method: 'POST', path, proof, body: serial, signal });
    return { serial: textOf(r.serial), until: textOf(r.until), nonce: textOf(r.nonce), token: textOf(r.token ?? '') };
  }

  /** The server's own public keys; see enrol.ts for when they may be believed. */
  async keys(): Promise<{ root: string; beacon: string }> {
    const k = await this.call<{ root: unknown; beacon: unknown }>({ method: 'GET', path: '/api/v1/keys' });
    return { root: textOf(k.root), beacon: textOf(k.beacon) };
  }

  async successions(signal?: AbortSignal): Promise<string[]> {
    const { succession } = await this.call<{ succession?: unknown }>({ method: 'GET', path: '/api/v1/keys', signal });
    return Array.isArray(succession) ? succession.map(textOf) : [];
  }

  private async call<T>(c: Call): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const { value, refused, later } = await this.once<T>(c);
      if (!refused) return value as T;
      if (later <= 0 || later > patience || attempt === attemptsMax) throw refused;
      await sleep(later * 1000, c.signal);
    }
  }

  private async once<T>(c: Call): Promise<{ value?: T; refused?: Fault; later: number }> {
    if (!c.path.startsWith('/api/v1/')) throw faults.address.at('path', 'not one of ours');
    const watch = new Watch(c.signal);
    try {
      const packed = c.proof === undefined ? await pack(c.body) : undefined;
      watch.allow(silenceMax + ((packed?.length ?? c.body?.length ?? 0) / uploadLeast) * 1000);
      const res = await fetch(this.base + c.path, { ...this.options(c, packed), signal: watch.signal });
      const text = await readBounded(res, watch);
      if (res.type === 'opaqueredirect' || res.status >= 300) return { refused: refusal(res, text), later: retryAfter(res) };
      return { value: parseObject<T>(text), later: 0 };
    } catch (err) {
      throw err instanceof Fault ? err : faults.noNetwork;
    } finally {
      watch.close();
    }
  }

  private options(c: Call, packed: Bytes | undefined): RequestInit {
    const headers: Record<string, string> = { 'Accept-Language': this.language() };
    headers['Content-Type'] = c.proof === undefined ? 'application/json' : 'text/plain; charset=utf-8';
    if (c.proof !== undefined) headers['Jate-Proof'] = c.proof;
    if (packed) headers['Content-Encoding'] = 'gzip';
    const sent = packed ?? c.body;
    const body = sent === undefined ? {} : { body: sent };
    return { method: c.method, headers, ...body, cache: 'no-store', credentials: 'omit', redirect: 'manual', referrerPolicy: 'no-referrer' };
  }
}

/** Returns a body in gzip, or undefined where that is not worth it or the browser cannot. */
async function pack(body: string | undefined): Promise<Bytes | undefined> {
  if (body === undefined || body.length < packedMin || typeof CompressionStream === 'undefined') return undefined;
  const plain = new Blob([body]).stream();
  return new Uint8Array(await new Response(plain.pipeThrough(new CompressionStream('gzip'))).arrayBuffer());
}

function textOf(v: unknown): string {
  if (typeof v !== 'string') throw faults.answer.at('body', 'not the JSON expected');
  return v;
}

function parseObject<T>(text: string): T {
  try {
    const v: unknown = JSON.parse(text);
    if (typeof v === 'object' && v !== null) return v as T;
  } catch {
    // said below
  }
  throw faults.answer.at('body', 'not the JSON expected');
}

/** Waits, or throws no_network where the caller ends it. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(faults.noNetwork);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
