// Every screen, and what stands on it when its picture is taken.

import type { Scenario } from './fake';
import { card, now, refusal } from './fake';
import type { Draft, Handing, Screen } from '../../../src/ui/machine';

/** A scene is a screen and the handheld behind it. */
export interface Scene {
  begin?: Screen;
  scenario?: Scenario;
  /** buttons to touch, by their word in the catalogue, before the picture */
  touch?: string[];
  /** what the camera reads then */
  read?: string;
  /** the phone has no network */
  offline?: boolean;
  /** the handheld that the phone was before it lost its memory */
  was?: string;
  pad?: 'digits' | 'shuffled' | 'pictures';
}

const draft: Draft = {
  card,
  online: false,
  lines: [
    { item: 'rice', quantity: 15_000, price: 500 },
    { item: 'oil', quantity: 2000, price: 1000 },
    { item: 'millet', quantity: 2500, price: 240 },
  ],
  cash: 0,
  shortfall: 0,
  secret: '1234567890123456',
  pin: '',
  began: 0,
};
const sale = (step: Extract<Screen, { at: 'sale' }>['step'], d: Partial<Draft> = {}): Screen => ({
  at: 'sale',
  step,
  draft: { ...draft, ...d },
});
const refused = (code: string, triesLeft?: number): Screen => ({
  at: 'refused',
  refusal: triesLeft === undefined ? { code, title: '' } : { code, title: '', triesLeft },
  then: { at: 'home' },
});
const handing: Handing = {
  cards: ['7Q2MXK4RB9TDVW3C', '7Q2MXK4RB9TDVW5F'].map((serial) => ({
    serial,
    value: card.value,
    lot: 'LOT-SEVARE',
    again: false,
    scan: serial,
  })),
  by: 'third-party',
  reason: 'distance',
};
const officer: Scenario = { purpose: 'distribution' };
const value = card.value;

export const scenes: Record<string, Scene> = {
  welcome: { scenario: { shut: 'handheld_not_enrolled' } },
  'welcome-lost': { scenario: { shut: 'handheld_not_enrolled' }, was: 'hb2n6xk' },
  'enrol-refused': { scenario: { shut: 'handheld_not_enrolled', refuse: 'enrolment_code' }, touch: ['enrol.scan'], read: 'ABCDE' },
  'enrol-code': { scenario: { shut: 'handheld_not_enrolled' }, touch: ['enrol.type'] },
  shut: { scenario: { shut: 'handheld_in_use' } },
  damaged: { scenario: { shut: 'handheld_journal' } },
  inactive: { scenario: { status: { snapshot: 0, records: 0, unsynced: 0, freshness: 'missing' } } },
  home: {},
  'home-slow': { scenario: { slow: true } },
  'home-wrong': { scenario: { wrong: true } },
  'home-offline': {
    offline: true,
    scenario: {
      status: {
        unsynced: 31,
        unsyncedSince: now - 3 * 86_400,
        snapshot: now - 4 * 86_400,
        freshness: 'degraded',
        warnings: [refusal('warn_unsynced'), refusal('bundle_degraded')],
      },
    },
  },
  'home-lost': { scenario: { status: { fit: false, warnings: [refusal('handheld_state_lost')] } } },
  scan: { begin: { at: 'scan' } },
  number: { begin: { at: 'number' } },
  card: { begin: sale('card') },
  online: { begin: { at: 'online', scan: 'x', refusal: { code: 'card_zone', title: '' } } },
  goods: { begin: sale('goods') },
  'goods-empty': { begin: sale('goods', { lines: [] }) },
  'goods-kind': {
    begin: sale('goods', {
      card: { ...card, value: { minor: 2500, code: 'RICE-KG', digits: 2 }, items: ['rice'], categories: [] },
      lines: [{ item: 'rice', quantity: 12_500, price: 500 }],
    }),
  },
  broken: { begin: { at: 'entry', seq: 1 }, scenario: { entries: [{ seq: 1, at: 0 } as never] } },
  item: { begin: { ...sale('goods'), item: 'rice' } as Screen },
  cash: { begin: sale('rest', { cash: 1500 }) },
  shortfall: { begin: sale('rest', { shortfall: 2400 }) },
  secret: { begin: sale('secret', { secret: '' }) },
  'secret-typed': { begin: sale('secret', { secret: '' }), touch: ['secret.type'] },
  pin: { begin: sale('pin') },
  'pin-pictures': { begin: sale('pin', { card: { ...card, triesLeft: 2 } }), pad: 'pictures' },
  ask: { begin: sale('ask') },
  review: { begin: sale('review', { shortfall: 2400, pin: '123456' }) },
  saving: { begin: { at: 'saving', online: false } },
  sold: { begin: { at: 'sold', sold: { seq: 9, hash: 'h', serial: card.serial, value, at: now, risk: [] }, online: false } },
  'refused-used': { begin: refused('card_redeemed') },
  'refused-factor': { begin: refused('factor_wrong', 2) },
  'refused-zone': { begin: refused('card_zone') },
  'refused-limit': { begin: refused('limit_sum') },
  send: { begin: { at: 'send' } },
  'send-running': {
    begin: { at: 'send' },
    scenario: { sync: { running: true, progress: { phase: 'sending', sent: 100, of: 231 } } },
  },
  'send-offline': { begin: { at: 'send' }, offline: true, scenario: { sync: { problem: refusal('no_network') } } },
  files: { begin: { at: 'files' } },
  today: { begin: { at: 'today' } },
  entry: { begin: { at: 'entry', seq: 7 } },
  'entry-contested': { begin: { at: 'entry', seq: 2 } },
  undo: { begin: { at: 'undo', seq: 7 } },
  'undo-sure': { begin: { at: 'undo', seq: 7, reason: 'goods-returned' } },
  undone: { begin: { at: 'undone', seq: 7 } },
  more: { begin: { at: 'more' }, scenario: { status: { locked: [card.serial] } } },
  prices: { begin: { at: 'prices' } },
  help: { begin: { at: 'help' } },
  settings: { begin: { at: 'settings' } },
  office: { begin: { at: 'office' } },
  logs: { begin: { at: 'logs' } },
  replace: { begin: { at: 'replace' } },
  give: { scenario: officer },
  'give-scan': { scenario: officer, begin: { at: 'takeScan', handing } },
  'give-number': { scenario: officer, begin: { at: 'takeNumber', handing } },
  'give-who': { scenario: officer, begin: { at: 'taker', handing } },
  'give-why': { scenario: officer, begin: { at: 'takerReason', handing } },
  'give-review': { scenario: officer, begin: { at: 'takeReview', handing } },
  'give-done': { scenario: officer, begin: { at: 'taken', count: 2 } },
  'give-open': { scenario: officer, begin: { at: 'openLot' } },
  'give-left': { scenario: officer, begin: { at: 'take' } },
};
