import { expect, test } from "vitest";
import { columnsOfSql } from "./sql-columns.ts";
import { SPARK_SQL } from "./sql-tokens.ts";

test.each([
  ["latitude between -90 and 90", ["latitude"]],
  ["(latitude is null) = (longitude is null)", ["latitude", "longitude"]],
  ["lower(name) not in ('a', 'b') or `odd name` like 'x%'", ["name", "odd name"]],
  ["address.city <> city and t.x = 1", ["address", "city", "t"]],
  ["on_day >= DATE '2026-01-01' and at < current_timestamp - interval 3 days", ["on_day", "at"]],
  ["case when a > 1 then b else cast(c as decimal(12, 2)) end", ["a", "b", "c"]],
  ["exists(tags, x -> x = name) and aggregate(xs, 0, (sum, v) -> sum + v) > n", ["tags", "name", "xs", "n"]],
  ["a -- b\n and c", ["a", "c"]],
  ["'not closed", []],
])("%s", (sql, names) => {
  expect(columnsOfSql(sql, SPARK_SQL).map(({ name }) => name)).toEqual(names);
});
