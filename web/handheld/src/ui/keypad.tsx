import type { JSX } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { digitNames, type Drawing } from './drawings';
import { Pictogram } from './pictogram';
import type { Pad } from './prefs';
import { useText } from './text';
import type { Key } from '../i18n/languages';

/** The digits in the order of a telephone. */
const order = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0];

/** shuffle returns the ten digits in an order that nobody can guess from where a finger goes. */
export function shuffle(random: () => number = secureRandom): number[] {
  const list = [...order];
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}

function secureRandom(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}

/** press returns what stands on a display after a key: a digit, a comma, or erase. */
export function press(text: string, key: string, max: number): string {
  if (key === 'erase') return text.slice(0, -1);
  if (text.length >= max) return text;
  if (key === ',') return text === '' || text.includes(',') ? text : text + key;
  return text === '0' ? key : text + key;
}

/**
 * Keypad is ten digits and erase. Keys keep their places while it is shown; the
 * keyboard of a phone that has one works too.
 */
export function Keypad({
  pad = 'digits',
  comma,
  onKey,
}: {
  pad?: Pad;
  comma?: boolean;
  onKey: (key: string) => void;
}): JSX.Element {
  const text = useText();
  const [digits] = useState(() => (pad === 'shuffled' ? shuffle() : order));
  useLayoutEffect(() => {
    const typed = (e: KeyboardEvent) => {
      if (e.target instanceof HTMLTextAreaElement) return;
      if (/^\d$/.test(e.key)) onKey(e.key);
      else if (e.key === 'Backspace') onKey('erase');
      else if (comma && (e.key === ',' || e.key === '.')) onKey(',');
    };
    addEventListener('keydown', typed);
    return () => removeEventListener('keydown', typed);
  }, [onKey, comma]);
  const digit = (d: number) => (
    <button key={d} type="button" class="key" aria-label={label(d)} onClick={() => onKey(String(d))}>
      {pad === 'pictures' ? <Pictogram name={digitNames[d] as Drawing} /> : d}
    </button>
  );
  const label = (d: number) => (pad === 'pictures' ? text.say(`digit.${digitNames[d]!}` as Key) : undefined);
  return (
    <div class="keypad" role="group" aria-label={text.say('keypad')}>
      {digits.slice(0, 9).map(digit)}
      {comma ? (
        <button type="button" class="key" aria-label={text.say('keypad.comma')} onClick={() => onKey(',')}>
          ,
        </button>
      ) : (
        <span />
      )}
      {digit(digits[9]!)}
      <button type="button" class="key grey" aria-label={text.say('keypad.erase')} onClick={() => onKey('erase')}>
        <Pictogram name="erase" />
      </button>
    </div>
  );
}
