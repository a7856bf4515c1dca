import { CORE_SCHEMA, load, YAMLException } from "js-yaml";
import { parseAllDocuments } from "yaml";
import type { PinnedImage } from "./built-image.ts";
import {
  applySplices,
  type ImagePin,
  PIN_KEYS,
  planEntry,
  type Splice,
  whyNotEditable,
} from "./bump-entry.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Finding } from "./finding.ts";
import { type EntryProblem, type ImageEntry, readImageEntries } from "./kustomization-images.ts";
import { LineIndex } from "./line-index.ts";

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
  const plan = (chosen: (text: string) => boolean): PlannedFile[] =>
    [...kustomizations].flatMap(([path, text]) => (chosen(text) ? planFile(path, text, wanted) : []));
  // Of hundreds of overlays few name the image; parsing the others would be most of the time.
  let files = plan((text) => mentions(text, wanted));
  const named = new Set(files.flatMap((file) => file.named));
  if (images.some(({ name }) => !named.has(name))) files = plan(() => true);
  const findings = files.flatMap((file) => file.findings);
  // A file that cannot be read may well name it.
  if (findings.length === 0) {
    for (const image of images) {
      if (!named.has(image.name)) findings.push(notNamed(image, files));
    }
  }
  const edits = files.flatMap(({ edit }) => (edit === undefined ? [] : [edit]));
  return { edits: findings.length > 0 ? [] : edits, findings };
}

/** Whether a text may name one of the images: it does not where none of its words is one. */
function mentions(text: string, wanted: ReadonlyMap<string, PinnedImage>): boolean {
  for (const [word] of text.matchAll(/[^\s"'{},]+/g)) if (wanted.has(word)) return true;
  return false;
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
  const { entries, problems } = readImageEntries(text);
  const ours = entries.filter(({ name }) => wanted.has(name));
  const all = [...problems, ...inspect(ours)];
  const change = all.length > 0 ? undefined : planText(path, text, ours, wanted);
  if (change !== undefined && "message" in change) all.push(change);
  return {
    path,
    edit: change !== undefined && "after" in change ? change : undefined,
    findings: all.map(({ offset, ...problem }) => ({
      ...problem,
      severity: "error",
      file: path,
      ...lines.at(offset),
    })),
    named: ours.map(({ name }) => name),
    entries: entries.map(({ name, offset }) => ({ name, at: lines.at(offset) })),
  };
}

function inspect(entries: readonly ImageEntry[]): EntryProblem[] {
  const known = new Set<string>();
  return entries.flatMap((entry) => {
    const { name, offset } = entry;
    if (known.has(name)) {
      const message = `\`images\` has ${name} twice`;
      return [{ offset, rule: "kustomization/image-twice", message, fix: "keep one of the two entries" }];
    }
    known.add(name);
    return whyNotEditable(entry) ?? [];
  });
}

/** @returns the edit, `undefined` when the file says so already, or why it cannot be edited */
function planText(
  path: string,
  text: string,
  entries: readonly ImageEntry[],
  wanted: ReadonlyMap<string, PinnedImage>,
): BumpEdit | EntryProblem | undefined {
  const splices: Splice[] = [];
  const moves: ImageMove[] = [];
  for (const entry of entries) {
    const image = wanted.get(entry.name);
    if (image === undefined) continue;
    const { from, to, splices: own } = planEntry(text, entry, image);
    if (own.length === 0) continue;
    splices.push(...own);
    moves.push({ path, image: entry.name, from, to });
  }
  if (moves.length === 0) return undefined;
  const after = applySplices(text, splices);
  const unsaid = firstUnsaid(after, moves);
  if (unsaid === undefined) return { path, before: text, after, moves };
  return {
    offset: entries.find(({ name }) => name === unsaid.image)?.offset ?? 0,
    rule: "kustomization/entry",
    message: `the entry of ${unsaid.image} is written in a way that cannot be edited safely`,
    fix: "write name, newName, newTag and digest on a line each",
  };
}

/** The last word: whatever style the file is in, the edited text must read as what was wanted. */
function firstUnsaid(text: string, moves: readonly ImageMove[]): ImageMove | undefined {
  const said = new Map(readPins(text).map((entry) => [entry.name, entry]));
  return moves.find(({ image, to }) => {
    const entry = said.get(image);
    return entry === undefined || PIN_KEYS.some((key) => entry[key] !== to[key]);
  });
}

type Pins = Partial<Record<"name" | (typeof PIN_KEYS)[number], unknown>>;

function readPins(text: string): Pins[] {
  if (ALIASES.test(text)) return readWithAliases(text);
  try {
    // Another reader than the one that told where to edit: what both take for the same is the same.
    const value = load(text, { schema: CORE_SCHEMA }) as { images?: unknown } | null | undefined;
    return Array.isArray(value?.images) ? value.images.filter((entry) => entry !== null) : [];
  } catch (error) {
    if (error instanceof YAMLException) return [];
    throw error;
  }
}

const ALIASES = /(?:^|\s)[&*]\S/m;

function readWithAliases(text: string): Pins[] {
  const documents = parseAllDocuments(text, { prettyErrors: false });
  if (documents.length !== 1 || documents.some((document) => document.errors.length > 0)) return [];
  try {
    const value = documents[0]?.toJS() as { images?: unknown } | null | undefined;
    return Array.isArray(value?.images) ? value.images.filter((entry) => entry !== null) : [];
  } catch (error) {
    // So `yaml` refuses aliases that would expand without end.
    if (error instanceof ReferenceError) return [];
    throw error;
  }
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
