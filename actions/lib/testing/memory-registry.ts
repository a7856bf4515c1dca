import { createHash } from "node:crypto";
import { UserError } from "../domain/user-error.ts";
import type { ImageEvidence } from "../ports/image-evidence.ts";
import type { ImageRegistry } from "../ports/image-registry.ts";

/** An `ImageRegistry` without a network, that remembers what it was asked. */
export interface MemoryRegistry extends ImageRegistry, Pick<ImageEvidence, "attach"> {
  /** Digest by reference. */
  readonly images: ReadonlyMap<string, string>;
  /** References that were looked up, and that were pushed, in order. */
  readonly lookedUp: readonly string[];
  readonly pushed: readonly string[];
  /** What was attached, in order: `<digest> <type>`. */
  readonly attached: readonly string[];
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
  const attached: string[] = [];
  return {
    images,
    lookedUp,
    pushed,
    attached,
    attach: async ({ digest }, { type }) => void attached.push(`${digest} ${type}`),
    digest: async (reference) => {
      lookedUp.push(reference);
      return images.get(reference);
    },
    append: async ({ base, layer, reference, vouch }) => {
      if (options.refuse?.(reference)) throw new UserError(`the registry refuses ${reference}`);
      const digest = `sha256:${createHash("sha256")
        .update(base ?? "")
        .update(layer)
        .digest("hex")}`;
      await vouch?.(digest);
      images.set(reference, digest);
      pushed.push(reference);
      return digest;
    },
  };
}
