// Films for Chromium's fake camera: what is printed, as a phone's camera would see it.

import { closeSync, openSync, writeSync } from 'node:fs';
import { plain, take, type Grey, type Shot } from '../test/frames';

/** A part of a film: a picture for a while. */
export interface Scene {
  picture: Grey | null; // null for a table with nothing on it
  frames: number;
  shot?: Partial<Shot>;
}

const width = 640;
const height = 480;

/** Frames a second of every film. */
export const framesASecond = 5;

/** Writes a film as Y4M, which Chromium plays from the beginning again when it is over. */
export function film(path: string, scenes: Scene[]): void {
  const file = openSync(path, 'w');
  try {
    writeSync(file, `YUV4MPEG2 W${width} H${height} F${framesASecond}:1 Ip A1:1 C420jpeg\n`);
    const grey = Buffer.alloc(width * height / 2, 128); // no colour
    for (const [i, { picture, frames, shot }] of scenes.entries()) {
      const seen = picture
        ? take(picture, { ...plain, width, height, fill: 0.85, turn: 4, tilt: 8, tiltAxis: 40, blur: 0.7, noise: 5, seed: i + 1, ...shot }).data
        : new Uint8ClampedArray(width * height).fill(120);
      for (let n = 0; n < frames; n++) {
        writeSync(file, 'FRAME\n');
        writeSync(file, seen);
        writeSync(file, grey);
      }
    }
  } finally {
    closeSync(file);
  }
}
