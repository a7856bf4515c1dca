import { type Finding, formatFinding, type Severity } from "../../actions/lib/domain/finding.ts";

const COLOURS: Readonly<Record<Severity, number>> = { error: 31, warning: 33, notice: 36 };

/** Wider lines are cut around the place, so that the caret stays in sight. */
const WIDTH = 110;

/**
 * Renders findings for a terminal, file by file: each on a line that editors can follow, with its source line and a
 * caret below. A file with more than one finding is headed by its name and how many there are.
 *
 * @param findings in the order in which they are told
 * @param lineOf gives the text of a line of a file, where it can be had
 * @param colour whether to colour
 * @returns text that ends with a line end, empty without findings
 */
export function renderFindings(
  findings: readonly Finding[],
  lineOf: (file: string, line: number) => string | undefined,
  colour: boolean,
): string {
  const paint = (code: number, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const { shown, folded } = fold(findings);
  const files = Map.groupBy(shown, ({ file }) => file);
  const told = [...files]
    .map(([file, own]) => {
      const head = own.length > 1 ? `${paint(4, file)} (${own.length})\n` : "";
      return head + own.map((finding) => renderFinding(finding, lineOf, paint)).join("");
    })
    .join("\n");
  const more = folded.map(
    ([rule, count]) => `and ${count} more notices of ${rule}: \`--format json\` has them all\n`,
  );
  return [told, ...more].filter((text) => text !== "").join("\n");
}

/** Of one rule, so many notices say it all: hundreds of them would hide an error. */
const NOTICES = 10;

function fold(findings: readonly Finding[]): { shown: Finding[]; folded: [rule: string, count: number][] } {
  const seen = new Map<string, number>();
  const shown = findings.filter(({ severity, rule }) => {
    if (severity !== "notice") return true;
    const count = (seen.get(rule) ?? 0) + 1;
    seen.set(rule, count);
    return count <= NOTICES;
  });
  const folded = [...seen].flatMap(([rule, count]): [string, number][] =>
    count > NOTICES ? [[rule, count - NOTICES]] : [],
  );
  return { shown, folded };
}

function renderFinding(
  finding: Finding,
  lineOf: (file: string, line: number) => string | undefined,
  paint: (code: number, text: string) => string,
): string {
  const place = `${finding.file}:${finding.line}:${finding.column}`;
  const rest = formatFinding(finding).slice(`${place}: ${finding.severity}`.length);
  const head = `${paint(1, place)}: ${paint(COLOURS[finding.severity], finding.severity)}${rest}\n`;
  const source = lineOf(finding.file, finding.line);
  if (source === undefined || source.trim() === "") return head;
  const { text, caret } = excerpt(source, finding.column);
  return `${head}  ${text}\n  ${" ".repeat(caret)}${paint(COLOURS[finding.severity], "^")}\n`;
}

/** What is in a line that a terminal shows at another width than one column, or obeys. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g;

function excerpt(source: string, column: number): { text: string; caret: number } {
  const line = source.replaceAll(UNPRINTABLE, (character) => (character === "\t" ? "→" : "�"));
  const from = column <= WIDTH ? 0 : column - Math.floor(WIDTH / 2);
  const text = line.slice(from, from + WIDTH);
  return { text: `${from > 0 ? "…" : ""}${text}`, caret: column - 1 - from + (from > 0 ? 1 : 0) };
}
