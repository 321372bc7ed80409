import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Line as Sent, Sold } from '../core/api';
import type { Key } from '../i18n/languages';
import { useApp } from './app-context';
import { nameOf, pictureOf } from './goods';
import { home, type Draft } from './machine';
import { Body, Button, Fact, Frame, Title } from './parts';
import { Pictogram } from './pictogram';
import { shortSerial } from './format';
import { speak } from './prompts';
import { worth, writeQuantity, type Line } from './sums';
import { useText } from './text';

/** sent writes lines as the receipt has them. */
export function sent(lines: readonly Line[]): Sent[] {
  return lines.map((l) => ({ item: l.item, quantity: writeQuantity(l.quantity), price: l.price }));
}

/** Rest asks for what the goods and the card do not have in common: cash added, or value that is lost. */
export function Rest({ draft, yes, no }: { draft: Draft; yes: () => void; no: () => void }): JSX.Element {
  const text = useText();
  const more = draft.cash > 0;
  const sum = text.money(more ? draft.cash : draft.shortfall);
  return (
    <Frame
      of="rest"
      title={more ? 'rest.cash' : 'rest.less'}
      actions={
        <>
          <Button name="yes" look="main" onClick={yes}>
            {text.say(more ? 'rest.cashYes' : 'rest.lessYes', { sum })}
          </Button>
          <Button name="basket" onClick={no}>
            {text.say('rest.change')}
          </Button>
        </>
      }
    >
      <div class={`box middle ${more ? '' : 'warn'}`}>
        <Pictogram name={more ? 'cash' : 'less'} />
        <p class="amount">{sum}</p>
        <p>{text.say(more ? 'rest.cashWhy' : 'rest.lessWhy')}</p>
      </div>
    </Frame>
  );
}

/** Review repeats the sale before it counts. */
export function Review({ draft, confirm }: { draft: Draft; confirm: () => void }): JSX.Element {
  const text = useText();
  const { card } = draft;
  return (
    <Frame
      of="review"
      title="review"
      actions={
        <Button name="yes" look="good" onClick={confirm}>
          {text.say('review.confirm')}
        </Button>
      }
    >
      <div class="box">
        <Pictogram name="card" />
        <div>
          <p class="amount">{text.money(card.value.minor, card.value.code, card.value.digits)}</p>
          <p class="note">{text.say('review.card', { serial: shortSerial(card.serial) })}</p>
        </div>
      </div>
      <Lines lines={draft.lines} cash={draft.cash} shortfall={draft.shortfall} />
      <p class="proofs">
        {card.secret && (
          <span class="mark">
            <Pictogram name="scratch" />
            {text.say('review.secret')}
          </span>
        )}
        {draft.pin !== '' && (
          <span class="mark">
            <Pictogram name="pin" />
            {text.say('review.pin')}
          </span>
        )}
        {draft.online && (
          <span class="mark waiting">
            <Pictogram name="network" />
            {text.say('card.online')}
          </span>
        )}
      </p>
    </Frame>
  );
}

/** Lines lists goods, and cash or shortfall beside them. */
export function Lines({
  lines,
  cash,
  shortfall,
}: {
  lines: readonly Line[];
  cash: number;
  shortfall: number;
}): JSX.Element {
  const text = useText();
  const { items } = useApp();
  return (
    <dl class="facts">
      {lines.map((l) => {
        const item = items.find((i) => i.code === l.item);
        const cost = worth(l);
        return (
          <Fact
            key={l.item}
            name={item ? pictureOf(item).name : 'basket'}
            label={`${text.quantity(l.quantity)} × ${item ? nameOf(item, text) : l.item}`}
          >
            {cost === null ? '?' : text.money(cost)}
          </Fact>
        );
      })}
      {cash > 0 && (
        <Fact name="cash" label={text.say('rest.cashLabel')}>
          {text.money(cash)}
        </Fact>
      )}
      {shortfall > 0 && (
        <Fact name="less" label={text.say('rest.lessLabel')}>
          {text.money(shortfall)}
        </Fact>
      )}
    </dl>
  );
}

/** Saving is what stands between the confirmation and the answer; there is nothing to touch. */
export function Saving({ online }: { online: boolean }): JSX.Element {
  return <Busy title={online ? 'saving.online' : 'saving'} />;
}

/** Busy says that something is under way. */
export function Busy({ title }: { title: Key }): JSX.Element {
  const text = useText();
  return (
    <main class="screen">
      <Body class="centre">
        <Pictogram name="wait" class="turning huge" />
        <Title of={title}>{text.say(title)}</Title>
      </Body>
    </main>
  );
}

/** SoldScreen is shown once the receipt is durable, and never before. */
export function SoldScreen({ sold, online }: { sold: Sold; online: boolean }): JSX.Element {
  const text = useText();
  const { go, signal, prefs } = useApp();
  useEffect(() => {
    signal('success');
    if (prefs.sound) speak(text.lang, 'sold');
  }, []);
  return (
    <main class="screen ended green" data-sold={sold.seq}>
      <Body alert>
        <Pictogram name="yes" />
        <Title of={`sold ${sold.seq}`}>{text.say('sold')}</Title>
        <p class="amount">{text.money(sold.value.minor, sold.value.code, sold.value.digits)}</p>
        <p class="mark pending">
          <Pictogram name="wait" />
          {text.say('sold.pending')}
        </p>
        <p>{text.say(online ? 'sold.online' : 'sold.later', { n: sold.seq })}</p>
      </Body>
      <div class="actions">
        <Button name="sell" onClick={() => go({ at: 'scan' })}>
          {text.say('sold.next')}
        </Button>
        <Button name="yes" onClick={() => go(home)}>
          {text.say('sold.done')}
        </Button>
      </div>
    </main>
  );
}
