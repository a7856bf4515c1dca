import { nearest } from "./did-you-mean.ts";
import { type EnvironmentObject, isInTime, type SyncOrder } from "./environment-objects.ts";
import type { Finding } from "./finding.ts";
import type { JsonPointer } from "./json-pointer.ts";
import type { Place, PlaceObject } from "./place-objects.ts";
import { groupOf, podTemplates } from "./pods.ts";
import { MAKES, Providers } from "./providers.ts";
import { type Reference, referencesOf } from "./references.ts";
import { objectName } from "./rendered-objects.ts";

/** What is checked: an environment's objects, and how to say where they are written. */
export interface CheckReferencesInput {
  environment: string;
  objects: readonly EnvironmentObject[];
  place: PlaceObject;
}

/**
 * Checks that everything that an environment's objects name is there: in the same environment, with the key and the
 * port that are asked for, and synced early enough. Takes time in proportion to the objects.
 *
 * @param input the environment
 * @returns an error for each object that names something that is not there, once for each thing
 */
export function checkReferences(input: CheckReferencesInput): Finding[] {
  const providers = new Providers(input.objects);
  const definitions = definitionsOf(input.objects);
  const shared = input.objects.flatMap((user) => [
    ...checkNamespace(user, providers, input.place),
    ...checkDefinition(user, definitions, input.place),
  ]);
  return [...once(shared), ...input.objects.flatMap((user) => checkObject(user, providers, input))];
}

/** A finding that many objects may share. */
type Shared = Finding & { cause: string };

/** Something that is missing for many objects is told at the first of them, with how many more there are. */
function once(findings: readonly Shared[]): Finding[] {
  return [...Map.groupBy(findings, ({ cause }) => cause).values()].flatMap(([first, ...more]) => {
    if (first === undefined) return [];
    const { cause: _, ...finding } = first;
    const count = more.length === 1 ? "one more object" : `${more.length} more objects`;
    return [
      more.length === 0 ? finding : { ...finding, message: `${finding.message}; so it is with ${count}` },
    ];
  });
}

function checkObject(user: EnvironmentObject, providers: Providers, input: CheckReferencesInput): Finding[] {
  const told = new Set<string>();
  const findings: Finding[] = [];
  const runs = podTemplates(user.object).length > 0;
  for (const reference of referencesOf(user)) {
    const problem = problemOf(user, reference, providers, input.environment, runs);
    if (problem === undefined || told.has(problem.message)) continue;
    told.add(problem.message);
    findings.push({
      severity: "error",
      ...input.place(user.object, pointerOf(reference, problem)),
      ...problem,
    });
  }
  return findings;
}

function pointerOf({ pointer, key }: Reference, { rule }: Problem): JsonPointer {
  return rule === "reference/no-key" && key !== undefined ? key.pointer : pointer;
}

type Problem = Pick<Finding, "rule" | "message" | "expected" | "fix">;

function problemOf(
  user: EnvironmentObject,
  reference: Reference,
  providers: Providers,
  environment: string,
  runs: boolean,
): Problem | undefined {
  const { kind, name, namespace, key, port } = reference;
  const provider = providers.find(kind, namespace, name);
  const who = objectName(user.object);
  const what = `the ${shortKind(kind)} ${namespace === undefined ? name : `${namespace}/${name}`}`;
  if (provider === "built-in") return undefined;
  if (provider === undefined) {
    return {
      rule: "reference/missing",
      message: `${who} names ${what}, which nothing in overlays/${environment} makes`,
      expected:
        namespace === undefined ? `a ${shortKind(kind)} of that name` : `one in the namespace ${namespace}`,
      fix: hint(reference, providers),
    };
  }
  if (key !== undefined && provider.keys !== undefined && !provider.keys.has(key.name)) {
    const meant = nearest(key.name, provider.keys);
    return {
      rule: "reference/no-key",
      message: `${who} asks ${what} for the key \`${key.name}\`, which it does not have`,
      expected: `one of ${[...provider.keys]
        .slice(0, 10)
        .map((known) => `\`${known}\``)
        .join(", ")}`,
      fix: meant === undefined ? "correct the key, or add it" : `did you mean \`${meant}\`?`,
    };
  }
  if (port !== undefined && provider.ports !== undefined && !provider.ports.has(port)) {
    return {
      rule: "reference/no-port",
      message: `${who} calls ${what} on port ${port}, on which it does not listen`,
      expected: `one of ${[...provider.ports].filter((known) => typeof known === "number").join(", ")}`,
      fix: "correct the port",
    };
  }
  // A text may speak of what comes later; what runs, or is refused without, may not need it.
  const needed = runs || !isAddress(reference);
  if (
    !needed ||
    isReadLate(user, kind) ||
    provider.order === undefined ||
    isInTime(provider.order, user.order)
  ) {
    return undefined;
  }
  return tooLate(who, what, provider.order, user.order);
}

function isAddress({ kind, pointer }: Reference): boolean {
  return kind === "/Service" && !pointer.endsWith("/name");
}

/** A binding may be there before its subject: it gives no right until then, and holds nothing up. */
function isReadLate({ object }: EnvironmentObject, kind: string): boolean {
  return kind === "/ServiceAccount" && object.kind.endsWith("Binding");
}

function tooLate(who: string, what: string, provider: SyncOrder, user: SyncOrder): Problem {
  const same = provider.application === user.application;
  const told = ({ wave, application, phase, step }: SyncOrder): string =>
    same
      ? `in wave ${step}${phase === 0 ? "" : phase < 0 ? " before the sync" : " after the sync"} of ${application}`
      : `in wave ${wave} (${application})`;
  return {
    rule: "reference/later-wave",
    message: `${who}, ${told(user)}, needs ${what}, which comes ${told(provider)}`,
    expected: "what is needed in the same wave or an earlier one",
    fix: same
      ? "set argocd.argoproj.io/sync-wave so that it comes first"
      : "move one of the two Applications to another wave",
  };
}

function hint({ kind, namespace, name }: Reference, providers: Providers): string {
  const all = providers.ofKind(kind);
  const beside = all.filter((provider) => provider.namespace === namespace).map((provider) => provider.name);
  const meant = nearest(name, beside);
  if (meant !== undefined) return `did you mean \`${meant}\`?`;
  const elsewhere = all.find((provider) => provider.name === name);
  if (elsewhere?.namespace !== undefined) {
    const how = kind === "/Secret" ? "; an ExternalSecret can bring it here" : "";
    return `there is one in the namespace ${elsewhere.namespace}${how}`;
  }
  const made = kind === "/Secret" ? ", with an ExternalSecret" : "";
  return `correct the name, add it${made}, or say what makes it by the annotation ${MAKES}: ${shortKind(kind)}/${name}`;
}

function checkNamespace(user: EnvironmentObject, providers: Providers, place: PlaceObject): Shared[] {
  const { object, namespace, order } = user;
  if (namespace === undefined || namespace === "") return [];
  const provider = providers.find("/Namespace", undefined, namespace);
  // The root's own namespace is there, or nothing would be synced at all.
  if (provider === "built-in" || (provider !== undefined && isBootstrap(user))) return [];
  const who = objectName(object);
  const at = (): Place => place(object, "/metadata/namespace");
  if (provider === undefined) {
    const known = providers.ofKind("/Namespace").map(({ name }) => name);
    const meant = nearest(namespace, known);
    const fix = meant === undefined ? "add it to manifests/misc/namespaces" : `did you mean \`${meant}\`?`;
    const expected = `one of ${known.join(", ")}`;
    const message = `${who} is in the namespace \`${namespace}\`, which nothing makes`;
    const cause = `namespace ${namespace}`;
    return [{ cause, rule: "namespace/missing", severity: "error", ...at(), message, expected, fix }];
  }
  if (provider.order === undefined || isInTime(provider.order, order)) return [];
  const problem = tooLate(who, `the Namespace ${namespace}`, provider.order, order);
  return [
    { cause: `late namespace ${namespace} ${user.application}`, severity: "error", ...at(), ...problem },
  ];
}

/** Argo CD's own kinds: what reads them brought their definitions, by the bootstrap. */
function isBootstrap({ object }: EnvironmentObject): boolean {
  return groupOf(object.apiVersion) === "argoproj.io";
}

/** The CRDs by group and kind. */
function definitionsOf(objects: readonly EnvironmentObject[]): Map<string, EnvironmentObject> {
  const found = new Map<string, EnvironmentObject>();
  for (const entry of objects) {
    if (entry.object.kind !== "CustomResourceDefinition") continue;
    const { group, names } = (entry.object.spec ?? {}) as { group?: string; names?: { kind?: string } };
    found.set(`${group}/${names?.kind}`, entry);
  }
  return found;
}

function checkDefinition(
  user: EnvironmentObject,
  definitions: ReadonlyMap<string, EnvironmentObject>,
  place: PlaceObject,
): Shared[] {
  const { object, order } = user;
  const group = groupOf(object.apiVersion);
  if (isServedByKubernetes(group)) return [];
  const definition = definitions.get(`${group}/${object.kind}`);
  const at = (): Place => place(object, "/kind");
  const who = objectName(object);
  if (definition === undefined) {
    return [
      {
        cause: `crd ${group}/${object.kind}`,
        rule: "reference/no-crd",
        severity: "error",
        ...at(),
        message: `${who} is of a kind of ${group} whose CRD nothing in the environment brings`,
        expected: `a CustomResourceDefinition of ${object.kind}.${group}`,
        fix: "add the CRD to the component that brings the operator",
      },
    ];
  }
  if (isBootstrap(user) || isInTime(definition.order, order)) return [];
  const problem = tooLate(who, `the CRD ${definition.object.metadata.name}`, definition.order, order);
  return [{ cause: `late crd ${who}`, severity: "error", ...at(), ...problem }];
}

/** The groups that the API server serves by itself, of those that look like others. */
const KUBERNETES_GROUPS = new Set(
  [
    "admissionregistration",
    "apiextensions",
    "apiregistration",
    "authentication",
    "authorization",
    "certificates",
    "coordination",
    "discovery",
    "events",
    "flowcontrol.apiserver",
    "internal.apiserver",
    "networking",
    "node",
    "rbac.authorization",
    "resource",
    "scheduling",
    "storage",
    "storagemigration",
  ].map((group) => `${group}.k8s.io`),
);

function isServedByKubernetes(group: string): boolean {
  return !group.includes(".") || KUBERNETES_GROUPS.has(group);
}

function shortKind(kind: string): string {
  return kind.slice(kind.lastIndexOf("/") + 1);
}
