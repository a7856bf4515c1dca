import { columnProblem, type SqlFault, silverColumns, silverTable } from "./check-mart-columns.ts";
import { quote } from "./describe-value.ts";
import { didYouMean } from "./did-you-mean.ts";
import { type JsonPointer, pointTo } from "./json-pointer.ts";
import type { QualityRule, Spec, Table } from "./pipeline-type.ts";
import type { PointedProblem, Problem } from "./problem.ts";
import { SPARK_FUNCTIONS } from "./spark-functions.ts";
import { lambdaParameters } from "./sql-columns.ts";
import { callsIn } from "./sql-functions.ts";
import { groupParentheses } from "./sql-groups.ts";
import { type SqlScope, scopesOf } from "./sql-scopes.ts";
import { SPARK_SQL, type SqlDialect, tokenizeSql } from "./sql-tokens.ts";

/**
 * Checks the names of a mart's query that stand without a table: functions that Spark does not have, columns that are
 * two tables' or none's. Names that may come from elsewhere (a common table expression, a subquery, a view) are not told.
 *
 * @param sql the query
 * @param dialect how it is written; of the functions only Spark's are known
 * @param spec the pipeline's
 * @returns what is wrong
 */
export function checkMartNames(sql: string, dialect: SqlDialect, spec: Spec): SqlFault[] {
  const { tokens, problems } = tokenizeSql(sql, dialect);
  const grouped = groupParentheses(tokens);
  if (problems.length + grouped.problems.length > 0) return [];
  const parameters = new Set(tokens.flatMap((token, index) => lambdaParameters(tokens, token, index)));
  const scopes = scopesOf(grouped.items, parameters);
  return [
    ...(dialect === SPARK_SQL ? unknownFunctions(sql) : []),
    ...scopes.flatMap((scope) => checkNames(scope, spec)),
  ];
}

/**
 * Finds functions that Spark does not have.
 *
 * @param sql a query or an expression
 * @returns what is wrong; nothing where the text is no SQL, which others tell
 */
export function unknownFunctions(sql: string): SqlFault[] {
  const { tokens, problems } = tokenizeSql(sql, SPARK_SQL);
  const grouped = groupParentheses(tokens);
  if (problems.length + grouped.problems.length > 0) return [];
  return callsIn(grouped.items)
    .filter(({ name }) => !SPARK_FUNCTIONS.has(name.toLowerCase()))
    .map(({ name, offset }) => ({ offset, problem: unknownFunction(name) }));
}

/**
 * Checks the functions of quality rules and of columns' expressions, where Spark works them out.
 *
 * @param spec the pipeline's
 * @returns what is wrong, at most one problem an expression
 */
export function checkExpressionFunctions({ tables, marts = [], warehouse }: Spec): PointedProblem[] {
  if (warehouse !== undefined) return [];
  const rules = (pointer: JsonPointer, quality: readonly QualityRule[] = []): [JsonPointer, string][] =>
    quality.map(({ rule }, index) => [pointTo(pointer, "quality", index, "rule"), rule]);
  const expressions = [
    ...tables.flatMap((table, index) => [
      ...rules(pointTo("/spec/tables", index), table.quality),
      ...Object.entries(table.columns).flatMap(([name, column]): [JsonPointer, string][] => {
        const sql = typeof column === "object" ? column.expression : undefined;
        return sql === undefined
          ? []
          : [[pointTo("/spec/tables", index, "columns", name, "expression"), sql]];
      }),
    ]),
    ...marts.flatMap((mart, index) => rules(pointTo("/spec/marts", index), mart.quality)),
  ];
  return expressions.flatMap(([pointer, sql]): PointedProblem[] => {
    const [first] = unknownFunctions(sql);
    return first === undefined ? [] : [{ pointer, at: "value", ...first.problem }];
  });
}

function unknownFunction(name: string): Problem {
  return {
    rule: "pipeline/unknown-function",
    message: `Spark has no function ${quote(name)}`,
    expected: "one of Spark's own functions",
    fix: didYouMean(name.toLowerCase(), SPARK_FUNCTIONS) ?? "write it with functions that Spark has",
  };
}

function checkNames(scope: SqlScope, spec: Spec): SqlFault[] {
  const tables = scope.sources.map((parts) => (parts === undefined ? undefined : silverTable(parts, spec)));
  const known = tables.filter((table) => table !== undefined);
  const isClosed = known.length === tables.length && known.length > 0 && scope.outer === undefined;
  return scope.names.flatMap(({ name, offset }): SqlFault[] => {
    const holders = known.filter((table) => holds(table, name));
    if (holders.length > 1 && !scope.shared.has(name.toLowerCase()))
      return [{ offset, problem: ambiguous(name, holders, scope) }];
    if (holders.length > 0 || !isClosed) return [];
    // A near miss of any of them is a slip; what none declares may still come with new columns.
    const problem = known.map((table) => columnProblem(name, table)).find((found) => found !== undefined);
    return problem === undefined ? [] : [{ offset, problem }];
  });
}

function holds(table: Table, name: string): boolean {
  return silverColumns(table).some((column) => column.toLowerCase() === name.toLowerCase());
}

function ambiguous(name: string, holders: readonly Table[], { sources }: SqlScope): Problem {
  const tables = holders.map((table) => quote(`silver.${table.name}`));
  const [first] = sources.filter((parts) => parts?.at(-1)?.toLowerCase() === holders[0]?.name);
  return {
    rule: "pipeline/ambiguous-column",
    message: `${quote(name)} is a column of ${tables.slice(0, -1).join(", ")} and of ${tables.at(-1)}`,
    expected: "the table's name or its alias before it",
    fix: `write which one is meant, as \`${first?.at(-1) ?? "t"}.${name}\``,
  };
}
