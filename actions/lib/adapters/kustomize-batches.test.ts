import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { resolveGoTool } from "kubeconform-wrapper";
import { expect, test } from "vitest";
import { parseRendered } from "../domain/rendered-objects.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { writeFiles } from "../testing/write-files.ts";
import { writeProgram } from "../testing/write-program.ts";
import { atOnce } from "./at-once.ts";
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

test("no more processes run at once than may, and what they cannot render together each renders alone", async () => {
  let [running, most] = [0, 0];
  const work = async (text: string): Promise<string> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
    return text;
  };
  const render = kustomizeBatches(await temporaryFolder(), atOnce(2), () => work(""));
  const names = Array.from({ length: 60 }, (_, index) => `folder-${index}`);
  const texts = await Promise.all(names.map((name) => render(name, () => work(name))));
  expect(most).toBe(2);
  expect(texts).toEqual(names);
});

test("folders that come one after the other gather while the first is rendered", async () => {
  const root = await repository();
  const log = join(root, "processes");
  const program = await resolveGoTool("kustomize", { toolsDir });
  const kustomize = await writeProgram(root, "kustomize", `echo >> ${log}\nexec ${program} "$@"`);
  const renderer = kustomizeRenderer({ root, kustomize });
  const waiting: Promise<string>[] = [];
  for (const name of NAMES) {
    waiting.push(renderer.render(name));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(waiting);
  const processes = await readFile(log, "utf8");
  expect(processes.length).toBeLessThan(NAMES.length / 2);
});

test("what is rendered alone in any case is begun first", async () => {
  const begun: string[] = [];
  const limit = atOnce(1);
  const work = (name: string) => async (): Promise<void> => {
    begun.push(name);
  };
  await Promise.all([limit(work("a")), limit(work("b")), limit(work("chart"), { first: true })]);
  expect(begun).toEqual(["a", "chart", "b"]);
});
