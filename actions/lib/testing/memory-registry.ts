import { createHash } from "node:crypto";
import { UserError } from "../domain/user-error.ts";
import type { ImageRegistry } from "../ports/image-registry.ts";

/** An `ImageRegistry` without a network, that remembers what it was asked. */
export interface MemoryRegistry extends ImageRegistry {
  /** Digest by reference. */
  readonly images: ReadonlyMap<string, string>;
  /** References that were looked up, and that were pushed, in order. */
  readonly lookedUp: readonly string[];
  readonly pushed: readonly string[];
}

/**
 * Makes a registry in memory.
 *
 * @param options images that are there, and a test of references whose push fails
 */
export function memoryRegistry(
  options: { images?: Readonly<Record<string, string>>; refuse?: (reference: string) => boolean } = {},
): MemoryRegistry {
  const images = new Map(Object.entries(options.images ?? {}));
  const lookedUp: string[] = [];
  const pushed: string[] = [];
  return {
    images,
    lookedUp,
    pushed,
    digest: async (reference) => {
      lookedUp.push(reference);
      return images.get(reference);
    },
    append: async ({ base, layer, reference }) => {
      if (options.refuse?.(reference)) throw new UserError(`the registry refuses ${reference}`);
      const digest = `sha256:${createHash("sha256")
        .update(base ?? "")
        .update(layer)
        .digest("hex")}`;
      images.set(reference, digest);
      pushed.push(reference);
      return digest;
    },
  };
}
