import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gitWorkspace } from "../actions/lib/adapters/git-workspace.ts";
import { goTool } from "../actions/lib/adapters/go-tools.ts";
import { kustomizeRenderer } from "../actions/lib/adapters/kustomize.ts";
import { environmentsOf } from "../actions/lib/domain/environments.ts";
import { imageFields } from "../actions/lib/domain/image-fields.ts";
import { objectName, parseRendered, type RenderedObject } from "../actions/lib/domain/rendered-objects.ts";
import { temporaryFolder } from "../actions/lib/testing/temporary-folder.ts";
import { readGenerateInput } from "./generate/read-generate-input.ts";

const root = join(import.meta.dirname, "..");
const toolsDir = join(root, "scripts/tools");
const { tree } = await readGenerateInput(gitWorkspace(root));

/** Renders Airflow in an environment whose overlay has this tag for one of its images. */
async function rendered(
  environment: string,
  image: string,
  tag: string,
): Promise<Map<string, RenderedObject>> {
  const folder = await temporaryFolder();
  const overlay = `overlays/${environment}/orchestrator/airflow`;
  const file = `${overlay}/kustomization.yaml`;
  const entry = new RegExp(`(- name: ${image}\\n +newName: \\S+\\n +newTag: )\\S+(?:\\n +digest: \\S+)?`);
  const text = (tree.get(file) ?? "").replace(entry, `$1${tag}`);
  expect(text).toContain(`newTag: ${tag}`);
  for (const part of ["manifests", "overlays"])
    await cp(join(root, part), join(folder, part), { recursive: true });
  await writeFile(join(folder, file), text);
  const kustomize = await goTool("kustomize", toolsDir);
  const stream = await kustomizeRenderer({ root: folder, toolsDir, kustomize }).render(overlay);
  return new Map(parseRendered(stream).map((object) => [objectName(object), object]));
}

async function changedBy(environment: string, image: string): Promise<string[]> {
  const [before, after] = await Promise.all([
    rendered(environment, image, "before"),
    rendered(environment, image, "after"),
  ]);
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names]
    .filter((name) => JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)))
    .sort();
}

test.each(environmentsOf(tree.keys()))(
  "%s: the image dags is in the DAG processor and the workers alone, so its bump restarts nothing else",
  async (environment) => {
    expect(await changedBy(environment, "dags")).toEqual([
      "Deployment orchestrator/airflow-dag-processor",
      "PodTemplate orchestrator/airflow-worker",
    ]);
  },
);

test("the image airflow is in all the others, and its bump migrates the database again", async () => {
  expect(await changedBy("local", "airflow")).toEqual([
    "Deployment orchestrator/airflow-api-server",
    "Deployment orchestrator/airflow-scheduler",
    "Deployment orchestrator/airflow-triggerer",
    "Job orchestrator/airflow-migration",
  ]);
});

test("what runs tells the version of its code: its own image", async () => {
  const objects = await rendered("local", "dags", "seen");
  const found = [...objects.values()].filter((object) =>
    imageFields(object).some(({ image }) => image.endsWith("/dags:seen")),
  );
  expect(found).toHaveLength(2);
  for (const object of found) {
    const image = imageFields(object)[0]?.image;
    expect(JSON.stringify(object)).toContain(`"wavehouse.dev/code":"${image}"`);
  }
});
