// The sync that runs by itself: soon after a record was made, when the network comes back, and at intervals. After a
// failure it waits longer each time, so that a phone without a network does not spend its battery on it.

import type { AutoSyncAPI, AutoSyncState, SyncProgress } from './api';
import { Fault } from './fault';
import type { Handheld } from './handheld';

/** How long after a record, in milliseconds: a few sales are sent together. */
const soon = 3_000;
/** Between two syncs with nothing to send. */
const interval = 15 * 60_000;
/** After the first failure; twice as long after each further one, up to interval. */
const again = 20_000;
/** A bundle younger than this is not fetched again by itself, in seconds. */
const bundleAfter = 4 * 3600;

/** Runs the syncs of one handheld. */
export class AutoSync implements AutoSyncAPI {
  state: AutoSyncState = { running: false, doneAt: 0 };
  private readonly listeners = new Set<(s: AutoSyncState) => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private due = Number.POSITIVE_INFINITY;
  private failures = 0;
  private unsynced = 0;
  private stopped = false;
  private run: Promise<void> | undefined;
  private readonly online = () => this.plan(0);
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly handheld: Handheld,
    private readonly clock: () => number = Date.now,
  ) {}

  start(): void {
    globalThis.addEventListener?.('online', this.online);
    this.unsubscribe = this.handheld.onChange(() => void this.looked());
    this.plan(0);
  }

  now(): Promise<void> {
    this.run ??= this.sync().finally(() => {
      this.run = undefined;
    });
    return this.run;
  }

  onChange(fn: (s: AutoSyncState) => void): () => void {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.unsubscribe();
    globalThis.removeEventListener?.('online', this.online);
  }

  /** Plans a sync where there is more to send than before. */
  private async looked(): Promise<void> {
    const { unsynced } = await this.handheld.status();
    if (unsynced > this.unsynced && this.failures === 0) this.plan(soon);
    this.unsynced = unsynced;
  }

  /** Syncs in so many milliseconds, or sooner where that is planned. */
  private plan(ms: number): void {
    const at = this.clock() + ms;
    if (this.stopped || at >= this.due) return;
    this.due = at;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.due = Number.POSITIVE_INFINITY;
      void this.now();
    }, ms);
  }

  private async sync(): Promise<void> {
    clearTimeout(this.timer);
    this.due = Number.POSITIVE_INFINITY;
    this.set({ running: true, doneAt: this.state.doneAt });
    try {
      const progress = (p: SyncProgress) => this.set({ ...this.state, progress: p });
      await this.handheld.syncWith({ progress, bundleAfter });
      this.failures = 0;
      this.set({ running: false, doneAt: Math.floor(this.clock() / 1000) });
    } catch (err) {
      this.failures++;
      const problem = err instanceof Fault ? err : new Fault('internal', 'internal').at('sync', String(err));
      this.set({ running: false, doneAt: this.state.doneAt, problem });
    }
    this.plan(this.failures === 0 ? interval : Math.min(again * 2 ** (this.failures - 1), interval));
  }

  private set(s: AutoSyncState): void {
    this.state = s;
    for (const fn of [...this.listeners]) fn(s);
  }
}
