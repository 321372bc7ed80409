import fr from './fr.json';

/** A catalogue: every sentence of the handheld by its key. French has them all. */
export type Catalogue = typeof fr;

/** The key of a sentence. */
export type Key = keyof Catalogue;

/** What a language is, and how its catalogue is had. */
export interface Language {
  /** its name in itself */
  name: string;
  /** two or three letters, for the switch */
  short: string;
  /** the direction it is written in */
  dir: 'ltr' | 'rtl';
  /** its catalogue; what it lacks is said in French */
  load: () => Promise<Partial<Catalogue>>;
}

/**
 * The languages of the handheld, in the order of the switch. One more is a file
 * beside fr.json and a line here.
 */
export const languages: Record<string, Language> = {
  fr: { name: 'Français', short: 'FR', dir: 'ltr', load: () => Promise.resolve(fr) },
  en: { name: 'English', short: 'EN', dir: 'ltr', load: () => import('./en.json').then((m) => m.default) },
};

/** The first language, which is always there. */
export const first = 'fr';

/** The catalogue of the first language. */
export const french: Catalogue = fr;
