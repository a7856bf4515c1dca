import { join } from "node:path";
import { expect, test } from "vitest";
import { gitWorkspace } from "../actions/lib/adapters/git-workspace.ts";
import { formatFinding } from "../actions/lib/domain/finding.ts";
import { type MemoryWorkspace, memoryWorkspace } from "../actions/lib/testing/memory-workspace.ts";
import { templateFiles } from "../actions/lib/testing/template-files.ts";
import { generate } from "./generate.ts";

const root = join(import.meta.dirname, "..");
const TYPE = "actions/lib/domain/pipeline-type.ts";
const SCHEMA = "pipelines/pipeline.schema.json";
const README = "actions/validate/README.md";
const SILVER = "manifests/processing/pipelines/breweries/silver.yaml";

/** The repository, in memory, to be changed. */
async function repository(): Promise<MemoryWorkspace> {
  const more = ["actions/validate", TYPE, SCHEMA];
  return memoryWorkspace(await templateFiles(more));
}

async function run(workspace: MemoryWorkspace, check = false): Promise<string[]> {
  const lines: string[] = [];
  const result = await generate(workspace, check, (line) => lines.push(line));
  return [...lines, ...result.annotations.map(formatFinding), result.ok ? "ok" : "not ok"];
}

test("the committed files are as they are generated", async () => {
  const { list, read, exists } = gitWorkspace(root);
  const apply = () => Promise.reject(new Error("a check writes nothing"));
  expect((await generate({ list, read, exists, apply }, true, () => {})).annotations).toEqual([]);
  expect(await run(await repository())).toEqual(["the generated files are up to date", "ok"]);
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

test.each([
  { what: "a manifest", file: SILVER, from: "suspend: true", to: "suspend: false", at: "12:12" },
  { what: "the pipeline's type", file: TYPE, from: "type Schedule ", to: "type Shedule ", at: "6:14" },
  { what: "a README's table", file: README, from: "| `fix` |", to: "| `fxi` |", at: "18:5" },
])(
  "a check tells that $what is stale and writes nothing; a run mends it, once",
  async ({ file, from, to, at }) => {
    const workspace = await repository();
    const good = workspace.text(file);
    await workspace.apply(new Map([[file, good.replace(from, to)]]));
    expect(workspace.text(file)).not.toBe(good);
    const told = `${file}:${at}: error: the file is not as it is generated; expected `;
    expect(await run(workspace, true)).toEqual([expect.stringContaining(told), "not ok"]);
    expect(workspace.text(file)).not.toBe(good);
    expect(await run(workspace)).toEqual([`changed  ${file}`, "ok"]);
    expect(workspace.text(file)).toBe(good);
    expect(await run(workspace)).toEqual(["the generated files are up to date", "ok"]);
  },
);

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
