import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ImageBuilder } from "../ports/image-builder.ts";
import { type ContextPart, fillContext } from "./context-part.ts";

/** What an image is built from. */
export interface Recipe {
  /** What manifests call it: a bare name for our own, upstream's for one that stands in for it. */
  name: string;
  /** Where it is in the registry. */
  repository: string;
  /** The repository of the image it stands on, one of those before it; `undefined` for nothing. */
  base: string | undefined;
  /** With the `Dockerfile`. */
  parts: readonly ContextPart[];
}

/** Part of every tag: to be raised when the same files shall make another image. */
const FORMAT = "wavehouse-built-image/1";

/** On a disk, not in memory: a Mac has it too. */
const CONTEXTS = "/var/tmp";

/**
 * @param base what tells the image that it stands on: a digest, or a name that is trusted to stay what it is
 * @returns the tag, a hash of all that goes in
 */
export async function recipeTag({ parts }: Recipe, base: string | undefined): Promise<string> {
  const identities = await Promise.all(parts.map(async (part) => [part.path, await part.identity()]));
  return createHash("sha256")
    .update(JSON.stringify([FORMAT, process.arch, base ?? "scratch", identities]))
    .digest("hex")
    .slice(0, 16);
}

/**
 * Builds an image and pushes it.
 *
 * @param image `base`: what `ARG BASE_IMAGE` names; `reference`: where it goes, with its tag
 * @param log takes a line when it is done
 * @returns the digest that the registry has it by
 * @throws UserError with the end of what the build said
 */
export async function buildRecipe(
  { parts }: Recipe,
  { base, reference }: { base: string | undefined; reference: string },
  builder: () => Promise<ImageBuilder>,
  log: (line: string) => void,
): Promise<string> {
  const context = await mkdtemp(join(CONTEXTS, "wavehouse-context-"));
  const started = performance.now();
  const seconds = (): string => ((performance.now() - started) / 1000).toFixed(1);
  try {
    await fillContext(context, parts);
    const prepared = seconds();
    const digest = await (await builder()).build({ context, base, reference });
    log(`${reference}: built and pushed in ${seconds()} s, ${prepared} s of it for what goes in`);
    return digest;
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
