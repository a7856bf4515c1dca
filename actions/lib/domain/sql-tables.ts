import { groupParentheses, isSymbol, type SqlGroup, type SqlItem, wordOf } from "./sql-groups.ts";
import { type SqlDialect, type SqlProblem, tokenizeSql } from "./sql-tokens.ts";

/** A table that a query reads. */
export interface SqlTable {
  /** The parts of its name, as written: `["silver", "orders"]`. */
  parts: string[];
  /** Where its name starts, in UTF-16 units. */
  offset: number;
}

/** What a SQL file reads. */
export interface SqlTables {
  /** In the order of the text; common table expressions and table functions are not among them. */
  tables: SqlTable[];
  problems: SqlProblem[];
}

/**
 * Finds the tables that a query reads.
 *
 * It is no parser of SQL: it follows parentheses, `WITH`, `FROM` and `JOIN`, which is enough to tell a table from a
 * column, a function, an alias and a common table expression, in every dialect. It never throws.
 *
 * @param sql the text of one query
 * @param dialect how it is written
 * @returns the tables, and what is wrong with the text by itself
 */
export function tablesOfSql(sql: string, dialect: SqlDialect): SqlTables {
  const { tokens, problems } = tokenizeSql(sql, dialect);
  const grouped = groupParentheses(tokens);
  const tables: SqlTable[] = [];
  // A stack of its own, so that no nesting can exhaust the program's.
  const levels: Level[] = [{ items: grouped.items, relation: false, scope: undefined }];
  for (let level = levels.pop(); level !== undefined; level = levels.pop()) {
    const walk = new LevelWalk(level);
    walk.run();
    tables.push(...walk.tables);
    levels.push(...walk.inner);
  }
  const own = [...problems, ...grouped.problems];
  const shape = own.length > 0 ? [] : checkShape(grouped.items, sql.length);
  return { tables: tables.sort((a, b) => a.offset - b.offset), problems: [...own, ...shape] };
}

/** The names of common table expressions that may be used, of this level and of those around it. */
interface Scope {
  /** By name in lower case, the how-manieth of its level it is. */
  names: ReadonlyMap<string, number>;
  /** Only those before this one are complete. */
  before: number;
  outer: Scope | undefined;
}

/** The content of one pair of parentheses, or of the whole text. */
interface Level {
  items: readonly SqlItem[];
  /** Whether it stands where a relation is wanted: `FROM (a JOIN b)`. */
  relation: boolean;
  scope: Scope | undefined;
}

const QUERY_STARTS = new Set(["SELECT", "WITH", "FROM", "VALUES", "TABLE"]);

/** Words that end a `FROM` list. */
const CLAUSES = new Set(
  [
    "SELECT",
    "WHERE",
    "GROUP",
    "HAVING",
    "QUALIFY",
    "WINDOW",
    "ORDER",
    "SORT",
    "CLUSTER",
    "DISTRIBUTE",
  ].concat(["LIMIT", "OFFSET", "FETCH", "UNION", "EXCEPT", "INTERSECT", "MINUS"]),
);

class LevelWalk {
  readonly tables: SqlTable[] = [];
  readonly inner: Level[] = [];
  readonly #items: readonly SqlItem[];
  readonly #names = new Map<string, number>();
  readonly #outer: Scope | undefined;
  #state: "relation" | "relation-read" | "view" | "elsewhere";
  #isQuery = false;
  #at = 0;

  constructor({ items, relation, scope }: Level) {
    this.#items = items;
    this.#outer = scope;
    const isQuery = QUERY_STARTS.has(wordOf(items[0]));
    this.#state = relation && !isQuery ? "relation" : "elsewhere";
    this.#isQuery = relation || isQuery;
  }

  run(): void {
    if (wordOf(this.#items[0]) === "WITH") this.#readCtes();
    for (; this.#at < this.#items.length; this.#at += 1) {
      const item = this.#items[this.#at] as SqlItem;
      if (item.kind === "group") this.#descend(item);
      else if (this.#state === "relation") this.#readRelation(item);
      else if (isSymbol(item, ",") && this.#state === "relation-read") this.#state = "relation";
      else if (!isSymbol(this.#items[this.#at - 1], ".")) this.#readWord(wordOf(item));
    }
  }

  /** `WITH [RECURSIVE] name [(columns)] AS [[NOT] MATERIALIZED] (query), …` */
  #readCtes(): void {
    this.#at = 1;
    const recursive = wordOf(this.#items[1]) === "RECURSIVE" && wordOf(this.#items[2]) !== "AS";
    if (recursive) this.#at += 1;
    for (;;) {
      const name = this.#items[this.#at];
      if (name?.kind !== "word" && name?.kind !== "name") return;
      const order = this.#names.size;
      if (recursive) this.#names.set(name.text.toLowerCase(), order);
      const as = this.#find(this.#at, (item) => wordOf(item) === "AS");
      const query = this.#find(as, (item) => item.kind === "group");
      if (query === this.#items.length) return;
      this.#inner(this.#items[query] as SqlGroup, false, recursive ? order + 1 : order);
      this.#names.set(name.text.toLowerCase(), order);
      this.#at = query + 1;
      if (!isSymbol(this.#items[this.#at], ",")) return;
      this.#at += 1;
    }
  }

  /** @returns the index of the first such item after `from`, or the number of items */
  #find(from: number, is: (item: SqlItem) => boolean): number {
    let index = from + 1;
    while (index < this.#items.length && !is(this.#items[index] as SqlItem)) index += 1;
    return Math.min(index, this.#items.length);
  }

  #readWord(word: string): void {
    if (word === "SELECT") this.#isQuery = true;
    if (!this.#isQuery) return;
    if (word === "FROM" && !this.#isComparison()) this.#state = "relation";
    else if (word === "TABLE" && this.#at === 0) this.#state = "relation";
    else if (this.#state === "elsewhere") return;
    else if (word === "JOIN") this.#state = "relation";
    else if (CLAUSES.has(word)) this.#state = "elsewhere";
    // What follows `LATERAL VIEW f(x) t AS` are names of columns, with commas between them.
    else if (word === "LATERAL" && wordOf(this.#items[this.#at + 1]) === "VIEW") this.#state = "view";
  }

  /** `IS [NOT] DISTINCT FROM` compares. */
  #isComparison(): boolean {
    const before = wordOf(this.#items[this.#at - 2]);
    return wordOf(this.#items[this.#at - 1]) === "DISTINCT" && (before === "IS" || before === "NOT");
  }

  #readRelation(item: SqlItem): void {
    const word = wordOf(item);
    if (word === "LATERAL" || word === "ONLY") return;
    this.#state = word === "VALUES" ? "elsewhere" : "relation-read";
    if ((item.kind !== "word" && item.kind !== "name") || word === "VALUES") return;
    const parts = this.#nameParts(item.text);
    const isFunction = this.#items[this.#at + 1]?.kind === "group";
    if (isFunction || (parts.length === 1 && this.#isCte(parts[0] ?? ""))) return;
    this.tables.push({ parts, offset: item.offset });
  }

  /** Reads on in `a.b.c`, to its last part. */
  #nameParts(first: string): string[] {
    const parts = [first];
    while (isSymbol(this.#items[this.#at + 1], ".")) {
      const part = this.#items[this.#at + 2];
      if (part?.kind !== "word" && part?.kind !== "name") break;
      parts.push(part.text);
      this.#at += 2;
    }
    return parts;
  }

  #isCte(name: string): boolean {
    const wanted = name.toLowerCase();
    if (this.#names.has(wanted)) return true;
    for (let scope = this.#outer; scope !== undefined; scope = scope.outer) {
      if ((scope.names.get(wanted) ?? Number.POSITIVE_INFINITY) < scope.before) return true;
    }
    return false;
  }

  #descend(group: SqlGroup): void {
    this.#inner(group, this.#state === "relation", this.#names.size);
    if (this.#state === "relation") this.#state = "relation-read";
  }

  #inner(group: SqlGroup, relation: boolean, before: number): void {
    this.inner.push({
      items: group.items,
      relation,
      scope: { names: this.#names, before, outer: this.#outer },
    });
  }
}

/** A file holds one query: nothing else can become a table. */
function checkShape(items: readonly SqlItem[], end: number): SqlProblem[] {
  const semicolon = items.findIndex((item) => isSymbol(item, ";"));
  const query = semicolon === -1 ? items : items.slice(0, semicolon);
  const second = items.slice(query.length).find((item) => !isSymbol(item, ";"));
  const [first] = query;
  if (first === undefined) {
    return [
      { offset: end, message: "there is no query", expected: "`SELECT` or `WITH`", fix: "write one query" },
    ];
  }
  const problems: SqlProblem[] = [];
  if (first.kind !== "group" && !QUERY_STARTS.has(wordOf(first))) {
    const message = `\`${first.text}\` does not begin a query`;
    problems.push({ offset: first.offset, message, expected: "`SELECT` or `WITH`", fix: "write one query" });
  }
  if (second !== undefined) {
    const message = "a second statement starts here";
    problems.push({ offset: second.offset, message, expected: "one query a file", fix: "remove it" });
  }
  return problems;
}
