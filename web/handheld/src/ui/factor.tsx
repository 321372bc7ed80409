import type { JSX } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Card } from '../core/api';
import { useApp } from './app-context';
import { Camera } from './camera';
import { Keypad } from './keypad';
import type { Pad } from './prefs';
import { Button, Frame, Notice } from './parts';
import { Pictogram } from './pictogram';
import { useText } from './text';

/** Digits under a scratch label, and of a PIN. */
export const secretLength = 16;
export const pinLength = 6;

/** isSecret reports whether a scanned text can be what a label hides. */
export function isSecret(scan: string): boolean {
  return new RegExp(`^\\d{${secretLength}}$`).test(scan);
}

/** Elapsed shows the seconds since a screen appeared, for eyes alone: a screen reader would count aloud. */
function Elapsed(): JSX.Element {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const t = setInterval(() => setSeconds((s) => s + 1), 1000);
    return () => clearInterval(t);
  }, []);
  return (
    <span class="elapsed" aria-hidden="true">
      <Pictogram name="clock" /> {seconds}
    </span>
  );
}

/** Secret scans the small code under the scratch label, or takes its 16 digits. */
export function Secret({
  card,
  done,
}: {
  card: Card;
  done: (secret: string) => void;
}): JSX.Element {
  const text = useText();
  const { scanning, signal, timed } = useApp();
  const [typing, setTyping] = useState(false);
  const [digits, setDigits] = useState('');
  const [wrong, setWrong] = useState(false);
  const since = useRef(performance.now());
  const end = (secret: string, how: string) => {
    timed(`secret-${how}`, performance.now() - since.current);
    done(secret);
  };
  const onKey = useCallback((key: string) => setDigits((d) => key === 'erase' ? d.slice(0, -1) : d.length < secretLength ? d + key : d), []);
  const onRead = (scan: string) => {
    // The card's own code is in sight as well, beside the label's.
    if (!isSecret(scan)) return setWrong(scan !== card.scan);
    signal('tap');
    end(scan, 'scanned');
  };
  const few = card.triesLeft < 3 && <Few tries={card.triesLeft} />;
  if (!typing) {
    return (
      <Frame
        of="secret"
        title="secret"
        actions={
          <Button name="keys" onClick={() => setTyping(true)}>
            {text.say('secret.type')}
          </Button>
        }
      >
        {few}
        <p class="lead">
          <Pictogram name="scratch" />
          <span>{text.say('secret.scratch')}</span>
          <Elapsed />
        </p>
        {wrong && (
          <Notice name="scratch" tone="warn">
            {text.say('secret.notThis')}
          </Notice>
        )}
        <Camera scanning={scanning} onRead={onRead} />
      </Frame>
    );
  }
  return (
    <Frame
      of="secretDigits"
      title="secret.digits"
      typing
      actions={
        <>
          <Button
            name="next"
            look="main"
            disabled={digits.length !== secretLength}
            onClick={() => end(digits, 'typed')}
          >
            {text.say('next')}
          </Button>
          <Button small name="scan" onClick={() => setTyping(false)}>
            {text.say('secret.scan')}
          </Button>
        </>
      }
    >
      {few}
      <div class="split">
        <div class="shown">
          <div class="groups" role="img" aria-label={text.say('secret.read', { digits: digits.split('').join(' ') || '0' })}>
            {[0, 1, 2, 3].map((g) => (
              <span key={g} class={Math.floor(Math.min(digits.length, secretLength - 1) / 4) === g ? 'now' : ''}>
                {digits.slice(g * 4, g * 4 + 4)}
              </span>
            ))}
          </div>
          <Elapsed />
        </div>
        <Keypad onKey={onKey} />
      </div>
    </Frame>
  );
}

/** The way of showing digits that comes after another, for the button on the pad. */
const nextPad: Record<Pad, Pad> = { digits: 'pictures', pictures: 'digits', shuffled: 'pictures' };

/** PIN takes six digits, as digits or as pictures. They are not shown: the trader stands beside. */
export function PIN({ tries, done }: { tries: number; done: (pin: string) => void }): JSX.Element {
  const text = useText();
  const { prefs, timed } = useApp();
  const [pad, setPad] = useState<Pad>(prefs.pad);
  const [pin, setPIN] = useState('');
  const since = useRef(performance.now());
  const onKey = useCallback((key: string) => {
    setPIN((p) => (key === 'erase' ? p.slice(0, -1) : p.length < pinLength ? p + key : p));
  }, []);
  const end = () => {
    timed(`pin-${pad}`, performance.now() - since.current);
    done(pin);
  };
  const other = nextPad[pad];
  return (
    <Frame
      of="pin"
      title="pin"
      typing
      actions={
        <>
          <Button name="next" look="main" disabled={pin.length !== pinLength} onClick={end}>
            {text.say('next')}
          </Button>
          <Button
            small
            name={other === 'pictures' ? 'sun' : 'keys'}
            onClick={() => setPad(other === 'digits' ? (prefs.pad === 'shuffled' ? 'shuffled' : 'digits') : other)}
          >
            {text.say(other === 'pictures' ? 'pin.pictures' : 'pin.digits')}
          </Button>
        </>
      }
    >
      {tries < 3 && <Few tries={tries} />}
      <div class="split">
        <div class="shown">
          <div class="holes" role="img" aria-label={text.count('pin.typed', pin.length)}>
            {Array.from({ length: pinLength }, (_, i) => (
              <span key={i} class={`hole ${i < pin.length ? 'full' : ''}`} />
            ))}
          </div>
          <span class="unseen" aria-live="polite">
            {pin.length > 0 && text.count('pin.typed', pin.length)}
          </span>
          <Elapsed />
        </div>
        <Keypad key={pad} pad={pad} onKey={onKey} />
      </div>
    </Frame>
  );
}

/** Few says how many wrong tries a card still bears. */
function Few({ tries }: { tries: number }): JSX.Element {
  const text = useText();
  return (
    <Notice name="warning" tone="warn">
      {text.count('tries', tries)}
    </Notice>
  );
}

/** AskPIN asks whether the household has a PIN: another shop's card does not say. */
export function AskPIN({ done }: { done: (hasPIN: boolean) => void }): JSX.Element {
  const text = useText();
  return (
    <Frame
      of="ask"
      title="ask"
      actions={
        <>
          <Button name="pin" look="main" onClick={() => done(true)}>
            {text.say('ask.yes')}
          </Button>
          <Button name="no" onClick={() => done(false)}>
            {text.say('ask.no')}
          </Button>
        </>
      }
    >
      <div class="box middle">
        <Pictogram name="question" />
        <p>{text.say('ask.why')}</p>
      </div>
    </Frame>
  );
}
