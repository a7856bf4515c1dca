import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { network } from "./places.ts";

/** How many volumes there are; a claim takes a whole one. */
const volumeCount = 10;

/**
 * What a bare cluster needs before anything is installed: the rights of its own processes, and volumes.
 *
 * Volumes are folders of this machine, made beforehand: no provisioner to run, and nothing may name a path of its own.
 *
 * @param volumes the folder that the volumes are in; they are made
 * @returns YAML to apply
 */
export function nodeObjects(volumes: string): string {
  const names = Array.from({ length: volumeCount }, (_, index) => `local-${index}`);
  for (const name of names) mkdirSync(join(volumes, name), { recursive: true, mode: 0o755 });
  const objects = [
    binding("wavehouse:apiserver-kubelet", "system:kubelet-api-admin"),
    dnsRole,
    binding("wavehouse:coredns", "wavehouse:coredns"),
    policiesRole,
    binding("wavehouse:policies", "wavehouse:policies"),
    storageClass,
    ...names.map((name) => volume(name, join(volumes, name))),
  ];
  return objects.map((object) => stringify(object)).join("---\n");
}

const rbac = "rbac.authorization.k8s.io";

function binding(user: string, role: string): object {
  return {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: user },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
    subjects: [{ apiGroup: rbac, kind: "User", name: user }],
  };
}

const dnsRole = {
  apiVersion: `${rbac}/v1`,
  kind: "ClusterRole",
  metadata: { name: "wavehouse:coredns" },
  rules: [
    { apiGroups: [""], resources: ["services", "namespaces"], verbs: ["list", "watch"] },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
  ],
};

const policiesRole = {
  apiVersion: `${rbac}/v1`,
  kind: "ClusterRole",
  metadata: { name: "wavehouse:policies" },
  rules: [
    { apiGroups: [""], resources: ["pods", "namespaces"], verbs: ["list", "watch"] },
    { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: ["list", "watch"] },
  ],
};

const storageClass = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "standard", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: "kubernetes.io/no-provisioner",
  volumeBindingMode: "WaitForFirstConsumer",
};

function volume(name: string, path: string): object {
  const onNode = { key: "kubernetes.io/hostname", operator: "In", values: [network.node] };
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name },
    spec: {
      capacity: { storage: "20Gi" },
      accessModes: ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: "standard",
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onNode] }] } },
    },
  };
}
