import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isSeq,
  parseAllDocuments,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { Tree } from "./environments.ts";
import { type JsonPointer, pointerKeys } from "./json-pointer.ts";
import { LineIndex, type Position } from "./line-index.ts";

/** What an object is known by. */
export interface ObjectIdentity {
  apiVersion: string;
  kind: string;
  name: string;
  namespace: string | undefined;
}

/** A place in a file of the repository. */
export interface SourcePosition extends Position {
  file: string;
}

interface Source {
  file: string;
  document: Document;
  namespace: string | undefined;
  lines: LineIndex;
}

/**
 * Finds the file, line and column from which a rendered object, or a value of it, comes. A file is parsed when an
 * object is looked for whose name it holds: where nothing is wrong, none is.
 */
export class ObjectSources {
  readonly #sources = new Map<string, Source[]>();
  /** Files that are not parsed yet, and which of them hold a name. */
  readonly #unread = new Map<string, string>();
  #filesByName: Map<string, string[]> | undefined;

  /**
   * @param tree the repository's files; every YAML file of `apps/`, `manifests/` and this environment's overlay is read
   * @param environment name of the environment that was rendered
   */
  constructor(tree: Tree, environment: string) {
    for (const [file, text] of tree) {
      if (!/\.ya?ml$/.test(file)) continue;
      if (!/^(apps|manifests)\//.test(file) && !file.startsWith(`overlays/${environment}/`)) continue;
      this.#unread.set(file, text);
    }
  }

  /**
   * @param object which object
   * @param pointer which value of it
   * @param rendered the object as it was rendered: patches put items into its lists, which are found by their names
   * @returns where it is written, or the nearest value around it that is; `undefined` for a generated object
   */
  locate(object: ObjectIdentity, pointer: JsonPointer = "", rendered?: unknown): SourcePosition | undefined {
    this.#filesByName ??= indexNames(this.#unread);
    for (const file of this.#filesByName.get(object.name) ?? []) {
      const text = this.#unread.get(file);
      if (text !== undefined) this.#read(file, text);
      this.#unread.delete(file);
    }
    const all = this.#sources.get(key(object.apiVersion, object.kind, object.name)) ?? [];
    const exact = all.filter((source) => source.namespace === object.namespace);
    const keys = pointerKeys(pointer);
    let best: { source: Source; depth: number; offset: number } | undefined;
    // Patches name the object too: the file that says most of the pointer is the one meant.
    for (const source of exact.length > 0 ? exact : all) {
      const found = descend(source.document, keys, rendered);
      if (best === undefined || found.depth > best.depth) best = { source, ...found };
    }
    if (best === undefined) return undefined;
    return { file: best.source.file, ...best.source.lines.at(best.offset) };
  }

  #read(file: string, text: string): void {
    const lines = new LineIndex(text);
    for (const document of parseAllDocuments(text, { uniqueKeys: false, logLevel: "silent" })) {
      if (!isNode(document.contents)) continue;
      const [apiVersion, kind, name] = [["apiVersion"], ["kind"], ["metadata", "name"]].map((path) =>
        document.getIn(path),
      );
      if (typeof apiVersion !== "string" || typeof kind !== "string" || typeof name !== "string") continue;
      const namespace = document.getIn(["metadata", "namespace"]);
      const source = {
        file,
        document,
        lines,
        namespace: typeof namespace === "string" ? namespace : undefined,
      };
      const id = key(apiVersion, kind, name);
      const same = this.#sources.get(id);
      if (same === undefined) this.#sources.set(id, [source]);
      else same.push(source);
    }
  }
}

/** Every word that stands after a key `name`: what objects are called, and more. */
function indexNames(files: ReadonlyMap<string, string>): Map<string, string[]> {
  const index = new Map<string, string[]>();
  for (const [file, text] of files) {
    const names = new Set(
      [...text.matchAll(/\bname["']?\s*:\s*["']?([^\s"',}\]]+)/g)].map(([, name = ""]) => name),
    );
    for (const name of names) {
      const same = index.get(name);
      if (same === undefined) index.set(name, [file]);
      else same.push(file);
    }
  }
  return index;
}

function key(apiVersion: string, kind: string, name: string): string {
  return `${apiVersion} ${kind} ${name}`;
}

/** How many keys of the pointer the document has, and where the last of them is written. */
function descend(
  document: Document,
  keys: readonly string[],
  rendered: unknown,
): { depth: number; offset: number } {
  let node: unknown = document.contents;
  let value = rendered;
  let depth = 0;
  for (const step of keys) {
    value = childOf(value, step);
    const next = isCollection(node) ? nextOf(node, step, value) : undefined;
    if (!isNode(next)) break;
    node = next;
    depth++;
  }
  return { depth, offset: isNode(node) ? (node.range?.[0] ?? 0) : 0 };
}

/** An item of a list is the one with its name, wherever it stands in the source. */
function nextOf(node: YAMLMap | YAMLSeq, step: string, value: unknown): unknown {
  const name = childOf(value, "name");
  if (!isSeq(node) || typeof name !== "string")
    return node.get(/^\d+$/.test(step) ? Number(step) : step, true);
  return node.items.find((item) => isMap(item) && item.get("name") === name);
}

function childOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
