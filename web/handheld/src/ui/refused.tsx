import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Key } from '../i18n/languages';
import { useApp } from './app-context';
import { explain, type Deed } from './faults';
import type { Refusal, Screen } from './machine';
import { Body, Button, Title } from './parts';
import { Pictogram } from './pictogram';
import { speak } from './prompts';
import { useText } from './text';
import type { Drawing } from './drawings';

/** The pictogram of what is to be done. */
export const deedPictures: Record<Deed, Drawing> = {
  office: 'call',
  household: 'head',
  keep: 'call',
  send: 'send',
  online: 'network',
  again: 'undo',
  scan: 'scan',
  other: 'card',
  goods: 'basket',
  factor: 'keys',
  bundle: 'receive',
  enrol: 'scan',
  reopen: 'phone',
  file: 'file',
  look: 'today',
};

/** onward is what the button that leads on looks like and says. */
function onward(then: Screen): [Drawing, Key] {
  switch (then.at) {
    case 'sale':
    case 'number':
    case 'takeNumber':
    case 'openLot':
      return ['undo', 'refused.back'];
    case 'scan':
      return ['scan', 'refused.other'];
    default:
      return ['yes', 'ok'];
  }
}

/** Refused fills the screen with why something was refused, and what to do. */
export function Refused({ refusal, then }: { refusal: Refusal; then: Screen }): JSX.Element {
  const text = useText();
  const { go, signal, prefs } = useApp();
  const e = explain(refusal.code);
  const why = e.key === 'unknown' && refusal.title ? refusal.title : text.find(`fault.${e.key}`)!;
  const key = `fault.${e.key}`;
  const way = onward(then);
  useEffect(() => {
    signal('refuse');
    if (prefs.sound) speak(text.lang, key, `do.${e.deed}`);
  }, []);
  return (
    <main class={`screen ended ${e.tone}`}>
      <Body alert>
        <Pictogram name={e.picture} />
        <Title of={`refused ${refusal.code}`}>{why}</Title>
        {refusal.triesLeft !== undefined && refusal.triesLeft > 0 && (
          <p class="big">{text.count('tries', refusal.triesLeft)}</p>
        )}
        <p class="todo">
          <Pictogram name={deedPictures[e.deed]} />
          <span>{text.find(`do.${e.deed}`)}</span>
        </p>
        {e.key === 'unknown' && <p>{text.say('fault.code', { code: refusal.code })}</p>}
      </Body>
      <div class="actions">
        {e.deed === 'send' || e.deed === 'bundle' ? (
          <Button name="send" onClick={() => go({ at: 'send' })}>
            {text.say('home.send')}
          </Button>
        ) : null}
        <Button name={way[0]} onClick={() => go(then)}>
          {text.say(way[1])}
        </Button>
      </div>
    </main>
  );
}
