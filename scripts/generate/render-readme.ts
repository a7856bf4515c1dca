import { parse } from "yaml";

/** The part of an `action.yml` that its README tells. */
interface ActionFile {
  inputs?: Readonly<Record<string, { description?: string; required?: boolean; default?: string }>> | null;
  outputs?: Readonly<Record<string, { description?: string }>> | null;
}

const START = "<!-- inputs:start -->";
const END = "<!-- inputs:end -->";

/**
 * Puts the tables of an action's inputs and outputs between the markers of its README.
 *
 * @param readme the README's text
 * @param actionFile the text of its `action.yml`
 * @returns the README's text, unchanged when the tables were right
 * @throws Error when the markers are not there, once each and in order
 */
export function renderReadme(readme: string, actionFile: string): string {
  const parts = readme.split(START);
  const [inside, after, ...more] = (parts[1] ?? "").split(END);
  if (parts.length !== 2 || after === undefined || more.length > 0) {
    throw new Error(`expected one line ${START} and, below it, one line ${END}`);
  }
  const { inputs, outputs } = parse(actionFile) as ActionFile;
  const tables = [inputTable(inputs ?? {}), outputTable(outputs ?? {})].join("\n\n");
  const body = `\n\n${tables}\n\n`;
  return inside === body ? readme : `${parts[0]}${START}${body}${END}${after}`;
}

function inputTable(inputs: NonNullable<ActionFile["inputs"]>): string {
  const rows = Object.entries(inputs).map(([name, { description, required, default: value }]) => [
    code(name),
    cell(description ?? ""),
    required === true ? "**required**" : value === undefined || value === "" ? "empty" : code(value),
  ]);
  return rows.length === 0 ? "No inputs." : table(["input", "what it is", "default"], rows);
}

function outputTable(outputs: NonNullable<ActionFile["outputs"]>): string {
  const rows = Object.entries(outputs).map(([name, { description }]) => [
    code(name),
    cell(description ?? ""),
  ]);
  return rows.length === 0 ? "No outputs." : table(["output", "what it is"], rows);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function code(text: string): string {
  return `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text
    .trim()
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll("|", "\\|");
}
