import type { Finding } from "./finding.ts";
import type { JsonPointer } from "./json-pointer.ts";
import type { YamlPositions } from "./yaml-positions.ts";

/** A finding that has no place yet. */
export type Problem = Pick<Finding, "rule" | "message" | "expected" | "fix" | "repair">;

/** A problem with a value of a YAML document. */
export interface PointedProblem extends Problem {
  pointer: JsonPointer;
  /** Whether the key is wrong or the value. */
  at: "key" | "value";
}

/**
 * Puts problems where they were written.
 *
 * @param file path from the repository's root
 * @param positions of that file
 * @param problems in it
 * @returns errors with line and column
 */
export function locateProblems(
  file: string,
  positions: YamlPositions,
  problems: readonly PointedProblem[],
): Finding[] {
  return problems.map(({ pointer, at, ...problem }): Finding => {
    return { severity: "error", file, ...positions[at](pointer), ...problem };
  });
}
