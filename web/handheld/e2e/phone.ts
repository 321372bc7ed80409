// A phone: Chromium with a profile of its own, as small as a cheap phone's screen, with a camera that plays a film.

import { chromium, type BrowserContext, type Page } from '@playwright/test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export interface PhoneOptions {
  profile?: string; // folder to go on with; a new one without it
  film?: string; // of the camera; a camera that shows nothing useful without it
  width?: number;
  height?: number;
  locale?: string;
}

export class Phone {
  /** What the page complained about so far: errors, and what its policy forbade; not that something could not be fetched. */
  readonly complaints: string[] = [];

  private constructor(readonly profile: string, readonly context: BrowserContext, readonly page: Page) {
    page.on('pageerror', (e) => this.complaints.push(String(e)));
    page.on('console', (m) => {
      if (m.type() === 'error' && !/net::ERR_|Failed to load resource|\bwasm\b|ArrayBuffer instantiation/.test(m.text())) {
        this.complaints.push(m.text());
      }
    });
  }

  static async open(o: PhoneOptions = {}): Promise<Phone> {
    const profile = o.profile ?? mkdtempSync(join(tmpdir(), 'jate-phone-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: true,
      locale: o.locale ?? 'fr-FR',
      timezoneId: 'Africa/Bamako',
      viewport: { width: o.width ?? 360, height: o.height ?? 640 },
      hasTouch: true,
      isMobile: true,
      permissions: ['camera'],
      acceptDownloads: true,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
        '--autoplay-policy=no-user-gesture-required', ...(o.film ? [`--use-file-for-fake-video-capture=${o.film}`] : [])],
    });
    context.setDefaultTimeout(30_000);
    return new Phone(profile, context, context.pages()[0] ?? (await context.newPage()));
  }

  /** Turns the phone off; its profile stays. */
  async off(): Promise<void> {
    await this.context.close();
  }

  /** Kills every process of the browser that works on this profile, all at once, as when the battery falls out. */
  async kill(): Promise<void> {
    const gone = new Promise((done) => this.context.once('close', done));
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      let command = '';
      try {
        command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      } catch {
        continue; // it has ended
      }
      if (command.includes(`--user-data-dir=${this.profile}\0`)) {
        process.kill(Number(pid), 'SIGKILL');
      }
    }
    await gone;
  }

  /** Forgets all that the phone had. Every phone that had its profile must be off. */
  forget(): void {
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
