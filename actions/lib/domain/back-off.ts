const FIRST_MS = 500;
const LONGEST_MS = 8_000;

/**
 * How long to wait before the next try: twice as long each time, and by chance up to half less, so that those who
 * met once do not meet again.
 *
 * @param tried how many tries there were, from 1
 * @param random a number in [0, 1)
 * @returns milliseconds
 */
export function backOff(tried: number, random: number = Math.random()): number {
  return Math.round(Math.min(LONGEST_MS, FIRST_MS * 2 ** (tried - 1)) * (1 - random / 2));
}
