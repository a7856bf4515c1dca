import { didYouMean, nearest } from "./did-you-mean.ts";
import type { Tree } from "./environments.ts";
import type { Finding } from "./finding.ts";
import { imageFields } from "./image-fields.ts";
import { formatImageReference, parseImageReference } from "./image-reference.ts";
import { ObjectSources } from "./object-sources.ts";
import { type ImageEntry, readImageEntries } from "./overlay-images.ts";
import { objectName, type RenderedObject } from "./rendered-objects.ts";

/** The tag of an entry that bump-images has not written yet. */
const UNBUILT = "unbuilt";

/** What is checked: one environment as it was rendered, and the files it was rendered from. */
export interface CheckImagesInput {
  environment: string;
  objects: readonly RenderedObject[];
  tree: Tree;
  /** Reads a kustomization's entries; one that knows them from earlier may stand in. */
  readEntries?: typeof readImageEntries;
}

/** An image field of a rendered object. */
interface Use {
  object: RenderedObject;
  pointer: string;
  image: string;
}

/**
 * Checks that an environment's overlays pin every image that it runs, by tag and digest, and no other.
 *
 * @param input the environment
 * @returns an error for an entry that nothing uses, for an image without an entry, for an entry without a digest, and
 *   for `images:` in a base; a notice for an entry whose image was not built yet
 */
export function checkImages(input: CheckImagesInput): Finding[] {
  const { environment, objects, tree } = input;
  const read = input.readEntries ?? readImageEntries;
  const entries = [...kustomizations(tree, `overlays/${environment}/`)].flatMap(([file, text]) =>
    read(file, text),
  );
  const uses = objects.flatMap((object) => imageFields(object).map((field) => ({ object, ...field })));
  const used = new Set<ImageEntry>();
  const unpinned: Use[] = [];
  const byRepository = Map.groupBy(entries, ({ name, newName }) => newName ?? name);
  for (const use of uses) {
    const repository = parseImageReference(use.image)?.repository;
    // A reference that is none (a digest cut short) may be any entry's.
    const candidates = repository === undefined ? entries : (byRepository.get(repository) ?? []);
    const matching = candidates.filter((entry) => isPinnedBy(use.image, entry));
    for (const entry of matching) used.add(entry);
    if (matching.length === 0) unpinned.push(use);
  }
  const unpinnedNames = [...new Set(unpinned.map((use) => nameOf(use.image)))];
  const sources = new ObjectSources(tree, environment);
  const unused = entries.filter((entry) => !used.has(entry));
  // A slip in an entry's name leaves an image without one: told at the entry, it is told once.
  const slips = new Set(unused.map(({ name }) => nearest(name, unpinnedNames)));
  return [
    ...unused.map((entry) => secondEntry(entry, used) ?? unusedEntry(entry, environment, unpinnedNames)),
    ...entries.filter((entry) => used.has(entry)).flatMap(checkPin),
    ...unpinned
      .filter((use) => !slips.has(nameOf(use.image)))
      .map((use) => missingEntry(use, input, sources)),
    ...entriesInBases(tree),
  ];
}

function* kustomizations(tree: Tree, folder: string): Generator<[string, string]> {
  for (const [file, text] of tree) {
    // Most have no `images:`, and need not be parsed to say so.
    if (file.startsWith(folder) && /\/kustomization\.ya?ml$/.test(file) && text.includes("images"))
      yield [file, text];
  }
}

/** Whether a rendered reference is what an entry makes of its image. */
function isPinnedBy(image: string, { name, newName, newTag, digest }: ImageEntry): boolean {
  const repository = newName ?? name;
  // Without either, kustomize keeps the tag that the template has.
  if (newTag === undefined && digest === undefined) return nameOf(image) === repository;
  return image === formatImageReference({ repository, tag: newTag, digest });
}

function nameOf(image: string): string {
  return parseImageReference(image)?.repository ?? image;
}

/** kustomize pins an image by the first entry that names it, and never comes to the next. */
function secondEntry(entry: ImageEntry, used: ReadonlySet<ImageEntry>): Finding | undefined {
  const first = [...used].find(({ name }) => name === entry.name);
  if (first === undefined) return undefined;
  return {
    rule: "images/twice",
    severity: "error",
    file: entry.file,
    ...entry.position,
    message: `the image \`${entry.name}\` has an entry already, on line ${first.position.line} of ${first.file}`,
    expected: "one entry an image",
    fix: "delete one of the two",
  };
}

function unusedEntry(entry: ImageEntry, environment: string, unpinnedNames: readonly string[]): Finding {
  return {
    rule: "images/unused",
    severity: "error",
    file: entry.file,
    ...entry.position,
    message: `no template uses the image \`${entry.name}\``,
    expected: `an image that a template in overlays/${environment} names`,
    fix: didYouMean(entry.name, unpinnedNames) ?? "delete the entry",
  };
}

function checkPin(entry: ImageEntry): Finding[] {
  const place = { file: entry.file, ...entry.position };
  if (entry.digest !== undefined) return /^sha256:[0-9a-f]{64}$/.test(entry.digest) ? [] : [badDigest(entry)];
  if (entry.newTag === UNBUILT) {
    const message = `the image \`${entry.name}\` was not built yet`;
    const fix = "deliver it: build-images builds it, bump-images pins it";
    return [{ rule: "images/unbuilt", severity: "notice", ...place, message, fix }];
  }
  return [
    {
      rule: "images/no-digest",
      severity: "error",
      file: entry.file,
      ...entry.pinPosition,
      message: `the image \`${entry.name}\` has no digest, so what runs can change without a commit`,
      expected: "newTag and digest",
      fix: `let bump-images write both, or set newTag to ${UNBUILT}`,
      repair: "digest",
    },
  ];
}

function badDigest(entry: ImageEntry): Finding {
  return {
    rule: "images/bad-digest",
    severity: "error",
    file: entry.file,
    ...entry.pinPosition,
    message: `the image \`${entry.name}\` has the digest \`${entry.digest}\``,
    expected: "sha256: and 64 hex digits",
    fix: "let bump-images write it",
  };
}

function missingEntry(
  { object, pointer, image }: Use,
  { environment }: CheckImagesInput,
  sources: ObjectSources,
): Finding {
  const { apiVersion, kind } = object;
  const { name, namespace } = object.metadata;
  const source = sources.locate({ apiVersion, kind, name, namespace }, pointer, object);
  const bare = nameOf(image);
  return {
    rule: "images/no-entry",
    severity: "error",
    ...(source ?? { file: `overlays/${environment}/kustomization.yaml`, line: 1, column: 1 }),
    rendered: { object: objectName(object), pointer },
    message: `${objectName(object)} runs the image \`${bare}\`, which nothing in overlays/${environment} pins`,
    expected: "an entry in `images:` of the overlay that renders it",
    fix: `add {name: ${bare}, newName: <registry>/${bare.split("/").at(-1)}, newTag: ${UNBUILT}}`,
  };
}

function entriesInBases(tree: Tree): Finding[] {
  return ["apps/", "manifests/"].flatMap((folder) =>
    [...kustomizations(tree, folder)].flatMap(([file, text]) =>
      readImageEntries(file, text).map((entry) => ({
        rule: "images/in-base",
        severity: "error" as const,
        file,
        ...entry.position,
        message: `the base pins the image \`${entry.name}\``,
        expected: "`images:` in overlays/<environment> only",
        fix: "move the entry to the overlays",
      })),
    ),
  );
}
