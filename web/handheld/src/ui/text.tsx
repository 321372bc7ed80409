import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { french, type Catalogue, type Key } from '../i18n/languages';
import { age, day, decimal, francs, gap, type Writing } from './format';
import { writeQuantity } from './sums';

/** What fills the places {name} of a sentence. */
export type Places = Record<string, string | number>;

/** The stems of keys that have plural forms, such as "unsent" of "unsent.one" and "unsent.other". */
export type Plural = Key extends infer K ? (K extends `${infer Stem}.other` ? Stem : never) : never;

/** Text is how the screens speak: sentences of the chosen language, and its way of writing numbers and dates. */
export class Text {
  private readonly plural: Intl.PluralRules | undefined;
  private readonly writing: Writing;

  constructor(
    readonly lang: string,
    private readonly catalogue: Partial<Catalogue>,
  ) {
    try {
      this.plural = new Intl.PluralRules(lang);
    } catch {
      // A language that the browser does not know has one form, other.
    }
    this.writing = { point: this.say('write.point'), months: this.say('write.months'), day: this.say('write.day') };
  }

  /** say returns a sentence, its places filled. */
  say(key: Key, places: Places = {}): string {
    const sentence = this.catalogue[key] ?? french[key];
    return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(places[name] ?? whole));
  }

  /** find returns a sentence whose key was composed, or undefined where there is none. */
  find(key: string, places: Places = {}): string | undefined {
    return Object.prototype.hasOwnProperty.call(french, key) ? this.say(key as Key, places) : undefined;
  }

  /** count returns the form of a sentence that goes with a number, which fills {n}. */
  count(stem: Plural, n: number, places: Places = {}): string {
    const form = this.plural?.select(n) ?? 'other';
    const filled = { n: decimal(n, 0, ''), ...places };
    return this.find(`${stem}.${form}`, filled) ?? this.find(`${stem}.other`, filled)!;
  }

  /** money writes an amount of an asset in its smallest unit: francs, or a commodity such as RICE-KG. */
  money(minor: number, asset = 'XOF', digits = 0): string {
    if (asset === 'XOF') return francs(minor);
    const unit = /-([A-Z]+)$/.exec(asset)?.[1] ?? asset;
    return decimal(minor, digits, this.writing.point) + gap + (this.find(`unit.${unit}`) ?? unit.toLowerCase());
  }

  /** quantity writes thousandths of a unit. */
  quantity(q: number): string {
    return writeQuantity(q).replace('.', this.writing.point);
  }

  /** day writes day and month. */
  day(at: Date): string {
    return day(at, this.writing);
  }

  /** age writes how long ago something was. */
  age(from: Date, to: Date): string {
    const a = age(from, to);
    return this.say(`age.${a.unit}`, { n: a.n });
  }
}

/** The text of the chosen language. */
export const Speech = createContext(new Text('fr', french));

/** useText returns the text of the chosen language. */
export function useText(): Text {
  return useContext(Speech);
}
