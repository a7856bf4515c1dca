/**
 * Reads a time as people write it in ISO 8601, to the minute or finer. Without its zone it is none: the runner's is not
 * the reader's.
 *
 * @param text `2026-11-20T12:00Z`, `2026-11-20T13:00:30+01:00`
 * @returns milliseconds since 1970, or `undefined` when it is none
 */
export function parseMoment(text: string): number | undefined {
  const form = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:?\d\d)$/i.exec(text);
  if (form === null) return undefined;
  const [, day = "", time = "", zone = ""] = form;
  const timeMs = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  // JavaScript takes 31 November for 1 December.
  const exists = new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day) === true;
  return Number.isNaN(timeMs) || !exists ? undefined : timeMs;
}
