import { type JsonPointer, pointTo } from "./json-pointer.ts";

/** The names a kustomization may have, in the order in which kustomize looks for them. */
export const KUSTOMIZATION_NAMES = ["kustomization.yaml", "kustomization.yml", "Kustomization"] as const;

/** A file, a folder or an address that a kustomization names. */
export interface KustomizationReference {
  /** As written. */
  target: string;
  /** Where in the kustomization. */
  pointer: JsonPointer;
}

/** Keys whose items name files or folders; an item of several lines is inline YAML instead. */
const LISTS = [
  "resources",
  "bases",
  "components",
  "configurations",
  "crds",
  "generators",
  "transformers",
  "validators",
  "patchesStrategicMerge",
];

/** Keys whose items are mappings, and what in them names files. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  patches: ["path"],
  patchesJson6902: ["path"],
  replacements: ["path"],
  configMapGenerator: ["files", "envs", "env"],
  secretGenerator: ["files", "envs", "env"],
  helmCharts: ["valuesFile", "additionalValuesFiles"],
};

/**
 * Lists all that a kustomization names outside of itself.
 *
 * @param kustomization the file's content as data
 * @returns the references, in no order that means anything
 */
export function kustomizationReferences(kustomization: unknown): KustomizationReference[] {
  const root = record(kustomization);
  const references: KustomizationReference[] = [];
  const add = (value: unknown, pointer: JsonPointer, keyed: boolean): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) add(item, pointTo(pointer, index), keyed);
    } else if (typeof value === "string" && !value.includes("\n")) {
      references.push({ target: keyed ? value.replace(/^[^=/]+=/, "") : value, pointer });
    }
  };
  for (const key of LISTS) add(root[key], pointTo("", key), false);
  for (const [key, fields] of Object.entries(FIELDS)) {
    const items = root[key];
    if (!Array.isArray(items)) continue;
    for (const [index, item] of items.entries()) {
      for (const field of fields) add(record(item)[field], pointTo("", key, index, field), field === "files");
    }
  }
  add(record(root.openapi).path, pointTo("", "openapi", "path"), false);
  return references;
}

/**
 * Whether kustomize would fetch a reference from elsewhere: a URL, an SSH address, or a Git host's shorthand.
 *
 * @param target as written in a kustomization
 */
export function isRemote(target: string): boolean {
  return /^([a-z][a-z0-9+.-]*:|[^/]+@[^/]+[:/]|(www\.)?github\.com[/:])/i.test(target);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
