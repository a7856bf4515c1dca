import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkPipeline, type PipelineTree } from "./check-pipeline.ts";
import { checkPipelines } from "./check-pipelines.ts";
import { type Finding, formatFinding } from "./finding.ts";
import { type PipelineFile, readPipeline } from "./pipeline-file.ts";

const ROOT = join(import.meta.dirname, "../../..");
const EXAMPLES: Readonly<Record<string, string>> = {
  breweries: "pipelines/breweries",
  ecommerce: "actions/lib/testing/pipelines/ecommerce",
  telecoms: "actions/lib/testing/pipelines/telecoms",
  "course-telemetry": "actions/lib/testing/pipelines/course-telemetry",
};

function filesOf(name: string): Map<string, string> {
  const folder = join(ROOT, EXAMPLES[name] ?? "");
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [`pipelines/${name}${path.slice(folder.length)}`, readFileSync(path, "utf8")];
    }),
  );
}

function treeOf(files: ReadonlyMap<string, string>): PipelineTree {
  return { paths: new Set(files.keys()), sql: new Map([...files].filter(([path]) => path.endsWith(".sql"))) };
}

function textOf(name: string, change: [from: string, to: string]): string {
  const text = filesOf(name).get(`pipelines/${name}/pipeline.yaml`) ?? "";
  if (!text.includes(change[0])) throw new Error(`there is no ${JSON.stringify(change[0])} in ${name}`);
  return text.replace(...change);
}

function findingsOf(
  name: string,
  change: [from: string, to: string],
  sql?: Record<string, string>,
): Finding[] {
  const files = filesOf(name);
  for (const [path, text] of Object.entries(sql ?? {})) files.set(`pipelines/${name}/${path}`, text);
  const file = `pipelines/${name}/pipeline.yaml`;
  const { findings, pipeline } = readPipeline(file, textOf(name, change));
  return pipeline === undefined ? findings : checkPipeline(pipeline, treeOf(files));
}

describe("all four pipelines of the design can be said", () => {
  test.each(Object.keys(EXAMPLES))("%s", (name) => {
    expect(findingsOf(name, ["kind: Pipeline", "kind: Pipeline"]).map(formatFinding)).toEqual([]);
  });

  test("and they live together", () => {
    const sources = Object.keys(EXAMPLES).map((name) => read(name, name));
    expect(checkPipelines(sources)).toEqual([]);
  });
});

function read(name: string, as: string): PipelineFile {
  const text = filesOf(name).get(`pipelines/${name}/pipeline.yaml`) ?? "";
  const { pipeline } = readPipeline(
    `pipelines/${as}/pipeline.yaml`,
    text.replace(`name: ${name}`, `name: ${as}`),
  );
  if (pipeline === undefined) throw new Error(`${name} is not valid`);
  return pipeline;
}

test("two pipelines write no table twice, in the lake or in the warehouse", () => {
  const twice = [read("breweries", "breweries"), read("breweries", "ales")];
  expect(checkPipelines(twice).map(({ file, message }) => [file, message])).toEqual([
    [
      "pipelines/breweries/pipeline.yaml",
      "`silver.breweries` is written by `pipelines/ales/pipeline.yaml` too, in the same bucket `lakehouse`",
    ],
    [
      "pipelines/breweries/pipeline.yaml",
      "`gold.breweries_by_type_and_location` is written by `pipelines/ales/pipeline.yaml` too, in the same bucket `lakehouse`",
    ],
  ]);
  const warehouse = [read("telecoms", "telecoms"), read("telecoms", "calls")];
  expect(checkPipelines(warehouse).at(-1)?.message).toContain("in the same database `TELECOMS`");
});

describe("what the schema cannot say", () => {
  type Case = [name: string, from: string, to: string, at: string, rule: string, message: string];
  const cases: Case[] = [
    [
      "breweries",
      "rule: latitude between",
      "rule: latitud between",
      "latitud between -90 and 90, severity: quarantine }",
      "unknown-column",
      "has no column `latitud`",
    ],
    [
      "breweries",
      "rule: name is not null",
      "rule: street is not null",
      "street is not null, severity: quarantine }",
      "deprecated-column",
      "`street` is deprecated",
    ],
    [
      "ecommerce",
      "expression: quantity * unit_price",
      "expression: quantity * unitprices",
      "quantity * unitprices }",
      "unknown-column",
      "has no column `unitprices`",
    ],
    [
      "breweries",
      "name: breweries\n",
      "name: ales\n",
      "ales",
      "folder",
      "is called `ales`, its folder `breweries`",
    ],
    ["breweries", '"@daily"', '"@dayly"', '"@dayly"', "cron", "no preset `@dayly`"],
    ["breweries", '"@daily"', "daily", "daily", "cron", "`daily` has 1 field"],
    ["breweries", '"@daily"', "0 24 * * *", "0 24 * * *", "cron", "`24` is no hour"],
    [
      "ecommerce",
      "Europe/Madrid }",
      "Europe/Madird }",
      "Europe/Madird }",
      "time-zone",
      "no time zone `Europe/Madird`",
    ],
    [
      "ecommerce",
      "timezone: Europe/Madrid }\n        upd",
      "timezone: CEST }\n        upd",
      "CEST }",
      "time-zone",
      "`CEST`",
    ],
    [
      "breweries",
      "source: openbrewerydb",
      "source: openbrewerydbs",
      "openbrewerydbs",
      "unknown-source",
      "`openbrewerydbs`",
    ],
    ["breweries", "keys: [id]", "keys: [id, nam]", "nam]", "unknown-column", "has no column `nam`"],
    [
      "breweries",
      "keys: [id]",
      "keys: [id, toString]",
      "toString]",
      "unknown-column",
      "has no column `toString`",
    ],
    ["breweries", "keys: [id]", "keys: [street]", "street]", "deprecated-column", "`street` is deprecated"],
    ["breweries", "partitionBy: [country]", "partitionBy: [contry]", "contry]", "unknown-column", "`contry`"],
    [
      "ecommerce",
      "column: created_at, transform: day",
      "column: created, transform: day",
      "created, transform: day }]",
      "unknown-column",
      "`created`",
    ],
    [
      "ecommerce",
      "cursor: updated_at, lag: 15m, deletes",
      "cursor: updated, lag: 15m, deletes",
      "updated, lag: 15m, deletes: { mode: soft, column: deleted_at } }",
      "unknown-column",
      "`updated`",
    ],
    ["ecommerce", "column: deleted_at }", "column: deleted }", "deleted } }", "unknown-column", "`deleted`"],
    [
      "ecommerce",
      "column: order_id, parts",
      "column: order, parts",
      "order, parts: 8 } }",
      "unknown-column",
      "`order`",
    ],
    ["ecommerce", "history: [country", "history: [county", "county, segment]", "unknown-column", "`county`"],
    [
      "ecommerce",
      "method: hash, key: pii_key } }\n        email",
      "method: drop } }\n        email",
      "drop } }",
      "masked-key",
      "`customer_id`",
    ],
    [
      "breweries",
      "write: merge",
      "write: merge\n      history: [name]",
      "history: [name]",
      "conflict",
      "`history` means nothing with `merge`",
    ],
    ["breweries", "      keys: [id]\n", "", "merge", "no-keys", "`merge` needs to know"],
    [
      "breweries",
      "write: merge",
      "write: merge\n      load: { mode: incremental, cursor: id }",
      "incremental, cursor: id }",
      "load-mode",
      "of type `http`",
    ],
    [
      "ecommerce",
      "source: shop\n",
      "source: shop\n      explode: [{ path: a }]\n",
      "explode: [{ path: a }]",
      "explode",
      "of type `postgres`",
    ],
    [
      "breweries",
      "[country]",
      "[{ column: country, transform: bucket, width: 4 }]",
      "bucket, width: 4 }]",
      "partition",
      "`delta` cannot split",
    ],
    [
      "ecommerce",
      "transform: bucket, width: 16",
      "transform: bucket",
      "bucket }]",
      "partition",
      "`bucket` has no `width`",
    ],
    [
      "ecommerce",
      "transform: day }",
      "transform: day, width: 3 }",
      "day, width: 3 }]",
      "partition",
      "`day` takes no `width`",
    ],
    [
      "breweries",
      "id: string\n",
      "id: string\n        ID: string\n",
      "ID: string",
      "duplicate-column",
      "`ID` differs from `id` in case only",
    ],
    [
      "ecommerce",
      "expression: to_date(created_at)",
      "expression: to_date(created_at, from: a",
      "to_date(created_at, from: a }",
      "sql-syntax",
      "`(` is not closed",
    ],
    ["breweries", "rule: id is not null", 'rule: " "', '" ", severity: fail }', "empty", "the SQL is empty"],
    [
      "breweries",
      "rule: name is not null",
      'rule: "name <> \'"',
      '"name <> \'", severity: quarantine }',
      "sql-syntax",
      "a quote is not closed",
    ],
    [
      "breweries",
      "rule: name is not null",
      "rule: id  is not null",
      "id  is not null, severity: quarantine }",
      "duplicate-rule",
      "`id is not null` stands twice",
    ],
    [
      "ecommerce",
      "name: country_code",
      "name: country_code }\n        - { rule: 1 = 1, severity: warn, name: country_code",
      "country_code }",
      "duplicate-rule",
      "`country_code` stands twice",
    ],
    [
      "breweries",
      "sql: gold/breweries_by_type",
      "sql: gold/brewery_by_type",
      "gold/brewery_by_type_and_location.sql",
      "missing-file",
      "no file `pipelines/breweries/gold/brewery_by",
    ],
    [
      "breweries",
      "sql: gold/breweries_by_type_and_location.sql",
      "sql: pipeline.yaml",
      "pipeline.yaml",
      "misplaced-file",
      "outside `gold/`",
    ],
    [
      "ecommerce",
      "silver/customers.py",
      "silver/customer.py",
      "silver/customer.py, function: standardise_phones }",
      "missing-file",
      "`pipelines/ecommerce/silver/customer.py`",
    ],
    [
      "course-telemetry",
      "project: gold/dbt",
      "project: gold/dbts",
      "gold/dbts, engine: trino, connection: trino_learning }",
      "missing-file",
      "gold/dbts/dbt_project.yml",
    ],
    [
      "course-telemetry",
      "dashboard/app.py",
      "dashboard/main.py",
      "dashboard/main.py,",
      "missing-file",
      "dashboard/main.py",
    ],
    [
      "course-telemetry",
      "marts: [course_activity]",
      "marts: [course_activities]",
      "course_activities],",
      "unknown-mart",
      "no mart `course_activities`",
    ],
    [
      "course-telemetry",
      "model: course_activity",
      "sql: gold/dbt/models/course_activity.sql",
      "name: course_activity",
      "missing-key",
      "has no `model`",
    ],
    [
      "breweries",
      "      sql: gold/breweries_by_type_and_location.sql\n",
      "",
      "name: breweries_by_type_and_location",
      "missing-key",
      "has no `sql`",
    ],
    [
      "course-telemetry",
      "end: 2026-06-30",
      "end: 2025-06-30",
      "2025-06-30, maxActiveRuns: 4 }",
      "date",
      "comes before the start",
    ],
    [
      "course-telemetry",
      "end: 2026-06-30",
      "end: 2026-02-30",
      "2026-02-30, maxActiveRuns: 4 }",
      "date",
      "no day `2026-02-30`",
    ],
    [
      "ecommerce",
      "- name: shipments",
      "- name: refunds",
      "refunds",
      "duplicate-table",
      "`refunds` stands twice; the first is on line 97",
    ],
    [
      "ecommerce",
      "- name: logistics",
      "- name: sales_daily",
      "sales_daily",
      "duplicate-mart",
      "`sales_daily` stands twice; the first is on line 128",
    ],
  ];
  test.each(cases)("%s: %s → %s", (name, from, to, at, rule, message) => {
    const findings = findingsOf(name, [from, to]);
    const [first] = findings;
    expect(findings.map(({ rule: id }) => id)).toContain(`pipeline/${rule}`);
    const line = textOf(name, [from, to]).split("\n")[(first?.line ?? 0) - 1] ?? "";
    expect(first?.rule).toBe(`pipeline/${rule}`);
    expect(line.slice((first?.column ?? 0) - 1)).toBe(at);
    expect(first?.message).toContain(message);
    expect(first?.expected).toBeTruthy();
    expect(first?.fix).toBeTruthy();
  });
});

describe("a mart's SQL", () => {
  const same: [string, string] = ["kind: Pipeline", "kind: Pipeline"];
  type Case = [name: string, path: string, sql: string, finding: string];
  const cases: Case[] = [
    [
      "breweries",
      "gold/breweries_by_type_and_location.sql",
      "SELECT 1\nFROM silver.brewery",
      "gold/breweries_by_type_and_location.sql:2:6: error: the pipeline has no table `silver.brewery`; expected `silver.breweries`; did you mean `silver.breweries`? [pipeline/unknown-table]",
    ],
    [
      "breweries",
      "gold/breweries_by_type_and_location.sql",
      "SELECT 1 FROM bronze.breweries",
      "gold/breweries_by_type_and_location.sql:1:15: error: the pipeline has no table `bronze.breweries`; expected `silver.breweries`; did you mean `silver.breweries`? [pipeline/unknown-table]",
    ],
    [
      "breweries",
      "gold/breweries_by_type_and_location.sql",
      "SELECT 1 FROM gold.breweries_by_type_and_location",
      "gold/breweries_by_type_and_location.sql:1:15: error: the mart reads `gold.breweries_by_type_and_location`, which it makes itself; expected `silver.breweries`; read its inputs [pipeline/unknown-table]",
    ],
    [
      "breweries",
      "gold/breweries_by_type_and_location.sql",
      "SELECT 1 FROM breweries WHERE (a",
      "gold/breweries_by_type_and_location.sql:1:31: error: `(` is not closed; expected `)`; close it [pipeline/sql-syntax]\n" +
        "gold/breweries_by_type_and_location.sql:1:15: error: the pipeline has no table `breweries`; expected `silver.breweries`; did you mean `silver.breweries`? [pipeline/unknown-table]",
    ],
    [
      "ecommerce",
      "gold/sales_daily.sql",
      "SELECT 1 FROM gold.logistics JOIN iceberg.raw.orders JOIN hive.silver.orders",
      "gold/sales_daily.sql:1:15: error: `gold.logistics` is made after this mart; expected one of `silver.customers`, `silver.products`, `silver.orders`, `silver.order_items`, `silver.refunds`, `silver.inventory_movements`, `silver.shipments`, `raw.customers`, `raw.products`, `raw.orders` and 4 more; move its block in `marts` above this one's [pipeline/unknown-table]\n" +
        "gold/sales_daily.sql:1:59: error: the pipeline has no table `hive.silver.orders`; expected one of `silver.customers`, `silver.products`, `silver.orders`, `silver.order_items`, `silver.refunds`, `silver.inventory_movements`, `silver.shipments`, `raw.customers`, `raw.products`, `raw.orders` and 4 more; did you mean `silver.orders`? [pipeline/unknown-table]",
    ],
  ];
  test.each(cases)("%s: %s: %s", (name, path, sql, finding) => {
    const findings = findingsOf(name, same, { [path]: sql });
    expect(findings.map(formatFinding).join("\n").replaceAll(`pipelines/${name}/`, "")).toBe(finding);
  });
});
