import type { Tree } from "./environments.ts";
import { type JsonPointer, pointerKeys, pointTo } from "./json-pointer.ts";
import type { SourcePosition } from "./object-sources.ts";
import { parseYaml } from "./parse-yaml.ts";
import { fields } from "./pods.ts";
import type { RenderedObject } from "./rendered-objects.ts";
import type { YamlPositions } from "./yaml-positions.ts";

const GENERATORS: Readonly<Record<string, string>> = {
  ConfigMap: "configMapGenerator",
  Secret: "secretGenerator",
};

interface Entry {
  file: string;
  positions: YamlPositions;
  pointer: JsonPointer;
  /** Where it goes, by the entry or its kustomization; `undefined` where neither says it. */
  namespace: unknown;
  value: Readonly<Record<string, unknown>>;
}

/** Finds the entries of kustomizations that ConfigMaps and Secrets are generated from. */
export class GeneratorSources {
  readonly #tree: Tree;
  readonly #environment: string;
  #entries: Map<string, Entry[]> | undefined;

  /**
   * @param tree the repository's files
   * @param environment name of the environment that was rendered
   */
  constructor(tree: Tree, environment: string) {
    this.#tree = tree;
    this.#environment = environment;
  }

  /**
   * @param object a rendered object
   * @param pointer which value of it
   * @returns where the generator, or its item for that key, is written; `undefined` for what no generator makes
   */
  locate({ kind, metadata }: RenderedObject, pointer: JsonPointer): SourcePosition | undefined {
    const generator = GENERATORS[kind];
    if (generator === undefined) return undefined;
    this.#entries ??= this.#read();
    const named = (name: string): readonly Entry[] => this.#entries?.get(`${generator} ${name}`) ?? [];
    const bare = metadata.name.replace(/-[0-9a-z]{10}$/, ""); // the hash of what it holds
    const found = [...named(metadata.name), ...named(bare)];
    const [part, key] = pointerKeys(pointer);
    const own = found.filter(({ namespace }) => namespace === metadata.namespace);
    const entries = own.length > 0 ? own : found;
    const itemIn = (entry: Entry): JsonPointer | undefined =>
      part?.endsWith("ata") && key !== undefined ? itemOf(entry, key) : undefined;
    // An overlay that merges into a base's has the last word.
    const merged = entries.toSorted((a, b) => (a.file > b.file ? -1 : 1));
    const entry = merged.find((candidate) => itemIn(candidate) !== undefined) ?? entries[0];
    if (entry === undefined) return undefined;
    const item = itemIn(entry);
    return { file: entry.file, ...entry.positions.value(item ?? pointTo(entry.pointer, "name")) };
  }

  #read(): Map<string, Entry[]> {
    const entries = new Map<string, Entry[]>();
    for (const [file, text] of this.#tree) {
      if (!/\/kustomization\.ya?ml$/.test(file) || !text.includes("Generator:")) continue;
      if (file.startsWith("overlays/") && !file.startsWith(`overlays/${this.#environment}/`)) continue;
      const { document } = parseYaml(text, file);
      if (document === undefined) continue;
      const kustomization = fields(document.value);
      for (const generator of Object.values(GENERATORS)) {
        const list = kustomization[generator];
        for (const [index, item] of (Array.isArray(list) ? list : []).entries()) {
          const value = fields(item);
          const pointer = pointTo("", generator, index);
          const namespace = value.namespace ?? kustomization.namespace;
          const id = `${generator} ${String(value.name)}`;
          const entry = { file, positions: document.positions, pointer, namespace, value };
          entries.set(id, [...(entries.get(id) ?? []), entry]);
        }
      }
    }
    return entries;
  }
}

/** The item of `literals` or `files` that a key comes from. */
function itemOf({ value, pointer }: Entry, key: string): JsonPointer | undefined {
  for (const list of ["literals", "files"]) {
    const items: readonly unknown[] = Array.isArray(value[list]) ? value[list] : [];
    const index = items.findIndex(
      (item) =>
        typeof item === "string" && (item.startsWith(`${key}=`) || item === key || item.endsWith(`/${key}`)),
    );
    if (index >= 0) return pointTo(pointer, list, index);
  }
  return undefined;
}
