/** When a kind of an API version was deprecated and removed, and what to write instead. */
export interface ApiLifecycle {
  /** The Kubernetes that deprecated it, `1.21`. */
  deprecated: string;
  /** The Kubernetes that serves it no more; `undefined` where that is not decided. */
  removed: string | undefined;
  /** What to write instead, `batch/v1`, with the kind where it is another one; `undefined` where there is nothing. */
  replacement: string | undefined;
}

/**
 * API version, kinds, deprecated in, removed in, replacement. From the `prerelease-lifecycle` files of k8s.io/api 0.36
 * and its siblings, each replacement followed to one that is still served; the few kinds that those files lost, and
 * those of `v1`, from Kubernetes' deprecation guide.
 */
const TABLE = `
admissionregistration.k8s.io/v1alpha1 MutatingAdmissionPolicy,MutatingAdmissionPolicyBinding 1.35 1.38 admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1alpha1 ValidatingAdmissionPolicy,ValidatingAdmissionPolicyBinding 1.29 1.32 admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1beta1 MutatingAdmissionPolicy,MutatingAdmissionPolicyBinding 1.37 1.40 admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration,ValidatingWebhookConfiguration 1.16 1.22 admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1beta1 ValidatingAdmissionPolicy,ValidatingAdmissionPolicyBinding 1.31 1.34 admissionregistration.k8s.io/v1
apiextensions.k8s.io/v1beta1 CustomResourceDefinition 1.16 1.22 apiextensions.k8s.io/v1
apiregistration.k8s.io/v1beta1 APIService 1.19 1.22 apiregistration.k8s.io/v1
apps/v1beta1 ControllerRevision,Deployment,StatefulSet 1.8 1.16 apps/v1
apps/v1beta2 ControllerRevision,DaemonSet,Deployment,ReplicaSet,StatefulSet 1.9 1.16 apps/v1
autoscaling/v2beta1 HorizontalPodAutoscaler 1.22 1.25 autoscaling/v2
autoscaling/v2beta2 HorizontalPodAutoscaler 1.23 1.26 autoscaling/v2
batch/v1beta1 CronJob 1.21 1.25 batch/v1
certificates.k8s.io/v1alpha1 ClusterTrustBundle 1.34 1.37 -
certificates.k8s.io/v1beta1 CertificateSigningRequest 1.19 1.22 certificates.k8s.io/v1
certificates.k8s.io/v1beta1 ClusterTrustBundle 1.37 1.40 -
certificates.k8s.io/v1beta1 PodCertificateRequest 1.38 1.41 -
coordination.k8s.io/v1alpha2 LeaseCandidate 1.35 1.38 -
coordination.k8s.io/v1beta1 Lease 1.19 1.22 coordination.k8s.io/v1
coordination.k8s.io/v1beta1 LeaseCandidate 1.36 1.39 -
discovery.k8s.io/v1beta1 EndpointSlice 1.21 1.25 discovery.k8s.io/v1
extensions/v1beta1 DaemonSet,Deployment,ReplicaSet 1.8 1.16 apps/v1
extensions/v1beta1 Ingress 1.14 1.22 networking.k8s.io/v1
extensions/v1beta1 NetworkPolicy 1.9 1.16 networking.k8s.io/v1
extensions/v1beta1 PodSecurityPolicy 1.11 1.16 -
flowcontrol.apiserver.k8s.io/v1beta1 FlowSchema,PriorityLevelConfiguration 1.23 1.26 flowcontrol.apiserver.k8s.io/v1
flowcontrol.apiserver.k8s.io/v1beta2 FlowSchema,PriorityLevelConfiguration 1.26 1.29 flowcontrol.apiserver.k8s.io/v1
flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema,PriorityLevelConfiguration 1.29 1.32 flowcontrol.apiserver.k8s.io/v1
networking.k8s.io/v1beta1 IPAddress,ServiceCIDR 1.34 1.37 networking.k8s.io/v1
networking.k8s.io/v1beta1 Ingress,IngressClass 1.19 1.22 networking.k8s.io/v1
node.k8s.io/v1beta1 RuntimeClass 1.22 1.25 node.k8s.io/v1
policy/v1beta1 PodDisruptionBudget 1.21 1.25 policy/v1
policy/v1beta1 PodSecurityPolicy 1.21 1.25 -
rbac.authorization.k8s.io/v1beta1 ClusterRole,ClusterRoleBinding,Role,RoleBinding 1.17 1.22 rbac.authorization.k8s.io/v1
resource.k8s.io/v1alpha3 DeviceTaintRule 1.36 1.39 -
resource.k8s.io/v1beta1 DeviceClass,ResourceClaim,ResourceClaimTemplate,ResourceSlice 1.35 1.38 resource.k8s.io/v1
resource.k8s.io/v1beta2 DeviceClass,ResourceClaim,ResourceClaimTemplate,ResourceSlice 1.36 1.39 resource.k8s.io/v1
resource.k8s.io/v1beta2 DeviceTaintRule 1.39 1.42 -
scheduling.k8s.io/v1beta1 PriorityClass 1.14 1.22 scheduling.k8s.io/v1
storage.k8s.io/v1alpha1 CSIStorageCapacity,VolumeAttachment 1.21 1.24 storage.k8s.io/v1
storage.k8s.io/v1alpha1 VolumeAttributesClass 1.32 1.35 storage.k8s.io/v1
storage.k8s.io/v1beta1 CSIDriver,StorageClass,VolumeAttachment 1.19 1.22 storage.k8s.io/v1
storage.k8s.io/v1beta1 CSINode 1.17 1.22 storage.k8s.io/v1
storage.k8s.io/v1beta1 CSIStorageCapacity 1.24 1.27 storage.k8s.io/v1
storage.k8s.io/v1beta1 VolumeAttributesClass 1.34 1.37 storage.k8s.io/v1
storagemigration.k8s.io/v1beta1 StorageVersionMigration 1.38 1.41 -
v1 ComponentStatus 1.19 - -
v1 Endpoints 1.33 - discovery.k8s.io/v1:EndpointSlice
`;

const LIFECYCLES: ReadonlyMap<string, ApiLifecycle> = new Map(
  TABLE.trim()
    .split("\n")
    .flatMap((row) => {
      const [apiVersion, kinds = "", deprecated = "", removed, replacement] = row.split(" ");
      const lifecycle = {
        deprecated,
        removed: removed === "-" ? undefined : removed,
        replacement: replacement === "-" ? undefined : replacement?.replace(":", " "),
      };
      return kinds.split(",").map((kind): [string, ApiLifecycle] => [`${apiVersion} ${kind}`, lifecycle]);
    }),
);

/**
 * @param apiVersion `batch/v1beta1`
 * @param kind `CronJob`
 * @returns its end of life as far as it is known; `undefined` for what nobody deprecated
 */
export function apiLifecycle(apiVersion: string, kind: string): ApiLifecycle | undefined {
  return LIFECYCLES.get(`${apiVersion} ${kind}`);
}

/**
 * Says that a kind is on its way out.
 *
 * @param kubernetesVersion what is deployed, `1.36.3`
 * @returns for instance `v1 Endpoints is deprecated since Kubernetes 1.33; use discovery.k8s.io/v1 EndpointSlice`, or
 *   `undefined` when it is not deprecated there
 */
export function deprecation(apiVersion: string, kind: string, kubernetesVersion: string): string | undefined {
  const lifecycle = apiLifecycle(apiVersion, kind);
  if (lifecycle === undefined || compareVersions(kubernetesVersion, lifecycle.deprecated) < 0)
    return undefined;
  const { deprecated, removed, replacement } = lifecycle;
  const until = removed === undefined ? "" : ` and not served from ${removed} on`;
  return `${apiVersion} ${kind} is deprecated since Kubernetes ${deprecated}${until}${instead(replacement)}`;
}

/**
 * Says that a kind is gone.
 *
 * @returns for instance `batch/v1beta1 CronJob is not served since Kubernetes 1.25; use batch/v1`, or `undefined` for
 *   one that is not known to be removed
 */
export function removal(apiVersion: string, kind: string): string | undefined {
  const lifecycle = apiLifecycle(apiVersion, kind);
  if (lifecycle?.removed === undefined) return undefined;
  return `${apiVersion} ${kind} is not served since Kubernetes ${lifecycle.removed}${instead(lifecycle.replacement)}`;
}

function instead(replacement: string | undefined): string {
  return replacement === undefined ? "; nothing replaces it" : `; use ${replacement}`;
}

/** Of `1.36.3` and `1.9`, by number: negative when `a` is the older one; patches do not count. */
function compareVersions(a: string, b: string): number {
  const [[majorA = 0, minorA = 0], [majorB = 0, minorB = 0]] = [a, b].map((version) =>
    version.split(".").map(Number),
  ) as [number[], number[]];
  return majorA - majorB || minorA - minorB;
}
