// Every fault that the core itself makes, with the codes and kinds of the Go packages voucher and voucher/handheld.
// What the server refuses comes with its own code (client.ts).

import { Fault, type Kind } from './fault';

const declared = (kind: Kind, code: string) => new Fault(kind, code);

// Signed texts (voucher/wire_jws.go).
export const signedTooLong = declared('invalid', 'signed_too_long');
export const signedAlphabet = declared('invalid', 'signed_alphabet');
export const signedSegments = declared('invalid', 'signed_segments');
export const signedHeader = declared('invalid', 'signed_header');
export const signedEncoding = declared('invalid', 'signed_encoding');
export const signedForm = declared('invalid', 'signed_form');
export const signedContent = declared('invalid', 'signed_content');
export const signature = declared('invalid', 'signed_signature');

// Vouchers (voucher/token.go, wire.go, serial.go, factor.go, manifest.go, status.go).
export const tokenKey = declared('invalid', 'token_key_unknown');
export const tokenClaims = declared('invalid', 'token_claims');
export const tokenAudience = declared('invalid', 'token_audience');
export const tokenIssuer = declared('invalid', 'token_issuer');
export const tokenManifest = declared('invalid', 'token_outside_manifest');
export const tokenNotYet = declared('unavailable', 'token_not_yet');
export const tokenExpired = declared('gone', 'token_expired');
export const wire = declared('invalid', 'wire_malformed');
export const serialForm = declared('invalid', 'serial_malformed');
export const serialCheck = declared('invalid', 'serial_check');
export const factorForm = declared('invalid', 'factor_malformed');
export const manifest = declared('invalid', 'manifest_invalid');
export const keyTwice = declared('conflict', 'kid_taken');
export const statusList = declared('invalid', 'status_list');

// The handheld itself (voucher/handheld/errors.go).
export const notEnrolled = declared('conflict', 'handheld_not_enrolled');
export const enrolled = declared('conflict', 'handheld_enrolled');
export const storage = declared('unavailable', 'handheld_storage');
export const journal = declared('conflict', 'handheld_journal');
export const stateLost = declared('conflict', 'handheld_state_lost');
export const quarantined = declared('denied', 'handheld_quarantined');
export const purpose = declared('denied', 'handheld_purpose');
export const answer = declared('unavailable', 'server_answer');
export const stuck = declared('conflict', 'sync_stuck');
export const file = declared('invalid', 'carrier_file');
export const address = declared('invalid', 'server_address');
export const noNetwork = declared('unavailable', 'no_network');
/** The browser lacks what no substitute of ours makes up for; only here. */
export const platform = declared('unavailable', 'browser_too_old');

// The zone bundle.
export const officerCode = declared('denied', 'officer_code');
export const noBundle = declared('unavailable', 'bundle_missing');
export const bundle = declared('invalid', 'bundle_invalid');
export const bundleOther = declared('invalid', 'bundle_other_handheld');
export const bundleOlder = declared('conflict', 'bundle_older');
export const bundleStale = declared('unavailable', 'bundle_too_old');
export const bundleDegraded = declared('unavailable', 'bundle_degraded');

// A card.
export const cardNumber = declared('invalid', 'card_number_only');
export const cardVoid = declared('gone', 'card_void');
export const cardSuspended = declared('unavailable', 'card_suspended');
export const cardRedeemed = declared('gone', 'card_redeemed');
export const cardTag = declared('invalid', 'card_tag');
export const cardSpent = declared('conflict', 'card_spent_here');
export const zone = declared('denied', 'card_zone');
export const floor = declared('denied', 'card_not_home');
export const countLimit = declared('limited', 'limit_count');
export const sumLimit = declared('limited', 'limit_sum');

// Goods and factor.
export const lines = declared('invalid', 'goods_missing');
export const item = declared('invalid', 'goods_unknown');
export const basket = declared('denied', 'goods_not_allowed');
export const ceiling = declared('invalid', 'price_above_ceiling');
export const fraction = declared('invalid', 'goods_fraction');
export const total = declared('invalid', 'goods_total');
export const secretNeeded = declared('invalid', 'secret_needed');
export const pinNeeded = declared('invalid', 'pin_needed');
export const factorWrong = declared('denied', 'factor_wrong');
export const tries = declared('denied', 'factor_tries');

// A cancellation.
export const noReceipt = declared('not_found', 'receipt_unknown');
export const cancelled = declared('conflict', 'receipt_cancelled');
export const cancelLate = declared('gone', 'cancel_late');
export const cancelState = declared('conflict', 'cancel_state');

// Warnings.
export const warnUnsynced = declared('unavailable', 'warn_unsynced');
export const warnLimit = declared('limited', 'warn_limit');
