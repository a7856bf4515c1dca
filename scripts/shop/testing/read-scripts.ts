import { shopTable, TABLES, type TableName } from "../tables.ts";

/** Rows by table and key; a value is text, or null. */
export type Database = Map<string, Map<string, Record<string, string | null>>>;

/** @returns the shop's tables without rows */
export function emptyDatabase(): Database {
  return new Map(TABLES.map(({ name }) => [name, new Map()]));
}

/**
 * Does to a database what a script says, as far as the shop's scripts say anything: COPY, DELETE by key, and that a row
 * that is copied into `incoming_<table>` takes the place of the one with its key.
 *
 * @throws Error where a COPY brings a key twice, or a row has not the columns that were announced
 */
export function applyScript(database: Database, pieces: Iterable<string>): void {
  for (const piece of pieces) {
    const lines = piece.split("\n");
    for (let at = 0; at < lines.length; at += 1) {
      const line = lines[at] ?? "";
      const copy = /^COPY (shop\.|incoming_)(\w+) \((.*)\) FROM stdin;$/.exec(line);
      if (copy !== null) at = takeCopy(database, copy, lines, at + 1);
      const gone = /^DELETE FROM shop\.(\w+) WHERE \w+ IN \((.*)\);$/.exec(line);
      for (const key of gone?.[2]?.split(", ") ?? []) {
        if (!database.get(gone?.[1] ?? "")?.delete(key))
          throw new Error(`there is no ${key} to delete: ${line}`);
      }
    }
  }
}

function takeCopy(database: Database, copy: RegExpExecArray, lines: readonly string[], from: number): number {
  const [, target, table = "", columns = ""] = copy;
  const names = columns.split(", ");
  const rows = database.get(table);
  const { key } = shopTable(table as TableName);
  const seen = new Set<string>();
  for (let at = from; ; at += 1) {
    const line = lines[at];
    if (line === undefined) throw new Error(`a COPY of ${table} has no end`);
    if (line === "\\.") return at;
    const values = line.split("\t").map(copiedValue);
    if (values.length !== names.length) throw new Error(`${table}: ${values.length} values: ${line}`);
    const row = Object.fromEntries(names.map((name, index) => [name, values[index] ?? null]));
    const id = key.map((name) => row[name]).join("/");
    if (seen.has(id) || (target === "shop." && rows?.has(id))) throw new Error(`${table} has ${id} twice`);
    seen.add(id);
    rows?.set(id, { ...rows.get(id), ...(table === "orders" ? { channel: null } : {}), ...row });
  }
}

function copiedValue(text: string): string | null {
  if (text === "\\N") return null;
  const plain: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", "\\": "\\" };
  return text.replaceAll(/\\(.)/g, (_, character: string) => plain[character] ?? character);
}
