// The status of every voucher of a lot by its index, two bits each (voucher/status.go).

import type { Bytes } from './bytes';
import * as faults from './faults';
import { lotMax } from './manifest';

export const listValid = 0;
export const listVoid = 1;
export const listSuspended = 2;
export const listRedeemed = 3;

/** The statuses of a lot. */
export class StatusList {
  constructor(
    readonly n: number,
    private readonly bits: Uint8Array,
  ) {}

  /** Returns the status of a voucher. An index outside the list is void: what nobody vouches for is refused. */
  at(index: number): number {
    if (index >= this.n) return listVoid;
    return ((this.bits[index >> 2] as number) >> ((index & 3) * 2)) & 3;
  }
}

/** Unpacks zlib (RFC 1950) to exactly size bytes; undefined where there are more, fewer or something else follows. */
async function inflate(zlib: Bytes, size: number): Promise<Uint8Array | undefined> {
  const out = new Uint8Array(size);
  let at = 0;
  try {
    const stream = new DecompressionStream('deflate');
    const writer = stream.writable.getWriter();
    const written = writer.write(zlib).then(() => writer.close());
    written.catch(() => undefined); // the reader hears of it
    const reader = stream.readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (at + value.length > size) {
        await reader.cancel();
        return undefined;
      }
      out.set(value, at);
      at += value.length;
    }
    await written;
  } catch {
    return undefined;
  }
  return at === size && endsWith(zlib, adler32(out)) ? out : undefined;
}

/** The checksum that ends zlib's bytes. Browsers compare it too; but not all of them mind bytes that follow it. */
function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const x of bytes) {
    a = (a + x) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

function endsWith(bytes: Bytes, sum: number): boolean {
  const { buffer, byteOffset, length } = bytes;
  return length >= 4 && new DataView(buffer, byteOffset, length).getUint32(length - 4) === sum;
}

/** Reads the list of a lot of n vouchers, and unpacks no more than it needs. Throws status_list. */
export async function decodeStatusList(zlib: Bytes, n: number): Promise<StatusList> {
  if (n < 1 || n > lotMax) throw faults.statusList.at('n', `${n} vouchers`);
  const bits = await inflate(zlib, Math.ceil(n / 4));
  if (!bits) throw faults.statusList.at('list', 'not zlib of this length');
  const used = (n % 4) * 2;
  if (used !== 0 && (bits[bits.length - 1] as number) >> used !== 0) {
    throw faults.statusList.at('list', 'says something about vouchers that do not exist');
  }
  return new StatusList(n, bits);
}
