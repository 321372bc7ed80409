// Compares readers of QR codes on generated frames, and prints a table: npm run measure:qr. It takes minutes.

import { selfTestDigits as digitsOfCard } from '../src/scan/protocol';
import { cardCode, faults, plain, rgba, take } from '../test/frames';
import { readers } from './readers';

const each = Number(process.env['FRAMES'] ?? 6); // of every kind

const digits = digitsOfCard();

async function measure(): Promise<void> {
  const all = readers();
  const printed = cardCode(digits);
  console.log(`${printed.width} modules a side, ${each} frames of each kind`);
  const names = Object.keys(all);
  const millis: Record<string, number[]> = Object.fromEntries(names.map((n) => [n, []]));
  const total: Record<string, number> = Object.fromEntries(names.map((n) => [n, 0]));
  let frames = 0;
  const table: string[][] = [['size', 'fill', 'kind', ...names]];
  for (const [width, height] of [[640, 480], [1280, 720]] as const) {
    for (const fill of [0.45, 0.7]) {
      for (const [kind, make] of Object.entries(faults)) {
        const read: Record<string, number> = Object.fromEntries(names.map((n) => [n, 0]));
        for (let i = 0; i < each; i++) {
          const picture = rgba(take(printed, { ...plain, width, height, fill, seed: 100 + i, ...make(i / Math.max(1, each - 1)) }));
          frames++;
          for (const name of names) {
            const began = performance.now();
            const text = await all[name]!(picture, width, height);
            millis[name]!.push(performance.now() - began);
            if (text === digits) {
              read[name]!++;
              total[name]!++;
            } else if (text !== null) {
              console.log(`${name} misread ${kind} ${i}`);
            }
          }
        }
        table.push([`${width}x${height}`, `${fill * 100} %`, kind, ...names.map((n) => `${read[n]}`)]);
      }
    }
  }
  table.push(['all', '', `of ${frames}`, ...names.map((n) => `${total[n]}`)]);
  const at = (n: string, part: number) => {
    const sorted = millis[n]!.slice().sort((a, b) => a - b);
    return `${Math.round(sorted[Math.floor(part * (sorted.length - 1))]!)} ms`;
  };
  table.push(['median', '', '', ...names.map((n) => at(n, 0.5))], ['95 %', '', '', ...names.map((n) => at(n, 0.95))]);
  console.log(table.map((r) => `| ${r.join(' | ')} |`).join('\n'));
}

await measure();
