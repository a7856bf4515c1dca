import { pointTo } from "./json-pointer.ts";
import { fields, parts } from "./pods.ts";
import type { RenderedObject } from "./rendered-objects.ts";
import type { Policy } from "./rule.ts";

/** What objects may let others do. */
export const RIGHTS_POLICIES: readonly Policy[] = [
  {
    id: "policy/cluster-admin",
    severity: "error",
    reason:
      "Who is cluster-admin can read every secret and change every object; a stolen token is the whole cluster.",
    expected: "a role of its own, with the rights that it needs",
    fix: "Bind a Role that lists them.",
    check(object) {
      if (!isRbac(object, "RoleBinding", "ClusterRoleBinding")) return [];
      if (fields(object.roleRef).name !== "cluster-admin") return [];
      return [{ pointer: "/roleRef/name", message: "makes its subjects cluster-admin" }];
    },
  },
  {
    id: "policy/wildcard-verbs",
    severity: "error",
    reason:
      "`*` also allows what the next version of Kubernetes comes up with; nobody can say what it grants.",
    expected: "the verbs that are used",
    fix: "List the verbs.",
    check(object) {
      if (!isRbac(object, "Role", "ClusterRole")) return [];
      return parts(object.rules, "/rules").flatMap(({ pointer, value }) =>
        [value.verbs].flat().includes("*")
          ? [{ pointer: pointTo(pointer, "verbs"), message: "allows every verb, `*`" }]
          : [],
      );
    },
  },
  {
    id: "policy/default-service-account",
    severity: "error",
    reason: "Every pod that names no service account would have these rights.",
    expected: "a service account of its own",
    fix: "Make a ServiceAccount, bind that, and name it in the pods.",
    check(object) {
      if (!isRbac(object, "RoleBinding", "ClusterRoleBinding")) return [];
      return parts(object.subjects, "/subjects").flatMap(({ pointer, value }) =>
        value.kind === "ServiceAccount" && value.name === "default"
          ? [
              {
                pointer: pointTo(pointer, "name"),
                message: `gives rights to the default service account of ${String(value.namespace)}`,
              },
            ]
          : [],
      );
    },
  },
];

function isRbac({ apiVersion, kind }: RenderedObject, ...kinds: readonly string[]): boolean {
  return apiVersion.startsWith("rbac.authorization.k8s.io/") && kinds.includes(kind);
}
