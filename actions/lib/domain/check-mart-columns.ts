import { isDeprecated } from "./check-named-columns.ts";
import { oneOf, quote } from "./describe-value.ts";
import { didYouMean, nearest } from "./did-you-mean.ts";
import { type JsonPointer, pointTo } from "./json-pointer.ts";
import type { Mart, Spec, Table } from "./pipeline-type.ts";
import type { PointedProblem, Problem } from "./problem.ts";
import { groupParentheses } from "./sql-groups.ts";
import { outputNames, qualifiedColumns } from "./sql-names.ts";
import { type SqlTable, tablesOfSql } from "./sql-tables.ts";
import { type SqlDialect, type SqlToken, tokenizeSql } from "./sql-tokens.ts";

/** Something wrong at a place of a SQL text. */
export interface SqlFault {
  offset: number;
  problem: Problem;
}

/**
 * Checks the columns that a mart's query names with their table, and that none holds personal data as it came: only
 * silver has it masked.
 *
 * @param sql the query
 * @param dialect how it is written
 * @param spec the pipeline's
 * @returns what is wrong
 */
export function checkMartColumns(sql: string, dialect: SqlDialect, spec: Spec): SqlFault[] {
  const { tables } = tablesOfSql(sql, dialect);
  const { tokens } = tokenizeSql(sql, dialect);
  const qualified = qualifiedColumns(tokens, tables).flatMap(({ table, column, offset }): SqlFault[] => {
    const known = silverTable(table, spec);
    const problem = known === undefined ? undefined : columnProblem(column, known);
    return problem === undefined ? [] : [{ offset, problem }];
  });
  return [...qualified, ...unmasked(tables, tokens, spec)];
}

/**
 * @param parts of a table's name, as written in SQL
 * @param spec the pipeline's
 * @returns the silver table that is meant, `undefined` for what is none
 */
export function silverTable(parts: readonly string[], { tables }: Spec): Table | undefined {
  const [layer, name] = parts.slice(-2).map((part) => part.toLowerCase());
  return layer === "silver" ? tables.find((table) => table.name === name) : undefined;
}

/**
 * @param column as it is named
 * @param table that it should be a column of
 * @returns what is wrong with it; nothing where the table may come to have it
 */
export function columnProblem(column: string, table: Table): Problem | undefined {
  const { name, contract } = table;
  const kept = silverColumns(table);
  if (kept.some((key) => key.toLowerCase() === column.toLowerCase()) || column.startsWith("_"))
    return undefined;
  // A table may take on what its source begins to send; a near miss of what is declared is still a slip.
  const mayHaveMore = contract?.newColumns === "evolve" || contract?.newColumns === undefined;
  if (mayHaveMore && nearest(column, kept) === undefined) return undefined;
  return {
    rule: "pipeline/unknown-column",
    message: `${quote(`silver.${name}`)} has no column ${quote(column)}`,
    expected: oneOf(kept),
    fix: didYouMean(column, kept) ?? "name one of them, or declare it in `columns`",
  };
}

/** @returns what is declared and kept, and what the runtime adds by how the table is written and read */
export function silverColumns({ columns, write, load }: Table): string[] {
  const declared = Object.entries(columns).filter(
    ([, column]) => !isDeprecated(column) && !(typeof column === "object" && column.pii?.method === "drop"),
  );
  const deletes = load?.deletes?.mode ?? "ignore";
  return [
    ...declared.map(([name]) => name),
    ...(write === "scd2" ? ["valid_from", "valid_to", "is_current"] : []),
    ...(deletes === "ignore" ? [] : ["is_deleted"]),
    "ingest_date",
  ];
}

/** Raw rows are as they came, so a mart takes personal data from silver. */
function unmasked(tables: readonly SqlTable[], tokens: readonly SqlToken[], spec: Spec): SqlFault[] {
  return tables.flatMap(({ parts, offset: at }): SqlFault[] => {
    const [layer, name] = parts.slice(-2).map((part) => part.toLowerCase());
    const table = layer === "raw" ? spec.tables.find((one) => one.name === name) : undefined;
    const personal = Object.entries(table?.columns ?? {}).flatMap(([column, details]) =>
      typeof details === "object" && details.pii !== undefined ? [details.from ?? column, column] : [],
    );
    if (table === undefined || personal.length === 0) return [];
    const own = qualifiedColumns(tokens, tables).find(
      (column) => column.table === parts && personal.includes(column.column.toLowerCase()),
    );
    const named =
      own === undefined
        ? tokens.find((token, index) => isUnqualified(token, index, tokens, personal))
        : { text: own.column, offset: own.offset };
    if (named === undefined) return [];
    const what = named.text === "*" ? personal[1] : named.text;
    const problem = {
      rule: "pipeline/unmasked-pii",
      message: `${quote(`raw.${table.name}`)} holds ${quote(String(what))} as it came, and the mart takes it`,
      expected: `\`silver.${table.name}\`, where it is masked`,
      fix: `read silver.${table.name}, or leave the column out`,
    };
    return [{ offset: named.text === "*" ? at : named.offset, problem }];
  });
}

/**
 * Without a name before it, a column may be of that table, in whichever part of the query: where it is another's, saying
 * so costs one word. A star is of all.
 */
function isUnqualified(
  { kind, text }: SqlToken,
  index: number,
  tokens: readonly SqlToken[],
  personal: readonly string[],
): boolean {
  if (text === "*") return isStar(tokens, index);
  const isName = kind === "word" || kind === "name";
  return isName && tokens[index - 1]?.text !== "." && personal.includes(text.toLowerCase());
}

/** `select *`, `t.*` and `struct(*)`, and neither `count(*)` nor a product. */
function isStar(tokens: readonly { text: string }[], index: number): boolean {
  const before = tokens[index - 1]?.text ?? "";
  if (before === "(") return !/^count$/i.test(tokens[index - 2]?.text ?? "");
  return /^(select|\.|,|distinct|all)$/i.test(before);
}

/**
 * Checks that a mart's grain and partitions are columns of its query's result.
 *
 * @param mart the mart
 * @param pointer to it
 * @param sql its query
 * @param dialect how it is written
 * @returns what is wrong
 */
export function checkMartResult(
  mart: Mart,
  pointer: JsonPointer,
  sql: string,
  dialect: SqlDialect,
): PointedProblem[] {
  const { tokens, problems } = tokenizeSql(sql, dialect);
  const grouped = groupParentheses(tokens);
  if (problems.length + grouped.problems.length > 0) return [];
  const names = outputNames(grouped.items);
  if (names === undefined) return [];
  const known = new Set(names.map((name) => name.toLowerCase()));
  const named: [JsonPointer, string][] = [
    ...(mart.grain ?? []).map((name, index): [JsonPointer, string] => [
      pointTo(pointer, "grain", index),
      name,
    ]),
    ...(mart.partitionBy ?? []).map((field, index): [JsonPointer, string] =>
      typeof field === "string"
        ? [pointTo(pointer, "partitionBy", index), field]
        : [pointTo(pointer, "partitionBy", index, "column"), field.column],
    ),
  ];
  return named
    .filter(([, name]) => !known.has(name.toLowerCase()))
    .map(([at, name]) => ({
      pointer: at,
      at: "value",
      rule: "pipeline/unknown-column",
      message: `the query of ${quote(mart.name)} gives no column ${quote(name)}`,
      expected: oneOf(names),
      fix: didYouMean(name, names) ?? "name one of them, or select it",
    }));
}
