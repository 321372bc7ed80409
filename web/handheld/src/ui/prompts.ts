/**
 * Recorded prompts: the sentence of a screen, spoken by somebody of the region,
 * for who does not read. A recording is a file prompts/<language>/<key>.mp3 or
 * .ogg, named after its key in the catalogue; where there is none, nothing is
 * heard.
 */

const recordings = import.meta.glob<string>('../../prompts/*/*.{mp3,ogg}', {
  query: '?url',
  import: 'default',
  eager: true,
});

let playing: HTMLAudioElement | undefined;

/** hasPrompt reports whether a key was recorded in a language. */
export function hasPrompt(lang: string, key: string): boolean {
  return address(lang, key) !== undefined;
}

/** speak plays recordings one after the other, those that there are, and ends what plays. */
export function speak(lang: string, ...keys: string[]): void {
  hush();
  const urls = keys.map((key) => address(lang, key)).filter((url): url is string => url !== undefined);
  const next = () => {
    const url = urls.shift();
    if (!url) return;
    playing = new Audio(url);
    playing.onended = next;
    // Refused before the first touch, or without a decoder: then it is not heard.
    playing.play().catch(() => undefined);
  };
  next();
}

/** hush ends what plays. */
export function hush(): void {
  playing?.pause();
  playing = undefined;
}

function address(lang: string, key: string): string | undefined {
  const base = `../../prompts/${lang}/${key}`;
  return recordings[`${base}.ogg`] ?? recordings[`${base}.mp3`];
}
