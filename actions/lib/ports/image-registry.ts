import type { ImageMetadata } from "../domain/stack-image.ts";

/** A container registry, as far as delivering needs it. */
export interface ImageRegistry {
  /** The digest (`sha256:…`) that a reference points at, or `undefined` where there is no such image. */
  digest(reference: string): Promise<string | undefined>;
  /**
   * Pushes `base` (or nothing, when undefined) plus one layer as `reference`; returns the new digest. With `vouch` the
   * image is there by its digest first, and its tag is written only when what `vouch` says of it is there too.
   */
  append(image: {
    base: string | undefined;
    layer: Uint8Array;
    reference: string;
    metadata?: ImageMetadata;
    vouch?: ((digest: string) => Promise<void>) | undefined;
  }): Promise<string>;
}
