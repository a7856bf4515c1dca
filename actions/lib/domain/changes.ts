import type { Finding } from "./finding.ts";

/** The lines that a change adds or edits, by file: ranges of line numbers, both ends included. */
export type Changes = ReadonlyMap<string, readonly (readonly [first: number, last: number])[]>;

/**
 * Reads a unified diff without context lines.
 *
 * @param diff what `git diff --unified=0 --no-prefix` writes, paths unquoted
 * @returns the lines of the new side
 */
export function parseChanges(diff: string): Changes {
  const changes = new Map<string, [number, number][]>();
  let ranges: [number, number][] | undefined;
  let left = 0;
  for (const line of diff.split("\n")) {
    if (left > 0 && /^[-+\\]/.test(line)) {
      left -= 1; // content, which may look like anything
      continue;
    }
    const file = /^\+\+\+ (.*?)\t?$/.exec(line)?.[1];
    if (file !== undefined) {
      ranges = [];
      if (file !== "/dev/null") changes.set(file, ranges);
      continue;
    }
    const [, removed = "1", start, count = "1"] =
      /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    if (start === undefined) continue;
    left = Number(removed) + Number(count);
    if (Number(count) > 0) ranges?.push([Number(start), Number(start) + Number(count) - 1]);
  }
  return changes;
}

/**
 * Puts findings on changed lines first, then those in changed files, then the rest; each part keeps its order.
 *
 * @param findings in any order
 * @param changes what the change touches
 */
export function changedFirst(findings: readonly Finding[], changes: Changes): Finding[] {
  const distance = ({ file, line }: Finding): number => {
    const ranges = changes.get(file);
    if (ranges === undefined) return 2;
    return ranges.some(([first, last]) => first <= line && line <= last) ? 0 : 1;
  };
  return [0, 1, 2].flatMap((wanted) => findings.filter((finding) => distance(finding) === wanted));
}
