import { isMap, isScalar, isSeq, type Pair, parseAllDocuments, type Scalar, type YAMLMap } from "yaml";

/** One item of `images:`, as it is written. */
export interface ImageEntry {
  name: string;
  /** Where it begins, in UTF-16 units. */
  offset: number;
  node: YAMLMap;
}

/** Something that keeps a kustomization from being edited, and where. */
export interface EntryProblem {
  offset: number;
  rule: string;
  message: string;
  fix: string;
}

/**
 * Reads the `images:` of a kustomization, keeping where everything is written.
 *
 * @param text the file
 * @returns the entries that have a name, in order; and why there are none, or not all
 */
export function readImageEntries(text: string): { entries: ImageEntry[]; problems: EntryProblem[] } {
  const root = readRoot(text);
  if (root === undefined) return { entries: [], problems: [] };
  if ("message" in root) return { entries: [], problems: [root] };
  const images = root.items.find((item) => keyOf(item) === "images")?.value;
  if (images === undefined || images === null || (isScalar(images) && images.value === null)) {
    return { entries: [], problems: [] };
  }
  const rule = "kustomization/images";
  if (!isSeq(images)) {
    const fix = "write a list of {name, newName, newTag, digest}";
    return {
      entries: [],
      problems: [{ offset: offsetOf(images), rule, message: "`images` is not a list", fix }],
    };
  }
  const entries: ImageEntry[] = [];
  const problems: EntryProblem[] = [];
  for (const node of images.items) {
    const offset = offsetOf(node);
    if (!isMap(node)) {
      const message = "an item of `images` is not a mapping of its own";
      problems.push({ offset, rule, message, fix: "write the entry out, without an alias" });
      continue;
    }
    const name = scalarOf(node, "name")?.value;
    if (typeof name === "string") entries.push({ name, offset, node });
  }
  return { entries, problems };
}

/** @returns the mapping that the file is, `undefined` for an empty file, or what is wrong */
function readRoot(text: string): YAMLMap | EntryProblem | undefined {
  const documents = parseAllDocuments(text, { prettyErrors: false });
  const error = documents.flatMap((document) => document.errors)[0];
  if (error !== undefined) {
    const message = `this is not YAML: ${error.message}`;
    return {
      offset: error.pos[0],
      rule: "kustomization/syntax",
      message,
      fix: "mend it; nothing was changed",
    };
  }
  const second = documents[1];
  if (second !== undefined) {
    const message = "the file holds more than one document";
    const fix = "keep one Kustomization a file";
    return { offset: second.range[0], rule: "kustomization/documents", message, fix };
  }
  const root = documents[0]?.contents;
  if (root === null || root === undefined || isMap(root)) return root ?? undefined;
  const message = "the file is not a mapping";
  return { offset: offsetOf(root), rule: "kustomization/syntax", message, fix: "write a Kustomization" };
}

/** @returns the value of a pair's key */
export function keyOf(pair: Pair): unknown {
  return isScalar(pair.key) ? pair.key.value : undefined;
}

/** @returns the scalar that stands at a key, or `undefined` when there is none */
export function scalarOf(entry: YAMLMap, key: string): Scalar | undefined {
  const value = entry.items.find((item) => keyOf(item) === key)?.value;
  return isScalar(value) ? value : undefined;
}

/** @returns where a parsed scalar begins and ends, quotes included */
export function rangeOf(scalar: Scalar): [number, number] {
  const { range } = scalar;
  if (range === undefined || range === null) throw new Error("a parsed scalar has no range");
  return [range[0], range[1]];
}

/** @returns where a parsed node begins */
export function offsetOf(node: unknown): number {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : 0;
}
