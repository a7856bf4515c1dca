import { buildah } from "../../../actions/lib/adapters/buildah.ts";
import { buildRecipe, type Recipe, recipeTag } from "../../../actions/lib/adapters/recipes.ts";
import type { PinnedImage } from "../../../actions/lib/domain/built-image.ts";
import { formatImageReference } from "../../../actions/lib/domain/image-reference.ts";
import { settleInParallel } from "../../../actions/lib/domain/settle-in-parallel.ts";
import { throwFailures } from "../../../actions/lib/domain/throw-failures.ts";
import { UserError } from "../../../actions/lib/domain/user-error.ts";
import type { ImageBuilder } from "../../../actions/lib/ports/image-builder.ts";
import type { ImageRegistry } from "../../../actions/lib/ports/image-registry.ts";
import { recipes } from "./recipes.ts";

export interface BuildOptions {
  /** The repository's root. */
  root: string;
  /** Where the images go: `localhost:5001`. */
  registry: string;
  /** Asks that registry. */
  images: Pick<ImageRegistry, "digest">;
  /** Takes a line for each image that was built. */
  log: (line: string) => void;
  /** Names or repositories of the images to build, with what they stand on; all by default. */
  only?: readonly string[];
  /** What builds them; buildah by default, and only when there is something to build. */
  builder?: () => Promise<ImageBuilder>;
  /** The Debian that they stand on, where it is not made here: `docker.io/library/debian:bookworm-slim`. */
  debian?: string | undefined;
  /** What is built; the platform's images by default. */
  recipes?: readonly Recipe[];
}

/** While one waits for the network the other computes. */
const AT_ONCE = 2;

/**
 * Builds the images of the platform that Dockerfiles describe and that the registry does not have: its tag is the
 * hash of all that goes into an image, so one look-up each tells.
 *
 * @returns the images, each once, by the names that manifests call them; without the Debian that they stand on
 * @throws UserError when one cannot be built, after the others came to an end
 */
export async function buildClusterImages(options: BuildOptions): Promise<PinnedImage[]> {
  const all = recipesOf(options);
  const wanted = withBases(all, options.only);
  const builder = once(options.builder ?? (() => buildah()));
  const made = new Map<string, Promise<PinnedImage>>();
  const make = (recipe: Recipe): Promise<PinnedImage> => {
    const known = made.get(recipe.repository);
    if (known !== undefined) return known;
    const base = all.find(({ repository }) => repository === recipe.base);
    const stands = base === undefined ? Promise.resolve(baseFrom(options.debian)) : make(base).then(baseOf);
    const image = stands.then((on) => provide(recipe, on, options, builder.get));
    made.set(recipe.repository, image);
    return image;
  };
  try {
    const outcomes = await settleInParallel(AT_ONCE, wanted, make);
    const images = throwFailures(outcomes);
    return images.filter(isNoDebian);
  } finally {
    await builder.close();
  }
}

/**
 * Looks up what `buildClusterImages` would find, and builds nothing.
 *
 * @returns the images by name; without a digest what would be built, and what stands on that
 */
export async function lookUpClusterImages(options: BuildOptions): Promise<FoundImage[]> {
  const all = recipesOf(options);
  const found = new Map<string, FoundImage>();
  // Bases come first.
  for (const recipe of withBases(all, options.only)) {
    const known = recipe.base === undefined ? undefined : found.get(recipe.base);
    const repository = `${options.registry}/${recipe.repository}`;
    const isOpen = known !== undefined && known.image === undefined;
    const base = known?.image === undefined ? baseFrom(options.debian) : baseOf(known.image);
    const tag = isOpen ? undefined : await recipeTag(recipe, base?.identity);
    const digest = tag === undefined ? undefined : await options.images.digest(`${repository}:${tag}`);
    const image =
      tag === undefined || digest === undefined
        ? undefined
        : pinned(recipe, repository, { tag, digest }, false);
    found.set(recipe.repository, { name: recipe.name, image });
  }
  return [...found.values()].filter(isNoDebian);
}

/** What others stand on is named by no manifest. */
function isNoDebian({ name }: { name: string }): boolean {
  return !/^debian(-|$)/.test(name);
}

/** An image of the platform, as the registry has it. */
export interface FoundImage {
  name: string;
  /** `undefined` when the registry has none that is made of the files as they are. */
  image: PinnedImage | undefined;
}

/** What an image stands on. */
interface Base {
  /** What `ARG BASE_IMAGE` names. */
  reference: string;
  /** What goes into the tag of the image on top. */
  identity: string;
}

function baseOf({ repository, digest }: PinnedImage): Base {
  return { reference: formatImageReference({ repository, tag: undefined, digest }), identity: digest };
}

function baseFrom(debian: string | undefined): Base | undefined {
  return debian === undefined ? undefined : { reference: debian, identity: debian };
}

/** Where Debian is somebody else's image, it is not built. */
function recipesOf({ recipes: given, root, debian }: BuildOptions): readonly Recipe[] {
  const all = given ?? recipes(root);
  return debian === undefined ? all : all.filter(({ repository }) => repository !== "debian");
}

function pinned(
  { name }: Recipe,
  repository: string,
  { tag, digest }: { tag: string; digest: string },
  changed: boolean,
): PinnedImage {
  return {
    name,
    repository,
    reference: formatImageReference({ repository, tag, digest }),
    tag,
    digest,
    changed,
  };
}

function withBases(all: readonly Recipe[], only: readonly string[] | undefined): Recipe[] {
  if (only === undefined || only.length === 0) return [...all];
  const wanted = new Set<Recipe>();
  for (const name of only) {
    const recipe = all.find((one) => one.name === name || one.repository === name);
    if (recipe === undefined) {
      throw new UserError(
        `there is no image ${name}; there are ${all.map((one) => one.repository).join(", ")}`,
      );
    }
    let next: Recipe | undefined = recipe;
    while (next !== undefined) {
      wanted.add(next);
      const { base }: Recipe = next;
      next = all.find(({ repository }) => repository === base);
    }
  }
  return all.filter((recipe) => wanted.has(recipe));
}

async function provide(
  recipe: Recipe,
  base: Base | undefined,
  { registry, images, log }: BuildOptions,
  builder: () => Promise<ImageBuilder>,
): Promise<PinnedImage> {
  const repository = `${registry}/${recipe.repository}`;
  const tag = await recipeTag(recipe, base?.identity);
  const known = await images.digest(`${repository}:${tag}`);
  const place = { base: base?.reference, reference: `${repository}:${tag}` };
  const digest = known ?? (await buildRecipe(recipe, place, builder, log));
  return pinned(recipe, repository, { tag, digest }, known === undefined);
}

/** Starts the builder when it is first needed. */
function once(start: () => Promise<ImageBuilder>): {
  get: () => Promise<ImageBuilder>;
  close: () => Promise<void>;
} {
  let started: Promise<ImageBuilder> | undefined;
  return {
    get: () => {
      started ??= start();
      return started;
    },
    close: async () => {
      await (await started?.catch(() => undefined))?.close();
    },
  };
}
