/** A moment in microseconds since 1970, UTC. Whole, and far below what a number holds exactly. */
export type Micros = number;

/** A day by its number since 1970-01-01, UTC. */
export type Day = number;

export const SECOND: Micros = 1_000_000;
export const MINUTE: Micros = 60 * SECOND;
export const HOUR: Micros = 60 * MINUTE;
export const DAY: Micros = 24 * HOUR;

/** The zone of the shop's one column without a zone. */
export const SHOP_ZONE = "Europe/Madrid";

/**
 * @param text `YYYY-MM-DD`
 * @returns the day; `undefined` when it is none
 */
export function parseDay(text: string): Day | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // `2023-02-29` would be read as the first of March.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text) return undefined;
  return at / 86_400_000;
}

/** @returns `YYYY-MM-DD` */
export function dayText(day: Day): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

/** @returns the day that a moment is in, UTC */
export function dayOf(at: Micros): Day {
  return Math.floor(at / DAY);
}

/** @returns a moment as PostgreSQL reads a `timestamptz` */
export function instantText(at: Micros): string {
  return `${clockText(at)}+00`;
}

/** @returns what the clock in the shop showed at that moment, as PostgreSQL reads a `timestamp` */
export function shopClockText(at: Micros): string {
  return clockText(at + shopOffset(at));
}

/**
 * How far the shop's clock is ahead of UTC. Computed, because Intl takes a hundred times as long: summer time in the EU
 * is from 01:00 UTC on the last Sunday of March to 01:00 UTC on the last Sunday of October (directive 2000/84/EC).
 */
export function shopOffset(at: Micros): Micros {
  const year = new Date(at / 1000).getUTCFullYear();
  const [from, until] = summerTime(year);
  return at >= from && at < until ? 2 * HOUR : HOUR;
}

const summers = new Map<number, readonly [Micros, Micros]>();

function summerTime(year: number): readonly [Micros, Micros] {
  const known = summers.get(year);
  if (known !== undefined) return known;
  const lastSunday = (month: number) => {
    const last = new Date(Date.UTC(year, month, 31));
    return (last.getTime() - last.getUTCDay() * 86_400_000) * 1000 + HOUR;
  };
  const found = [lastSunday(2), lastSunday(9)] as const;
  summers.set(year, found);
  return found;
}

/** By arithmetic: a million rows have five million of these, and Date takes most of the time for them. */
function clockText(at: Micros): string {
  const day = Math.floor(at / DAY);
  const rest = at - day * DAY;
  const two = (value: number) => (value < 10 ? `0${value}` : String(value));
  const clock = `${two(Math.floor(rest / HOUR))}:${two(Math.floor(rest / MINUTE) % 60)}:${two(Math.floor(rest / SECOND) % 60)}`;
  return `${knownDayText(day)} ${clock}.${String(rest % SECOND).padStart(6, "0")}`;
}

const dayTexts = new Map<Day, string>();

function knownDayText(day: Day): string {
  const known = dayTexts.get(day);
  if (known !== undefined) return known;
  const made = dayText(day);
  dayTexts.set(day, made);
  return made;
}
