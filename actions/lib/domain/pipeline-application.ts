import type { PipelineShape } from "./spark-steps.ts";

/** The wave in which pipelines are synced: after everything that they run on. */
const PIPELINES_WAVE = 6;

/**
 * Builds the Argo CD Application that syncs a pipeline. Repository, revision and environment are put in by
 * `apps/kustomization.yaml`.
 *
 * @param pipeline the pipeline
 * @returns an Application
 */
export function pipelineApplication(pipeline: PipelineShape): object {
  const { name } = pipeline.metadata;
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: {
      name: `pipeline-${name}`,
      namespace: "cicd",
      labels: { "wavehouse.dev/pipeline": name },
      annotations: { "argocd.argoproj.io/sync-wave": String(PIPELINES_WAVE) },
      // A pipeline that leaves Git leaves the cluster; its data is not Kubernetes'.
      finalizers: ["resources-finalizer.argocd.argoproj.io"],
    },
    spec: {
      project: "pipelines",
      source: {
        repoURL: "REPO_URL",
        targetRevision: "TARGET_REVISION",
        path: `overlays/ENVIRONMENT/processing/pipelines/${name}`,
      },
      destination: { server: "https://kubernetes.default.svc", namespace: "processing" },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        syncOptions: ["ServerSideApply=true"],
        retry: { limit: -1, refresh: true, backoff: { duration: "5s", factor: 2, maxDuration: "1m" } },
      },
    },
  };
}
