import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Amount, CancelReason, Entry, RecordState } from '../core/api';
import { useApp } from './app-context';
import { useBusy } from './busy';
import type { Drawing } from './drawings';
import { explain, reasons } from './faults';
import { clock, shortSerial } from './format';
import { home } from './machine';
import { Body, Button, Fact, Frame, Notice, Tile, Title } from './parts';
import { Pictogram } from './pictogram';
import { refusalOf } from './refusal';
import { Lines } from './settle';
import { readQuantity } from './sums';
import { useText, type Text } from './text';

/** The picture of each state; the word stands beside it. */
const states: Record<RecordState, Drawing> = {
  pending: 'wait',
  waiting: 'clock',
  payable: 'yes',
  accepted: 'yes',
  contested: 'warning',
  rejected: 'no',
  quarantined: 'lock',
  cancelled: 'undo',
};

/** useEntries reads the handheld's records anew after each change. */
export function useEntries(): readonly Entry[] | undefined {
  const { h, status, go } = useApp();
  const [entries, setEntries] = useState<readonly Entry[]>();
  useEffect(() => {
    let stale = false;
    h.entries().then(
      (list) => !stale && setEntries(list),
      (err: unknown) => !stale && go({ at: 'refused', refusal: refusalOf(err), then: home }),
    );
    return () => {
      stale = true;
    };
  }, [status]);
  return entries;
}

/** dayOf is the day of an instant as the rules count it: UTC, which is the time of Mali. */
export function dayOf(seconds: number): number {
  return Math.floor(seconds / 86_400);
}

/** because says why the server answered as it did; "" where there is nothing to explain. */
export function because(reason: string, text: Text): string {
  if (reason === '') return '';
  if ((reasons as readonly string[]).includes(reason)) return text.find(`reason.${reason}`)!;
  const e = explain(reason);
  return e.key === 'unknown' ? text.say('fault.code', { code: reason }) : text.find(`fault.${e.key}`)!;
}

/** ofSales are the amounts of sales in some states, added up by asset; francs first. */
export function ofSales(list: readonly Entry[], wanted: readonly RecordState[]): Amount[] {
  const sums = new Map<string, Amount>();
  for (const e of list) {
    if (e.kind !== 'receipt' || !e.value || !wanted.includes(e.state)) continue;
    const old = sums.get(e.value.code);
    sums.set(e.value.code, { ...e.value, minor: (old?.minor ?? 0) + e.value.minor });
  }
  return [...sums.values()].sort((a, b) => Number(b.code === 'XOF') - Number(a.code === 'XOF'));
}

/** Mark is a state as picture, colour and word. */
export function Mark({ state }: { state: RecordState }): JSX.Element {
  const text = useText();
  return (
    <span class={`mark ${state}`}>
      <Pictogram name={states[state]} />
      {text.say(`state.${state}`)}
    </span>
  );
}

/** money writes amounts one after the other; none is no franc. */
function money(list: readonly Amount[] | undefined, text: Text): string {
  return (list ?? []).map((a) => text.money(a.minor, a.code, a.digits)).join(' + ') || text.money(0);
}

/** Totals tells what the office accepted from what still waits, and from what it did not accept. */
export function Totals(): JSX.Element {
  const text = useText();
  const { totals } = useApp().status;
  const some = (list: readonly Amount[] | undefined) => (list ?? []).some((a) => a.minor > 0);
  return (
    <>
      <dl class="facts">
        <Fact name="yes" label={text.say('totals.accepted')} total>
          {money(totals.payable, text)}
        </Fact>
        <Fact name="wait" label={text.say('totals.pending')}>
          {money(totals.pending, text)}
        </Fact>
        {some(totals.waiting) && (
          <Fact name="clock" label={text.say('totals.waiting')}>
            {money(totals.waiting, text)}
          </Fact>
        )}
        {some(totals.contested) && (
          <Fact name="warning" label={text.say('totals.contested')}>
            {money(totals.contested, text)}
          </Fact>
        )}
        {some(totals.rejected) && (
          <Fact name="no" label={text.say('totals.rejected')}>
            {money(totals.rejected, text)}
          </Fact>
        )}
      </dl>
      {some(totals.payable) && <p class="note">{text.say('totals.note')}</p>}
    </>
  );
}

/** Today lists the sales of the day, and older ones that somebody has to look at. */
export function Today(): JSX.Element {
  const text = useText();
  const { status } = useApp();
  const entries = useEntries();
  const sales = (entries ?? []).filter((e) => e.kind === 'receipt').reverse();
  const today = sales.filter((e) => dayOf(e.at) === dayOf(status.time));
  const open = sales.filter(
    (e) => !today.includes(e) && ['waiting', 'contested', 'rejected', 'quarantined'].includes(e.state),
  );
  const counted = today.filter((e) => e.state !== 'cancelled');
  return (
    <Frame of="today" title="today">
      <div class="box middle">
        <p class="amount">{money(ofSales(today, ['pending', 'waiting', 'payable', 'accepted']), text)}</p>
        <p>{text.count('today.sales', counted.length)}</p>
      </div>
      {entries && <Entries list={today} />}
      {open.length > 0 && (
        <>
          <h2>{text.say('today.open')}</h2>
          <Entries list={open} />
        </>
      )}
      <h2>{text.say('today.all')}</h2>
      <Totals />
    </Frame>
  );
}

/** How many sales a list shows: a cheap phone draws no thousand rows. */
const rowsMax = 100;

function Entries({ list }: { list: readonly Entry[] }): JSX.Element {
  const text = useText();
  const { go, status } = useApp();
  return (
    <ul class="list">
      {list.slice(0, rowsMax).map((e) => {
        const at = new Date(e.at * 1000);
        const why = because(e.reason, text);
        return (
          <li key={e.seq}>
            <button type="button" class="entry" onClick={() => go({ at: 'entry', seq: e.seq })}>
              <span>{dayOf(e.at) === dayOf(status.time) ? clock(at) : text.day(at)}</span>
              <b>{e.value && text.money(e.value.minor, e.value.code, e.value.digits)}</b>
              <Mark state={e.state} />
              {why && <span class="why">{why}</span>}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** EntryScreen shows one sale, and lets it be undone on its own day. */
export function EntryScreen({ seq }: { seq: number }): JSX.Element {
  const text = useText();
  const { status, go } = useApp();
  const e = useEntries()?.find((x) => x.seq === seq);
  const undoable =
    e && dayOf(e.at) === dayOf(status.time) && ['pending', 'waiting', 'payable'].includes(e.state) && status.fit;
  const at = e && new Date(e.at * 1000);
  const why = e ? because(e.reason, text) : '';
  return (
    <Frame
      of={`entry ${seq}`}
      title="entry"
      heading={text.say('entry', { n: seq })}
      actions={
        undoable && (
          <Button name="undo" look="bad" onClick={() => go({ at: 'undo', seq })}>
            {text.say('entry.undo')}
          </Button>
        )
      }
    >
      {e && at && (
        <>
          <div class="box middle">
            <p class="amount">{e.value && text.money(e.value.minor, e.value.code, e.value.digits)}</p>
            <Mark state={e.state} />
            <p>{why || text.say(`means.${e.state}`)}</p>
          </div>
          <Lines
            lines={e.lines.map((l) => ({ item: l.item, quantity: readQuantity(l.quantity) ?? 0, price: l.price }))}
            cash={e.cash}
            shortfall={e.shortfall}
          />
          <p class="note">
            {text.day(at)} {clock(at)} · {text.say('review.card', { serial: shortSerial(e.serial) })}
          </p>
        </>
      )}
    </Frame>
  );
}

/** Why a sale is undone, and the picture of each reason. */
const undoReasons: readonly [CancelReason, Drawing][] = [
  ['mistake', 'no'],
  ['goods-returned', 'undo'],
  ['goods-missing', 'goodsOut'],
];

/** Undo asks why a sale is to be undone, and then whether it really is. */
export function Undo({ seq, reason }: { seq: number; reason?: CancelReason }): JSX.Element {
  const text = useText();
  const { h, go } = useApp();
  const [busy, run] = useBusy();
  const value = useEntries()?.find((x) => x.seq === seq)?.value;
  if (!reason) {
    return (
      <Frame of="undo" title="undo">
        <div class="tiles rows">
          {undoReasons.map(([r, picture]) => (
            <Tile key={r} name={picture} onClick={() => go({ at: 'undo', seq, reason: r })}>
              {text.say(`undo.${r}`)}
            </Tile>
          ))}
        </div>
      </Frame>
    );
  }
  const undo = () =>
    run(async () => {
      try {
        await h.cancel(seq, reason);
        go({ at: 'undone', seq });
      } catch (err) {
        go({ at: 'refused', refusal: refusalOf(err), then: { at: 'today' } });
      }
    });
  return (
    <Frame
      of="undo sure"
      title="undo.sure"
      actions={
        <>
          <Button name="undo" look="bad" disabled={busy} onClick={() => void undo()}>
            {text.say('undo.yes')}
          </Button>
          <Button name="no" onClick={() => go({ at: 'entry', seq })}>
            {text.say('undo.no')}
          </Button>
        </>
      }
    >
      <div class="box middle warn">
        <Pictogram name="undo" />
        <p class="amount">{value && text.money(value.minor, value.code, value.digits)}</p>
        <p class="mark">{text.say(`undo.${reason}`)}</p>
        <p>{text.say('undo.means')}</p>
      </div>
    </Frame>
  );
}

/** Undone is shown once the cancellation is durable. */
export function Undone(): JSX.Element {
  const text = useText();
  const { go, signal } = useApp();
  useEffect(() => signal('success'), []);
  return (
    <main class="screen ended amber">
      <Body alert>
        <Pictogram name="undo" />
        <Title of="undone">{text.say('undone')}</Title>
        <p class="todo">
          <Pictogram name="send" />
          <span>{text.say('undone.later')}</span>
        </p>
      </Body>
      <div class="actions">
        <Button name="yes" onClick={() => go({ at: 'today' })}>
          {text.say('ok')}
        </Button>
      </div>
    </main>
  );
}

/** Locked tells of cards with too many wrong tries; the office must know of them. */
export function Locked(): JSX.Element | null {
  const text = useText();
  const { locked } = useApp().status;
  if (locked.length === 0) return null;
  return (
    <Notice name="lock" tone="warn">
      {text.count('locked', locked.length)} {locked.map(shortSerial).join(', ')}
    </Notice>
  );
}
