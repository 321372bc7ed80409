import type { JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import type { Amount, Card, Item } from '../core/api';
import { useApp } from './app-context';
import { goodsPictures, type Drawing } from './drawings';
import { Keypad, press } from './keypad';
import type { Draft } from './machine';
import { Button, Frame } from './parts';
import { Pictogram } from './pictogram';
import { fill, quantities, quantityMax, readFrancs, readQuantity, thousandths, total, worth, type Line } from './sums';
import { useText, type Text } from './text';

/** Categories that have a colour of their own, and the picture for goods of theirs that have none. */
const categories: Record<string, { colour: string; name: Drawing }> = {
  food: { colour: 'food', name: 'bag' },
  hygiene: { colour: 'hygiene', name: 'soap' },
  tools: { colour: 'tools', name: 'hoe' },
  seeds: { colour: 'tools', name: 'seeds' },
  shelter: { colour: 'shelter', name: 'tarp' },
  household: { colour: 'shelter', name: 'pot' },
  school: { colour: 'school', name: 'school' },
};

/** pictureOf is an item's picture and its category's colour; both have a fallback. */
export function pictureOf(item: { picture: string; category: string }): { colour: string; name: Drawing } {
  const c = own(categories, item.category);
  return { colour: c?.colour ?? 'other', name: own(goodsPictures, item.picture) ?? c?.name ?? 'basket' };
}

/** own looks a name up that came from elsewhere, and may be that of something every object has. */
function own<T>(table: Record<string, T>, name: string): T | undefined {
  return Object.prototype.hasOwnProperty.call(table, name) ? table[name] : undefined;
}

/** nameOf is an item's name in the chosen language; the office gives French and English. */
export function nameOf(item: Item, text: Text): string {
  return (text.lang === 'en' ? item.en : item.fr) || item.fr || item.en || item.code;
}

/** offered are the items that a card buys, those out of stock last. */
export function offered(items: readonly Item[], card: Card): Item[] {
  const all = card.categories.length + card.items.length === 0;
  const bought = items.filter((i) => all || card.items.includes(i.code) || card.categories.includes(i.category));
  return [...bought.filter((i) => !i.out), ...bought.filter((i) => i.out)];
}

/** Goods is the price list that the basket is filled from. */
export function Goods({
  draft,
  change,
  edit,
  done,
}: {
  draft: Draft;
  change: (lines: Line[]) => void;
  edit: (item: string) => void;
  done: () => void;
}): JSX.Element {
  const text = useText();
  const { items } = useApp();
  const list = offered(items, draft.card);
  const put = (item: Item, quantity: number) => {
    const old = draft.lines.find((l) => l.item === item.code);
    const rest = draft.lines.filter((l) => l.item !== item.code);
    if (quantity <= 0) return change(rest);
    const line = { item: item.code, quantity: Math.min(quantity, quantityMax), price: old?.price ?? item.ceiling };
    change(old ? draft.lines.map((l) => (l === old ? line : l)) : [...rest, line]);
  };
  return (
    <Frame
      of="goods"
      title="goods"
      actions={
        <>
          <Against value={draft.card.value} lines={draft.lines} />
          <Button name="next" look="main" disabled={draft.lines.length === 0} onClick={done}>
            {text.say('next')}
          </Button>
        </>
      }
    >
      {list.length === 0 && <p class="box">{text.say('goods.none')}</p>}
      <ul class="goods">
        {list.map((item) => (
          <Row
            key={item.code}
            item={item}
            line={draft.lines.find((l) => l.item === item.code)}
            put={(q) => put(item, q)}
            edit={() => edit(item.code)}
          />
        ))}
      </ul>
    </Frame>
  );
}

/** Row is one item: a touch adds one, then it has steps and can be opened. */
function Row({
  item,
  line,
  put,
  edit,
}: {
  item: Item;
  line: Line | undefined;
  put: (quantity: number) => void;
  edit: () => void;
}): JSX.Element {
  const text = useText();
  const name = nameOf(item, text);
  const picture = pictureOf(item);
  const cost = line ? worth(line) : null;
  return (
    <li class={`item ${line ? 'taken' : ''} ${item.out ? 'out' : ''}`}>
      <button type="button" class="row" onClick={() => (line ? edit() : put(thousandths))}>
        <span class={`picture ${picture.colour}`}>
          <Pictogram name={picture.name} />
        </span>
        <span class="name">
          {name}
          <span class="cost">{text.money(line?.price ?? item.ceiling)}</span>
          {item.out && (
            <span class="mark">
              <Pictogram name="goodsOut" />
              {text.say('goods.out')}
            </span>
          )}
        </span>
        {line ? <b>{cost === null ? '?' : text.money(cost)}</b> : <Pictogram name="plus" />}
      </button>
      {line && (
        <div class="steps" role="group" aria-label={name}>
          <button
            type="button"
            class="key"
            aria-label={text.say('goods.less', { name })}
            onClick={() => put(line.quantity - thousandths)}
          >
            <Pictogram name="minus" />
          </button>
          <button type="button" class="key much" aria-label={text.say('goods.edit', { name, n: text.quantity(line.quantity) })} onClick={edit}>
            {text.quantity(line.quantity)}
          </button>
          <button
            type="button"
            class="key"
            aria-label={text.say('goods.more', { name })}
            onClick={() => put(line.quantity + thousandths)}
          >
            <Pictogram name="plus" />
          </button>
        </div>
      )}
    </li>
  );
}

/** Against holds the goods against what the card is worth. */
export function Against({ value, lines }: { value: Amount; lines: readonly Line[] }): JSX.Element {
  const text = useText();
  const kind = value.code !== 'XOF';
  // Of a card in kind the quantity counts, in the same thousandths on both sides.
  const have = kind ? value.minor * 10 ** (3 - value.digits) : value.minor;
  const goods = kind ? quantities(lines) : total(lines);
  const write = (n: number) => (kind ? text.money(n, value.code, 3) : text.money(n));
  const look = goods === have ? 'exact' : goods !== null && goods > have ? 'over' : '';
  const share = goods === null || have === 0 ? 0 : Math.min(100, Math.round((goods / have) * 100));
  return (
    <div class="against">
      <p>
        {text.say('goods.card')} <b>{write(have)}</b>
      </p>
      <p aria-live="polite">
        {text.say('goods.sum')} <b>{goods === null ? '?' : write(goods)}</b>
      </p>
      <div class={`gauge ${look}`} aria-hidden="true">
        <i style={{ inlineSize: `${share}%` }} />
      </div>
    </div>
  );
}

/** EditItem sets how much of an item is sold, and at which price. */
export function EditItem({
  draft,
  code,
  done,
}: {
  draft: Draft;
  code: string;
  done: (lines: Line[]) => void;
}): JSX.Element | null {
  const text = useText();
  const { items, h } = useApp();
  const item = items.find((i) => i.code === code);
  const line = draft.lines.find((l) => l.item === code);
  const [what, setWhat] = useState<'quantity' | 'price'>('quantity');
  // Typed text begins empty, so that the first key replaces what stood there.
  const [typed, setTyped] = useState({ quantity: '', price: '' });
  const onKey = useCallback(
    (key: string) => setTyped((t) => ({ ...t, [what]: press(t[what], key, what === 'price' ? 9 : 10) })),
    [what],
  );
  if (!item) return null;

  const quantity = readQuantity(typed.quantity) ?? line?.quantity ?? 0;
  const price = readFrancs(typed.price) ?? line?.price ?? item.ceiling;
  const others = draft.lines.filter((l) => l.item !== code);
  const kind = draft.card.value.code !== 'XOF';
  const left = kind
    ? draft.card.value.minor * 10 ** (3 - draft.card.value.digits) - quantities(others)
    : draft.card.value.minor - (total(others) ?? 0);
  const full = kind ? Math.max(0, left) : fill(left, price);
  const tooDear = price > item.ceiling;
  const cost = worth({ item: code, quantity, price });
  const keep = (q: number) => {
    const next = { item: code, quantity: q, price };
    done(q <= 0 ? others : line ? draft.lines.map((l) => (l === line ? next : l)) : [...others, next]);
  };
  return (
    <Frame
      of={`item ${code}`}
      title="item"
      typing
      heading={nameOf(item, text)}
      actions={
        <>
          <Button name="yes" look="main" disabled={tooDear || cost === null} onClick={() => keep(quantity)}>
            {cost === null || quantity === 0 ? text.say('ok') : text.say('item.ok', { sum: text.money(cost) })}
          </Button>
          {full > 0 && full !== quantity && !tooDear && (
            <Button small name="fill" onClick={() => keep(full)}>
              {text.say('item.fill', { n: text.quantity(full) })}
            </Button>
          )}
        </>
      }
    >
      <div class="split">
        <div class="fields">
          <div class="pair">
            <Field
              label={text.say('item.quantity')}
              value={typed.quantity || text.quantity(quantity)}
              now={what === 'quantity'}
              onClick={() => setWhat('quantity')}
            />
            <Field
              label={text.say('item.price')}
              value={text.money(price)}
              now={what === 'price'}
              bad={tooDear}
              onClick={() => setWhat('price')}
            />
          </div>
          {tooDear && (
            <p class="box halt" role="alert">
              <Pictogram name="price" />
              <span>{text.say('item.dear', { most: text.money(item.ceiling) })}</span>
            </p>
          )}
          {cost === null && (
            <p class="box warn" role="alert">
              <Pictogram name="price" />
              <span>{text.say('fault.goods_fraction')}</span>
            </p>
          )}
        </div>
        <Keypad comma={what === 'quantity'} onKey={onKey} />
      </div>
      <Button small name="goodsOut" pressed={item.out} onClick={() => void h.markStock(code, !item.out)}>
        {text.say('goods.out')}
      </Button>
    </Frame>
  );
}

/** Field is a value that the keypad writes into while it is the one chosen. */
function Field({
  label,
  value,
  now,
  bad,
  onClick,
}: {
  label: string;
  value: string;
  now: boolean;
  bad?: boolean;
  onClick: () => void;
}): JSX.Element {
  return (
    <button type="button" class={`field ${now ? 'now' : ''} ${bad ? 'bad' : ''}`} aria-pressed={now} onClick={onClick}>
      <span>{label}</span>
      <b>{value}</b>
    </button>
  );
}
