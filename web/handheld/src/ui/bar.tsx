import type { JSX } from 'preact';
import { useApp, useGround } from './app-context';
import { languages } from '../i18n/languages';
import { Pictogram } from './pictogram';
import { useText } from './text';

/** When the screen begins to warn of sales that were not sent, in seconds. */
const lateAfter = 24 * 3600;

/**
 * Bar is on every screen: whether there is a network, how much waits to be sent
 * and since when, how old the bundle is, and the language in one tap.
 */
export function Bar(): JSX.Element {
  const text = useText();
  const { status, online, now, go, sync } = useApp();
  const { unsynced, unsyncedSince, snapshot, time } = status;
  const age = (at: number) => text.age(new Date(at * 1000), now);
  const late = unsynced > 0 && time - unsyncedSince >= lateAfter;
  return (
    <header class="bar">
      <span>
        <Pictogram name={online ? 'network' : 'noNetwork'} />
        <span class="unseen">{text.say(online ? 'bar.network' : 'bar.noNetwork')}</span>
      </span>
      <button
        type="button"
        class={`unsent ${late ? 'late' : unsynced > 0 ? 'some' : ''}`}
        onClick={() => go({ at: 'send' })}
      >
        <Pictogram name={sync.running ? 'wait' : unsynced > 0 ? 'send' : 'yes'} />
        <span>
          <span class="unseen">{text.count('bar.unsent', unsynced)} </span>
          {unsynced > 0 ? (
            <>
              <span aria-hidden="true">{unsynced} · </span>
              {age(unsyncedSince)}
            </>
          ) : (
            <span aria-hidden="true">0</span>
          )}
        </span>
      </button>
      <span>
        <Pictogram name="bundle" />
        <span class="unseen">{text.say('bar.bundle')} </span>
        {snapshot > 0 ? age(snapshot) : text.say('none')}
      </span>
      <Switch />
    </header>
  );
}

/** Switch goes to the next language; it is said in both, so that everybody finds it. */
export function Switch(): JSX.Element {
  const { lang } = useText();
  const { setPrefs } = useGround();
  const codes = Object.keys(languages);
  const other = codes[(codes.indexOf(lang) + 1) % codes.length]!;
  return (
    <button
      type="button"
      class="switch"
      lang={other}
      onClick={() => setPrefs({ lang: other })}
    >
      <Pictogram name="language" />
      {languages[other]!.short}
      <span class="unseen"> {languages[other]!.name}</span>
    </button>
  );
}
