// Frames as a cheap phone's camera takes them of a printed code, invented from a seed: what the QR readers are measured
// with, and what the reader that was chosen is tested with.

import { encodeQR } from 'qr';

/** A picture in grey, one byte a pixel, rows from the top. */
export interface Grey {
  width: number;
  height: number;
  data: Uint8ClampedArray;
}

/** How a frame is taken. Lengths are in pixels of the frame, angles in degrees. */
export interface Shot {
  width: number;
  height: number;
  fill: number; // side of the code as a part of the frame's height
  turn: number; // within the picture
  tilt: number; // of the card away from the picture's plane
  tiltAxis: number; // about which it is tilted
  blur: number; // standard deviation of the lens's blur
  shake: number; // length of the smear of a hand that moves
  shakeAngle: number;
  noise: number; // standard deviation, of 255
  ink: number; // brightness of dark modules, 0 to 255
  paper: number; // brightness of light ones
  shade: number; // 0 to 1: how much darker the darkest corner is
  glare: number; // 0 to 1: strength of a spot of light on the laminate
  seed: number;
}

/** A repeatable sequence of numbers from 0 to 1 (mulberry32). */
export function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A card's code, one pixel a module: version 11 at level M holds the 604 digits that a card has at most. */
export function cardCode(digits: string): Grey {
  const rows = encodeQR(digits, 'raw', { ecc: 'medium', version: 11, encoding: 'numeric', border: 1 });
  const inside = rows.slice(1, -1).map((r) => r.slice(1, -1));
  const side = inside.length;
  return { width: side, height: side, data: Uint8ClampedArray.from(inside.flat(), (dark) => (dark ? 0 : 255)) };
}

/** Takes a frame of a code, whose pixels are its modules without a quiet zone, or of any other flat thing. Black becomes the
 * shot's ink, white its paper. */
export function take(code: Grey, shot: Shot): Grey {
  const { width, height } = shot;
  const rnd = random(shot.seed);
  let light = new Float32Array(width * height);
  const rad = Math.PI / 180;
  const side = shot.fill * height;
  const tall = (side * code.height) / code.width;
  const [ct, st] = [Math.cos(shot.turn * rad), Math.sin(shot.turn * rad)];
  const [ca, sa] = [Math.cos(shot.tiltAxis * rad), Math.sin(shot.tiltAxis * rad)];
  const [ci, si] = [Math.cos(shot.tilt * rad), Math.sin(shot.tilt * rad)];
  const distance = 2.2 * side; // of the camera from the card, in the same unit: near, so that a tilt shows
  const offX = (rnd() - 0.5) * 0.12 * width;
  const offY = (rnd() - 0.5) * 0.12 * height;
  const glareX = (rnd() - 0.5) * side;
  const glareY = (rnd() - 0.5) * side;
  const steps = 3; // samples of a pixel each way
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < steps * steps; k++) {
        const px = x + ((k % steps) + 0.5) / steps - width / 2 - offX;
        const py = y + (Math.floor(k / steps) + 0.5) / steps - height / 2 - offY;
        // The picture's point is a ray; where it meets the tilted card, in the axes of the tilt.
        const u = px * ca + py * sa;
        const v = -px * sa + py * ca;
        const depth = distance / (distance * ci - v * si);
        const cu = u * depth * ci;
        const cv = v * depth;
        const bx = cu * ca - cv * sa;
        const by = cu * sa + cv * ca;
        const mx = Math.floor(((bx * ct + by * st) / side + 0.5) * code.width);
        const my = Math.floor(((-bx * st + by * ct) / tall + 0.5) * code.height);
        const quiet = mx < 0 || my < 0 || mx >= code.width || my >= code.height;
        const off = Math.max(-mx, -my, mx - code.width + 1, my - code.height + 1);
        // Around the quiet zone of four modules a card has print, and around the card there is something dark.
        const around = off > 22 ? 70 : off > 5 && (Math.floor(mx / 3) * 7 + Math.floor(my / 2) * 13) % 5 === 0 ? shot.ink : shot.paper;
        sum += quiet ? around : shot.ink + ((shot.paper - shot.ink) * code.data[my * code.width + mx]!) / 255;
      }
      light[y * width + x] = sum / (steps * steps);
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const shade = 1 - shot.shade * ((x / width + y / height) / 2);
      const [gx, gy] = [x - width / 2 - glareX, y - height / 2 - glareY];
      const spot = shot.glare * 160 * Math.exp(-(gx * gx + gy * gy) / (2 * (side / 9) ** 2));
      light[i] = light[i]! * shade + spot;
    }
  }
  if (shot.shake > 0) {
    light = smear(light, width, height, shot.shake, shot.shakeAngle * rad);
  }
  if (shot.blur > 0) {
    light = gauss(light, width, height, shot.blur);
  }
  const data = new Uint8ClampedArray(width * height);
  for (let i = 0; i < data.length; i++) {
    const n = Math.sqrt(-2 * Math.log(1 - rnd())) * Math.cos(2 * Math.PI * rnd());
    data[i] = light[i]! + n * shot.noise;
  }
  return { width, height, data };
}

/** The frame with four bytes a pixel, as a canvas gives it. */
export function rgba(g: Grey): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(g.data.length * 4);
  for (let i = 0; i < g.data.length; i++) {
    out.fill(g.data[i]!, 4 * i, 4 * i + 3);
    out[4 * i + 3] = 255;
  }
  return out;
}

function smear(from: Float32Array, width: number, height: number, length: number, angle: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(from.length);
  const n = Math.max(2, Math.ceil(length * 2));
  for (let k = 0; k < n; k++) {
    const t = (k / (n - 1) - 0.5) * length;
    const dx = Math.round(t * Math.cos(angle));
    const dy = Math.round(t * Math.sin(angle));
    for (let y = 0; y < height; y++) {
      const row = Math.min(height - 1, Math.max(0, y + dy)) * width;
      for (let x = 0; x < width; x++) {
        out[y * width + x]! += from[row + Math.min(width - 1, Math.max(0, x + dx))]! / n;
      }
    }
  }
  return out;
}

function gauss(from: Float32Array, width: number, height: number, sigma: number): Float32Array<ArrayBuffer> {
  const reach = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)));
  const total = kernel.reduce((a, b) => a + b);
  const across = new Float32Array(from.length);
  const out = new Float32Array(from.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        sum += kernel[k + reach]! * from[y * width + Math.min(width - 1, Math.max(0, x + k))]!;
      }
      across[y * width + x] = sum / total;
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        sum += kernel[k + reach]! * across[Math.min(height - 1, Math.max(0, y + k)) * width + x]!;
      }
      out[y * width + x] = sum / total;
    }
  }
  return out;
}

/** A frame with nothing wrong with it. */
export const plain: Shot = {
  width: 640, height: 480, fill: 0.7, turn: 3, tilt: 0, tiltAxis: 0, blur: 0.6, shake: 0, shakeAngle: 0, noise: 4,
  ink: 35, paper: 215, shade: 0.1, glare: 0, seed: 1,
};

/** What goes wrong with cheap cameras and tired hands, by name, with k from 0 to 1 for how badly. */
export const faults: Record<string, (k: number) => Partial<Shot>> = {
  plain: () => ({}),
  turned: (k) => ({ turn: 10 + 80 * k }),
  tilted: (k) => ({ tilt: 20 + 25 * k, tiltAxis: 360 * k, turn: 40 * k }),
  soft: (k) => ({ blur: 1.0 + 1.4 * k }),
  shaken: (k) => ({ shake: 2 + 5 * k, shakeAngle: 180 * k }),
  dark: (k) => ({ ink: 18, paper: 60 + 20 * (1 - k), noise: 6 + 8 * k }),
  pale: (k) => ({ ink: 150 - 20 * (1 - k), paper: 205, noise: 5 + 3 * k }),
  noisy: (k) => ({ noise: 15 + 30 * k }),
  shaded: (k) => ({ shade: 0.5 + 0.4 * k }),
  glare: (k) => ({ glare: 0.5 + 0.7 * k, blur: 0.8 }),
  all: (k) => ({ turn: 30 * k, tilt: 15 + 15 * k, tiltAxis: 90 * k, blur: 0.9 + 0.5 * k, shake: 1 + 2 * k, noise: 8 + 8 * k,
    ink: 60, paper: 190, shade: 0.4 }),
};
