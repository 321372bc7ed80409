// The core of the handheld: protocol, keys, journal and sync, without a screen. What is not on the way to a sale is
// loaded when it is needed: import() enrol.ts for codes and keys, carrier.ts for the carrier's part.

import type { Enrolment } from './api';
import { Handheld, type Config } from './handheld';
import { requirePlatform } from './platform';
import { Store } from './store';

export * from './api';
export { AutoSync } from './auto_sync';
export { HTTPServer, type Server } from './client';
export { Fault, isFault } from './fault';
export { Handheld, kindOfScan, type Config } from './handheld';
export { amountText } from './money';
export { isPersisted, persistStorage } from './platform';
export { parseSerial, printSerial } from './serial';
export { Store } from './store';

/** Opens the handheld of this browser. Throws handheld_not_enrolled where there is none yet, browser_too_old,
 * handheld_journal and handheld_storage. */
export async function openHandheld(cfg: Config = {}, name?: string): Promise<Handheld> {
  requirePlatform();
  const store = await Store.open(name);
  try {
    return await Handheld.open(store, cfg);
  } catch (err) {
    store.close();
    throw err;
  }
}

/** Enrols this browser, with the text of the office's code or with what it says, and opens it. After a failure the same
 * call may be repeated. Throws what enrol.ts does. */
export async function enrolHandheld(code: string | Enrolment, cfg: Config = {}, name?: string): Promise<Handheld> {
  requirePlatform();
  const { enrol, readCode, serverFor } = await import('./enrol'); // not on the way to a sale
  const e = typeof code === 'string' ? await readCode(code, cfg) : code;
  const store = await Store.open(name);
  try {
    await enrol(store, serverFor(e.server, cfg), e);
  } finally {
    store.close();
  }
  return openHandheld(cfg, name);
}

const online: readonly string[] = ['card_zone', 'card_not_home', 'bundle_degraded', 'limit_count', 'limit_sum'];

/** Whether a card that was refused with this code may be sold through sellOnline. */
export function helpsOnline(code: string): boolean {
  return online.includes(code);
}
