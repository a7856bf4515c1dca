import type { PinnedImage } from "../domain/built-image.ts";
import type { History } from "../ports/history.ts";
import type { OpenPullRequest } from "../ports/pull-requests.ts";
import { readBump } from "./read-bump.ts";

/** Images, and the commit that each was built from. */
export interface Offered {
  images: readonly PinnedImage[];
  sources: ReadonlyMap<string, string>;
  /** The pull request, where all that waits in it is among them. */
  joined?: OpenPullRequest;
}

/** An image that waits in a pull request, and what it was built from. */
export interface WaitingImage {
  image: PinnedImage;
  from: string;
}

/**
 * Reads what an environment's pull request would bring.
 *
 * @param environment its name
 * @param pending the pull request
 * @param history reads its commit
 * @returns the images and the commit's message; `undefined` when that is none that a delivery has made
 */
export async function readWaiting(
  environment: string,
  pending: OpenPullRequest,
  history: History,
): Promise<{ waiting: WaitingImage[]; message: string } | undefined> {
  const { bump } = await readBump(environment, pending.head, history);
  if (bump === undefined) return undefined;
  const waiting = bump.moved.flatMap(({ image, source: from }) =>
    from === undefined ? [] : [{ image, from }],
  );
  return { waiting, message: bump.message };
}

/**
 * Joins what is offered now with what waits in the environment's pull request: one pull request brings both.
 *
 * @param environment its name
 * @param pending the pull request, if there is one
 * @param images what is offered now
 * @param source what they were built from
 * @param history reads what the pull request would bring
 * @returns every image once, the one from the newer source where both have it
 */
export async function readPending(
  environment: string,
  pending: OpenPullRequest | undefined,
  images: readonly PinnedImage[],
  source: string,
  history: History,
): Promise<Offered> {
  const sources = new Map(images.map(({ name }) => [name, source]));
  if (pending === undefined) return { images, sources };
  const read = await readWaiting(environment, pending, history);
  if (read === undefined) return { images, sources };
  const { waiting } = read;
  const orders = await history.compare(
    source,
    waiting.map(({ from }) => from),
  );
  const kept = new Map(images.map((image) => [image.name, image]));
  for (const { image, from } of waiting) {
    // The pull request is only as old as its last bump; what is older than it does not take its place.
    if (kept.has(image.name) && orders.get(from) !== "before") continue;
    kept.set(image.name, image);
    sources.set(image.name, from);
  }
  return { images: [...kept.values()], sources, joined: pending };
}
