import { type ImagePlace, placeOf } from "../domain/image-place.ts";
import { formatImageReference, parseImageReference } from "../domain/image-reference.ts";
import {
  type BaseImage,
  type Blob,
  blobOf,
  type Descriptor,
  DOCKER_INDEX,
  DOCKER_MANIFEST,
  describe,
  digestOf,
  isManifest,
  OCI_INDEX,
  OCI_MANIFEST,
  parseManifest,
  stackImage,
} from "../domain/stack-image.ts";
import { UserError } from "../domain/user-error.ts";
import type { ImageAt, ImageEvidence } from "../ports/image-evidence.ts";
import type { ImageRegistry } from "../ports/image-registry.ts";
import { type RegistryClient, type RegistryClientOptions, registryClient } from "./registry-client.ts";
import { noRegistry } from "./registry-failure.ts";

const ACCEPT = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX].join(", ");
/** OCI's own word for a configuration that says nothing. */
const EMPTY = blobOf(Buffer.from("{}"), "application/vnd.oci.empty.v1+json");
const PLATFORM = { os: "linux", architecture: "amd64" };

/**
 * Any container registry that speaks the distribution spec, with the logins of this machine's Docker configuration.
 *
 * @param options bounds of its requests
 */
export function ociRegistry(options: RegistryClientOptions = {}): ImageRegistry & ImageEvidence {
  const client = registryClient(options);
  return {
    digest: (reference) => lookUp(client, reference),
    append: (image) => append(client, image),
    manifest: async (image) => (await getManifest(client, image.repository, image.digest))?.bytes,
    blob: (repository, blob) => getBlob(client, repository, blob),
    has: (repository, digest) => hasBlob(client, placeOf(repository), digest),
    attached: (image, type) => readAttached(client, image, type),
    attach: (image, artifact) => attach(client, image, artifact),
  };
}

function targetOf(reference: string): { repository: string; place: ImagePlace; target: string } {
  const parts = parseImageReference(reference);
  if (parts === undefined) throw new UserError(`${JSON.stringify(reference)} is not an image's reference`);
  const target = parts.digest ?? parts.tag ?? "latest";
  return { repository: parts.repository, place: placeOf(parts.repository), target };
}

async function lookUp(client: RegistryClient, reference: string): Promise<string | undefined> {
  const { repository, place, target } = targetOf(reference);
  const path = `/v2/${place.name}/manifests/${target}`;
  const expect = [200, 403, 404, 405, 501];
  const answer = await client({ ...place, method: "HEAD", path, headers: { accept: ACCEPT }, expect });
  const told = answer.headers.get("docker-content-digest");
  if (answer.status === 200 && told !== null && /^sha256:[0-9a-f]{64}$/.test(told)) return told;
  // A HEAD has no body to say more; some registries do not know it, and a web page answers anything.
  const found = await getManifest(client, repository, target);
  return found === undefined ? undefined : digestOf(found.bytes);
}

async function getManifest(
  client: RegistryClient,
  repository: string,
  target: string,
): Promise<{ bytes: Uint8Array; type: string } | undefined> {
  const place = placeOf(repository);
  const path = `/v2/${place.name}/manifests/${target}`;
  const answer = await client({
    ...place,
    method: "GET",
    path,
    headers: { accept: ACCEPT },
    expect: [200, 404],
  });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (answer.status === 404) return undefined;
  if (target.startsWith("sha256:")) requireDigest(bytes, target, `${repository}@${target}`, place.host);
  if (!isManifest(bytes)) {
    throw noRegistry(place.host, `the manifest of ${repository}:${target} is not JSON with schemaVersion 2`);
  }
  return { bytes, type: (answer.headers.get("content-type") ?? OCI_MANIFEST).replace(/;.*/, "") };
}

function requireDigest(bytes: Uint8Array, digest: string, what: string, host: string): void {
  const own = digestOf(bytes);
  if (own === digest) return;
  throw new UserError(
    `the registry ${host} lies: what it gives for ${what} has the digest ${own}; its content was changed, or it is broken`,
  );
}

async function getBlob(
  client: RegistryClient,
  repository: string,
  blob: Descriptor,
): Promise<Uint8Array | undefined> {
  const place = placeOf(repository);
  const path = `/v2/${place.name}/blobs/${blob.digest}`;
  const answer = await client({ ...place, method: "GET", path, expect: [200, 404] });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (answer.status === 404) return undefined;
  requireDigest(bytes, blob.digest, `the blob ${blob.digest} of ${repository}`, place.host);
  return bytes;
}

async function hasBlob(client: RegistryClient, place: ImagePlace, digest: string): Promise<boolean> {
  const path = `/v2/${place.name}/blobs/${digest}`;
  const answer = await client({ ...place, method: "HEAD", path, expect: [200, 404] });
  if (/^text\/html/.test(answer.headers.get("content-type") ?? "")) {
    throw noRegistry(place.host, "it answers with a web page");
  }
  return answer.status === 200;
}

async function append(
  client: RegistryClient,
  image: Parameters<ImageRegistry["append"]>[0],
): Promise<string> {
  const { place, target, repository } = targetOf(image.reference);
  const base = image.base === undefined ? undefined : await readBase(client, image.base);
  const made = stackImage(base?.image, image.layer, image.metadata);
  // The manifest last: a push that dies leaves blobs that nothing names, and no name without its blobs.
  if (base !== undefined) {
    const { layers } = base.image.manifest;
    await Promise.all(layers.map((layer) => copyBlob(client, base.repository, place, layer)));
  }
  await Promise.all([pushBlob(client, place, made.layer), pushBlob(client, place, made.config)]);
  if (image.vouch !== undefined) {
    const digest = digestOf(Buffer.from(made.manifest));
    await pushManifest(client, repository, digest, made.manifest);
    await image.vouch(digest);
  }
  return pushManifest(client, repository, target, made.manifest);
}

async function readBase(
  client: RegistryClient,
  reference: string,
): Promise<{ repository: string; image: BaseImage }> {
  const gone = new UserError(
    `the base image ${reference} is not in its registry any more; give another one as base-image`,
  );
  const { repository, target } = targetOf(reference);
  let found = await getManifest(client, repository, target);
  if (found === undefined) throw gone;
  let manifest = parseManifest(found.bytes, reference);
  if (Array.isArray(manifest)) {
    const own = manifest.find(
      ({ platform }) => platform?.os === PLATFORM.os && platform.architecture === PLATFORM.architecture,
    );
    if (own === undefined) throw new UserError(`the base image ${reference} has none for linux/amd64`);
    found = await getManifest(client, repository, own.digest);
    if (found === undefined) throw gone;
    manifest = parseManifest(found.bytes, reference);
    if (Array.isArray(manifest)) throw new UserError(`the base image ${reference} is a list of lists`);
  }
  const config = await getBlob(client, repository, manifest.config);
  if (config === undefined) throw gone;
  return {
    repository,
    image: { manifest, config: JSON.parse(new TextDecoder().decode(config)) as Record<string, unknown> },
  };
}

/** Within a registry nothing travels: it is told that another repository has the blob already. */
async function copyBlob(
  client: RegistryClient,
  from: string,
  to: ImagePlace,
  { digest }: Descriptor,
): Promise<void> {
  if (await hasBlob(client, to, digest)) return;
  const source = placeOf(from);
  const same = source.host === to.host;
  const start = `/v2/${to.name}/blobs/uploads/`;
  const mount = same ? `?mount=${digest}&from=${encodeURIComponent(source.name)}` : "";
  const started = await client({
    ...to,
    method: "POST",
    path: `${start}${mount}`,
    expect: [201, 202],
    ...(same ? { alsoPull: [source.name] } : {}),
  });
  if (started.status === 201) return;
  const path = `/v2/${source.name}/blobs/${digest}`;
  const open = async (): Promise<ReadableStream<Uint8Array>> => {
    const answer = await client({ ...source, method: "GET", path, expect: [200] });
    if (answer.body === null) throw new UserError(`the registry ${source.host} gives nothing for ${digest}`);
    return answer.body;
  };
  const sent = await client({
    ...to,
    method: "PATCH",
    path: locationOf(started, start),
    headers: { "content-type": "application/octet-stream" },
    body: open,
    expect: [202],
  });
  await finish(client, to, locationOf(sent, start), digest);
}

async function pushBlob(client: RegistryClient, place: ImagePlace, blob: Blob): Promise<void> {
  if (await hasBlob(client, place, blob.digest)) return;
  const start = `/v2/${place.name}/blobs/uploads/`;
  const started = await client({ ...place, method: "POST", path: start, expect: [202] });
  await finish(client, place, locationOf(started, start), blob.digest, blob.bytes);
}

async function finish(
  client: RegistryClient,
  place: ImagePlace,
  location: string,
  digest: string,
  body?: Uint8Array,
): Promise<void> {
  const path = `${location}${location.includes("?") ? "&" : "?"}digest=${digest}`;
  const headers = { "content-type": "application/octet-stream" };
  await client({ ...place, method: "PUT", path, headers, expect: [201], body: body ?? new Uint8Array() });
}

function locationOf(answer: Response, fallback: string): string {
  return answer.headers.get("location") ?? fallback;
}

async function pushManifest(
  client: RegistryClient,
  repository: string,
  target: string,
  manifest: string,
  type = OCI_MANIFEST,
): Promise<string> {
  const place = placeOf(repository);
  const body = Buffer.from(manifest);
  const answer = await client({
    ...place,
    method: "PUT",
    path: `/v2/${place.name}/manifests/${target}`,
    headers: { "content-type": type },
    body,
    expect: [200, 201],
  });
  const own = digestOf(body);
  const told = answer.headers.get("docker-content-digest");
  if (told === null || told === own) return own;
  throw new UserError(
    `the registry ${place.host} lies: it says that ${repository}:${target} is ${told}, and what was pushed is ${own}`,
  );
}

/** A referrer, as lists of them name it. */
type Referrer = Descriptor & { artifactType?: string; annotations?: Readonly<Record<string, string>> };

/** Where a registry without the referrers API keeps the list. */
function fallbackTag(digest: string): string {
  return digest.replace(":", "-");
}

async function listReferrers(client: RegistryClient, { repository, digest }: ImageAt): Promise<Referrer[]> {
  const place = placeOf(repository);
  const path = `/v2/${place.name}/referrers/${digest}`;
  // Registries that do not know it answer in many ways.
  const expect = [200, 400, 404, 405, 501];
  const answer = await client({ ...place, method: "GET", path, headers: { accept: OCI_INDEX }, expect });
  const text = await answer.text();
  if (answer.status === 200 && (answer.headers.get("content-type") ?? "").startsWith(OCI_INDEX)) {
    return (JSON.parse(text) as { manifests?: Referrer[] }).manifests ?? [];
  }
  return listFallback(client, { repository, digest });
}

async function listFallback(client: RegistryClient, { repository, digest }: ImageAt): Promise<Referrer[]> {
  const found = await getManifest(client, repository, fallbackTag(digest));
  const list = found === undefined ? [] : parseManifest(found.bytes, `${repository}:${fallbackTag(digest)}`);
  return Array.isArray(list) ? (list as Referrer[]) : [];
}

async function readAttached(client: RegistryClient, image: ImageAt, type: string): Promise<Uint8Array[]> {
  const referrers = await listReferrers(client, image);
  const texts: Uint8Array[] = [];
  for (const { digest, artifactType } of referrers) {
    if (artifactType !== undefined && artifactType !== type) continue;
    const found = await getManifest(client, image.repository, digest);
    const manifest = found === undefined ? [] : parseManifest(found.bytes, `${image.repository}@${digest}`);
    const layer = Array.isArray(manifest) ? undefined : manifest.layers[0];
    if (layer?.mediaType !== type) continue;
    const bytes = await getBlob(client, image.repository, layer);
    if (bytes !== undefined) texts.push(bytes);
  }
  return texts;
}

async function attach(
  client: RegistryClient,
  image: ImageAt,
  artifact: { type: string; body: string; annotations: Readonly<Record<string, string>> },
): Promise<void> {
  const { repository, digest } = image;
  const place = placeOf(repository);
  const subject = await getManifest(client, repository, digest);
  if (subject === undefined) {
    throw new UserError(
      `${formatImageReference({ repository, tag: undefined, digest })} is not in the registry`,
    );
  }
  const body = blobOf(Buffer.from(artifact.body), artifact.type);
  await pushBlob(client, place, EMPTY);
  await pushBlob(client, place, body);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType: artifact.type,
      config: describe(EMPTY),
      layers: [describe(body)],
      subject: { mediaType: subject.type, digest, size: subject.bytes.length },
      annotations: artifact.annotations,
    }),
  );
  const own = blobOf(manifest, OCI_MANIFEST);
  const answer = await client({
    ...place,
    method: "PUT",
    path: `/v2/${place.name}/manifests/${own.digest}`,
    headers: { "content-type": OCI_MANIFEST },
    body: manifest,
    expect: [200, 201],
  });
  if (answer.headers.get("oci-subject") !== null) return;
  const entry: Referrer = {
    ...describe(own),
    artifactType: artifact.type,
    annotations: artifact.annotations,
  };
  const known = (await listFallback(client, image)).filter((other) => other.digest !== own.digest);
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...known, entry] };
  await pushManifest(client, repository, fallbackTag(digest), JSON.stringify(index), OCI_INDEX);
}
