import { isFault } from '../core/fault';
import type { Refusal } from './machine';

/** refusalOf turns what a promise was rejected with into what the screen says; what is no fault is a mistake of ours. */
export function refusalOf(err: unknown): Refusal {
  if (!isFault(err)) {
    console.error(err);
    return { code: 'program', title: '' };
  }
  const left = err.code === 'factor_wrong' ? /\d+/.exec(err.fields.find((f) => f.location === 'factor')?.message ?? '') : null;
  return left ? { code: err.code, title: err.title, triesLeft: Number(left[0]) } : { code: err.code, title: err.title };
}
