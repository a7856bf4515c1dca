import { expect, test } from "vitest";
import { checkMartColumns } from "./check-mart-columns.ts";
import type { Spec } from "./pipeline-type.ts";
import { SPARK_SQL } from "./sql-tokens.ts";

const pii = { method: "hash", key: "pii_key" } as const;
const table = (name: string, columns: Spec["tables"][number]["columns"]) =>
  ({ name, source: "shop", write: "append", columns }) as Spec["tables"][number];

const SPEC = {
  storage: { format: "iceberg", catalog: "iceberg", bucket: "lake" },
  sources: {},
  tables: [
    table("customers", { id: "string", email: { type: "string", pii } }),
    table("orders", { order_id: "string", id: "string" }),
  ],
} as unknown as Spec;

function rules(sql: string): string[] {
  return checkMartColumns(sql, SPARK_SQL, SPEC).map(
    ({ offset, problem }) => `${problem.rule} at ${sql.slice(offset).split(/[\s,)]/)[0]}`,
  );
}

test.each([
  ["by its name", "SELECT email FROM raw.customers", "email"],
  ["by an alias", "SELECT lower(c.email) AS name FROM raw.customers AS c", "email"],
  [
    "beside another table",
    "SELECT order_id, email FROM raw.customers c JOIN silver.orders o ON c.id = o.id",
    "email",
  ],
  [
    "through a common table expression",
    "WITH c AS (SELECT id, email AS who FROM raw.customers) SELECT who FROM c JOIN silver.orders o USING (id)",
    "email",
  ],
  ["by a star", "SELECT * FROM raw.customers", "raw.customers"],
  [
    "by a table's star",
    "SELECT o.id, c.* FROM raw.customers c JOIN silver.orders o USING (id)",
    "raw.customers",
  ],
  ["by a star in a function", "SELECT to_json(struct(*)) AS row FROM raw.customers", "raw.customers"],
  ["by a star in a subquery", "SELECT x.id FROM (SELECT ALL * FROM raw.customers) x", "raw.customers"],
  ["by its name in the catalog", "SELECT c.email FROM iceberg.raw.customers c", "email"],
])("personal data is not taken from raw %s", (_, sql, at) => {
  expect(rules(sql)).toEqual([
    expect.stringMatching(new RegExp(`^pipeline/unmasked-pii at (?:c\\.)?(?:iceberg\\.)?${at}`)),
  ]);
});

test.each([
  ["from silver", "SELECT email FROM silver.customers"],
  ["other columns of raw", "SELECT c.id, count(*) AS n FROM raw.customers c GROUP BY c.id"],
  ["a product", "SELECT o.order_id * 2 AS twice FROM raw.orders o"],
])("what is allowed: %s", (_, sql) => {
  expect(rules(sql)).toEqual([]);
});
