import { join } from "node:path";
import { expect, test } from "vitest";
import { formatFinding } from "../domain/finding.ts";
import { templateFiles } from "../testing/template-files.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { writeFiles } from "../testing/write-files.ts";
import { connectPrograms } from "./connect-programs.ts";
import { sparkAnalyzer } from "./spark-analyzer.ts";

const toolsDir = join(import.meta.dirname, "../../../scripts/tools");
const FOLDER = "pipelines/breweries";

/** One mistake each, with what Spark says of it and where. */
const MISTAKES: Readonly<Record<string, { sql: string; at: string; told: RegExp }>> = {
  cte_column: {
    sql: "WITH found AS (\n  SELECT id AS key FROM silver.breweries\n)\nSELECT\n  found.kex\nFROM found",
    at: "5:3",
    told: /UNRESOLVED_COLUMN.*`found`\.`kex`.*`found`\.`key`/,
  },
  arguments: {
    sql: "SELECT\n  upper(name, country) AS name\nFROM silver.breweries",
    at: "2:3",
    told: /WRONG_NUM_ARGS.*`upper`/,
  },
  types: {
    sql: "SELECT array_contains(name, 1) AS has FROM silver.breweries",
    at: "1:8",
    told: /DATATYPE_MISMATCH/,
  },
  ungrouped: {
    sql: "SELECT country, name FROM silver.breweries GROUP BY country",
    at: "1:17",
    told: /MISSING_AGGREGATION/,
  },
};

test("what only Spark knows of a query is told at its place, and nothing of a sound one", async () => {
  const files = await templateFiles(["pipelines/runtime/wavehouse", "pipelines/pipeline.schema.json"]);
  const text = new TextDecoder().decode(files[`${FOLDER}/pipeline.yaml`]);
  const marts = Object.keys(MISTAKES).map((name) => `    - { name: ${name}, sql: gold/${name}.sql }\n`);
  const queries = Object.entries(MISTAKES).map(([name, { sql }]) => [`${FOLDER}/gold/${name}.sql`, sql]);
  const root = await temporaryFolder();
  await writeFiles(root, {
    ...files,
    ...Object.fromEntries(queries),
    [`${FOLDER}/pipeline.yaml`]: text.replace(/^ {2}marts:\n/m, (line) => line + marts.join("")),
  });
  const { analyzer } = connectPrograms(root, toolsDir);
  const found = (await analyzer.analyze([`${FOLDER}/pipeline.yaml`])).map(formatFinding);
  expect(found).toHaveLength(Object.keys(MISTAKES).length);
  for (const [name, { at, told }] of Object.entries(MISTAKES)) {
    const finding = found.find((line) => line.startsWith(`${FOLDER}/gold/${name}.sql:`));
    expect(finding).toMatch(told);
    expect(finding).toContain(`${name}.sql:${at}: error: `);
    expect(finding).toContain("[pipeline/sql-analysis]");
  }
}, 300_000);

test("what cannot analyze anything is never a success, and nothing to analyze starts nothing", async () => {
  const root = await temporaryFolder();
  const analyzer = (python: string) =>
    sparkAnalyzer({
      root,
      program: "/x",
      lock: "/x",
      python: async () => python,
      javaHome: async () => "/x",
    });
  await expect(analyzer("/bin/true").analyze(["a"])).rejects.toThrow("wrote no report");
  await expect(analyzer("/bin/false").analyze(["a"])).rejects.toThrow("exited with 1");
  expect(await analyzer("/no/python").analyze([])).toEqual([]);
});
