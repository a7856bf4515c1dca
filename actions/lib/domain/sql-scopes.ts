import { isSymbol, type SqlItem, wordOf } from "./sql-groups.ts";

/** One `SELECT`, as far as names without a table go. */
export interface SqlScope {
  /** What it reads, in the order of the text; `undefined` for what is no plain name: a query, a function. */
  sources: readonly (readonly string[] | undefined)[];
  /** Names without a table that may be columns of these, or of a query around it. */
  names: readonly { name: string; offset: number }[];
  /** Columns that `USING` makes one of. */
  shared: ReadonlySet<string>;
  /** The query around this one, whose columns are seen here too. */
  outer: SqlScope | undefined;
}

/** With one of these, names come from elsewhere too. */
const TOO_MUCH = new Set(
  "LATERAL PIVOT UNPIVOT NATURAL TRANSFORM UNION EXCEPT INTERSECT MINUS MATCH_RECOGNIZE".split(" "),
);
const ENDS_FROM = new Set(
  "WHERE GROUP HAVING QUALIFY WINDOW ORDER SORT CLUSTER DISTRIBUTE LIMIT OFFSET".split(" "),
);
const JOINS = new Set("JOIN INNER LEFT RIGHT FULL OUTER CROSS SEMI ANTI".split(" "));

/** Words of SQL; a column that is called so is left alone. */
const WORDS = new Set(
  [
    "ALL AND ANY ARRAY AS ASC AT BETWEEN BIGINT BINARY BOOLEAN BOTH BY CASE CAST COLLATE CURRENT CURRENT_DATE",
    "CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DATE DAY DAYS DECIMAL DESC DISTINCT DIV DOUBLE ELSE END ESCAPE EXISTS",
    "FALSE FILTER FIRST FLOAT FOLLOWING FOR FROM GROUPING HOUR HOURS IGNORE ILIKE IN INT INTEGER INTERVAL IS LAST",
    "LEADING LIKE LOCALTIMESTAMP MAP MICROSECOND MILLISECOND MINUTE MINUTES MONTH MONTHS NOT NULL NULLS OR OVER",
    "PARTITION PERCENT PRECEDING QUARTER RANGE REGEXP RESPECT RLIKE ROW ROWS SECOND SECONDS SELECT SESSION_USER SETS",
    "SMALLINT SOME STRING STRUCT THEN TIME TIMESTAMP TIMESTAMP_LTZ TIMESTAMP_NTZ TINYINT TO TRAILING TRUE UNBOUNDED",
    "USER USING VALUES VARIANT WEEK WEEKS WHEN WITH WITHIN YEAR YEARS ZONE ROLLUP CUBE TABLESAMPLE ON LIMIT ORDER GROUP",
  ].flatMap((line) => line.split(" ")),
);

/**
 * Finds the `SELECT`s of a query and the names without a table in each. Where a clause brings names of its own
 * (`LATERAL`, `PIVOT`, set operations), the `SELECT` is left out: what cannot be told is not told.
 *
 * @param items of the query, parentheses put together
 * @param parameters of lambdas, which are no columns anywhere
 */
export function scopesOf(items: readonly SqlItem[], parameters: ReadonlySet<string>): SqlScope[] {
  const scopes: SqlScope[] = [];
  const open: { items: readonly SqlItem[]; outer: SqlScope | undefined }[] = [{ items, outer: undefined }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { items: own, outer } = next;
    const walk = new ScopeWalk(own, outer, parameters);
    if (isQuery(own) && !own.some((item) => TOO_MUCH.has(wordOf(item)))) scopes.push(walk.scope);
    open.push(...walk.queries.map((query) => ({ items: query, outer: walk.scope })));
  }
  return scopes;
}

function isQuery(items: readonly SqlItem[]): boolean {
  return /^(?:SELECT|WITH)$/.test(wordOf(items[0]));
}

class ScopeWalk {
  readonly scope: SqlScope;
  readonly queries: (readonly SqlItem[])[] = [];
  readonly #sources: (readonly string[] | undefined)[] = [];
  readonly #names: { name: string; offset: number }[] = [];
  readonly #aliases = new Set<string>();
  readonly #shared = new Set<string>();
  readonly #parameters: ReadonlySet<string>;

  constructor(items: readonly SqlItem[], outer: SqlScope | undefined, parameters: ReadonlySet<string>) {
    this.#parameters = parameters;
    const select = items.findIndex((item) => wordOf(item) === "SELECT");
    // Before it are common table expressions, queries of their own.
    for (const item of items.slice(0, Math.max(select, 0))) this.#descend(item);
    const from = items.findIndex(
      (item, at) => at > select && wordOf(item) === "FROM" && !isComparison(items, at),
    );
    const end = items.findIndex((item, at) => at > from && ENDS_FROM.has(wordOf(item)));
    const to = end === -1 ? items.length : end;
    this.#read(items.slice(Math.max(select, 0), from === -1 ? items.length : from));
    if (from !== -1) {
      this.#readFrom(items.slice(from + 1, to));
      this.#read(items.slice(to));
    }
    const names = this.#names.filter(({ name }) => !this.#aliases.has(name.toLowerCase()));
    this.scope = { sources: this.#sources, names, shared: this.#shared, outer };
  }

  /** Relations stand at the beginning, after a comma, and after `JOIN`; between them is `ON condition`. */
  #readFrom(items: readonly SqlItem[]): void {
    let at = 0;
    while (at < items.length) {
      at = this.#readRelation(items, at);
      const start = at;
      while (at < items.length && !isSymbol(items[at], ",") && wordOf(items[at]) !== "JOIN") at += 1;
      this.#readCondition(items.slice(start, at));
      at += 1;
    }
  }

  /** @returns the index after the relation and its alias */
  #readRelation(items: readonly SqlItem[], start: number): number {
    let at = start;
    const parts: string[] = [];
    const first = items[at];
    if (first?.kind === "group") this.#descend(first);
    else if (first?.kind === "word" || first?.kind === "name") parts.push(first.text);
    at += 1;
    while (parts.length > 0 && isSymbol(items[at], ".")) {
      const part = items[at + 1];
      if (part?.kind !== "word" && part?.kind !== "name") break;
      parts.push(part.text);
      at += 2;
    }
    // A function of rows, or a list of values.
    const isCalled = items[at]?.kind === "group" && parts.length > 0;
    if (isCalled) {
      this.#descend(items[at] as SqlItem);
      at += 1;
    }
    if (wordOf(items[at]) === "AS") at += 1;
    const alias = items[at];
    const isAlias =
      alias?.kind === "name" ||
      (alias?.kind === "word" && !JOINS.has(alias.upper) && !WORDS.has(alias.upper));
    if (isAlias) at += 1;
    // Its columns are given other names.
    const isRenamed = isAlias && items[at]?.kind === "group";
    if (isRenamed) at += 1;
    this.#sources.push(parts.length === 0 || isCalled || isRenamed ? undefined : parts);
    return at;
  }

  #readCondition(items: readonly SqlItem[]): void {
    const using = items.findIndex((item) => wordOf(item) === "USING");
    const group = using === -1 ? undefined : items[using + 1];
    if (group?.kind !== "group") this.#read(items.filter((item) => !JOINS.has(wordOf(item))));
    for (const item of group?.kind === "group" ? group.items : [])
      if (item.kind === "word" || item.kind === "name") this.#shared.add(item.text.toLowerCase());
  }

  #read(items: readonly SqlItem[]): void {
    for (const [index, item] of items.entries()) {
      if (item.kind === "group") this.#descend(item);
      else if (isName(item) && !isSymbol(items[index - 1], ".") && !isSymbol(items[index + 1], "."))
        this.#readName(item, items[index - 1], items[index + 1]);
    }
  }

  #readName(
    item: Exclude<SqlItem, { kind: "group" }>,
    before: SqlItem | undefined,
    after: SqlItem | undefined,
  ): void {
    // What follows `AS`, or a value without an operator between, is a new name.
    if (/^(?:WINDOW|OVER)$/.test(wordOf(before))) return;
    if (wordOf(before) === "AS" || endsValue(before)) this.#aliases.add(item.text.toLowerCase());
    else if (after?.kind === "group" || after?.kind === "text" || this.#parameters.has(item.text)) return;
    else this.#names.push({ name: item.text, offset: item.offset });
  }

  #descend(item: SqlItem): void {
    if (item.kind !== "group") return;
    if (isQuery(item.items)) this.queries.push(item.items);
    else this.#read(item.items);
  }
}

function isName(item: SqlItem): item is Exclude<SqlItem, { kind: "group" }> {
  return item.kind === "name" || (item.kind === "word" && !isWord(item.upper));
}

function isWord(word: string): boolean {
  return WORDS.has(word) || ENDS_FROM.has(word) || JOINS.has(word);
}

function endsValue(item: SqlItem | undefined): boolean {
  if (item === undefined || item.kind === "symbol") return false;
  return item.kind !== "word" || item.upper === "END" || !isWord(item.upper);
}

/** `IS [NOT] DISTINCT FROM` compares. */
function isComparison(items: readonly SqlItem[], at: number): boolean {
  const before = wordOf(items[at - 2]);
  return wordOf(items[at - 1]) === "DISTINCT" && (before === "IS" || before === "NOT");
}
