import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { AutoSyncAPI, AutoSyncState, HandheldAPI, Item, Status } from '../core/api';
import type { Scanning } from './camera';
import type { Door } from './door';
import type { Screen } from './machine';
import type { Prefs } from './prefs';
import type { Signal } from './signal';

/** What every screen stands on, before a handheld is enrolled too. */
export interface Ground {
  prefs: Prefs;
  setPrefs(change: Partial<Prefs>): void;
  scanning: Scanning;
  /** whether the phone believes that it has a network */
  online: boolean;
  update: Update;
  /** puts the app on the phone's home screen; undefined where that is done or cannot be */
  install: (() => void) | undefined;
  back(): void;
  /** says something to who listens instead of looking */
  announce(sentence: string): void;
  signal(s: Signal): void;
}

/** What the screens of an enrolled handheld have besides. */
export interface App extends Ground {
  h: HandheldAPI;
  door: Door;
  auto: AutoSyncAPI;
  /** how it stands, read anew after each change */
  status: Status;
  sync: AutoSyncState;
  items: readonly Item[];
  /** now, to tell ages by; moves on each half minute */
  now: Date;
  go(s: Screen): void;
  /** how long something took, for the office's eyes; never what it was */
  timed(what: string, ms: number): void;
}

/** A newer program that waits to be used. */
export interface Update {
  ready: boolean;
  apply(): void;
}

/** The ground under a screen. */
export const Under = createContext<Ground | null>(null);

/** The app around a screen of an enrolled handheld. */
export const Around = createContext<App | null>(null);

/** useGround returns the ground under a screen. */
export function useGround(): Ground {
  const ground = useContext(Under);
  if (!ground) throw new Error('a screen without ground');
  return ground;
}

/** useApp returns the app around a screen. */
export function useApp(): App {
  const app = useContext(Around);
  if (!app) throw new Error('a screen outside the app');
  return app;
}
