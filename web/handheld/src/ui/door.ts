import type { AutoSyncAPI, HandheldAPI } from '../core/api';

/** What came back for a file that was carried for another handheld. */
export interface CarriedFile {
  /** The server's answers, for the other handheld to take in. */
  text: string;
  /** How many of them there are. */
  answers: number;
}

/** The way to a handheld, before there is one, and what needs none. */
export interface Door {
  /** Opens the enrolled handheld of this phone; rejected with handheld_not_enrolled where there is none. */
  open(): Promise<HandheldAPI>;
  /** Enrols with the text of the office's code, scanned or typed, and opens. */
  enrol(text: string): Promise<HandheldAPI>;
  /** The sync that runs by itself. */
  auto(h: HandheldAPI): AutoSyncAPI;
  /** Sends what another handheld exported, and returns the answers. */
  carry?(text: string): Promise<CarriedFile>;
}
