import type { Descriptor } from "../domain/stack-image.ts";

/** One repository of a registry and one digest in it. */
export interface ImageAt {
  /** `<registry>/<name>`. */
  repository: string;
  digest: string;
}

/** Reads images byte by byte, and what is said of them; says more of them. */
export interface ImageEvidence {
  /** The digest that a tag points at now; `undefined` where there is none. */
  digest(reference: string): Promise<string | undefined>;
  /**
   * @returns the manifest's bytes, whose hash is the digest; `undefined` where there is no such manifest
   * @throws UserError when the registry answers with other bytes
   */
  manifest(image: ImageAt): Promise<Uint8Array | undefined>;
  /**
   * @returns the blob's bytes; `undefined` where there is no such blob
   * @throws UserError when the registry answers with other bytes
   */
  blob(repository: string, blob: Descriptor): Promise<Uint8Array | undefined>;
  /** Whether the registry has a blob, by one request. */
  has(repository: string, digest: string): Promise<boolean>;
  /** The texts of one kind that refer to an image (OCI referrers), in the registry's order. */
  attached(image: ImageAt, artifactType: string): Promise<Uint8Array[]>;
  /** Attaches a text to an image, as an OCI referrer. */
  attach(
    image: ImageAt,
    artifact: { type: string; body: string; annotations: Readonly<Record<string, string>> },
  ): Promise<void>;
}
