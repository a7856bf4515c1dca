import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";

/** A place in a text; lines and columns count from 1. */
export interface Position {
  line: number;
  column: number;
}

/** A parsed document in which paths can be looked up. */
export interface LocatedDocument {
  document: Document.Parsed;
  /** The position of an offset into the document's text. */
  at(offset: number): Position;
}

/**
 * Parses a document for looking up where things are.
 *
 * @param text one YAML document
 * @param firstLine the line of the stream that it begins on
 */
export function parseLocated(text: string, firstLine: number): LocatedDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "silent", uniqueKeys: false });
  return {
    document,
    at(offset) {
      const { line, col } = lines.linePos(offset);
      return { line: Math.max(line, 1) + firstLine - 1, column: Math.max(col, 1) };
    },
  };
}

/**
 * Finds what a kubeconform path means. Such a path is its keys joined by `/`, and a key may hold a `/` itself
 * (`app.kubernetes.io/name`), so it is read along the document.
 *
 * @param located the document
 * @param path for instance `/spec/template/metadata/labels/app.kubernetes.io/name`
 * @returns the keys, and where the last of them stands; as far as the document goes
 */
export function locatePath(located: LocatedDocument, path: string): { keys: string[]; position: Position } {
  const root = located.document.contents;
  const start = located.at(root?.range?.[0] ?? 0);
  const found = walk(located, root, path, start);
  return found ?? { keys: path.split("/").slice(1), position: start };
}

function walk(
  located: LocatedDocument,
  node: Node | null | undefined,
  rest: string,
  position: Position,
): { keys: string[]; position: Position } | undefined {
  if (rest === "") return { keys: [], position };
  for (const child of children(located.document, node)) {
    const prefix = `/${child.key}`;
    if (rest !== prefix && !rest.startsWith(`${prefix}/`)) continue;
    const below = walk(located, child.value, rest.slice(prefix.length), located.at(child.offset));
    if (below !== undefined) return { keys: [child.key, ...below.keys], position: below.position };
  }
  return undefined;
}

interface Child {
  key: string;
  value: Node | null | undefined;
  offset: number;
}

function children(document: Document, node: Node | null | undefined): Child[] {
  const target = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(target)) {
    return target.items.map((item, index) => ({
      key: String(index),
      value: item as Node,
      offset: (item as Node).range?.[0] ?? 0,
    }));
  }
  if (!isMap(target)) return [];
  return target.items.map((pair) => ({
    key: isScalar(pair.key) ? String(pair.key.value) : String(pair.key),
    value: pair.value as Node | null,
    offset: (pair.key as Node).range?.[0] ?? 0,
  }));
}

/**
 * Writes keys as a JSON pointer (RFC 6901).
 *
 * @returns for instance `/metadata/labels/app.kubernetes.io~1name`
 */
export function toPointer(keys: readonly string[]): string {
  return keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
