import { parseLocated } from "./locate.ts";
import type { StreamDocument } from "./split-documents.ts";

/** One object to check: a document, or one item of a `kind: List`. */
export interface StreamObject {
  document: StreamDocument;
  /** The object as YAML. */
  text: string;
  /** The line of the stream that `text` begins on; for an item, the line of the list. */
  line: number;
  /** Where it stands in a list, `/items/3`; empty for a document of its own. */
  prefix: string;
}

/**
 * Takes lists apart, as the API server's clients do, so that one checked object is one result.
 *
 * @param document one document
 * @returns its objects; none for a list without items, and the document itself when it is no list
 */
export function listItems(document: StreamDocument): StreamObject[] {
  const whole: StreamObject = { document, text: document.text, line: document.line, prefix: "" };
  // kubeconform compares without regard to case.
  if (!/kind["']?\s*:\s*["']?list\b/i.test(document.text)) return [whole];
  const { document: parsed } = parseLocated(document.text, document.line);
  if (parsed.errors.length > 0) return [whole];
  let value: unknown;
  try {
    value = parsed.toJS();
  } catch {
    return [whole]; // aliases without end: kubeconform refuses them with its own words
  }
  return flatten(value, "").map(({ prefix, item }) =>
    prefix === "" ? whole : { ...whole, text: `${JSON.stringify(item)}\n`, prefix },
  );
}

function flatten(value: unknown, prefix: string): { prefix: string; item: unknown }[] {
  if (typeof value !== "object" || value === null) return [{ prefix, item: value }];
  const { kind, items } = value as { kind?: unknown; items?: unknown };
  if (typeof kind !== "string" || kind.toLowerCase() !== "list") return [{ prefix, item: value }];
  if (!Array.isArray(items)) return [];
  return items.flatMap((item, index) => flatten(item, `${prefix}/items/${index}`));
}
