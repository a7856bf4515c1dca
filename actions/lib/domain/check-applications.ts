import { didYouMean } from "./did-you-mean.ts";
import type { Tree } from "./environments.ts";
import type { Finding } from "./finding.ts";
import { ObjectSources } from "./object-sources.ts";
import { objectName, type RenderedObject } from "./rendered-objects.ts";
import type { WaveStep } from "./waves.ts";

/** What is checked: an environment, whole and as its Applications sync it. */
export interface CheckApplicationsInput {
  environment: string;
  /** What `overlays/<environment>` renders to. */
  objects: readonly RenderedObject[];
  /** What its Applications sync. */
  steps: readonly WaveStep[];
  /** The files it was rendered from. */
  tree: Tree;
  /** Objects of kinds that nobody knows: what is wrong with those is told. */
  unknown?: ReadonlySet<RenderedObject>;
}

/** What an AppProject allows. */
interface Project {
  destinations: readonly { server?: string; namespace?: string }[];
  sourceRepos: readonly string[];
  clusterKinds: readonly GroupKind[];
  /** `undefined` allows every kind. */
  kinds: readonly GroupKind[] | undefined;
  deniedKinds: readonly GroupKind[];
}

interface GroupKind {
  group: string;
  kind: string;
}

/** Kinds that live in no namespace; any other object without one goes to its Application's. */
const CLUSTER_KINDS = new Set([
  "APIService",
  "ClusterExternalSecret",
  "ClusterRole",
  "ClusterRoleBinding",
  "ClusterSecretStore",
  "CustomResourceDefinition",
  "IngressClass",
  "MutatingWebhookConfiguration",
  "Namespace",
  "PersistentVolume",
  "PriorityClass",
  "RuntimeClass",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
]);

/**
 * Checks that Argo CD will sync the environment, all of it and nothing else: that each object belongs to one
 * Application, and that the Application's project allows it. Argo CD itself tells the latter only when it syncs.
 *
 * @param input the environment
 * @returns an error for each object that is synced by none, by two, from outside of the overlay, or against its project
 */
export function checkApplications(input: CheckApplicationsInput): Finding[] {
  const sources = new ObjectSources(input.tree, input.environment);
  const place = (object: RenderedObject, pointer = ""): Pick<Finding, "file" | "line" | "column"> => {
    const { apiVersion, kind } = object;
    const { name, namespace } = object.metadata;
    const fallback = { file: `overlays/${input.environment}/kustomization.yaml`, line: 1, column: 1 };
    return sources.locate({ apiVersion, kind, name, namespace }, pointer, object) ?? fallback;
  };
  return [...checkCoverage(input, place), ...checkProjects(input, place)];
}

type Place = (object: RenderedObject, pointer?: string) => Pick<Finding, "file" | "line" | "column">;

function checkCoverage({ environment, objects, steps }: CheckApplicationsInput, place: Place): Finding[] {
  const findings: Finding[] = [];
  const whole = new Set(objects.map(identity));
  const applications = new Set(ofKind(objects, "Application"));
  const syncedBy = new Map<string, string>();
  for (const { application, objects: own } of steps) {
    for (const object of own) {
      const id = identity(object);
      const other = syncedBy.get(id);
      syncedBy.set(id, application);
      if (other !== undefined) {
        const message = `${objectName(object)} is synced by two Applications, ${other} and ${application}`;
        findings.push({ rule: "apps/synced-twice", severity: "error", ...place(object), message });
      }
      if (!whole.has(id)) {
        const message = `the Application ${application} syncs ${objectName(object)}, which overlays/${environment} does not hold`;
        const fix = `list the Application's folder in overlays/${environment}/kustomization.yaml`;
        findings.push({ rule: "apps/not-in-overlay", severity: "error", ...place(object), message, fix });
      }
    }
  }
  for (const object of objects) {
    if (syncedBy.has(identity(object)) || applications.has(object)) continue;
    findings.push({
      rule: "apps/not-synced",
      severity: "error",
      ...place(object),
      message: `no Application syncs ${objectName(object)}`,
      expected: "an Application in apps/ whose spec.source.path renders it",
      fix: "add an Application for its component, with a wave",
    });
  }
  return findings;
}

function checkProjects({ objects, steps, unknown }: CheckApplicationsInput, place: Place): Finding[] {
  const projects = new Map(ofKind(objects, "AppProject").map((object) => [object.metadata.name, object]));
  return ofKind(objects, "Application").flatMap((application): Finding[] => {
    const { spec } = application as { spec?: { project?: string } };
    const project = projects.get(spec?.project ?? "default");
    if (project === undefined) return [noProject(application, [...projects.keys()], place)];
    const { name } = application.metadata;
    const own = steps.filter((step) => step.application === name).flatMap((step) => step.objects);
    return checkProject(
      application,
      project,
      unknown === undefined ? own : own.filter((object) => !unknown.has(object)),
      place,
    );
  });
}

function ofKind(objects: readonly RenderedObject[], kind: string): RenderedObject[] {
  return objects.filter((object) => object.kind === kind && object.apiVersion.startsWith("argoproj.io/"));
}

function noProject(application: RenderedObject, known: readonly string[], place: Place): Finding {
  const named = String(record(application.spec).project ?? "default");
  const hint = didYouMean(named, known);
  return {
    rule: "apps/no-project",
    severity: "error",
    ...place(application, "/spec/project"),
    message: `the Application ${application.metadata.name} names the project \`${named}\`, which apps/projects does not hold`,
    expected: `one of ${[...known].sort().join(", ")}`,
    ...(hint === undefined ? {} : { fix: hint }),
  };
}

function checkProject(
  application: RenderedObject,
  projectObject: RenderedObject,
  own: readonly RenderedObject[],
  place: Place,
): Finding[] {
  const { name } = projectObject.metadata;
  const project = readProject(projectObject);
  const { source, destination } = record(application.spec) as Partial<
    Record<string, Record<string, unknown>>
  >;
  const repository = String(source?.repoURL);
  const target = { server: String(destination?.server), namespace: String(destination?.namespace ?? "") };
  const error = { rule: "apps/not-permitted", severity: "error" as const };
  const findings: Finding[] = [];
  if (!project.sourceRepos.some((pattern) => matches(pattern, repository))) {
    const message = `the project ${name} allows no Application from ${repository}`;
    const fix = "add the repository to the project's sourceRepos";
    findings.push({ ...error, ...place(application, "/spec/source/repoURL"), message, fix });
  }
  if (!allowsDestination(project, target)) {
    const message = `the project ${name} allows nothing in the namespace ${target.namespace} of ${target.server}`;
    const fix = "add it to the project's destinations";
    findings.push({ ...error, ...place(application, "/spec/destination"), message, fix });
  }
  const refused = Map.groupBy(own, (object) => {
    const why = refusal(project, object, target);
    // What is wrong with a kind or a namespace is told at its first object.
    return why === undefined ? undefined : `${object.apiVersion} ${object.kind} ${why}`;
  });
  for (const [id, [object, ...more]] of refused) {
    if (id === undefined || object === undefined) continue;
    const others = more.length === 0 ? "" : `, nor ${more.length} more`;
    const why = refusal(project, object, target);
    const message = `the project ${name} of the Application ${application.metadata.name} does not allow ${objectName(object)}${others}: ${why}`;
    const fix = `if it is meant to, allow it in apps/projects/${name}.yaml`;
    findings.push({ ...error, ...place(object), message, fix });
  }
  return findings;
}

/** Why a project does not allow an object, as Argo CD decides it; `undefined` when it does. */
function refusal(
  project: Project,
  object: RenderedObject,
  destination: { server: string; namespace: string },
): string | undefined {
  const group = object.apiVersion.includes("/") ? (object.apiVersion.split("/")[0] ?? "") : "";
  const isListed = (list: readonly GroupKind[]): boolean =>
    list.some((entry) => matches(entry.group, group) && matches(entry.kind, object.kind));
  if (CLUSTER_KINDS.has(object.kind)) {
    return isListed(project.clusterKinds) ? undefined : "its clusterResourceWhitelist does not list the kind";
  }
  if (project.kinds !== undefined && !isListed(project.kinds)) {
    return "its namespaceResourceWhitelist does not list the kind";
  }
  if (isListed(project.deniedKinds)) return "its namespaceResourceBlacklist lists the kind";
  const namespace = object.metadata.namespace ?? destination.namespace;
  if (allowsDestination(project, { server: destination.server, namespace })) return undefined;
  return `its destinations do not list the namespace ${namespace}`;
}

function allowsDestination(
  project: Project,
  { server, namespace }: { server: string; namespace: string },
): boolean {
  return project.destinations.some(
    (allowed) => matches(allowed.server ?? "", server) && matches(allowed.namespace ?? "", namespace),
  );
}

function readProject(object: RenderedObject): Project {
  const spec = record(object.spec) as {
    destinations?: Project["destinations"];
    sourceRepos?: readonly string[];
    clusterResourceWhitelist?: readonly GroupKind[];
    namespaceResourceWhitelist?: readonly GroupKind[];
    namespaceResourceBlacklist?: readonly GroupKind[];
  };
  return {
    destinations: spec.destinations ?? [],
    sourceRepos: spec.sourceRepos ?? [],
    clusterKinds: spec.clusterResourceWhitelist ?? [],
    kinds: spec.namespaceResourceWhitelist,
    deniedKinds: spec.namespaceResourceBlacklist ?? [],
  };
}

function matches(pattern: string, value: string): boolean {
  const expression = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${expression.join(".*")}$`, "s").test(value);
}

function identity({ apiVersion, kind, metadata }: RenderedObject): string {
  return `${apiVersion} ${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
