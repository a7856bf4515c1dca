import type { EnvironmentObject, SyncOrder } from "./environment-objects.ts";
import { fields, groupOf, parts } from "./pods.ts";

/** Something that references can name, and when it is there. */
export interface Provider {
  /** `group/Kind`. */
  kind: string;
  name: string;
  namespace: string | undefined;
  /** `undefined` for what is there before the first sync. */
  order: SyncOrder | undefined;
  /** The keys of a Secret or a ConfigMap; `undefined` where they are not known. */
  keys: ReadonlySet<string> | undefined;
  /** The ports of a Service by number, and by name; `undefined` for anything else. */
  ports: ReadonlySet<number | string> | undefined;
}

/** `Kind/name, Kind/name`: what an object's program makes in its namespace while it runs. */
export const MAKES = "validate.wavehouse.dev/makes";

/** What every cluster has before anything is synced. */
const BUILT_IN: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["/Namespace", /^(?:default|kube-system|kube-public|kube-node-lease)$/],
  ["/ServiceAccount", /(?:^|\/)default$/],
  ["/ConfigMap", /\/kube-root-ca\.crt$/],
  ["/Service", /^(?:default\/kubernetes|kube-system\/.*)$/],
  ["rbac.authorization.k8s.io/ClusterRole", /^(?:cluster-admin|admin|edit|view|system:.*)$/],
  ["rbac.authorization.k8s.io/Role", /^kube-system\//],
  ["scheduling.k8s.io/PriorityClass", /^system-(?:cluster|node)-critical$/],
];

/** What an environment holds and makes, to be looked up by kind, namespace and name. */
export class Providers {
  readonly #byId = new Map<string, Provider>();
  readonly #byKind = new Map<string, Provider[]>();

  /**
   * @param objects the environment's
   */
  constructor(objects: readonly EnvironmentObject[]) {
    for (const object of objects) for (const provider of provided(object)) this.#add(provider);
  }

  /** @returns what is named; `built-in` for what every cluster has; `undefined` where nothing makes it */
  find(kind: string, namespace: string | undefined, name: string): Provider | "built-in" | undefined {
    const path = namespace === undefined ? name : `${namespace}/${name}`;
    const known = this.#byId.get(`${kind} ${path}`);
    if (known !== undefined) return known;
    return BUILT_IN.some(([of, pattern]) => of === kind && pattern.test(path)) ? "built-in" : undefined;
  }

  /** @returns everything of a kind, for hints */
  ofKind(kind: string): readonly Provider[] {
    return this.#byKind.get(kind) ?? [];
  }

  #add(provider: Provider): void {
    const { kind, namespace, name } = provider;
    const id = `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
    // An object of its own says more of itself than one that makes it: an ExternalSecret may fill a Secret that is there.
    const earlier = this.#byId.get(id);
    if (earlier !== undefined) {
      const unknown = earlier.keys === undefined || provider.keys === undefined;
      const keys = unknown ? undefined : new Set([...(earlier.keys ?? []), ...(provider.keys ?? [])]);
      this.#byId.set(id, { ...earlier, keys });
      return;
    }
    this.#byId.set(id, provider);
    const same = this.#byKind.get(kind);
    if (same === undefined) this.#byKind.set(kind, [provider]);
    else same.push(provider);
  }
}

function provided(user: EnvironmentObject): Provider[] {
  const { object, namespace, order } = user;
  const kind = `${groupOf(object.apiVersion)}/${object.kind}`;
  const base = { namespace, order, keys: undefined, ports: undefined };
  const made = (of: string, name: unknown, keys?: ReadonlySet<string>): Provider[] =>
    typeof name === "string" ? [{ ...base, kind: of, name, keys }] : [];
  const { name } = object.metadata;
  const spec = fields(object.spec);
  const own = {
    ...base,
    kind,
    name,
    keys: keysOf(kind, user),
    ports: kind === "/Service" ? portsOf(spec.ports) : undefined,
  };
  return [
    own,
    ...announced(user).map((provider) => ({ ...base, ...provider })),
    ...(kind === "external-secrets.io/ExternalSecret"
      ? made("/Secret", fields(spec.target).name ?? name, externalKeys(spec))
      : []),
    ...(kind === "cert-manager.io/Certificate" ? made("/Secret", spec.secretName) : []),
    ...(kind === "bitnami.com/SealedSecret"
      ? made("/Secret", name, new Set(Object.keys(fields(spec.encryptedData))))
      : []),
    ...(kind === "apps/StatefulSet"
      ? claimsOf(spec, name).flatMap((claim) => made("/PersistentVolumeClaim", claim))
      : []),
  ];
}

/** An object with no key at all is filled by a program, as `argocd-secret` is. */
function keysOf(kind: string, { object }: EnvironmentObject): ReadonlySet<string> | undefined {
  if (kind !== "/Secret" && kind !== "/ConfigMap") return undefined;
  const keys = ["data", "stringData", "binaryData"].flatMap((part) => Object.keys(fields(object[part])));
  return keys.length === 0 ? undefined : new Set(keys);
}

function portsOf(ports: unknown): ReadonlySet<number | string> {
  return new Set(
    parts(ports, "").flatMap(({ value }) =>
      // A number in quotes is the schema's to tell.
      [/^\d+$/.test(String(value.port)) ? Number(value.port) : value.port, value.name].filter(
        (port) => typeof port === "number" || typeof port === "string",
      ),
    ),
  );
}

function externalKeys(spec: Readonly<Record<string, unknown>>): ReadonlySet<string> | undefined {
  const template = fields(fields(spec.target).template);
  if (template.templateFrom !== undefined || spec.dataFrom !== undefined) return undefined;
  // A template replaces what was fetched, unless it says that it merges.
  if (template.data !== undefined && template.mergePolicy !== "Merge")
    return new Set(Object.keys(fields(template.data)));
  const fetched = parts(spec.data, "").map(({ value }) => String(value.secretKey));
  return new Set([...fetched, ...Object.keys(fields(template.data))]);
}

function claimsOf(spec: Readonly<Record<string, unknown>>, name: string): string[] {
  const replicas = typeof spec.replicas === "number" ? Math.min(spec.replicas, 100) : 1;
  return parts(spec.volumeClaimTemplates, "").flatMap(({ value }) =>
    Array.from({ length: replicas }, (_, index) => `${String(fields(value.metadata).name)}-${name}-${index}`),
  );
}

function announced({ object }: EnvironmentObject): { kind: string; name: string }[] {
  const text = object.metadata.annotations?.[MAKES] ?? "";
  return text.split(",").flatMap((part) => {
    const [kind, name, ...rest] = part.trim().split("/");
    return kind === undefined || name === undefined || rest.length > 0 ? [] : [{ kind: `/${kind}`, name }];
  });
}
