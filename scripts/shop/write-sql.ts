import { copyLine, type Row } from "./copy-text.ts";
import { LATER_COLUMN, SCHEMA, type ShopTable, shopTable, TABLES, type TableName } from "./tables.ts";

/** @returns the statements that make the tables, their keys only: what else there is comes after the rows */
export function createSchema(): string {
  const made = TABLES.map((table) => {
    const columns = table.columns.map(([name, type]) => `  ${name} ${type}`);
    return `CREATE TABLE ${SCHEMA}.${table.name} (\n${columns.join(",\n")},\n  PRIMARY KEY (${table.key.join(", ")})\n);\n`;
  });
  return `\\set ON_ERROR_STOP on\nCREATE SCHEMA IF NOT EXISTS ${SCHEMA};\n${made.join("")}`;
}

/** @returns the statements that make what is quicker made once the rows are there: references and indexes */
export function finishLoad(): string {
  const added = TABLES.flatMap((table) => [
    ...Object.entries(table.references).map(
      ([column, other]) =>
        `ALTER TABLE ${SCHEMA}.${table.name} ADD FOREIGN KEY (${column}) REFERENCES ${SCHEMA}.${other};\n`,
    ),
    ...table.indexes.map((column) => `CREATE INDEX ON ${SCHEMA}.${table.name} (${column});\n`),
  ]);
  return `${added.join("")}ANALYZE;\n`;
}

/** @returns the rows as one COPY; empty without rows */
export function copyRows(table: TableName, rows: readonly Row[], hasLater = false): string {
  if (rows.length === 0) return "";
  return copyInto(`${SCHEMA}.${table}`, columnsOf(shopTable(table), hasLater), rows);
}

/** @returns the statements that add the rows, and bring up to date those whose keys are there already */
export function takeRows(name: TableName, rows: readonly Row[], hasLater = false): string {
  if (rows.length === 0) return "";
  const table = shopTable(name);
  const columns = columnsOf(table, hasLater);
  const changes = columns.filter((column) => !table.key.includes(column));
  const incoming = `incoming_${name}`;
  const listed = columns.join(", ");
  return [
    `CREATE TEMP TABLE ${incoming} (LIKE ${SCHEMA}.${name}) ON COMMIT DROP;\n`,
    copyInto(incoming, columns, rows),
    `INSERT INTO ${SCHEMA}.${name} (${listed}) SELECT ${listed} FROM ${incoming}\n`,
    `  ON CONFLICT (${table.key.join(", ")}) DO UPDATE SET `,
    `${changes.map((column) => `${column} = EXCLUDED.${column}`).join(", ")};\n`,
    `DROP TABLE ${incoming};\n`,
  ].join("");
}

/** @returns the statement that deletes the rows with these keys; empty without any */
export function deleteRows(name: TableName, keys: readonly number[]): string {
  if (keys.length === 0) return "";
  return `DELETE FROM ${SCHEMA}.${name} WHERE ${shopTable(name).key[0]} IN (${keys.join(", ")});\n`;
}

function copyInto(target: string, columns: readonly string[], rows: readonly Row[]): string {
  return `COPY ${target} (${columns.join(", ")}) FROM stdin;\n${rows.map(copyLine).join("")}\\.\n`;
}

function columnsOf(table: ShopTable, hasLater: boolean): string[] {
  const columns = table.columns.map(([name]) => name);
  return hasLater && table.name === LATER_COLUMN.table ? [...columns, LATER_COLUMN.name] : columns;
}

/** @returns the statement that gives a table its later column */
export function addLaterColumn(): string {
  const { table, name, type } = LATER_COLUMN;
  return `ALTER TABLE ${SCHEMA}.${table} ADD COLUMN ${name} ${type};\n`;
}
