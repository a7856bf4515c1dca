import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatFinding } from "../lib/domain/finding.ts";
import { readPipeline } from "../lib/domain/pipeline-file.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { LoadedPipeline, PipelineLoader } from "../lib/ports/pipeline-loader.ts";
import { mapMemory } from "../lib/testing/map-memory.ts";
import { memoryWorkspace } from "../lib/testing/memory-workspace.ts";
import { checkLoading } from "./check-loading.ts";

const FILE = "pipelines/breweries/pipeline.yaml";
const HOOK = "pipelines/breweries/silver/hook.py";
const text = readFileSync(join(import.meta.dirname, "../..", FILE), "utf8");

const sources = {
  [FILE]: text,
  [HOOK]: "import pyspark\n",
  "pipelines/breweries/tests/test_hook.py": "import nothing\n",
  "pipelines/runtime/wavehouse/__init__.py": "",
  "pipelines/runtime/wavehouse/dags/build.py": "",
  "pipelines/runtime/requirements-spark.lock": "pyspark==4.1.3 \\\n    --hash=sha256:00\n",
};

interface Tried {
  loaded: LoadedPipeline[];
  told: string[];
}

/** Tries it with a memory that later tries share. */
function tries(load: PipelineLoader["load"] = async () => []) {
  const memory = mapMemory();
  return async (changes: Record<string, string> = {}): Promise<Tried> => {
    const files = { ...sources, ...changes };
    const workspace = memoryWorkspace(files);
    const { pipeline } = readPipeline(FILE, files[FILE]);
    if (pipeline === undefined) throw new Error("breweries is not valid");
    const loaded: LoadedPipeline[] = [];
    const loader: PipelineLoader = {
      key: async () => "one Python",
      load: (pipelines) => {
        loaded.push(...pipelines);
        return load(pipelines);
      },
    };
    const recall = { memory, ids: new Map(Object.entries(files)), isComplete: true };
    const entries = await workspace.list("pipelines");
    const found = await checkLoading({ pipelines: [pipeline], entries, workspace, loader, recall });
    return { loaded, told: found.map(formatFinding) };
  };
}

test("a pipeline is loaded once, and again only when it says something else", async () => {
  const again = tries();
  expect((await again()).loaded).toEqual([{ name: "breweries", file: FILE, python: [HOOK], hooks: [] }]);
  expect((await again()).loaded).toEqual([]);
  expect((await again({ [FILE]: `${text}\n# a comment\n` })).loaded).toEqual([]);
  expect((await again({ [FILE]: text.replace("gold: small", "gold: large") })).loaded).toHaveLength(1);
  expect((await again({ [HOOK]: "import delta\n" })).loaded).toHaveLength(1);
  expect((await again({ "pipelines/runtime/wavehouse/dags/build.py": "x = 1\n" })).loaded).toHaveLength(1);
});

test("what is wrong is told each time, and what could not be tried is an error of its own", async () => {
  const finding = {
    rule: "pipeline/dag",
    severity: "error",
    file: FILE,
    line: 1,
    column: 1,
    message: "x",
  } as const;
  const again = tries(async () => [finding]);
  expect((await again()).told).toEqual([`${FILE}:1:1: error: x [pipeline/dag]`]);
  expect((await again()).loaded).toHaveLength(1);
  const broken = tries(async () => Promise.reject(new UserError("Airflow crashed")));
  await expect(broken()).rejects.toThrow("Airflow crashed");
  await expect(broken()).rejects.toThrow("Airflow crashed");
});

test("a package that is here and not in the step's image is told at its import", async () => {
  const { told } = await tries()({ [HOOK]: "import pyspark\nimport pandas\n" });
  expect(told).toEqual([
    expect.stringMatching(
      /silver\/hook\.py:2:1: error: imported in the image breweries-silver, pandas is neither in the image nor among the packages of its base;/,
    ),
  ]);
});
