/** A value of a row. Text is as PostgreSQL reads it for the column's type. */
export type Value = string | number | boolean | null;

/** The values of one row, in the order of its table's columns. */
export type Row = readonly Value[];

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** @returns the row as a line of PostgreSQL's COPY text format, with its end */
export function copyLine(row: Row): string {
  let line = "";
  for (let at = 0; at < row.length; at += 1) {
    if (at > 0) line += "\t";
    line += copyValue(row[at] ?? null);
  }
  return `${line}\n`;
}

function copyValue(value: Value): string {
  if (value === null) return "\\N";
  if (typeof value === "boolean") return value ? "t" : "f";
  const text = String(value);
  return SPECIAL.test(text) ? text.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? "") : text;
}

/** @returns cents as a decimal: `-1205` is `-12.05` */
export function money(cents: number): string {
  return (cents / 100).toFixed(2);
}
