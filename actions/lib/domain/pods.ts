import { type JsonPointer, pointTo } from "./json-pointer.ts";
import type { RenderedObject } from "./rendered-objects.ts";

/** A part of an object, and where it stands. */
export interface Part {
  pointer: JsonPointer;
  value: Fields;
}

/** What an object makes pods from. */
export interface PodTemplate {
  /** Where the pods' spec stands; for Spark the role, `/spec/template/driver`. */
  pointer: JsonPointer;
  labels: Readonly<Record<string, string>>;
  /** The spec; for Spark the role's fields under the names that a pod has for them. */
  spec: Fields;
  /** The pod's own security context. */
  security: Part;
  /** All containers, those that run first included. */
  containers: Part[];
  /** What sets environment variables: the containers, and for Spark the role besides. */
  environments: Part[];
  volumes: Part[];
  /** `undefined` for the namespace's default. */
  serviceAccount: { name: string; pointer: JsonPointer } | undefined;
}

/** Any mapping of an object. */
export type Fields = Readonly<Record<string, unknown>>;

/** @returns a mapping as it is, and an empty one for anything else */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** @returns the items of a list that are mappings, each with its place */
export function parts(value: unknown, pointer: JsonPointer): Part[] {
  if (!Array.isArray(value)) return [];
  return value.map((item, index) => ({ pointer: pointTo(pointer, index), value: fields(item) }));
}

const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  "apps/DaemonSet": ["spec", "template"],
  "apps/Deployment": ["spec", "template"],
  "apps/ReplicaSet": ["spec", "template"],
  "apps/StatefulSet": ["spec", "template"],
  "batch/CronJob": ["spec", "jobTemplate", "spec", "template"],
  "batch/Job": ["spec", "template"],
  "/Pod": [],
  "/PodTemplate": ["template"],
  "/ReplicationController": ["spec", "template"],
};

const SPARK: Readonly<Record<string, readonly string[]>> = {
  SparkApplication: ["spec"],
  ScheduledSparkApplication: ["spec", "template"],
};

/**
 * Lists what an object makes pods from.
 *
 * @param object a rendered object
 * @returns one template for most workloads, one a role for the Spark kinds, none for what runs nothing
 */
export function podTemplates(object: RenderedObject): readonly PodTemplate[] {
  // Every policy asks, and what follows references.
  let templates = known.get(object);
  if (templates === undefined) {
    templates = readTemplates(object);
    known.set(object, templates);
  }
  return templates;
}

const known = new WeakMap<RenderedObject, readonly PodTemplate[]>();

function readTemplates(object: RenderedObject): PodTemplate[] {
  const group = groupOf(object.apiVersion);
  if (group === "sparkoperator.k8s.io") return sparkTemplates(object);
  const path = TEMPLATES[`${group}/${object.kind}`];
  if (path === undefined) return [];
  const template = fields(path.reduce<unknown>((value, key) => fields(value)[key], object));
  const at = pointTo("", ...path);
  const spec = fields(template.spec);
  const pointer = pointTo(at, "spec");
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  const key = spec.serviceAccountName === undefined ? "serviceAccount" : "serviceAccountName";
  const containers = containersOf(spec, pointer);
  return [
    {
      pointer,
      labels: fields(fields(template.metadata).labels) as Record<string, string>,
      spec,
      security: { pointer: pointTo(pointer, "securityContext"), value: fields(spec.securityContext) },
      containers,
      environments: containers,
      volumes: parts(spec.volumes, pointTo(pointer, "volumes")),
      serviceAccount:
        typeof account === "string" ? { name: account, pointer: pointTo(pointer, key) } : undefined,
    },
  ];
}

function containersOf(spec: Fields, pointer: JsonPointer): Part[] {
  return ["initContainers", "containers", "ephemeralContainers"].flatMap((list) =>
    parts(spec[list], pointTo(pointer, list)),
  );
}

/**
 * The Spark operator makes a driver's and an executor's pod from fields that are a container's and a pod's at once,
 * laid over a template of the pod where there is one.
 */
function sparkTemplates(object: RenderedObject): PodTemplate[] {
  const path = SPARK[object.kind];
  if (path === undefined) return [];
  const spec = fields(path.reduce<unknown>((value, key) => fields(value)[key], object));
  const at = pointTo("", ...path);
  return ["driver", "executor"].flatMap((role): PodTemplate[] =>
    spec[role] === undefined ? [] : [sparkTemplate(role, spec, at)],
  );
}

function sparkTemplate(role: string, spec: Fields, at: JsonPointer): PodTemplate {
  const own = fields(spec[role]);
  const pointer = pointTo(at, role);
  const template = fields(fields(own.template).spec);
  const below = pointTo(pointer, "template", "spec");
  const containers = containersOf(template, below);
  const main = containers.find(({ value }) => value.name === `spark-kubernetes-${role}`) ?? {
    pointer,
    value: own,
  };
  const { serviceAccount: account, podSecurityContext } = own;
  const security =
    podSecurityContext === undefined
      ? { pointer: pointTo(below, "securityContext"), value: fields(template.securityContext) }
      : { pointer: pointTo(pointer, "podSecurityContext"), value: fields(podSecurityContext) };
  const others = [
    ...containers.filter((container) => container !== main),
    ...["initContainers", "sidecars"].flatMap((list) => parts(own[list], pointTo(pointer, list))),
  ];
  const securityContext = own.securityContext ?? main.value.securityContext;
  const value = { ...main.value, name: role, resources: sparkResources(own), securityContext };
  const self = { pointer, value: own };
  return {
    pointer,
    labels: fields(own.labels) as Record<string, string>,
    spec: { ...template, ...own, imagePullSecrets: pullSecrets(spec) },
    security,
    containers: [{ pointer: main.pointer, value }, ...others],
    environments: main.value === own ? [self, ...others] : [self, main, ...others],
    volumes: [
      ...parts(spec.volumes, pointTo(at, "volumes")),
      ...parts(template.volumes, pointTo(below, "volumes")),
    ],
    serviceAccount:
      typeof account === "string"
        ? { name: account, pointer: pointTo(pointer, "serviceAccount") }
        : undefined,
  };
}

/** Spark lists the names alone. */
function pullSecrets({ imagePullSecrets }: Fields): { name: unknown }[] {
  return Array.isArray(imagePullSecrets) ? imagePullSecrets.map((name: unknown) => ({ name })) : [];
}

/** Spark asks for the memory that it is limited to, and for its cores where no request of its own is set. */
function sparkResources({ cores, coreRequest, coreLimit, memory }: Fields): Fields {
  return {
    requests: { cpu: coreRequest ?? cores, memory },
    limits: { cpu: coreLimit, memory },
  };
}

/**
 * @param apiVersion `apps/v1`
 * @returns its group, `apps`; empty for the core group
 */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}
