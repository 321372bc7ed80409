// The office of the tests: the real program, its commands and its API. It is made once, with a round that is issued and printed;
// each test works on a copy.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { listCSV, sites } from './people';
import { decodeCards } from './printed';

export const program = resolve(import.meta.dirname, '../../../bin/jate');

/** Who works at the office, with the roles that one person may hold together. */
const staff = {
  awa: 'registrar,vendor-manager,handheld-manager,administrator',
  ben: 'list-approver,issuer,handheld-manager',
  chi: 'finance-preparer,auditor',
  dia: 'list-approver',
} as const;
export type Staff = keyof typeof staff;

/** A printed card, as its household holds it. */
export interface PrintedCard {
  digits: string; // in its code
  serial: string; // 16 characters
  printed: string; // the serial as it is printed, in groups and with check digits
  secret: string; // under the label; "" for a card that has none
  pin: string; // "" for a card that has none
  page: number; // of the PDF, from 1
  place: number; // of the card on its page, from 0
}

/** What the office has printed and what its handhelds need to know. */
export interface Facts {
  tokens: Record<Staff, string>;
  trust: { root: string; beacon: string };
  cards: PrintedCard[];
  pinned: PrintedCard[]; // with a PIN
  hidden: PrintedCard[]; // under embargo until tomorrow
}

/** The folder that setup makes; given to the tests by the environment. */
export const madeFolder = () => process.env['JATE_E2E_OFFICE'] ?? '';

const instant = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, '');
const xof = (n: number) => ({ amount: `${n}`, asset: 'XOF/0' });
const goods = [
  { code: 'rice', category: 'food', name_en: 'Rice, 1 kg', name_fr: 'Riz, 1 kg', ceiling: xof(500) },
  { code: 'oil', category: 'food', name_en: 'Oil, 1 l', name_fr: 'Huile, 1 l', ceiling: xof(1200) },
  { code: 'sugar', category: 'food', name_en: 'Sugar, 1 kg', name_fr: 'Sucre, 1 kg', ceiling: xof(700) },
];

export class Office {
  private server: ChildProcess | null = null;
  private log = '';
  private keys = 0;
  /** Where the server listens; the same port after a restart. */
  port = 0;

  private constructor(readonly folder: string, public facts: Facts) {}

  get data(): string { return join(this.folder, 'office'); }
  get url(): string { return `http://127.0.0.1:${this.port}`; }
  get handheldURL(): string { return `${this.url}/handheld/`; }
  /** What the server logged so far. */
  get logged(): string { return this.log; }

  /** A copy of the office that setup has made, in a folder of its own. */
  static copy(): Office {
    const folder = mkdtempSync(join(tmpdir(), 'jate-office-'));
    cpSync(madeFolder(), folder, { recursive: true });
    return new Office(folder, JSON.parse(readFileSync(join(folder, 'facts.json'), 'utf8')) as Facts);
  }

  /** Runs a command of the program; its output. */
  run(...args: string[]): string {
    return execFileSync(program, args, { cwd: this.folder, encoding: 'utf8', maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'ignore'] });
  }

  /** Starts the server and waits until it answers. */
  async start(): Promise<void> {
    const server = spawn(program, ['serve', '--data', 'office', '--passphrases', 'pass', '--root', '--rate', '0',
      '--listen', `127.0.0.1:${this.port}`, '--metrics', '127.0.0.1:0'], { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    this.server = server;
    await new Promise<void>((done, failed) => {
      server.stderr.on('data', (chunk: Buffer) => {
        this.log += chunk.toString();
        const at = /"?api"?[=:]"?http:\/\/127\.0\.0\.1:(\d+)/.exec(this.log.slice(this.log.lastIndexOf('serving')));
        if (at) {
          this.port = Number(at[1]);
          done();
        }
      });
      server.once('exit', (code) => failed(new Error(`the server ended with ${code}\n${this.log}`)));
    });
  }

  /** Stops the server; how says whether it may finish. */
  async stop(how: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { server } = this;
    this.server = null;
    if (server && server.exitCode === null) {
      const ended = new Promise((done) => server.once('exit', done));
      server.kill(how);
      await ended;
    }
  }

  /** Calls the API as somebody; throws with the answer when it refuses. */
  async api<T = Record<string, unknown>>(who: Staff, method: string, path: string, body?: unknown, type = 'application/json'): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.facts.tokens[who]}`, 'Idempotency-Key': `e2e-${process.pid}-${Date.now()}-${++this.keys}`,
        ...(body === undefined ? {} : { 'Content-Type': type }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) {
      throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    }
    return (text && answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text) as T;
  }

  /** Awa invites a handheld; the one-time code. */
  async invite(purpose: 'sales' | 'distribution' = 'sales', vendor = 'shop-1'): Promise<string> {
    const made = await this.api<{ code: string }>('awa', 'POST', '/handhelds', purpose === 'sales' ? { purpose, vendor } : { purpose, zone: 'z1' });
    return made.code;
  }

  /** Ben, who did not invite it, activates a handheld. */
  async activate(handheld: string): Promise<void> {
    await this.api('ben', 'POST', `/handhelds/${handheld}/activation`, {});
  }

  /** What the office shows as a QR code: the address of the application with the code and the keys to believe. */
  enrolment(code: string, origin = this.url): string {
    return `${origin}/handheld/#e=${code.replace(/[- ]/g, '')}.${this.facts.trust.root}.${this.facts.trust.beacon}`;
  }

  /** Stops the server, and removes the folder. */
  async close(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Makes an office from nothing: a list, a shop, two rounds whose cards are printed and handed over. */
  static async make(folder: string): Promise<void> {
    const office = new Office(folder, { tokens: {} as Record<Staff, string>, trust: { root: '', beacon: '' }, cards: [], pinned: [], hidden: [] });
    mkdirSync(join(folder, 'pass'), { recursive: true, mode: 0o700 });
    for (const name of ['server', 'root', 'print']) {
      writeFileSync(join(folder, 'pass', `${name}.txt`), `only for a test ${name}\n`, { mode: 0o600 });
    }
    office.run('init', '--data', 'office', '--origin', 'ngo.example/e2e', '--issuer', 'ngo', '--passphrases', 'pass', '--work-factor', '10', '--development');
    for (const [who, roles] of Object.entries(staff)) {
      office.facts.tokens[who as Staff] = office.run('token', '--data', 'office', '--passphrases', 'pass', '--programme', 'first',
        '--ttl', '2h', '--staff', who, '--roles', roles).trim();
    }
    await office.start();
    try {
      await office.plan();
      office.facts.cards = await office.issue('r1', 'S', 'p1');
      office.facts.pinned = await office.issue('r2', 'P', 'p2');
      office.facts.hidden = await office.issue('r3', 'S', 'p2', { embargo_until: instant(Date.now() + 86_400_000) });
      await office.handOver([...office.facts.cards.filter((c) => !keptBack(office.facts).includes(c)), ...office.facts.pinned]);
    } finally {
      await office.stop();
    }
    writeFileSync(join(folder, 'facts.json'), JSON.stringify(office.facts));
  }

  private async plan(): Promise<void> {
    const keys = await this.api<{ root: string; beacon: string }>('awa', 'GET', '/keys');
    this.facts.trust = { root: keys.root, beacon: keys.beacon };
    const day = new Date().toISOString().slice(0, 10);
    await this.api('awa', 'POST', '/programmes', { name: 'First programme' });
    await this.api('chi', 'POST', '/funds', { id: 'gift', name: 'A gift', donor: 'A donor', pledged: xof(9_000_000), pledged_xof: xof(9_000_000) });
    await this.api('chi', 'POST', '/funds/gift/receipts', { donor: xof(9_000_000), xof: xof(9_000_000), bank: 'main',
      on: `${day}T00:00:00Z`, bank_reference: 'VIR-1' });
    await this.api('awa', 'POST', '/lists', listCSV(), 'text/csv');
    await this.api('awa', 'PUT', '/zones/z1', { policy: { floor: xof(5000), count_max: 1000, sum_max: xof(2_000_000) } });
    for (const [code, name] of Object.entries(sites)) {
      await this.api('awa', 'PUT', `/points/${code}`, { name, zone: 'z1', villages: [] });
    }
    for (const id of ['shop-1', 'shop-2']) {
      await this.api('awa', 'POST', '/vendors', { id, name: `Boutique ${id}`, zone: 'z1', village: 'Sévaré', contract: {
        from: '2026-01-01T00:00:00Z', until: '2036-01-01T00:00:00Z', categories: ['food'],
        payment: { method: 'mobile-money', provider: 'operator', alias: '+22370000001' },
        screening: { on: '2026-01-01T00:00:00Z', result: 'clear' }, declared_on: '2026-01-01T00:00:00Z' } });
      await this.api('awa', 'POST', `/vendors/${id}/prices`, { items: goods });
    }
  }

  /** A round with its lot approved by another than who prepared it, issued and printed. */
  private async issue(round: string, mode: 'S' | 'P', point: string, more: Record<string, string> = {}): Promise<PrintedCard[]> {
    const year = new Date().getUTCFullYear();
    await this.api('awa', 'POST', '/rounds', { id: round, name: `Round ${round}`, asset: 'XOF/0', categories: ['food'], mode,
      rule: { per_member: xof(1000), cap: xof(4000), denominations: [xof(1000)] },
      opens: instant(Date.now()), sales_end: `${year + 1}-12-01T00:00:00Z`, grace_until: `${year + 1}-12-31T00:00:00Z`, ...more });
    await this.api('chi', 'POST', `/rounds/${round}/allocations`, { draws: [{ fund: 'gift', vouchers: xof(1_000_000), contingency: xof(20_000) }] });
    if (more['embargo_until']) { // until then only who is named sees where and when
      for (const person of ['ben', 'dia']) await this.api('awa', 'POST', `/rounds/${round}/named`, { person });
    }
    const lot = await this.api<{ digest: string; id: string }>('ben', 'POST', `/rounds/${round}/lots`, { points: [point] });
    await this.api('dia', 'POST', `/lots/${round}.001/approvals`, { digest: lot.digest });
    await this.api('ben', 'POST', `/lots/${round}.001/issue`);
    const pdf = await fetch(`${this.url}/api/v1/lots/${round}.001/cards.pdf`, { headers: { Authorization: `Bearer ${this.facts.tokens.ben}` } });
    writeFileSync(join(this.folder, `${round}-cards.pdf`), Buffer.from(await pdf.arrayBuffer()));
    this.run('print', '--data', 'office', '--lot', `${round}.001`, '--labels', `${round}-labels.pdf`, '--slips', `${round}-slips.pdf`, '--passphrases', 'pass');
    return decodeCards(this.folder, round, mode);
  }

  /** A handheld of the officer's, on the command line, records that the cards were handed over. */
  private async handOver(cards: PrintedCard[]): Promise<void> {
    writeFileSync(join(this.folder, 'trust.json'), JSON.stringify(this.facts.trust));
    writeFileSync(join(this.folder, 'code.txt'), await this.invite('distribution'));
    this.run('handheld', 'enrol', '--state', 'officer', '--server', this.url, '--trust', 'trust.json', '--code', 'code.txt');
    await this.activate((JSON.parse(this.run('handheld', 'status', '--state', 'officer', '--json')) as { handheld: string }).handheld);
    this.run('handheld', 'bundle', '--state', 'officer');
    for (let i = 0; i < cards.length; i += 60) {
      this.run('handheld', 'activate', '--state', 'officer', '--by', 'head', ...cards.slice(i, i + 60).map((c) => c.digits));
    }
    this.run('handheld', 'sync', '--state', 'officer', '--server', this.url);
  }
}

/** Cards that nobody has handed over yet: for the hand-over's own test. */
export function keptBack(facts: Facts): PrintedCard[] {
  return facts.cards.slice(210, 214);
}

/** Whether the program and the application were built. */
export function built(): boolean {
  return existsSync(program);
}
