import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkMartNames, unknownFunctions } from "./check-mart-names.ts";
import type { Spec } from "./pipeline-type.ts";
import { SPARK_OF_FUNCTIONS } from "./spark-functions.ts";
import { SNOWFLAKE_SQL, SPARK_SQL } from "./sql-tokens.ts";
import { parseVersions, VERSIONS_FILE } from "./versions.ts";

const spec = {
  storage: { format: "delta", bucket: "b" },
  sources: {},
  tables: [
    { name: "orders", columns: { id: "string", customer_id: "string", amount: "double", day: "date" } },
    { name: "customers", columns: { id: "string", customer_id: "string", country: "string" } },
    {
      name: "frozen",
      columns: { id: "string", colour: "string" },
      contract: { newColumns: "freeze" },
    },
    {
      name: "people",
      write: "scd2",
      load: { mode: "full", deletes: { mode: "snapshot" } },
      columns: { id: "string", name: { type: "string", pii: { method: "drop" } } },
      contract: { newColumns: "freeze" },
    },
  ],
} as unknown as Spec;

function told(sql: string, dialect = SPARK_SQL): string[] {
  return checkMartNames(sql, dialect, spec).map(
    ({ offset, problem }) =>
      `${sql.slice(offset).match(/^\w+/)?.[0]}: ${problem.rule.slice(9)}: ${problem.fix}`,
  );
}

describe("what is told", () => {
  test.each([
    ["select coalesc(id) from silver.orders", ["coalesc: unknown-function: did you mean `coalesce`?"]],
    [
      "select sum(x) from (select percentil(amount, 0.5) as x from silver.orders) t (x)",
      ["percentil: unknown-function: did you mean `percentile`?"],
    ],
    [
      "select country, sum(amount) from silver.orders o join silver.customers c on o.id = c.id where customer_id is not null group by country",
      ["customer_id: ambiguous-column: write which one is meant, as `orders.customer_id`"],
    ],
    [
      "with a as (select 1 as one) select id from silver.orders, silver.customers, a",
      ["id: ambiguous-column: write which one is meant, as `orders.id`"],
    ],
    [
      "select x from (select customer_id as x from silver.orders o join silver.customers using (id))",
      ["customer_id: ambiguous-column: write which one is meant, as `orders.customer_id`"],
    ],
    ["select sum(amuont) from silver.orders", ["amuont: unknown-column: did you mean `amount`?"]],
    [
      "select size from silver.frozen",
      ["size: unknown-column: name one of them, or declare it in `columns`"],
    ],
    // Its values never reach silver.
    [
      "select name from silver.people",
      ["name: unknown-column: name one of them, or declare it in `columns`"],
    ],
    [
      "select is_current from silver.frozen",
      ["is_current: unknown-column: name one of them, or declare it in `columns`"],
    ],
  ])("%s", (sql, wanted) => {
    expect(told(sql)).toEqual(wanted);
  });
});

describe("what is right, or cannot be told, is not", () => {
  test.each([
    "select id, sum(amount) as total from silver.orders group by id having total > 0 order by total desc limit 3",
    "select id from silver.orders join silver.customers using (id, customer_id)",
    "select o.id, c.country from silver.orders as o left outer join silver.customers as c on o.id = c.id",
    "select amount a, day as d from silver.orders where a > 1 and d = date '2026-01-01'",
    "select * from silver.orders where exists (select 1 from silver.customers c where c.id = customer_id)",
    "select (select max(amount) from silver.orders o where o.id = c.id) from silver.customers c",
    "select amuont from silver.orders, gold.others",
    "select id, valid_from, valid_to, is_deleted, ingest_date from silver.people where is_current",
    "select id from silver.orders union select id from silver.customers",
    "select extract(day from day), timestampdiff(HOUR, day, current_timestamp()) from silver.orders",
    "select transform(collect_list(amount), amuont -> amuont + 1) from silver.orders",
    "select sum(amount) over w, row_number() over (partition by id order by day) from silver.orders window w as (order by id)",
    "select id, extra from silver.orders lateral view explode(array(1)) e as extra",
    "with t (a, b) as (select id, amount from silver.orders) select a, count_if(b > 0) filter (where b < 9) from t",
    "select cast(amount as decimal(12, 2)), case when (amount > 1) then (2) else (3) end from silver.orders where id in (1) and not (day between ('a') and ('b'))",
    "select count(*) from silver.orders where id is distinct from (null) group by grouping sets ((id), (day)), rollup (day)",
    "select `group`, my.own(id) from silver.orders o (`group`, id)",
    "select cont(",
  ])("%s", (sql) => {
    expect(told(sql)).toEqual([]);
  });

  test("of a warehouse's functions nothing is known", () => {
    expect(told("select iff(true, 1, 2) from silver.orders", SNOWFLAKE_SQL)).toEqual([]);
  });
});

test("expressions are looked at too", () => {
  expect(unknownFunctions("lenght(name) > 1 and name in ('a') and (id is not null)")).toEqual([
    { offset: 0, problem: expect.objectContaining({ fix: "did you mean `length`?" }) },
  ]);
});

test("the functions are those of the Spark that is pinned; `SHOW SYSTEM FUNCTIONS` lists another's", () => {
  const versions = parseVersions(readFileSync(join(import.meta.dirname, "../../..", VERSIONS_FILE)));
  expect(SPARK_OF_FUNCTIONS).toBe(versions.of.spark);
});
