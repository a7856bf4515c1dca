import { readFileSync } from "node:fs";
import { CsvError, parse } from "csv-parse/sync";
import { UserError } from "../../actions/lib/domain/user-error.ts";

/** A record as the API answers it. */
export type ApiRecord = Record<string, string | number | null>;

const numbers = new Set(["longitude", "latitude"]);
const required = ["id", "name", "brewery_type", "country"];

/**
 * Reads a CSV of breweries as the API would answer it: an empty cell is null, coordinates are numbers, and the
 * deprecated fields repeat what replaced them.
 *
 * @param file a CSV with a header line, as Open Brewery DB publishes it
 * @throws UserError with file and line when it cannot be read, lacks a column, or a line or a number is malformed
 */
export function readBreweriesCsv(file: string): ApiRecord[] {
  const rows = parseRows(file, readText(file));
  const header = Object.keys(rows[0]?.record ?? {});
  const missing = required.filter((name) => !header.includes(name));
  if (missing.length > 0) {
    throw new UserError(
      `${file}:1: no column ${missing.join(", ")}; expected a header line with the fields of Open Brewery DB ` +
        `and at least one record (found: ${header.join(", ") || "nothing"})`,
    );
  }
  return rows.map(({ record, info }) => toApiRecord(record, `${file}:${info.lines}`));
}

interface Row {
  record: Record<string, string>;
  info: { lines: number };
}

function readText(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new UserError(`--source ${file}: cannot be read (${problem})`, { cause: error });
  }
}

function parseRows(file: string, text: Buffer): Row[] {
  try {
    return parse(text, { columns: true, bom: true, info: true, skip_empty_lines: true }) as unknown as Row[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === "number" ? error.lines : 1;
    throw new UserError(`${file}:${line}: not a CSV: ${error.message}`, { cause: error });
  }
}

function toApiRecord(record: Record<string, string>, place: string): ApiRecord {
  const found: ApiRecord = {};
  for (const [name, text] of Object.entries(record)) {
    found[name] = text === "" ? null : numbers.has(name) ? toNumber(name, text, place) : text;
  }
  return { ...found, state: found.state_province ?? null, street: found.address_1 ?? null };
}

function toNumber(name: string, text: string, place: string): number {
  const value = Number(text);
  if (!Number.isFinite(value))
    throw new UserError(`${place}: ${name} is ${JSON.stringify(text)}; expected a number`);
  return value;
}
