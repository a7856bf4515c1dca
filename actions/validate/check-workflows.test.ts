import { expect, test } from "vitest";
import type { Finding } from "../lib/domain/finding.ts";
import { mapMemory } from "../lib/testing/map-memory.ts";
import { memoryWorkspace } from "../lib/testing/memory-workspace.ts";
import { checkWorkflows } from "./check-workflows.ts";

const files = {
  ".github/workflows/a.yml": "on: push",
  ".github/actions/b/action.yml": "runs: {}",
  "actions/c/action.yml": "runs: {}",
  ".github/zizmor.yml": "rules: {}",
  "pipelines/a/pipeline.yaml": "",
};

test("workflows and actions are checked again only when they or a setting changed, or something was wrong", async () => {
  const asked: string[][] = [];
  let found: Finding[] = [];
  const memory = mapMemory();
  const workflows = {
    check: async (paths: readonly string[]) => {
      asked.push([...paths]);
      return found;
    },
  };
  const check = async (changes: Record<string, string> = {}): Promise<Finding[]> => {
    const all = { ...files, ...changes };
    const entries = await memoryWorkspace(all).list("");
    return checkWorkflows(workflows, entries, {
      memory,
      ids: new Map(Object.entries(all)),
      isComplete: true,
    });
  };
  await check();
  expect(asked).toEqual([
    [".github/actions/b/action.yml", ".github/workflows/a.yml", "actions/c/action.yml"],
  ]);
  await check({ "pipelines/a/pipeline.yaml": "changed" });
  expect(asked).toHaveLength(1);
  await check({ ".github/zizmor.yml": "rules: { a: {} }" });
  expect(asked).toHaveLength(2);
  found = [{ rule: "a/b", severity: "error", file: "f", line: 1, column: 1, message: "wrong" }];
  await check();
  expect(await check()).toEqual(found);
  expect(asked).toHaveLength(4);
});
