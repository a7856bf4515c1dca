import { isSymbol, type SqlItem, wordOf } from "./sql-groups.ts";

/** A function that a query calls. */
export interface SqlCall {
  name: string;
  /** Where its name starts, in UTF-16 units. */
  offset: number;
}

/** Words that a parenthesis may follow without being called. */
const NOT_CALLED = new Set(
  [
    "ALL AND ANTI ANY ARRAY AS BETWEEN BY CASE CHAR CLUSTER CROSS CUBE DEC DECIMAL DISTINCT DISTRIBUTE ELSE EXCEPT EXISTS",
    "FILTER FROM FULL GROUP GROUPING HAVING ILIKE IN INNER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT MAP",
    "MINUS NATURAL NOT NUMERIC OFFSET ON OR ORDER OUTER OVER PARTITION PIVOT QUALIFY REGEXP RIGHT RLIKE ROLLUP SELECT",
    "SEMI SETS SOME SORT STRUCT TABLE TABLESAMPLE THEN UNION UNPIVOT USING VALUES VARCHAR VIEW WHEN WHERE WINDOW WITH",
    "WITHIN",
  ].flatMap((line) => line.split(" ")),
);

/** Words before a name that make it something else than a function: an alias with its columns, a type. */
const NAMES_WHAT_FOLLOWS = new Set(["AS", "WITH", "RECURSIVE", "WINDOW"]);

/**
 * Finds the functions that a query calls by their plain names.
 *
 * @param items of the query, parentheses put together
 * @returns them in no particular order
 */
export function callsIn(items: readonly SqlItem[]): SqlCall[] {
  const calls: SqlCall[] = [];
  const levels: (readonly SqlItem[])[] = [items];
  for (let level = levels.pop(); level !== undefined; level = levels.pop()) {
    for (const [index, item] of level.entries()) {
      if (item.kind !== "group") continue;
      levels.push(item.items);
      const name = level[index - 1];
      if (name?.kind !== "word" || NOT_CALLED.has(name.upper)) continue;
      if (isCalled(level, index)) calls.push({ name: name.text, offset: name.offset });
    }
  }
  return calls;
}

function isCalled(level: readonly SqlItem[], group: number): boolean {
  const before = level[group - 2];
  // A function of a schema, or a field: nobody here knows those.
  if (isSymbol(before, ".")) return false;
  // `(…) t (a, b)`, `orders o (a, b)`, and `, t (a) AS (…)` in WITH.
  if (before?.kind === "group" || before?.kind === "name") return false;
  if (before?.kind === "word" && (NAMES_WHAT_FOLLOWS.has(before.upper) || isPlainName(before.upper)))
    return false;
  return !(wordOf(level[group + 1]) === "AS" && level[group + 2]?.kind === "group");
}

/** No word of SQL, so that what follows it is an alias. */
function isPlainName(word: string): boolean {
  return !NOT_CALLED.has(word) && !OPERATORS.has(word);
}

const OPERATORS = new Set(
  "DIV END ESCAPE FALSE NULL TRUE FOR TO VIEW OUTER BOTH LEADING TRAILING DESC ASC".split(" "),
);
