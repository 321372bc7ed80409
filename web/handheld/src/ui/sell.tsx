import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Card } from '../core/api';
import { helpsOnline } from '../core/index';
import { useApp } from './app-context';
import { useBusy } from './busy';
import { Camera } from './camera';
import { explain } from './faults';
import { draftOf, type Draft, type Refusal } from './machine';
import { isSecret } from './factor';
import { Button, Frame, Notice, TextField } from './parts';
import { Pictogram } from './pictogram';
import { refusalOf } from './refusal';
import { useText } from './text';
import { pictureOf } from './goods';

/** Scan looks for a card, and hands what it finds to the rules. */
export function Scan(): JSX.Element {
  const text = useText();
  const { h, go, scanning, signal, online, timed } = useApp();
  const [busy, run] = useBusy();
  const since = useRef(performance.now());
  useEffect(() => scanning.warmUp(), [scanning]);

  const read = (scan: string) =>
    run(async () => {
      // A scratched card shows its label's code as well, whose turn comes later.
      if (isSecret(scan)) return;
      signal('tap');
      const read = performance.now();
      timed('card-scanned', read - since.current);
      try {
        const card = await h.look(scan);
        go({ at: 'sale', step: 'card', draft: draftOf(card, false, read) });
      } catch (err) {
        const refusal = refusalOf(err);
        if (helpsOnline(refusal.code) && online) go({ at: 'online', scan, refusal });
        else go({ at: 'refused', refusal, then: { at: 'scan' } });
      }
    });
  return (
    <Frame
      of="scan"
      title="scan"
      actions={
        <Button name="keys" onClick={() => go({ at: 'number' })}>
          {text.say('scan.type')}
        </Button>
      }
    >
      <Camera scanning={scanning} busy={busy} onRead={(scan) => void read(scan)} />
      {busy && <p role="status">{text.say('scan.reading')}</p>}
    </Frame>
  );
}

/** TypeNumber takes a card's number from who cannot scan it; the server has to know the card. */
export function TypeNumber(): JSX.Element {
  const text = useText();
  const { h, go, online } = useApp();
  const [number, setNumber] = useState('');
  const [busy, run] = useBusy();
  const find = () =>
    run(async () => {
      try {
        const card = await h.fetchCard(number);
        go({ at: 'sale', step: 'card', draft: draftOf(card, true, performance.now()) });
      } catch (err) {
        go({ at: 'refused', refusal: refusalOf(err), then: { at: 'number' } });
      }
    });
  return (
    <Frame
      of="number"
      title="number"
      actions={
        <Button name="next" look="main" disabled={busy || bare(number).length < numberLength} onClick={() => void find()}>
          {text.say(busy ? 'scan.reading' : 'next')}
        </Button>
      }
    >
      {!online && (
        <Notice name="noNetwork" tone="warn">
          {text.say('number.network')}
        </Notice>
      )}
      <NumberField value={number} onInput={setNumber} onEnter={() => void find()} />
    </Frame>
  );
}

/** How many characters a printed number has, check digits included. */
export const numberLength = 18;

/** bare drops what stands between a number's groups. */
export function bare(number: string): string {
  return number.replace(/[^0-9A-Za-z]/g, '');
}

/** NumberField takes a card's number; groups appear by themselves. */
export function NumberField({
  value,
  onInput,
  onEnter,
}: {
  value: string;
  onInput: (number: string) => void;
  onEnter: () => void;
}): JSX.Element {
  const text = useText();
  return (
    <>
      <TextField
        label={text.say('number.label')}
        value={value}
        max={numberLength + 4}
        onInput={(typed) => onInput(inGroups(typed))}
        onEnter={() => bare(value).length === numberLength && onEnter()}
      />
      <p class="note">{text.say('number.where')}</p>
    </>
  );
}

/** inGroups writes a number as it is printed: XXXX-XXXX-XXXX-XXXX-CC. */
export function inGroups(number: string): string {
  return bare(number)
    .toUpperCase()
    .slice(0, numberLength)
    .replace(/(.{4})(?=.)/g, '$1-');
}

/** CardFound shows what a card is worth, whose it is and what it buys. */
export function CardFound({ draft, next }: { draft: Draft; next: () => void }): JSX.Element {
  const text = useText();
  const { card } = draft;
  return (
    <Frame
      of="card"
      title="card"
      actions={
        <Button name="basket" look="main" onClick={next}>
          {text.say('card.goods')}
        </Button>
      }
    >
      <div class="box middle">
        <p class="amount">{text.money(card.value.minor, card.value.code, card.value.digits)}</p>
        <p class="mark">
          <Pictogram name={card.home ? 'shop' : 'otherShop'} />
          {text.say(card.home ? 'card.home' : 'card.away')}
        </p>
        {draft.online && (
          <p class="mark waiting">
            <Pictogram name="network" />
            {text.say('card.online')}
          </p>
        )}
      </div>
      <Buys card={card} />
      <p class="note">{text.say('card.until', { day: text.day(new Date(card.expires * 1000)) })}</p>
    </Frame>
  );
}

/** Buys shows the goods that a card buys, in pictures. */
function Buys({ card }: { card: Card }): JSX.Element {
  const text = useText();
  const { items } = useApp();
  const all = card.categories.length + card.items.length === 0;
  const bought = items.filter((i) => all || card.items.includes(i.code) || card.categories.includes(i.category));
  return (
    <div class="box column">
      <p>{text.say(all ? 'card.all' : 'card.only')}</p>
      <ul class="pictures">
        {bought.slice(0, 12).map((i) => (
          <li key={i.code} class={`picture ${pictureOf(i).colour}`}>
            <Pictogram name={pictureOf(i).name} />
            <span class="unseen">{text.lang === 'fr' ? i.fr : i.en}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Online asks whether a card that the rules stop here shall be sold with the server's word. */
export function Online({ scan, refusal }: { scan: string; refusal: Refusal }): JSX.Element {
  const text = useText();
  const { h, go } = useApp();
  const e = explain(refusal.code);
  const [busy, run] = useBusy();
  const ask = () =>
    run(async () => {
      try {
        go({ at: 'sale', step: 'card', draft: draftOf(await h.look(scan, true), true, performance.now()) });
      } catch (err) {
        go({ at: 'refused', refusal: refusalOf(err), then: { at: 'scan' } });
      }
    });
  return (
    <Frame
      of="online"
      title="online"
      actions={
        <>
          <Button name="network" look="main" disabled={busy} onClick={() => void ask()}>
            {text.say('online.yes')}
          </Button>
          <Button name="no" onClick={() => go({ at: 'scan' })}>
            {text.say('online.no')}
          </Button>
        </>
      }
    >
      <div class="box middle">
        <Pictogram name={e.picture} />
        <p class="big">{text.find(`fault.${e.key}`)}</p>
        <p>{text.say('online.how')}</p>
      </div>
    </Frame>
  );
}
