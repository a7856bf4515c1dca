/** An object as the API server gives it; only what the checks read. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    /** ISO 8601, whole seconds. */
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
}

export interface Application extends KubernetesObject {
  spec: { source: { targetRevision: string; path: string }; project: string };
  status?: {
    sync?: { status?: string; revision?: string; comparedTo?: { source?: { targetRevision?: string } } };
    health?: { status?: string };
    operationState?: { phase?: string; finishedAt?: string; message?: string };
    conditions?: { type: string; message: string }[];
  };
}

export interface Pod extends KubernetesObject {
  spec: {
    serviceAccountName?: string;
    containers: { name: string; image: string; resources?: { limits?: { memory?: string } } }[];
    initContainers?: { name: string; image: string }[];
  };
  status?: {
    phase?: string;
    containerStatuses?: {
      name: string;
      ready: boolean;
      restartCount: number;
      state?: { terminated?: { reason?: string } };
    }[];
  };
}

export interface SparkApplication extends KubernetesObject {
  spec: { image?: string };
  status?: {
    applicationState?: { state?: string; errorMessage?: string };
    driverInfo?: { podName?: string };
    terminationTime?: string;
  };
}

export interface Secret extends KubernetesObject {
  /** Values in Base64. */
  data?: Record<string, string>;
}

/** The wave of an Application, from its annotation. */
export function waveOf({ metadata }: KubernetesObject): number {
  return Number(metadata.annotations?.["argocd.argoproj.io/sync-wave"] ?? "0");
}

/** Whether an Application is where its source is, and works. */
export function isHealthy({ spec, status }: Application): boolean {
  return (
    status?.sync?.status === "Synced" &&
    status.health?.status === "Healthy" &&
    status.sync.comparedTo?.source?.targetRevision === spec.source.targetRevision
  );
}

/** How an Application stands, in a few words. */
export function describeApplication({ metadata, status }: Application): string {
  const state = `${metadata.name} ${status?.sync?.status ?? "?"}/${status?.health?.status ?? "?"}`;
  const problem = status?.conditions?.[0]?.message ?? failedOperation(status);
  return problem === undefined ? state : `${state} (${problem.slice(0, 300)})`;
}

function failedOperation(status: Application["status"]): string | undefined {
  const operation = status?.operationState;
  return operation?.phase === "Failed" || operation?.phase === "Error" ? operation.message : undefined;
}
