import { quote } from "./describe-value.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Problem } from "./problem.ts";

/**
 * Checks the name of a time zone.
 *
 * @param name as written
 * @returns what is wrong, or `undefined`
 */
export function checkTimeZone(name: string): Problem | undefined {
  if (/^[A-Za-z]/.test(name) && isKnown(name)) return undefined;
  return {
    rule: "pipeline/time-zone",
    message: `there is no time zone ${quote(name)}`,
    expected: "a name of the IANA list, like `Europe/Madrid`",
    fix: didYouMean(name, Intl.supportedValuesOf("timeZone")) ?? "use `UTC`, or `Region/City`",
  };
}

function isKnown(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
