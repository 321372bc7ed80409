// The worker that reads QR codes. Three readers, each where it is the best that the phone has:
// the phone's own BarcodeDetector, once it has read a frame like a card's; ZXing in WebAssembly, which reads poor frames
// best and is large, so it arrives after the shell; and a small one in JavaScript until then, or where WebAssembly is not
// allowed (Chrome before 95 under a strict policy). docs/handheld.md has the figures.

import { decodeQR } from 'qr/decode.js';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import wasmURL from 'zxing-wasm/reader/zxing_reader.wasm?url';
import { codesMax, selfTestDigits, textMax, type Frame, type Reading } from './protocol';
import selfTestURL from './selftest.png';

interface Detector {
  detect(image: ImageBitmap): Promise<{ rawValue: string }[]>;
}
declare const BarcodeDetector: { new (options: { formats: string[] }): Detector } | undefined;

// The library's types want a page's global scope.
const scope = self as unknown as {
  onmessage: ((e: MessageEvent<Frame>) => void) | null;
  postMessage(message: Reading): void;
};

const smallEffort = 3; // retries that find half as much again
const smallMillis = 120; // for those retries

let native: Detector | null = null;
let zxing = false;
let canvas: OffscreenCanvas | null = null;

/** Uses the phone's own detector if it reads the self-test frame. */
async function tryNative(): Promise<void> {
  if (typeof BarcodeDetector === 'undefined') {
    return;
  }
  const detector = new BarcodeDetector({ formats: ['qr_code'] });
  const answer = await fetch(selfTestURL);
  const bitmap = await createImageBitmap(await answer.blob());
  const found = await detector.detect(bitmap);
  bitmap.close();
  if (found.some((c) => c.rawValue === selfTestDigits())) {
    native = detector;
  }
}

async function loadZXing(): Promise<void> {
  await prepareZXingModule({ overrides: { locateFile: () => wasmURL }, fireImmediately: true });
  zxing = true;
}

function pixels(bitmap: ImageBitmap): ImageData {
  const { width, height } = bitmap;
  if (canvas?.width !== width || canvas.height !== height) {
    canvas = new OffscreenCanvas(width, height);
  }
  const context = canvas.getContext('2d', { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height);
}

async function read(bitmap: ImageBitmap): Promise<string[]> {
  if (native) {
    try {
      const found = await native.detect(bitmap);
      if (found.length > 0) {
        return found.map((c) => c.rawValue);
      }
    } catch {
      native = null; // a service of the phone's that has gone
    }
  }
  const image = pixels(bitmap);
  if (zxing) {
    const found = await readBarcodes(image, { formats: ['QRCode'], maxNumberOfSymbols: codesMax, tryInvert: false });
    return found.map((c) => c.text);
  }
  try {
    return [decodeQR(image, { effort: smallEffort, timeLimit: smallMillis })];
  } catch {
    return []; // how it says that there is none
  }
}

scope.onmessage = async ({ data: { id, bitmap } }) => {
  let texts: string[] = [];
  try {
    texts = await read(bitmap);
  } catch {
    // The next frame is as good as this one.
  }
  bitmap.close();
  scope.postMessage({ id, texts: texts.filter((t) => t.length > 0 && t.length <= textMax).slice(0, codesMax) });
};

// Either may fail, for want of a network or of the phone's support; the others go on.
tryNative().catch(() => {});
loadZXing().catch(() => {});
