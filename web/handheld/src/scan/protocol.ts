// What the camera's side and the reader's worker say to each other.

/** A frame to be read. The bitmap is handed over, and closed by the worker. */
export interface Frame {
  id: number;
  bitmap: ImageBitmap;
}

/** What was read in the frame of that id: the texts of its codes, the largest number being codesMax. */
export interface Reading {
  id: number;
  texts: string[];
}

/** Codes that are read in one frame: a card has one, and one under its label. */
export const codesMax = 2;

/** Longest text in characters that is handed on; a card holds 604 digits at most. */
export const textMax = 2048;

/** The digits of the frame with which a phone's own detector has to show that it reads cards: as many as a card can have. */
export function selfTestDigits(): string {
  let digits = '';
  for (let i = 0; i < 586; i++) {
    digits += (i * 7919 + ((i * i) % 101)) % 10;
  }
  return digits;
}
