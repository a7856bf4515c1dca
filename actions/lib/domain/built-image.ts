import { didYouMean } from "./did-you-mean.ts";
import { parseImageReference } from "./image-reference.ts";
import { UserError } from "./user-error.ts";

/** An image as `build-images` tells it and `bump-images` takes it. */
export interface BuiltImage {
  /** The name that manifests use: `breweries-silver`. */
  name: string;
  /** `<registry>/<name>:<tag>@<digest>`. */
  reference: string;
  tag: string;
  /** `undefined` after a dry run, when the registry has no such image. */
  digest: string | undefined;
  /** True when it was not in the registry before. */
  changed: boolean;
}

/** An image that an overlay can name. */
export interface PinnedImage extends BuiltImage {
  /** `<registry>/<name>`. */
  repository: string;
  digest: string;
}

const KEYS = ["name", "reference", "tag", "digest", "changed"];

/**
 * Reads the list that `build-images` gave.
 *
 * @param value the parsed JSON
 * @returns the images
 * @throws UserError that says which item is wrong, and how
 */
export function parseBuiltImages(value: unknown): PinnedImage[] {
  if (!Array.isArray(value)) throw wrong("it is not a list", "the output `images` of build-images");
  const images = value.map((item: unknown, index) => parseOne(item, `item ${index + 1}`));
  const names = new Set<string>();
  for (const { name } of images) {
    if (names.has(name)) throw wrong(`the image ${name} is in it twice`, "each image once");
    names.add(name);
  }
  return images;
}

function parseOne(item: unknown, place: string): PinnedImage {
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    throw wrong(`${place} is not an object`, "{name, reference, tag, digest, changed}");
  }
  for (const key of Object.keys(item)) {
    if (KEYS.includes(key)) continue;
    const hint = didYouMean(key, KEYS);
    throw wrong(`${place} has the key \`${key}\`${hint === undefined ? "" : ` (${hint})`}`, KEYS.join(", "));
  }
  const { name, reference, tag, digest, changed } = item as Record<string, unknown>;
  if (typeof name !== "string" || name === "") throw wrong(`${place} has no \`name\``, "text");
  if (digest === undefined)
    throw wrong(`${name} has no digest: it comes from a dry run`, "images that were pushed");
  const parts = typeof reference === "string" ? parseImageReference(reference) : undefined;
  if (parts?.tag === undefined || parts.digest === undefined) {
    throw wrong(
      `the \`reference\` of ${name} is ${JSON.stringify(reference)}`,
      "<registry>/<name>:<tag>@<digest>",
    );
  }
  if (parts.tag !== tag || parts.digest !== digest) {
    throw wrong(`\`tag\` or \`digest\` of ${name} is not what its \`reference\` says`, "the same in both");
  }
  if (typeof changed !== "boolean")
    throw wrong(`\`changed\` of ${name} is ${JSON.stringify(changed)}`, "true or false");
  const { repository } = parts;
  return { name, reference: reference as string, tag: parts.tag, digest: parts.digest, changed, repository };
}

function wrong(what: string, expected: string): UserError {
  return new UserError(`Input \`images\`: ${what}; expected ${expected}.`);
}
