import { join } from "node:path";
import { expect, test } from "vitest";
import { gitWorkspace } from "../actions/lib/adapters/git-workspace.ts";
import { formatFinding } from "../actions/lib/domain/finding.ts";
import { type MemoryWorkspace, memoryWorkspace } from "../actions/lib/testing/memory-workspace.ts";
import { generate } from "./generate.ts";

const root = join(import.meta.dirname, "..");
const SILVER = "manifests/processing/pipelines/breweries/silver.yaml";

/** The repository, in memory, to be changed. */
async function repository(): Promise<MemoryWorkspace> {
  const workspace = gitWorkspace(root);
  const files: Record<string, string> = {};
  for (const folder of [
    "apps",
    "manifests",
    "overlays",
    "pipelines/breweries",
    "pipelines/runtime/versions.yaml",
  ]) {
    for (const { path } of await workspace.list(folder)) {
      files[path] = new TextDecoder().decode(await workspace.read(path));
    }
  }
  return memoryWorkspace(files);
}

async function run(workspace: MemoryWorkspace, check = false): Promise<string[]> {
  const lines: string[] = [];
  const result = await generate(workspace, check, (line) => lines.push(line));
  return [...lines, ...result.annotations.map(formatFinding), result.ok ? "ok" : "not ok"];
}

test("the committed files are what the pipelines say", async () => {
  const workspace = await repository();
  expect(await run(workspace, true)).toEqual(["ok"]);
  expect(await run(workspace)).toEqual(["the generated files are up to date", "ok"]);
});

test("adding a table to pipeline.yaml changes no generated file", async () => {
  const workspace = await repository();
  const file = "pipelines/breweries/pipeline.yaml";
  const table =
    "    - { name: cities, source: openbrewerydb, keys: [id], write: merge, columns: { id: string } }\n";
  const text = workspace.text(file);
  expect(text).toContain("  tables:\n");
  await workspace.apply(new Map([[file, text.replace("  tables:\n", `  tables:\n${table}`)]]));
  expect(await run(workspace)).toEqual(["the generated files are up to date", "ok"]);
});

test("a check tells what is stale and writes nothing; a run mends it, once", async () => {
  const workspace = await repository();
  const good = workspace.text(SILVER);
  await workspace.apply(new Map([[SILVER, good.replace("suspend: true", "suspend: false")]]));
  expect(await run(workspace, true)).toEqual([expect.stringContaining(`${SILVER}:12:12: error: `), "not ok"]);
  expect(workspace.text(SILVER)).not.toBe(good);
  expect(await run(workspace)).toEqual([`changed  ${SILVER}`, "ok"]);
  expect(workspace.text(SILVER)).toBe(good);
  expect(await run(workspace)).toEqual(["the generated files are up to date", "ok"]);
});

test.each([
  {
    mistake: "a pipeline that is not valid",
    change: (text: string) => text.replace("kind: Pipeline", "kind: Pipelines"),
    says: /^pipelines\/breweries\/pipeline.yaml:3:7: error: /,
  },
  {
    mistake: "a name that is not the folder's",
    change: (text: string) => text.replace("name: breweries\n  owner", "name: brewery\n  owner"),
    says: /^pipelines\/breweries\/pipeline.yaml:5:9: error: the pipeline is called `brewery`, its folder `breweries`; expected `breweries`/,
  },
])("$mistake generates nothing", async ({ change, says }) => {
  const workspace = await repository();
  const file = "pipelines/breweries/pipeline.yaml";
  await workspace.apply(new Map([[file, change(workspace.text(file))]]));
  const before = new Map(workspace.files);
  await expect(run(workspace)).rejects.toThrow(says);
  expect(workspace.files).toEqual(before);
});
