// Names and numbers as signed texts have them (voucher/wire_jws.go, token_claims.go).

/** The largest value of a voucher or price, in the smallest unit. */
export const valueMax = 999_999_999_999;
/** Handhelds have ids of at most 16 characters. */
export const handheldMax = 16;
/** Codes of items, lots, rounds and programmes. */
export const nameMax = 40;
/** The first and the last second with ten digits: 2001 to 2286. */
export const secondsMin = 1_000_000_000;
export const secondsMax = 9_999_999_999;

/** Whether s is 1 to limit letters, digits, "-", "_" and ".". */
export function isName(s: string, limit: number): boolean {
  return s.length <= limit && /^[A-Za-z0-9._-]+$/.test(s);
}

/** Whether s is exactly n decimal digits. */
export function isDigits(s: string, n: number): boolean {
  return s.length === n && /^[0-9]*$/.test(s);
}

/** Whether t is from 1970 to 2286. */
export function inRange(t: number): boolean {
  return t >= 0 && t <= secondsMax;
}

/** Whether s is a decimal above zero in its one notation: six digits before the point at most, three after. */
export function isQuantity(s: string): boolean {
  return /^(0|[1-9][0-9]{0,5})(\.[0-9]{0,2}[1-9])?$/.test(s) && s !== '0';
}
