import type { Finding } from "../lib/domain/finding.ts";
import { UserError } from "../lib/domain/user-error.ts";

/**
 * Turns the user's faults into findings.
 *
 * @param work may throw them
 * @returns what it gave, or the findings; what is no fault of a file's is thrown on
 */
export function findingsOr<T>(work: () => T): { value: T } | { findings: Finding[] } {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof UserError && error.findings.length > 0) return { findings: [...error.findings] };
    throw error;
  }
}

/**
 * @param work may throw the user's faults
 * @returns them; nothing when it did not
 */
export function findingsOf(work: () => unknown): Finding[] {
  const result = findingsOr(work);
  return "findings" in result ? result.findings : [];
}
