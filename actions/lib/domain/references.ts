import type { EnvironmentObject } from "./environment-objects.ts";
import { type JsonPointer, pointTo } from "./json-pointer.ts";
import { type Fields, fields, groupOf, type PodTemplate, parts, podTemplates } from "./pods.ts";

/** A place of an object that names another one. */
export interface Reference {
  pointer: JsonPointer;
  /** `group/Kind`; `/Secret` for the core group. */
  kind: string;
  name: string;
  /** `undefined` for kinds that live in no namespace. */
  namespace: string | undefined;
  /** The key of a Secret or a ConfigMap that must be there, and where it is written. */
  key?: { name: string; pointer: JsonPointer };
  /** The port of a Service that must be there. */
  port?: number | string;
}

/**
 * Lists what an object needs of others, as far as it names them: a reference that is marked optional is none.
 *
 * @param user the object
 */
export function referencesOf(user: EnvironmentObject): Reference[] {
  const { object, namespace } = user;
  const found = podTemplates(object).flatMap((template) => podReferences(template, namespace));
  return [...found, ...fieldReferences(user), ...bindingReferences(user), ...serviceAddresses(user)];
}

function podReferences(
  { spec, pointer, environments, volumes, serviceAccount }: PodTemplate,
  namespace: string | undefined,
): Reference[] {
  const found: Reference[] = [];
  const add = (kind: string, named: unknown, at: JsonPointer, nameKey = "name"): void => {
    const { [nameKey]: name, key, optional } = fields(named);
    if (optional === true || typeof name !== "string" || name === "") return;
    const reference = { kind, name, namespace, pointer: pointTo(at, nameKey) };
    found.push(
      typeof key === "string" ? { ...reference, key: { name: key, pointer: pointTo(at, "key") } } : reference,
    );
  };
  if (serviceAccount !== undefined) {
    found.push({ kind: "/ServiceAccount", namespace, ...serviceAccount });
  }
  for (const { pointer: at, value } of parts(spec.imagePullSecrets, pointTo(pointer, "imagePullSecrets"))) {
    add("/Secret", value, at);
  }
  for (const [key, kind] of [
    ["priorityClassName", "scheduling.k8s.io/PriorityClass"],
    ["runtimeClassName", "node.k8s.io/RuntimeClass"],
  ] as const) {
    const name = spec[key];
    if (typeof name === "string")
      found.push({ kind, name, namespace: undefined, pointer: pointTo(pointer, key) });
  }
  for (const part of environments) addEnvironment(part, add);
  for (const { pointer: at, value } of volumes) addVolume(value, at, add);
  return found;
}

type Add = (kind: string, named: unknown, at: JsonPointer, nameKey?: string) => void;

function addEnvironment({ value, pointer }: { value: Fields; pointer: JsonPointer }, add: Add): void {
  for (const { pointer: at, value: entry } of parts(value.env, pointTo(pointer, "env"))) {
    const from = fields(entry.valueFrom);
    add("/Secret", from.secretKeyRef, pointTo(at, "valueFrom", "secretKeyRef"));
    add("/ConfigMap", from.configMapKeyRef, pointTo(at, "valueFrom", "configMapKeyRef"));
  }
  for (const { pointer: at, value: source } of parts(value.envFrom, pointTo(pointer, "envFrom"))) {
    add("/Secret", source.secretRef, pointTo(at, "secretRef"));
    add("/ConfigMap", source.configMapRef, pointTo(at, "configMapRef"));
  }
  // What only the Spark kinds have.
  for (const [name, reference] of Object.entries(fields(value.envSecretKeyRefs))) {
    add("/Secret", reference, pointTo(pointer, "envSecretKeyRefs", name));
  }
  for (const { pointer: at, value: secret } of parts(value.secrets, pointTo(pointer, "secrets")))
    add("/Secret", secret, at);
  for (const { pointer: at, value: map } of parts(value.configMaps, pointTo(pointer, "configMaps"))) {
    add("/ConfigMap", map, at);
  }
}

function addVolume(volume: Fields, at: JsonPointer, add: Add): void {
  addWithItems("/Secret", volume.secret, pointTo(at, "secret"), "secretName", add);
  addWithItems("/ConfigMap", volume.configMap, pointTo(at, "configMap"), "name", add);
  add(
    "/PersistentVolumeClaim",
    volume.persistentVolumeClaim,
    pointTo(at, "persistentVolumeClaim"),
    "claimName",
  );
  for (const { pointer, value } of parts(
    fields(volume.projected).sources,
    pointTo(at, "projected", "sources"),
  )) {
    addWithItems("/Secret", value.secret, pointTo(pointer, "secret"), "name", add);
    addWithItems("/ConfigMap", value.configMap, pointTo(pointer, "configMap"), "name", add);
  }
}

/** A volume names the object once, and each of its keys that is mounted. */
function addWithItems(kind: string, source: unknown, at: JsonPointer, nameKey: string, add: Add): void {
  const { optional, items, [nameKey]: name } = fields(source);
  add(kind, source, at, nameKey);
  if (optional === true) return;
  for (const { pointer, value } of parts(items, pointTo(at, "items"))) {
    add(kind, { name, key: value.key }, pointer);
  }
}

/** Where kinds other than workloads name objects: path to the name, and what is named. `[]` stands for every item. */
const FIELDS: readonly (readonly [user: string, path: string, kind: string])[] = [
  ["networking.k8s.io/Ingress", "spec.defaultBackend.service.name", "/Service"],
  ["networking.k8s.io/Ingress", "spec.rules.[].http.paths.[].backend.service.name", "/Service"],
  ["networking.k8s.io/Ingress", "spec.tls.[].secretName", "/Secret"],
  ["networking.k8s.io/Ingress", "spec.ingressClassName", "networking.k8s.io/IngressClass"],
  ["apps/StatefulSet", "spec.serviceName", "/Service"],
  ["/ServiceAccount", "imagePullSecrets.[].name", "/Secret"],
  ["/PersistentVolumeClaim", "spec.volumeName", "/PersistentVolume"],
  [
    "external-secrets.io/ClusterSecretStore",
    "spec.provider.kubernetes.auth.serviceAccount",
    "/ServiceAccount",
  ],
  ["external-secrets.io/SecretStore", "spec.provider.kubernetes.auth.serviceAccount", "/ServiceAccount"],
  [
    "admissionregistration.k8s.io/MutatingWebhookConfiguration",
    "webhooks.[].clientConfig.service",
    "/Service",
  ],
  [
    "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
    "webhooks.[].clientConfig.service",
    "/Service",
  ],
  ["apiregistration.k8s.io/APIService", "spec.service", "/Service"],
  [
    "apiextensions.k8s.io/CustomResourceDefinition",
    "spec.conversion.webhook.clientConfig.service",
    "/Service",
  ],
];

const FIELDS_OF = Map.groupBy(FIELDS, ([user]) => user);

function fieldReferences({ object, namespace }: EnvironmentObject): Reference[] {
  const rows = FIELDS_OF.get(`${groupOf(object.apiVersion)}/${object.kind}`) ?? [];
  return rows.flatMap(([, path, kind]) =>
    select(object, path.split("."), "").flatMap(({ value, pointer }): Reference[] => {
      if (typeof value === "string" && value !== "") {
        return [{ kind, name: value, namespace: CLUSTER_WIDE.has(kind) ? undefined : namespace, pointer }];
      }
      const { name, namespace: own } = fields(value);
      if (typeof name !== "string") return [];
      return [{ kind, name, namespace: String(own ?? namespace), pointer: pointTo(pointer, "name") }];
    }),
  );
}

const CLUSTER_WIDE = new Set(["networking.k8s.io/IngressClass", "/PersistentVolume"]);

function select(
  value: unknown,
  [step, ...rest]: readonly string[],
  pointer: JsonPointer,
): { value: unknown; pointer: JsonPointer }[] {
  if (value === undefined || value === null) return [];
  if (step === undefined) return [{ value, pointer }];
  if (step === "[]") return parts(value, pointer).flatMap((item) => select(item.value, rest, item.pointer));
  return select(fields(value)[step], rest, pointTo(pointer, step));
}

/** What names its target with a kind. */
function bindingReferences({ object, namespace }: EnvironmentObject): Reference[] {
  const group = groupOf(object.apiVersion);
  if (group === "rbac.authorization.k8s.io" && object.kind.endsWith("Binding")) {
    const { kind, name } = fields(object.roleRef);
    const role: Reference = {
      kind: `${group}/${String(kind)}`,
      name: String(name),
      namespace: kind === "Role" ? namespace : undefined,
      pointer: "/roleRef/name",
    };
    const subjects = parts(object.subjects, "/subjects").filter(
      ({ value }) => value.kind === "ServiceAccount",
    );
    return [
      role,
      ...subjects.map(({ value, pointer }) => ({
        kind: "/ServiceAccount",
        name: String(value.name),
        namespace: String(value.namespace ?? namespace),
        pointer: pointTo(pointer, "name"),
      })),
    ];
  }
  if (group === "autoscaling" && object.kind === "HorizontalPodAutoscaler") {
    const { apiVersion, kind, name } = fields(fields(object.spec).scaleTargetRef);
    const target = `${groupOf(String(apiVersion ?? ""))}/${String(kind)}`;
    return [{ kind: target, name: String(name), namespace, pointer: "/spec/scaleTargetRef/name" }];
  }
  if (group === "external-secrets.io" && object.kind === "ExternalSecret") {
    const { kind = "SecretStore", name } = fields(fields(object.spec).secretStoreRef);
    if (typeof name !== "string") return [];
    const own = kind === "SecretStore" ? namespace : undefined;
    return [{ kind: `${group}/${String(kind)}`, name, namespace: own, pointer: "/spec/secretStoreRef/name" }];
  }
  return [];
}

/** `<service>.<namespace>.svc`, perhaps with the cluster's domain and a port. */
const ADDRESS =
  /(?<![\w-])([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.svc(?![\w-])(?:\.cluster\.local)?(?::(\d+))?/g;

/** Every address of a Service in an object's texts. */
function serviceAddresses({ object }: EnvironmentObject): Reference[] {
  if (object.kind === "CustomResourceDefinition") return [];
  const found: Reference[] = [];
  const path: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === "string") {
      if (!value.includes(".svc")) return;
      const pointer = pointTo("", ...path);
      for (const [, name = "", namespace = "", port] of value.matchAll(ADDRESS)) {
        const reference = { kind: "/Service", name, namespace, pointer };
        found.push(port === undefined ? reference : { ...reference, port: Number(port) });
      }
    } else if (typeof value === "object" && value !== null) {
      for (const [key, child] of Object.entries(value)) {
        path.push(key);
        visit(child);
        path.pop();
      }
    }
  };
  visit(object);
  return found;
}
