// What was printed, read back: pages are drawn by poppler, and their codes read by the reader that the handheld uses.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { rgba, type Grey } from '../test/frames';
import type { PrintedCard } from './office';

// Places on a sheet of A4, in millimetres, as voucher/cards prints: ten cards, eighty labels.
const cardPlaces = { left: 19.4, top: 13.55, width: 85.6, height: 53.98, gap: 0, columns: 2, rows: 5 };
const codePart = { width: 46, height: 46 }; // of a card, from its top left corner
const labelPlaces = { left: 11, top: 13.3, width: 35.6, height: 16.9, gap: 2.5, columns: 5, rows: 16 };
type Places = typeof cardPlaces;

const coarse = 5; // dots a millimetre: enough to read what nothing is wrong with
const fine = 10;

/** Draws pages of a PDF in grey, from one to another; the first is 1. */
function drawPages(pdf: string, dots: number, from?: number, to = from): Grey[] {
  const folder = mkdtempSync(join(tmpdir(), 'jate-pages-'));
  try {
    execFileSync('pdftoppm', ['-r', `${dots * 25.4}`, '-gray', ...(from ? ['-f', `${from}`, '-l', `${to}`] : []), pdf, join(folder, 'p')]);
    return readdirSync(folder).sort().map((name) => parsePGM(readFileSync(join(folder, name))));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function parsePGM(file: Buffer): Grey {
  const head = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(file.subarray(0, 64).toString('latin1'));
  if (!head) {
    throw new Error('pdftoppm wrote no PGM');
  }
  return { width: Number(head[1]), height: Number(head[2]), data: new Uint8ClampedArray(file.subarray(head[0].length)) };
}

/** The part of a page where its n-th card or label is. */
function cut(page: Grey, places: Places, n: number, dots: number, part: { width: number; height: number } = places): Grey {
  const column = n % places.columns;
  const row = Math.floor(n / places.columns);
  const x0 = Math.round((places.left + column * (places.width + places.gap)) * dots);
  const y0 = Math.round((places.top + row * places.height) * dots);
  const width = Math.floor(part.width * dots);
  const height = Math.floor(part.height * dots);
  const data = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y++) {
    const from = (y0 + y) * page.width + x0;
    data.set(page.data.subarray(from, from + width), y * width);
  }
  return { width, height, data };
}

/** A picture of the part of a printed card that has its code. */
export function pictureOfCard(folder: string, round: string, card: PrintedCard): Grey {
  return cut(drawPages(join(folder, `${round}-cards.pdf`), fine, card.page)[0]!, cardPlaces, card.place, fine, codePart);
}

/** A picture of the label under a card's panel; n is the card's number in the lot, from 0. */
export function pictureOfLabel(folder: string, round: string, n: number): Grey {
  const perPage = labelPlaces.columns * labelPlaces.rows;
  return cut(drawPages(join(folder, `${round}-labels.pdf`), fine, Math.floor(n / perPage) + 1)[0]!, labelPlaces, n % perPage, fine);
}

async function codeOf(picture: Grey): Promise<string | null> {
  const data = rgba(picture);
  const found = await readBarcodes({ data, width: picture.width, height: picture.height, colorSpace: 'srgb' } as ImageData,
    { formats: ['QRCode'], maxNumberOfSymbols: 1, tryHarder: false, tryRotate: false, tryInvert: false, tryDownscale: false });
  return found[0]?.text ?? null;
}

function loadReader(): void {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
  prepareZXingModule({ overrides: { wasmBinary: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength) as ArrayBuffer } });
}

/** Reads every code of a document, page by page. */
async function codesOf(pdf: string, places: Places): Promise<{ text: string; page: number; place: number }[]> {
  const found: { text: string; page: number; place: number }[] = [];
  for (const [i, page] of drawPages(pdf, coarse).entries()) {
    for (let place = 0; place < places.columns * places.rows; place++) {
      const text = await codeOf(cut(page, places, place, coarse));
      if (text === null) {
        break; // the last sheet may not be full
      }
      found.push({ text, page: i + 1, place });
    }
  }
  return found;
}

function textOf(pdf: string): string {
  return execFileSync('pdftotext', ['-raw', pdf, '-'], { encoding: 'utf8' });
}

const printedSerial = /[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}-[0-9A-Z]{2}/;

/** Reads the cards of a round's lot, and the secrets or PINs that belong to them. */
export async function decodeCards(folder: string, round: string, mode: 'S' | 'P'): Promise<PrintedCard[]> {
  loadReader();
  const codes = await codesOf(join(folder, `${round}-cards.pdf`), cardPlaces);
  const printed = textOf(join(folder, `${round}-cards.pdf`)).split('COUPON · VOUCHER ').slice(1).map((t) => printedSerial.exec(t)![0]);
  const secrets = mode === 'S' ? (await codesOf(join(folder, `${round}-labels.pdf`), labelPlaces)).map((c) => c.text) : [];
  const pins = mode === 'P' ? pinsOf(join(folder, `${round}-slips.pdf`)) : new Map<string, string>();
  if (codes.length !== printed.length || (mode === 'S' && secrets.length !== codes.length)) {
    throw new Error(`round ${round}: ${codes.length} codes, ${printed.length} serials, ${secrets.length} secrets`);
  }
  return codes.map((c, i) => ({ digits: c.text, serial: printed[i]!.slice(0, 19).replace(/-/g, ''), printed: printed[i]!,
    secret: secrets[i] ?? '', pin: pinFor(pins, printed[i]!), page: c.page, place: c.place }));
}

function pinFor(pins: Map<string, string>, serial: string): string {
  for (const [end, pin] of pins) {
    if (serial.endsWith(end)) {
      return pin;
    }
  }
  return '';
}

/** The PINs of slips, by the ends of the serials that they are for: each digit stands over its picture's name in two languages. */
function pinsOf(pdf: string): Map<string, string> {
  const pins = new Map<string, string>();
  const slip = /((?:\d\n[^\d\n]+\n[^\d\n]+\n){6})Ne le dites[^\n]*\nSay it[^\n]*\n((?:[0-9A-Z][0-9A-Z -]*\n){1,2})/g;
  for (const [, digits, ends] of textOf(pdf).matchAll(slip)) {
    for (const end of ends!.trim().split(/\s+/)) {
      if (/[A-Z]/.test(end) || end.includes('-') || end.length === 4) {
        pins.set(end, digits!.replace(/\D/g, ''));
      }
    }
  }
  return pins;
}
