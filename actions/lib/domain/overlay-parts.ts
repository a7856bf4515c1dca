import { isAbsolute, join, normalize } from "node:path/posix";
import { CORE_SCHEMA, load, YAMLException } from "js-yaml";
import type { Tree } from "./environments.ts";
import { isRemote, KUSTOMIZATION_NAMES } from "./kustomization-references.ts";

/** Keys that change nothing of what the listed folders render to. */
const LIST_KEYS = new Set(["apiVersion", "kind", "metadata", "resources"]);

/**
 * Splits an overlay into the folders that can be rendered one by one. A kustomization that only lists folders renders
 * to what these render to, and Argo CD too renders each by itself: a name that one folder's generator hashes is known in
 * no other.
 *
 * @param folder the overlay, from the repository's root
 * @param tree the repository's files
 * @returns folders, each once; the overlay itself where it does more than to list folders
 */
export function overlayParts(folder: string, tree: Tree): string[] {
  const parts = new Set<string>();
  const visited = new Set<string>();
  const visit = (path: string): boolean => {
    if (visited.has(path)) return false;
    visited.add(path);
    const listed = listedFolders(path, folder, tree);
    if (listed === undefined) {
      parts.add(path);
      return true;
    }
    return listed.every(visit);
  };
  // A folder that is listed twice, or lists itself, is kustomize's to refuse.
  return visit(folder) ? [...parts] : [folder];
}

/** @returns `undefined` where the kustomization does more than to list folders of the overlay */
function listedFolders(folder: string, overlay: string, tree: Tree): string[] | undefined {
  const found = KUSTOMIZATION_NAMES.filter((name) => tree.has(`${folder}/${name}`));
  const file = `${folder}/${found[0]}`;
  // Of two, kustomize refuses to choose.
  if (found.length !== 1) return undefined;
  const value = parse(tree.get(file) ?? "");
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.keys(value).some((key) => !LIST_KEYS.has(key))) return undefined;
  const { resources } = value as { resources?: unknown };
  if (!Array.isArray(resources) || resources.length === 0) return undefined;
  const folders = resources.map((target: unknown) => {
    if (typeof target !== "string" || isRemote(target) || isAbsolute(target)) return undefined;
    const path = normalize(join(folder, target)).replace(/\/$/, "");
    // What lists a base is what an Application renders.
    if (!path.startsWith(`${overlay}/`)) return undefined;
    return KUSTOMIZATION_NAMES.some((name) => tree.has(`${path}/${name}`)) ? path : undefined;
  });
  return folders.every((path) => path !== undefined) ? folders : undefined;
}

/** A file that is no YAML is kustomize's to tell, with its line. */
function parse(text: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA });
  } catch (error) {
    if (error instanceof YAMLException) return undefined;
    throw error;
  }
}
