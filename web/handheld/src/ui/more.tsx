import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isPersisted } from '../core/index';
import { languages, type Key } from '../i18n/languages';
import { useApp } from './app-context';
import { Locked } from './day';
import type { Drawing } from './drawings';
import { nameOf, pictureOf } from './goods';
import { Button, Fact, Frame, Notice, Tile } from './parts';
import { Pictogram } from './pictogram';
import type { Pad } from './prefs';
import { share } from './share';
import { useText } from './text';
import { Fingerprint, Who } from './who';

/** More is what is not needed at each sale. */
export function More(): JSX.Element {
  const text = useText();
  const { go, update, status } = useApp();
  return (
    <Frame of="more" title="more">
      {update.ready && (
        <Button name="receive" look="good" onClick={() => update.apply()}>
          {text.say('more.update')}
        </Button>
      )}
      <Locked />
      <div class="tiles only">
        {status.identity.purpose === 'sales' && (
          <Tile name="price" colour="blue" onClick={() => go({ at: 'prices' })}>
            {text.say('prices')}
          </Tile>
        )}
        <Tile name="help" colour="violet" onClick={() => go({ at: 'help' })}>
          {text.say('help')}
        </Tile>
        <Tile name="settings" colour="grey" onClick={() => go({ at: 'settings' })}>
          {text.say('settings')}
        </Tile>
        <Tile name="office" colour="orange" onClick={() => go({ at: 'office' })}>
          {text.say('office')}
        </Tile>
      </div>
    </Frame>
  );
}

/** Office is what is done with the office, or for it. */
export function Office(): JSX.Element {
  const text = useText();
  const { go, status } = useApp();
  const [safe, setSafe] = useState<boolean>();
  useEffect(() => {
    isPersisted().then(setSafe, () => setSafe(false));
  }, []);
  return (
    <Frame of="office" title="office">
      <div class="tiles rows">
        <Tile name="carry" colour="orange" onClick={() => go({ at: 'files' })}>
          {text.say('office.files')}
        </Tile>
        <Tile name="logs" colour="grey" onClick={() => go({ at: 'logs' })}>
          {text.say('logs')}
        </Tile>
        <Tile name="broken" colour="violet" onClick={() => go({ at: 'replace' })}>
          {text.say('office.replace')}
        </Tile>
      </div>
      <Who />
      <Fingerprint />
      <dl class="facts">
        <Fact name="memory" label={text.say('office.memory')}>
          {safe === undefined ? '' : text.say(safe ? 'office.safe' : 'office.unsafe')}
        </Fact>
      </dl>
      <p class="note">{text.say('office.zone', { zone: status.zone || text.say('none') })}</p>
    </Frame>
  );
}

/** Prices is the price list; a touch marks what is out of stock. */
export function Prices(): JSX.Element {
  const text = useText();
  const { items, h, status, now } = useApp();
  const made = status.snapshot > 0 ? text.age(new Date(status.snapshot * 1000), now) : text.say('none');
  return (
    <Frame of="prices" title="prices">
      <p class="note">{text.say('prices.how')}</p>
      <ul class="goods">
        {items.map((item) => (
          <li key={item.code} class={`item ${item.out ? 'out' : ''}`}>
            <button
              type="button"
              class="row"
              aria-pressed={item.out}
              onClick={() => void h.markStock(item.code, !item.out)}
            >
              <span class={`picture ${pictureOf(item).colour}`}>
                <Pictogram name={pictureOf(item).name} />
              </span>
              <span class="name">
                {nameOf(item, text)}
                <span class="cost">{text.say('prices.most', { sum: text.money(item.ceiling) })}</span>
                {item.out && (
                  <span class="mark">
                    <Pictogram name="goodsOut" />
                    {text.say('goods.out')}
                  </span>
                )}
              </span>
              <Pictogram name={item.out ? 'no' : 'yes'} />
            </button>
          </li>
        ))}
      </ul>
      <p class="note">{text.say('prices.age', { age: made })}</p>
    </Frame>
  );
}

/** The steps of help, each a picture and a short sentence. */
const steps: readonly [Drawing, Key][] = [
  ['scan', 'help.1'],
  ['basket', 'help.2'],
  ['scratch', 'help.3'],
  ['yes', 'help.4'],
  ['send', 'help.5'],
  ['call', 'help.6'],
];

/** The same for who hands cards over. */
const stepsOfHandover: readonly [Drawing, Key][] = [
  ['scan', 'help.give.1'],
  ['head', 'help.give.2'],
  ['yes', 'help.give.3'],
  ['send', 'help.5'],
  ['call', 'help.6'],
];

/** Help is the whole of it in a few pictures. */
export function Help(): JSX.Element {
  const text = useText();
  const { status } = useApp();
  return (
    <Frame of="help" title="help">
      <ol class="list">
        {(status.identity.purpose === 'sales' ? steps : stepsOfHandover).map(([picture, key], i) => (
          <li key={key} class="step">
            <b aria-hidden="true">{i + 1}</b>
            <Pictogram name={picture} />
            <span>{text.say(key)}</span>
          </li>
        ))}
      </ol>
    </Frame>
  );
}

/** The ways a PIN pad can look. */
const pads: readonly [Pad, Drawing, Key][] = [
  ['digits', 'keys', 'settings.digits'],
  ['shuffled', 'question', 'settings.shuffled'],
  ['pictures', 'sun', 'settings.pictures'],
];

/** Settings are language, PIN pad and sound. */
export function Settings(): JSX.Element {
  const text = useText();
  const { prefs, setPrefs, install, signal } = useApp();
  return (
    <Frame of="settings" title="settings">
      {install && (
        <Button name="phone" look="good" onClick={install}>
          {text.say('settings.install')}
        </Button>
      )}
      <h2 id="lang">{text.say('settings.language')}</h2>
      <div class="tiles" role="group" aria-labelledby="lang">
        {Object.entries(languages).map(([code, l]) => (
          <Tile key={code} name="language" chosen={text.lang === code} onClick={() => setPrefs({ lang: code })}>
            <span lang={code}>{l.name}</span>
          </Tile>
        ))}
      </div>
      <h2 id="pads">{text.say('settings.pad')}</h2>
      <div class="tiles" role="group" aria-labelledby="pads">
        {pads.map(([pad, picture, key]) => (
          <Tile key={pad} name={picture} chosen={prefs.pad === pad} onClick={() => setPrefs({ pad })}>
            {text.say(key)}
          </Tile>
        ))}
      </div>
      <h2>{text.say('settings.sound')}</h2>
      <Button
        name={prefs.sound ? 'sound' : 'silent'}
        pressed={prefs.sound}
        onClick={() => {
          setPrefs({ sound: !prefs.sound });
          if (!prefs.sound) signal('success');
        }}
      >
        {text.say(prefs.sound ? 'settings.soundOn' : 'settings.soundOff')}
      </Button>
    </Frame>
  );
}

/** Logs shows what goes to the office when something went wrong, and sends it. */
export function Logs(): JSX.Element {
  const text = useText();
  const { h, status, announce } = useApp();
  const [lines, setLines] = useState<readonly string[]>([]);
  useEffect(() => {
    h.logs().then(
      (l) => setLines(l),
      // Logs that cannot be read say at least that.
      (err: unknown) => setLines([String(err)]),
    );
  }, []);
  const send = async () => {
    const head = `${status.identity.handheld} ${navigator.userAgent}`;
    if (await share(`jate-logs-${status.identity.handheld}.txt`, [head, ...lines].join('\n') + '\n')) {
      announce(text.say('logs.sent'));
    }
  };
  return (
    <Frame
      of="logs"
      title="logs"
      actions={
        <Button name="send" look="main" onClick={() => void send()}>
          {text.say('logs.send')}
        </Button>
      }
    >
      <p>{text.say('logs.how')}</p>
      <pre class="log" tabIndex={0} aria-label={text.say('logs')}>
        {lines.slice(-60).join('\n')}
      </pre>
    </Frame>
  );
}

/** Replace explains what happens when a handheld is broken or lost. */
export function Replace(): JSX.Element {
  const text = useText();
  const { status, go } = useApp();
  return (
    <Frame
      of="replace"
      title="replace"
      actions={
        status.unsynced > 0 && (
          <Button name="send" look="main" onClick={() => go({ at: 'send' })}>
            {text.say('replace.send')}
          </Button>
        )
      }
    >
      <Notice name={status.unsynced > 0 ? 'warning' : 'yes'} tone={status.unsynced > 0 ? 'halt' : 'fine'}>
        {status.unsynced > 0 ? text.count('replace.waiting', status.unsynced) : text.say('replace.nothing')}
      </Notice>
      <ol class="list">
        {(
          [
            ['call', 'replace.1'],
            ['lock', 'replace.2'],
            ['scan', 'replace.3'],
            ['cash', 'replace.4'],
          ] as const
        ).map(([picture, key], i) => (
          <li key={key} class="step">
            <b aria-hidden="true">{i + 1}</b>
            <Pictogram name={picture} />
            <span>{text.say(key)}</span>
          </li>
        ))}
      </ol>
      <Who />
    </Frame>
  );
}
