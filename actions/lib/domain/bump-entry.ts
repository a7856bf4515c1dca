import { isScalar, type YAMLMap } from "yaml";
import type { PinnedImage } from "./built-image.ts";
import {
  type EntryProblem,
  type ImageEntry,
  keyOf,
  offsetOf,
  rangeOf,
  scalarOf,
} from "./kustomization-images.ts";
import { type Quote, quoteOf, quoteScalar } from "./quote-scalar.ts";

/** What an `images:` entry says, as far as it says it. */
export interface ImagePin {
  newName: string | undefined;
  newTag: string | undefined;
  digest: string | undefined;
}

/** The keys of an entry that a bump writes. */
export const PIN_KEYS = ["newName", "newTag", "digest"] as const;
type Key = (typeof PIN_KEYS)[number];

/** Text to put in the place of `[from, to)`. */
export interface Splice {
  from: number;
  to: number;
  text: string;
}

/**
 * Says why an entry cannot be edited: aliases and merges make one text mean several places, so what looks like one
 * entry's tag may be another's too.
 *
 * @param entry as it is written
 * @returns the reason, or `undefined` when it can be
 */
export function whyNotEditable({ name, node, offset }: ImageEntry): EntryProblem | undefined {
  const problem = (at: number, message: string, fix: string): EntryProblem => ({
    offset: at,
    rule: "kustomization/entry",
    message: `the entry of ${name} ${message}`,
    fix,
  });
  if (node.anchor !== undefined) {
    const message = `has the anchor &${node.anchor}, so other entries may be the same text`;
    return problem(offset, message, "write the entries out, without anchor and alias");
  }
  for (const { key, value } of node.items) {
    const known = isScalar(key) ? key.value : undefined;
    const at = offsetOf(key);
    if (known === "<<") return problem(at, "merges another one (`<<`)", "write it out");
    if (!PIN_KEYS.some((pinned) => pinned === known) || value === null) continue;
    if (!isScalar(value)) return problem(at, `has a \`${known}\` that is no plain text`, "write text there");
    if (value.anchor !== undefined || value.tag !== undefined) {
      return problem(at, `has an anchor or a tag at \`${known}\``, "write plain text there");
    }
    if (value.type === "BLOCK_FOLDED" || value.type === "BLOCK_LITERAL") {
      return problem(at, `has its \`${known}\` in a text block`, "write it on the key's line");
    }
  }
  return undefined;
}

/**
 * Decides what changes in one entry.
 *
 * @param text the whole file
 * @param entry the image's entry in it
 * @param image what it shall name
 * @returns what it names now and then, and the splices in between; none when it says so already
 */
export function planEntry(
  text: string,
  { node: entry }: ImageEntry,
  image: PinnedImage,
): { from: ImagePin; to: ImagePin; splices: Splice[] } {
  const to: ImagePin = { newName: image.repository, newTag: image.tag, digest: image.digest };
  const from: ImagePin = { newName: undefined, newTag: undefined, digest: undefined };
  const splices: Splice[] = [];
  const missing: Key[] = [];
  for (const key of PIN_KEYS) {
    const pair = entry.items.find((item) => keyOf(item) === key);
    const scalar = pair === undefined ? undefined : scalarOf(entry, key);
    if (pair === undefined || scalar === undefined) {
      missing.push(key);
      continue;
    }
    const [start, end] = rangeOf(scalar);
    // `newTag: 123` is a number to YAML and an error to Kustomize; its text is what was meant.
    from[key] = typeof scalar.value === "string" ? scalar.value : text.slice(start, end) || undefined;
    if (scalar.value === to[key]) continue;
    const value = quoteScalar(to[key] ?? "", quoteOf(scalar.type));
    // An empty value has no place of its own: it begins right after the colon.
    splices.push(
      start === end ? { from: start, to: end, text: ` ${value}` } : { from: start, to: end, text: value },
    );
  }
  if (missing.length > 0) splices.push(...insertions(text, entry, missing, to));
  return { from, to, splices };
}

/**
 * Decides where an entry's digest is to be written.
 *
 * @param text the whole file
 * @param entry an entry that has none
 * @param digest `sha256:…`
 * @returns nothing where the entry has the key already
 */
export function addDigest(text: string, { node }: ImageEntry, digest: string): Splice[] {
  if (node.items.some((item) => keyOf(item) === "digest")) return [];
  return insertions(text, node, ["digest"], { newName: undefined, newTag: undefined, digest });
}

/** New lines after the last of the entry's own, or new pairs of a flow mapping. */
function insertions(text: string, entry: YAMLMap, missing: readonly Key[], to: ImagePin): Splice[] {
  const pairs = ["name", ...PIN_KEYS].map((key) => entry.items.find((item) => keyOf(item) === key));
  const last = pairs.filter((pair) => pair !== undefined && isScalar(pair.value)).at(-1);
  if (last === undefined || !isScalar(last.key) || !isScalar(last.value)) return [];
  const key: Quote = quoteOf(last.key.type);
  const value: Quote = quoteOf(last.value.type);
  const lines = missing.map((name) => `${quoteScalar(name, key)}: ${quoteScalar(to[name] ?? "", value)}`);
  const end = rangeOf(last.value)[1];
  if (entry.flow) return [{ from: end, to: end, text: lines.map((line) => `, ${line}`).join("") }];
  const lineEnd = endOfLine(text, end);
  const breakText =
    text.startsWith("\r\n", lineEnd) || (lineEnd === text.length && text.includes("\r\n")) ? "\r\n" : "\n";
  const indent = indentOf(text, entry);
  return [{ from: lineEnd, to: lineEnd, text: lines.map((line) => `${breakText}${indent}${line}`).join("") }];
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  if (end === -1) return text.length;
  return text[end - 1] === "\r" ? end - 1 : end;
}

/** The column of the entry's keys, as spaces: the first may stand behind `- `. */
function indentOf(text: string, entry: YAMLMap): string {
  const offset = offsetOf(entry.items[0]?.key);
  return " ".repeat(offset - (text.lastIndexOf("\n", offset - 1) + 1));
}

/**
 * @param text a file
 * @param splices what changes in it; they do not overlap
 * @returns the changed text
 */
export function applySplices(text: string, splices: readonly Splice[]): string {
  let result = text;
  // From the end, so that offsets before stay true; at one place, the one given first stands first.
  const ordered = splices.map((splice, order) => ({ ...splice, order }));
  ordered.sort((a, b) => b.from - a.from || b.order - a.order);
  for (const { from, to, text: put } of ordered) result = result.slice(0, from) + put + result.slice(to);
  return result;
}
