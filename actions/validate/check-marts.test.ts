import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPipeline } from "../lib/domain/pipeline-file.ts";
import { mapMemory } from "../lib/testing/map-memory.ts";
import { memoryWorkspace } from "../lib/testing/memory-workspace.ts";
import { checkMarts } from "./check-marts.ts";

const FILE = "pipelines/breweries/pipeline.yaml";
const SQL = "pipelines/breweries/gold/breweries_by_type_and_location.sql";
const text = readFileSync(join(import.meta.dirname, "../..", FILE), "utf8");

test("a pipeline is analyzed again only when it, a query of it or the runtime changed, or something was wrong", async () => {
  const memory = mapMemory();
  const asked: (readonly string[])[] = [];
  let isWrong = false;
  const analyzer = {
    key: async () => "lock",
    analyze: async (files: readonly string[]) => {
      if (files.length > 0) asked.push(files);
      const place = { file: SQL, line: 1, column: 1, message: "no such column" };
      return isWrong ? [{ rule: "pipeline/sql-analysis", severity: "error" as const, ...place }] : [];
    },
  };
  const check = async (changes: Record<string, string> = {}): Promise<number> => {
    const all = { [FILE]: text, [SQL]: "select 1", "pipelines/runtime/wavehouse/spec.py": "", ...changes };
    const { pipeline } = readPipeline(FILE, all[FILE] ?? "");
    if (pipeline === undefined) throw new Error("breweries is not valid");
    const recall = { memory, ids: new Map(Object.entries(all)), isComplete: true };
    const entries = await memoryWorkspace(all).list("pipelines");
    return (await checkMarts({ pipelines: [pipeline], entries, analyzer, recall })).length;
  };
  await check();
  await check();
  await check({ [FILE]: `${text}# a comment\n`, "pipelines/breweries/sample/a.json": "{}" });
  expect(asked).toEqual([[FILE]]);
  await check({ [SQL]: "select 2" });
  await check({ [SQL]: "select 2", "pipelines/runtime/wavehouse/spec.py": "more" });
  expect(asked).toHaveLength(3);
  isWrong = true;
  expect([await check(), await check()]).toEqual([1, 1]);
  expect(asked).toHaveLength(5);
});
