import { styleText } from "node:util";

/** The time that one step of the demo took. */
export interface StepTime {
  name: string;
  seconds: number;
}

/** Prints the demo's steps as they happen, and their times at the end. */
export class StepPrinter {
  readonly times: StepTime[] = [];
  readonly #out: (line: string) => void;

  constructor(out: (line: string) => void = (line) => process.stdout.write(`${line}\n`)) {
    this.#out = out;
  }

  /** Runs one step under a heading that says what it does, and notes its time. */
  async step<T>(name: string, what: string, work: () => Promise<T>): Promise<T> {
    this.#out(`\n${paint("bold", `▸ ${name}`)}  ${paint("dim", what)}`);
    const start = performance.now();
    const result = await work();
    const seconds = (performance.now() - start) / 1000;
    this.times.push({ name, seconds });
    this.#out(paint("dim", `  ${seconds.toFixed(1)} s`));
    return result;
  }

  line(text = ""): void {
    this.#out(text === "" ? "" : `  ${text}`);
  }

  /** Prints a unified diff, its additions and deletions coloured; at most `limit` lines of it. */
  diff(text: string, limit = 40): void {
    const lines = text
      .split("\n")
      .filter((line) => !/^(diff --git|index |--- |new file mode)/.test(line) && line !== "");
    for (const line of lines.slice(0, limit)) this.line(paintDiffLine(line));
    if (lines.length > limit) this.line(paint("dim", `… and ${lines.length - limit} more lines`));
  }
}

function paintDiffLine(line: string): string {
  if (line.startsWith("+++ ")) return paint("bold", line.slice("+++ b/".length));
  if (line.startsWith("+")) return paint("green", line);
  if (line.startsWith("-")) return paint("red", line);
  return paint("dim", line);
}

/**
 * Colours a text where the terminal shows colours.
 *
 * @param style one of Node's text styles
 */
export function paint(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/**
 * Draws rows as a table with aligned columns; numbers to the right, a missing value as `·`.
 *
 * @param columns the headings, in order
 * @param rows one object a row, its values by heading
 * @returns the lines
 */
export function renderTable(columns: readonly string[], rows: readonly Record<string, unknown>[]): string[] {
  const cells = rows.map((row) => columns.map((column) => cellText(row[column])));
  const numeric = columns.map((column) => rows.every((row) => typeof row[column] === "number"));
  const widths = columns.map((column, at) =>
    Math.min(40, Math.max(column.length, ...cells.map((row) => row[at]?.length ?? 0))),
  );
  const draw = (row: readonly string[]) =>
    row
      .map((text, at) => {
        const width = widths[at] ?? 0;
        const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text;
        return numeric[at] ? cut.padStart(width) : cut.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [draw(columns), draw(widths.map((width) => "─".repeat(width))), ...cells.map(draw)];
}

function cellText(value: unknown): string {
  return value === null || value === undefined ? "·" : String(value);
}
