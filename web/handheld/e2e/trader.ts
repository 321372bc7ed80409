// What a trader does with a phone, in the words that stand on its screens.

import { expect, type Locator, type Page } from '@playwright/test';
import { encodeQR } from 'qr';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Office, PrintedCard } from './office';
import { Phone, type PhoneOptions } from './phone';

const sentences = (lang: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../src/i18n/${lang}.json`), 'utf8')) as Record<string, string>;
const catalogues: Record<string, Record<string, string>> = { fr: sentences('fr'), en: sentences('en') };

/** Puts a camera into the page that shows what the test holds before it. */
function holdBeforeCamera(): void {
  let shown: { side: number; dark: boolean[] } | null = null;
  let n = 0;
  const paint = (context: CanvasRenderingContext2D) => {
    const { width, height } = context.canvas;
    context.fillStyle = n++ % 2 ? '#ccc' : '#cdcdcd'; // a picture that does not change is no new frame
    context.fillRect(0, 0, width, height);
    if (!shown) return;
    const { side, dark } = shown;
    const size = Math.floor(400 / side);
    const left = (width - size * side) / 2;
    const top = (height - size * side) / 2;
    context.fillStyle = '#fff';
    context.fillRect(left - 4 * size, top - 4 * size, (side + 8) * size, (side + 8) * size);
    context.fillStyle = '#111';
    dark.forEach((d, i) => d && context.fillRect(left + (i % side) * size, top + Math.floor(i / side) * size, size, size));
  };
  (window as unknown as { hold: (what: typeof shown) => void }).hold = (what) => { shown = what; };
  if (!navigator.mediaDevices) return; // about:blank
  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 480;
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    paint(context);
    const stream = canvas.captureStream(15);
    const timer = setInterval(() => {
      if (stream.getVideoTracks()[0]?.readyState === 'ended') clearInterval(timer);
      else paint(context);
    }, 60);
    return stream;
  };
}

export class Trader {
  lang = 'fr';

  constructor(readonly phone: Phone, readonly office: Office, private url = office.handheldURL) {}

  /** A trader with a phone that was never used. With a film in its options the phone's camera plays that; otherwise it sees
   * what hold is given. */
  static async come(office: Office, o: PhoneOptions = {}, url = office.handheldURL): Promise<Trader> {
    const phone = await Phone.open(o);
    if (!o.film) {
      await phone.context.addInitScript(holdBeforeCamera);
    }
    const trader = new Trader(phone, office, url);
    await trader.page.goto(url);
    return trader;
  }

  get page(): Page { return this.phone.page; }

  /** The same trader at another page of the phone. */
  at(page: Page): Trader {
    const other = Object.create(this, { page: { value: page } }) as Trader;
    return other;
  }

  /** A sentence of the screens at the beginning of a text; what stands in braces matches anything. */
  say(key: string): RegExp {
    return new RegExp(`^\\s*${this.says(key).source}`);
  }

  /** The same anywhere in a text. */
  says(key: string): RegExp {
    const text = catalogues[this.lang]![key];
    if (text === undefined) {
      throw new Error(`no sentence ${key}`);
    }
    return new RegExp(text.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '.+').replace(/\s/g, '\\s'));
  }

  private either(...keys: string[]): RegExp {
    return new RegExp(keys.map((k) => this.say(k).source).join('|'));
  }

  button(key: string): Locator {
    return this.page.getByRole('button', { name: this.say(key) });
  }

  async touch(key: string): Promise<void> {
    await this.button(key).first().click();
  }

  /** Waits for the screen with that title. */
  async sees(key: string, timeout = 30_000): Promise<void> {
    await expect(this.page.getByRole('heading', { level: 1, name: this.say(key) })).toBeVisible({ timeout });
  }

  /** Holds a code before the camera, or nothing. */
  async hold(text: string | null): Promise<void> {
    let what: { side: number; dark: boolean[] } | null = null;
    if (text !== null) {
      const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 1 }).slice(1, -1).map((r) => r.slice(1, -1));
      what = { side: rows.length, dark: rows.flat() };
    }
    await this.page.evaluate((w) => (window as unknown as { hold: (what: unknown) => void }).hold(w), what);
  }

  /** Enrols by scanning the office's code; the handheld's name. */
  async enrol(purpose: 'sales' | 'distribution' = 'sales', vendor = 'shop-1'): Promise<string> {
    const code = await this.office.invite(purpose, vendor);
    await this.touch('enrol.scan');
    await this.hold(this.office.enrolment(code, new URL(this.url).origin));
    await this.sees('inactive');
    await this.hold(null);
    return this.name();
  }

  /** Enrols by typing the office's code; the handheld's name. */
  async enrolByTyping(purpose: 'sales' | 'distribution' = 'sales', vendor = 'shop-1'): Promise<string> {
    await this.touch('enrol.type');
    await this.page.getByRole('textbox').fill(await this.office.invite(purpose, vendor));
    await this.touch('next');
    await this.sees('inactive');
    return this.name();
  }

  /** The handheld's name, as the screen shows it to the office. */
  async name(): Promise<string> {
    const text = await this.page.locator('main').innerText();
    const name = /\bh[0-9a-z]{12,}\b/.exec(text)?.[0];
    if (!name) {
      throw new Error(`no handheld's name in ${text}`);
    }
    return name;
  }

  /** Enrols, is activated by a second person, and has the first bundle. */
  async begin(purpose: 'sales' | 'distribution' = 'sales', vendor = 'shop-1'): Promise<string> {
    const name = await this.enrol(purpose, vendor);
    await this.activated(name, purpose);
    return name;
  }

  /** Is activated by a second person, and sees home. */
  async activated(name: string, purpose: 'sales' | 'distribution' = 'sales'): Promise<void> {
    await this.office.activate(name);
    // It asks by itself now and then; who touches does not wait for that.
    await this.button('inactive.again').first().click({ timeout: 3000 }).catch(() => undefined);
    await this.sees(purpose === 'sales' ? 'home' : 'home.officer', 30_000);
  }

  /** From home to the review of a sale of two kilos of rice for a card of 1,000 francs, or to the screen with that title. */
  async prepare(card: PrintedCard, stop = 'review'): Promise<void> {
    await this.touch('home.sell');
    await this.sees('scan');
    if (stop === 'scan') return;
    await this.hold(card.digits);
    await this.sees('card');
    if (stop === 'card') return;
    await this.touch('card.goods');
    await this.sees('goods');
    if (stop === 'goods') return;
    await this.page.locator('.goods .item').filter({ hasText: /Riz|Rice/ }).locator('button.row').click();
    await this.page.getByRole('button', { name: this.say('goods.more') }).first().click();
    await this.touch('next');
    if (card.secret) {
      await this.sees('secret');
      if (stop === 'secret') return;
      await this.hold(card.secret);
    }
    // Another shop's card does not say whether its household has a PIN; no card of these lots has a home.
    await expect(this.page.getByRole('heading', { level: 1, name: this.either('ask', 'pin', 'review') })).toBeVisible({ timeout: 30_000 });
    if (stop === 'ask') return;
    if (await this.button('ask.no').isVisible()) {
      await this.touch(card.pin ? 'ask.yes' : 'ask.no');
    }
    if (card.pin) {
      await this.sees('pin');
      await this.page.keyboard.type(card.pin);
      await this.touch('next');
    }
    await this.sees('review');
    await this.hold(null);
  }

  /** Sells, up to the green screen; the number of the receipt. */
  async sell(card: PrintedCard): Promise<number> {
    await this.prepare(card);
    await this.touch('review.confirm');
    return this.sold();
  }

  /** Offers a card at home, to see whether it was sold on this phone before; back at home. */
  async offer(card: PrintedCard): Promise<boolean> {
    await this.touch('home.sell');
    await this.sees('scan');
    await this.hold(card.digits);
    const spent = this.page.getByRole('heading', { level: 1, name: this.either('fault.card_spent_here', 'fault.card_redeemed') });
    await expect(this.page.getByRole('heading', { level: 1, name: this.either('card', 'fault.card_spent_here', 'fault.card_redeemed') }))
      .toBeVisible({ timeout: 30_000 });
    const sold = await spent.isVisible();
    await this.hold(null);
    await this.page.reload();
    await this.sees('home');
    return sold;
  }

  /** Sends everything from home, and comes back. */
  async sync(): Promise<void> {
    await this.touch('home.send');
    const done = this.page.getByText(this.says('send.done'));
    await expect(async () => {
      await this.button('send.now').click({ timeout: 1000 }).catch(() => undefined); // it may be on its way by itself
      await expect(done).toBeVisible({ timeout: 3000 });
    }).toPass({ timeout: 30_000 });
    await this.touch('back');
    await this.sees('home');
  }

  /** Waits for the green screen; the number of the receipt. */
  async sold(): Promise<number> {
    const green = this.page.locator('main.green[data-sold]');
    await expect(green).toBeVisible({ timeout: 30_000 });
    return Number(await green.getAttribute('data-sold'));
  }

  async goHome(): Promise<void> {
    await this.touch('sold.done');
    await this.sees('home');
  }
}
