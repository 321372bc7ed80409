/**
 * Which screen is shown, and where Back leads from it: pure, without Preact and
 * without the core. A sale in the making is one value that grows from screen to
 * screen and is dropped as a whole.
 */

import type { Card, Sold, CancelReason, Taker, TakerReason, HandoverCard } from '../core/api';
import type { Line } from './sums';

/** A sale in the making. Secret and PIN live here from the moment they are typed until the sale ends, and nowhere else. */
export interface Draft {
  card: Card;
  /** sold with the server's word, which reserves the card */
  online: boolean;
  lines: readonly Line[];
  cash: number;
  shortfall: number;
  /** the household says whether it has a PIN; only where card.askPIN */
  hasPIN?: boolean;
  secret: string;
  pin: string;
  /** when the card was found, by performance.now() */
  began: number;
}

/** The steps of a sale after the card was found, in their order. */
export const steps = ['card', 'goods', 'rest', 'secret', 'ask', 'pin', 'review'] as const;

/** One step of a sale. */
export type Step = (typeof steps)[number];

/** Cards that an officer is handing over to one person. */
export interface Handing {
  cards: readonly (HandoverCard & { scan: string })[];
  by?: Taker;
  reason: TakerReason;
}

/** What was refused, and what the screen says about it. */
export interface Refusal {
  code: string;
  /** the server's own sentence, for a code that no catalogue knows */
  title: string;
  /** how often a wrong secret or PIN may still be tried; undefined where that says nothing */
  triesLeft?: number;
}

/** A screen and all that it needs to be shown. */
export type Screen =
  | { at: 'home' }
  | { at: 'scan' }
  | { at: 'number' }
  | { at: 'sale'; step: Step; draft: Draft; item?: string }
  | { at: 'online'; scan: string; refusal: Refusal }
  | { at: 'saving'; online: boolean }
  | { at: 'sold'; sold: Sold; online: boolean }
  | { at: 'refused'; refusal: Refusal; then: Screen }
  | { at: 'send' }
  | { at: 'files' }
  | { at: 'today' }
  | { at: 'entry'; seq: number }
  | { at: 'undo'; seq: number; reason?: CancelReason }
  | { at: 'undone'; seq: number }
  | { at: 'more' }
  | { at: 'office' }
  | { at: 'prices' }
  | { at: 'help' }
  | { at: 'logs' }
  | { at: 'replace' }
  | { at: 'settings' }
  | { at: 'take'; opened?: number }
  | { at: 'openLot' }
  | { at: 'takeNumber'; handing: Handing }
  | { at: 'takeScan'; handing: Handing }
  | { at: 'taker'; handing: Handing }
  | { at: 'takerReason'; handing: Handing }
  | { at: 'takeReview'; handing: Handing }
  | { at: 'taken'; count: number };

/** The name of a screen. */
export type Place = Screen['at'];

/** home is where everything begins and ends. */
export const home: Screen = { at: 'home' };

/** draftOf begins a sale with a card. */
export function draftOf(card: Card, online: boolean, began: number): Draft {
  return { card, online, lines: [], cash: 0, shortfall: 0, secret: '', pin: '', began };
}

/** needed reports whether a step has something to decide in this sale. */
export function needed(step: Step, d: Draft): boolean {
  switch (step) {
    case 'rest':
      return d.cash > 0 || d.shortfall > 0;
    case 'secret':
      return d.card.secret;
    case 'ask':
      return d.card.askPIN && !d.card.pin;
    case 'pin':
      return d.card.pin || (d.card.askPIN && d.hasPIN === true);
    default:
      return true;
  }
}

/** after returns the step that follows; the review is the last. */
export function after(step: Step, d: Draft): Step {
  return steps.slice(steps.indexOf(step) + 1).find((s) => needed(s, d)) ?? 'review';
}

/** before returns the step that Back leads to, or null from the first. What was typed of a factor is typed again. */
export function before(step: Step, d: Draft): Step | null {
  return [...steps.slice(0, steps.indexOf(step))].reverse().find((s) => needed(s, d)) ?? null;
}

/** forgetFactor drops what the household showed, so that it must be shown again. */
export function forgetFactor(d: Draft): Draft {
  const { hasPIN: _, ...rest } = d;
  return { ...rest, secret: '', pin: '' };
}

/** again is where a sale goes on after the core refused it: at what was wrong, or nowhere. */
export function again(code: string, d: Draft): Screen {
  const step = (s: Step, draft: Draft): Screen => ({ at: 'sale', step: s, draft });
  switch (code) {
    case 'factor_wrong':
    case 'factor_malformed':
    case 'secret_needed':
    case 'pin_needed': {
      const fresh = forgetFactor(d);
      return step(after('rest', fresh), fresh);
    }
    case 'goods_missing':
    case 'goods_unknown':
    case 'goods_not_allowed':
    case 'price_above_ceiling':
    case 'goods_fraction':
    case 'goods_total':
      return step('goods', { ...forgetFactor(d), cash: 0, shortfall: 0 });
    case 'no_network':
    case 'interrupted':
    case 'busy':
    case 'too_many_calls':
      return step('review', d);
  }
  return home;
}

/** back returns the screen that Back leads to, or null where there is no way back but out. */
export function back(s: Screen): Screen | null {
  switch (s.at) {
    case 'home':
    case 'saving':
      return null;
    case 'number':
    case 'online':
      return { at: 'scan' };
    case 'sale': {
      if (s.item !== undefined) return { at: 'sale', step: 'goods', draft: s.draft };
      const step = before(s.step, s.draft);
      return step ? { at: 'sale', step, draft: forgetFactor(s.draft) } : { at: 'scan' };
    }
    case 'refused':
      return s.then;
    case 'files':
    case 'logs':
    case 'replace':
      return { at: 'office' };
    case 'entry':
    case 'undone':
      return { at: 'today' };
    case 'undo':
      return s.reason ? { at: 'undo', seq: s.seq } : { at: 'entry', seq: s.seq };
    case 'office':
    case 'prices':
    case 'help':
    case 'settings':
      return { at: 'more' };
    case 'openLot':
      return { at: 'take' };
    case 'takeNumber':
    case 'taker':
      return { at: 'takeScan', handing: s.handing };
    case 'takerReason':
      return { at: 'taker', handing: s.handing };
    case 'takeReview':
      return s.handing.by === 'third-party' ? { at: 'takerReason', handing: s.handing } : { at: 'taker', handing: s.handing };
    default:
      return home;
  }
}
