import { expect, test } from "vitest";
import { checkStale } from "../actions/lib/domain/check-stale.ts";
import { type MemoryWorkspace, memoryWorkspace } from "../actions/lib/testing/memory-workspace.ts";
import { templateFiles } from "../actions/lib/testing/template-files.ts";
import { readGenerateInput } from "./generate/read-generate-input.ts";
import { newPipeline } from "./new.ts";

const repository = async (): Promise<MemoryWorkspace> => memoryWorkspace(await templateFiles());

test("a new pipeline is complete: nothing is left to generate", async () => {
  const workspace = await repository();
  const before = new Set(workspace.files.keys());
  const lines: string[] = [];
  await newPipeline(workspace, "web-shop", (line) => lines.push(line));
  const added = [...workspace.files.keys()].filter((path) => !before.has(path));
  expect(added.sort()).toEqual([
    "apps/pipelines/web-shop.yaml",
    ...["access", "gold", "kustomization", "quality", "silver"].map(
      (name) => `manifests/processing/pipelines/web-shop/${name}.yaml`,
    ),
    ...["local", "minikube"].map(
      (name) => `overlays/${name}/processing/pipelines/web-shop/kustomization.yaml`,
    ),
    "pipelines/web-shop/gold/web_shop_by_category.sql",
    "pipelines/web-shop/pipeline.yaml",
  ]);
  expect(lines).toContain("changed  apps/pipelines/kustomization.yaml");
  expect(checkStale(await readGenerateInput(workspace))).toEqual([]);
});

test.each([
  { name: "breweries", says: /^pipelines\/breweries exists already; choose another name/ },
  { name: "Web Shop", says: /^"Web Shop" is no name for a pipeline: / },
  { name: "../../etc", says: /^"..\/..\/etc" is no name for a pipeline: / },
  { name: 'a", b: "c', says: /is no name for a pipeline: / },
  { name: "", says: /^"" is no name for a pipeline: / },
])("$name is refused, and nothing is written", async ({ name, says }) => {
  const workspace = await repository();
  const before = new Map(workspace.files);
  await expect(newPipeline(workspace, name, () => {})).rejects.toThrow(says);
  expect(workspace.files).toEqual(before);
});
