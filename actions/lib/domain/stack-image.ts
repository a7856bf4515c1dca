import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { UserError } from "./user-error.ts";

/** How OCI points at bytes. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** An image's manifest. */
export interface Manifest {
  schemaVersion: 2;
  mediaType: string;
  config: Descriptor;
  layers: readonly Descriptor[];
}

/** What an image says of itself. */
export interface ImageMetadata {
  labels: Readonly<Record<string, string>>;
  /** ISO 8601; of the commit, never of the clock. */
  created: string;
}

/** The image that a layer is put on. */
export interface BaseImage {
  manifest: Manifest;
  /** Its configuration, parsed. */
  config: Readonly<Record<string, unknown>>;
}

/** Bytes to push, and how the manifest names them. */
export interface Blob extends Descriptor {
  bytes: Uint8Array;
}

export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
const OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";
/** Docker's names for the same, as bases from Docker Hub have them. */
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
export const DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/**
 * Puts one layer on an image. Nothing but what is given goes in, so the same gives the same digest anywhere.
 *
 * @param base what it stands on; `undefined` for nothing
 * @param layer a `.tar.gz`
 * @param metadata what the image says of itself; nothing where it is left out
 * @returns the layer and the configuration to push, and the manifest's text
 */
export function stackImage(
  base: BaseImage | undefined,
  layer: Uint8Array,
  metadata: ImageMetadata = { labels: {}, created: "1970-01-01T00:00:00Z" },
): { layer: Blob; config: Blob; manifest: string } {
  const own = blobOf(layer, OCI_LAYER);
  const below = base?.config ?? {};
  const settings = record(below.config);
  const labels = { ...record(settings.Labels), ...metadata.labels };
  const rootfs = record(below.rootfs);
  const config = {
    ...(base === undefined ? { architecture: "amd64", os: "linux" } : below),
    created: metadata.created,
    config: { ...settings, ...(Object.keys(labels).length === 0 ? {} : { Labels: labels }) },
    rootfs: { type: "layers", diff_ids: [...listOf(rootfs.diff_ids), digestOf(gunzipSync(layer))] },
    history: [...listOf(below.history), { created: metadata.created, created_by: "wavehouse build-images" }],
  };
  const configBlob = blobOf(Buffer.from(JSON.stringify(config)), OCI_CONFIG);
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: describe(configBlob),
    layers: [...(base?.manifest.layers ?? []).map(asOci), describe(own)],
  };
  return { layer: own, config: configBlob, manifest: JSON.stringify(manifest) };
}

/**
 * Reads a manifest.
 *
 * @param bytes as the registry gave them
 * @param what for messages
 * @returns it, or the list of those for several platforms
 * @throws UserError when it is neither
 */
export function parseManifest(bytes: Uint8Array, what: string): Manifest | PlatformManifest[] {
  const value = parseJson(bytes);
  const { config, layers, manifests } = record(value);
  if (isManifest(bytes) && Array.isArray(manifests)) return manifests as PlatformManifest[];
  if (isManifest(bytes) && Array.isArray(layers) && typeof config === "object") return value as Manifest;
  throw new UserError(`${what} is no image: its manifest has no layers`);
}

/** @returns whether bytes are a manifest of any kind, and not a web page */
export function isManifest(bytes: Uint8Array): boolean {
  return record(parseJson(bytes)).schemaVersion === 2;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** One image of a list for several platforms. */
export type PlatformManifest = Descriptor & { platform?: { os?: string; architecture?: string } };

/**
 * @param bytes any
 * @returns `sha256:` and the hash in hex
 */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** @returns the bytes with their descriptor */
export function blobOf(bytes: Uint8Array, mediaType: string): Blob {
  return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes };
}

/** @returns the descriptor alone */
export function describe({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

/** An OCI manifest may not name Docker's media types. */
function asOci(layer: Descriptor): Descriptor {
  return layer.mediaType === DOCKER_LAYER ? { ...describe(layer), mediaType: OCI_LAYER } : layer;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
