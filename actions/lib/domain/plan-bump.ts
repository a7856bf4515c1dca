import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from "yaml";
import type { PinnedImage } from "./built-image.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Finding } from "./finding.ts";
import { LineIndex } from "./line-index.ts";
import { type Quote, quoteOf, quoteScalar } from "./quote-scalar.ts";

/** What an `images:` entry says, as far as it says it. */
export interface ImagePin {
  newName: string | undefined;
  newTag: string | undefined;
  digest: string | undefined;
}

/** One image that moves in one file. */
export interface ImageMove {
  path: string;
  image: string;
  from: ImagePin;
  to: ImagePin;
}

/** One file's change. */
export interface BumpEdit {
  path: string;
  before: string;
  after: string;
  moves: readonly ImageMove[];
}

/** What a bump would do; with findings it must not be done. */
export interface BumpPlan {
  edits: readonly BumpEdit[];
  findings: readonly Finding[];
}

const KEYS = ["newName", "newTag", "digest"] as const;
type Key = (typeof KEYS)[number];

/** Text to put in the place of `[from, to)`. */
interface Splice {
  from: number;
  to: number;
  text: string;
}

/**
 * Decides how `images:` entries must read so that they name just these images. Only the scalars `newName`, `newTag`
 * and `digest` of an entry with the image's name change, and only where they say something else; a missing one is
 * added in the entry's own style. Not another byte moves.
 *
 * @param kustomizations text of every kustomization of the environment, by path
 * @param images what they shall name
 * @returns the files that change, and what keeps the bump from being done
 */
export function planBump(
  kustomizations: ReadonlyMap<string, string>,
  images: readonly PinnedImage[],
): BumpPlan {
  const wanted = new Map(images.map((image) => [image.name, image]));
  const files = [...kustomizations].map(([path, text]) => planFile(path, text, wanted));
  const findings = files.flatMap((file) => file.findings);
  const named = new Set(files.flatMap((file) => file.named));
  // A file that cannot be read may well name it.
  if (findings.length === 0) {
    for (const image of images) {
      if (!named.has(image.name)) findings.push(notNamed(image, files));
    }
  }
  return { edits: files.flatMap(({ edit }) => (edit === undefined ? [] : [edit])), findings };
}

interface PlannedFile {
  path: string;
  edit: BumpEdit | undefined;
  findings: Finding[];
  /** The images of the bump that it names. */
  named: string[];
  /** Every name in its `images:`. */
  entries: { name: string; at: { line: number; column: number } }[];
}

function planFile(path: string, text: string, wanted: ReadonlyMap<string, PinnedImage>): PlannedFile {
  const lines = new LineIndex(text);
  const file: PlannedFile = { path, edit: undefined, findings: [], named: [], entries: [] };
  const find = (offset: number, rule: string, message: string, fix: string): void => {
    file.findings.push({ rule, severity: "error", file: path, ...lines.at(offset), message, fix });
  };
  const root = readRoot(text, find);
  const pair = root?.items.find((item) => keyOf(item) === "images");
  if (pair === undefined || pair.value === null) return file;
  if (isScalar(pair.value) && pair.value.value === null) return file;
  if (!isSeq(pair.value)) {
    find(
      offsetOf(pair.value),
      "kustomization/images",
      "`images` is not a list",
      "write a list of {name, newName, newTag, digest}",
    );
    return file;
  }

  const splices: Splice[] = [];
  const moves: ImageMove[] = [];
  for (const entry of pair.value.items) {
    if (!isMap(entry)) {
      find(
        offsetOf(entry),
        "kustomization/images",
        "an item of `images` is not a mapping of its own",
        "write the entry out, without an alias",
      );
      continue;
    }
    const name = scalarOf(entry, "name")?.value;
    if (typeof name !== "string") continue;
    const offset = offsetOf(entry);
    const image = wanted.get(name);
    const twice = file.entries.some((other) => other.name === name);
    file.entries.push({ name, at: lines.at(offset) });
    if (image === undefined) continue;
    file.named.push(name);
    if (twice) {
      find(
        offset,
        "kustomization/image-twice",
        `\`images\` has ${name} twice`,
        "keep one of the two entries",
      );
      continue;
    }
    const problem = whyNotEditable(entry);
    if (problem !== undefined) {
      find(problem.offset, "kustomization/entry", `the entry of ${name} ${problem.message}`, problem.fix);
      continue;
    }
    const change = planEntry(text, entry, image);
    if (change.splices.length === 0) continue;
    splices.push(...change.splices);
    moves.push({ path, image: name, from: change.from, to: change.to });
  }
  if (file.findings.length > 0 || moves.length === 0) return file;
  const after = applySplices(text, splices);
  const unsafe = moves.find((move) => !saysSo(after, move));
  if (unsafe !== undefined) {
    const at = file.entries.find(({ name }) => name === unsafe.image)?.at ?? { line: 1, column: 1 };
    const message = `the entry of ${unsafe.image} is written in a way that cannot be edited safely`;
    const fix = "write name, newName, newTag and digest on a line each";
    file.findings.push({ rule: "kustomization/entry", severity: "error", file: path, ...at, message, fix });
    return file;
  }
  file.edit = { path, before: text, after, moves };
  return file;
}

type Find = (offset: number, rule: string, message: string, fix: string) => void;

function readRoot(text: string, find: Find): YAMLMap | undefined {
  const documents = parseAllDocuments(text, { lineCounter: new LineCounter(), prettyErrors: false });
  const errors = documents.flatMap((document) => document.errors);
  const first = errors[0];
  if (first !== undefined) {
    find(
      first.pos[0],
      "kustomization/syntax",
      `this is not YAML: ${first.message}`,
      "mend it; nothing was changed",
    );
    return undefined;
  }
  const second = documents[1];
  if (second !== undefined) {
    find(
      second.range[0],
      "kustomization/documents",
      "the file holds more than one document",
      "keep one Kustomization a file",
    );
    return undefined;
  }
  const root = documents[0]?.contents;
  if (root === null || root === undefined) return undefined;
  if (isMap(root)) return root;
  find(root.range?.[0] ?? 0, "kustomization/syntax", "the file is not a mapping", "write a Kustomization");
  return undefined;
}

/** Aliases and merges make one text mean several places: what looks like one entry's tag may be another's too. */
function whyNotEditable(entry: YAMLMap): { offset: number; message: string; fix: string } | undefined {
  const offset = offsetOf(entry);
  if (entry.anchor !== undefined) {
    const message = `has the anchor &${entry.anchor}, so other entries may be the same text`;
    return { offset, message, fix: "write the entries out, without anchor and alias" };
  }
  for (const pair of entry.items) {
    const key = keyOf(pair);
    const at = offsetOf(pair.key);
    if (key === "<<") return { offset: at, message: "merges another one (`<<`)", fix: "write it out" };
    if (!KEYS.some((known) => known === key)) continue;
    const { value } = pair;
    if (value === null) continue;
    if (!isScalar(value))
      return { offset: at, message: `has a \`${key}\` that is no plain text`, fix: "write text there" };
    if (value.anchor !== undefined || value.tag !== undefined) {
      return { offset: at, message: `has an anchor or a tag at \`${key}\``, fix: "write plain text there" };
    }
    if (value.type === "BLOCK_FOLDED" || value.type === "BLOCK_LITERAL") {
      return { offset: at, message: `has its \`${key}\` in a text block`, fix: "write it on the key's line" };
    }
  }
  return undefined;
}

function planEntry(
  text: string,
  entry: YAMLMap,
  image: PinnedImage,
): { from: ImagePin; to: ImagePin; splices: Splice[] } {
  const to: ImagePin = { newName: image.repository, newTag: image.tag, digest: image.digest };
  const from: ImagePin = { newName: undefined, newTag: undefined, digest: undefined };
  const splices: Splice[] = [];
  const missing: Key[] = [];
  for (const key of KEYS) {
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

/** New lines after the last of the entry's own, or new pairs of a flow mapping. */
function insertions(text: string, entry: YAMLMap, missing: readonly Key[], to: ImagePin): Splice[] {
  const pairs = ["name", ...KEYS].map((key) => entry.items.find((item) => keyOf(item) === key));
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

function applySplices(text: string, splices: readonly Splice[]): string {
  let result = text;
  // From the end, so that offsets before stay true; at one place, the one given first stands first.
  const ordered = splices.map((splice, order) => ({ ...splice, order }));
  ordered.sort((a, b) => b.from - a.from || b.order - a.order);
  for (const { from, to, text: put } of ordered) result = result.slice(0, from) + put + result.slice(to);
  return result;
}

/** The last word: whatever style the file is in, the edited text must read as what was wanted. */
function saysSo(text: string, move: ImageMove): boolean {
  const documents = parseAllDocuments(text);
  if (documents.length !== 1 || documents.some((document) => document.errors.length > 0)) return false;
  const value: unknown = documents[0]?.toJS();
  if (typeof value !== "object" || value === null || !("images" in value) || !Array.isArray(value.images))
    return false;
  const entries = value.images.filter((entry: { name?: unknown } | null) => entry?.name === move.image);
  return entries.length === 1 && KEYS.every((key) => entries[0][key] === move.to[key]);
}

function notNamed(image: PinnedImage, files: readonly PlannedFile[]): Finding {
  const entries = files.flatMap((file) => file.entries.map((entry) => ({ ...entry, path: file.path })));
  // The pipeline's other images are near by name, but no slips.
  const suffix = /-(?:silver|tests|gold)$/.exec(image.name)?.[0] ?? "";
  const others = ["-silver", "-tests", "-gold"].filter((other) => other !== suffix);
  const names = entries
    .map(({ name }) => name)
    .filter((name) => !others.some((other) => name.endsWith(other)));
  const hint = didYouMean(image.name, names);
  const near = entries.find(({ name }) => hint?.includes(`\`${name}\``));
  const paths = files.map(({ path }) => path).sort((a, b) => a.length - b.length);
  // The pipeline's own overlay, if there is one: `breweries-gold` belongs into `…/breweries/kustomization.yaml`.
  const own = paths.find((path) => path.split("/").some((folder) => image.name.startsWith(`${folder}-`)));
  const place = near ?? { path: own ?? paths[0] ?? "overlays", at: { line: 1, column: 1 } };
  return {
    rule: "kustomization/image-not-named",
    severity: "error",
    file: place.path,
    ...place.at,
    message: `${image.name} was built, but no overlay of the environment names it`,
    fix: `add \`- name: ${image.name}\` under \`images:\`${hint === undefined ? "" : `; ${hint}`}`,
  };
}

function keyOf(pair: Pair): unknown {
  return isScalar(pair.key) ? pair.key.value : undefined;
}

function scalarOf(entry: YAMLMap, key: string): Scalar | undefined {
  const value = entry.items.find((item) => keyOf(item) === key)?.value;
  return isScalar(value) ? value : undefined;
}

function rangeOf(scalar: Scalar): [number, number] {
  const range = scalar.range;
  if (range === undefined || range === null) throw new Error("a parsed scalar has no range");
  return [range[0], range[1]];
}

function offsetOf(node: unknown): number {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : 0;
}
