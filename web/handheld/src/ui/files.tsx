import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useApp } from './app-context';
import { useBusy } from './busy';
import { Button, Frame, Notice } from './parts';
import { refusalOf } from './refusal';
import { share } from './share';
import { useText } from './text';

/** The most bytes of a file that is read: a bundle has at most 32 MiB. */
export const fileMax = 34 * 2 ** 20;

/** Files is the way without a network: a file goes out with somebody, and an answer comes back. */
export function Files(): JSX.Element {
  const text = useText();
  const { h, door, go, signal, announce, status, online } = useApp();
  const answers = useRef<HTMLInputElement>(null);
  const other = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState('');
  const [busy, run] = useBusy();
  const [back, setBack] = useState<{ name: string; text: string }>();

  /** attempt runs what a button does, and says how it ended. */
  const attempt = (what: () => Promise<string>) =>
    run(async () => {
      try {
        const sentence = await what();
        if (sentence === '') return;
        setSaid(sentence);
        announce(sentence);
        signal('success');
      } catch (err) {
        go({ at: 'refused', refusal: refusalOf(err), then: { at: 'files' } });
      }
    });
  const read = async (input: HTMLInputElement): Promise<{ name: string; text: string } | undefined> => {
    const file = input.files?.[0];
    input.value = '';
    if (!file) return undefined;
    // What is too large is none of ours, and would only fill the memory.
    return { name: file.name, text: file.size > fileMax ? '{}' : await file.text() };
  };

  const give = (all: boolean) =>
    attempt(async () => {
      const file = await h.exportJournal(all);
      return (await share(file.name, file.text)) ? text.count('files.given', file.records) : '';
    });
  const take = (input: HTMLInputElement) =>
    attempt(async () => {
      const file = await read(input);
      return file ? text.count('files.taken', await h.importAnswers(file.text)) : '';
    });
  const carry = (input: HTMLInputElement) =>
    attempt(async () => {
      const file = await read(input);
      if (!file || !door.carry) return '';
      const got = await door.carry(file.text);
      setBack({ name: `answers-${file.name}`, text: got.text });
      return text.count('files.carried', got.answers);
    });

  return (
    <Frame of="files" title="files">
      <p>{text.say('files.how')}</p>
      {said && (
        <Notice name="yes" tone="fine">
          {said}
        </Notice>
      )}
      {back && (
        <Button name="carry" look="good" onClick={() => void share(back.name, back.text)}>
          {text.say('files.back')}
        </Button>
      )}
      <Button name="send" look="main" disabled={busy} onClick={() => void give(false)}>
        {text.say('files.give')} ({status.unsynced})
      </Button>
      <Button name="receive" disabled={busy} onClick={() => answers.current?.click()}>
        {text.say('files.take')}
      </Button>
      <Button name="cards" disabled={busy} onClick={() => void give(true)}>
        {text.say('files.all')}
      </Button>
      {door.carry && (
        <Button name="carry" disabled={busy || !online} onClick={() => other.current?.click()}>
          {text.say('files.other')}
        </Button>
      )}
      <Picker of={answers} chosen={take} />
      <Picker of={other} chosen={carry} />
    </Frame>
  );
}

/** Picker is the browser's own way to choose a file; a button of ours opens it. */
function Picker({
  of,
  chosen,
}: {
  of: { current: HTMLInputElement | null };
  chosen: (input: HTMLInputElement) => Promise<void>;
}): JSX.Element {
  return (
    <input
      ref={of}
      type="file"
      class="unseen"
      tabIndex={-1}
      aria-hidden="true"
      onChange={(e) => void chosen(e.currentTarget)}
    />
  );
}

