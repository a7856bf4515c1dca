import { array, assert, constantFrom, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { tablesOfSql } from "./sql-tables.ts";
import { SNOWFLAKE_SQL, SPARK_SQL } from "./sql-tokens.ts";

function names(sql: string, dialect = SPARK_SQL): string[] {
  return tablesOfSql(sql, dialect).tables.map(({ parts }) => parts.join("."));
}

describe("the tables that a query reads", () => {
  const cases: [what: string, sql: string, tables: string[]][] = [
    ["one", "SELECT a FROM silver.t", ["silver.t"]],
    ["three parts", "select a from iceberg.silver.t", ["iceberg.silver.t"]],
    ["spaces around the dots", "select a from silver . t where a = 1", ["silver.t"]],
    ["quoted", "select a from `silver`.`my t`", ["silver.my t"]],
    ["a list with aliases", "select * from a x, b as y, c where a.k = y.k", ["a", "b", "c"]],
    [
      "joins",
      "select * from a left outer join b using (k) cross join c on a.x = c.x, d",
      ["a", "b", "c", "d"],
    ],
    ["a subquery", "select * from (select * from a) s join (select * from b) t on 1 = 1", ["a", "b"]],
    [
      "joins in parentheses",
      "select * from (a join (b join c on 1 = 1) on 2 = 2) join d",
      ["a", "b", "c", "d"],
    ],
    ["nested parentheses", "((select * from a) union all (select * from b)) order by 1", ["a", "b"]],
    ["a union after a parenthesis", "select * from ((select 1 from a) union select 2 from b) u", ["a", "b"]],
    [
      "in a condition",
      "select 1 from a where exists (select 1 from b where b.x in (select x from c))",
      ["a", "b", "c"],
    ],
    ["in the list of columns", "select (select max(x) from b) as m from a", ["b", "a"]],
    ["after a union", "select * from a union all select * from b except select * from c", ["a", "b", "c"]],
    [
      "a WITH",
      "with x as (select * from a), y as (select * from x join b) select * from y, x, c",
      ["a", "b", "c"],
    ],
    ["a WITH with columns", "with x (i, j) as (select * from a) select * from x", ["a"]],
    ["a WITH that is materialised", "with x as not materialized (select * from a) select * from X", ["a"]],
    ["a WITH inside", "select * from (with x as (select * from a) select * from x) s join x", ["a", "x"]],
    [
      "a WITH seen from inside",
      "with x as (select 1) select * from (select * from x where (select 1 from x))",
      [],
    ],
    ["a WITH that hides its table", "with t as (select * from t) select * from t", ["t"]],
    ["a WITH used before it is there", "with x as (select * from y), y as (select 1) select * from x", ["y"]],
    [
      "a WITH that is recursive",
      "with recursive x as (select 1 union all select * from x) select * from x",
      [],
    ],
    ["a name like a WITH's with a schema", "with t as (select 1) select * from silver.t", ["silver.t"]],
    [
      "FROM inside functions",
      "select extract(year from d), trim(both 'x' from n), substring(n from 2) from a",
      ["a"],
    ],
    [
      "IS DISTINCT FROM",
      "select * from a where a.x is distinct from b.x and y is not distinct from z",
      ["a"],
    ],
    ["FILTER and try_cast", "select count(*) filter (where x > 1), try_cast(y as int) from a", ["a"]],
    [
      "a window",
      "select sum(x) over (partition by y order by z rows between 1 preceding and current row) from a",
      ["a"],
    ],
    ["LATERAL VIEW", "select * from a lateral view outer explode(xs) t as k, v where k > 1", ["a"]],
    [
      "two LATERAL VIEWs",
      "select * from a lateral view explode(xs) t as x lateral view explode(ys) u as y join b",
      ["a", "b"],
    ],
    [
      "table functions",
      "select * from range(10) r, lateral explode(array(1)), a cross join unnest(a.xs) as u(x)",
      ["a"],
    ],
    ["LATERAL with a subquery", "select * from a, lateral (select * from b where b.k = a.k)", ["a", "b"]],
    ["VALUES", "select * from values (1), (2) as t(x)", []],
    [
      "a sample and a pivot",
      "select * from a tablesample (10 percent) pivot (sum(x) for y in (1, 2)) join b",
      ["a", "b"],
    ],
    [
      "time travel",
      "select * from silver.t version as of 3 join u timestamp as of '2026-01-01'",
      ["silver.t", "u"],
    ],
    ["FROM first", "from a select x where y in (select y from b)", ["a", "b"]],
    ["comments", "select /* from x /* from y */ from z */ a -- from w\nfrom b", ["b"]],
    ["texts", "select 'from x', \"from y\", 'it''s from z', 'a\\' from w' from b", ["b"]],
    ["columns named like keywords", "select t.from, t.join from a t where t.table = 1", ["a"]],
    ["a hint", "select /*+ broadcast(b) */ * from a join b", ["a", "b"]],
    ["a semicolon at the end", "select 1 from a;\n", ["a"]],
    ["names in other scripts", "select 1 from silver.größe", ["silver.größe"]],
  ];
  test.each(cases)("%s", (_what, sql, tables) => {
    expect(names(sql)).toEqual(tables);
    expect(tablesOfSql(sql, SPARK_SQL).problems).toEqual([]);
  });

  test("double quotes are names in Snowflake and Trino", () => {
    expect(names('select "a b" from "silver"."t"', SNOWFLAKE_SQL)).toEqual(["silver.t"]);
  });

  test("each is found where it is written", () => {
    const sql = "select 1\nfrom a\njoin  silver.b";
    expect(tablesOfSql(sql, SPARK_SQL).tables.map(({ offset }) => sql.slice(offset))).toEqual([
      "a\njoin  silver.b",
      "silver.b",
    ]);
  });
});

describe("what is wrong with a text by itself", () => {
  const cases: [sql: string, message: string, at: string][] = [
    ["select 'a from b", "a quote is not closed", "'a from b"],
    ["select `a from b", "a backquote is not closed", "`a from b"],
    ["select 1 /* from b", "a comment is not closed", "/* from b"],
    ["select (1 from b", "`(` is not closed", "(1 from b"],
    ["select 1) from b", "`)` closes nothing", ") from b"],
    ["", "there is no query", ""],
    ["-- nothing\n;", "there is no query", ""],
    ["delete from a", "`delete` does not begin a query", "delete from a"],
    ["select 1 from a; select 2 from b", "a second statement starts here", "select 2 from b"],
  ];
  test.each(cases)("%s", (sql, message, at) => {
    const { problems } = tablesOfSql(sql, SPARK_SQL);
    expect(problems.map((problem) => [problem.message, sql.slice(problem.offset)])).toEqual([[message, at]]);
  });
});

describe("whatever the text", () => {
  test("it never throws, and tables lie in the text where they say", () => {
    const piece = constantFrom(
      ..."select with as from join , ( ) . ; a b silver ' \" ` -- /* */ lateral view values union recursive distinct is".split(
        " ",
      ),
      "\n",
    );
    assert(
      property(array(piece), (pieces) => {
        const sql = pieces.join(" ");
        for (const { parts, offset } of tablesOfSql(sql, SPARK_SQL).tables) {
          expect(
            sql
              .slice(offset)
              .replace(/^`/, "")
              .startsWith(parts[0] ?? "?"),
          ).toBe(true);
        }
      }),
    );
    assert(property(string({ unit: "binary" }), (sql) => tablesOfSql(sql, SPARK_SQL) !== undefined));
  });

  test.each([
    "(",
    "select * from (",
    "with a as (",
    "from ",
    "/*",
    "'",
    "a,",
    ")",
    "with a as (b), ",
    "(select 1 from x, ",
  ])("a megabyte of `%s` takes no stack and little time", (piece) => {
    const sql = piece.repeat(Math.floor(1_000_000 / piece.length));
    // The processor's time: what else the machine does is not its fault.
    const start = process.cpuUsage();
    tablesOfSql(sql, SPARK_SQL);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000).toBeLessThan(3000);
  });
});
