// What the screens and the shell use of the core. Everything here is a type; the functions that make these things are
// in index.ts. The rules, their order, the codes of refusals and all formats are those of the Go package
// voucher/handheld.
//
// Times are whole seconds since 1970 (UTC, which is the time of Mali). Francs and amounts are safe integers in the
// smallest unit; quantities of goods are decimal texts such as "2.5", at most three digits after the point. Every
// promise may be rejected with a Fault; anything else is a mistake of ours.

import type { Fault } from './fault';

export type { Fault, Field, Kind } from './fault';

/** Whole seconds since 1970, UTC. */
export type Seconds = number;
/** 16 characters that name a card; printed in groups with two check digits (printSerial). */
export type Serial = string;
/** SHA-256 in base64url, 43 characters: the name of a record. */
export type Hash = string;

/** An amount of an asset. minor counts its smallest unit; digits says how many digits stand behind the point. */
export interface Amount {
  readonly minor: number;
  /** "XOF" for francs; a commodity's code such as "RICE-KG" otherwise. */
  readonly code: string;
  readonly digits: number;
}

/** sales redeems vouchers; distribution activates cards at the hand-over. */
export type Purpose = 'sales' | 'distribution';

/** Who the handheld is, from its enrolment. */
export interface Identity {
  readonly handheld: string;
  readonly programme: string;
  readonly vendor: string;
  readonly purpose: Purpose;
  /** Address of the server; "" for the one that the program comes from. */
  readonly server: string;
}

/** Public keys that the handheld believes, base64url. */
export interface Trust {
  readonly root: string;
  readonly beacon: string;
}

/** What a handheld is enrolled with, from the QR code of the office or typed. */
export interface Enrolment {
  /** One-time code; dashes, spaces and small letters do not matter. */
  readonly code: string;
  readonly trust: Trust;
  readonly server: string;
}

/** A rule that the handheld lets pass and says so on the receipt. */
export type Risk = 'degraded' | 'no-hint' | 'not-home' | 'pace';

/** What a scanned card is, before goods and factor. */
export interface Card {
  readonly serial: Serial;
  readonly value: Amount;
  readonly expires: Seconds;
  /** This handheld is its home. */
  readonly home: boolean;
  /** The 16 digits under the scratch label are needed. */
  readonly secret: boolean;
  /** The PIN of 6 digits is needed. */
  readonly pin: boolean;
  /** The household may have a PIN that this handheld does not know of: ask, and pass it on if there is one. */
  readonly askPIN: boolean;
  /** What a sale of it now would let pass, ascending. */
  readonly risk: readonly Risk[];
  /** The goods that it buys: a category or an item of these; both empty: all of the price list. */
  readonly categories: readonly string[];
  readonly items: readonly string[];
  /** Wrong secrets or PINs that it still bears here, 1 to 3. */
  readonly triesLeft: number;
  /** The text to give to sell: the scan itself, or for a typed number what the server answered. */
  readonly scan: string;
}

/** What the household showed besides the card; digits only, "" where there is none. Kept nowhere but sealed. */
export interface Factor {
  readonly secret: string;
  readonly pin: string;
}

/** One kind of goods handed over. */
export interface Line {
  readonly item: string;
  /** Such as "2.5"; above 0, at most six digits before the point and three after, no needless zeros. */
  readonly quantity: string;
  /** Francs for one unit, at most the item's ceiling. */
  readonly price: number;
}

/** A sale at the counter. Either cash (the household adds) or shortfall (the goods are worth less) may be above 0. */
export interface Sale {
  /** Digits of the card's code, or the text that they stand for: Card.scan. */
  readonly scan: string;
  readonly factor: Factor;
  readonly lines: readonly Line[];
  readonly cash: number;
  readonly shortfall: number;
}

/** A sale that is durable: only now may the screen be green. It is pending until the server accepted it. */
export interface Sold {
  readonly seq: number;
  readonly hash: Hash;
  readonly serial: Serial;
  readonly value: Amount;
  readonly at: Seconds;
  readonly risk: readonly Risk[];
}

export type CancelReason = 'mistake' | 'goods-returned' | 'goods-missing';
/** Who received the cards. */
export type Taker = 'head' | 'alternate' | 'third-party';
/** Why a third party received them; "" for the others. */
export type TakerReason = '' | 'distance' | 'health' | 'care' | 'away' | 'safety' | 'other';

/** What goods come to against a card; see Handheld.weigh. */
export interface Weighed {
  /** Francs that the lines cost; 0 for a card in kind. */
  readonly goods: number;
  /** For a card in kind: the quantity of all lines, such as "12.5"; "" otherwise. */
  readonly quantity: string;
  /** What the household adds, or the goods are worth less, for the sum to fit. For a card in kind both are 0. */
  readonly cash: number;
  readonly shortfall: number;
  /** Whether the sum fits: always for francs; for a card in kind when the quantity is the card's. */
  readonly fits: boolean;
}

/** One article of the price list. */
export interface Item {
  readonly code: string;
  readonly category: string;
  readonly en: string;
  readonly fr: string;
  /** The most that one unit may cost, in francs. */
  readonly ceiling: number;
  /** Name of a picture of ours; "" where there is none. */
  readonly picture: string;
  /** The trader marked it out of stock; known on this handheld only. */
  readonly out: boolean;
}

export type RecordKind = 'receipt' | 'cancellation' | 'activation';

/** The server's answer to a record; pending where there is none yet. */
export type RecordState =
  | 'pending'
  | 'payable'
  | 'waiting'
  | 'contested'
  | 'rejected'
  | 'quarantined'
  | 'cancelled'
  | 'accepted';

/** One of the handheld's own records with its present state. */
export interface Entry {
  readonly seq: number;
  readonly hash: Hash;
  readonly kind: RecordKind;
  readonly at: Seconds;
  readonly state: RecordState;
  /** The server's code for it; "" where there is nothing to explain. */
  readonly reason: string;
  /** Whether the server has it, be it without an answer. */
  readonly sent: boolean;
  /** Of a receipt; "" otherwise. */
  readonly serial: Serial;
  /** Of a receipt; undefined otherwise. */
  readonly value?: Amount;
  readonly lines: readonly Line[];
  readonly cash: number;
  readonly shortfall: number;
  readonly risk: readonly Risk[];
  /** Of a cancellation: the number of the sale; 0 otherwise. */
  readonly of: number;
  readonly cancelReason?: CancelReason;
  /** Of an activation; empty otherwise. */
  readonly serials: readonly Serial[];
  readonly taker?: Taker;
  readonly takerReason?: TakerReason;
}

/** How far the bundle may be relied on: fresh; degraded, only home cards; stale, nothing without a network. */
export type Freshness = 'fresh' | 'degraded' | 'stale' | 'missing';

/** The zone's policy, in hours and francs. */
export interface Policy {
  readonly fresh: number;
  readonly degraded: number;
  readonly floor: number;
  readonly count: number;
  readonly sum: number;
}

/** What the screen shows all the time. */
export interface Status {
  readonly identity: Identity;
  /** The time to judge by: the clock, never before the server's last word or a later record. */
  readonly time: Seconds;
  readonly records: number;
  /** Records that the server is not known to have, and the time of the oldest (0 for none). */
  readonly unsynced: number;
  readonly unsyncedSince: Seconds;
  /** When the bundle was made; 0 for none. */
  readonly snapshot: Seconds;
  readonly freshness: Freshness;
  /** Of the bundle; undefined where there is none. */
  readonly policy?: Policy;
  readonly zone: string;
  /** Sales since the last sync, to hold against the policy's count and sum. */
  readonly exposure: { readonly count: number; readonly francs: number };
  /** Value of the sales in each state, one amount for each asset. */
  readonly totals: Readonly<Partial<Record<RecordState, readonly Amount[]>>>;
  /** Cards with three wrong tries, ascending; the office must know. */
  readonly locked: readonly Serial[];
  /** The gravest first. Their codes: handheld_storage, handheld_state_lost, handheld_quarantined, bundle_missing,
   * bundle_invalid, bundle_too_old, warn_unsynced, warn_limit, bundle_degraded. */
  readonly warnings: readonly Fault[];
  /** Whether a record could be made now; if not, warnings[0] says why. */
  readonly fit: boolean;
}

/** What a distribution handheld knows about the hand-over. */
export interface Handover {
  /** Different cards that this handheld recorded as handed over. */
  readonly handed: number;
  /** Lots under embargo that wait for an officer's code; nothing else is known of them. */
  readonly sealed: number;
  readonly lots: readonly HandoverLot[];
}

/** A lot of the bundle. */
export interface HandoverLot {
  readonly lot: string;
  readonly round: string;
  /** Vouchers to hand over in the whole lot, spares not included. */
  readonly count: number;
  readonly spares: number;
  readonly notBefore: Seconds;
  readonly expires: Seconds;
}

/** A card as read at the hand-over, before the activation is signed. */
export interface HandoverCard {
  readonly serial: Serial;
  /** Undefined for a typed number, which says no more than itself. */
  readonly value?: Amount;
  readonly lot: string;
  /** This handheld recorded it as handed over before. */
  readonly again: boolean;
}

/** Where a sync is. */
export interface SyncProgress {
  readonly phase: 'sending' | 'asking' | 'bundle';
  /** Records that the server has taken since the sync began, of those that waited then. */
  readonly sent: number;
  readonly of: number;
}

/** What a sync did. */
export interface Synced {
  /** Records that the server answered. */
  readonly sent: number;
  /** Records whose answer is now another than before. */
  readonly settled: number;
  /** Records that the server is not known to have. */
  readonly pending: number;
}

/** A file for a carrier: lines of JSON, as `jate handheld carry` reads them. */
export interface Exported {
  readonly text: string;
  readonly records: number;
  /** A name for the file, without personal data. */
  readonly name: string;
}

/** An enrolled handheld. Its methods may be called at any time, from several tabs; they take their turn. */
export interface HandheldAPI {
  readonly identity: Identity;

  /** Judges everything about a scanned card but goods and factor, in the order of sell; nothing is kept. A number
   * alone is refused with card_number_only. With online the rules of zone, floor and limits do not apply: for a sale
   * through sellOnline. Refusals that a network would lift are denied, limited or unavailable (online says so). */
  look(scan: string, online?: boolean): Promise<Card>;
  /** Gets the card of a typed number from the server, which holds it for 15 minutes, and judges it like a scanned one;
   * refused with card_number_only where there is no network. Sell it with sellOnline. */
  fetchCard(number: string): Promise<Card>;
  /** What lines come to against a card; faults as sell would give for the lines. */
  weigh(card: Card, lines: readonly Line[]): Promise<Weighed>;
  /** Sells without a network; resolved once the receipt is durable. */
  sell(sale: Sale): Promise<Sold>;
  /** Sells after the server reserved the card for this handheld. */
  sellOnline(sale: Sale): Promise<Sold>;
  /** Undoes a sale of today. */
  cancel(seq: number, reason: CancelReason): Promise<Hash>;

  /** Judges a card that is to be handed over; a scan or a printed number. */
  lookHandover(scan: string): Promise<HandoverCard>;
  /** Records that 1 to 64 cards were handed over; scans or printed numbers. Resolved once the record is durable. */
  activate(scans: readonly string[], by: Taker, reason?: TakerReason): Promise<Hash>;
  /** Opens the lots under embargo that the officer's code is for, typed in groups or scanned; returns how many. Refused
   * with officer_code. */
  openLots(code: string): Promise<number>;
  handover(): Promise<Handover>;

  status(): Promise<Status>;
  /** All own records, oldest first. */
  entries(): Promise<Entry[]>;
  /** The price list; empty without a bundle. */
  prices(): Promise<Item[]>;
  /** Marks an article out of stock, or in stock again, on this handheld only. */
  markStock(item: string, out: boolean): Promise<void>;

  /** Sends what the server is not known to have, asks again about what is open, and fetches the bundle. */
  sync(progress?: (p: SyncProgress) => void, signal?: AbortSignal): Promise<Synced>;
  fetchBundle(signal?: AbortSignal): Promise<void>;
  takeBundle(jws: string): Promise<void>;
  /** For a carrier: what the server is not known to have, or with all the whole journal. */
  exportJournal(all?: boolean): Promise<Exported>;
  /** Takes in what a carrier brought back, or a bundle; returns how many lines it used. */
  importAnswers(text: string): Promise<number>;
  /** Eight digits by which two people compare the keys that this handheld believes with those of the office. */
  fingerprint(): Promise<string>;
  /** Keeps a note of something that took a while, for the office; event is a name of small letters and dashes. */
  note(event: string, ms: number): void;
  /** What happened on this handheld, for the office: codes and numbers, nothing personal; oldest first. */
  logs(): Promise<string[]>;
  /** Calls fn after anything changed here or in another tab; returns a function that ends that. */
  onChange(fn: () => void): () => void;
  /** Closes the database; nothing else may be called afterwards. */
  close(): void;
}

/** State of the sync that runs by itself; see index.ts, AutoSync. */
export interface AutoSyncState {
  readonly running: boolean;
  readonly progress?: SyncProgress;
  /** When a sync last came to its end; 0 for never since the program started. */
  readonly doneAt: Seconds;
  /** Why the last one did not; undefined where it did. */
  readonly problem?: Fault;
}

/** The sync that runs by itself: after each record, when the network comes back, and at intervals. */
export interface AutoSyncAPI {
  readonly state: AutoSyncState;
  /** Begins; call once. */
  start(): void;
  /** Syncs now, whatever the interval; resolved when that sync ended, well or not. */
  now(): Promise<void>;
  onChange(fn: (s: AutoSyncState) => void): () => void;
  stop(): void;
}
