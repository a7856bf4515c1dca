import { createHash } from "node:crypto";

/** An image under the name that manifests use, and `<registry>/<name>:<tag>@<digest>`. */
export interface NamedImage {
  name: string;
  reference: string;
}

/** What a delivery leaves behind. */
export interface DeliveryRecord {
  version: 1;
  environment: string;
  /** The commit that Argo CD syncs, in 40 hex digits. */
  commit: string;
  /** ISO 8601; the commit's own time, so that whoever publishes it writes the same. */
  time: string;
  sourceCommit: string | undefined;
  /** When the sources were committed and when the images were pinned, and how long that took. */
  timings: { merged: string; delivered: string; seconds: number } | undefined;
  /** What was built; or, where nothing was, what moved. */
  images: readonly NamedImage[];
  /** Names of the images that the commit moved, and all that the environment ran from then on. Old records have neither. */
  moved?: readonly string[];
  runs?: readonly NamedImage[];
  /** What lies beside the record: rendered manifests, reports, SBOMs. */
  files: readonly { name: string; bytes: number; sha256: string }[];
}

/** Where records are kept, as people say it. */
export interface RecordsAddress {
  /** `undefined` where nobody keeps records. */
  bucket: string | undefined;
  /** `undefined` for AWS itself. */
  endpoint: string | undefined;
  region: string;
  /** Of all keys; empty, or with a slash at its end. */
  prefix: string;
}

/** A record and the files beside it, as it is spooled. */
export interface RecordBundle {
  record: DeliveryRecord;
  /** Text by name. */
  contents: Readonly<Record<string, string>>;
}

/** One object of the store. */
export interface StoredObject {
  key: string;
  body: string;
  type: string;
}

/**
 * @param record without its list of files
 * @param contents text by name
 * @returns the bundle
 */
export function bundleRecord(
  record: Omit<DeliveryRecord, "version" | "files">,
  contents: Readonly<Record<string, string>>,
): RecordBundle {
  const files = Object.entries(contents).map(([name, text]) => ({
    name,
    bytes: Buffer.byteLength(text),
    sha256: createHash("sha256").update(text).digest("hex"),
  }));
  return { record: { version: 1, ...record, files }, contents };
}

/**
 * The objects of a record in the order in which they are written: the index last, so that it never names what is not
 * there.
 *
 * @param bundle the record
 * @param prefix of all keys
 */
export function storedObjects({ record, contents }: RecordBundle, prefix: string): StoredObject[] {
  const folder = recordFolder(prefix, record.environment, record.commit);
  const files = Object.entries(contents).map(([name, body]) => {
    return { key: `${folder}/files/${name}`, body, type: "text/plain; charset=utf-8" };
  });
  const { environment, commit, time, sourceCommit, images } = record;
  const entry = { environment, commit, time, sourceCommit, images: images.length };
  const json = "application/json";
  return [
    ...files,
    {
      key: recordKey(prefix, record.environment, record.commit),
      body: `${JSON.stringify(record, undefined, 2)}\n`,
      type: json,
    },
    { key: indexKey(prefix, record), body: `${JSON.stringify(entry)}\n`, type: json },
  ];
}

/** Later than any delivery. */
const FAR_MS = 9_999_999_999_999;

/** A store lists keys from small to great: counted from the far end, the newest comes first. */
function indexKey(prefix: string, { environment, commit, time }: DeliveryRecord): string {
  return `${indexBound(prefix, environment, Date.parse(time))}-${commit}.json`;
}

/** @returns what the keys of an environment's index come after that were delivered at this time or before */
export function indexBound(prefix: string, environment: string, timeMs: number): string {
  return `${indexPrefix(prefix, environment)}${String(FAR_MS - timeMs).padStart(13, "0")}`;
}

/** @returns the commit of a key of the index, or `undefined` when it is none */
export function commitOfKey(key: string): string | undefined {
  return /\/\d{13}-([0-9a-f]{40})\.json$/.exec(key)?.[1];
}

/** @returns the key of a delivery's record */
export function recordKey(prefix: string, environment: string, commit: string): string {
  return `${recordFolder(prefix, environment, commit)}/record.json`;
}

/** @returns what the keys begin with of all that a delivery left, without a slash at the end */
export function recordFolder(prefix: string, environment: string, commit: string): string {
  return `${prefix}${environment}/${commit}`;
}

/** @returns the prefix of an environment's index, one small object a delivery, the newest first */
export function indexPrefix(prefix: string, environment: string): string {
  return `${prefix}${environment}/index/`;
}

/**
 * @param text a record as the store has it
 * @returns the record, or `undefined` when it is none
 */
export function parseRecord(text: string): DeliveryRecord | undefined {
  try {
    const record = JSON.parse(text) as DeliveryRecord;
    return isRecord(record) && [record.images, record.files].every(Array.isArray) ? record : undefined;
  } catch {
    return undefined;
  }
}

function isRecord({ environment, commit, time }: DeliveryRecord): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]*$/.test(environment) &&
    /^[0-9a-f]{40}$/.test(commit) &&
    !Number.isNaN(Date.parse(time))
  );
}

/**
 * @param text a spooled bundle
 * @returns the bundle, or `undefined` when it is none
 */
export function parseBundle(text: string): RecordBundle | undefined {
  try {
    const bundle = JSON.parse(text) as RecordBundle;
    const sound =
      isRecord(bundle.record) &&
      Object.entries(bundle.contents).every(([name, body]) => isName(name) && typeof body === "string");
    return sound ? bundle : undefined;
  } catch {
    return undefined;
  }
}

function isName(name: string): boolean {
  return /^[\w][\w./-]*$/.test(name) && !name.split("/").includes("..");
}
