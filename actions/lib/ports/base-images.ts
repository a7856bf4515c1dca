/** An image of this repository that a Dockerfile describes, and that others stand on. */
export interface BaseImage {
  name: "spark-base" | "airflow";
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

/** The images that the pipelines' stand on. */
export interface BaseImages {
  /**
   * Reads what they are made of, and builds nothing.
   *
   * @param debian the image that they stand on; Debian's own by default
   */
  read(debian: string | undefined): Promise<BaseImage[]>;
  /** Removes all that building needed. */
  close(): Promise<void>;
}
