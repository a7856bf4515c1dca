import { join } from "node:path";
import { resolveGoTool } from "kubeconform-wrapper";
import { expect, test } from "vitest";
import { parseRendered } from "../domain/rendered-objects.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { writeFiles } from "../testing/write-files.ts";
import { kustomizeRenderer } from "./kustomize.ts";
import { kustomizeBatches, rendersAlike } from "./kustomize-batches.ts";

const toolsDir = join(import.meta.dirname, "../../../scripts/tools");
const NAMES = Array.from({ length: 30 }, (_, index) => `part-${index}`);

const objects = (name: string): string =>
  ["Service", "ConfigMap", "ServiceAccount"]
    .map((kind) => `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name} }\n`)
    .join("---\n");

async function repository(more: Readonly<Record<string, string>> = {}): Promise<string> {
  const root = await temporaryFolder();
  const files = NAMES.flatMap((name) => [
    [`${name}/kustomization.yaml`, `resources: [a.yaml]\nlabels: [{ pairs: { part: ${name} } }]\n`],
    [`${name}/a.yaml`, objects(name)],
  ]);
  await writeFiles(root, { ...Object.fromEntries(files), ...more });
  return root;
}

async function kustomizeFor(root: string, batches: boolean): Promise<ReturnType<typeof kustomizeRenderer>> {
  return kustomizeRenderer({ root, batches, kustomize: await resolveGoTool("kustomize", { toolsDir }) });
}

/** In no order: kustomize sorts kinds only where it renders a folder alone. */
function sorted(text: string): string[] {
  return parseRendered(text)
    .map((object) => JSON.stringify(object))
    .sort();
}

test("folders that are rendered together give what each gives alone", async () => {
  const root = await repository();
  const [together, alone] = [await kustomizeFor(root, true), await kustomizeFor(root, false)];
  const texts = await Promise.all(NAMES.map((name) => together.render(name)));
  for (const [index, name] of NAMES.entries()) {
    if (index % 10 !== 0) continue;
    expect(sorted(texts[index] ?? "")).toEqual(sorted(await alone.render(name)));
  }
  expect(texts.every((text, index) => text.includes(`part: part-${index}\n`))).toBe(true);
});

test("one that does not render is told as such, and keeps no other from being rendered", async () => {
  const root = await repository({
    "part-3/kustomization.yaml": "resources: [a.yaml]\nlabels: 5\n",
  });
  const renderer = await kustomizeFor(root, true);
  const results = await Promise.allSettled(NAMES.map((name) => renderer.render(name)));
  expect(results.flatMap(({ status }, index) => (status === "rejected" ? [index] : []))).toEqual([3]);
});

test("the same object in two folders is theirs both, as it is to Argo CD", async () => {
  const root = await repository({ "part-4/a.yaml": objects("part-5") });
  const renderer = await kustomizeFor(root, true);
  const texts = await Promise.all(NAMES.map((name) => renderer.render(name)));
  expect([texts[4], texts[5]].map((text) => text?.includes("name: part-5"))).toEqual([true, true]);
});

test.each([
  ["resources, images and patches", { resources: ["a"], images: [], patches: [] }, true],
  ["a generator, whose names carry a hash", { configMapGenerator: [] }, false],
  ["a namespace, which what refers to it would follow", { namespace: "a" }, false],
  ["a prefix", { namePrefix: "a-" }, false],
  ["a chart", { helmCharts: [] }, false],
  ["nothing", null, false],
])("%s", (_, kustomization, alike) => {
  expect(rendersAlike([{ resources: [] }, kustomization])).toBe(alike);
});

test("no more processes run at once than may", async () => {
  let [running, most] = [0, 0];
  const render = kustomizeBatches(await temporaryFolder(), 2, async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running -= 1;
    return "";
  });
  const texts = await Promise.all(Array.from({ length: 60 }, (_, index) => render(`folder-${index}`)));
  expect(most).toBe(2);
  // What cannot be told apart is left to be rendered alone.
  expect(texts.every((text) => text === undefined)).toBe(true);
});
