// A line of the journal is one event, written as the Go package writes it:
//
//	<CRC-32C of the rest, 8 hex digits> <kind> <text>
//
// "R" and a record's asset (or "-") and JWS, "T" and the serial of a card whose secret or PIN was wrong, "A" and an
// acknowledgement, "B" and a beacon, "K" and the root key's word on new keys. In the database each line is a value of its own, under its number from 1.

import { crc32c } from './bytes';

export type LineKind = 'R' | 'T' | 'A' | 'B' | 'K';

/** One event of the journal. Its text is printable ASCII. */
export interface JournalLine {
  readonly kind: LineKind;
  readonly text: string;
}

const lineMax = 300 << 10;

/** Returns the line as it stands in the journal, without a line feed. */
export function encodeLine(l: JournalLine): string {
  const rest = `${l.kind} ${l.text}`;
  return `${crc32c(rest)} ${rest}`;
}

/** Reads what encodeLine writes, and nothing else; undefined for a damaged line. */
export function decodeLine(text: unknown): JournalLine | undefined {
  if (typeof text !== 'string' || text.length > lineMax) return undefined;
  if (!/^[0-9a-f]{8} [RTABK] [ -~]+$/.test(text)) return undefined;
  if (crc32c(text.slice(9)) !== text.slice(0, 8)) return undefined;
  return { kind: text.charAt(9) as LineKind, text: text.slice(11) };
}
