import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Handover, Taker, TakerReason } from '../core/api';
import { useApp } from './app-context';
import { useBusy } from './busy';
import { Camera } from './camera';
import type { Drawing } from './drawings';
import { isSecret } from './factor';
import { shortSerial } from './format';
import { home, type Handing, type Screen } from './machine';
import { Body, Button, Fact, Frame, inFives, isCode, Notice, TextField, Tile, Title } from './parts';
import { Pictogram } from './pictogram';
import { refusalOf } from './refusal';
import { bare, NumberField, numberLength } from './sell';
import { useText } from './text';

/** The most cards of one record. */
export const cardsMax = 64;

/** Who can receive cards, and the picture of each. */
const takers: readonly [Taker, Drawing][] = [
  ['head', 'head'],
  ['alternate', 'alternate'],
  ['third-party', 'third'],
];

/** Why a third party comes; never a name. */
const takerReasons: readonly [Exclude<TakerReason, ''>, Drawing][] = [
  ['distance', 'distance'],
  ['health', 'health'],
  ['care', 'care'],
  ['away', 'away'],
  ['safety', 'safety'],
  ['other', 'other'],
];

/** useFind judges a card and adds it to those being handed over. */
function useFind(handing: Handing, then: Screen): { busy: boolean; find: (scan: string) => Promise<void>; again: string } {
  const { h, go, signal, announce } = useApp();
  const text = useText();
  const [busy, run] = useBusy();
  const [again, setAgain] = useState('');
  const find = (scan: string) =>
    run(async () => {
      try {
        const card = await h.lookHandover(scan);
        if (handing.cards.some((c) => c.serial === card.serial)) return setAgain(card.serial);
        signal('tap');
        announce(text.count('take.cards', handing.cards.length + 1));
        setAgain(card.again ? card.serial : '');
        go({ at: 'takeScan', handing: { ...handing, cards: [...handing.cards, { ...card, scan }] } });
      } catch (err) {
        go({ at: 'refused', refusal: refusalOf(err), then });
      }
    });
  return { busy, find, again };
}

/** TakeScan scans the cards that one person is given, one after the other. */
export function TakeScan({ handing }: { handing: Handing }): JSX.Element {
  const text = useText();
  const { go, scanning } = useApp();
  const { busy, find, again } = useFind(handing, { at: 'takeScan', handing });
  const n = handing.cards.length;
  return (
    <Frame
      of="takeScan"
      title="take.scan"
      actions={
        <>
          {n > 0 && (
            <Button name="next" look="main" onClick={() => go({ at: 'taker', handing })}>
              {text.count('take.give', n)}
            </Button>
          )}
          <Button name="keys" small={n > 0} onClick={() => go({ at: 'takeNumber', handing })}>
            {text.say('scan.type')}
          </Button>
        </>
      }
    >
      <Camera scanning={scanning} busy={busy || n >= cardsMax} onRead={(scan) => isSecret(scan) || void find(scan)} />
      {again && (
        <Notice name="warning" tone="warn">
          {text.say('take.again', { serial: shortSerial(again) })}
        </Notice>
      )}
      {n > 0 && (
        <p class="lead" role="status">
          <Pictogram name="cards" />
          <span>
            {text.count('take.cards', n)} {handing.cards.slice(-3).map((c) => shortSerial(c.serial)).join(' ')}
          </span>
        </p>
      )}
    </Frame>
  );
}

/** TakeNumber takes a printed number where the code cannot be read. */
export function TakeNumber({ handing }: { handing: Handing }): JSX.Element {
  const text = useText();
  const [number, setNumber] = useState('');
  const { busy, find, again } = useFind(handing, { at: 'takeNumber', handing });
  return (
    <Frame
      of="takeNumber"
      title="number"
      actions={
        <Button name="plus" look="main" disabled={busy || bare(number).length < numberLength} onClick={() => void find(number)}>
          {text.say('take.add')}
        </Button>
      }
    >
      <NumberField value={number} onInput={setNumber} onEnter={() => void find(number)} />
      {again && (
        <Notice name="warning" tone="warn">
          {text.say('take.again', { serial: shortSerial(again) })}
        </Notice>
      )}
    </Frame>
  );
}

/** TakerScreen asks who is given the cards. */
export function TakerScreen({ handing }: { handing: Handing }): JSX.Element {
  const text = useText();
  const { go } = useApp();
  const choose = (by: Taker) => {
    const next = { ...handing, by, reason: '' as const };
    go(by === 'third-party' ? { at: 'takerReason', handing: next } : { at: 'takeReview', handing: next });
  };
  return (
    <Frame of="taker" title="taker">
      <div class="tiles rows">
        {takers.map(([by, picture]) => (
          <Tile key={by} name={picture} onClick={() => choose(by)}>
            {text.say(`taker.${by}`)}
          </Tile>
        ))}
      </div>
    </Frame>
  );
}

/** TakerReasonScreen asks why somebody of another household came. */
export function TakerReasonScreen({ handing }: { handing: Handing }): JSX.Element {
  const text = useText();
  const { go } = useApp();
  return (
    <Frame of="takerReason" title="why">
      <div class="tiles only">
        {takerReasons.map(([reason, picture]) => (
          <Tile key={reason} name={picture} onClick={() => go({ at: 'takeReview', handing: { ...handing, reason } })}>
            {text.say(`why.${reason}`)}
          </Tile>
        ))}
      </div>
    </Frame>
  );
}

/** TakeReview repeats what is handed over, and to whom, before it counts. */
export function TakeReview({ handing }: { handing: Handing }): JSX.Element | null {
  const text = useText();
  const { h, go } = useApp();
  const [busy, run] = useBusy();
  const { by, reason, cards } = handing;
  if (!by) return null;
  const confirm = () =>
    run(async () => {
      try {
        await h.activate(
          cards.map((c) => c.scan),
          by,
          reason,
        );
        go({ at: 'taken', count: cards.length });
      } catch (err) {
        go({ at: 'refused', refusal: refusalOf(err), then: { at: 'takeScan', handing } });
      }
    });
  return (
    <Frame
      of="takeReview"
      title="review.take"
      actions={
        <Button name="yes" look="good" disabled={busy} onClick={() => void confirm()}>
          {text.say('review.confirm')}
        </Button>
      }
    >
      <div class="box middle">
        <Pictogram name={takers.find(([t]) => t === by)![1]} />
        <p class="big">{text.say(`taker.${by}`)}</p>
        {reason !== '' && (
          <p class="mark">
            <Pictogram name={takerReasons.find(([r]) => r === reason)![1]} />
            {text.say(`why.${reason}`)}
          </p>
        )}
      </div>
      <dl class="facts">
        <Fact name="cards" label={text.say('review.cards')} total>
          {cards.length}
        </Fact>
        {cards.map((c) => (
          <Fact key={c.serial} name="card" label={shortSerial(c.serial)}>
            {c.value ? text.money(c.value.minor, c.value.code, c.value.digits) : text.say('take.unread')}
          </Fact>
        ))}
      </dl>
    </Frame>
  );
}

/** Taken is shown once the activation is durable. */
export function Taken({ count }: { count: number }): JSX.Element {
  const text = useText();
  const { go, signal } = useApp();
  useEffect(() => signal('success'), []);
  return (
    <main class="screen ended green">
      <Body alert>
        <Pictogram name="yes" />
        <Title of="taken">{text.say('taken')}</Title>
        <p class="amount">{text.count('take.cards', count)}</p>
        <p>{text.say('taken.later')}</p>
      </Body>
      <div class="actions">
        <Button name="cards" onClick={() => go({ at: 'takeScan', handing: { cards: [], reason: '' } })}>
          {text.say('taken.next')}
        </Button>
        <Button name="yes" onClick={() => go(home)}>
          {text.say('sold.done')}
        </Button>
      </div>
    </main>
  );
}

/** Left shows how many cards were handed over here, and how many there are. */
export function Left({ opened }: { opened: number }): JSX.Element {
  const text = useText();
  const { h, status, go } = useApp();
  const [over, setOver] = useState<Handover>();
  useEffect(() => {
    let stale = false;
    void h.handover().then((o) => !stale && setOver(o));
    return () => {
      stale = true;
    };
  }, [status]);
  const all = over?.lots.reduce((n, l) => n + l.count, 0) ?? 0;
  return (
    <Frame
      of="take"
      title="home.left"
      actions={
        over && over.sealed > 0 ? (
          <Button name="lock" look="main" onClick={() => go({ at: 'openLot' })}>
            {text.say('left.open')}
          </Button>
        ) : undefined
      }
    >
      {opened > 0 && (
        <Notice name="yes" tone="fine">
          {text.count('openLot.done', opened)}
        </Notice>
      )}
      {over && (
        <>
          {over.sealed > 0 && (
            <Notice name="lock" tone="warn">
              {text.count('left.sealed', over.sealed)}
            </Notice>
          )}
          <div class="box middle">
            <Pictogram name="box" />
            <p class="amount">{text.say('left.of', { n: over.handed, of: all })}</p>
            <p>{text.count('left.left', Math.max(0, all - over.handed))}</p>
            <p class="note">{text.say('left.here')}</p>
          </div>
          <dl class="facts">
            {over.lots.map((l) => (
              <Fact key={l.lot} name="cards" label={`${l.round} · ${l.lot}`}>
                {text.count('take.cards', l.count)}
              </Fact>
            ))}
          </dl>
        </>
      )}
    </Frame>
  );
}

/** OpenLot takes the code that opens a lot under embargo: before its hour nobody learns where it is handed out. */
export function OpenLot(): JSX.Element {
  const text = useText();
  const { h, go, signal } = useApp();
  const [code, setCode] = useState('');
  const [busy, run] = useBusy();
  const open = () =>
    run(async () => {
      try {
        const opened = await h.openLots(code);
        signal('success');
        go({ at: 'take', opened });
      } catch (err) {
        go({ at: 'refused', refusal: refusalOf(err), then: { at: 'openLot' } });
      }
    });
  return (
    <Frame
      of="openLot"
      title="openLot"
      actions={
        <Button name="lock" look="main" disabled={busy || !isCode(code)} onClick={() => void open()}>
          {text.say('openLot.yes')}
        </Button>
      }
    >
      <TextField
        label={text.say('openLot.label')}
        value={code}
        max={40}
        onInput={(typed) => setCode(inFives(typed))}
        onEnter={() => !busy && isCode(code) && void open()}
      />
    </Frame>
  );
}
