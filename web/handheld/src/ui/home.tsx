import type { JSX } from 'preact';
import { useApp } from './app-context';
import { explain } from './faults';
import { Frame, Notice, Tile } from './parts';
import { Pictogram } from './pictogram';
import { useText } from './text';

/** Home is one huge thing to do, and three others. */
export function Home(): JSX.Element {
  const text = useText();
  const { status, go, signal, update } = useApp();
  const officer = status.identity.purpose === 'distribution';
  const worst = status.warnings[0];
  const begin = () => {
    signal('start');
    go(officer ? { at: 'takeScan', handing: { cards: [], reason: '' } } : { at: 'scan' });
  };
  return (
    <Frame of="home" title="home" heading={text.say(officer ? 'home.officer' : 'home')} root wide>
      {worst && <Warning code={worst.code} />}
      <div class="home">
        <button type="button" class="sell" disabled={!status.fit} onClick={begin}>
          <Pictogram name={officer ? 'cards' : 'sell'} />
          <span>{text.say(officer ? 'home.give' : 'home.sell')}</span>
        </button>
        <div class="three">
          <Tile name={officer ? 'box' : 'today'} colour="blue" onClick={() => go({ at: officer ? 'take' : 'today' })}>
            {text.say(officer ? 'home.left' : 'home.today')}
          </Tile>
          <Tile name="send" colour="orange" badge={status.unsynced} onClick={() => go({ at: 'send' })}>
            {text.say('home.send')}
          </Tile>
          <Tile name="more" colour="grey" badge={update.ready ? 1 : 0} onClick={() => go({ at: 'more' })}>
            {text.say('home.more')}
          </Tile>
        </div>
      </div>
    </Frame>
  );
}

/** Warning says what is wrong with the handheld, and what to do. */
export function Warning({ code }: { code: string }): JSX.Element {
  const text = useText();
  const e = explain(code);
  return (
    <Notice name={e.picture} tone={e.tone === 'red' ? 'halt' : 'warn'}>
      <strong>{text.find(`fault.${e.key}`)}</strong> {text.find(`do.${e.deed}`)}
    </Notice>
  );
}
