import { nearest } from "./did-you-mean.ts";

const TYPES = [
  "string",
  "boolean",
  "tinyint",
  "smallint",
  "int",
  "bigint",
  "float",
  "double",
  "decimal",
  "date",
  "timestamp",
  "timestamp_ntz",
  "binary",
  "variant",
  "array",
  "map",
  "struct",
];

/** Names that other systems give to the same types. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  bool: "boolean",
  text: "string",
  char: "string",
  varchar: "string",
  uuid: "string",
  str: "string",
  integer: "int",
  int4: "int",
  int8: "bigint",
  long: "bigint",
  real: "float",
  number: "decimal(18, 2)",
  numeric: "decimal(18, 2)",
  datetime: "timestamp",
  timestamptz: "timestamp",
  json: "variant",
  bytea: "binary",
  blob: "binary",
};

/**
 * Finds the column type that was probably meant.
 *
 * @param written a type that is not known
 * @returns a known type, or `undefined`
 */
export function suggestColumnType(written: string): string | undefined {
  const [name = "", ...rest] = written.trim().split(/(?=[(<])/);
  const known = Object.hasOwn(ELSEWHERE, name.toLowerCase())
    ? ELSEWHERE[name.toLowerCase()]
    : nearest(name, TYPES);
  if (known === undefined) return undefined;
  if (known.startsWith("decimal")) return decimal(rest.join(""));
  return /^(array|map|struct)$/.test(known) ? `${known}${rest.join("") || "<string>"}` : known;
}

function decimal(size: string): string {
  const [, precision = "18", scale = "2"] =
    /^\(\s*([0-9]{1,2})\s*(?:,\s*([0-9]{1,2})\s*)?\)$/.exec(size) ?? [];
  return `decimal(${precision}, ${scale})`;
}
