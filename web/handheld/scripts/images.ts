// Draws the pictures that are committed: the icons of the installed application, and the frame with which a phone's own
// QR detector has to show that it reads cards. npm run images

import { writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import { selfTestDigits } from '../src/scan/protocol';
import { cardCode, plain, take } from '../test/frames';

type Colour = readonly [number, number, number];

const ground: Colour = [0, 84, 60];
const paper: Colour = [255, 255, 255];
const mark: Colour = [255, 196, 0];

/** Writes a PNG; channels is 1 for grey or 3 for red, green, blue. */
function png(path: string, width: number, height: number, channels: 1 | 3, data: Uint8Array | Uint8ClampedArray): void {
  const chunk = (type: string, body: Buffer) => {
    const out = Buffer.alloc(12 + body.length);
    out.writeUInt32BE(body.length, 0);
    out.write(type, 4, 'latin1');
    body.copy(out, 8);
    out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, channels === 1 ? 0 : 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (1 + width * channels)); // each begins with its filter: none
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(y * width * channels, (y + 1) * width * channels), y * (1 + width * channels) + 1);
  }
  const file = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
  writeFileSync(path, file);
  console.log(`${path}: ${file.length} bytes`);
}

/** Whether a point is in a box with round corners. */
function inBox(x: number, y: number, x0: number, y0: number, x1: number, y1: number, r: number): boolean {
  const dx = Math.max(x0 + r - x, x - x1 + r, 0);
  const dy = Math.max(y0 + r - y, y - y1 + r, 0);
  return x >= x0 && x <= x1 && y >= y0 && y <= y1 && dx * dx + dy * dy <= r * r;
}

/** Whether a point is nearer than w to the line from a to b. */
function onLine(x: number, y: number, a: readonly [number, number], b: readonly [number, number], w: number): boolean {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const t = Math.min(1, Math.max(0, ((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy)));
  return (x - a[0] - t * dx) ** 2 + (y - a[1] - t * dy) ** 2 <= w * w;
}

/** The icon's colour at a point of a square of side 1: a card with the corner of a code, and a tick on it. Everything
 * stays in the middle 80 % that every mask shows. */
function icon(x: number, y: number): Colour {
  if (onLine(x, y, [0.5, 0.62], [0.6, 0.73], 0.045) || onLine(x, y, [0.6, 0.73], [0.79, 0.5], 0.045)) {
    return mark;
  }
  if (onLine(x, y, [0.5, 0.62], [0.6, 0.73], 0.085) || onLine(x, y, [0.6, 0.73], [0.79, 0.5], 0.085)) {
    return ground;
  }
  for (const [ex, ey] of [[0.25, 0.33], [0.47, 0.33], [0.25, 0.51]] as const) {
    if (inBox(x, y, ex, ey, ex + 0.15, ey + 0.13, 0.02)) {
      const ring = inBox(x, y, ex + 0.03, ey + 0.03, ex + 0.12, ey + 0.1, 0.01) && !inBox(x, y, ex + 0.05, ey + 0.05, ex + 0.1, ey + 0.08, 0);
      return ring ? paper : ground;
    }
  }
  return inBox(x, y, 0.18, 0.26, 0.82, 0.72, 0.05) ? paper : ground;
}

function drawIcon(path: string, side: number, scale: number): void {
  const data = new Uint8Array(side * side * 3);
  const steps = 4;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const sum = [0, 0, 0];
      for (let k = 0; k < steps * steps; k++) {
        const u = ((x + ((k % steps) + 0.5) / steps) / side - 0.5) / scale + 0.5;
        const v = ((y + (Math.floor(k / steps) + 0.5) / steps) / side - 0.5) / scale + 0.5;
        icon(u, v).forEach((c, i) => { sum[i]! += c; });
      }
      data.set(sum.map((c) => Math.round(c / (steps * steps))), (y * side + x) * 3);
    }
  }
  png(path, side, side, 3, data);
}

drawIcon('public/icon-192.png', 192, 1.2);
drawIcon('public/icon-512.png', 512, 1.2);
drawIcon('public/icon-maskable-512.png', 512, 1);
// Noise does not compress, so there is little of it.
const frame = take(cardCode(selfTestDigits()), { ...plain, width: 480, height: 360, fill: 0.8, turn: 8, noise: 0, blur: 0.7 });
png('src/scan/selftest.png', frame.width, frame.height, 1, frame.data.map((v) => v & 0xf0));
