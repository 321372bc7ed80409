// JSON in the one form that signed texts are written in: the members of a schema in its order, no spaces, nothing else.
// What is read is written again and compared, so that two members of one name, an unknown one, another order, 1.5e3 for
// 1500 or an escape that was not needed are all refused (voucher/wire_jws.go).

import { fromBase64 } from './bytes';
import * as faults from './faults';

/** What a member may hold. A list may be null, as Go writes a list that is not there; checks refuse it. */
export type Type =
  | 'text' // any text
  | 'int' // a whole number
  | 'uint' // a whole number, not negative
  | 'uint32'
  | 'hash' // 43 characters of base64url
  | 'bytes' // base64url of any length
  | 'leaf' // null, or digits of a number of 64 bits as text
  | { readonly list: Type }
  | { readonly object: Schema };

/** A member's name and type, and whether it is left out where it is empty. */
export interface Member {
  readonly name: string;
  readonly type: Type;
  readonly optional?: boolean;
}

export type Schema = readonly Member[];

/** Describes the members of an object: names and types in turn; a name that ends with "?" may be left out. */
export function schema(members: Readonly<Record<string, Type>>): Schema {
  return Object.entries(members).map(([name, type]) =>
    name.endsWith('?') ? { name: name.slice(0, -1), type, optional: true } : { name, type },
  );
}

const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?:^|[^\ud800-\udbff])[\udc00-\udfff]/;

function writeText(v: string): string {
  if (lone.test(v)) throw faults.signedForm;
  // Go escapes these two as well, whatever it is asked.
  return JSON.stringify(v).replace(/[\u2028\u2029]/g, (c) => (c === '\u2028' ? '\\u2028' : '\\u2029'));
}

function writeInt(v: number, least: number, most: number): string {
  if (!Number.isInteger(v) || v < least || v > most) throw faults.signedForm;
  // No signed text has such a number, and it would be read as another one.
  if (!Number.isSafeInteger(v)) throw faults.signedContent.at('number', 'beyond 53 bits');
  return String(v);
}

function writeScalar(type: Type, v: unknown): string {
  if (typeof v === 'number') {
    switch (type) {
      case 'int':
        return writeInt(v, -(2 ** 63), 2 ** 63);
      case 'uint':
        return writeInt(v, 0, 2 ** 64);
      case 'uint32':
        return writeInt(v, 0, 2 ** 32 - 1);
    }
  }
  if (typeof v === 'string') {
    switch (type) {
      case 'text':
        return writeText(v);
      case 'hash':
        if (v.length === 43 && fromBase64(v)) return `"${v}"`;
        break;
      case 'bytes':
        if (fromBase64(v)) return `"${v}"`;
        break;
      case 'leaf':
        if (/^(0|[1-9][0-9]{0,19})$/.test(v) && BigInt(v) < 1n << 64n) return `"${v}"`;
        break;
    }
  }
  if (type === 'leaf' && v === null) return 'null';
  throw faults.signedForm;
}

function writeValue(type: Type, v: unknown): string {
  if (typeof type === 'string') return writeScalar(type, v);
  if ('object' in type) return write(type.object, v);
  if (v === null) return 'null';
  if (!Array.isArray(v)) throw faults.signedForm;
  return `[${v.map((x) => writeValue(type.list, x)).join(',')}]`;
}

/** Writes an object in its one form. Throws signed_form for a value that its schema does not allow. */
export function write(members: Schema, v: unknown): string {
  if (typeof v !== 'object' || v === null || Array.isArray(v)) throw faults.signedForm;
  const parts: string[] = [];
  for (const m of members) {
    const value = (v as Record<string, unknown>)[m.name];
    if (m.optional && (value === undefined || value === '')) continue;
    parts.push(`"${m.name}":${writeValue(m.type, value)}`);
  }
  return `{${parts.join(',')}}`;
}

/** Reads what write writes, and only that. Throws signed_form. The result's members have the schema's names. */
export function read<T>(members: Schema, text: string): T {
  let v: unknown;
  try {
    v = JSON.parse(text);
  } catch {
    throw faults.signedForm;
  }
  if (write(members, v) !== text) throw faults.signedForm;
  return v as T;
}
