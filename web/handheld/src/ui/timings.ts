/**
 * How long the steps of sales took, for the office that wants to know whether ten
 * seconds are enough: names and milliseconds, never what was typed. The newest
 * timingsMax are kept in localStorage and go with the logs.
 */

const place = 'jate.handheld.timings';

/** How many are kept. */
export const timingsMax = 200;

/** keepTiming adds one to a list of them, and drops the oldest beyond the limit. */
export function keepTiming(list: readonly string[], at: Date, what: string, ms: number): string[] {
  const line = `${at.toISOString().slice(0, 19)}Z ${what} ${Math.max(0, Math.round(ms))} ms`;
  return [...list, line].slice(-timingsMax);
}

/** timings reads what was kept. */
export function timings(): string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(place) ?? '[]');
    return Array.isArray(list) ? list.filter((l): l is string => typeof l === 'string').slice(-timingsMax) : [];
  } catch {
    return [];
  }
}

/** timed notes how long something took. */
export function timed(what: string, ms: number): void {
  try {
    localStorage.setItem(place, JSON.stringify(keepTiming(timings(), new Date(), what, ms)));
  } catch {
    // A phone that is full keeps no timings.
  }
}
