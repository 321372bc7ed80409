// A fault is a refusal with a stable code. The codes and kinds are those of the server and of the Go package
// voucher/handheld; the sentences for people stand in the catalogues of src/i18n, under the code.

/** Who has to act; the names are those of Go's fault.Kind. */
export type Kind =
  | 'internal'
  | 'invalid'
  | 'unauthenticated'
  | 'denied'
  | 'not_found'
  | 'conflict'
  | 'gone'
  | 'limited'
  | 'unavailable';

/** What is wrong, and where. Never holds anything secret. */
export interface Field {
  location: string;
  message: string;
  value?: string;
}

/** A refusal. Two faults with one code are the same, whatever their fields. */
export class Fault extends Error {
  readonly kind: Kind;
  readonly code: string;
  readonly fields: readonly Field[];
  /** The server's own sentence in the language asked for, for a code that the catalogue does not know. */
  readonly title: string;

  constructor(kind: Kind, code: string, fields: readonly Field[] = [], title = '') {
    super(fields.reduce((text, f) => `${text} [${f.location}: ${f.message}]`, code));
    this.name = 'Fault';
    this.kind = kind;
    this.code = code;
    this.fields = fields;
    this.title = title;
  }

  /** Returns a copy that names a field and what is wrong with it, where the code does not say enough. */
  at(location: string, message = '', value?: string): Fault {
    const field: Field = value === undefined ? { location, message } : { location, message, value };
    return new Fault(this.kind, this.code, [...this.fields, field], this.title);
  }
}

/** Reports whether err is a fault with the code. */
export function isFault(err: unknown, code?: string): err is Fault {
  return err instanceof Fault && (code === undefined || err.code === code);
}
