import { expect, test } from "vitest";
import { parseRendered, type RenderedObject } from "./rendered-objects.ts";
import { environmentWaves } from "./waves.ts";

const application = (
  name: string,
  wave: string | undefined,
  path: string,
): string => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${name}
  annotations: { ${wave === undefined ? "" : `argocd.argoproj.io/sync-wave: "${wave}"`} }
spec:
  source: { path: ${path} }
  destination: { namespace: ${name}-ns }
`;

const object = (kind: string, name: string, wave = "0"): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name}, annotations: { argocd.argoproj.io/sync-wave: "${wave}" } }\n`;

const FOLDERS: Readonly<Record<string, string>> = {
  "overlays/local/cicd": [
    application("pipeline", "6", "overlays/local/pipeline"),
    application("root", "0", "overlays/local/cicd"),
    application("unsaid", undefined, "overlays/local/unsaid"),
    application("namespaces", "0", "overlays/local/namespaces"),
    object("AppProject", "platform", "-1"),
  ].join("---\n"),
  "overlays/local/pipeline": [
    object("Role", "b", "2"),
    object("Job", "migrate", "-1"),
    object("Role", "a"),
  ].join("---\n"),
  "overlays/local/namespaces": object("Namespace", "cicd"),
  "overlays/local/unsaid": "",
};

async function render(folder: string): Promise<RenderedObject[]> {
  const text = FOLDERS[folder];
  if (text === undefined) throw new Error(`${folder} was not to be rendered`);
  return parseRendered(text);
}

test("Applications come in their waves, with the objects of their folders in the order of their own waves", async () => {
  const steps = await environmentWaves("local", render);
  const told = steps.map(({ wave, application: name, namespace, objects }) => [
    wave,
    name,
    namespace,
    objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  ]);
  expect(told).toEqual([
    [-1, "root", "root-ns", ["AppProject platform"]],
    [0, "namespaces", "namespaces-ns", ["Namespace cicd"]],
    [0, "unsaid", "unsaid-ns", []],
    [6, "pipeline", "pipeline-ns", ["Job migrate", "Role a", "Role b"]],
  ]);
});

test.each([
  {
    mistake: "a wave that is no number",
    text: application("a", "six", "x"),
    says: /sync-wave is "six"; expected a whole number/,
  },
  { mistake: "no path", text: application("a", "1", "~"), says: /the Application a has no spec.source.path/ },
])("$mistake is the user's fault", async ({ text, says }) => {
  await expect(environmentWaves("local", async () => parseRendered(text))).rejects.toThrow(says);
});
