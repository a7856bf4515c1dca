import { expect, test } from "vitest";
import { checkStale } from "../../actions/lib/domain/check-stale.ts";
import { readPipeline } from "../../actions/lib/domain/pipeline-file.ts";
import { type MemoryWorkspace, memoryWorkspace } from "../../actions/lib/testing/memory-workspace.ts";
import { templateFiles } from "../../actions/lib/testing/template-files.ts";
import { pipelineDocs } from "../docs.ts";
import { readGenerateInput } from "../generate/read-generate-input.ts";
import { newTable } from "./table.ts";

const file = "pipelines/breweries/pipeline.yaml";
const repository = async (): Promise<MemoryWorkspace> => memoryWorkspace(await templateFiles());
const reviews = {
  pipeline: "breweries",
  name: "reviews",
  source: undefined,
  columns: ["review_id:bigint", "stars:int", "tip:decimal(12, 2)"],
  cursor: undefined,
};

test("a table is one block more in one file, after the last one, and nothing is stale", async () => {
  const workspace = await repository();
  const before = new Map(workspace.files);
  const lines: string[] = [];
  await newTable(workspace, reviews, (line) => lines.push(line));
  const changed = [...workspace.files]
    .filter(([path, found]) => before.get(path) !== found)
    .map(([path]) => path);
  expect(changed).toEqual([file]);
  const text = workspace.text(file);
  const block = `    - name: reviews
      description: One row for each record.
      source: openbrewerydb
      keys: [review_id]
      write: merge
      columns:
        review_id: bigint
        stars: int
        tip: "decimal(12, 2)"
      quality:
        - { rule: review_id is not null, severity: fail }
  marts:`;
  expect(text).toContain(block);
  const was = (await repository()).text(file);
  expect(text.replace(block.replace("  marts:", ""), "")).toBe(was);
  expect(lines[0]).toBe(
    `changed  ${file}:${text.slice(0, text.indexOf("    - name: reviews")).split("\n").length}`,
  );
  expect(checkStale(await readGenerateInput(workspace))).toEqual([]);
});

test("a table of a database is read by its cursor", async () => {
  const workspace = memoryWorkspace({ "pipelines/shop/pipeline.yaml": shop });
  await newTable(workspace, { ...reviews, pipeline: "shop", cursor: "stars" }, () => {});
  const text = workspace.text("pipelines/shop/pipeline.yaml");
  const { pipeline } = readPipeline("pipelines/shop/pipeline.yaml", text);
  expect(pipeline?.pipeline.spec.tables.at(-1)).toMatchObject({
    name: "reviews",
    source: "shop",
    load: { mode: "incremental", cursor: "stars", lag: "15m" },
  });
});

test("reviews join the shop's pipeline: the file alone changes, and what is made of it has them", async () => {
  const workspace = await repository();
  const before = new Map(workspace.files);
  const columns = ["review_id:bigint", "product_id:bigint", "stars:int", "written_at:timestamp"];
  const table = { ...reviews, pipeline: "ecommerce", columns, cursor: "written_at" };
  await newTable(workspace, table, () => {});
  const changed = [...workspace.files].filter(([path, found]) => before.get(path) !== found);
  expect(changed.map(([path]) => path)).toEqual(["pipelines/ecommerce/pipeline.yaml"]);
  expect(checkStale(await readGenerateInput(workspace))).toEqual([]);
  const docs = await pipelineDocs(workspace, "ecommerce");
  expect(docs.get("ecommerce.html")).toContain('<h3 id="silver.reviews">');
  expect(docs.get("ecommerce.odcs.yaml")).toContain("physicalName: silver.reviews");
});

test.each([
  { edit: { pipeline: "brewerie" }, says: 'there is no pipeline "brewerie"; did you mean `breweries`?' },
  { edit: { name: "breweries" }, says: /there is a table "breweries" already; choose another name$/ },
  { edit: { name: "My Table" }, says: /pipeline\.yaml:\d+:\d+: / },
  { edit: { columns: ["id:text"] }, says: /pipeline\.yaml:\d+:\d+: .*text/ },
  { edit: { cursor: "id" }, says: /cannot be read by a cursor/ },
  {
    edit: { source: "openbrewery" },
    says: /there is no source `openbrewery`; did you mean `openbrewerydb`\?/,
  },
])("$edit is refused, and nothing is written", async ({ edit, says }) => {
  const workspace = await repository();
  const before = new Map(workspace.files);
  await expect(newTable(workspace, { ...reviews, ...edit }, () => {})).rejects.toThrow(says);
  expect(workspace.files).toEqual(before);
});

const shop = `apiVersion: wavehouse.dev/v1
kind: Pipeline
metadata: { name: shop, owner: tests }
spec:
  schedule: "@daily"
  storage: { format: iceberg, bucket: lake, catalog: iceberg }
  sources: { shop: { type: postgres, connection: shop } }
  tables:
    - { name: orders, source: shop, write: append, columns: { id: int } } # the last one`;
