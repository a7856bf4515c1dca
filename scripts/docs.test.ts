import { expect, test } from "vitest";
import { parse } from "yaml";
import { type MemoryWorkspace, memoryWorkspace } from "../actions/lib/testing/memory-workspace.ts";
import { pipelineDocs } from "./docs.ts";
import { newTable } from "./new/table.ts";

const SHOP = `apiVersion: wavehouse.dev/v1
kind: Pipeline
metadata: { name: shop, owner: sales, description: "Sales & <more>." }
spec:
  schedule: "@daily"
  storage: { format: iceberg, bucket: lake, catalog: iceberg }
  sources: { db: { type: postgres, connection: shop } }
  tables:
    - name: orders
      description: One row an order.
      source: db
      load: { mode: incremental, cursor: at }
      keys: [id]
      partitionBy: [{ column: at, transform: day }]
      write: merge
      columns:
        id: bigint
        email: { type: string, pii: { method: partial, keepLast: 3 } }
        name: { type: string, pii: { method: drop } }
        total: { type: "decimal(12, 2)", description: In euros. }
        at: { type: timestamp, timezone: Europe/Madrid }
        day: { type: date, expression: to_date(at) }
      quality:
        - { rule: total >= 0, severity: quarantine, name: no_debt }
  marts:
    - { name: daily, sql: gold/daily.sql, grain: [day], description: Sales by day. }
`;
const SQL = `WITH t AS (SELECT o.day, o.total FROM silver.orders AS o)
SELECT day, sum(total) AS gmv FROM t GROUP BY day`;

const shop = (): MemoryWorkspace =>
  memoryWorkspace({ "pipelines/shop/pipeline.yaml": SHOP, "pipelines/shop/gold/daily.sql": SQL });

async function docsOf(workspace: MemoryWorkspace): Promise<{ page: string; contract: Contract }> {
  const docs = await pipelineDocs(workspace, "shop");
  return {
    page: docs.get("shop.html") ?? "",
    contract: parse(docs.get("shop.odcs.yaml") ?? "") as Contract,
  };
}

interface Contract {
  schema: { physicalName: string; properties: { name: string }[] }[];
}

test("the page tells columns, keys, personal data, rules and what a mart reads, column by column", async () => {
  const { page } = await docsOf(shop());
  expect(page).toContain("Sales &amp; &lt;more&gt;. Owner: sales.");
  expect(page).toContain("<td><code>id</code> (key)</td><td><code>bigint</code></td>");
  expect(page).toContain("stars but for the last 3");
  expect(page).toContain("made of <code>to_date(at)</code>");
  expect(page).toContain("<td><code>total &gt;= 0</code></td><td>quarantine</td>");
  expect(page).toContain(
    '<a href="#silver.orders">silver.orders</a></td><td><code>day</code>, <code>total</code></td>',
  );
  expect(page).toContain("Columns: <code>day</code>, <code>gmv</code>.");
});

test("the picture has a line for each thing that is made of another, and its links lead somewhere", async () => {
  const { page } = await docsOf(shop());
  expect(page.match(/<path /g)).toHaveLength(2);
  const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
  expect(links.length).toBeGreaterThan(2);
  for (const id of links) expect(page).toContain(`id="${id}"`);
});

test("the data contract promises what readers see, and no column that is not kept", async () => {
  const { contract } = await docsOf(shop());
  expect(contract).toMatchObject({
    apiVersion: "v3.0.1",
    kind: "DataContract",
    id: "wavehouse-shop",
    status: "active",
    schema: [
      {
        physicalName: "silver.orders",
        properties: [
          { name: "id", logicalType: "integer", primaryKey: true, primaryKeyPosition: 1 },
          { name: "email", classification: "personal" },
          { name: "total", logicalType: "number", physicalType: "decimal(12, 2)", description: "In euros." },
          { name: "at", logicalType: "date", partitioned: true, partitionKeyPosition: 1 },
          { name: "day", transformLogic: "to_date(at)" },
        ],
        quality: [
          {
            type: "sql",
            name: "no_debt",
            severity: "warning",
            // biome-ignore lint/suspicious/noTemplateCurlyInString: the standard's own placeholder
            query: "SELECT count(*) FROM ${table} WHERE NOT (total >= 0)",
            mustBe: 0,
          },
        ],
      },
      { physicalName: "gold.daily", properties: [{ name: "day", primaryKey: true }, { name: "gmv" }] },
    ],
  });
});

test("a table that is added is on the page, in the picture and in the contract", async () => {
  const workspace = shop();
  const table = {
    pipeline: "shop",
    name: "reviews",
    source: undefined,
    columns: ["id:int"],
    cursor: undefined,
  };
  await newTable(workspace, table, () => {});
  const { page, contract } = await docsOf(workspace);
  expect(page).toContain('<h3 id="silver.reviews">');
  expect(page.match(/<path /g)).toHaveLength(3);
  expect(contract.schema.map(({ physicalName }) => physicalName)).toContain("silver.reviews");
});
