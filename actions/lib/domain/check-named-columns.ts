import { oneOf, quote } from "./describe-value.ts";
import { didYouMean, nearest } from "./did-you-mean.ts";
import { type JsonPointer, pointTo } from "./json-pointer.ts";
import type { Column, Table } from "./pipeline-type.ts";
import type { PointedProblem } from "./problem.ts";
import { columnsOfSql } from "./sql-columns.ts";
import { SPARK_SQL } from "./sql-tokens.ts";

/**
 * Checks every place of a table that names one of its columns: that the column is there, and is kept.
 *
 * @param table the table
 * @param pointer to it
 * @returns what is wrong
 */
export function checkNamedColumns(table: Table, pointer: JsonPointer): PointedProblem[] {
  const load = table.load;
  const named: [JsonPointer, string | undefined][] = [
    ...itemsAt(pointTo(pointer, "keys"), table.keys ?? []),
    ...itemsAt(pointTo(pointer, "history"), table.history ?? []),
    ...(table.partitionBy ?? []).map((field, index): [JsonPointer, string] =>
      typeof field === "string"
        ? [pointTo(pointer, "partitionBy", index), field]
        : [pointTo(pointer, "partitionBy", index, "column"), field.column],
    ),
    [pointTo(pointer, "load", "cursor"), load?.mode === "incremental" ? load.cursor : undefined],
    [
      pointTo(pointer, "load", "deletes", "column"),
      load?.deletes?.mode === "soft" ? load.deletes.column : undefined,
    ],
    [pointTo(pointer, "load", "split", "column"), load?.split?.column],
  ];
  return named.flatMap(([at, name]) => (name === undefined ? [] : checkNamedColumn(table, at, name)));
}

function itemsAt(pointer: JsonPointer, names: readonly string[]): [JsonPointer, string][] {
  return names.map((name, index) => [pointTo(pointer, index), name]);
}

function checkNamedColumn(table: Table, pointer: JsonPointer, name: string): PointedProblem[] {
  const column = Object.hasOwn(table.columns, name) ? table.columns[name] : undefined;
  if (column !== undefined && !isDeprecated(column)) return [];
  const kept = Object.keys(table.columns).filter((other) => !isDeprecated(table.columns[other]));
  const isThere = column !== undefined;
  return [
    {
      pointer,
      at: "value",
      rule: isThere ? "pipeline/deprecated-column" : "pipeline/unknown-column",
      message: isThere
        ? `${quote(name)} is deprecated, so it is not kept`
        : `${quote(table.name)} has no column ${quote(name)}`,
      expected: oneOf(kept),
      fix:
        didYouMean(name, kept) ??
        (isThere ? "name another column" : "name one of them, or declare it in `columns`"),
    },
  ];
}

/**
 * Checks the columns that a table's rules and expressions name. Only a near miss is told: what else a name may be in
 * SQL is for the engine to say.
 *
 * @param table the table
 * @param pointer to it
 * @returns what is wrong, at most one problem an expression
 */
export function checkSqlColumns(table: Table, pointer: JsonPointer): PointedProblem[] {
  const kept = Object.keys(table.columns).filter((name) => !isDeprecated(table.columns[name]));
  const known = new Set(kept.map((name) => name.toLowerCase()));
  const gone = new Set(Object.keys(table.columns).filter((name) => isDeprecated(table.columns[name])));
  const expressions: [JsonPointer, string][] = [
    ...(table.quality ?? []).map(({ rule }, index): [JsonPointer, string] => {
      return [pointTo(pointer, "quality", index, "rule"), rule];
    }),
    ...Object.entries(table.columns).flatMap(([name, column]): [JsonPointer, string][] => {
      const sql = typeof column === "object" ? column.expression : undefined;
      return sql === undefined ? [] : [[pointTo(pointer, "columns", name, "expression"), sql]];
    }),
  ];
  return expressions.flatMap(([at, sql]) =>
    columnsOfSql(sql, SPARK_SQL)
      .filter(({ name }) => !known.has(name.toLowerCase()))
      .filter(({ name }) => gone.has(name) || nearest(name, kept) !== undefined)
      .slice(0, 1)
      .flatMap(({ name }) => checkNamedColumn(table, at, name)),
  );
}

/**
 * @param column as declared
 * @returns whether the source sends it and it is not kept
 */
export function isDeprecated(column: Column | undefined): boolean {
  return typeof column === "object" && column.deprecated === true;
}
