import { isSymbol, type SqlItem, wordOf } from "./sql-groups.ts";
import type { SqlTable } from "./sql-tables.ts";
import type { SqlToken } from "./sql-tokens.ts";

/** A column that is named with its table: `o.amount`. */
export interface QualifiedColumn {
  /** The table's parts, as written. */
  table: readonly string[];
  column: string;
  /** Where the column's name starts, in UTF-16 units. */
  offset: number;
}

/** Words after a table that are no alias of it. */
const NOT_ALIAS = new Set(
  "ON USING WHERE GROUP HAVING ORDER LIMIT UNION EXCEPT INTERSECT JOIN INNER LEFT RIGHT FULL CROSS NATURAL LATERAL SEMI ANTI QUALIFY WINDOW TABLESAMPLE PIVOT UNPIVOT FOR SORT CLUSTER DISTRIBUTE SELECT VERSION TIMESTAMP".split(
    " ",
  ),
);

/**
 * Finds the columns that a query names with an alias of a table, or the table itself. An alias that stands for two
 * things is left alone.
 *
 * @param tokens of the query
 * @param tables that it reads
 * @returns them in the order of the text
 */
export function qualifiedColumns(
  tokens: readonly SqlToken[],
  tables: readonly SqlTable[],
): QualifiedColumn[] {
  const aliases = aliasesOf(tokens, tables);
  return tokens.flatMap((token, index): QualifiedColumn[] => {
    const [dot, column, after] = tokens.slice(index + 1, index + 4);
    if (!isName(token) || dot?.text !== "." || column === undefined || !isName(column)) return [];
    if (tokens[index - 1]?.text === "." || after?.text === "(" || after?.text === ".") return [];
    const table = aliases.get(token.text.toLowerCase());
    return table === undefined ? [] : [{ table, column: column.text, offset: column.offset }];
  });
}

function aliasesOf(
  tokens: readonly SqlToken[],
  tables: readonly SqlTable[],
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  // What a common table expression is called may be an alias too.
  const taken = new Set(
    tokens.flatMap((token, index) =>
      isName(token) && tokens[index + 1]?.upper === "AS" && tokens[index + 2]?.text === "("
        ? [token.text.toLowerCase()]
        : [],
    ),
  );
  const at = new Map(tokens.map((token, index) => [token.offset, index]));
  for (const { parts, offset } of tables) {
    let next = (at.get(offset) ?? 0) + parts.length * 2 - 1;
    if (tokens[next]?.upper === "AS") next += 1;
    const alias = tokens[next];
    const named = alias !== undefined && isName(alias) && !NOT_ALIAS.has(alias.upper);
    const name = (named ? alias.text : (parts.at(-1) ?? "")).toLowerCase();
    const other = found.get(name);
    if (other !== undefined && other.join(".") !== parts.join(".")) taken.add(name);
    found.set(name, parts);
  }
  for (const name of taken) found.delete(name);
  return found;
}

function isName(token: SqlToken): boolean {
  return token.kind === "word" || token.kind === "name";
}

/**
 * Tells what the columns of a query's result are called.
 *
 * @param items of the whole query
 * @returns their names; `undefined` where that takes more than reading them, as with `*`
 */
export function outputNames(items: readonly SqlItem[]): string[] | undefined {
  const select = items.findIndex((item) => wordOf(item) === "SELECT");
  const from = items.findIndex((item, index) => index > select && wordOf(item) === "FROM");
  if (select === -1 || from === -1) return undefined;
  const names: (string | undefined)[] = [];
  let last: SqlItem | undefined;
  for (const item of [...items.slice(select + 1, from), undefined]) {
    if (item !== undefined && !isSymbol(item, ",")) {
      last = item;
      continue;
    }
    names.push(last?.kind === "word" || last?.kind === "name" ? last.text : undefined);
    last = undefined;
  }
  return names.every((name) => name !== undefined) ? names : undefined;
}
