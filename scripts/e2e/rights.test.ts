import { expect, test } from "vitest";
import type { KubernetesObject } from "./objects.ts";
import { renderRights } from "./rights.ts";

function object(kind: string, name: string, namespace?: string): KubernetesObject {
  const metadata = { name, uid: name, creationTimestamp: "2026-01-01T00:00:00Z" };
  return { kind, metadata: namespace === undefined ? metadata : { ...metadata, namespace } };
}

const accounts = [
  object("ServiceAccount", "worker", "orchestrator"),
  object("ServiceAccount", "idle", "database"),
];

test("an account's rights are listed with where they hold, and one without any says so", () => {
  const roles = [
    {
      ...object("Role", "jobs", "processing"),
      rules: [
        { apiGroups: ["sparkoperator.k8s.io"], resources: ["sparkapplications"], verbs: ["get", "create"] },
      ],
    },
    {
      ...object("ClusterRole", "look"),
      rules: [{ apiGroups: [""], resources: ["secrets"], resourceNames: ["one"], verbs: ["get"] }],
    },
  ];
  const worker = { kind: "ServiceAccount", name: "worker", namespace: "orchestrator" };
  const bindings = [
    {
      ...object("RoleBinding", "jobs", "processing"),
      roleRef: { kind: "Role" as const, name: "jobs" },
      subjects: [worker],
    },
    {
      ...object("ClusterRoleBinding", "look"),
      roleRef: { kind: "ClusterRole" as const, name: "look" },
      subjects: [worker],
    },
  ];
  expect(renderRights({ accounts, roles, bindings })).toBe(
    [
      "database/idle",
      "  nothing",
      "",
      "orchestrator/worker",
      "  everywhere: secrets (only one): get",
      "  in processing: sparkapplications.sparkoperator.k8s.io: create get",
      "",
    ].join("\n"),
  );
});

test("what every account of a namespace gets counts for each of them", () => {
  const roles = [
    {
      ...object("Role", "maps", "database"),
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["list"] }],
    },
  ];
  const bindings = [
    {
      ...object("RoleBinding", "maps", "database"),
      roleRef: { kind: "Role" as const, name: "maps" },
      subjects: [{ kind: "Group", name: "system:serviceaccounts:database" }],
    },
  ];
  expect(renderRights({ accounts, roles, bindings })).toContain(
    "database/idle\n  in database: configmaps: list",
  );
});

test("accounts of Kubernetes itself are not listed", () => {
  const own = [object("ServiceAccount", "default", "kube-system")];
  expect(renderRights({ accounts: own, roles: [], bindings: [] })).toBe("");
});
