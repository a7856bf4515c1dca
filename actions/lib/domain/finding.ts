/** How bad a finding is: an `error` fails the run, a `warning` and a `notice` do not. */
export type Severity = "error" | "warning" | "notice";

/** What `--fix` can do by itself: put quotes around a value or take them away, put marts in order, add a digest. */
export type Repair = "quote" | "unquote" | "order" | "digest";

/** One thing found at one place of one source file. Lines and columns count from 1. */
export interface Finding {
  /** Stable id of the rule, `area/name`, for instance `pipeline/unknown-key`. */
  rule: string;
  severity: Severity;
  /** Path from the repository's root, with forward slashes. */
  file: string;
  line: number;
  column: number;
  /** What was found. */
  message: string;
  /** What was expected there. */
  expected?: string;
  /** What to do about it. */
  fix?: string;
  /** How it can be mended without a person, where it can. */
  repair?: Repair;
  /** For what is found in a rendered object: its name, and a JSON pointer into it. */
  rendered?: { object: string; pointer: string };
}

/**
 * Renders a finding on one line, `file:line:column: message (expected …); fix [rule]`, as editors can follow it.
 *
 * @param finding the finding
 * @returns one line without a line end
 */
export function formatFinding(finding: Finding): string {
  const expected = finding.expected === undefined ? "" : `; expected ${finding.expected}`;
  const fix = finding.fix === undefined ? "" : `; ${finding.fix}`;
  const place = `${finding.file}:${finding.line}:${finding.column}`;
  return `${place}: ${finding.severity}: ${finding.message}${expected}${fix} [${finding.rule}]`;
}

/**
 * Orders findings by file, line, column and rule, so that the same tree always prints the same list.
 *
 * @param findings in any order
 * @returns a new, ordered list
 */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.rule, b.rule),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
