import { environmentsOf, registryOf, type Tree } from "./environments.ts";
import { APPLICATIONS, BASES, generatedPaths, generateManifests } from "./generate-manifests.ts";
import { generatedText, isGenerated, yamlText } from "./generated-text.ts";
import { imageName, type PipelineShape, sparkStepsOf } from "./spark-steps.ts";
import type { TemplateVersions } from "./spark-template.ts";

/** What decides the generated files. */
export interface GenerateInput {
  /** The repository's files; those below `apps/`, `manifests/` and `overlays/` are looked at. */
  tree: Tree;
  /** All of the repository's pipelines, valid. */
  pipelines: readonly PipelineShape[];
  versions: TemplateVersions;
  /** Names of pipelines whose own generated files are known to be up to date. */
  fresh?: ReadonlySet<string>;
}

/** Where an overlay of a pipeline lies. */
const OVERLAY = /^overlays\/([^/]+)\/processing\/pipelines\/([^/]+)\/kustomization\.yaml$/;

/**
 * Plans the edits that bring the generated files up to date. An overlay is made when it is missing and is left alone
 * from then on: it belongs to people and to bump-images. Generated files of a pipeline that is gone are deleted.
 *
 * @param input the repository and its pipelines
 * @returns new text by path, `null` for a file to delete; empty when nothing is stale
 * @throws UserError when an environment does not say where its images come from
 */
export function planGenerated(input: GenerateInput): Map<string, string | null> {
  const wanted = wantedFiles(input);
  const edits = new Map<string, string | null>();
  for (const [path, text] of wanted) {
    if (input.tree.get(path) !== text) edits.set(path, text);
  }
  for (const [path, text] of input.tree) {
    if (wanted.has(path) || !isGenerated(text)) continue;
    if (/^(apps|manifests|overlays)\//.test(path)) edits.set(path, null);
  }
  return new Map([...edits].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The overlays of pipelines that are gone. People and bump-images wrote them, so people delete them.
 *
 * @param input the repository and its pipelines
 * @returns paths of their kustomizations
 */
export function orphanedOverlays(input: GenerateInput): string[] {
  const names = new Set(input.pipelines.map((pipeline) => pipeline.metadata.name));
  return [...input.tree.keys()].filter((path) => {
    const name = OVERLAY.exec(path)?.[2];
    return name !== undefined && !names.has(name);
  });
}

function wantedFiles(input: GenerateInput): Map<string, string> {
  const { tree, pipelines, versions } = input;
  const names = pipelines.map((pipeline) => pipeline.metadata.name).sort();
  const files = new Map<string, string>();
  for (const pipeline of pipelines) {
    if (input.fresh?.has(pipeline.metadata.name)) {
      for (const path of generatedPaths(pipeline)) files.set(path, tree.get(path) ?? "");
    } else {
      for (const [path, text] of generateManifests(pipeline, versions)) files.set(path, text);
    }
  }
  files.set(`${APPLICATIONS}/kustomization.yaml`, listText(names.map((name) => `${name}.yaml`)));
  for (const environment of environmentsOf(tree.keys())) {
    const folder = `overlays/${environment}/processing/pipelines`;
    files.set(`${folder}/kustomization.yaml`, listText(names));
    for (const pipeline of pipelines) {
      const path = `${folder}/${pipeline.metadata.name}/kustomization.yaml`;
      if (!tree.has(path)) files.set(path, overlayText(pipeline, registryOf(tree, environment)));
    }
  }
  return files;
}

function listText(resources: readonly string[]): string {
  return generatedText("pipelines/*/pipeline.yaml", [
    { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources },
  ]);
}

function overlayText(pipeline: PipelineShape, registry: string): string {
  const { name } = pipeline.metadata;
  const header = `# What differs for ${name} in this environment. bump-images writes newTag and digest; the rest is yours.\n`;
  return (
    header +
    yamlText({
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      kind: "Kustomization",
      resources: [`../../../../../${BASES}/${name}`],
      components: ["../../spark-environment"],
      images: sparkStepsOf(pipeline).map((step) => {
        const image = imageName(name, step);
        return { name: image, newName: `${registry}/${image}`, newTag: "unbuilt" };
      }),
    })
  );
}
