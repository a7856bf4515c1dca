import { generatedText } from "./generated-text.ts";
import { pipelineAccess } from "./pipeline-access.ts";
import { pipelineApplication } from "./pipeline-application.ts";
import { type PipelineShape, type SparkStep, sparkStepsOf } from "./spark-steps.ts";
import { sparkTemplate, type TemplateVersions } from "./spark-template.ts";

/** Folder of the pipelines' generated bases. */
export const BASES = "manifests/processing/pipelines";
/** Folder of the pipelines' generated Applications. */
export const APPLICATIONS = "apps/pipelines";

/**
 * Generates what Kubernetes and Argo CD need of one pipeline: its Spark templates, service accounts and rights, and
 * its Application. Tables, marts and sources play no part in it, so adding one changes none of it.
 *
 * @param pipeline the pipeline, valid
 * @param versions the versions its jobs run on
 * @returns text by path from the repository's root
 */
export function generateManifests(pipeline: PipelineShape, versions: TemplateVersions): Map<string, string> {
  const { name } = pipeline.metadata;
  const source = `pipelines/${name}/pipeline.yaml`;
  const base = `${BASES}/${name}`;
  const steps = sparkStepsOf(pipeline);
  return new Map([
    [`${base}/kustomization.yaml`, generatedText(source, [baseKustomization(steps)])],
    [`${base}/access.yaml`, generatedText(source, pipelineAccess(pipeline))],
    ...steps.map((step): [string, string] => [
      `${base}/${step}.yaml`,
      generatedText(source, [sparkTemplate(pipeline, step, versions)]),
    ]),
    [`${APPLICATIONS}/${name}.yaml`, generatedText(source, [pipelineApplication(pipeline)])],
  ]);
}

/**
 * @param pipeline the pipeline, valid
 * @returns the paths of what is generated of it
 */
export function generatedPaths(pipeline: PipelineShape): string[] {
  const { name } = pipeline.metadata;
  const own = ["kustomization", "access", ...sparkStepsOf(pipeline)];
  return [...own.map((file) => `${BASES}/${name}/${file}.yaml`), `${APPLICATIONS}/${name}.yaml`];
}

function baseKustomization(steps: readonly SparkStep[]): object {
  return {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: ["access.yaml", ...steps.map((step) => `${step}.yaml`)],
    components: ["../../spark-image-fields"],
  };
}
