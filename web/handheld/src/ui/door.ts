import type { AutoSyncAPI, HandheldAPI } from '../core/api';

/** The way to a handheld, before there is one. */
export interface Door {
  /** Opens the enrolled handheld of this phone; rejected with handheld_not_enrolled where there is none. */
  open(): Promise<HandheldAPI>;
  /** Enrols with the text of the office's code, scanned or typed, and opens. */
  enrol(text: string): Promise<HandheldAPI>;
  /** The sync that runs by itself. */
  auto(h: HandheldAPI): AutoSyncAPI;
}
