import { fields, groupOf } from "./pods.ts";
import type { RenderedObject } from "./rendered-objects.ts";
import { WAVE, type WaveStep } from "./waves.ts";

/** An object of an environment, with what syncing it says of it. */
export interface EnvironmentObject {
  object: RenderedObject;
  /** Where it goes; `undefined` for what lives in no namespace. */
  namespace: string | undefined;
  application: string;
  order: SyncOrder;
}

/** When Argo CD applies an object. */
export interface SyncOrder {
  /** The Application's wave. */
  wave: number;
  application: string;
  /** Hooks before the sync are at -1, the sync at 0, hooks after it at 1. */
  phase: number;
  /** The object's own wave in its Application. */
  step: number;
}

/** Kinds of Kubernetes that live in no namespace. */
const CLUSTER_KINDS = new Set([
  "/Namespace",
  "/Node",
  "/PersistentVolume",
  "admissionregistration.k8s.io/MutatingAdmissionPolicy",
  "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/MutatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
  "apiextensions.k8s.io/CustomResourceDefinition",
  "apiregistration.k8s.io/APIService",
  "networking.k8s.io/IngressClass",
  "node.k8s.io/RuntimeClass",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "scheduling.k8s.io/PriorityClass",
  "storage.k8s.io/CSIDriver",
  "storage.k8s.io/StorageClass",
  "storage.k8s.io/VolumeAttributesClass",
]);

/**
 * Lists an environment's objects with where and when they are synced.
 *
 * @param steps what its Applications sync
 * @returns them, in the order of the steps
 */
export function environmentObjects(steps: readonly WaveStep[]): EnvironmentObject[] {
  const clusterWide = new Set(CLUSTER_KINDS);
  const all = steps.flatMap(({ objects }) => objects);
  for (const object of all) {
    const { group, names, scope } = fields(object.spec);
    if (object.kind === "CustomResourceDefinition" && scope === "Cluster") {
      clusterWide.add(`${String(group)}/${String(fields(names).kind)}`);
    }
  }
  return steps.flatMap((step) =>
    step.objects.map((object): EnvironmentObject => {
      const isClusterWide = clusterWide.has(`${groupOf(object.apiVersion)}/${object.kind}`);
      const { application, wave } = step;
      return {
        object,
        namespace: isClusterWide ? undefined : (object.metadata.namespace ?? step.namespace),
        application,
        order: { wave, application, phase: phaseOf(object), step: stepOf(object) },
      };
    }),
  );
}

/**
 * @returns whether what is synced at `provider` is there when `user` is synced. Applications of one wave run side by
 *   side, so between them there is no order to hold.
 */
export function isInTime(provider: SyncOrder, user: SyncOrder): boolean {
  if (provider.wave !== user.wave) return provider.wave < user.wave;
  if (provider.application !== user.application) return true;
  return provider.phase !== user.phase ? provider.phase < user.phase : provider.step <= user.step;
}

/** Argo CD reads Helm's hooks as its own. */
function phaseOf({ metadata }: RenderedObject): number {
  const hook =
    metadata.annotations?.["argocd.argoproj.io/hook"] ?? metadata.annotations?.["helm.sh/hook"] ?? "";
  if (/PreSync|pre-(install|upgrade)|crd-install/.test(hook)) return -1;
  return /PostSync|post-(install|upgrade)/.test(hook) ? 1 : 0;
}

function stepOf({ metadata }: RenderedObject): number {
  const step = Number(metadata.annotations?.[WAVE] ?? "0");
  return Number.isInteger(step) ? step : 0;
}
