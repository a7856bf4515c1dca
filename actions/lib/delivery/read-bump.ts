import type { PinnedImage } from "../domain/built-image.ts";
import { parseBumpRecord } from "../domain/bump-record.ts";
import { pinnedImages } from "../domain/pinned-images.ts";
import type { History } from "../ports/history.ts";
import { onlyKustomizations } from "./read-overlays.ts";

/** An image that a bump moved and that is pinned so in its own commit, and what it was built from. */
export interface MovedImage {
  image: PinnedImage;
  source: string | undefined;
}

/** What an environment runs by one commit. */
export interface CommittedImages {
  /** Every image that the environment pins, by name. */
  pinned: ReadonlyMap<string, PinnedImage>;
  /** `undefined` where the commit is none that a delivery has made. */
  bump: { message: string; moved: readonly MovedImage[] } | undefined;
}

/**
 * @param environment its name
 * @param commit a commit in 40 hex digits
 * @param history reads it
 * @returns the images of the environment at that commit, and what the commit itself moved
 */
export async function readBump(
  environment: string,
  commit: string,
  history: Pick<History, "bumps" | "filesAt">,
): Promise<CommittedImages> {
  const files = await history.filesAt(commit, `overlays/${environment}`);
  const { pinned } = pinnedImages(onlyKustomizations(files));
  const own = (await history.bumps(environment, commit)).find((bump) => bump.commit === commit);
  if (own === undefined) return { pinned, bump: undefined };
  const { images } = parseBumpRecord(commit, own.message);
  const moved = [...images].flatMap(([name, { digest, source }]): MovedImage[] => {
    const image = pinned.get(name);
    return image?.digest === digest ? [{ image, source }] : [];
  });
  return { pinned, bump: { message: own.message, moved } };
}
