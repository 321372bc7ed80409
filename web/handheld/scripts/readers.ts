import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import vm from 'node:vm';
import { decodeQR } from 'qr/decode.js';
import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader';

/** A reader of QR codes: the text of the code in the picture, or null. */
export type Reader = (data: Uint8ClampedArray<ArrayBuffer>, width: number, height: number) => Promise<string | null>;

const require = createRequire(import.meta.url);

function zxing(options: ReaderOptions): Reader {
  return async (data, width, height) => {
    const found = await readBarcodes({ data, width, height, colorSpace: 'srgb' } as ImageData,
      { formats: ['QRCode'], maxNumberOfSymbols: 1, tryInvert: false, ...options });
    return found[0]?.text ?? null;
  };
}

function qr(effort: number, timeLimit: number): Reader {
  return async (data, width, height) => {
    try {
      return decodeQR({ data, width, height }, { effort, timeLimit });
    } catch {
      return null; // how it says that there is none
    }
  };
}

/** The code of qr-scanner's worker, run without a worker. */
function qrScanner(): Reader {
  const module = readFileSync(require.resolve('qr-scanner/qr-scanner-worker.min.js'), 'utf8');
  let body = '';
  class Blob {
    constructor(parts: string[]) { body = parts.join(''); }
  }
  vm.runInNewContext(`${module.replace('export const createWorker', 'var createWorker')}\n;createWorker()`,
    { Blob, URL: { createObjectURL: () => '' }, Worker: class {} });
  let answer: string | null = null;
  const self: { postMessage(m: { data: string | null }): void; onmessage?(m: object): void } = {
    postMessage: (m) => { answer = m.data; },
  };
  new Function('self', body)(self); // in a context of its own each global would be slow to reach
  return async (data, width, height) => {
    answer = null;
    self.onmessage?.({ data: { id: 1, type: 'decode', data: { data, width, height } } });
    return answer;
  };
}

/** Returns the readers that are compared, by name. */
export function readers(): Record<string, Reader> {
  const wasm = readFileSync(require.resolve('zxing-wasm/reader/zxing_reader.wasm'));
  prepareZXingModule({ overrides: { wasmBinary: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength) as ArrayBuffer } });
  return {
    'zxing-wasm': zxing({ tryHarder: true, tryRotate: true, tryDownscale: true }),
    'zxing-wasm, fast': zxing({ tryHarder: false, tryRotate: false, tryDownscale: false }),
    'qr-scanner': qrScanner(),
    'qr, effort 1': qr(1, 16),
    'qr, effort 3': qr(3, 120),
  };
}
