import { stringify } from "yaml";

/**
 * Renders objects as a committed, readable file that says where it comes from.
 *
 * @param source file that it is made from, told in the header
 * @param objects one document each
 * @returns multi-document YAML, the same for the same objects
 */
export function generatedText(source: string, objects: readonly object[]): string {
  const header = `# Generated from ${source} by \`npm run generate\`. Do not edit: the next run overwrites it.\n`;
  return header + objects.map(yamlText).join("---\n");
}

/** Whether a file's text says that it was generated. */
export function isGenerated(text: string): boolean {
  return /^# Generated from .+ by `npm run generate`\./.test(text);
}

/**
 * Renders a value as block YAML; nothing is folded, so that a diff shows what changed and nothing else. Scalars are
 * written by the YAML library, each only once: building its nodes for every file of a thousand pipelines takes seconds.
 *
 * @param value plain data
 * @returns YAML with a line end
 */
export function yamlText(value: object): string {
  return blockText(value, "").replace(/^\n|^ /, "");
}

/** What stands after a `key:`, or after a `-`: on the same line after a space, or on the next ones. */
function blockText(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (value.every(isWord)) return ` [${value.map((item) => scalarText(item, indent)).join(", ")}]\n`;
    return `\n${value.map((item) => `${indent}-${itemText(item, `${indent}  `)}`).join("")}`;
  }
  if (!isMapping(value)) return ` ${scalarText(value, indent)}\n`;
  const text = Object.entries(value)
    .filter(([, child]) => child !== undefined)
    .map(([key, child]) => {
      const below = Array.isArray(child) || isMapping(child) ? `${indent}  ` : indent;
      return `${indent}${scalarText(key, indent)}:${blockText(child, below)}`;
    })
    .join("");
  return text === "" ? " {}\n" : `\n${text}`;
}

/** The first key of a mapping, or the first item of a list, stands on the line of the `-`. */
function itemText(value: unknown, indent: string): string {
  return blockText(value, indent).replace(/^\n +/, " ");
}

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Lists of words (verbs, dropped capabilities) stay on one line; lists of files get a line each. */
function isWord(item: unknown): boolean {
  return !isMapping(item) && /^[\w-]{0,24}$/.test(String(item));
}

const scalars = new Map<string, string>();

/** A text of several lines is indented deeper than what it belongs to. */
function scalarText(value: unknown, indent: string): string {
  const id = `${indent.length} ${typeof value} ${value}`;
  const known = scalars.get(id);
  if (known !== undefined) return known;
  const text = stringify(value, { lineWidth: 0 }).replace(/\n$/, "").replaceAll("\n", `\n${indent}`);
  scalars.set(id, text);
  return text;
}
