// Who signs in: a server on a new folder, an authenticator application, an authenticator of the browser.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { program } from './office';

/** What an authenticator application shows (RFC 6238). */
export function totp(secret: string, at = Date.now()): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const c of secret) bits += alphabet.indexOf(c).toString(2).padStart(5, '0');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((b) => parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', key).update(step).digest();
  const n = mac.readUInt32BE(mac[19]! & 15) & 0x7fffffff;
  return String(n % 1_000_000).padStart(6, '0');
}

/** A server on a new folder, and the code that it prints for the first administrator. */
export class Server {
  private constructor(private readonly folder: string, private readonly process: ChildProcess, readonly url: string, readonly code: string) {}

  static async start(prepare: (folder: string) => string[] = () => [], port = 20_000 + Math.floor(Math.random() * 20_000)): Promise<Server> {
    const folder = mkdtempSync(join(tmpdir(), 'jate-staff-'));
    mkdirSync(join(folder, 'pass'), { mode: 0o700 });
    for (const name of ['server', 'root', 'print']) writeFileSync(join(folder, 'pass', `${name}.txt`), `only for a test ${name}\n`, { mode: 0o600 });
    const extra = prepare(folder);
    execFileSync(program, ['init', '--data', 'office', '--origin', 'ngo.example/e2e', '--issuer', 'ngo', '--passphrases', 'pass', '--work-factor', '10', ...extra.filter((a) => a.startsWith('--dev'))], { cwd: folder });
    if (extra.length > 1) execFileSync(program, ['providers', 'add', '--data', 'office', '--passphrases', 'pass', ...extra.filter((a) => !a.startsWith('--dev'))], { cwd: folder });
    const process = spawn(program, ['serve', '--data', 'office', '--passphrases', 'pass', '--listen', `127.0.0.1:${port}`, '--metrics', '127.0.0.1:0'], { cwd: folder });
    let out = '';
    const code = await new Promise<string>((resolve, reject) => {
      process.on('exit', () => reject(new Error(out)));
      process.stderr.on('data', (b: Buffer) => { out += b.toString(); });
      process.stdout.on('data', (b: Buffer) => {
        out += b.toString();
        const found = /code\s+([A-Z2-7-]{26,})/.exec(out);
        if (found) resolve(found[1]!);
      });
    });
    return new Server(folder, process, `http://localhost:${port}/office/`, code);
  }

  stop(): void {
    this.process.removeAllListeners('exit');
    this.process.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A browser's own authenticator, which verifies its user (Chrome DevTools Protocol, WebAuthn). */
export async function authenticator(page: Page): Promise<void> {
  const client = await page.context().newCDPSession(page);
  await client.send('WebAuthn.enable');
  await client.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
    isUserVerified: true, automaticPresenceSimulation: true } });
}
