// The core of the handheld: protocol, keys, journal and sync, without a screen.

import type { Enrolment } from './api';
import { HTTPServer } from './client';
import { enrol } from './enrol';
import { Handheld, type Config } from './handheld';
import { requirePlatform } from './platform';
import { Store } from './store';

export * from './api';
export { AutoSync } from './auto_sync';
export { carry, type Carried } from './carrier';
export { HTTPServer, type Server } from './client';
export { enrolmentText, fetchTrust, fingerprint, parseEnrolment, type Scanned } from './enrol';
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

/** Enrols this browser and opens it. After a failure the same call may be repeated. */
export async function enrolHandheld(e: Enrolment, cfg: Config = {}, name?: string): Promise<Handheld> {
  requirePlatform();
  const store = await Store.open(name);
  try {
    await enrol(store, cfg.server ?? new HTTPServer(e.server, cfg.language), e);
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
