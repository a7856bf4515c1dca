/** An image of this repository that a Dockerfile describes, and that others stand on. */
export interface BaseImage {
  /** `spark-base`, `airflow`, or a pipeline's own. */
  name: string;
  /** The hash of all that goes in, so one look-up in a registry tells whether it is there. */
  tag: string;
  /** The repository's files that it is made of, from the root. */
  sources: readonly string[];
  /**
   * Builds it and pushes it.
   *
   * @param reference where it goes, with its tag
   * @returns the digest that the registry has it by
   * @throws UserError with the end of what the build said, or when there is nothing to build with
   */
  build(reference: string): Promise<string>;
}

/** The images that the pipelines' stand on, and those of pipelines with a Dockerfile of their own. */
export interface BaseImages {
  /**
   * Reads what they are made of, and builds nothing.
   *
   * @param debian the image that they stand on; Debian's own by default
   */
  read(debian: string | undefined): Promise<BaseImage[]>;
  /**
   * Reads what a pipeline's own Dockerfile is made of, and builds nothing.
   *
   * @param sources the files in its folder, from the repository's root, with the `Dockerfile`
   * @param on the image that it stands on, with its digest
   */
  own(name: string, sources: readonly string[], on: string): Promise<BaseImage>;
  /** Removes all that building needed. */
  close(): Promise<void>;
}
