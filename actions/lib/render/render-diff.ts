/** Lines shown around each change. */
const CONTEXT = 3;

interface Line {
  kind: " " | "-" | "+";
  text: string;
}

/**
 * Renders what changed in a text, as `diff -u` and Git do.
 *
 * @param path the file, for the head
 * @param before the old text, empty for a new file
 * @param after the new text, empty for a deleted file
 * @returns a unified diff, each line ended by `\n`; empty when the texts are equal
 */
export function renderDiff(path: string, before: string, after: string): string {
  if (before === after) return "";
  const lines = compare(splitLines(before), splitLines(after));
  const head = [
    `--- ${before === "" ? "/dev/null" : `a/${path}`}`,
    `+++ ${after === "" ? "/dev/null" : `b/${path}`}`,
  ];
  return `${[...head, ...hunks(lines)].join("\n")}\n`;
}

/** Each line with its own end, so that a change of line ends is a change. */
function splitLines(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

function compare(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < Math.min(before.length, after.length) - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end++;
  }
  const same = (lines: readonly string[]): Line[] => lines.map((text) => ({ kind: " ", text }));
  return [
    ...same(before.slice(0, start)),
    ...shortestEdit(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

/**
 * The greedy algorithm of Myers, "An O(ND) Difference Algorithm and Its Variations" (1986): walks diagonals of the
 * edit graph, one more edit a round, and remembers each round for the way back.
 */
function shortestEdit(before: readonly string[], after: readonly string[]): Line[] {
  const rounds: Map<number, number>[] = [];
  const reached = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= before.length + after.length; edits++) {
    rounds.push(new Map(reached));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const down = goesDown(reached, diagonal, edits);
      let x = down ? (reached.get(diagonal + 1) ?? 0) : (reached.get(diagonal - 1) ?? 0) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++;
      reached.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return walkBack(rounds, before, after);
    }
  }
  return [];
}

function goesDown(reached: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && (reached.get(diagonal - 1) ?? 0) < (reached.get(diagonal + 1) ?? 0);
}

function walkBack(
  rounds: readonly ReadonlyMap<number, number>[],
  before: readonly string[],
  after: readonly string[],
): Line[] {
  const lines: Line[] = [];
  let x = before.length;
  let y = after.length;
  for (let edits = rounds.length - 1; edits >= 0; edits--) {
    const reached = rounds[edits] ?? new Map<number, number>();
    const down = goesDown(reached, x - y, edits);
    const fromX = reached.get(down ? x - y + 1 : x - y - 1) ?? 0;
    const fromY = down ? fromX - (x - y + 1) : fromX - (x - y - 1);
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      lines.push({ kind: " ", text: before[x - 1] ?? "" });
      x--;
      y--;
    }
    if (edits === 0) break;
    if (down) lines.push({ kind: "+", text: after[y - 1] ?? "" });
    else lines.push({ kind: "-", text: before[x - 1] ?? "" });
    x = fromX;
    y = fromY;
  }
  return lines.reverse();
}

function hunks(lines: readonly Line[]): string[] {
  const changed = lines.flatMap((line, at) => (line.kind === " " ? [] : [at]));
  const spans: [number, number][] = [];
  for (const at of changed) {
    const last = spans.at(-1);
    const from = Math.max(0, at - CONTEXT);
    const to = Math.min(lines.length, at + CONTEXT + 1);
    if (last !== undefined && from <= last[1]) last[1] = to;
    else spans.push([from, to]);
  }
  return spans.flatMap(([from, to]) => [
    hunkHead(lines, from, to),
    ...lines.slice(from, to).flatMap(showLine),
  ]);
}

function hunkHead(lines: readonly Line[], from: number, to: number): string {
  const range = (other: "-" | "+"): string => {
    const count = (part: readonly Line[]): number =>
      part.filter(({ kind }) => kind === " " || kind === other).length;
    const length = count(lines.slice(from, to));
    const start = count(lines.slice(0, from)) + (length === 0 ? 0 : 1);
    return length === 1 ? `${start}` : `${start},${length}`;
  };
  return `@@ -${range("-")} +${range("+")} @@`;
}

function showLine({ kind, text }: Line): string[] {
  if (text.endsWith("\n")) return [kind + text.slice(0, -1)];
  return [kind + text, "\\ No newline at end of file"];
}
