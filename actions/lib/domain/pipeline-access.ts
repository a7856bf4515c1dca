import type { PipelineShape } from "./spark-steps.ts";
import { serviceAccounts } from "./spark-template.ts";

/**
 * What a Spark driver asks of the API server, call by call (Spark's `KubernetesClusterSchedulerBackend` and
 * `ExecutorPodsAllocator`): it makes, watches, labels and removes its executors, makes their ConfigMap, and at its
 * end removes by label what is left, which the API server knows as `deletecollection`
 * (https://github.com/stackabletech/spark-k8s-operator/issues/316).
 */
const DRIVER_RULES = [
  {
    apiGroups: [""],
    resources: ["pods"],
    verbs: ["create", "get", "list", "watch", "patch", "delete", "deletecollection"],
  },
  { apiGroups: [""], resources: ["configmaps"], verbs: ["create", "deletecollection"] },
  { apiGroups: [""], resources: ["services"], verbs: ["deletecollection"] },
  { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["list", "deletecollection"] },
];

/**
 * Builds the service accounts of a pipeline's Spark pods, and the driver's rights. An executor has no rights and
 * no token.
 *
 * @param pipeline the pipeline
 * @returns the objects, in the order in which they are needed
 */
export function pipelineAccess(pipeline: PipelineShape): object[] {
  const { name } = pipeline.metadata;
  const accounts = serviceAccounts(name);
  const meta = (object: string): object => ({
    name: object,
    namespace: "processing",
    labels: { "wavehouse.dev/pipeline": name },
  });
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: meta(accounts.driver) },
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: meta(accounts.executor),
      automountServiceAccountToken: false,
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: meta(accounts.driver),
      rules: DRIVER_RULES,
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: meta(accounts.driver),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: accounts.driver },
      subjects: [{ kind: "ServiceAccount", name: accounts.driver, namespace: "processing" }],
    },
  ];
}
