/** Builds images from Dockerfiles: buildah where there is no engine, BuildKit where there is one. */
export interface ImageBuilder {
  /**
   * Builds an image and pushes it.
   *
   * @param image `context`: the folder that `COPY` reads, with the Dockerfile; `base`: what `ARG BASE_IMAGE` names, a
   *   reference with its digest; `reference`: where it goes, with its tag
   * @returns the digest that the registry has it by
   * @throws UserError with the end of what the build said
   */
  build(image: { context: string; base: string | undefined; reference: string }): Promise<string>;
  /** Removes all that building needed. */
  close(): Promise<void>;
}
