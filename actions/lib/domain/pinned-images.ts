import type { PinnedImage } from "./built-image.ts";
import { formatImageReference } from "./image-reference.ts";
import { readImageEntries, scalarOf } from "./kustomization-images.ts";

/**
 * Reads which images an environment's overlays pin.
 *
 * @param kustomizations text of its kustomizations, by path
 * @returns the images that are pinned by repository, tag and digest; and the names of those that are not
 */
export function pinnedImages(kustomizations: ReadonlyMap<string, string>): {
  pinned: Map<string, PinnedImage>;
  unpinned: Set<string>;
} {
  const pinned = new Map<string, PinnedImage>();
  const unpinned = new Set<string>();
  for (const text of kustomizations.values()) {
    for (const { name, node } of readImageEntries(text).entries) {
      const [repository, tag, digest] = ["newName", "newTag", "digest"].map(
        (key) => scalarOf(node, key)?.value,
      );
      if (typeof repository !== "string" || typeof tag !== "string" || typeof digest !== "string") {
        unpinned.add(name);
        continue;
      }
      const reference = formatImageReference({ repository, tag, digest });
      pinned.set(name, { name, repository, tag, digest, reference, changed: false });
    }
  }
  for (const name of pinned.keys()) unpinned.delete(name);
  return { pinned, unpinned };
}
