import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useApp } from './app-context';
import { Button, Frame, Notice } from './parts';
import { refusalOf } from './refusal';
import { useText } from './text';

/** The most bytes of a file that is read: a bundle has at most 32 MiB. */
export const fileMax = 34 * 2 ** 20;

/** share hands a file to another app, or saves it where the phone cannot share files; false if the person turned back. */
export async function share(name: string, content: string): Promise<boolean> {
  const file = new File([content], name, { type: 'text/plain' });
  if (navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file] });
      return true;
    } catch (err) {
      if (err instanceof DOMException && err.name === 'AbortError') return false;
      // Some phones say that they can and then cannot: save it instead.
    }
  }
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after the click; a minute is long enough for the slowest.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return true;
}

/** Files is the way without a network: a file goes out with somebody, and an answer comes back. */
export function Files(): JSX.Element {
  const text = useText();
  const { h, go, signal, announce, status } = useApp();
  const picker = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState('');
  const tell = (sentence: string) => {
    setSaid(sentence);
    announce(sentence);
    signal('success');
  };
  const failed = (err: unknown) => go({ at: 'refused', refusal: refusalOf(err), then: { at: 'files' } });

  const give = async (all: boolean) => {
    try {
      const file = await h.exportJournal(all);
      if (await share(file.name, file.text)) tell(text.count('files.given', file.records));
    } catch (err) {
      failed(err);
    }
  };
  const take = async (file: File | undefined) => {
    if (!file) return;
    try {
      if (file.size > fileMax) return go({ at: 'refused', refusal: { code: 'carrier_file', title: '' }, then: { at: 'files' } });
      tell(text.count('files.taken', await h.importAnswers(await file.text())));
    } catch (err) {
      failed(err);
    }
  };
  return (
    <Frame of="files" title="files">
      <p>{text.say('files.how')}</p>
      {said && (
        <Notice name="yes" tone="fine">
          {said}
        </Notice>
      )}
      <Button name="send" look="main" onClick={() => void give(false)}>
        {text.say('files.give')} ({status.unsynced})
      </Button>
      <Button name="receive" onClick={() => picker.current?.click()}>
        {text.say('files.take')}
      </Button>
      <Button name="cards" onClick={() => void give(true)}>
        {text.say('files.all')}
      </Button>
      <input
        ref={picker}
        type="file"
        class="unseen"
        tabIndex={-1}
        aria-hidden="true"
        onChange={(e) => {
          void take(e.currentTarget.files?.[0]);
          e.currentTarget.value = '';
        }}
      />
    </Frame>
  );
}
