import type { Kubectl } from "./kubectl.ts";
import type { KubernetesObject } from "./objects.ts";

interface Rule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  verbs: string[];
}

interface Role extends KubernetesObject {
  rules?: Rule[];
}

interface Binding extends KubernetesObject {
  roleRef: { kind: "Role" | "ClusterRole"; name: string };
  subjects?: { kind: string; name: string; namespace?: string }[];
}

/** All that RBAC says. */
export interface AccessObjects {
  accounts: readonly KubernetesObject[];
  roles: readonly Role[];
  bindings: readonly Binding[];
}

/** Namespaces of Kubernetes itself: its own accounts are the cluster's matter, not this repository's. */
const foreign = new Set(["kube-system", "kube-public", "kube-node-lease", "default"]);

/** Reads every service account, role and binding. */
export async function readAccess(kubectl: Kubectl): Promise<AccessObjects> {
  const all = "--all-namespaces";
  const [accounts, roles, clusterRoles, bindings, clusterBindings] = await Promise.all([
    kubectl.list("serviceaccounts", all),
    kubectl.list<Role>("roles", all),
    kubectl.list<Role>("clusterroles"),
    kubectl.list<Binding>("rolebindings", all),
    kubectl.list<Binding>("clusterrolebindings"),
  ]);
  return { accounts, roles: [...roles, ...clusterRoles], bindings: [...bindings, ...clusterBindings] };
}

/**
 * Lists what every service account of the platform may do, as text to be compared with a committed one.
 *
 * @returns a block for each account: where, what, and which verbs; `nothing` for an account without rights
 */
export function renderRights({ accounts, roles, bindings }: AccessObjects): string {
  const ours = accounts.filter(({ metadata }) => !foreign.has(metadata.namespace ?? ""));
  const names = ours.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort();
  return `${names.map((account) => renderAccount(account, roles, bindings)).join("\n")}`;
}

function renderAccount(account: string, roles: readonly Role[], bindings: readonly Binding[]): string {
  const lines = bindings
    .filter((binding) => binds(binding, account))
    .flatMap((binding) => {
      const { namespace } = binding.metadata;
      const role = roles.find((one) => isBound(one, binding));
      const where = namespace === undefined ? "everywhere" : `in ${namespace}`;
      return (role?.rules ?? []).flatMap((rule) => renderRule(rule).map((line) => `  ${where}: ${line}`));
    });
  const unique = [...new Set(lines)].sort();
  return `${account}\n${unique.length === 0 ? "  nothing" : unique.join("\n")}\n`;
}

function binds({ subjects = [], metadata }: Binding, account: string): boolean {
  const [namespace] = account.split("/");
  return subjects.some(({ kind, name, namespace: of }) => {
    if (kind === "ServiceAccount") return `${of ?? metadata.namespace}/${name}` === account;
    return (
      kind === "Group" &&
      (name === "system:serviceaccounts" || name === `system:serviceaccounts:${namespace}`)
    );
  });
}

function isBound({ kind, metadata }: Role, { roleRef, metadata: { namespace } }: Binding): boolean {
  if (metadata.name !== roleRef.name || kind !== roleRef.kind) return false;
  return roleRef.kind === "ClusterRole" || metadata.namespace === namespace;
}

function renderRule({
  apiGroups = [],
  resources = [],
  resourceNames,
  nonResourceURLs,
  verbs,
}: Rule): string[] {
  const may = [...verbs].sort().join(" ");
  const only = resourceNames === undefined ? "" : ` (only ${[...resourceNames].sort().join(" ")})`;
  const named = apiGroups.flatMap((group) =>
    resources.map((resource) => `${group === "" ? resource : `${resource}.${group}`}${only}: ${may}`),
  );
  return [...named, ...(nonResourceURLs ?? []).map((url) => `${url}: ${may}`)];
}
