// Where each screen leads: the order of a sale, Back, and where a refused sale goes on.

import { describe, expect, it } from 'vitest';
import { after, again, back, before, draftOf, forgetFactor, home, needed, steps, type Draft, type Screen, type Step } from '../../src/ui/machine';
import { card } from './stage/fake';

const d = (over: Partial<Draft> = {}, c: Partial<typeof card> = {}): Draft => ({
  ...draftOf({ ...card, ...c }, false, 0),
  ...over,
});

/** The steps that a sale goes through. */
function path(draft: Draft): Step[] {
  const list: Step[] = ['card'];
  while (list[list.length - 1] !== 'review') list.push(after(list[list.length - 1]!, draft));
  return list;
}

describe('a sale', () => {
  it.each<[string, Draft, Step[]]>([
    ['with a secret', d(), ['card', 'goods', 'secret', 'review']],
    ['with a PIN', d({}, { secret: false, pin: true }), ['card', 'goods', 'pin', 'review']],
    ['with both', d({}, { pin: true }), ['card', 'goods', 'secret', 'pin', 'review']],
    ['that cash is added to', d({ cash: 500 }), ['card', 'goods', 'rest', 'secret', 'review']],
    ['with a shortfall', d({ shortfall: 500 }), ['card', 'goods', 'rest', 'secret', 'review']],
    ["of another shop's card, no PIN", d({ hasPIN: false }, { askPIN: true }), ['card', 'goods', 'secret', 'ask', 'review']],
    ["of another shop's card, a PIN", d({ hasPIN: true }, { askPIN: true }), ['card', 'goods', 'secret', 'ask', 'pin', 'review']],
    ['of a card that shows nothing', d({}, { secret: false }), ['card', 'goods', 'review']],
  ])('%s asks what it needs, in order', (_, draft, want) => {
    expect(path(draft)).toEqual(want);
  });

  it('can be walked back on the same way', () => {
    const draft = d({ cash: 500, hasPIN: true }, { askPIN: true });
    const there = path(draft);
    const list: Step[] = ['review'];
    for (let s = before('review', draft); s; s = before(s, draft)) list.unshift(s);
    expect(list).toEqual(there);
  });

  it('never asks for the PIN twice', () => {
    expect(needed('ask', d({}, { askPIN: true, pin: true }))).toBe(false);
  });
});

describe('Back', () => {
  const sale = (step: Step, over: Partial<Draft> = {}): Screen => ({ at: 'sale', step, draft: d(over) });

  it('forgets what the household showed', () => {
    const s = back(sale('review', { secret: '1234567890123456', pin: '123456', hasPIN: true }));
    expect(s).toMatchObject({ at: 'sale', step: 'secret', draft: { secret: '', pin: '' } });
    expect((s as { draft: Draft }).draft.hasPIN).toBeUndefined();
  });

  it('leads from an item to the goods, and from the card to the camera', () => {
    expect(back({ ...sale('goods'), item: 'rice' } as Screen)).toMatchObject({ at: 'sale', step: 'goods' });
    expect(back(sale('card'))).toEqual({ at: 'scan' });
  });

  it('leads nowhere from home and while a sale is being saved', () => {
    expect(back(home)).toBeNull();
    expect(back({ at: 'saving', online: false })).toBeNull();
  });

  it('never leads back into a sale that is done', () => {
    const sold: Screen = { at: 'sold', online: false, sold: { seq: 1, hash: '', serial: '', value: card.value, at: 0, risk: [] } };
    expect(back(sold)).toEqual(home);
    expect(back({ at: 'undone', seq: 1 })).toEqual({ at: 'today' });
    expect(back({ at: 'taken', count: 2 })).toEqual(home);
  });

  it('leads home from everywhere in the end', () => {
    const handing = { cards: [], by: 'third-party' as const, reason: 'distance' as const };
    const all: Screen[] = [
      ...steps.map((s) => sale(s)),
      { at: 'online', scan: '', refusal: { code: '', title: '' } },
      { at: 'refused', refusal: { code: '', title: '' }, then: { at: 'number' } },
      ...(['scan', 'number', 'send', 'files', 'today', 'more', 'office', 'prices', 'help', 'logs', 'replace', 'settings', 'take', 'openLot'] as const).map((at) => ({ at })),
      { at: 'entry', seq: 1 },
      { at: 'undo', seq: 1 },
      { at: 'undo', seq: 1, reason: 'mistake' },
      ...(['takeNumber', 'takeScan', 'taker', 'takerReason', 'takeReview'] as const).map((at) => ({ at, handing })),
    ];
    for (const s of all) {
      let here: Screen | null = s;
      for (let n = 0; here && here.at !== 'home'; n++) {
        expect(n, JSON.stringify(s)).toBeLessThan(12);
        here = back(here);
      }
      expect(here, s.at).toEqual(home);
    }
  });
});

describe('a refused sale', () => {
  const draft = d({ lines: [{ item: 'rice', quantity: 1000, price: 500 }], cash: 500, secret: '1234567890123456' });

  it('asks again for digits that were wrong, and for nothing else', () => {
    expect(again('factor_wrong', draft)).toEqual({ at: 'sale', step: 'secret', draft: forgetFactor(draft) });
    const both = { ...draft, card: { ...card, secret: false, pin: true } };
    expect(again('pin_needed', both)).toMatchObject({ step: 'pin' });
  });

  it('goes back to goods that do not fit', () => {
    expect(again('price_above_ceiling', draft)).toMatchObject({ step: 'goods', draft: { cash: 0, secret: '', lines: draft.lines } });
  });

  it('can be confirmed again after the network failed', () => {
    expect(again('no_network', draft)).toEqual({ at: 'sale', step: 'review', draft });
  });

  it.each(['card_void', 'factor_tries', 'handheld_storage', 'card_spent_here', 'something_new'])('is over after %s', (code) => {
    expect(again(code, draft)).toEqual(home);
  });
});
