import type { ImageMetadata } from "../domain/stack-image.ts";

/** A container registry, as far as delivering needs it. */
export interface ImageRegistry {
  /** The digest (`sha256:…`) that a reference points at, or `undefined` where there is no such image. */
  digest(reference: string): Promise<string | undefined>;
  /** Pushes `base` (or nothing, when undefined) plus one layer as `reference`; returns the new digest. */
  append(image: {
    base: string | undefined;
    layer: Uint8Array;
    reference: string;
    metadata?: ImageMetadata;
  }): Promise<string>;
}
