/**
 * What the trader chose on this phone, in localStorage. Nothing here is about a
 * household or a card, and a phone that forgets it loses only convenience.
 */

/** How the PIN pad looks. */
export type Pad = 'digits' | 'shuffled' | 'pictures';

/** The choices. */
export interface Prefs {
  lang: string;
  pad: Pad;
  sound: boolean;
  /** the handheld that this phone was, so that a phone that lost everything else can say so; "" for none */
  was: string;
}

/** A handheld's id is no longer. */
const wasMax = 16;

const place = 'jate.handheld.prefs';

/** The choices of a phone that has made none. */
export const defaults: Prefs = { lang: 'fr', pad: 'digits', sound: true, was: '' };

/** readPrefs reads what was kept; whatever is damaged or unknown is the default. */
export function readPrefs(text: string | null): Prefs {
  let kept: Partial<Record<keyof Prefs, unknown>> = {};
  try {
    const read: unknown = JSON.parse(text ?? '{}');
    if (typeof read === 'object' && read !== null) kept = read;
  } catch {
    // Damaged: as if nothing had been kept.
  }
  const pads: Pad[] = ['digits', 'shuffled', 'pictures'];
  return {
    lang: typeof kept.lang === 'string' ? kept.lang : defaults.lang,
    pad: pads.find((p) => p === kept.pad) ?? defaults.pad,
    sound: typeof kept.sound === 'boolean' ? kept.sound : defaults.sound,
    was: typeof kept.was === 'string' ? kept.was.slice(0, wasMax) : defaults.was,
  };
}

/** loadPrefs reads this phone's choices. */
export function loadPrefs(): Prefs {
  try {
    return readPrefs(localStorage.getItem(place));
  } catch {
    return defaults;
  }
}

/** savePrefs keeps this phone's choices, if it keeps anything. */
export function savePrefs(p: Prefs): void {
  try {
    localStorage.setItem(place, JSON.stringify(p));
  } catch {
    // Full or forbidden: the choice lasts until the page is closed.
  }
}
