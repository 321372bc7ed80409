/**
 * What a refusal looks like and what is to be done about it. The sentence that
 * says why stands in the catalogue under fault.<code>, or under the code that says
 * the same; the one that says what to do under do.<deed>.
 */

import type { Drawing } from './drawings';

/** What a person can do about a refusal. */
export const deeds = [
  'office', // call it
  'household', // it has to ask the office; do not sell
  'keep', // keep the card and call the office
  'send', // send what waits first
  'online', // find a network, then sell with it
  'again', // try again
  'scan', // scan the card instead, or better
  'other', // take another card
  'goods', // correct the goods
  'factor', // enter the digits again
  'bundle', // get a new bundle
  'enrol', // get a new enrolment code
  'reopen', // close and open the app, look at the list
  'file', // choose another file
  'look', // look at the list of sales
] as const;

/** One of the deeds. */
export type Deed = (typeof deeds)[number];

/** How a refusal is shown. */
export interface Explained {
  /** what stands under fault. in the catalogue */
  key: string;
  picture: Drawing;
  /** red: never; amber: not now, or not so */
  tone: 'red' | 'amber';
  deed: Deed;
}

type Row = [picture: Drawing, tone: 'red' | 'amber', deed: Deed, sameAs?: string];

const forged: Row = ['stop', 'red', 'keep', 'forged'];
const program: Row = ['broken', 'red', 'office', 'program'];

/** Every code that a handheld can meet. */
export const table: Record<string, Row> = {
  // The handheld.
  handheld_not_enrolled: ['stop', 'red', 'enrol'],
  handheld_enrolled: ['phone', 'amber', 'office'],
  handheld_storage: ['memory', 'red', 'reopen'],
  handheld_in_use: ['tabs', 'amber', 'again'],
  handheld_journal: ['memory', 'red', 'office'],
  handheld_state_lost: ['memory', 'red', 'office'],
  handheld_quarantined: ['lock', 'red', 'office'],
  handheld_purpose: ['phone', 'red', 'office'],
  handheld_request: ['lock', 'amber', 'office'],
  handheld_proof: ['lock', 'amber', 'office', 'handheld_request'],
  handheld_nonce: ['network', 'amber', 'again'],
  handheld_state: ['lock', 'amber', 'office'],
  enrolment_code: ['key', 'red', 'enrol'],
  officer_code: ['lock', 'amber', 'enrol'],
  browser_too_old: ['broken', 'red', 'office'],
  program,
  // The server and the way to it.
  no_network: ['noNetwork', 'amber', 'online'],
  server_address: ['office', 'red', 'office'],
  server_answer: ['office', 'amber', 'again'],
  sync_stuck: ['send', 'red', 'office'],
  carrier_file: ['file', 'amber', 'file'],
  busy: ['wait', 'amber', 'again'],
  interrupted: ['network', 'amber', 'again'],
  too_many_calls: ['wait', 'amber', 'again', 'busy'],
  internal: ['office', 'red', 'office'],
  batch_invalid: program,
  path_unknown: program,
  method_not_allowed: program,
  content_type: program,
  body_malformed: program,
  body_too_large: program,
  query_invalid: program,
  // The bundle.
  bundle_missing: ['bundle', 'amber', 'bundle'],
  bundle_invalid: ['bundle', 'red', 'bundle'],
  bundle_other_handheld: ['bundle', 'red', 'bundle'],
  bundle_older: ['bundle', 'amber', 'file'],
  bundle_too_old: ['bundle', 'red', 'bundle'],
  bundle_degraded: ['bundle', 'amber', 'online'],
  manifest_invalid: ['bundle', 'red', 'bundle', 'bundle_invalid'],
  status_list: ['bundle', 'red', 'bundle', 'bundle_invalid'],
  kid_taken: ['bundle', 'red', 'bundle', 'bundle_invalid'],
  // The card.
  card_number_only: ['scan', 'amber', 'scan'],
  card_void: ['stop', 'red', 'household'],
  card_suspended: ['lock', 'red', 'household'],
  card_redeemed: ['stop', 'red', 'other'],
  card_tag: forged,
  card_spent_here: ['stop', 'red', 'look'],
  card_zone: ['distance', 'amber', 'online'],
  card_not_home: ['otherShop', 'amber', 'online'],
  limit_count: ['send', 'amber', 'send'],
  limit_sum: ['send', 'amber', 'send'],
  token_not_yet: ['clock', 'amber', 'other'],
  token_expired: ['today', 'red', 'household'],
  token_key_unknown: ['question', 'red', 'bundle'],
  token_claims: forged,
  token_audience: forged,
  token_issuer: forged,
  token_outside_manifest: forged,
  signed_too_long: forged,
  signed_alphabet: forged,
  signed_segments: forged,
  signed_header: forged,
  signed_encoding: forged,
  signed_form: forged,
  signed_content: forged,
  signed_signature: forged,
  wire_malformed: ['question', 'amber', 'scan'],
  serial_malformed: ['keys', 'amber', 'again'],
  serial_check: ['keys', 'amber', 'again'],
  voucher_not_found: ['question', 'red', 'keep'],
  voucher_life: ['stop', 'red', 'household'],
  // The goods.
  goods_missing: ['basket', 'amber', 'goods'],
  goods_unknown: ['goodsOut', 'amber', 'goods'],
  goods_not_allowed: ['goodsOut', 'amber', 'goods'],
  price_above_ceiling: ['price', 'amber', 'goods'],
  goods_fraction: ['price', 'amber', 'goods'],
  goods_total: ['basket', 'amber', 'goods'],
  // What the household shows.
  secret_needed: ['scratch', 'amber', 'factor'],
  pin_needed: ['pin', 'amber', 'factor'],
  factor_malformed: ['pin', 'amber', 'factor'],
  factor_wrong: ['no', 'red', 'factor'],
  factor_tries: ['lock', 'red', 'household'],
  factor_seal: program,
  // Undoing a sale.
  receipt_unknown: ['question', 'amber', 'look'],
  receipt_cancelled: ['undo', 'amber', 'look'],
  cancel_late: ['today', 'red', 'office'],
  cancel_state: ['lock', 'red', 'office'],
  // The trader.
  vendor_not_found: ['shop', 'red', 'office'],
  vendor_suspended: ['shop', 'red', 'office'],
  // Warnings.
  warn_unsynced: ['clock', 'amber', 'send'],
  warn_limit: ['send', 'amber', 'send'],
};

/** explain says how a code is shown; one that nobody knows is a matter for the office. */
export function explain(code: string): Explained {
  const row = Object.prototype.hasOwnProperty.call(table, code) ? table[code]! : undefined;
  if (!row) return { key: 'unknown', picture: 'warning', tone: 'red', deed: 'office' };
  return { key: row[3] ?? code, picture: row[0], tone: row[1], deed: row[2] };
}

/** The server's reasons for an answer to a record (voucher/judge.go); each has a sentence reason.<code>. */
export const reasons = [
  'unknown-serial',
  'amount',
  'handheld-purpose',
  'handheld-revoked',
  'zone',
  'expired',
  'not-yet-valid',
  'void',
  'held',
  'factor-missing',
  'factor-wrong',
  'not-home',
  'bundle-too-old',
  'not-activated',
  'before-activation',
  'already-redeemed',
  'loss-accepted',
  'activation-missed',
  'chain-broken',
  'gap',
  'after-close',
  'second-person',
  'not-cancellable',
  'contract',
  'record-invalid',
] as const;
